//! What the other crates read of digests, patterns and signers, word by word.
#![allow(clippy::unwrap_used, missing_docs)]

use proofmark_core::pattern::{AnchoredRegex, Glob, IdentityGlob, PatternError};
use proofmark_core::{Digest, Extension, IdentityPattern, SanKind};

const WORKFLOW: &str = "https://github.com/acme/agents/.github/workflows/release.yml@refs/tags/v1";

#[test]
fn sha512_is_a_digest() {
    let text = format!("sha512:{}", "0f".repeat(64));
    let digest = Digest::parse(&text).unwrap();
    assert_eq!(digest.to_string(), text);
    assert_eq!(digest.to_bytes(), [0x0f; 64]);
    assert_eq!(digest.short(), "0f0f0f0f0f0f");
}

#[test]
fn bytes_of_a_digest() {
    let digest = Digest::parse(&format!("sha256:{}", "a9".repeat(32))).unwrap();
    assert_eq!(digest.to_bytes(), [0xa9; 32]);
}

#[test]
fn kinds_of_names() {
    let kinds = [SanKind::Uri, SanKind::Email, SanKind::Other];
    assert_eq!(kinds.map(SanKind::as_str), ["uri", "email", "other"]);
}

#[test]
fn extensions_by_name() {
    for extension in Extension::ALL {
        assert_eq!(Extension::from_name(extension.as_str()), Some(*extension));
    }
    assert_eq!(Extension::from_name("source-repository"), None);
}

#[test]
fn both_kinds_of_identity_pattern() {
    let glob = WORKFLOW.replace("v1", "*");
    let pattern = IdentityPattern::Glob(IdentityGlob::parse(&glob).unwrap());
    assert!(pattern.matches(WORKFLOW) && !pattern.matches("https://github.com/acme/agents"));
    assert_eq!(pattern.as_str(), glob);

    let regex = AnchoredRegex::parse("https://github\\.com/acme/.*").unwrap();
    let pattern = IdentityPattern::Regex(regex);
    assert!(pattern.matches(WORKFLOW) && !pattern.matches("https://github.com/mallory/agents"));
    assert_eq!(pattern.as_str(), "https://github\\.com/acme/.*");
}

#[test]
fn patterns_without_wildcards_are_literal() {
    assert!(Glob::parse("ghcr.io/acme/app").unwrap().is_literal());
    assert!(!Glob::parse("ghcr.io/acme/*").unwrap().is_literal());
    assert!(IdentityGlob::parse(WORKFLOW).unwrap().is_literal());
    assert!(!IdentityGlob::parse(&WORKFLOW.replace("v1", "*")).unwrap().is_literal());
}

#[test]
fn patterns_are_shown_as_written() {
    assert_eq!(Glob::parse("ghcr.io/**").unwrap().as_str(), "ghcr.io/**");
    assert_eq!(IdentityGlob::parse(WORKFLOW).unwrap().as_str(), WORKFLOW);
    assert_eq!(AnchoredRegex::parse("a|b").unwrap().as_str(), "a|b");
}

#[test]
fn sixteen_wildcards_and_no_more() {
    let with = |count| Glob::parse(&format!("h/{}", "*x".repeat(count)));
    assert!(with(16).is_ok());
    assert_eq!(with(17), Err(PatternError::TooManyWildcards(16)));
}

#[test]
fn expressions_are_equal_by_their_text() {
    let regex = |text| AnchoredRegex::parse(text).unwrap();
    assert_eq!(regex("a|b"), regex("a|b"));
    assert_ne!(regex("a|b"), regex("b|a"));
}
