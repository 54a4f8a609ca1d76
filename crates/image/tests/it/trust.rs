//! Roots and keys of a policy, and those that are compiled in.

use proofmark_image::{Trust, key_facts, root_facts};
use proofmark_testkit::sigstore::{KeyType, SigningKey};

use crate::support::{RELEASE, Scene, now, platform_key, world};

#[test]
fn the_built_in_roots_have_a_date() {
    let trust = Trust::builtin().unwrap();
    let names: Vec<&str> = trust.roots().map(|(name, _)| name).collect();
    assert_eq!(names, ["github", "sigstore-public-good"]);
    for name in names {
        assert_eq!(trust.root(name).map(proofmark_image::TrustRoot::name), Some(name));
        let facts = root_facts(name, None, now()).unwrap();
        assert!(facts.fetched.is_some() && facts.has_tsas && !facts.expired, "{name}");
        assert_eq!((facts.has_logs, facts.has_ct_logs), (name != "github", name != "github"));
        assert_eq!(Some(&facts.digest), trust.root(name).map(proofmark_image::TrustRoot::digest));
    }
    assert!(trust.root("test").is_none());
    assert!(root_facts("test", None, now()).is_err());
}

#[test]
fn a_policys_roots_and_keys() {
    let mut scene = Scene::new();
    scene.file(
        "trust-roots/test.toml",
        &format!(
            "source = \"the test\"\nsha256 = \"{}\"\nfetched = 2026-01-02\nby = \"ops\"\n",
            proofmark_core::Digest::sha256(world().trusted_root_json().as_bytes()).hex()
        ),
    );
    scene.entry(RELEASE);
    let policy = scene.load();
    let trust = Trust::new(&policy).unwrap();
    assert_eq!(trust.fetched("test").map(|at| at.to_string()).as_deref(), Some("2026-01-02T00:00:00Z"));
    assert!(trust.fetched("github").is_none());
    for signer in policy.signers.values() {
        assert!(trust.authority(signer).is_some(), "{}", signer.name);
    }
    let bytes = world().trusted_root_json();
    let facts = root_facts("test", Some(bytes.as_bytes()), now()).unwrap();
    assert!(facts.has_logs && facts.has_ct_logs && facts.has_tsas && !facts.expired);
    assert!(facts.fetched.is_none());
    assert!(root_facts("test", Some(b"{}"), now()).is_err());
}

#[test]
fn facts_of_keys() {
    let facts = key_facts(&platform_key().public_pem()).unwrap();
    assert_eq!((facts.algorithm.as_str(), facts.id.len()), ("ecdsa-p256", 64));
    assert!(
        key_facts(&SigningKey::from_seed(KeyType::Rsa1024, "").public_pem()).unwrap_err().contains("weak")
    );
}
