//! Logging a signature, with everything that is wrong with the entry.

use jiff::{Timestamp, ToSpan as _};

use super::content::Content;
use super::entry::{self, EntrySubject};
use super::keys::SigningKey;
use super::leaf::Material;
use super::merkle::{self, Hash};
use super::rekor::{Log, LogEntry};
use super::request::{EntryKind, LogSpec, SignRequest};
use super::tamper::{Tamper, flip, has};
use super::world::World;

/// The entries of a request, tampered with.
pub(crate) fn entries(
    world: &World,
    request: &SignRequest,
    subject: &EntrySubject,
    at: Timestamp,
) -> Vec<LogEntry> {
    let Some(spec) = &request.log else { return Vec::new() };
    let tampers = &request.tampers;
    let services = if has!(tampers, UnknownLog) { &world.rogue } else { &world.services };
    let log = services.rekor(spec);
    let told = forge_subject(world, request, subject);
    let mut entry = log_entry(log, spec, &told, at, tampers);
    if !spec.proof {
        entry.proof = None;
    }
    if has!(tampers, EntryOfOtherSignature) {
        let other = world.sign(&unrelated(request));
        entry = other.entries.first().cloned().unwrap_or(entry);
    }
    for tamper in tampers {
        break_entry(world, log, &mut entry, tamper);
    }
    let mut list = vec![entry];
    if has!(tampers, EntryTwice) {
        list.push(list[0].clone());
    }
    for tamper in tampers {
        if let Tamper::EntryTimes(times) = tamper {
            list = vec![list[0].clone(); *times];
        }
    }
    if has!(tampers, EntryOfUnknownLogAdded) {
        list.push(log_entry(world.rogue.rekor(spec), spec, subject, at, &[]));
    }
    list
}

/// The same request without tampers, over other content.
fn unrelated(request: &SignRequest) -> SignRequest {
    let mut other = request.clone();
    other.tampers.clear();
    match &mut other.content {
        Content::Dsse { payload, .. } | Content::Message(payload) => payload.push(b' '),
    }
    other
}

fn forge_subject(world: &World, request: &SignRequest, subject: &EntrySubject) -> EntrySubject {
    let tampers = &request.tampers;
    let mut told = subject.clone();
    if has!(tampers, EntryOtherDigest) {
        told.content = unrelated(request).content;
    }
    if has!(tampers, EntryOtherSignature) {
        told.signature = world.stranger_key().sign(&subject.content.to_be_signed());
    }
    if has!(tampers, EntryOtherVerifier) {
        told.material = match &told.material {
            Material::Certificate { .. } => {
                let other = world.sign(&unrelated(request).no_log().timestamps([]));
                other.material
            }
            Material::Key(key) => Material::Key(SigningKey::from_seed(key.key_type(), "other verifier")),
        };
    }
    told
}

/// The honest entry, white space aside.
fn log_entry(
    log: &Log,
    spec: &LogSpec,
    subject: &EntrySubject,
    at: Timestamp,
    tampers: &[Tamper],
) -> LogEntry {
    let natural = match (&subject.content, spec.v2) {
        (Content::Dsse { .. }, false) => EntryKind::Dsse,
        _ => EntryKind::HashedRekord,
    };
    let (kind, version, mut body) = entry::body(spec.kind.unwrap_or(natural), spec.v2, subject);
    if has!(tampers, EntryWhitespaceLogged) {
        body.push(b'\n');
    }
    let mut entry = log.append(kind, version, body);
    if !spec.v2 {
        let integrated = spec.integrated_at.unwrap_or_else(|| at.saturating_add(2.seconds()).unwrap_or(at));
        log.promise(&mut entry, integrated);
        if !spec.promise {
            entry.promise = None;
        }
    }
    entry
}

fn break_entry(world: &World, log: &Log, entry: &mut LogEntry, tamper: &Tamper) {
    match tamper {
        Tamper::EntryWhitespaceAdded => entry.body.push(b'\n'),
        Tamper::LogIdReplaced => entry.log_id = world.rogue.rekor_v1[0].id.to_vec(),
        Tamper::KindReplaced => "rekord".clone_into(&mut entry.kind),
        Tamper::SetMissing => entry.promise = None,
        Tamper::SetBitFlip => entry.promise.iter_mut().for_each(|set| flip(set)),
        Tamper::SetWrongKey => {
            entry.promise = entry.promise.as_ref().map(|_| world.stranger_key().sign(&entry.promised()));
        }
        Tamper::SetOfOtherEntry => {
            let mut other = entry.clone();
            other.body.push(b' ');
            entry.promise = entry.promise.as_ref().map(|_| log.key.sign(&other.promised()));
        }
        Tamper::IntegratedTimeShifted(by) => {
            entry.integrated_time = entry.integrated_time.map(|time| time + by);
        }
        Tamper::LogIndexShifted(by) => entry.log_index += by,
        Tamper::Entry(change) => change(entry),
        other => break_proof(world, log, entry, other),
    }
}

fn break_proof(world: &World, log: &Log, entry: &mut LogEntry, tamper: &Tamper) {
    if matches!(tamper, Tamper::ProofMissing) {
        entry.proof = None;
    }
    let Some(proof) = &mut entry.proof else { return };
    let root: Hash = proof.root_hash.as_slice().try_into().unwrap_or_default();
    let size = proof.tree_size;
    match tamper {
        Tamper::ProofRootHash => flip(&mut proof.root_hash),
        Tamper::ProofHashBitFlip => proof.hashes.iter_mut().take(1).for_each(|hash| flip(hash)),
        Tamper::ProofHashDropped => drop(proof.hashes.pop()),
        Tamper::ProofHashAdded => proof.hashes.push(vec![7; 32]),
        Tamper::ProofTreeSize(by) => proof.tree_size += by,
        Tamper::ProofLogIndex(by) => proof.log_index += by,
        Tamper::CheckpointMissing => proof.checkpoint = None,
        Tamper::CheckpointOrigin => {
            proof.checkpoint = Some(log.note(&log.key, "elsewhere.test", &log.id, size, &root));
        }
        Tamper::CheckpointHint => {
            proof.checkpoint = Some(log.note(&log.key, &log.origin, &[1, 2, 3, 4], size, &root));
        }
        Tamper::CheckpointWrongKey => {
            let key = SigningKey::from_seed(log.key.key_type(), "checkpoint forger");
            proof.checkpoint = Some(log.note(&key, &log.origin, &log.id, size, &root));
        }
        Tamper::CheckpointBitFlip => {
            let mut flipped = log.key.sign(b"something else");
            let note = log.checkpoint(size, &root);
            let text = note.split("\n\u{2014}").next().unwrap_or_default();
            flip(&mut flipped);
            let line = super::encode(&[&log.id[..4], &flipped].concat());
            proof.checkpoint = Some(format!("{text}\n\u{2014} {} {line}\n", log.host));
        }
        Tamper::CheckpointOfOtherTree => {
            proof.checkpoint = Some(log.checkpoint(size + 1, &merkle::leaf_hash(b"another tree")));
        }
        Tamper::CheckpointCosigned => {
            let witness = world.stranger_key();
            let line = super::encode(&[&witness.key_id()[..4], &witness.sign(b"a cosignature")].concat());
            proof.checkpoint =
                proof.checkpoint.take().map(|note| format!("{note}\u{2014} witness.test {line}\n"));
        }
        _ => {}
    }
}
