//! What holds for every input.

use proofmark_shell::{Limits, read};
use proptest::prelude::*;

use crate::{commands, script, spans};

/// Every span lies in the bytes, and on characters where there are characters.
fn assert_places(bytes: &[u8]) {
    let reading = read(bytes, &Limits::default());
    for (start, end) in spans(&reading) {
        assert!(start <= end && end <= bytes.len(), "{start}..{end} of {}", bytes.len());
        if let Ok(text) = std::str::from_utf8(bytes) {
            assert!(text.get(start..end).is_some(), "{start}..{end} of {text:?}");
        }
    }
}

fn pieces() -> impl Strategy<Value = String> {
    let piece = proptest::sample::select(vec![
        "$(",
        ")",
        "`",
        "\\",
        "\"",
        "'",
        "${x",
        "${",
        "}",
        ":-",
        "((",
        "))",
        "{ ",
        "; }",
        "<<E\n",
        "\nE\n",
        "\n",
        " ",
        "a",
        "ü",
        "if ",
        "; then ",
        "; fi",
        "case a in ",
        ";;",
        "esac",
        "[[ ",
        " ]]",
        "=~",
        "<(",
        ">",
        "2>&1",
        "x=",
        "x=(",
        "#",
        "|",
        "&&",
        "&",
        "$",
        "!",
        "@(",
        "f() ",
        "coproc ",
        "for x in ",
        "; do ",
        "; done",
        "\t",
        "$'",
        "*",
        "[",
        "]",
        "-",
        "time ",
    ]);
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        assert_places(&bytes);
    }

    #[test]
    fn any_pieces_of_grammar(text in pieces()) {
        assert_places(text.as_bytes());
    }

    /// Blanks and comments around a script change nothing but places.
    #[test]
    fn what_is_around_does_not_matter(text in pieces()) {
        if let Ok(found) = script(&text) {
            let around = format!("  # c\n\n{text}\n# d\n");
            if let Ok(again) = script(&around) {
                prop_assert_eq!(commands(&found, &text), commands(&again, &around));
            } else {
                // Only what was open at the end goes on: a backslash.
                prop_assert!(text.contains('\\'), "{}", text);
            }
        }
    }
}
