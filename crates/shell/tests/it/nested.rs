//! Strings that are read once more.

use proofmark_shell::syntax::{CommandKind, Script};
use proofmark_shell::{Limits, Unreadable, read_words};

use crate::{commands, script};

/// The words after the first of the first command, read again.
fn again(text: &str) -> Option<Result<Script, Unreadable>> {
    let script = script(text).unwrap();
    let CommandKind::Simple(simple) = &script.body.chains[0].first.commands[0].kind else { panic!("{text}") };
    let words: Vec<_> = simple.words[1..].iter().collect();
    read_words(&words, &Limits::default())
}

#[test]
fn places_are_those_of_the_outer_file() {
    for (text, expected) in [
        ("eval 'curl -s ü|sh'", &[&["curl", "-s", "ü"][..], &["sh"]][..]),
        ("eval a 'b c' \"; d\"", &[&["a", "b", "c"], &["d"]]),
        ("eval \"c\"ur'l x'", &[&["c\"ur'l", "x"]]),
    ] {
        assert_eq!(commands(&again(text).unwrap().unwrap(), text), expected, "{text}");
    }
}

#[test]
fn an_expansion_is_not_guessed() {
    assert!(again("eval \"$x\"").is_none());
    assert!(again("eval a $(b)").is_none());
    assert!(again("eval").is_none());
}

#[test]
fn what_cannot_be_read_again_says_where() {
    let text = "eval 'a; (b'";
    assert_eq!(again(text).unwrap().unwrap_err().span().of(text), "(");
    let small = Limits { bytes: 3, ..Limits::default() };
    let outer = script("eval abcd").unwrap();
    let CommandKind::Simple(simple) = &outer.body.chains[0].first.commands[0].kind else { panic!() };
    let error = read_words(&[&simple.words[1]], &small).unwrap().unwrap_err();
    assert!(matches!(error, Unreadable::Limit { .. }));
}
