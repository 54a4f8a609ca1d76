//! One executable: the pin that it is, by its hash; else the pins that it should be, by its name.

use std::cmp::Reverse;
use std::io::{self, Read};

use proofmark_core::{
    Algorithm, Digest, Evidence, Finding, Hasher, Platform, Reason, Refusal, Subject, SubjectKind, Timestamp,
    Verdict,
};
use proofmark_lock::unpack::ArchiveKind;
use proofmark_lock::{Executable, Lock, Pin};

use crate::demand::{Demand, Wanted, name_of};
use crate::rules::{downgrade, lock_drift, mismatch, missing, unsigned, writable};
use crate::{Authority, NoBundles, Rejection, Verified, verify, version};

/// Bytes that are read at a time.
const PIECE: usize = 256 << 10;

/// An executable, opened once: everything is asked of the same file.
pub trait Look {
    /// As the user wrote it, or where it was found.
    fn shown(&self) -> &str;

    /// The name of the tool, as far as the file's name says it: without folders and without `.exe`.
    fn tool(&self) -> &str;

    /// Its length in bytes.
    fn size(&self) -> u64;

    /// Its bytes, from the first on.
    ///
    /// # Errors
    /// What the system says.
    fn open(&self) -> io::Result<Box<dyn Read + '_>>;

    /// What others than its owner and root may do to it, a sentence each.
    fn writable(&self) -> Vec<String>;

    /// What it prints when it is run with these arguments, in a clean environment, with a limit of time and length. Asked only of
    /// bytes that were verified.
    ///
    /// # Errors
    /// Why it says nothing, in words.
    fn say(&self, arguments: &[&str]) -> Result<String, String>;
}

/// Judges one executable. `host` is the platform whose executables may be asked for their version; `None`: none may be run, as nobody
/// has accepted the policy that vouches for them.
pub fn executable(
    look: &dyn Look,
    lock: &Lock,
    demands: &[Demand<'_>],
    host: Option<&Platform>,
    now: Timestamp,
) -> Vec<Finding> {
    let mut rows = vec![verdict(look, lock, demands, host, now)];
    rows.extend(writable::findings(look));
    rows
}

/// The subject of an executable.
pub(crate) fn executable_subject(look: &dyn Look, digest: Option<&Digest>) -> Subject {
    Subject { digest: digest.cloned(), ..Subject::named(SubjectKind::Binary, look.shown()) }
}

fn verdict(
    look: &dyn Look,
    lock: &Lock,
    demands: &[Demand<'_>],
    host: Option<&Platform>,
    now: Timestamp,
) -> Finding {
    let found = match find(look, lock, demands, host, now) {
        Ok(found) => found,
        Err(error) => return unread(look, &error.to_string()),
    };
    let (pin, demand, answer) = match found {
        Found::Pin(pin, demand, answer) => (pin, demand, answer),
        Found::Other(digest) => return unknown(look, &digest, lock, host),
    };
    let digest = executable_of(pin, look).map(|executable| executable.sha256);
    let subject = executable_subject(look, digest.as_ref());
    let at = |row: Finding| Finding { location: pin.origin.clone(), ..row };
    let refused = |rule, refusal| {
        at(Finding::from_verdict(rule, subject.clone(), &Verdict::refuse(refusal), String::new()))
    };
    let Some(demand) = demand else { return refused(&lock_drift::META, lock_drift::unlisted(pin)) };
    if let Some((rule, refusal)) = lock_drift::refusal(pin, demand) {
        return refused(rule, refusal);
    }
    let verified = match answer {
        Ok(verified) => verified,
        Err(rejection) => return refused(&unsigned::META, unsigned::rejected(pin, demand, &rejection)),
    };
    let mut evidence = match unsigned::proof(pin, demand, &verified) {
        Ok(evidence) => evidence,
        Err(refusal) => return refused(&unsigned::META, *refusal),
    };
    let question = version::question(&pin.tool);
    match downgrade::asked(look, pin, host, unsigned::binds(pin, demand, &verified), question.as_deref()) {
        Ok(told) => evidence.extend(told),
        Err(refusal) => return refused(&downgrade::META, *refusal),
    }
    let first =
        Evidence::new("pin", format!("it is {}, as {} pins it", name_of(pin), proofmark_lock::FILE_NAME));
    at(Finding::from_verdict(
        &mismatch::META,
        subject.clone(),
        &Verdict::pass(first, evidence),
        String::new(),
    ))
}

enum Found<'a> {
    /// The pin whose executable it is, and what its evidence is worth.
    Pin(&'a Pin, Option<&'a Demand<'a>>, Result<Verified, Rejection>),
    /// No pin's.
    Other(Digest),
}

/// Its length tells which pin it may be, so that it is read once, and its evidence computed at the same time. A file that turns out
/// to be another one is looked for by its hash.
fn find<'a>(
    look: &dyn Look,
    lock: &'a Lock,
    demands: &'a [Demand<'a>],
    host: Option<&Platform>,
    now: Timestamp,
) -> io::Result<Found<'a>> {
    let of = |pin: &Pin| demands.iter().find(|demand| demand.tool == pin.tool);
    let mut alike: Vec<&Pin> =
        lock.pins().filter(|pin| size_of(pin, look).is_some_and(|size| size == look.size())).collect();
    alike.sort_by_cached_key(|pin| Reverse((pin.tool == look.tool(), host == Some(&pin.platform))));
    let found = match alike.first() {
        None => hash(look)?,
        Some(pin) => match verified(pin, of(pin), look, now)? {
            Err(Rejection::Mismatch { found, .. }) => found,
            // It grew or shrank meanwhile.
            Err(Rejection::Length { .. }) => hash(look)?,
            answer => return Ok(Found::Pin(pin, of(pin), answer)),
        },
    };
    let by_hash =
        alike.into_iter().find(|pin| executable_of(pin, look).is_some_and(|one| one.sha256 == found));
    match by_hash {
        None => Ok(Found::Other(found)),
        Some(pin) => match verified(pin, of(pin), look, now)? {
            Err(Rejection::Mismatch { found, .. }) => Ok(Found::Other(found)),
            answer => Ok(Found::Pin(pin, of(pin), answer)),
        },
    }
}

/// What the lock says of the executable. A download that is the executable itself has its SHA-256, whoever looked at it.
fn executable_of(pin: &Pin, look: &dyn Look) -> Option<Executable> {
    let raw = || Executable { sha256: pin.sha256.clone(), size: pin.size.unwrap_or_else(|| look.size()) };
    pin.executable.clone().or_else(|| (pin.archive == ArchiveKind::None).then(raw))
}

/// Its length, as [`executable_of`] has it.
fn size_of(pin: &Pin, look: &dyn Look) -> Option<u64> {
    let raw = || pin.size.unwrap_or_else(|| look.size());
    pin.executable.as_ref().map(|one| one.size).or_else(|| (pin.archive == ArchiveKind::None).then(raw))
}

/// Where the policy asks for no signature, what somebody signed is not looked at.
pub(super) fn verified(
    pin: &Pin,
    demand: Option<&Demand<'_>>,
    look: &dyn Look,
    now: Timestamp,
) -> io::Result<Result<Verified, Rejection>> {
    let mut file = look.open()?;
    let pin = &Pin { executable: executable_of(pin, look), ..pin.clone() };
    let nobody = Authority { keys: &[], bundles: &NoBundles };
    let answer = match demand.map(|demand| &demand.wanted) {
        Some(Wanted::Signed { authority, .. }) => verify(pin, authority, &mut *file, now),
        Some(Wanted::Nobody(_)) | None => {
            let reason = Some(pin.unsigned.clone().unwrap_or_default());
            let bare = Pin { evidence: Vec::new(), unsigned: reason, ..pin.clone() };
            verify(&bare, &nobody, &mut *file, now)
        }
    };
    match answer {
        Err(Rejection::Read(error)) => Err(io::Error::other(error)),
        answer => Ok(answer),
    }
}

fn hash(look: &dyn Look) -> io::Result<Digest> {
    let mut file = look.open()?;
    let mut hasher = Hasher::new(Algorithm::Sha256);
    let mut buffer = vec![0; PIECE];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(hasher.finish()),
            Ok(read) => hasher.update(buffer.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn unread(look: &dyn Look, why: &str) -> Finding {
    let refusal = Refusal::new(
        Reason::Unreachable,
        format!("it cannot be read: {why}"),
        "make it readable for whoever verifies it",
    );
    Finding::from_verdict(
        &mismatch::META,
        executable_subject(look, None),
        &Verdict::refuse(refusal),
        String::new(),
    )
}

/// Not the executable of any pin.
fn unknown(look: &dyn Look, digest: &Digest, lock: &Lock, host: Option<&Platform>) -> Finding {
    let own: Vec<&Pin> = lock.pins().filter(|pin| pin.tool == look.tool()).collect();
    let (rule, refusal, at) = match own.as_slice() {
        [] => (&missing::META, missing::of_tool(look.tool(), lock), None),
        pins => mismatch::refusal(look, digest, pins, host),
    };
    let row = Finding::from_verdict(
        rule,
        executable_subject(look, Some(digest)),
        &Verdict::refuse(refusal),
        String::new(),
    );
    Finding { location: at, ..row }
}
