//! Commands, words and their places.

use proofmark_shell::Unreadable;
use proofmark_shell::syntax::{CommandKind, PartKind};

use crate::{commands, script, spans};

fn seen(text: &str) -> Vec<String> {
    let script = script(text).unwrap_or_else(|error| panic!("{text:?}: {error:?}"));
    for (start, end) in spans(&script) {
        assert!(start <= end && text.get(start..end).is_some(), "{text:?}: {start}..{end}");
    }
    commands(&script, text).into_iter().map(|words| words.join(" ")).collect()
}

#[test]
fn every_command_wherever_it_stands() {
    for (text, expected) in [
        ("a b; c 'd e' & f", &["a b", "c 'd e'", "f"][..]),
        ("x=1 y=$(a) b || ! c && time d", &["b", "a", "c", "d"]),
        ("a | b |& c", &["a", "b", "c"]),
        ("if a; then b; elif c; then d; else e; fi", &["a", "b", "c", "d", "e"]),
        ("while a; do b; done; until c; do d; done", &["a", "b", "c", "d"]),
        (
            "for x in a $(b); do c; done; for x; do d; done; for ((i=$(e);i<2;i++)); do f; done",
            &["b", "c", "d", "e", "f"],
        ),
        ("select x in a; do b; done", &["b"]),
        ("case $(a) in b|$(c)) d ;; (e) f ;& *) g ;;& h) esac", &["a", "c", "d", "f", "g"]),
        ("f() { a; }; function g { b; }; function h () ( c )", &["a", "b", "c"]),
        ("( a ) > $(b); { c; } 2>&1", &["a", "b", "c"]),
        ("[[ -n $(a) && x =~ ^(b|c)$ ]]; (( 1 + $(d) ))", &["a", "d"]),
        ("a $(b $(c `d`)) <(e) >(f)", &["a $(b $(c `d`)) <(e) >(f)", "b $(c `d`)", "c `d`", "d", "e", "f"]),
        (
            "use flake . \"file://\"<(a \"$PWD\") x<(b)<(c) $(d)>(e)",
            &["use flake . \"file://\"<(a \"$PWD\") x<(b)<(c) $(d)>(e)", "a \"$PWD\"", "b", "c", "d", "e"],
        ),
        ("echo \"x $(a \"$(b)\") y\"", &["echo \"x $(a \"$(b)\") y\"", "a \"$(b)\"", "b"]),
        (
            "echo ${x:-$(a)} ${y/$(b)/`c`} $((1+$(d)))",
            &["echo ${x:-$(a)} ${y/$(b)/`c`} $((1+$(d)))", "a", "b", "c", "d"],
        ),
        ("coproc N { nc h; }; coproc a b", &["nc h", "a b"]),
        ("x=(a $(b) [c]=$(d)); declare -a y=(\n$(e) # f\n)", &["b", "d", "declare -a y=(\n$(e) # f\n)", "e"]),
        ("cat <<E; a\n$(b) `c`\nE\nd <<'E'\n$(not)\nE\n", &["cat", "a", "d", "b", "c"]),
        ("cat <<-E > ${x} | a ${y}\n\tb\n\tE\nc", &["cat", "a ${y}", "c"]),
        ("cu\\\nrl \\\n  -s # c\n", &["cu\\\nrl -s"]),
        ("((a); b)", &["a", "b"]),
        ("$((a); b)", &["$((a); b)", "a", "b"]),
        ("a#b #c\n# d", &["a#b"]),
        ("ä ü \"ö $(é)\"", &["ä ü \"ö $(é)\"", "é"]),
        ("a @(b|c) +(d e) f*(g)", &["a @(b|c) +(d e) f*(g)"]),
        ("{fd}>x a 2>>y <<<$(b)", &["a", "b"]),
        ("", &[]),
        ("# only a comment", &[]),
    ] {
        assert_eq!(seen(text), expected, "{text:?}");
    }
}

#[test]
fn words_know_what_they_are() {
    let text = r#"c=cu; "$c"rl 'a'\ b$'\x63' "d$e" ~/x *"#;
    let script = script(text).unwrap();
    let mut words = Vec::new();
    script.each_command(&mut |command| {
        if let CommandKind::Simple(simple) = &command.kind {
            words.extend(simple.words.iter().map(|word| (word.literal(), word.is_quiet())));
        }
    });
    let known = |text: &str, quiet| (Some(text.to_owned()), quiet);
    let expected = [(None, true), known("a bc", true), (None, true), known("~/x", false), known("*", false)];
    assert_eq!(words, expected);
}

#[test]
fn a_backslash_keeps_a_pattern_open() {
    for text in [r#"a "${x//\//_}""#, r"a ${x//\//_}"] {
        let script = script(text).unwrap();
        let printed = format!("{script:?}");
        let operand = printed.split("second: Some(Text { span: ").nth(1).unwrap();
        let (start, end) = crate::spans(&operand)[0];
        assert_eq!(&text[start..end], "_", "{text}");
    }
}

#[test]
fn backticks_have_the_places_of_the_file() {
    let text = r#"a `b \`c "\$d"\`` "`e \"f\"`""#;
    let script = script(text).unwrap();
    let all = commands(&script, text);
    assert_eq!(all[1], ["b", r#"\`c "\$d"\`"#]);
    assert_eq!(all[2], ["c", r#""\$d""#]);
    assert_eq!(all[3], ["e", r#"\"f\""#]);
}

#[test]
fn a_document_is_stripped_and_placed() {
    let text = "cat <<-\"E\" <<F\n\ta $b\n\tE\nx \\\ny $c\nF\n";
    let script = script(text).unwrap();
    assert!(script.documents[0].literal);
    assert!(matches!(&script.documents[0].body.parts[0].kind, PartKind::Literal(body) if body == "a $b\n"));
    assert_eq!(script.documents[0].body.span.of(text), "\ta $b\n");
    let parts = &script.documents[1].body.parts;
    let written: Vec<_> = parts.iter().map(|part| part.span.of(text)).collect();
    assert_eq!(written, ["x ", "y ", "$c", "\n"]);
}

/// What the second reader is known to take for something else is a refusal with both views, never one of them.
#[test]
fn two_readers_that_differ_are_an_error() {
    let text = "a; ( ( b c ) )";
    let error = script(text).unwrap_err();
    let Unreadable::Disagreement { ours, theirs, span } = &error else { panic!("{error:?}") };
    assert_eq!((ours.as_str(), theirs.as_str(), span.of(text)), ("b", "", "b"));
    let error = script("( a; case b in c) d ;; esac )").unwrap_err();
    assert!(matches!(error, Unreadable::SecondReader { .. }), "{error:?}");
}
