//! What a lock holds.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;
use proofmark_core::{Digest, Origin, Platform};

use crate::unpack::ArchiveKind;
use crate::{Checksums, Evidence};

/// `proofmark.lock`: at most one pin for each tool, version and platform, in that order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lock {
    pins: BTreeMap<Key, Pin>,
}

/// By what a pin is found: names as they sort for people, so that a lock's lines stay where they are.
type Key = (String, String, String);

impl Lock {
    /// Every pin, by tool, version and platform.
    pub fn pins(&self) -> impl Iterator<Item = &Pin> {
        self.pins.values()
    }

    /// The pin of a tool, version and platform.
    pub fn pin(&self, tool: &str, version: &str, platform: &Platform) -> Option<&Pin> {
        self.pins.get(&(tool.to_owned(), version.to_owned(), platform.to_string()))
    }

    /// Adds a pin, and gives back the one that it replaces.
    pub fn insert(&mut self, pin: Pin) -> Option<Pin> {
        self.pins.insert(pin.key(), pin)
    }

    /// Takes a pin out.
    pub fn remove(&mut self, pin: &Pin) -> Option<Pin> {
        self.pins.remove(&pin.key())
    }
}

/// One executable of one version of one tool.
#[derive(Debug, Clone)]
pub struct Pin {
    /// The tool, as the policy and the recipes name it.
    pub tool: String,
    /// Its version, as its vendor writes it.
    pub version: String,
    /// What it runs on: os/arch[/variant].
    pub platform: Platform,
    /// Where it is downloaded from.
    pub url: String,
    /// The length of what is there, where it is known.
    pub size: Option<u64>,
    /// The SHA-256 of what is there.
    pub sha256: Digest,
    /// How the executable is packed.
    pub archive: ArchiveKind,
    /// Its path in the archive; `None` where the archive has no paths.
    pub member: Option<String>,
    /// The executable, where it was looked at.
    pub executable: Option<Executable>,
    /// How it is installed.
    pub mode: Mode,
    /// What the vendor signed, sorted.
    pub evidence: Vec<Evidence>,
    /// The list that evidence over checksums is over.
    pub checksums: Option<Checksums>,
    /// Why a pin without evidence was accepted. Exactly those have a reason.
    pub unsigned: Option<String>,
    /// Who else gives the same SHA-256.
    pub sources: Vec<SourceOf>,
    /// The day on which it was added, UTC.
    pub added: Date,
    /// Who added it.
    pub by: String,
    /// Where it stands; no part of what it says.
    pub origin: Option<Origin>,
}

/// Where a pin stands is no part of it.
impl PartialEq for Pin {
    fn eq(&self, other: &Self) -> bool {
        let Self { tool, version, platform, url, size, sha256, archive, member, executable, .. } = self;
        let Self { mode, evidence, checksums, unsigned, sources, added, by, .. } = self;
        (tool, version, platform, url, size, sha256)
            == (&other.tool, &other.version, &other.platform, &other.url, &other.size, &other.sha256)
            && (archive, member, executable, mode)
                == (&other.archive, &other.member, &other.executable, &other.mode)
            && (evidence, checksums, unsigned, sources)
                == (&other.evidence, &other.checksums, &other.unsigned, &other.sources)
            && (added, by) == (&other.added, &other.by)
    }
}

impl Eq for Pin {}

impl Pin {
    pub(crate) fn key(&self) -> Key {
        (self.tool.clone(), self.version.clone(), self.platform.to_string())
    }
}

/// The executable itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Executable {
    /// Its SHA-256.
    pub sha256: Digest,
    /// Its length in bytes.
    pub size: u64,
}

/// Someone else who gives the same SHA-256.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceOf {
    /// Who keeps the list: two lists of one operator are one source.
    pub operator: String,
    /// Where the list is.
    pub at: String,
}

/// The mode of an installed executable: never writable by others than its owner, never setuid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mode(u16);

impl Mode {
    /// rwxr-xr-x.
    pub const PLAIN: Self = Self(0o755);

    /// Four octal digits, as `chmod` takes them.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 4 && text.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
        let bits = digits.then(|| u16::from_str_radix(text, 8).ok()).flatten()?;
        // Read and run by its owner, perhaps by others; written by its owner alone; setgid for `op`.
        let allowed = bits & !0o2755 == 0 && bits & 0o500 == 0o500;
        allowed.then_some(Self(bits))
    }

    /// The bits.
    pub const fn bits(self) -> u32 {
        self.0 as u32
    }

    /// Whether it runs with the rights of its group.
    pub const fn is_setgid(self) -> bool {
        self.0 & 0o2000 != 0
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04o}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_that_nobody_else_can_use() {
        for good in ["0755", "2755", "0555", "0700", "0750"] {
            assert_eq!(Mode::parse(good).unwrap().to_string(), good);
        }
        assert!(Mode::parse("2755").unwrap().is_setgid() && !Mode::PLAIN.is_setgid());
        assert_eq!(Mode::PLAIN.bits(), 0o755);
        for bad in ["", "755", "4755", "1755", "0775", "0757", "0644", "0300", "0855", "00755", "+755"] {
            assert_eq!(Mode::parse(bad), None, "{bad}");
        }
    }
}
