//! A third reader: tree-sitter-bash must find the same commands in scripts of its grammar.

use proptest::prelude::*;

use crate::{commands, script};

/// The command words that tree-sitter finds, in order; nothing where it reports an error.
fn theirs(text: &str) -> Option<Vec<String>> {
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&tree_sitter_bash::LANGUAGE.into()).unwrap();
    let tree = parser.parse(text, None).unwrap();
    let mut open = vec![tree.root_node()];
    let mut found = Vec::new();
    while let Some(node) = open.pop() {
        if node.is_error() || node.is_missing() {
            return None;
        }
        if node.kind() == "command_name" {
            found.push((node.start_byte(), text[node.byte_range()].to_owned()));
        }
        let mut cursor = node.walk();
        open.extend(node.children(&mut cursor));
    }
    found.sort();
    Some(found.into_iter().map(|(_, name)| name).collect())
}

fn ours(text: &str) -> Vec<String> {
    let script = script(text).unwrap_or_else(|error| panic!("{text:?}: {error:?}"));
    let mut names: Vec<_> = Vec::new();
    script.each_command(&mut |command| {
        if let proofmark_shell::syntax::CommandKind::Simple(simple) = &command.kind
            && let Some(word) = simple.words.first()
        {
            names.push((word.span.start, word.span.of(text).to_owned()));
        }
    });
    names.sort();
    assert_eq!(names.len(), commands(&script, text).len());
    names.into_iter().map(|(_, name)| name).collect()
}

fn command() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        "[a-z]{1,6}",
        Just("'a b'".to_owned()),
        Just("\"x $y\"".to_owned()),
        Just("${z:-w}".to_owned())
    ];
    let simple = ("c[a-z]{1,5}", proptest::collection::vec(word, 0..3))
        .prop_map(|(name, words)| std::iter::once(name).chain(words).collect::<Vec<_>>().join(" "));
    simple.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a}; {b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} && {b}")),
            inner.clone().prop_map(|a| format!("cx \"$({a})\" y")),
            inner.clone().prop_map(|a| format!("v=$({a})")),
            inner.clone().prop_map(|a| format!("{{ {a}; }}")),
            inner.clone().prop_map(|a| format!("( cz; {a}; cz )")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("if {a}; then {b}; fi")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("while {a}; do {b}; done")),
            inner.clone().prop_map(|a| format!("for i in p q; do {a}; done")),
            inner.clone().prop_map(|a| format!("case k in (l) {a} ;; esac")),
            inner.prop_map(|a| format!("f() {{ {a}; }}")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn three_readers_agree(text in command()) {
        let Some(theirs) = theirs(&text) else { return Err(TestCaseError::reject("tree-sitter")) };
        prop_assert_eq!(ours(&text), theirs, "{}", text);
    }
}
