//! One executable, one pin: read once, and answered by all that the lock keeps of it.

use std::io::Read;

use proofmark_core::Timestamp;
use proofmark_lock::{Evidence, EvidenceKind, Executable, Over, Pin};

use crate::evidence::{Authority, BundleSigner, Miss, Parsed, Reading, Signed, Why, sort};
use crate::rejection::Rejection;
use crate::stream;

/// Bytes that are read at a time.
const PIECE: usize = 256 << 10;

/// An executable that is the pinned one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// What the lock says of it.
    pub executable: Executable,
    /// What it rests on beside the lock.
    pub proof: Proof,
    /// Signatures that did not count.
    pub misses: Vec<Miss>,
}

/// What a pin rests on beside the hash in the lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// Signatures of those who may sign, computed now; never empty.
    Signed(Vec<Signed>),
    /// Signatures over the archive alone, which is not here: they were looked at when the pin was added, and whoever could change the
    /// lock since could have changed them. For the caller to judge.
    ArchiveAlone,
    /// The lock alone, for this reason.
    Unsigned(String),
}

/// Whether `file` is the executable of `pin`, signed by one of `authority`.
///
/// # Errors
/// [`Rejection`]; the hash is judged before any signature.
pub fn verify(
    pin: &Pin,
    authority: &Authority<'_>,
    file: &mut dyn Read,
    now: Timestamp,
) -> Result<Verified, Rejection> {
    let executable = pin.executable.as_ref().ok_or(Rejection::NotLookedAt)?;
    let parsed = parsed(pin);
    let (mut judged, mut readings) = begun(pin, &parsed, authority, now);
    read(file, executable, &mut readings)?;
    for (evidence, reading) in readings {
        judged.take(evidence, reading.finish(evidence.over, now).map(|signed| vec![signed]));
    }
    let (proof, misses) = judged.proof(pin, authority)?;
    Ok(Verified { executable: executable.clone(), proof, misses })
}

/// What the evidence of a pin is worth without the executable.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Told {
    /// Signatures of those who may sign, computed now: over digests and over the list of checksums.
    pub signed: Vec<Signed>,
    /// Those that do not count, the nearest first.
    pub misses: Vec<Miss>,
    /// How many are by a key of those who may sign, as they say, over bytes that are not here.
    pub open: usize,
}

/// Judges what the lock keeps of a pin, without any file: what is refused here is refused wherever the executable is.
pub fn told(pin: &Pin, authority: &Authority<'_>, now: Timestamp) -> Told {
    let parsed = parsed(pin);
    let (mut judged, readings) = begun(pin, &parsed, authority, now);
    sort(&mut judged.misses);
    Told { open: readings.len() + usize::from(judged.archive), signed: judged.signed, misses: judged.misses }
}

/// The signatures over the archive, computed over its bytes; bundles over it are over its digest, and [`verify`] judges them.
///
/// # Errors
/// The archive cannot be read.
pub fn archive_signed(
    pin: &Pin,
    authority: &Authority<'_>,
    archive: &mut dyn Read,
    now: Timestamp,
) -> std::io::Result<Told> {
    let parsed = parsed(pin);
    let (mut judged, mut readings) = (Judged::default(), Vec::new());
    for (evidence, parsed) in parsed.iter().filter(|(evidence, _)| evidence.over == Over::Archive) {
        match parsed.as_ref().map_err(Why::clone).and_then(|parsed| parsed.reading(authority)) {
            Ok(Some(reading)) => readings.push((*evidence, reading)),
            Ok(None) => judged.bundle(evidence, authority, &pin.sha256, now),
            Err(why) => judged.miss(evidence, why),
        }
    }
    let mut buffer = vec![0; PIECE];
    loop {
        match archive.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => {
                let piece = buffer.get(..read).unwrap_or_default();
                for (_, reading) in &mut readings {
                    reading.update(piece);
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    for (evidence, reading) in readings {
        judged.take(evidence, reading.finish(evidence.over, now).map(|signed| vec![signed]));
    }
    sort(&mut judged.misses);
    Ok(Told { signed: judged.signed, misses: judged.misses, open: 0 })
}

fn parsed(pin: &Pin) -> Vec<(&Evidence, Result<Parsed, Why>)> {
    pin.evidence.iter().map(|evidence| (evidence, Parsed::of(evidence))).collect()
}

/// Everything that needs no bytes of the executable, and the signatures that wait for them.
fn begun<'a>(
    pin: &Pin,
    parsed: &'a [(&'a Evidence, Result<Parsed, Why>)],
    authority: &Authority<'a>,
    now: Timestamp,
) -> (Judged, Vec<(&'a Evidence, Reading<'a>)>) {
    let (mut judged, mut readings) = (Judged::default(), Vec::new());
    for (evidence, parsed) in parsed {
        match (parsed, evidence.over) {
            (Err(why), _) => judged.miss(evidence, why.clone()),
            (Ok(parsed), Over::Executable) => match (parsed.reading(authority), &pin.executable) {
                (Ok(Some(reading)), _) => readings.push((*evidence, reading)),
                (Ok(None), Some(executable)) => judged.bundle(evidence, authority, &executable.sha256, now),
                (Ok(None), None) => judged.archive = true,
                (Err(why), _) => judged.miss(evidence, why),
            },
            (Ok(parsed), Over::Checksums) => judged.checksums(evidence, parsed, pin, authority, now),
            (Ok(Parsed::Sigstore), Over::Archive) => judged.bundle(evidence, authority, &pin.sha256, now),
            (Ok(_), Over::Archive) => judged.archive = true,
        }
    }
    (judged, readings)
}

/// Reads the file to its end, or to where it is longer than it may be, and tells whether it is the pinned one.
fn read(
    file: &mut dyn Read,
    executable: &Executable,
    readings: &mut [(&Evidence, Reading<'_>)],
) -> Result<(), Rejection> {
    let expected = executable.size;
    let (digest, found) = stream::hashed(file, expected, readings)?;
    if found > expected {
        return Err(Rejection::Length { expected, found, longer: true });
    }
    if found < expected {
        return Err(Rejection::Length { expected, found, longer: false });
    }
    if digest != executable.sha256 {
        return Err(Rejection::Mismatch { expected: executable.sha256.clone(), found: digest });
    }
    Ok(())
}

/// What came of the evidence so far.
#[derive(Default)]
struct Judged {
    signed: Vec<Signed>,
    misses: Vec<Miss>,
    /// Whether there is a signature over the archive that cannot be computed without it.
    archive: bool,
}

impl Judged {
    fn miss(&mut self, evidence: &Evidence, why: Why) {
        self.misses.push(Miss { kind: evidence.kind, over: evidence.over, why });
    }

    fn take(&mut self, evidence: &Evidence, result: Result<Vec<Signed>, Why>) {
        match result {
            Ok(signed) => self.signed.extend(signed),
            Err(why) => self.miss(evidence, why),
        }
    }

    /// A bundle, which is over a digest.
    fn bundle(
        &mut self,
        evidence: &Evidence,
        authority: &Authority<'_>,
        digest: &proofmark_core::Digest,
        now: Timestamp,
    ) {
        self.take(evidence, signers(evidence, authority, digest, now));
    }

    /// A signature over the list of checksums, and the archive's in it.
    fn checksums(
        &mut self,
        evidence: &Evidence,
        parsed: &Parsed,
        pin: &Pin,
        authority: &Authority<'_>,
        now: Timestamp,
    ) {
        let Some(list) = &pin.checksums else {
            return self.miss(evidence, Why::Checksum { given: None });
        };
        let signed = match parsed.reading(authority) {
            Ok(Some(mut reading)) => {
                reading.update(&list.0);
                reading.finish(evidence.over, now).map(|signed| vec![signed])
            }
            Ok(None) => {
                let digest = proofmark_core::Digest::sha256(&list.0);
                signers(evidence, authority, &digest, now)
            }
            Err(why) => Err(why),
        };
        let file = pin.url.rsplit('/').next().unwrap_or_default();
        let given = list.of(file);
        let right = given.as_deref() == Some(pin.sha256.hex());
        let checked = |signed| if right { Ok(signed) } else { Err(Why::Checksum { given }) };
        self.take(evidence, signed.and_then(checked));
    }

    fn proof(mut self, pin: &Pin, authority: &Authority<'_>) -> Result<(Proof, Vec<Miss>), Rejection> {
        sort(&mut self.misses);
        if !self.signed.is_empty() {
            return Ok((Proof::Signed(self.signed), self.misses));
        }
        match (&pin.unsigned, pin.evidence.as_slice()) {
            (Some(reason), []) => Ok((Proof::Unsigned(reason.clone()), self.misses)),
            // A signature that is wrong is worse than one that cannot be computed here.
            _ if self.misses.is_empty() && self.archive => Ok((Proof::ArchiveAlone, self.misses)),
            _ => Err(Rejection::Unsigned { wanted: wanted(authority), misses: self.not_empty() }),
        }
    }

    fn not_empty(self) -> Vec<Miss> {
        if self.misses.is_empty() {
            let why = Why::Unreadable("the pin has no evidence, and no reason for it".to_owned());
            return vec![Miss { kind: EvidenceKind::OpenPgp, over: Over::Executable, why }];
        }
        self.misses
    }
}

/// Whom a bundle satisfies.
fn signers(
    evidence: &Evidence,
    authority: &Authority<'_>,
    digest: &proofmark_core::Digest,
    now: Timestamp,
) -> Result<Vec<Signed>, Why> {
    let found = authority.bundles.verify(&evidence.signature, digest, now)?;
    let signed = |BundleSigner { by, with }| Signed { by, over: evidence.over, with, made: None };
    Ok(found.into_iter().map(signed).collect())
}

fn wanted(authority: &Authority<'_>) -> Vec<String> {
    let mut names: Vec<String> = authority.keys.iter().map(|(name, _)| name.clone()).collect();
    names.extend(authority.bundles.names());
    names
}
