//! Pins from the lists of other tools. Such a list is one source: what the executable in an archive is, and who signed it, it does
//! not say, so that nothing that is imported passes for more than a hash.

mod guess;
mod read;

use jiff::civil::Date;
use proofmark_core::{Digest, Platform};
use proofmark_lock::{Lock, LockFailure, Mode, Pin, SourceOf};

use crate::name_of;

/// Bytes of a list.
pub const MAX_LIST: u64 = 16 << 20;

/// Where pins come from, and what the list itself does not say.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// The list's name, for people.
    pub file: String,
    /// The tool, where the list's own names do not say it.
    pub tool: Option<String>,
    /// The version, where it does not follow from the address.
    pub version: Option<String>,
    /// The address below which the files of a list of checksums are.
    pub url: Option<String>,
    /// Only entries whose address contains this.
    pub only: Option<String>,
    /// Who keeps the list, if that is somebody else than the vendor: it counts as a source then.
    pub operator: Option<String>,
    /// Whether a pin of another hash is replaced.
    pub replace: bool,
    /// The day.
    pub added: Date,
    /// Who imports.
    pub by: String,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The lock with what was imported.
    pub lock: Lock,
    /// Pins that are new.
    pub added: Vec<String>,
    /// Pins of another hash that were replaced.
    pub replaced: Vec<String>,
    /// Pins that the lock had, with the same hash: they stay as they are, with a source more.
    pub same: Vec<String>,
    /// Entries that make no pin, and why.
    pub skipped: Vec<String>,
}

/// Why nothing is imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// It cannot be read as any of the formats.
    #[error("it is no list that is known: {0}")]
    Format(String),
    /// It holds nothing that makes a pin.
    #[error("no entry of it makes a pin")]
    Nothing {
        /// Entries that make no pin, and why.
        skipped: Vec<String>,
    },
    /// The lock has other hashes.
    #[error("the lock has another SHA-256 for {}", .0.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(", "))]
    Differs(Vec<Difference>),
    /// The list itself gives two.
    #[error("the list gives {name} two: {one} and {other}")]
    Twice {
        /// The pin.
        name: String,
        /// What it says first.
        one: String,
        /// What it says then.
        other: String,
    },
    /// What would be written could not be read again.
    #[error("{0}")]
    Invalid(#[from] LockFailure),
}

/// A pin of which lock and list say different things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Tool, version and platform.
    pub name: String,
    /// What the lock pins.
    pub pinned: Digest,
    /// What the list says.
    pub listed: Digest,
}

/// One entry of a list that makes a pin.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    tool: String,
    version: String,
    platform: Platform,
    url: String,
    size: Option<u64>,
    sha256: Digest,
}

/// Adds the entries of a list to a lock.
///
/// # Errors
/// [`ImportError`]; the lock stays as it is then. A pin whose hash differs is never replaced silently.
pub fn import(lock: &Lock, bytes: &[u8], options: &ImportOptions) -> Result<Imported, ImportError> {
    let (rows, skipped) = read::rows(bytes, options)?;
    if rows.is_empty() {
        return Err(ImportError::Nothing { skipped });
    }
    let mut out =
        Imported { lock: lock.clone(), added: Vec::new(), replaced: Vec::new(), same: Vec::new(), skipped };
    let mut differs = Vec::new();
    let mut seen = Lock::default();
    for row in &rows {
        let pin = row.pin(options);
        if let Some(first) = seen.insert(pin.clone()) {
            if first.sha256 != pin.sha256 {
                let (one, other) = (first.sha256.hex().to_owned(), pin.sha256.hex().to_owned());
                return Err(ImportError::Twice { name: name_of(&pin), one, other });
            }
            continue;
        }
        match lock.pin(&pin.tool, &pin.version, &pin.platform) {
            None => out.add(pin),
            Some(had) if had.sha256 == pin.sha256 => out.confirm(had, pin),
            Some(had) if options.replace => {
                out.replaced.push(format!(
                    "{}: {} instead of {}",
                    name_of(&pin),
                    pin.sha256.hex(),
                    had.sha256.hex()
                ));
                out.lock.insert(pin);
            }
            Some(had) => differs.push(Difference {
                name: name_of(&pin),
                pinned: had.sha256.clone(),
                listed: pin.sha256.clone(),
            }),
        }
    }
    if !differs.is_empty() {
        return Err(ImportError::Differs(differs));
    }
    // Every text came from outside.
    Lock::parse(out.lock.to_text().as_bytes(), &options.file)?;
    Ok(out)
}

impl Imported {
    fn add(&mut self, pin: Pin) {
        self.added.push(name_of(&pin));
        self.lock.insert(pin);
    }

    fn confirm(&mut self, had: &Pin, pin: Pin) {
        self.same.push(name_of(&pin));
        let mut both = had.clone();
        both.sources.extend(pin.sources.into_iter().filter(|source| !had.sources.contains(source)));
        both.sources.sort();
        self.lock.insert(both);
    }
}

impl Row {
    fn pin(&self, options: &ImportOptions) -> Pin {
        let archive = guess::archive(&self.url).unwrap_or(proofmark_lock::unpack::ArchiveKind::None);
        let suffix = if self.platform.os == "windows" { ".exe" } else { "" };
        let source = |operator: &String| SourceOf { operator: operator.clone(), at: options.file.clone() };
        Pin {
            tool: self.tool.clone(),
            version: self.version.clone(),
            platform: self.platform.clone(),
            url: self.url.clone(),
            size: self.size,
            sha256: self.sha256.clone(),
            archive,
            member: archive.has_members().then(|| format!("{}{suffix}", self.tool)),
            executable: None,
            mode: Mode::PLAIN,
            evidence: Vec::new(),
            checksums: None,
            unsigned: Some(format!("imported from {}: nobody looked for a signature", options.file)),
            sources: options.operator.iter().map(source).collect(),
            added: options.added,
            by: options.by.clone(),
            origin: None,
        }
    }
}
