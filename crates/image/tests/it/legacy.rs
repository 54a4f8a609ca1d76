//! cosign's old format: whose signature it is, and which repository it claims.

use proofmark_core::{Digest, Reason};
use proofmark_testkit::sigstore::{
    ANNOTATION_CERTIFICATE, ANNOTATION_CHAIN, SignRequest, Signed, SigningKey,
};

use crate::support::{REPOSITORY, Scene, platform_key, second_key, world};

fn by_key(digest: &Digest, reference: &str, key: SigningKey) -> Signed {
    world().sign(&SignRequest::legacy_image(reference, digest).key(key))
}

/// A layer that a key signed, with the release workflow's certificate beside it.
fn certified(digest: &Digest, key: SigningKey) -> Signed {
    let mut signed = by_key(digest, "registry.test/agents/planner", key);
    let release = world().sign(&SignRequest::legacy_image("registry.test/agents/planner", digest));
    for name in [ANNOTATION_CERTIFICATE, ANNOTATION_CHAIN] {
        signed.annotations.insert(name.to_owned(), release.annotations[name].clone());
    }
    signed
}

fn scene(entry: &str, sign: impl Fn(&Digest) -> Signed) -> crate::support::Judged {
    let mut scene = Scene::new();
    scene.entry(entry);
    let image = scene.image();
    scene.registry.attach_legacy(REPOSITORY, &image.digest, &[&sign(&image.digest)]);
    scene.verify(&scene.by_tag())
}

/// As for `cosign verify --key`: the key counts, and the certificate beside it counts for nobody.
#[test]
fn a_certificate_beside_a_keys_signature_proves_nothing() {
    let signed = |digest: &Digest| certified(digest, platform_key());
    let judged = scene("signed-by = [\"platform\"]", signed);
    judged.pinned();
    assert_eq!(judged.fact("signature", "signer"), "platform");
    assert!(judged.fact("signature", "identity").starts_with("key sha256:"), "{judged:#?}");
    scene("signed-by = [\"release\"]", signed).refused(Reason::Tampered);
    scene("signed-by = { all = [\"platform\", \"release\"] }", signed).refused(Reason::Threshold);
    scene("signed-by = [\"platform\"]", |digest| certified(digest, second_key())).refused(Reason::WrongKey);
}

/// cosign writes the annotations of a certificate where it has none, as empty texts.
#[test]
fn empty_annotations_of_a_certificate() {
    let judged = scene("signed-by = [\"platform\"]", |digest| {
        let mut signed = by_key(digest, "registry.test/agents/planner", platform_key());
        for name in [ANNOTATION_CERTIFICATE, ANNOTATION_CHAIN] {
            signed.annotations.insert(name.to_owned(), String::new());
        }
        signed
    });
    judged.pinned();
}

/// SIG-12: a short `docker-reference` is Docker Hub's, as Docker reads it; a bare word claims nothing.
#[test]
fn sig_12_a_short_reference_claims_docker_hub() {
    for (reference, claims) in [
        ("acme/other", Some("docker.io/acme/other")),
        ("registry.test/agents/browser", Some("registry.test/agents/browser")),
        ("agents/planner", Some("docker.io/agents/planner")),
        ("postgres:16", None),
        ("planner", None),
        ("", None),
    ] {
        let judged = scene("signed-by = [\"platform\"]", |digest| by_key(digest, reference, platform_key()));
        match claims {
            Some(claims) => {
                judged.refused(Reason::WrongRepository);
                assert!(judged.says(claims), "{judged:#?}");
                let mend = format!("add also = [\"{claims} = registry.test/agents/planner\"] to the entry");
                assert!(judged.deciding().help.ends_with(&mend), "{judged:#?}");
            }
            None => assert_eq!(judged.fact("repository", "repository"), "unbound"),
        }
    }
}
