//! What a program carries of the lock that it was built from, in a section of its own.
//!
//! A section holds one record after another, of each crate that embedded something: [`MAGIC`], the length of the text (eight bytes,
//! little-endian), the text of a lock. Linkers may put zeros between them.

use std::mem::size_of;

use crate::{Lock, LockFailure, MAX_LOCK, Pin};

/// The section's name in ELF and PE; in Mach-O it is `__DATA,__pmpins`. PE cuts longer names.
pub const SECTION: &str = ".pmpins";

/// The section's name in Mach-O, within the segment `__DATA`.
pub const MACH_O_SECTION: &str = "__pmpins";

/// With what each record begins; the last byte is the version.
pub const MAGIC: &[u8; 16] = b"proofmark-pins\0\x01";

/// Why a section is not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EmbeddedError {
    /// It holds no record.
    #[error("the section {SECTION} holds nothing")]
    Empty,
    /// Bytes that belong to no record.
    #[error("the section {SECTION} is damaged at byte {0}")]
    Damaged(usize),
    /// More than a lock may hold.
    #[error("the section {SECTION} is longer than {MAX_LOCK} bytes")]
    Limit,
    /// A record that is no lock.
    #[error("the section {SECTION}: {0}")]
    Lock(LockFailure),
    /// Two crates embedded different things under one name.
    #[error("two parts of the program pin {tool} {version} differently")]
    Disagree {
        /// The tool.
        tool: String,
        /// Its version.
        version: String,
    },
}

impl Lock {
    /// One record with all pins, as a section holds it.
    pub fn to_section(&self) -> Vec<u8> {
        let text = self.to_text();
        let mut record = MAGIC.to_vec();
        record.extend((text.len() as u64).to_le_bytes());
        record.extend(text.as_bytes());
        record
    }

    /// The pins of all records of a section; `file` is what errors name.
    ///
    /// # Errors
    /// [`EmbeddedError`].
    pub fn from_section(section: &[u8], file: &str) -> Result<Self, EmbeddedError> {
        if section.len() > MAX_LOCK {
            return Err(EmbeddedError::Limit);
        }
        let (mut all, mut rest) = (Self::default(), section);
        let mut records = 0;
        loop {
            let zeros = rest.iter().take_while(|byte| **byte == 0).count();
            rest = rest.get(zeros..).unwrap_or_default();
            if rest.is_empty() {
                return if records == 0 { Err(EmbeddedError::Empty) } else { Ok(all) };
            }
            let damaged = || EmbeddedError::Damaged(section.len() - rest.len());
            let (text, after) = record(rest).ok_or_else(damaged)?;
            let lock = Self::parse(text, file).map_err(EmbeddedError::Lock)?;
            lock.pins().cloned().try_for_each(|pin| all.join(pin))?;
            records += 1;
            rest = after;
        }
    }

    /// A line of a section is no place that anyone could look at.
    fn join(&mut self, pin: Pin) -> Result<(), EmbeddedError> {
        let pin = Pin { origin: None, ..pin };
        let (tool, version) = (pin.tool.clone(), pin.version.clone());
        match self.pin(&tool, &version, &pin.platform) {
            Some(same) if *same != pin => Err(EmbeddedError::Disagree { tool, version }),
            _ => {
                self.insert(pin);
                Ok(())
            }
        }
    }
}

/// The text of the record that stands first, and what follows it.
fn record(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let (length, rest) = rest.split_first_chunk::<{ size_of::<u64>() }>()?;
    rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"version = 1

[[pin]]
tool = "op"
version = "2.30.0"
platform = "linux/amd64"
url = "https://tools.example/op"
sha256 = "6fba7f376b6c6dec49f41b06408930a43ad064cce103c6a2ce5b3d0413a86434"
archive = "none"
mode = "2755"
unsigned = "of a test"
added = 2026-11-27
by = "alice"
"#;

    fn lock(version: &str, by: &str) -> Lock {
        let text = TEXT.replace("2.30.0", version).replace("alice", by);
        Lock::parse(text.as_bytes(), "proofmark.lock").unwrap()
    }

    #[test]
    fn records_of_several_crates_are_one_lock() {
        let (one, other) = (lock("2.30.0", "alice"), lock("2.31.0", "alice"));
        assert_eq!(Lock::from_section(&one.to_section(), "app").unwrap(), one);
        let section = [one.to_section(), vec![0; 7], other.to_section(), one.to_section(), vec![0]].concat();
        let both = Lock::from_section(&section, "app").unwrap();
        assert_eq!(both.pins().map(|pin| &*pin.version).collect::<Vec<_>>(), ["2.30.0", "2.31.0"]);
    }

    #[test]
    fn what_is_damaged_is_told() {
        let good = lock("2.30.0", "alice").to_section();
        let read = |section: &[u8]| Lock::from_section(section, "app").unwrap_err();
        assert_eq!((read(&[]), read(&[0; 64])), (EmbeddedError::Empty, EmbeddedError::Empty));
        for cut in 1..good.len() {
            let error = read(&good[..cut]);
            assert_eq!(error, EmbeddedError::Damaged(0), "cut at {cut}");
        }
        let twice = [&good[..], b"x"].concat();
        assert_eq!(read(&twice), EmbeddedError::Damaged(good.len()));
        let mut longer = good.clone();
        longer[16..24].copy_from_slice(&u64::MAX.to_le_bytes());
        assert_eq!(read(&longer), EmbeddedError::Damaged(0));
        let mut text = good.clone();
        text[24] = b'?';
        assert!(matches!(read(&text), EmbeddedError::Lock(_)));
        let differs = [good, lock("2.30.0", "mallory").to_section()].concat();
        assert_eq!(
            read(&differs),
            EmbeddedError::Disagree { tool: "op".to_owned(), version: "2.30.0".to_owned() }
        );
        assert_eq!(read(&vec![1; MAX_LOCK + 1]), EmbeddedError::Limit);
    }
}
