//! One row for each thing that can be wrong with evidence: exactly that step refuses.

use proofmark_core::{Digest, Reason};
use proofmark_sigstore::Step;
use proofmark_testkit::sigstore::{
    Eku, EntryKind, Format, KeyType, LogSpec, SignRequest, Statement, Tamper, TokenSpec,
};

use crate::support::{IMAGE, WORLD, ask, ask_key, blob, image, key, legacy, refused};

/// The request is accepted, and refused at this step once the tamper is in it.
#[track_caller]
fn breaks(request: SignRequest, tamper: Tamper, step: Step, reason: Reason) {
    let (world, root) = &*WORLD;
    assert!(
        ask(world, root, &request).is_ok(),
        "the honest request is refused: {:?}",
        ask(world, root, &request)
    );
    refused(ask(world, root, &request.tamper(tamper)), step, reason);
}

/// The same, by a managed key.
#[track_caller]
fn breaks_key(request: SignRequest, tamper: Tamper, step: Step, reason: Reason) {
    let (world, root) = &*WORLD;
    let (private, public) = key(KeyType::P256);
    let request = request.key(private);
    assert!(ask_key(world, root, &public, &request).is_ok(), "the honest request is refused");
    refused(ask_key(world, root, &public, &request.tamper(tamper)), step, reason);
}

macro_rules! steps {
    ($($name:ident: $check:ident($request:expr, $tamper:expr) => $step:ident, $reason:ident;)*) => {
        $(#[test] fn $name() { $check($request, $tamper, Step::$step, Reason::$reason); })*
    };
}

/// An `intoto` 0.0.2 entry in Rekor v1.
fn intoto() -> SignRequest {
    image().log(LogSpec::rekor_v1().kind(EntryKind::Intoto002)).timestamps([])
}

steps! {
    // Parse.
    an_unknown_field: breaks(image(), Tamper::Document(|d| d["verificationMaterial"]["more"] = 1.into())) => Parse, Malformed;
    a_duplicate_key: breaks(image(), Tamper::DuplicateKey("payload")) => Parse, Malformed;
    an_unknown_version: breaks(image(), Tamper::MediaType("application/vnd.dev.sigstore.bundle.v0.4+json".into())) => Parse, Malformed;
    trailing_data: breaks(image(), Tamper::Text(|text| text + "{}")) => Parse, Malformed;
    two_kinds_of_key: breaks(image(), Tamper::CertificateAndKey) => Parse, Malformed;
    a_root_in_the_chain: breaks(image().format(Format::BundleV02), Tamper::RootInChain) => Parse, Malformed;
    an_empty_chain: breaks(image().format(Format::BundleV02), Tamper::EmptyChain) => Parse, Malformed;
    sig_08_no_signature: breaks(image(), Tamper::NoSignature) => Parse, Malformed;
    sig_08_a_second_signature: breaks(image(), Tamper::SecondSignature) => Parse, Malformed;
    sig_08_the_same_signature_twice: breaks(image(), Tamper::SignatureTwice) => Parse, Malformed;
    an_entry_twice: breaks(image(), Tamper::EntryTwice) => Parse, Malformed;
    reg_07_33_entries: breaks(image(), Tamper::EntryTimes(33)) => Parse, Malformed;
    a_timestamp_twice: breaks(image(), Tamper::TimestampTwice) => Parse, Malformed;
    reg_07_33_timestamps: breaks(image(), Tamper::TimestampTimes(33)) => Parse, Malformed;
    no_proof_in_rekor_v1: breaks(image().rekor_v1(), Tamper::ProofMissing) => Parse, Malformed;
    no_proof_in_rekor_v2: breaks(image(), Tamper::ProofMissing) => Parse, Malformed;
    no_proof_in_a_bundle_relabelled_v0_1: breaks(image().rekor_v1().format(Format::BundleV01), Tamper::ProofMissing) => Parse, Malformed;
    no_checkpoint: breaks(image(), Tamper::CheckpointMissing) => Parse, Malformed;
    white_space_logged: breaks(image(), Tamper::EntryWhitespaceLogged) => Parse, Malformed;
    white_space_added_to_the_body: breaks(image(), Tamper::EntryWhitespaceAdded) => Parse, Malformed;
    another_kind_beside_the_body: breaks(image(), Tamper::KindReplaced) => Parse, Malformed;
    a_promise_in_rekor_v2: breaks(image(), Tamper::Entry(|e| e.promise = Some(vec![1; 70]))) => Parse, Malformed;
    a_time_in_rekor_v2: breaks(image(), Tamper::Entry(|e| e.integrated_time = Some(1_756_728_000))) => Parse, Malformed;
    another_index_in_rekor_v2s_proof: breaks(image(), Tamper::ProofLogIndex(1)) => Parse, Malformed;
    a_negative_index: breaks(image().rekor_v1(), Tamper::Entry(|e| e.log_index = -1)) => Parse, Malformed;
    no_promise_in_version_0_1: breaks(image().rekor_v1().format(Format::BundleV01).timestamps([TokenSpec::default()]), Tamper::SetMissing) => Log, NoTransparency;
    // Subject and predicate.
    sig_05_another_message_digest: breaks(blob(), Tamper::MessageDigestReplaced) => Subject, WrongSubject;
    another_payload_about_another_image: breaks(image(), Tamper::PayloadReplaced(Statement::cosign_sign(&Digest::sha256(b"other")).to_bytes())) => Subject, WrongSubject;
    sig_13_another_payload_type: breaks(image(), Tamper::PayloadTypeReplaced("text/plain".into())) => Predicate, WrongPredicate;
    // Signature.
    a_flipped_bit_of_the_signature: breaks(image(), Tamper::SignatureBitFlip) => Signature, Tampered;
    another_key_signed: breaks(image(), Tamper::SignatureOtherKey) => Signature, Tampered;
    sig_07_the_raw_payload_signed: breaks(image(), Tamper::RawPayloadSigned) => Signature, Tampered;
    another_payload_about_the_same_image: breaks(image(), Tamper::PayloadReplaced(Statement::cosign_sign(&IMAGE).predicate(serde_json::json!({ "more": 1 })).to_bytes())) => Signature, Tampered;
    a_certificate_for_another_key: breaks(image(), Tamper::CertificateOtherKey) => Signature, Tampered;
    // Chain.
    no_certificate_timestamp: breaks(image(), Tamper::SctMissing) => Chain, NoTransparency;
    a_certificate_timestamp_by_another_key: breaks(image(), Tamper::SctWrongKey) => Chain, Tampered;
    a_certificate_timestamp_of_an_unknown_log: breaks(image(), Tamper::SctUnknownLog) => Chain, UntrustedRoot;
    a_certificate_timestamp_for_another_certificate: breaks(image(), Tamper::SctOtherCertificate) => Chain, Tampered;
    a_certificate_timestamp_twice: breaks(image(), Tamper::SctTwice) => Chain, Unsupported;
    extensions_added_to_a_certificate_timestamp: breaks(image(), Tamper::SctExtensionsAdded) => Chain, Tampered;
    an_unknown_authority: breaks(image(), Tamper::CertificateUnknownAuthority) => Chain, UntrustedRoot;
    a_certificate_in_the_authoritys_name: breaks(image(), Tamper::CertificateForged) => Chain, Tampered;
    a_flipped_bit_of_the_certificate: breaks(image(), Tamper::CertificateBitFlip) => Chain, Tampered;
    a_leaf_that_is_an_authority: breaks(image(), Tamper::LeafIsCa) => Chain, UntrustedRoot;
    a_leaf_for_another_use: breaks(image(), Tamper::Leaf(|leaf| leaf.ekus = vec![Eku::ClientAuth])) => Chain, UntrustedRoot;
    a_leaf_for_no_named_use: breaks(image(), Tamper::Leaf(|leaf| leaf.ekus.clear())) => Chain, UntrustedRoot;
    // Log.
    sig_01_the_entry_of_another_signature: breaks(image(), Tamper::EntryOfOtherSignature) => Log, Tampered;
    sig_02_the_entry_of_another_signature_in_rekor_v1: breaks(image().rekor_v1(), Tamper::EntryOfOtherSignature) => Log, Tampered;
    sig_01_the_entry_of_another_signature_beside_legacy: breaks(legacy(), Tamper::EntryOfOtherSignature) => Log, Tampered;
    sig_06_another_digest_logged: breaks(image(), Tamper::EntryOtherDigest) => Log, Tampered;
    another_signature_logged: breaks(image(), Tamper::EntryOtherSignature) => Log, Tampered;
    another_certificate_logged: breaks(image(), Tamper::EntryOtherVerifier) => Log, Tampered;
    another_digest_logged_in_rekor_v1: breaks(blob().rekor_v1(), Tamper::EntryOtherDigest) => Log, Tampered;
    another_signature_logged_in_rekor_v1: breaks(blob().rekor_v1(), Tamper::EntryOtherSignature) => Log, Tampered;
    another_certificate_logged_in_rekor_v1: breaks(blob().rekor_v1(), Tamper::EntryOtherVerifier) => Log, Tampered;
    another_payload_in_a_dsse_entry: breaks(image().rekor_v1(), Tamper::EntryOtherDigest) => Log, Tampered;
    another_signature_in_a_dsse_entry: breaks(image().rekor_v1(), Tamper::EntryOtherSignature) => Log, Tampered;
    another_certificate_in_a_dsse_entry: breaks(image().rekor_v1(), Tamper::EntryOtherVerifier) => Log, Tampered;
    another_payload_in_an_intoto_entry: breaks(intoto(), Tamper::EntryOtherDigest) => Log, Tampered;
    another_signature_in_an_intoto_entry: breaks(intoto(), Tamper::EntryOtherSignature) => Log, Tampered;
    another_certificate_in_an_intoto_entry: breaks(intoto(), Tamper::EntryOtherVerifier) => Log, Tampered;
    another_digest_logged_beside_legacy: breaks(legacy(), Tamper::EntryOtherDigest) => Log, Tampered;
    another_signature_logged_beside_legacy: breaks(legacy(), Tamper::EntryOtherSignature) => Log, Tampered;
    an_unknown_log: breaks(image(), Tamper::UnknownLog) => Log, UntrustedRoot;
    an_unknown_rekor_v1: breaks(image().rekor_v1(), Tamper::UnknownLog) => Log, UntrustedRoot;
    an_unknown_log_beside_legacy: breaks(legacy(), Tamper::UnknownLog) => Log, UntrustedRoot;
    an_unknown_log_beside_a_known_one: breaks(image(), Tamper::EntryOfUnknownLogAdded) => Log, UntrustedRoot;
    another_log_id: breaks(image(), Tamper::LogIdReplaced) => Log, UntrustedRoot;
    a_flipped_bit_of_the_promise: breaks(image().rekor_v1(), Tamper::SetBitFlip) => Log, Tampered;
    a_promise_by_another_key: breaks(image().rekor_v1(), Tamper::SetWrongKey) => Log, Tampered;
    a_promise_of_another_entry: breaks(image().rekor_v1(), Tamper::SetOfOtherEntry) => Log, Tampered;
    a_promise_by_another_key_beside_legacy: breaks(legacy(), Tamper::SetWrongKey) => Log, Tampered;
    time_01_a_back_dated_integrated_time: breaks(image().rekor_v1(), Tamper::IntegratedTimeShifted(-60)) => Log, Tampered;
    time_01_a_back_dated_integrated_time_beside_legacy: breaks(legacy(), Tamper::IntegratedTimeShifted(-60)) => Log, Tampered;
    time_01_no_promise_no_time: breaks(image().rekor_v1(), Tamper::SetMissing) => Time, NoTime;
    another_global_index: breaks(image().rekor_v1(), Tamper::LogIndexShifted(1)) => Log, Tampered;
    another_index_in_rekor_v1s_proof: breaks(image().rekor_v1(), Tamper::ProofLogIndex(1)) => Log, Tampered;
    another_root_hash: breaks(image().rekor_v1(), Tamper::ProofRootHash) => Log, Tampered;
    another_root_hash_in_rekor_v2: breaks(image(), Tamper::ProofRootHash) => Log, Malformed;
    a_flipped_bit_of_the_path: breaks(image(), Tamper::ProofHashBitFlip) => Log, Tampered;
    a_hash_missing_from_the_path: breaks(image(), Tamper::ProofHashDropped) => Log, Tampered;
    a_hash_added_to_the_path: breaks(image(), Tamper::ProofHashAdded) => Log, Tampered;
    another_tree_size: breaks(image().rekor_v1(), Tamper::ProofTreeSize(1)) => Log, Tampered;
    another_tree_size_in_rekor_v2: breaks(image(), Tamper::ProofTreeSize(1)) => Log, Malformed;
    a_checkpoint_with_another_hint: breaks(image(), Tamper::CheckpointHint) => Log, Tampered;
    a_checkpoint_with_a_broken_signature: breaks(image(), Tamper::CheckpointBitFlip) => Log, Tampered;
    a_checkpoint_by_another_key: breaks(image(), Tamper::CheckpointWrongKey) => Log, Tampered;
    a_checkpoint_by_another_key_in_rekor_v1: breaks(image().rekor_v1(), Tamper::CheckpointWrongKey) => Log, Tampered;
    a_checkpoint_of_another_origin: breaks(image(), Tamper::CheckpointOrigin) => Log, Tampered;
    a_checkpoint_of_another_tree: breaks(image().rekor_v1(), Tamper::CheckpointOfOtherTree) => Log, Tampered;
    a_checkpoint_of_another_tree_in_rekor_v2: breaks(image(), Tamper::CheckpointOfOtherTree) => Log, Malformed;
    a_checkpoint_that_is_none: breaks(image(), Tamper::Entry(|e| e.proof.iter_mut().for_each(|p| p.checkpoint = Some("x".into())))) => Log, Malformed;
    // Time.
    a_timestamp_over_other_bytes: breaks(image(), Tamper::TimestampOfOtherBytes) => Time, Tampered;
    time_04_a_timestamp_by_an_unknown_authority: breaks(image(), Tamper::TimestampUnknownAuthority) => Time, UntrustedRoot;
    a_timestamp_in_the_authoritys_name: breaks(image(), Tamper::TimestampForged) => Time, Tampered;
    a_flipped_bit_of_the_timestamp: breaks(image(), Tamper::TimestampBitFlip) => Time, Tampered;
    an_unknown_authority_beside_a_known_one: breaks(image(), Tamper::TimestampOfUnknownAuthorityAdded) => Time, UntrustedRoot;
    // Managed keys.
    a_flipped_bit_of_a_keys_signature: breaks_key(image(), Tamper::SignatureBitFlip) => Signature, Tampered;
    another_key_than_the_policys: breaks_key(image(), Tamper::SignatureOtherKey) => Signature, Tampered;
    sig_01_the_entry_of_another_signature_by_the_key: breaks_key(image(), Tamper::EntryOfOtherSignature) => Log, Tampered;
    another_key_logged: breaks_key(image(), Tamper::EntryOtherVerifier) => Log, Tampered;
    another_key_logged_in_rekor_v1: breaks_key(image().rekor_v1(), Tamper::EntryOtherVerifier) => Log, Tampered;
    another_key_logged_beside_legacy: breaks_key(legacy(), Tamper::EntryOtherVerifier) => Log, Tampered;
    another_digest_logged_by_the_key: breaks_key(blob().rekor_v1(), Tamper::EntryOtherDigest) => Log, Tampered;
    a_promise_by_another_key_for_the_key: breaks_key(image().rekor_v1(), Tamper::SetWrongKey) => Log, Tampered;
    a_timestamp_over_other_bytes_for_the_key: breaks_key(image(), Tamper::TimestampOfOtherBytes) => Time, Tampered;
}
