//! A `.env` file is read without losing its places, each line for itself, within bounds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proofmark_envrc::{DotenvError, DotenvLimits, DotenvPiece, parse_dotenv};

fuzz_target!(|bytes: &[u8]| {
    let limits = DotenvLimits::default();
    let read = match parse_dotenv(bytes, &limits) {
        Ok(read) => read,
        Err(DotenvError::Line { span }) => {
            // The line alone is wrong too.
            assert!(parse_dotenv(&bytes[span.range()], &limits).is_err());
            return;
        }
        Err(_) => return,
    };
    let mut end = 0;
    for one in &read.assignments {
        assert_eq!(one.name.as_bytes(), &bytes[one.name_span.range()]);
        assert!(end <= one.name_span.start && one.name_span.end < one.value_span.start);
        end = one.value_span.end;
        assert!(end <= bytes.len());
        for pair in one.value.pieces().windows(2) {
            assert!(!matches!(pair, [DotenvPiece::Text(_), DotenvPiece::Text(_)]), "texts stand together");
        }
    }
    // A line before it moves everything, and changes nothing.
    let again = parse_dotenv(&[b"#\n", bytes].concat(), &limits).unwrap();
    let values = |of: &proofmark_envrc::Dotenv| {
        of.assignments.iter().map(|one| (one.name.clone(), one.value.clone())).collect::<Vec<_>>()
    };
    assert_eq!(values(&again), values(&read));
});
