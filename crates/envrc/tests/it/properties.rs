//! What holds for every script.

use proofmark_envrc::{Limits, NoFiles, Problem, interpret};
use proptest::prelude::*;

use crate::words;

fn pieces() -> impl Strategy<Value = String> {
    let piece = proptest::sample::select(vec![
        "a",
        "x=1",
        "x=$y",
        "y=(a b)",
        "\n",
        "; ",
        " && ",
        " | ",
        "$x",
        "\"$x\"",
        "${x:-b}",
        "${y[@]}",
        "\"${y[@]:1}\"",
        "$(",
        ")",
        "eval ",
        "echo ",
        "printf '%s %d' ",
        "read x",
        " <<< ",
        " > f",
        " < f",
        "source ./f",
        "f() { ",
        "; }",
        "f ",
        "if a; then ",
        "; fi",
        "for x in a b; do ",
        "; done",
        "while a; do ",
        "case $x in a) ",
        ";; esac",
        "export ",
        "local ",
        "set -- ",
        "shift",
        "unset x",
        "${x//a/b}",
        "${x#*}",
        "${!x}",
        "$((x + 1))",
        "((x++))",
        "{a,b}",
        "~",
        "*",
        "bash -c ",
        "xargs ",
        "env A=b ",
        "'c d'",
        "$X",
        "cd ..",
        "PATH_add ",
        "trap a EXIT",
        "declare -n z=x",
        "& ",
    ]);
    proptest::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    /// No panic, every place inside its text, and problems where nothing was read.
    #[test]
    fn places_are_inside(text in pieces()) {
        let trace = interpret(".envrc", text.as_bytes(), &NoFiles, &Limits::default());
        for event in &trace.events {
            let source = &trace.sources[event.place.source].text;
            prop_assert!(source.get(event.place.span.range()).is_some(), "{:?} of {:?}", event, source);
            let outer = trace.in_file(event.place);
            prop_assert!(trace.sources[outer.source].text.get(outer.span.range()).is_some());
        }
        let unreadable = trace.problems.iter().any(|problem| matches!(problem, Problem::Unreadable { source: 0, .. }));
        prop_assert!(!unreadable || trace.events.is_empty());
    }

    /// The same file gives the same events.
    #[test]
    fn it_is_determined(text in pieces()) {
        let once = interpret(".envrc", text.as_bytes(), &NoFiles, &Limits::default());
        prop_assert_eq!(once, interpret(".envrc", text.as_bytes(), &NoFiles, &Limits::default()));
    }

    /// How a literal word is quoted changes nothing.
    #[test]
    fn quotes_change_nothing(word in "[a-z][a-z0-9/.:-]{0,12}", at in 0_usize..12) {
        let at = at.min(word.len());
        let (left, right) = word.split_at(at);
        let plain = interpret(".envrc", format!("cmd {word}").as_bytes(), &NoFiles, &Limits::default());
        for other in [
            format!("cmd '{left}'{right}"),
            format!("cmd {left}\"{right}\""),
            format!("x={left}; cmd ${{x}}{right}"),
            format!("x=({left} '{right}'); cmd \"${{x[0]}}${{x[1]}}\""),
            format!("cmd \"$(printf '%s%s' '{left}' '{right}')\""),
            format!("f() {{ cmd \"$1$2\"; }}; f '{left}' '{right}'"),
            format!("eval 'cmd {word}'"),
            format!("n=v; v={word}; cmd ${{!n}}"),
        ] {
            let trace = interpret(".envrc", other.as_bytes(), &NoFiles, &Limits::default());
            prop_assert_eq!(&trace.problems, &vec![], "{}", other);
            prop_assert_eq!(words(&trace).pop(), words(&plain).pop(), "{}", other);
        }
    }
}
