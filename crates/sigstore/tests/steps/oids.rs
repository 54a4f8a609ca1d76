//! Fulcio's extensions by their numbers as Fulcio writes them (`docs/oid-info.md`), written out here: the testkit's
//! and the verifier's numbers come from one table, of which a swapped row would pass unseen.

use proofmark_core::{CertificateConstraint, Extension, IdentityPattern, SanKind, pattern::IdentityGlob};
use proofmark_sigstore::{SignerFacts, authorize};
use proofmark_testkit::sigstore::{Identity, RawExtension, San, Tamper};

use crate::support::{WORLD, ask, image};

const OIDS: [(&str, &str); 17] = [
    ("1.3.6.1.4.1.57264.1.8", "issuer"),
    ("1.3.6.1.4.1.57264.1.9", "build-signer-uri"),
    ("1.3.6.1.4.1.57264.1.10", "build-signer-digest"),
    ("1.3.6.1.4.1.57264.1.11", "runner-environment"),
    ("1.3.6.1.4.1.57264.1.12", "source-repository-uri"),
    ("1.3.6.1.4.1.57264.1.13", "source-repository-digest"),
    ("1.3.6.1.4.1.57264.1.14", "source-repository-ref"),
    ("1.3.6.1.4.1.57264.1.15", "source-repository-identifier"),
    ("1.3.6.1.4.1.57264.1.16", "source-repository-owner-uri"),
    ("1.3.6.1.4.1.57264.1.17", "source-repository-owner-identifier"),
    ("1.3.6.1.4.1.57264.1.18", "build-config-uri"),
    ("1.3.6.1.4.1.57264.1.19", "build-config-digest"),
    ("1.3.6.1.4.1.57264.1.20", "build-trigger"),
    ("1.3.6.1.4.1.57264.1.21", "run-invocation-uri"),
    ("1.3.6.1.4.1.57264.1.22", "source-repository-visibility-at-signing"),
    ("1.3.6.1.4.1.57264.1.23", "deployment-environment"),
    ("1.3.6.1.4.1.57264.1.24", "token-subject"),
];

fn raw((oid, name): (&str, &str)) -> RawExtension {
    let oid = oid.split('.').map(|arc| arc.parse().unwrap()).collect();
    let text = format!("value of {name}");
    let value = [&[0x0c, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    RawExtension { oid, critical: false, value }
}

#[test]
fn id_03_every_extension_has_its_number() {
    let (world, root) = &*WORLD;
    let identity = Identity {
        issuer: None,
        issuer_v1: None,
        ..Identity::new(San::Uri("https://acme.test/job".to_owned()), "")
    };
    let written = Tamper::Leaf(|leaf| leaf.extensions.extend(OIDS.map(raw)));
    let verified = ask(world, root, &image().keyless(identity).tamper(written)).unwrap();
    let SignerFacts::Certificate(facts) = verified.signer() else { panic!("no certificate") };
    assert_eq!((facts.extensions.len(), Extension::ALL.len()), (OIDS.len(), OIDS.len()));
    let mut constraint = CertificateConstraint {
        issuer: "value of issuer".to_owned(),
        identity: IdentityPattern::Glob(IdentityGlob::parse("https://acme.test/*").unwrap()),
        san: vec![SanKind::Uri],
        extensions: [].into(),
        trusted_root: "test".to_owned(),
    };
    for (oid, name) in OIDS {
        let extension = Extension::from_name(name).unwrap();
        assert_eq!(facts.extensions[&extension], format!("value of {name}"), "{oid}");
        constraint.extensions.insert(extension, format!("value of {name}"));
    }
    authorize(&verified, &constraint).unwrap();
}
