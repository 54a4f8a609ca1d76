//! `.env` files. `cargo xtask direnv` asks the real program about the same grammar.

use proofmark_envrc::{DotenvAssignment, DotenvError, DotenvLimits, DotenvPiece, Quotes, parse_dotenv};
use proofmark_shell::Span;
use proptest::prelude::*;

fn only(text: &str) -> DotenvAssignment {
    let mut assignments = parse_dotenv(text.as_bytes(), &DotenvLimits::default()).unwrap().assignments;
    assert_eq!(assignments.len(), 1, "{text}");
    assignments.remove(0)
}

fn values(text: &str) -> Vec<String> {
    let dotenv = parse_dotenv(text.as_bytes(), &DotenvLimits::default()).unwrap();
    let nothing = |_: &[u8]| None;
    let shown = |one: &DotenvAssignment| String::from_utf8_lossy(&one.value.resolve(&nothing)).into_owned();
    dotenv.assignments.iter().map(shown).collect()
}

/// As direnv 2.32.1 prints them.
#[test]
fn values_are_those_of_direnv() {
    for (line, value) in [
        ("A=", ""),
        ("A=b", "b"),
        ("  export \t A = b  # c", "b"),
        ("export=b", "b"),
        ("export = b", "b"),
        ("exported=b", "exported is no export"),
        ("A: b", "b"),
        ("A:   'b c'", "b c"),
        ("A: ", ""),
        ("A: # c", ""),
        ("A=#b", ""),
        ("A=b#c", "b"),
        ("A==b", "=b"),
        ("A=b\\n", "b\\n"),
        ("A='b' # 'c'", "b' # 'c"),
        ("A='b' # it's", "b"),
        ("A='b'c'", "b'c"),
        ("A='b", "'b"),
        ("A=\"b'", "\"b'"),
        ("A=''", ""),
        ("A='", "'"),
        ("A=$", "$"),
        ("A=a$", "a$"),
        ("A='$B'", "$B"),
        ("A=\"b\\nc\\td\\\"e\\\\f\"", "b\nctd\"e\\f"),
        ("A=\"\\\\n\"", "\n"),
        ("A=\"\\$B\"", "\\"),
        ("A=$B-${B:-c}-${B:-}", "-c-"),
        ("A=${:-c}", "c"),
        ("A=x${}y${B", "xyB"),
        ("A=x$/y", "x$/y"),
        ("A=$$x", "x"),
        ("A=${B:-${C}}", "${C}"),
        ("A.b=c", "c"),
    ] {
        let value = if line.starts_with("exported") { "b" } else { value };
        assert_eq!(values(line), [value], "{line}");
    }
}

#[test]
fn what_stands_above_is_used_and_the_last_one_stays() {
    let text = "A=1\nB=$A\rA=2\r\nC=\"${A}$B\"\n1=one\nD=x$1\n";
    assert_eq!(values(text), ["1", "1", "2", "21", "one", "xone"]);
    let dotenv = parse_dotenv(text.as_bytes(), &DotenvLimits::default()).unwrap();
    assert_eq!(dotenv.variables()["A"].value.as_known(), Some(&b"2"[..]));
    let exportable: Vec<&str> =
        dotenv.assignments.iter().filter(|one| !one.is_exportable()).map(|one| one.name.as_str()).collect();
    assert_eq!(exportable, ["1"]);
}

#[test]
fn what_the_environment_has_is_a_piece() {
    let one = only("A=\"x$HOME:${B:-c d}\"");
    let environment = |name: &str, default: Option<&str>| DotenvPiece::Environment {
        name: name.into(),
        default: default.map(Into::into),
    };
    assert_eq!(
        one.value.pieces(),
        [
            DotenvPiece::Text(b"x".into()),
            environment("HOME", None),
            DotenvPiece::Text(b":".into()),
            environment("B", Some("c d")),
        ]
    );
    assert_eq!((one.value.as_known(), one.quotes), (None, Quotes::Double));
    let set = |name: &[u8]| (name == b"B").then(Vec::new);
    assert_eq!(one.value.resolve(&set), b"x:c d", "an empty one counts as unset");
}

#[test]
fn spans_are_those_of_the_file() {
    let text = "# c\nexport A: 'b c' # d\n";
    let one = only(text);
    assert_eq!((&text[one.name_span.range()], &text[one.value_span.range()]), ("A", "'b c'"));
    assert_eq!(one.quotes, Quotes::Single);
}

#[test]
fn one_wrong_line_is_the_end_of_all() {
    for line in
        ["a b", "A", "A:b", "A :b", "A=b c", "A='b' c", "export A", "=b", "é=b", "a-b=c", "A=b\u{b}c d"]
    {
        let text = format!("X=1\n{line}\nY=2");
        let error = parse_dotenv(text.as_bytes(), &DotenvLimits::default()).unwrap_err();
        assert_eq!(error, DotenvError::Line { span: Span::new(4, 4 + line.len()) }, "{line}");
    }
}

#[test]
fn limits_are_errors() {
    let limits = DotenvLimits { bytes: 40, assignments: 2, expanded: 200 };
    assert!(parse_dotenv(&[b'#'; 40], &limits).is_ok());
    assert_eq!(parse_dotenv(&[b'#'; 41], &limits), Err(DotenvError::Bytes));
    let many = parse_dotenv(b"A=1\nB=2\nC=3\n", &limits);
    assert_eq!(many, Err(DotenvError::Assignments { span: Span::new(8, 9) }));
    let long = parse_dotenv(b"A=12345678901234\nB=$A$A$A$A\n", &limits);
    assert_eq!(long, Err(DotenvError::Expanded { span: Span::new(17, 18) }));
}

/// Each line doubles the value above it.
#[test]
fn values_that_double_are_bounded() {
    let lines: String = (0..60).map(|at| format!("A{}=\"${{A{at}}}$A{at}\"\n", at + 1)).collect();
    for first in ["A0=xx\n", "A0=$HOME$HOME\n"] {
        let text = format!("{first}{lines}");
        let error = parse_dotenv(text.as_bytes(), &DotenvLimits::default()).unwrap_err();
        assert!(matches!(error, DotenvError::Expanded { .. }), "{error}");
    }
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = proptest::sample::select(vec![
        &b"A"[..],
        b"B",
        b"=",
        b": ",
        b"'",
        b"\"",
        b"\\",
        b"\\n",
        b"$",
        b"${",
        b"}",
        b":-",
        b"#",
        b" ",
        b"\n",
        b"\r",
        b"export ",
        b"x",
        b"\xff",
        b"\0",
        b"1",
        b".",
    ]);
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    /// Each assignment stands alone where its value depends on none above it, and a line before moves its spans alone.
    #[test]
    fn lines_are_read_each_for_itself(text in bytes()) {
        let limits = DotenvLimits::default();
        let read = parse_dotenv(&text, &limits);
        let moved = [b"# c\n", text.as_slice()].concat();
        let again = parse_dotenv(&moved, &limits);
        prop_assert_eq!(read.is_ok(), again.is_ok());
        let (Ok(read), Ok(again)) = (read, again) else { return Ok(()) };
        prop_assert_eq!(read.assignments.len(), again.assignments.len());
        for (one, other) in read.assignments.iter().zip(&again.assignments) {
            prop_assert_eq!(one.name.as_bytes(), &text[one.name_span.range()]);
            prop_assert!(one.name_span.end < one.value_span.start && one.value_span.end <= text.len());
            prop_assert_eq!(one.name_span.start + 4, other.name_span.start);
            prop_assert_eq!(&one.value, &other.value);
            // Written in single quotes, a known value comes out as it is.
            let Some(known) = one.value.as_known() else { continue };
            let single = [b"K='", known, b"'"].concat();
            if !known.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
                let back = parse_dotenv(&single, &limits).unwrap();
                prop_assert_eq!(back.assignments[0].value.as_known(), Some(known));
            }
        }
    }
}
