//! What holds for every sequence of bytes.

use proofmark_core::Digest;
use proofmark_refs::{Edit, FileKind, PinError, ScanLimits, SpanEdit, Target, detect, pin, rewrite, scan};
use proptest::prelude::*;

use crate::{KINDS, cases};

/// Scans, and checks what must hold of any result.
fn sound(bytes: &[u8], kind: FileKind) {
    let limits = ScanLimits { nodes: 20_000, steps: 200_000, ..ScanLimits::default() };
    let _ = detect("x.yaml", bytes);
    let result = scan("f", bytes, kind, &limits);
    let digest = Digest::parse(&format!("sha256:{}", "e".repeat(64))).unwrap();
    for found in &result.found {
        let there = bytes.get(found.span.clone()).unwrap_or_else(|| panic!("{found:?} is outside"));
        if found.text.len() < 4096 && !found.text.contains('\u{1a}') {
            assert_eq!(there, found.text.as_bytes(), "{found:?}");
        }
        // Writing what is there changes nothing.
        if matches!(found.edit, Edit::Here) {
            let same = SpanEdit::new(found.span.clone(), String::from_utf8_lossy(there));
            assert_eq!(rewrite(bytes, &[same]).unwrap(), bytes);
        }
        // A pin is right, or there is none.
        if let Target::Image(_) = found.target {
            match pin("f", bytes, kind, &limits, &[(found, &digest)]) {
                Ok(out) => {
                    let again = scan("f", &out, kind, &limits);
                    assert!(
                        again
                            .found
                            .iter()
                            .any(|f| f.target.image().and_then(|i| i.digest()) == Some(&digest))
                    );
                }
                Err(PinError::Refused { .. } | PinError::NotAsMeant { .. }) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
}

/// One change of a file's bytes.
fn mutate(bytes: &mut Vec<u8>, at: usize, how: u8, with: &[u8]) {
    let at = at % (bytes.len() + 1);
    match how % 4 {
        0 => drop(bytes.splice(at..at, with.iter().copied())),
        1 => drop(bytes.drain(at..(at + with.len()).min(bytes.len()))),
        2 => bytes.truncate(at),
        _ => {
            let end = (at + with.len()).min(bytes.len());
            bytes.splice(at..end, with.iter().copied());
        }
    }
}

/// What the formats are made of.
const TOKENS: &[&str] = &[
    "FROM ",
    "ARG A=",
    "COPY --from=",
    "RUN --mount=from=",
    "ONBUILD ",
    "\\\n",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "#",
    "<<E",
    "E\n",
    "$A",
    "${A:-",
    "}",
    "'",
    "\"",
    "image:",
    "containers:\n- ",
    "services:",
    "&a ",
    "*a",
    "<<: ",
    "- ",
    "  ",
    "{",
    "[",
    "]",
    "|\n",
    ">-\n",
    "---\n",
    "a:1",
    "scratch",
    "jobs:",
    "images:",
    "newTag: ",
    "docker://",
    "{{",
    "\0",
    "\u{feff}",
    "ü",
    "!!x ",
    "?",
    ": ",
    ",",
    "//",
    "/*",
    "%YAML 1.2\n",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for kind in KINDS {
            sound(&bytes, kind);
        }
    }

    #[test]
    fn random_tokens(tokens in proptest::collection::vec(proptest::sample::select(TOKENS), 0..60)) {
        let text = tokens.concat();
        for kind in KINDS {
            sound(text.as_bytes(), kind);
        }
    }

    #[test]
    fn mutated_files(
        case in any::<prop::sample::Index>(),
        changes in proptest::collection::vec(
            (any::<usize>(), any::<u8>(), proptest::sample::select(TOKENS)), 1..4),
        kind in 0_usize..12,
    ) {
        let all = cases();
        let (own, _, mut bytes) = case.get(&all).clone();
        for (at, how, with) in changes {
            mutate(&mut bytes, at, how, with.as_bytes());
        }
        sound(&bytes, KINDS.get(kind).copied().unwrap_or(own));
    }

    /// A rewrite is what concatenation says it is.
    #[test]
    fn rewriting_is_concatenation(bytes in proptest::collection::vec(any::<u8>(), 0..60), cut in any::<(u8, u8)>(), text in ".{0,9}") {
        let (a, b) = (usize::from(cut.0.min(cut.1)), usize::from(cut.0.max(cut.1)));
        let (a, b) = (a.min(bytes.len()), b.min(bytes.len()));
        let out = rewrite(&bytes, &[SpanEdit::new(a..b, text.clone())]).unwrap();
        prop_assert_eq!(out, [&bytes[..a], text.as_bytes(), &bytes[b..]].concat());
        let same = SpanEdit { start: 0, end: bytes.len(), text: String::from_utf8_lossy(&bytes).into_owned() };
        if std::str::from_utf8(&bytes).is_ok() {
            prop_assert_eq!(rewrite(&bytes, &[same]).unwrap(), bytes);
        }
    }
}
