//! What is too much ends at a cap, in bounded time on an ordinary stack, and says so.

use std::time::{Duration, Instant};

use proofmark_envrc::{Cap, Limits, NoFiles, Problem, Trace, interpret};

use crate::Tree;

/// On a thread with the ordinary stack of 2 MiB.
fn run(text: String) -> Trace {
    let thread = std::thread::Builder::new().stack_size(2 * 1024 * 1024);
    let start = Instant::now();
    let work = move || interpret(".envrc", text.as_bytes(), &NoFiles, &Limits::default());
    let trace = thread.spawn(work).unwrap().join().unwrap();
    // A bound against explosion, no measurement.
    assert!(start.elapsed() < Duration::from_mins(1));
    trace
}

fn cap(text: String) -> Option<Cap> {
    run(text).problems.into_iter().find_map(|problem| match problem {
        Problem::Limit { cap, .. } => Some(cap),
        Problem::Unreadable { .. } => None,
    })
}

#[test]
fn loops_in_loops_end() {
    let many = "a b c d e f g h i j k l m n o p";
    let (open, close): (String, String) =
        ((0..6).map(|n| format!("for i{n} in {many}; do ")).collect(), "; done".repeat(6));
    assert_eq!(cap(format!("{open}x=$i0{close}")), Some(Cap::Steps));
    let (open, close) = ("while a; do ".repeat(20), "; done".repeat(20));
    assert_eq!(cap(format!("{open}:{close}")), Some(Cap::Steps));
}

#[test]
fn values_that_double_end() {
    let text = "x=aaaaaaaaaaaaaaaa\n".to_owned() + &"x=$x$x\n".repeat(40);
    assert_eq!(cap(text), Some(Cap::Bytes));
    let text = "x=a\n".to_owned() + &"x=(\"${x[@]}\" \"${x[@]}\")\n".repeat(40);
    assert!(cap(text).is_some());
}

#[test]
fn functions_that_call_functions_end() {
    let calls: String = (0..40).map(|n| format!("f{n}() {{ f{}; f{}; }}\n", n + 1, n + 1)).collect();
    assert!(cap(format!("{calls}f0")).is_some());
    assert_eq!(cap("f() { f; f; }; f".to_owned()), None);
    assert_eq!(cap("f() { f | f & }; f".to_owned()), None);
    assert!(cap("a() { b; b; }; b() { a; a; }; a".to_owned()).is_none());
}

#[test]
fn code_that_evaluates_itself_ends() {
    assert_eq!(cap("x='eval \"$x\"'; eval \"$x\"".to_owned()), None);
    run("x='x=a$x; eval \"$y\"'; y='eval \"$x\"; z=z$z; eval \"eval $z; $y\"'; eval \"$y\"".to_owned());
    let grows = "y=':'; f() { y=\"$y; $y\"; eval \"$y\"; f2; }; f2() { f; }; f";
    run(grows.to_owned());
    let files = Tree::of(&[("a", "source b"), ("b", "source a; source c"), ("c", "source a")]);
    let trace = interpret(".envrc", b"source a", &files, &Limits::default());
    assert_eq!(trace.problems, []);
}

#[test]
fn forms_are_bounded() {
    let choices: String = (0..5).map(|n| format!("if a; then c{n}='x y'; else c{n}='z w'; fi\n")).collect();
    assert_eq!(cap(format!("{choices}$c0 $c1 $c2 $c3 $c4")), Some(Cap::Forms));
}

/// Each runs what stands behind it: a line of thousands ends, and is told.
#[test]
fn chains_of_commands_are_bounded() {
    for one in ["strict_env ", "unstrict_env ", "env ", "nohup ", "command ", "builtin "] {
        assert_eq!(cap(format!("{}x", one.repeat(5000))), Some(Cap::Depth), "{one}");
    }
}

/// The deepest that the reader lets through, and calls on top of it, fit on the stack.
#[test]
fn depth_fits_on_the_stack() {
    for (open, close) in [
        ("{ ", "; }"),
        ("if a; then ", "; fi"),
        ("for i in a; do ", "; done"),
        ("for i in $x; do ", "; done"),
        ("case a in b) ", ";; esac"),
        ("f() { ", "; }; f"),
        ("while a; do ", "; done"),
    ] {
        run(format!("{}:{}", open.repeat(40), close.repeat(40)));
    }
    run(format!("{}a{}", "( ".repeat(8), "; :)".repeat(8)));
    run(format!("{}a{}", "b $( ".repeat(16), " )".repeat(16)));
    run(format!("x={}a{}", "${x:-".repeat(40), "}".repeat(40)));
    run(format!("x={}a{}", "\"${x:-".repeat(20), "}\"".repeat(20)));
    let chain: String =
        (0..200).map(|n| format!("f{n}() {{ if a; then ( x=\"$(f{})\" ); fi; }}\n", n + 1)).collect();
    assert_eq!(cap(format!("{chain}f0")), Some(Cap::Depth));
    let mut nested = "curl".to_owned();
    for _ in 0..6 {
        nested = format!("eval {}", nested.replace('\\', "\\\\").replace(' ', "\\ "));
    }
    run(nested);
}

#[test]
fn caps_are_named() {
    for (limits, cap) in [
        (Limits { steps: 3, ..Limits::default() }, Cap::Steps),
        (Limits { depth: 1, ..Limits::default() }, Cap::Depth),
        (Limits { bytes: 20, ..Limits::default() }, Cap::Bytes),
        (Limits { sources: 1, ..Limits::default() }, Cap::Sources),
        (Limits { events: 2, ..Limits::default() }, Cap::Events),
    ] {
        let text = "x=$(echo aaaaaaaaaaaaaaaaaaaa); y=$x; eval b; { c; }";
        let trace = interpret(".envrc", text.as_bytes(), &NoFiles, &limits);
        assert!(
            trace
                .problems
                .iter()
                .any(|problem| matches!(problem, Problem::Limit { cap: found, .. } if *found == cap)),
            "{cap:?}: {:?}",
            trace.problems
        );
    }
}
