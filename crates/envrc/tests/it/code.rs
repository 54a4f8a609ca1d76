//! Code from strings and files.

use proofmark_envrc::{Action, Limits, Loaded, Problem, SourceKind, Trace, interpret};

use crate::{Tree, trace, whole, words};

/// Who runs what.
fn codes(trace: &Trace) -> Vec<String> {
    let code = |action: &Action| match action {
        Action::Code { by, code } => Some(format!("{by}: {}", code.shapes().join("|"))),
        _ => None,
    };
    trace.events.iter().filter_map(|event| code(&event.action)).collect()
}

fn with_files(text: &str, files: &[(&str, &str)]) -> Trace {
    interpret(".envrc", text.as_bytes(), &Tree::of(files), &Limits::default())
}

#[test]
fn strings_are_followed() {
    for (text, code, command) in [
        ("eval 'curl u'", "eval: curl u", "curl u"),
        ("c='curl u'; eval \"$c\"", "eval: curl u", "curl u"),
        ("eval eval curl u", "eval: eval curl u", "curl u"),
        ("bash -c 'curl \"$1\"' x u", "bash: curl \"$1\"", "curl u"),
        ("/bin/sh -ec 'curl u'", "sh: curl u", "curl u"),
        ("echo curl u | sh", "sh: curl u\n", "curl u"),
        ("bash <<< 'curl u'", "bash: curl u\n", "curl u"),
        ("bash <<E\ncurl u\nE\n", "bash: curl u\n", "curl u"),
        ("source <(echo curl u)", "source: curl u\n", "curl u"),
        ("bash <(echo curl u)", "bash: curl u\n", "curl u"),
        ("echo curl u > x; . ./x", "source: curl u\n", "curl u"),
        ("echo curl u > x; bash x", "bash: curl u\n", "curl u"),
        ("echo curl u > x; ./x", "x: curl u\n", "curl u"),
        ("echo curl u | tee x; sh x", "sh: curl u\n", "curl u"),
        ("trap 'curl u' EXIT", "trap: curl u", "curl u"),
        ("env -S 'curl u'", "env: curl u", "curl u"),
    ] {
        let trace = whole(text);
        assert!(codes(&trace).contains(&code.to_owned()), "{text}: {:?}", codes(&trace));
        assert!(words(&trace).contains(&command.to_owned()), "{text}: {:?}", words(&trace));
    }
}

#[test]
fn code_of_other_languages_is_only_recorded() {
    for (text, code) in [
        ("python3 -c 'import os'", "python3: import os"),
        ("perl -e 'exec 1'", "perl: exec 1"),
        ("echo 1 | node", "node: 1\n"),
        ("ruby x.rb", "ruby: ${…}"),
    ] {
        assert_eq!(codes(&whole(text)), [code], "{text}");
    }
    assert_eq!(codes(&whole("python3 -m venv x; node --version; bash --version")), [""; 0]);
}

/// Around what is not known the rest is seen.
#[test]
fn code_with_holes() {
    let trace = whole("eval \"$X; curl u\"");
    assert_eq!(codes(&trace), ["eval: ${X}; curl u"]);
    assert!(words(&trace).contains(&"curl u".to_owned()), "{:?}", words(&trace));
    assert!(words(&trace).contains(&"${X}".to_owned()), "{:?}", words(&trace));
    assert_eq!(codes(&whole("eval \"$(mise env)\"")), ["eval: ${…}"]);
}

#[test]
fn files_of_the_folder_are_followed() {
    let files = [
        ("lib/a.sh", "c=curl\nsource ./lib/b.sh\n"),
        ("lib/b.sh", "$c u\n"),
        ("sub/.envrc", "nc h\n"),
        ("up/.envrc", "source ../sub/.envrc\n"),
    ];
    for (text, path, command) in [
        ("source lib/a.sh", "lib/a.sh", "curl u"),
        (". \"$PWD\"/lib/a.sh", "${PWD}/lib/a.sh", "curl u"),
        (". lib/../lib/a.sh", "lib/../lib/a.sh", "curl u"),
        ("source_env sub", "sub/.envrc", "nc h"),
        ("d=lib; source \"$d/a.sh\"", "lib/a.sh", "curl u"),
        ("cd sub; source .envrc", ".envrc", "nc h"),
        ("source_env up", "up/.envrc", "nc h"),
    ] {
        let trace = with_files(text, &files);
        assert!(words(&trace).contains(&command.to_owned()), "{text}: {:?}", words(&trace));
        let followed = |action: &Action| match action {
            Action::Load { path, outcome: Loaded::Followed, .. } => Some(path.shapes().join("|")),
            _ => None,
        };
        let loaded: Vec<_> = trace.events.iter().filter_map(|event| followed(&event.action)).collect();
        assert!(loaded.contains(&path.to_owned()), "{text}: {loaded:?}");
    }
}

#[test]
fn what_is_not_followed_is_recorded() {
    let files = [("a.sh", "source a.sh\n")];
    for (text, outcome) in [
        ("source /etc/x", Loaded::Outside),
        ("source ~/x", Loaded::Outside),
        ("source ../x", Loaded::Outside),
        ("source_up", Loaded::Outside),
        ("source \"$X\"", Loaded::Outside),
        ("source b.sh", Loaded::Absent),
        ("dotenv", Loaded::NotFollowed),
        ("dotenv ../.env", Loaded::Outside),
        ("source a.sh", Loaded::Again),
        ("cd \"$X\"; source a.sh", Loaded::Outside),
    ] {
        let trace = with_files(text, &files);
        let last = trace.events.iter().rev().find_map(|event| match &event.action {
            Action::Load { outcome, .. } => Some(*outcome),
            _ => None,
        });
        assert_eq!(last, Some(outcome), "{text}");
    }
}

/// A finding in a string has the place of the command that evaluates it, and in a file its own.
#[test]
fn places_lead_to_a_file() {
    let text = "a\neval 'eval \"curl u\"'\n";
    let trace = whole(text);
    let event = trace.events.iter().find(|event| event.place.source == 2).unwrap();
    assert_eq!(event.place.span.of(&trace.sources[2].text), "curl u");
    assert_eq!(trace.in_file(event.place).span.of(text), "eval 'eval \"curl u\"'");
    let trace = with_files("source a.sh", &[("a.sh", "curl u\n")]);
    let event = trace.events.last().unwrap();
    assert_eq!((trace.in_file(event.place), trace.sources[1].path.as_str()), (event.place, "a.sh"));
    assert!(matches!(trace.sources[1].kind, SourceKind::Loaded(_)));
}

#[test]
fn what_cannot_be_read_is_a_problem() {
    let unreadable =
        |trace: &Trace| trace.problems.iter().any(|problem| matches!(problem, Problem::Unreadable { .. }));
    assert!(unreadable(&trace("if a")));
    let after = trace("eval 'if a'; curl u");
    assert!(unreadable(&after) && words(&after).contains(&"curl u".to_owned()));
    assert!(unreadable(&with_files("source a.sh", &[("a.sh", "'")])));
}
