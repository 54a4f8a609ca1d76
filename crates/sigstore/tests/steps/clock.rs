//! Logs whose time is ahead of the machine's clock: the evaluation time alone decides, and nothing is let through for
//! it. The world stands in 2040, so that the machine's clock is behind whenever this runs.

use std::sync::LazyLock;

use jiff::ToSpan as _;
use proofmark_core::{Reason, Timestamp};
use proofmark_sigstore::{Authority, PublicKey, Rejection, Step, TrustRoot, Verified, verify};
use proofmark_testkit::sigstore::{
    EntryKind, Format, Hash, KeyType, LogSpec, SignRequest, SigningKey, Tamper, TokenSpec, World,
    WorldOptions,
};

use crate::support::{WORLD, ask, ask_key, blob, build, by_key, image, key, legacy, question, read, refused};

fn ahead() -> Timestamp {
    "2040-06-01T12:00:00Z".parse().unwrap()
}

static AHEAD: LazyLock<(World, TrustRoot)> =
    LazyLock::new(|| build(WorldOptions { now: ahead(), ..WorldOptions::default() }));

/// Everything that rests on a log's own time.
fn requests() -> Vec<SignRequest> {
    vec![
        image().rekor_v1(),
        blob().rekor_v1(),
        image().rekor_v1().format(Format::BundleV01),
        image().log(LogSpec::rekor_v1().kind(EntryKind::Intoto002)).timestamps([]),
        image().log(LogSpec::rekor_v1()),
        legacy(),
        legacy().timestamps([TokenSpec::default()]),
    ]
}

fn at(request: &SignRequest, public: Option<&PublicKey>, now: Timestamp) -> Result<Verified, Rejection> {
    let (world, root) = &*AHEAD;
    let signed = world.sign(request);
    let authority = public.map_or(Authority::Root(root), |key| by_key(key, root));
    verify(&read(&signed)?, &question(&signed), &authority, now)
}

#[test]
fn a_log_ahead_of_the_machines_clock_counts_by_the_evaluation_time() {
    let (world, root) = &*AHEAD;
    let (private, public) = key(KeyType::P256);
    let given = ahead() + 2.seconds();
    for request in requests() {
        let verified = ask(world, root, &request).unwrap_or_else(|error| panic!("{request:?}: {error}"));
        assert_eq!(verified.times().last().map(|time| time.at), Some(given));
        let keyed = request.key(private.clone());
        assert_eq!(ask_key(world, root, &public, &keyed).unwrap().times(), verified.times());
    }
    for request in [image().rekor_v1(), legacy()] {
        assert!(at(&request, None, given - 5.minutes()).is_ok());
        refused(at(&request, None, given - 301.seconds()), Step::Time, Reason::NoTime);
        let keyed = request.key(private.clone());
        assert!(at(&keyed, Some(&public), given - 5.minutes()).is_ok());
        refused(at(&keyed, Some(&public), given - 301.seconds()), Step::Time, Reason::NoTime);
    }
}

/// What the library would have looked at after the time, and what it does before it.
#[test]
fn nothing_else_is_let_through_with_a_clock_that_is_behind() {
    let tampers = [
        Tamper::SctMissing,
        Tamper::SctWrongKey,
        Tamper::SctUnknownLog,
        Tamper::SctOtherCertificate,
        Tamper::SctTwice,
        Tamper::SctExtensionsAdded,
        Tamper::CertificateUnknownAuthority,
        Tamper::CertificateForged,
        Tamper::CertificateBitFlip,
        Tamper::CertificateOtherKey,
        Tamper::LeafIsCa,
        Tamper::Leaf(|leaf| leaf.ekus.clear()),
        Tamper::SignatureBitFlip,
        Tamper::SignatureOtherKey,
        Tamper::EntryOfOtherSignature,
        Tamper::EntryOtherDigest,
        Tamper::EntryOtherSignature,
        Tamper::EntryOtherVerifier,
        Tamper::EntryOfUnknownLogAdded,
        Tamper::UnknownLog,
        Tamper::SetBitFlip,
        Tamper::SetWrongKey,
        Tamper::SetOfOtherEntry,
        Tamper::IntegratedTimeShifted(1),
        Tamper::LogIndexShifted(1),
        Tamper::ProofRootHash,
        Tamper::ProofHashBitFlip,
        Tamper::ProofHashDropped,
        Tamper::ProofTreeSize(1),
        Tamper::ProofLogIndex(1),
        Tamper::CheckpointOrigin,
        Tamper::CheckpointHint,
        Tamper::CheckpointBitFlip,
        Tamper::CheckpointWrongKey,
        Tamper::CheckpointOfOtherTree,
    ];
    let ((world, root), (past, past_root)) = (&*AHEAD, &*WORLD);
    for tamper in tampers {
        for request in [image().rekor_v1(), blob().rekor_v1()] {
            let request = request.tamper(tamper.clone());
            let told = |world, root| ask(world, root, &request).map(|_| ()).map_err(|r| (r.step, r.reason));
            assert!(told(world, root).is_err(), "{tamper:?}");
            assert_eq!(told(world, root), told(past, past_root), "{tamper:?}");
        }
    }
}

/// The answer is the table's, whichever way the clock stands: `docs/vectors/keys.toml`.
#[test]
fn schemes_that_the_library_does_not_try() {
    let rows = [
        (KeyType::P384, Hash::Sha256, blob(), true),
        (KeyType::P384, Hash::Sha384, blob(), false),
        (KeyType::P384, Hash::Sha256, image(), false),
        (KeyType::P384, Hash::Sha384, image(), true),
        (KeyType::Rsa2048, Hash::Sha256, blob(), true),
        (KeyType::Rsa2048, Hash::Sha512, blob(), false),
        (KeyType::Rsa2048, Hash::Sha512, image(), false),
        (KeyType::P384, Hash::Sha256, legacy(), true),
        (KeyType::P384, Hash::Sha384, legacy(), false),
    ];
    for (kind, hash, request, good) in rows {
        let (private, public): (SigningKey, PublicKey) = key(kind);
        let request = if request.format == Format::Legacy { request } else { request.rekor_v1() };
        let request = request.key(private).hash(hash);
        for (world, root) in [&*AHEAD, &*WORLD] {
            let result = ask_key(world, root, &public, &request);
            if good {
                assert!(result.is_ok(), "{kind:?} {hash:?} {:?}", result.err());
            } else {
                refused(result, Step::Log, Reason::Unsupported);
            }
        }
    }
}

/// A log's time that does not count is not what the machine's clock is behind of.
#[test]
fn a_log_time_that_does_not_count_beside_a_timestamp_that_does() {
    let (world, root) = &*AHEAD;
    let log = LogSpec { integrated_at: Some(ahead() + 9.minutes()), ..LogSpec::rekor_v1() };
    let request = image().log(log);
    let error = at(&request, None, ahead() + 1.minute()).unwrap_err();
    assert_eq!((error.step, error.reason), (Step::Time, Reason::NoTime), "{error}");
    assert!(error.detail.contains("clock is behind"), "{error}");
    assert!(ask(world, root, &request).is_ok());
}
