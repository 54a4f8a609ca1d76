//! What the tests of verification share: worlds, and asking about what they signed.
#![allow(dead_code, clippy::unwrap_used)]

use std::sync::LazyLock;

use jiff::ToSpan as _;
use proofmark_core::{Digest, Reason, Timestamp, Transparency};
use proofmark_sigstore::{
    Artifact, Authority, Candidate, Content, PublicKey, Question, Rejection, RootSource, Step, TrustRoot,
    Verified, verify,
};
use proofmark_testkit::sigstore::{
    Format, KeyType, SignRequest, Signed, SigningKey, Statement, World, WorldOptions,
};

/// The bytes that every request here is about.
pub(crate) const MANIFEST: &[u8] = b"an image manifest";

/// Their digest.
pub(crate) static IMAGE: LazyLock<Digest> = LazyLock::new(|| Digest::sha256(MANIFEST));

/// The default world and its root.
pub(crate) static WORLD: LazyLock<(World, TrustRoot)> = LazyLock::new(|| build(WorldOptions::default()));

/// A world and its root.
pub(crate) fn build(options: WorldOptions) -> (World, TrustRoot) {
    let world = World::new(options);
    let root = root(&world.trusted_root_json());
    (world, root)
}

/// A trusted root from its text.
pub(crate) fn root(json: &str) -> TrustRoot {
    let source = RootSource::File { path: "test.json".to_owned(), fetched: None };
    TrustRoot::parse("test", json.as_bytes(), source).unwrap()
}

/// A day after the world's time.
pub(crate) fn now(world: &World) -> Timestamp {
    world.options().now + 24.hours()
}

/// A managed key and its public half as the policy reads it.
pub(crate) fn key(kind: KeyType) -> (SigningKey, PublicKey) {
    let key = SigningKey::from_seed(kind, "platform");
    let public = PublicKey::from_pem(&key.public_pem()).unwrap();
    (key, public)
}

/// Reads what was signed as the form that it is.
pub(crate) fn read(signed: &Signed) -> Result<Candidate, Rejection> {
    match (signed.format, signed.predicate_type.is_some()) {
        (Format::Legacy, false) => Candidate::simple_signing(&signed.payload, &signed.annotations),
        (Format::Legacy, true) => Candidate::envelope(&signed.payload, &signed.annotations),
        _ => Candidate::bundle(signed.bundle()),
    }
}

/// The question that fits: a blob for message signatures in bundles, else an image signature.
pub(crate) fn question(signed: &Signed) -> Question<'static> {
    match (signed.format, &signed.predicate_type) {
        (Format::Legacy, None) => Question::ImageSignature { digest: &IMAGE },
        (_, None) => Question::Blob(Artifact::Bytes(MANIFEST)),
        (_, Some(kind)) if kind == proofmark_sigstore::COSIGN_SIGN => {
            Question::ImageSignature { digest: &IMAGE }
        }
        (_, Some(_)) => Question::Statement { digest: &IMAGE },
    }
}

/// Signs and asks, by certificate.
pub(crate) fn ask(
    world: &World,
    root: &TrustRoot,
    request: &SignRequest,
) -> Result<Verified<Content>, Rejection> {
    let signed = world.sign(request);
    verify(&read(&signed)?, &question(&signed), &Authority::Root(root), now(world))
}

/// Signs and asks, by key with transparency required.
pub(crate) fn ask_key(
    world: &World,
    root: &TrustRoot,
    public: &PublicKey,
    request: &SignRequest,
) -> Result<Verified<Content>, Rejection> {
    let signed = world.sign(request);
    verify(&read(&signed)?, &question(&signed), &by_key(public, root), now(world))
}

/// A key whose signatures must be logged.
pub(crate) fn by_key<'a>(key: &'a PublicKey, root: &'a TrustRoot) -> Authority<'a> {
    Authority::Key { key, transparency: Transparency::Required, root: Some(root), valid_until: None }
}

/// An image signature in a bundle v0.3, Rekor v2, timestamp.
pub(crate) fn image() -> SignRequest {
    SignRequest::image(&IMAGE)
}

/// A message signature, likewise.
pub(crate) fn blob() -> SignRequest {
    SignRequest::blob(MANIFEST)
}

/// An SBOM's statement.
pub(crate) fn statement() -> Statement {
    Statement::new("https://cyclonedx.org/bom").subject("ghcr.io/acme/agents", &IMAGE)
}

/// A legacy signature.
pub(crate) fn legacy() -> SignRequest {
    SignRequest::legacy_image("ghcr.io/acme/agents", &IMAGE)
}

/// Step and reason of a refusal.
#[track_caller]
pub(crate) fn refused(result: Result<Verified<Content>, Rejection>, step: Step, reason: Reason) {
    match result {
        Ok(_) => panic!("accepted"),
        Err(rejection) => assert_eq!((rejection.step, rejection.reason), (step, reason), "{rejection}"),
    }
}
