//! Whole verifications against the testkit's Sigstore: each step has a test that breaks exactly that step.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod good;
mod identity;
mod keys;
mod legacy;
mod payloads;
mod roots;
mod tampers;
mod threshold;
mod times;
mod updates;

use proofmark_core::{Digest, Reason, Timestamp};
use proofmark_sigstore::{
    Authority, Candidate, Content, Question, Rejection, RootSource, Step, TrustRoot, Verified, verify,
};
use proofmark_testkit::sigstore::{Format, SignRequest, Signed, World, WorldOptions};

fn root_of(world: &World) -> TrustRoot {
    let source = RootSource::File { path: "world.json".to_owned(), fetched: None };
    TrustRoot::parse("world", world.trusted_root_json().as_bytes(), source).unwrap()
}

fn image() -> Digest {
    Digest::sha256(b"manifest")
}

/// A minute after everything was signed.
fn now(world: &World) -> Timestamp {
    world.options().now + jiff::SignedDuration::from_secs(60)
}

fn candidate(signed: &Signed) -> Result<Candidate, Rejection> {
    match (signed.format, signed.predicate_type.is_some()) {
        (Format::Legacy, true) => Candidate::envelope(signed.layer(), &signed.annotations),
        (Format::Legacy, false) => Candidate::simple_signing(signed.layer(), &signed.annotations),
        _ => Candidate::bundle(signed.bundle()),
    }
}

/// Verifies a keyless image signature.
fn keyless(world: &World, request: &SignRequest) -> Result<Verified<Content>, Rejection> {
    let root = root_of(world);
    let digest = image();
    candidate(&world.sign(request)).and_then(|candidate| {
        verify(&candidate, &Question::ImageSignature { digest: &digest }, &Authority::Root(&root), now(world))
    })
}

fn world() -> World {
    World::new(WorldOptions::default())
}

#[track_caller]
fn refused(result: Result<Verified<Content>, Rejection>, reason: Reason, step: Step) -> Rejection {
    match result {
        Ok(_) => panic!("accepted, not {reason} at {}", step.as_str()),
        Err(rejection) => {
            assert_eq!((rejection.reason, rejection.step), (reason, step), "{rejection}");
            rejection
        }
    }
}
