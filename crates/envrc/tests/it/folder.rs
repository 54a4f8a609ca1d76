//! What lies in the folder: scripts that are started, files whose content runs, paths that are put together.

use proofmark_envrc::{Action, Limits, Loaded, SourceKind, Trace, interpret};

use crate::{Tree, last, words};

fn traced(text: &str, files: &[(&str, &str)]) -> Trace {
    let trace = interpret(".envrc", text.as_bytes(), &Tree::of(files), &Limits::default());
    assert_eq!(trace.problems, [], "{text}");
    trace
}

fn runs(trace: &Trace) -> Vec<(String, bool, Loaded)> {
    let run = |action: &Action| match action {
        Action::Run { path, by_path, outcome } => Some((path.clone(), *by_path, *outcome)),
        _ => None,
    };
    trace.events.iter().filter_map(|event| run(&event.action)).collect()
}

#[test]
fn a_script_of_the_folder_is_followed_in_a_shell_of_its_own() {
    let trace = traced("a=1\n./run.sh two\n", &[("run.sh", "#!/bin/sh\necho $1 $a\nb=$1\n")]);
    assert_eq!(runs(&trace), [("run.sh".to_owned(), true, Loaded::Followed)]);
    assert!(words(&trace).contains(&"echo two 1".to_owned()), "{:?}", words(&trace));
    assert!(matches!(trace.sources[1].kind, SourceKind::Run(_)));
    // What it sets ends with it.
    let trace = traced("./run.sh\nc=${b:-unset}\n", &[("run.sh", "#!/bin/sh\nb=1\n")]);
    assert!(!last(&trace, "c").contains('1'), "{}", last(&trace, "c"));
}

#[test]
fn a_program_is_found_in_a_folder_that_was_added() {
    let files = [("bin/tool", "#!/usr/bin/env bash\necho found\n"), ("bin/other", "\u{7f}ELF")];
    let trace = traced("tool\nPATH_add bin\ntool\nother\n", &files);
    let expected = [
        ("bin/tool".to_owned(), false, Loaded::Followed),
        ("bin/other".to_owned(), false, Loaded::NotFollowed),
    ];
    assert_eq!(runs(&trace), expected);
}

#[test]
fn a_script_that_starts_itself_ends() {
    let trace = traced("./a.sh\n", &[("a.sh", "#!/bin/sh\n./a.sh\n")]);
    assert_eq!(runs(&trace).last().map(|run| run.2), Some(Loaded::Again));
}

#[test]
fn the_content_of_a_file_runs() {
    for text in ["eval \"$(cat conf)\"", "eval \"$(<conf)\"", "bash conf", "sh -c \"$(cat \"$PWD/conf\")\""] {
        let trace = traced(text, &[("conf", "echo from-the-file\n")]);
        assert!(words(&trace).contains(&"echo from-the-file".to_owned()), "{text}: {:?}", words(&trace));
    }
}

#[test]
fn paths_are_followed_from_the_file_on() {
    let files = [
        ("lib/all.sh", "here=$(dirname \"${BASH_SOURCE[0]}\")\nsource \"$here/net.sh\"\n"),
        ("lib/net.sh", "echo net\n"),
    ];
    assert!(words(&traced("source lib/all.sh\n", &files)).contains(&"echo net".to_owned()));
    let files = [("x/y.sh", "echo here\n")];
    for text in [
        "d=$(cd \"$(dirname \"${BASH_SOURCE[0]}\")\" && pwd)\nsource \"$d/x/y.sh\"\n",
        "source \"$(realpath x/../x/y.sh)\"\n",
        "f=$PWD/x/z.sh\nsource \"$(dirname \"$f\")/$(basename /a/y.sh)\"\n",
    ] {
        assert!(words(&traced(text, &files)).contains(&"echo here".to_owned()), "{text}");
    }
}

#[test]
fn what_is_computed_is_told() {
    let computed = |text: &str| {
        let trace = traced(text, &[]);
        trace.events.iter().filter(|event| matches!(event.action, Action::Compute { .. })).count()
    };
    for text in [
        "n=$(<f)\n[[ $n -gt 1 ]]",
        "k=$(git x)\n[[ -v $k ]]",
        "read -r n <f\nlet \"m = n\"",
        "echo $(( $(cat f) + 1 ))",
    ] {
        assert!(computed(text) > 0, "{text}");
    }
    for text in
        ["n=3\n[[ $n -gt 1 ]]", "(( 1 + 2 ))", "[[ $x == y ]]", "for ((i = 0; i < 3; i++)); do :; done"]
    {
        assert_eq!(computed(text), 0, "{text}");
    }
}
