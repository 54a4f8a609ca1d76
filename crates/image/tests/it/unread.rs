//! Statements that are too large to be read, or that are none: what an accepted signer made of them leaves the answer open, and
//! a stranger's changes nothing.

use proofmark_core::{Digest, Reason};
use proofmark_testkit::sigstore::{
    EntryKind, Format, Identity, KeyType, LogSpec, SignRequest, SigningKey, Statement, Tamper,
};
use serde_json::{Value, json};

use crate::support::{REPOSITORY, Scene, platform_key, scanner, second_key, stranger, world};

const TYPE: &str = "https://acme.example/review/v1";

fn rule(signer: &str) -> String {
    format!("[image.attestation.custom]\nsigned-by = [\"{signer}\"]\ntype = \"{TYPE}\"")
}

/// Deeper than a signed payload may be: beyond the caps, and short.
pub(crate) fn beyond() -> Value {
    (0..100).fold(json!(0), |inner, _| json!([inner]))
}

fn of(kind: &str, digest: &Digest, predicate: Value) -> SignRequest {
    SignRequest::statement(&Statement::new(kind).unnamed_subject(digest).predicate(predicate))
}

/// The verdict of an entry that asks for a statement by `signer`, on an image with these attached.
#[track_caller]
fn judged(signer: &str, attach: impl Fn(&Digest) -> Vec<SignRequest>) -> crate::support::Judged {
    let mut scene = Scene::new();
    scene.entry(&rule(signer));
    let image = scene.image();
    for request in attach(&image.digest) {
        let signed = world().sign(&request);
        if request.format == Format::Legacy {
            scene.registry.attach_legacy(REPOSITORY, &image.digest, &[&signed]);
        } else {
            scene.attach(&image, &signed);
        }
    }
    scene.verify(&scene.by_tag())
}

/// By a workflow and by a key, in either format.
#[test]
fn by_an_accepted_signer_it_is_a_limit() {
    let release = judged("release", |digest| vec![of(TYPE, digest, beyond())]);
    release.refused(Reason::Limit);
    assert!(
        release.says("too large or too deep to be read") && release.says("attest a smaller document"),
        "{release:#?}"
    );
    judged("platform", |digest| vec![of(TYPE, digest, beyond()).key(platform_key())]).refused(Reason::Limit);
    for signer in ["release", "platform"] {
        let legacy = judged(signer, |digest| {
            let request = of(TYPE, digest, beyond()).log(LogSpec::rekor_v1()).format(Format::Legacy);
            vec![if signer == "platform" { request.key(platform_key()) } else { request }]
        });
        legacy.refused(Reason::Limit);
    }
}

/// More values than a signed payload may have.
#[test]
fn a_large_one_is_a_limit() {
    let zeros = || json!({ "list": vec![0; 1_000_001] });
    judged("release", |digest| vec![of(TYPE, digest, zeros())]).refused(Reason::Limit);
    judged("release", |digest| vec![of(TYPE, digest, zeros()).keyless(stranger())]).refused(Reason::Missing);
}

/// A certificate's key need not sign SHA-256.
#[test]
fn by_keys_of_other_hashes() {
    for key in [KeyType::P384, KeyType::Ed25519] {
        let judged = judged("release", |digest| {
            let mut request = of(TYPE, digest, beyond());
            request.leaf.key = key;
            vec![request]
        });
        judged.refused(Reason::Limit);
    }
}

/// What verifies elsewhere is enough where one is.
#[test]
fn beside_a_good_one_it_takes_nothing_away() {
    judged("release", |digest| vec![of(TYPE, digest, beyond()), of(TYPE, digest, json!({}))]).pinned();
}

#[test]
fn by_a_stranger_it_is_nothing() {
    let elsewhere = SigningKey::from_seed(KeyType::P256, "elsewhere");
    let release = judged("release", |digest| {
        vec![
            of(TYPE, digest, beyond()).keyless(stranger()),
            of(TYPE, digest, beyond()).keyless(scanner()),
            of(TYPE, digest, beyond()).key(elsewhere.clone()),
            of("", digest, json!({})).keyless(stranger()),
        ]
    });
    release.refused(Reason::Missing);
    let key = judged("platform", |digest| {
        vec![of(TYPE, digest, beyond()).key(second_key()), of(TYPE, digest, beyond())]
    });
    key.refused(Reason::Missing);
}

/// A large SBOM by the same signer is none of this rule's business, nor is what is about another image.
#[test]
fn of_another_type_or_image_it_is_nothing() {
    let other = Digest::sha256(b"another image");
    judged("release", |digest| {
        vec![of("https://cyclonedx.org/bom", digest, beyond()), of(TYPE, &other, beyond())]
    })
    .refused(Reason::Missing);
}

/// By an accepted signer, and no statement: its format is one that nobody here can verify.
#[test]
fn what_is_no_statement_is_unsupported() {
    let dsse = |payload: &[u8]| SignRequest::dsse(payload.to_vec(), "application/vnd.in-toto+json");
    let twice = |digest: &Digest| {
        let text = String::from_utf8(of(TYPE, digest, json!({ "a": 1 })).content.payload().to_vec()).unwrap();
        dsse(text.replace("\"a\":1", "\"a\":1,\"a\":2").as_bytes())
    };
    judged("release", |digest| vec![twice(digest)]).refused(Reason::Unsupported);
    judged("release", |digest| vec![twice(digest).keyless(stranger())]).refused(Reason::Missing);
    for payload in [&b"{"[..], b"text", b"{\"_type\":\"https://in-toto.io/Statement/v1\"}"] {
        judged("release", |_| vec![dsse(payload)]).refused(Reason::Unsupported);
        judged("platform", |_| vec![dsse(payload).key(platform_key())]).refused(Reason::Unsupported);
        judged("release", |_| vec![dsse(payload).keyless(stranger())]).refused(Reason::Missing);
        judged("release", |digest| vec![dsse(payload), of(TYPE, digest, json!({}))]).pinned();
    }
}

/// The verdict of an entry that asks for a statement by any of these.
fn by_any(signers: &str, request: impl Fn(&Digest) -> SignRequest) -> crate::support::Judged {
    let mut scene = Scene::new();
    scene.entry(&rule("x").replace("[\"x\"]", &format!("{{ any = [{signers}] }}")));
    let image = scene.image();
    scene.attach(&image, &world().sign(&request(&image.digest)));
    scene.verify(&scene.by_tag())
}

/// Of several signers the one is told whom it came nearest; of equals the first.
#[test]
fn the_nearest_of_several_signers_is_told() {
    let of_scans = Identity::github("acme/scans", "scan.yml", "refs/heads/dev");
    let strange = |digest: &Digest| of(TYPE, digest, json!({})).keyless(of_scans.clone());
    for (signers, differs) in [
        ("\"platform\", \"release\"", "repository"),
        ("\"release\", \"platform\"", "repository"),
        ("\"release\", \"scanner\"", "repository"),
        ("\"scanner\", \"release\"", "ref"),
    ] {
        let judged = by_any(signers, strange);
        judged.refused(Reason::Missing);
        assert!(judged.says(&format!("identity differs in the {differs}")), "{signers}: {judged:#?}");
    }
    // What cannot be verified may be the one's; that it is not the other's is no news.
    let old = |digest: &Digest| {
        of(TYPE, digest, json!({})).log(LogSpec::rekor_v1().kind(EntryKind::Intoto001)).key(platform_key())
    };
    for signers in ["\"platform\", \"second\"", "\"second\", \"platform\""] {
        let judged = by_any(signers, old);
        judged.refused(Reason::Unsupported);
        let observed = &judged.deciding().observed;
        assert_eq!(observed[0].reason, Some(Reason::Unsupported), "{signers}: {judged:#?}");
    }
}

/// What was seen to be changed was answered, whoever signed it; and what a stranger made is nobody's open question.
#[test]
fn only_what_may_be_the_signers_is_left_open() {
    let old = || LogSpec::rekor_v1().kind(EntryKind::Intoto001);
    let good = |digest: &Digest| of(TYPE, digest, json!({}));
    judged("release", |digest| vec![good(digest).log(old())]).refused(Reason::Unsupported);
    judged("release", |digest| vec![good(digest).log(old()).keyless(stranger())]).refused(Reason::Missing);
    judged("release", |digest| vec![good(digest).tamper(Tamper::SignatureBitFlip)]).refused(Reason::Missing);
    let key = |digest: &Digest| good(digest).key(platform_key());
    judged("platform", |digest| vec![key(digest).log(old())]).refused(Reason::Unsupported);
    judged("platform", |digest| vec![good(digest).log(old()).key(second_key())]).refused(Reason::Missing);
    judged("platform", |digest| vec![key(digest).log(LogSpec::rekor_v1()).tamper(Tamper::ProofRootHash)])
        .refused(Reason::Missing);
}
