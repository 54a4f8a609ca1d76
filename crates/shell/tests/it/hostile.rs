//! What is too large, too deep or unbalanced: an error value that names it, in bounded time on an ordinary stack.

use std::time::{Duration, Instant};

use proofmark_shell::{Cap, Limits, Unreadable, read};

/// As [`crate::script`], on a thread with the ordinary stack of 2 MiB.
fn refused(text: String) -> Option<Unreadable> {
    let thread = std::thread::Builder::new().stack_size(2 * 1024 * 1024);
    let start = Instant::now();
    let error = thread.spawn(move || crate::script(&text).err()).unwrap().join().unwrap();
    // Hundreds of times what it takes: a bound against explosion, no measurement.
    assert!(start.elapsed() < Duration::from_secs(30));
    error
}

fn cap(text: String) -> Cap {
    let shown: String = text.chars().take(20).collect();
    match refused(text) {
        Some(Unreadable::Limit { cap, .. }) => cap,
        other => panic!("{shown}: {other:?}"),
    }
}

#[test]
fn nesting_ends_at_the_cap() {
    for (open, close) in [
        ("{ ", "a; }"),
        ("if ", "a; then b; fi"),
        ("while ", "a; do b; done"),
        ("for x in a; do ", "done"),
        ("case a in b) ", "esac"),
        ("f() { ", "}"),
        ("${x:-", "}"),
        ("\"${x:-", "}\""),
        ("$((", "))"),
        ("$[", "]"),
        ("x=( $(", ") )"),
        ("coproc ", "a"),
    ] {
        for times in [200, 5000] {
            for text in [open.repeat(times) + &close.repeat(times), open.repeat(times)] {
                let expected =
                    if text.len() > Limits::default().line_bytes { Cap::LineBytes } else { Cap::Depth };
                assert_eq!(cap(text), expected, "{open}");
            }
        }
    }
    for open in ["$(", "<(", "echo $( ", "`\\`"] {
        for times in [200, 5000] {
            assert!(refused(open.repeat(times) + &")".repeat(times)).is_some(), "{open}");
        }
    }
    // The second reader would take minutes.
    for times in [20, 40, 200, 5000] {
        assert_eq!(cap("( ".repeat(times) + "a" + &"; b )".repeat(times)), Cap::Subshells);
        assert_eq!(cap("(\n".repeat(times)), Cap::Subshells);
        assert_eq!(cap("f() ( ".repeat(times)), Cap::Subshells);
    }
    assert_eq!(cap("$( a ".repeat(200) + &")".repeat(200)), Cap::Substitutions);
}

/// Both readers hold what the caps let through.
#[test]
fn what_is_just_below_the_caps_is_read() {
    let limits = Limits::default();
    let deep = limits.depth / 2 - 1;
    for (open, close) in [
        ("{ ", "; }"),
        ("if a; then ", "; fi"),
        ("while a; do ", "; done"),
        ("case a in b) ", ";; esac"),
        ("f() { ", "; }"),
        ("${x:-", "}"),
    ] {
        assert_eq!(refused(format!("{}a{}", open.repeat(deep), close.repeat(deep))), None, "{open}");
    }
    let deep = limits.subshells;
    assert_eq!(refused(format!("{}a{}", "( b; ".repeat(deep), " )".repeat(deep))), None);
    assert_eq!(refused(format!("{}a{}", "( ".repeat(deep), "; b )".repeat(deep))), None);
    let deep = limits.substitutions;
    assert_eq!(refused(format!("{}a{}", "b $( ".repeat(deep), " )".repeat(deep))), None);
    assert_eq!(refused(format!("{}a{}", "b <( ".repeat(deep), " )".repeat(deep))), None);
    assert_eq!(refused(format!("{}a{}", "b \"$( ".repeat(deep / 2), " )\"".repeat(deep / 2))), None);
}

#[test]
fn sizes_end_at_the_cap() {
    assert_eq!(cap("a\n".repeat(200_000)), Cap::Bytes);
    assert_eq!(cap("a ".repeat(500_000)), Cap::Bytes);
    assert_eq!(cap("a".repeat(100_000)), Cap::LineBytes);
    assert_eq!(cap("a;b\n".repeat(60_000)), Cap::Nodes);
    let few = Limits { steps: 10, ..Limits::default() };
    let error = read(b"echo a b c d e f", &few).script.unwrap_err();
    assert!(matches!(error, Unreadable::Limit { cap: Cap::Steps, most: 10, .. }), "{error}");
}

#[test]
fn parentheses_of_arithmetic_are_no_nesting() {
    assert_eq!(refused("(".repeat(400) + "1" + &")".repeat(400)), None);
    assert!(refused("(".repeat(400)).is_some());
}

/// Each way of reading is tried at each level: only the steps bound it.
#[test]
fn arithmetic_that_is_none_is_bounded() {
    for text in
        ["$((".repeat(40), "((".repeat(40), "$(( ((".repeat(20), "$((a);".repeat(15), "((a) ".repeat(15)]
    {
        assert!(refused(text).is_some());
    }
}

#[test]
fn what_is_unbalanced_is_refused() {
    for text in [
        "'",
        "\"",
        "`",
        "$(",
        "${",
        "${x",
        "${x:-",
        "$((",
        "((",
        "[[",
        "[[ a",
        "{",
        "(",
        "a)",
        "}",
        "fi",
        "if a",
        "if a; then",
        "if a; then b",
        "while a; do",
        "for x in",
        "for",
        "case",
        "case a in",
        "case a in b)",
        "f() ",
        "f() a",
        "a &&",
        "a |",
        "a ;; b",
        "; a",
        "& a",
        "a > ",
        "a <<E",
        "a <<E\nb",
        "x=(",
        "x=(a",
        "x=(a;b)",
        "$'",
        "a (b)",
        "<(",
        "if then fi",
        "{ }",
        "( )",
        "${}",
        "${x$y}",
        "$(a <<E)",
        "coproc",
        "function",
        "!",
        "a <<$(b)\n$(b)\n",
        "i\\\nf a",
    ] {
        assert!(crate::script(text).is_err(), "{text:?} is read");
    }
}

/// Bash runs `b` in all of these, where a comment seems to begin.
#[test]
fn no_comment_begins_in_a_word() {
    for text in ["x=(a)#;b", "x+=(a)#;b", "declare x=(a)#;b", "eval x=(a)#;b", "x=(a)\\\n#;b"] {
        assert!(matches!(crate::script(text), Err(Unreadable::Unsupported { .. })), "{text:?}");
    }
    for text in
        ["x=1#;b", "a\\\n#;b", "`a`#;b", "a $(c)#;b", "a {c,d}#;b", "a @(c)#;b", "a \"c\"#;b", "a 2>&1#;b"]
    {
        let script = crate::script(text).unwrap();
        assert!(crate::commands(&script, text).contains(&vec!["b".to_owned()]), "{text:?}");
    }
    for text in ["(a)#;b", "((1))#;b", "a \\\n#;b", "a;#;b", "a|#;b\nc"] {
        let script = crate::script(text).unwrap();
        assert!(!crate::commands(&script, text).contains(&vec!["b".to_owned()]), "{text:?}");
    }
}

/// All of these run `b`: where the second reader sees another command, that is an error.
#[test]
fn time_is_no_command() {
    for text in ["time b", "time -p b", "time -- b", "time -p -- b", "time time b", "! time b", "time ! b"] {
        if let Ok(script) = crate::script(text) {
            assert_eq!(crate::commands(&script, text), [["b"]], "{text}");
        }
    }
    assert!(crate::script("time -p b").is_ok());
    assert_eq!(crate::commands(&crate::script(">a time b").unwrap(), ">a time b"), [["time", "b"]]);
}

/// The second reader panics on such a number.
#[test]
fn a_descriptor_is_bounded() {
    for text in ["a 99999999999>b", "a 99999999999999999999999999<b"] {
        assert!(matches!(crate::script(text), Err(Unreadable::Unsupported { .. })), "{text}");
    }
    let digits = "4".repeat(40);
    assert!(matches!(crate::script(&format!("a <{digits}>b")), Err(Unreadable::Syntax { .. })));
    assert!(crate::script("a 999999999>b 99999999999 >c").is_ok());
}

#[test]
fn the_error_stands_where_it_is() {
    let text = "a\nif b; then\n  c \"d\n";
    let error = crate::script(text).unwrap_err();
    assert_eq!(error.span().of(text), "\"");
    let error = crate::script("a\n{ b\n").unwrap_err();
    assert_eq!((error.span().start, error.to_string()), (2, "expected `}`".to_owned()));
    for (bytes, start) in [(&b"a\0b"[..], 1), (b"ab\xff", 2)] {
        let error = read(bytes, &Limits::default()).script.unwrap_err();
        assert!(matches!(error, Unreadable::Encoding { .. }), "{error}");
        assert_eq!(error.span().start, start);
    }
}
