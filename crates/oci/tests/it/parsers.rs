//! Parsers of hostile bytes: whatever comes, an answer or an error.

use proofmark_oci::{parse_config_platform, parse_index, parse_link_header, parse_manifest};
use proptest::prelude::*;

const GOOD: &str = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:0000000000000000000000000000000000000000000000000000000000000001","size":7,"platform":{"os":"linux","architecture":"arm","variant":"v7"},"artifactType":"x","annotations":{"a":"b"}}]}"#;

#[test]
fn the_unchanged_document_is_read() {
    assert_eq!(parse_index(GOOD.as_bytes()).unwrap().len(), 1);
    assert!(parse_manifest(GOOD.as_bytes()).unwrap().is_index());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = (parse_manifest(&bytes), parse_index(&bytes), parse_config_platform(&bytes));
    }

    /// A changed byte gives an error, or a document that both parsers agree about.
    #[test]
    fn changed_bytes(at in 0..GOOD.len(), byte: u8) {
        let mut bytes = GOOD.as_bytes().to_vec();
        bytes[at] = byte;
        if let Ok(manifest) = parse_manifest(&bytes) {
            prop_assert!(manifest.is_index());
            prop_assert!(parse_index(&bytes).is_ok());
        }
    }

    #[test]
    fn cut_documents(at in 0..GOOD.len()) {
        prop_assert!(parse_manifest(&GOOD.as_bytes()[..at]).is_err());
    }

    /// What is taken for the next page is a part of the header, between its brackets.
    #[test]
    fn any_link(header in "[<>;,=\\\\\"a-z/ ]{0,60}", wild in any::<String>()) {
        for text in [header.as_str(), wild.as_str()] {
            if let Some(target) = parse_link_header(text) {
                let bracketed = format!("<{target}>");
                prop_assert!(text.contains(&bracketed));
            }
        }
    }
}
