//! direnv's functions and what reaches the environment.

use proofmark_envrc::Action;

use crate::{last, whole};

#[test]
fn paths_are_added_in_front() {
    for (text, expected) in [
        ("PATH_add bin", "${PWD}/bin:${PATH}"),
        ("PATH_add a b", "${PWD}/a:${PWD}/b:${PATH}"),
        ("PATH_add a; PATH_add /b", "/b:${PWD}/a:${PATH}"),
        ("path_add PATH ./node_modules/../x", "${PWD}/x:${PATH}"),
        ("PATH_add \"$X\"", "${X}:${PATH}"),
        ("PATH_add .", "${PWD}:${PATH}"),
        ("load_prefix opt", "${PWD}/opt/bin:${PATH}"),
        ("cd sub; PATH_add bin", "${PWD}/sub/bin:${PATH}"),
        ("export PATH=$PWD/bin:$PATH", "${PWD}/bin:${PATH}"),
        ("PATH=\"$(pwd)/bin:$PATH\"", "${PWD}/bin:${PATH}"),
        ("x=$(expand_path a/../b); PATH=$x", "${PWD}/b"),
    ] {
        assert_eq!(last(&whole(text), "PATH"), expected, "{text}");
    }
}

#[test]
fn what_is_exported() {
    for (text, expected) in [
        ("export A=1", true),
        ("A=1", false),
        ("A=1; export A", true),
        ("A=1; declare -x A", true),
        ("declare -x A=1", true),
        ("export A; A=1", true),
        ("typeset -rx A=1", true),
        ("set -a; A=1", true),
        ("set -a; set +a; A=1", false),
        ("export A=1; export -n A; A=2", false),
        ("export \"A=$X\"", true),
        ("n=A; export \"$n=1\"", true),
        ("n=A; export \"$n\"=1", true),
        ("eval export A=1", true),
        ("command export A=1", true),
        ("local_f() { export A=1; }; local_f", true),
        ("printf -v A 1; export A", true),
        ("read -r A <<< 1; export A", true),
        (": ${A:=1}; export A", true),
        ("declare -n r=A; export r=1", true),
        ("for A in 1; do :; done", false),
    ] {
        let trace = whole(text);
        let exported = trace.events.iter().rev().find_map(|event| match &event.action {
            Action::Assign { name, exported, .. } if name == "A" => Some(*exported),
            _ => None,
        });
        assert_eq!(exported, Some(expected), "{text}");
    }
    // What the environment has stays exported; a variable before a command is the command's own.
    let exported = |text: &str, variable: &str| {
        whole(text).events.iter().any(|event| match &event.action {
            Action::Assign { name, exported, .. } => name == variable && *exported,
            _ => false,
        })
    };
    assert!(exported("PATH=x", "PATH") && exported("HOME=x", "HOME"));
    let trace = whole("A=1 b; c");
    let own: Vec<_> = crate::calls(&trace).iter().map(|call| call.environment.len()).collect();
    assert_eq!(own, [1, 0]);
}

#[test]
fn names_that_are_not_known_are_recorded() {
    let names: Vec<String> = whole("export \"$X\"; printf -v \"$Y\" 1; declare \"${Z}_A=1\"")
        .events
        .into_iter()
        .filter_map(|event| match event.action {
            Action::Assign { name, .. } => Some(name),
            _ => None,
        })
        .collect();
    assert_eq!(names, ["${X}", "${Y}", "${Z}_A=1"]);
}

#[test]
fn functions_that_are_declared() {
    let trace = whole("op() { :; }; use_x() { curl; }; use x");
    let defined: Vec<_> = trace
        .events
        .iter()
        .filter_map(|event| match &event.action {
            Action::Define { name, .. } => Some(name.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(defined, ["op", "use_x"]);
    assert!(crate::words(&trace).contains(&"curl".to_owned()));
}
