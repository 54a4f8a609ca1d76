//! What this version cannot verify: unanswered where an accepted signer may have made it, and nothing but one more
//! stranger's evidence elsewhere (verdicts.md 4).

use proofmark_core::{Digest, Reason};
use proofmark_testkit::sigstore::{
    CertificateSpec, EntryKind, LogSpec, SignRequest, Signed, Tamper, TokenSpec, World, WorldOptions,
};

use crate::support::{Scene, platform_key, scanner, second_key, signed, stranger, world};

/// A key on secp521r1.
fn p521(leaf: &mut CertificateSpec) {
    let mut spki = vec![0x30, 0x81, 0x9b, 0x30, 0x10, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 5];
    spki.extend([0x2b, 0x81, 4, 0, 0x23, 3, 0x81, 0x86, 0, 4]);
    spki.extend([1; 132]);
    leaf.spki = spki;
}

/// An image signature that nobody here verifies, in three ways.
fn requests(digest: &Digest) -> [SignRequest; 3] {
    let fraction = TokenSpec { fraction: Some("5".to_owned()), ..TokenSpec::default() };
    [
        SignRequest::image(digest).tamper(Tamper::Leaf(p521)),
        SignRequest::image(digest).log(LogSpec::rekor_v1().kind(EntryKind::Intoto001)),
        SignRequest::image(digest).timestamps([fraction]),
    ]
}

/// The verdict on an image that has these bundles attached, under this entry.
#[track_caller]
fn judged(entry: &str, attach: impl Fn(&Digest) -> Vec<Signed>) -> (Scene, crate::support::Judged) {
    let mut scene = Scene::new();
    scene.entry(entry);
    let image = scene.image();
    for one in attach(&image.digest) {
        scene.attach(&image, &one);
    }
    let judged = scene.verify(&scene.by_tag());
    (scene, judged)
}

fn of(world: &World, requests: impl IntoIterator<Item = SignRequest>) -> Vec<Signed> {
    requests.into_iter().map(|request| world.sign(&request)).collect()
}

const RELEASE: &str = "signed-by = [\"release\"]";
const PLATFORM: &str = "signed-by = [\"platform\"]";

#[test]
fn by_the_accepted_workflow_it_is_unanswered() {
    for n in 0..3 {
        let (_, judged) = judged(RELEASE, |digest| of(world(), [requests(digest)[n].clone()]));
        judged.refused(Reason::Unsupported);
    }
}

#[test]
fn by_another_workflow_it_is_refused_for_that() {
    for n in 0..3 {
        let (_, judged) =
            judged(RELEASE, |digest| of(world(), [requests(digest)[n].clone().keyless(stranger())]));
        judged.refused(Reason::WrongIdentity);
        assert!(judged.says("mallory"), "{judged:#?}");
    }
}

#[test]
fn by_a_stranger_to_the_root_it_is_refused_for_that() {
    let elsewhere = World::new(WorldOptions::seeded("elsewhere"));
    for n in 0..3 {
        let (_, judged) = judged(RELEASE, |digest| of(&elsewhere, [requests(digest)[n].clone()]));
        judged.refused(Reason::UntrustedRoot);
        assert!(judged.says("trusted root test is of unknown age"), "{judged:#?}");
    }
}

/// An honest refusal stays one, whatever a stranger adds to the image.
#[test]
fn a_stranger_makes_no_refusal_unanswered() {
    let elsewhere = World::new(WorldOptions::seeded("elsewhere"));
    let (_, judged) = judged(RELEASE, |digest| {
        let mut all = vec![signed(&Digest::sha256(b"another image"))];
        all.extend(of(&elsewhere, requests(digest)));
        all.extend(of(world(), requests(digest).map(|request| request.keyless(stranger()))));
        all
    });
    let finding = judged.deciding();
    assert_eq!(finding.outcome, proofmark_core::Outcome::Fail, "{judged:#?}");
    assert!(finding.observed.iter().all(|one| one.reason != Some(Reason::Unsupported)), "{judged:#?}");
    assert!(finding.observed.iter().any(|one| one.reason == Some(Reason::WrongSubject)), "{judged:#?}");
}

#[test]
fn for_a_key_it_is_unanswered_if_the_key_signed() {
    let old =
        |digest: &Digest| SignRequest::image(digest).log(LogSpec::rekor_v1().kind(EntryKind::Intoto001));
    let (_, own) = judged(PLATFORM, |digest| of(world(), [old(digest).key(platform_key())]));
    own.refused(Reason::Unsupported);
    let (_, other) = judged(PLATFORM, |digest| of(world(), [old(digest).key(second_key())]));
    other.refused(Reason::WrongKey);
    let (_, certificates) = judged(PLATFORM, |digest| of(world(), requests(digest)));
    certificates.refused(Reason::WrongKey);
}

/// Of several signers it is unanswered for the one who may have made it, in whichever order they are named.
#[test]
fn the_signer_who_may_have_made_it_is_asked_first() {
    for order in ["\"release\", \"scanner\"", "\"scanner\", \"release\"", "\"platform\", \"scanner\""] {
        for n in 0..3 {
            let entry = format!("signed-by = {{ any = [{order}] }}");
            let (_, judged) =
                judged(&entry, |digest| of(world(), [requests(digest)[n].clone().keyless(scanner())]));
            judged.refused(Reason::Unsupported);
        }
    }
}

/// What verifies elsewhere is not in doubt.
#[test]
fn the_same_signer_verified_elsewhere() {
    let (_, judged) = judged(RELEASE, |digest| {
        let mut all = of(world(), requests(digest));
        all.push(signed(digest));
        all
    });
    judged.pinned();
}
