//! Why a tool is not run.

use std::io;
use std::path::PathBuf;

use proofmark_core::{Digest, Reason};

use super::Kind;
use crate::Rejection;

/// Why a tool is not run: what was asked for, what was found, and where.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The lock has no pin of this tool.
    #[error("the lock has no pin of {tool}{}", likely(near.as_deref()))]
    NoTool {
        /// What was asked for.
        tool: String,
        /// A tool of the lock with nearly this name.
        near: Option<String>,
    },
    /// It has, of other versions.
    #[error("the lock has no pin of {tool} {version}, only of {}", have.join(", "))]
    NoVersion {
        /// The tool.
        tool: String,
        /// What was asked for.
        version: String,
        /// What there is.
        have: Vec<String>,
    },
    /// It has, for other platforms.
    #[error("the lock has no pin of {tool} for {platform}, only for {}", have.join(", "))]
    NoPlatform {
        /// The tool.
        tool: String,
        /// This machine's.
        platform: String,
        /// What there is.
        have: Vec<String>,
    },
    /// Every pin is of an archive that nobody unpacked yet.
    #[error("the pin of {tool} {} does not say what the executable is, only what its archive is", versions.join(", "))]
    NotLookedAt {
        /// The tool.
        tool: String,
        /// The versions that are pinned.
        versions: Vec<String>,
    },
    /// No policy was asked: then nothing says that it may run.
    #[error("no policy judges what may run")]
    NoQuestion,
    /// There is no such file.
    #[error("there is no {tool} {place}{}", only_shims(*shims))]
    NotFound {
        /// The tool.
        tool: String,
        /// Where it was looked for.
        place: String,
        /// How many shims were passed over.
        shims: usize,
    },
    /// A file, directory or link on the way cannot be opened.
    #[error("{} cannot be {action}: {}", path.display(), error.kind())]
    Io {
        /// Which.
        path: PathBuf,
        /// What could not be done, as it ends "cannot be".
        action: &'static str,
        /// The system's answer.
        error: io::Error,
    },
    /// Too many links, or one that leads nowhere.
    #[error("{} leads over more than {limit} links", path.display())]
    Links {
        /// Where it began.
        path: PathBuf,
        /// How many are followed.
        limit: usize,
    },
    /// Somebody else owns a file, directory or link on the way, and so decides what runs.
    #[error("{} belongs to user {owner}, not to root or user {user}: whoever owns it decides what runs", path.display())]
    Owner {
        /// Which.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
        /// Who asks.
        user: u32,
    },
    /// Others may write to it.
    #[error("{} may be written to by {} (mode {:04o})", path.display(), if *everybody { "everybody" } else { "its group" }, mode & 0o7777)]
    Writable {
        /// Which.
        path: PathBuf,
        /// `st_mode`.
        mode: u32,
        /// Whether not its group alone may.
        everybody: bool,
    },
    /// It is a directory, a pipe, a device.
    #[error("{} is no regular file", path.display())]
    NotAFile {
        /// Which.
        path: PathBuf,
    },
    /// Nobody may run it.
    #[error("{} may not be run by anybody (mode {:04o})", path.display(), mode & 0o7777)]
    NotExecutable {
        /// Which.
        path: PathBuf,
        /// `st_mode`.
        mode: u32,
    },
    /// It would run with the rights of its owner, which no pin allows.
    #[error("{} would run as its owner, user {owner} (mode {:04o}), which no pin allows", path.display(), mode & 0o7777)]
    Setuid {
        /// Which.
        path: PathBuf,
        /// `st_mode`.
        mode: u32,
        /// Its owner.
        owner: u32,
    },
    /// It is no program: its interpreter, which nobody pinned, would read it again under its name.
    #[error("{} is {}", path.display(), kind_said(kind))]
    NotAProgram {
        /// Which.
        path: PathBuf,
        /// What it is.
        kind: Kind,
    },
    /// It is another file than every pin of the tool for this platform.
    #[error("{} is not the pinned {tool}: its SHA-256 is {}, not {}; {cause}", path.display(), found.as_ref().map_or("not computed", |digest| digest.hex()), hashes(expected))]
    Mismatch {
        /// Which.
        path: PathBuf,
        /// The tool.
        tool: String,
        /// The version and SHA-256 of each pin.
        expected: Vec<(String, Digest)>,
        /// What was read; `None` where it is too long for any pin to be read.
        found: Option<Digest>,
        /// Where it likely comes from.
        cause: Cause,
    },
    /// It is the pinned file, and its evidence is not accepted; or it cannot be read.
    #[error("{}: {rejection}", path.display())]
    Rejected {
        /// Which.
        path: PathBuf,
        /// Why.
        rejection: Rejection,
    },
    /// It is the pinned file with its signatures, and the policy asks for more.
    #[error("{}: {}{}", path.display(), refusal.message, asked(refusal))]
    Policy {
        /// Which.
        path: PathBuf,
        /// The rule's answer.
        refusal: Box<proofmark_core::Refusal>,
    },
    /// It was written to each time that it was read.
    #[error("{} was changed while it was read, {rounds} times", path.display())]
    KeepsChanging {
        /// Which.
        path: PathBuf,
        /// How often.
        rounds: usize,
    },
    /// The kernel does not run what was verified.
    #[error("{} was verified, and the system does not run it: {why}", path.display())]
    NotRun {
        /// Which.
        path: PathBuf,
        /// The system's answer and the likeliest cause.
        why: String,
    },
    /// An argument or variable that no process can be given.
    #[error("{what} holds a zero byte")]
    ZeroByte {
        /// Which.
        what: String,
    },
    /// Not on this system.
    #[error("running what was verified is unsupported on this system: it needs Linux")]
    Unsupported,
}

/// Where a file that is not the pinned one likely comes from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// Another pin of the lock.
    #[error("it is {tool} {version} for {platform}, which is pinned too")]
    OtherPin {
        /// Its tool.
        tool: String,
        /// Its version.
        version: String,
        /// Its platform.
        platform: String,
    },
    /// The archive, as it was downloaded.
    #[error("it is the archive that the pin of {tool} {version} names, not unpacked")]
    Archive {
        /// The tool.
        tool: String,
        /// Its version.
        version: String,
    },
    /// Another machine's.
    #[error("it is a program for {machine}")]
    Machine {
        /// `e_machine`, as platforms are named.
        machine: &'static str,
    },
    /// Shorter than each pinned version.
    #[error(
        "it has {found} bytes where the pinned one has {expected}: a download that broke off, or another version"
    )]
    Short {
        /// Its length.
        found: u64,
        /// The shortest that is pinned.
        expected: u64,
    },
    /// The pinned length, and other bytes: no update looks like that.
    #[error("it has the pinned length and other bytes: it was changed in place")]
    Changed,
    /// Nothing known.
    #[error("it was likely updated without the lock (by a package manager, or by itself), or replaced")]
    Updated,
}

impl Refusal {
    /// The reason of a verdict.
    pub fn reason(&self) -> Reason {
        match self {
            Self::NoTool { .. } | Self::NoVersion { .. } | Self::NoPlatform { .. } => Reason::NotListed,
            Self::NoQuestion => Reason::NoPolicy,
            Self::NotLookedAt { .. } | Self::Unsupported => Reason::Unsupported,
            Self::NotFound { .. } => Reason::NotFound,
            Self::Io { error, .. } if error.kind() == io::ErrorKind::NotFound => Reason::NotFound,
            Self::Io { .. } | Self::KeepsChanging { .. } | Self::NotRun { .. } | Self::ZeroByte { .. } => {
                Reason::Unreachable
            }
            Self::Links { .. } => Reason::Limit,
            Self::Mismatch { .. } => Reason::DigestMismatch,
            Self::Rejected { rejection, .. } => rejection.reason(),
            Self::NotAProgram { .. } => Reason::Malformed,
            Self::Owner { .. }
            | Self::Writable { .. }
            | Self::NotAFile { .. }
            | Self::NotExecutable { .. }
            | Self::Setuid { .. } => Reason::Condition,
            Self::Policy { refusal, .. } => refusal.reason,
        }
    }

    /// One command, or one thing to do.
    pub fn help(&self, tool: &str) -> String {
        match self {
            Self::NoTool { near: Some(near), .. } => format!("proofmark pin exec {near}"),
            Self::NoTool { .. } | Self::NoVersion { .. } | Self::NoPlatform { .. } => {
                "proofmark pin list".to_owned()
            }
            Self::NotLookedAt { .. } => {
                format!(
                    "download and unpack it once, so that the lock knows the executable: proofmark pin update {tool}"
                )
            }
            Self::NotFound { .. } => format!("install {tool}, or say where it is: --from DIR"),
            Self::Links { path, .. } | Self::NotAFile { path } => format!("ls -l {}", path.display()),
            Self::Io { path, .. } => format!("ls -ld {}", path.display()),
            Self::Owner { path, owner, .. } => format!(
                "if user {owner} may decide what runs, give it to root: chown -h root {}; else install {tool} elsewhere",
                path.display()
            ),
            Self::Writable { path, .. } => format!("chmod go-w {}", path.display()),
            Self::NotExecutable { path, .. } => format!("chmod a+x {}", path.display()),
            Self::Setuid { path, .. } => format!("chmod u-s {}", path.display()),
            Self::NotAProgram { kind: Kind::Shim, .. } => {
                format!("name the directory of the real {tool}: --from DIR")
            }
            Self::NotAProgram { .. } => {
                format!("pin the program that it starts, and run that instead of {tool}")
            }
            Self::Mismatch { path, .. } => {
                format!("install a pinned version over {}, or after review pin this one", path.display())
            }
            Self::Policy { refusal, .. } => refusal.help.clone(),
            Self::KeepsChanging { path, .. } => format!("find who writes to it: fuser -v {}", path.display()),
            Self::NotRun { path, .. } => format!("run it without proofmark to compare: {}", path.display()),
            Self::ZeroByte { .. } => "leave it out".to_owned(),
            Self::Rejected { .. } | Self::Unsupported | Self::NoQuestion => "proofmark pin verify".to_owned(),
        }
    }
}

fn asked(refusal: &proofmark_core::Refusal) -> String {
    let expected = refusal.expected.as_ref();
    expected.map(|expected| format!("; the policy asks for: {}", expected.text)).unwrap_or_default()
}

fn likely(near: Option<&str>) -> String {
    near.map(|near| format!("; did you mean {near}?")).unwrap_or_default()
}

fn only_shims(count: usize) -> &'static str {
    if count == 0 { "" } else { " but a shim, which would ask for itself" }
}

fn kind_said(kind: &Kind) -> String {
    match kind {
        Kind::Shim => "a shim of proofmark: it would ask for itself".to_owned(),
        Kind::Script(interpreter) => format!(
            "a script: {interpreter} would open it again by its name, and read what is there then, not what was verified"
        ),
        Kind::Empty => "empty".to_owned(),
        Kind::Elf(_) | Kind::Other => "no program for Linux (ELF)".to_owned(),
    }
}

fn hashes(expected: &[(String, Digest)]) -> String {
    let one = |(version, digest): &(String, Digest)| format!("{} ({version})", digest.hex());
    expected.iter().map(one).collect::<Vec<_>>().join(" or ")
}
