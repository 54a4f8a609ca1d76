//! `at-least`, against brute force.

use std::collections::BTreeMap;

use proofmark_core::{Extension, SanKind};
use proofmark_sigstore::threshold::{DistinctIdentity, satisfied};
use proofmark_sigstore::{CertificateFacts, San, SignerFacts};
use proptest::prelude::*;

fn key(n: u8) -> DistinctIdentity {
    DistinctIdentity::Key(n.to_string())
}

/// One workflow at two refs is one identity, also where a ref holds an `@`; one person of two providers is two.
#[test]
fn who_stands_behind_a_signature() {
    let of = |kind: SanKind, value: &str, issuer: Option<&str>| {
        let san = San { kind: Some(kind), kind_name: "", value: value.to_owned() };
        let issuer = issuer.map(|issuer| (Extension::Issuer, issuer.to_owned()));
        let extensions: BTreeMap<_, _> = issuer.into_iter().collect();
        let spki = String::new();
        DistinctIdentity::of(&SignerFacts::Certificate(CertificateFacts {
            sans: vec![san],
            issuer_v1: None,
            extensions,
            spki,
        }))
    };
    let named = |name: &str, issuer: &str| {
        Some(DistinctIdentity::Certificate { issuer: issuer.to_owned(), name: name.to_owned() })
    };
    let workflow = "https://github.com/acme/agents/.github/workflows/release.yml";
    for git_ref in ["refs/tags/v1", "refs/heads/main", "refs/tags/a@b"] {
        assert_eq!(of(SanKind::Uri, &format!("{workflow}@{git_ref}"), Some("ci")), named(workflow, "ci"));
    }
    let mail = "release@acme.example";
    assert_eq!(of(SanKind::Email, mail, Some("one")), named(mail, "one"));
    assert_eq!(of(SanKind::Email, mail, Some("two")), named(mail, "two"));
    assert_eq!(of(SanKind::Email, mail, None), None);
    let id = "0a".to_owned();
    assert_eq!(DistinctIdentity::of(&SignerFacts::Key { id: id.clone() }), Some(DistinctIdentity::Key(id)));
}

#[test]
fn one_key_under_two_names_counts_once() {
    let of = ["a".to_owned(), "b".to_owned()];
    let accepted = [("a".to_owned(), key(1)), ("b".to_owned(), key(1))];
    assert!(satisfied(&accepted, &of, 1).satisfied);
    assert!(!satisfied(&accepted, &of, 2).satisfied);
    let two = [("a".to_owned(), key(1)), ("a".to_owned(), key(2)), ("b".to_owned(), key(1))];
    let matching = satisfied(&two, &of, 2);
    assert!(matching.satisfied);
    assert_eq!(matching.pairs, [("a".to_owned(), key(2)), ("b".to_owned(), key(1))]);
    assert!(!satisfied(&two, &of, 0).satisfied);
    assert!(!satisfied(&two, &["c".to_owned()], 1).satisfied);
}

/// The largest matching, by trying for each signer every identity and none.
fn brute(edges: &[Vec<u8>], used: u32) -> usize {
    let Some((first, rest)) = edges.split_first() else { return 0 };
    let skip = brute(rest, used);
    first
        .iter()
        .filter(|identity| used & (1 << **identity) == 0)
        .map(|identity| 1 + brute(rest, used | (1 << identity)))
        .fold(skip, usize::max)
}

proptest! {
    #[test]
    fn maximum_matching(edges in prop::collection::vec(prop::collection::vec(0u8..6, 0..5), 0..6)) {
        let of: Vec<String> = (0..edges.len()).map(|n| format!("s{n}")).collect();
        let accepted: Vec<_> = edges
            .iter()
            .zip(&of)
            .flat_map(|(identities, name)| identities.iter().map(|n| (name.clone(), key(*n))))
            .collect();
        let best = brute(&edges, 0);
        let matching = satisfied(&accepted, &of, best.max(1));
        prop_assert_eq!(matching.pairs.len(), best);
        prop_assert_eq!(matching.satisfied, best > 0);
        prop_assert!(!satisfied(&accepted, &of, best + 1).satisfied);
        for (name, identity) in &matching.pairs {
            prop_assert!(accepted.contains(&(name.clone(), identity.clone())));
        }
    }
}
