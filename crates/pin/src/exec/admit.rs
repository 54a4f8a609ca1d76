//! Whether a file may run as a tool: opened once, judged by its descriptor, and run by it.

use std::ffi::{CString, OsStr};
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use proofmark_core::{Algorithm, Digest, Hasher, Timestamp};
use proofmark_lock::{Lock, Pin};

use super::cache::{self, Cache};
use super::environment::Variables;
use super::opened::{Identity, Opened};
use super::record::Record;
use super::{Kind, Refusal, cause, failpoint};
use crate::Rejection;

/// How often a file that changes while it is read is read again.
const ROUNDS: usize = 3;

/// Bytes of a file that is hashed only to say what it is.
const MAX_HASHED: u64 = 4 << 30;

/// Bytes that are read at a time.
const PIECE: usize = 256 << 10;

/// What one policy is asked.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// The tool.
    pub tool: &'a str,
    /// The pins that may run; of this tool and for this machine, each with its executable ([`super::select`]).
    pub pins: &'a [&'a Pin],
    /// The whole lock: to say what a file is that is none of them.
    pub lock: &'a Lock,
    /// Reads a file to its end, and says whether it is the executable of a pin with all that the policy asks: hash and signatures.
    pub judge: &'a dyn Fn(&Pin, &mut dyn Read) -> Result<(), Denied>,
    /// The digest of everything that `judge` judges by beside the pin: what is remembered under another one does not count.
    pub basis: &'a Digest,
    /// The time at which hashing begins, at the latest: signatures are judged at it.
    pub now: Timestamp,
    /// Where accepted files are remembered.
    pub cache: Option<&'a Cache>,
}

impl std::fmt::Debug for Question<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Question").field("tool", &self.tool).finish_non_exhaustive()
    }
}

/// Why the bytes of a file are not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denied {
    /// They are not the pinned ones, or their evidence is not right.
    Rejected(Rejection),
    /// They are, and the policy asks for more.
    Policy(proofmark_core::Refusal),
}

/// What came of the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remembered {
    /// The file was hashed before, and is as it was.
    Hit,
    /// It was hashed, and will be remembered.
    Stored,
    /// It was hashed, and was changed too shortly before to be remembered.
    Young,
    /// It was hashed; the times of its file system are not this kernel's.
    Foreign,
    /// It was hashed; there is no cache.
    Off,
    /// It was hashed, and could not be remembered.
    Failed(String),
}

/// An executable that may run.
#[derive(Debug)]
pub struct Admitted {
    opened: Opened,
    /// The version that it is, by the first question.
    pub version: String,
    /// What came of the cache, for the first question.
    pub remembered: Remembered,
}

/// Opens the file at `path` (absolute) once, judges it by every question, and keeps it open. Files of root and of `user`, the effective one,
/// are trusted.
///
/// # Errors
/// The first [`Refusal`]; without a question nothing may run.
pub fn admit(questions: &[Question<'_>], path: &Path, user: u32) -> Result<Admitted, Refusal> {
    let opened = Opened::open(path, user)?;
    for _ in 0..ROUNDS {
        let before = opened.look()?;
        let mut answers = Vec::with_capacity(questions.len());
        for question in questions {
            answers.push(question.judge(&opened, &before)?);
        }
        let (version, remembered) = answers.into_iter().next().ok_or(Refusal::NoQuestion)?;
        failpoint::stop("judged");
        // The last look: what was changed since is judged again, however it was changed. A name that was given to another file, or taken
        // away, changes nothing in these bytes.
        if opened.look()? == before {
            return Ok(Admitted { opened, version, remembered });
        }
    }
    Err(Refusal::KeepsChanging { path: opened.path, rounds: ROUNDS })
}

/// Whether nobody but root and `user` can change what is at `path` (absolute): asked of this program itself before something relies on it.
///
/// # Errors
/// [`Refusal`].
pub fn trusted(path: &Path, user: u32) -> Result<(), Refusal> {
    Opened::open(path, user)?.look().map(drop)
}

impl Question<'_> {
    fn judge(&self, opened: &Opened, identity: &Identity) -> Result<(String, Remembered), Refusal> {
        let remembered = self.cache.and_then(|cache| cache.read(identity, self.basis));
        if let Some(record) = remembered.filter(|record| record.answers(identity, self.now)) {
            let known = self.pins.iter().find(|pin| self.is_of(&record, pin));
            if let Some(pin) = known {
                return Ok((pin.version.clone(), Remembered::Hit));
            }
        }
        let kind = opened.kind()?;
        if !matches!(kind, Kind::Elf(_)) {
            return Err(Refusal::NotAProgram { path: opened.path.clone(), kind });
        }
        let pin = self.matching(opened, identity, &kind)?;
        (self.judge)(pin, &mut opened.bytes()?).map_err(|denied| match denied {
            // There was one pin of this length, so the file was not hashed before.
            Denied::Rejected(Rejection::Mismatch { found, .. }) => {
                self.mismatch(opened, identity, &kind, Some(found))
            }
            Denied::Rejected(rejection) => Refusal::Rejected { path: opened.path.clone(), rejection },
            Denied::Policy(refusal) => {
                Refusal::Policy { path: opened.path.clone(), refusal: Box::new(refusal) }
            }
        })?;
        Ok((pin.version.clone(), self.remember(&opened.file, identity, pin)))
    }

    /// The pin that the file can be: by its length, and where that is not enough by its hash.
    fn matching(&self, opened: &Opened, identity: &Identity, kind: &Kind) -> Result<&Pin, Refusal> {
        let as_long = |pin: &&&Pin| pin.executable.as_ref().is_some_and(|file| file.size == identity.size);
        let mut of_length = self.pins.iter().filter(as_long);
        if let (Some(pin), None) = (of_length.next(), of_length.next()) {
            return Ok(pin);
        }
        if identity.size > MAX_HASHED {
            return Err(self.mismatch(opened, identity, kind, None));
        }
        let found = hash(opened, identity.size)?;
        let is_it = |pin: &&&Pin| pin.executable.as_ref().is_some_and(|file| file.sha256 == found);
        let pin = self.pins.iter().find(is_it);
        pin.copied().ok_or_else(|| self.mismatch(opened, identity, kind, Some(found)))
    }

    fn mismatch(&self, opened: &Opened, identity: &Identity, kind: &Kind, found: Option<Digest>) -> Refusal {
        let expected = self.pins.iter().filter_map(|pin| {
            let file = pin.executable.as_ref()?;
            Some((pin.version.clone(), file.sha256.clone()))
        });
        Refusal::Mismatch {
            path: opened.path.clone(),
            tool: self.tool.to_owned(),
            expected: expected.collect(),
            cause: cause::likeliest(self.lock, self.pins, identity.size, kind, found.as_ref()),
            found,
        }
    }

    /// Whether a record is of what this pin was accepted as.
    fn is_of(&self, record: &Record, pin: &Pin) -> bool {
        pin.executable.as_ref().is_some_and(|file| file.sha256 == record.sha256)
            && self.basis_of(pin) == record.basis
    }

    /// The digest of all that the answer depends on beside the file: the pin with its evidence, and what it is judged by.
    fn basis_of(&self, pin: &Pin) -> Digest {
        let mut alone = Lock::default();
        alone.insert(pin.clone());
        Digest::sha256(format!("{}\n{}", self.basis, alone.to_text()).as_bytes())
    }

    fn remember(&self, file: &File, identity: &Identity, pin: &Pin) -> Remembered {
        let (Some(cache), Some(executable)) = (self.cache, &pin.executable) else { return Remembered::Off };
        if !cache::is_local(file) {
            return Remembered::Foreign;
        }
        let Some(record) = Record::new(*identity, executable.sha256.clone(), self.basis_of(pin), self.now)
        else {
            return Remembered::Young;
        };
        match cache.write(&record, self.basis) {
            Ok(()) => Remembered::Stored,
            Err(error) => Remembered::Failed(io::Error::from(error).kind().to_string()),
        }
    }
}

/// The SHA-256 of a file that has this length; what is beyond was written since.
fn hash(opened: &Opened, size: u64) -> Result<Digest, Refusal> {
    let mut hasher = Hasher::new(Algorithm::Sha256);
    let mut bytes = opened.bytes()?.take(size);
    let mut buffer = vec![0; PIECE];
    loop {
        match bytes.read(&mut buffer) {
            Ok(0) => return Ok(hasher.finish()),
            Ok(read) => hasher.update(buffer.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(opened.unread(error)),
        }
    }
}

impl Admitted {
    /// The file's path without links.
    pub fn path(&self) -> &Path {
        &self.opened.path
    }

    /// Replaces this process by the executable: the descriptor that was judged is what runs, whatever has its name by now (execveat(2)).
    /// Returns only if it does not run. `name` is what the tool sees as its own; descriptors that this process got without
    /// close-on-exec stay open.
    pub fn run(self, name: &OsStr, arguments: &[&OsStr], variables: &Variables) -> Refusal {
        let path: PathBuf = self.opened.path.clone();
        let all: Result<Vec<CString>, _> =
            std::iter::once(&name).chain(arguments).map(|word| zero_ended(word, "an argument")).collect();
        let pairs: Result<Vec<CString>, _> = variables
            .iter()
            .map(|(name, value)| {
                let mut pair = name.clone();
                pair.push("=");
                pair.push(value);
                zero_ended(&pair, "a variable")
            })
            .collect();
        let (all, pairs) = match (all, pairs) {
            (Ok(all), Ok(pairs)) => (all, pairs),
            (Err(refusal), _) | (_, Err(refusal)) => return refusal,
        };
        failpoint::stop("running");
        let Err(error) = nix::unistd::fexecve(&self.opened.file, &all, &pairs);
        Refusal::NotRun { path, why: not_run(&self.opened.file, error) }
    }
}

fn zero_ended(text: &OsStr, what: &str) -> Result<CString, Refusal> {
    CString::new(text.as_bytes()).map_err(|_| Refusal::ZeroByte { what: what.to_owned() })
}

/// The system's answer, and the likeliest cause.
fn not_run(file: &File, error: nix::errno::Errno) -> String {
    use nix::errno::Errno;
    use rustix::fs::{StatVfsMountFlags, fstatvfs};
    let noexec = || fstatvfs(file).is_ok_and(|stat| stat.f_flag.contains(StatVfsMountFlags::NOEXEC));
    let cause = match error {
        Errno::EACCES if noexec() => "; its file system is mounted noexec",
        Errno::EACCES => "; its mode does not let this user run it, or a security module forbids it",
        Errno::ETXTBSY => "; another process has it open for writing",
        Errno::ENOEXEC => "; it is for another machine, or damaged",
        Errno::ENOENT => {
            "; the dynamic linker that it names is not installed, such as that of another C library"
        }
        Errno::E2BIG => "; the arguments and the environment together are too long",
        Errno::ENOSYS => "; execveat(2) needs Linux 3.19, or a filter of system calls that lets it through",
        _ => "",
    };
    format!("{}{cause}", error.desc())
}
