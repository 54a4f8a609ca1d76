//! What is remembered of an executable that was accepted, and when it may be believed.

use std::fmt::Write as _;

use proofmark_core::{Algorithm, Digest, Timestamp};

use super::opened::Identity;

/// Seconds that must lie between the last change of a file and its hashing. A change within one tick of the file system's clock would leave
/// the same times (git's racy-git.txt; two seconds is FAT's tick, the coarsest there is).
const SETTLED: i64 = 2;

/// Seconds after which a file is hashed, and its signatures are verified, again: keys end, and what is believed ends with them.
const MAX_AGE: i64 = 24 * 60 * 60;

const HEAD: &str = "proofmark-exec/1";

/// Bytes of a record; a longer file is none.
pub(super) const MAX_RECORD: usize = 1024;

/// A file that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) identity: Identity,
    /// The SHA-256 of its bytes.
    pub(super) sha256: Digest,
    /// What it was judged by: the pin, and what the caller judges by beside it.
    pub(super) basis: Digest,
    /// When hashing began, in seconds since 1970.
    pub(super) hashed: i64,
}

impl Record {
    /// What may be remembered; `None` where the file was changed too shortly before, or after.
    pub(super) fn new(identity: Identity, sha256: Digest, basis: Digest, hashed: Timestamp) -> Option<Self> {
        let record = Self { identity, sha256, basis, hashed: hashed.as_second() };
        record.is_settled().then_some(record)
    }

    fn is_settled(&self) -> bool {
        // A part of a second counts for nothing.
        let last = self.identity.changed.0.max(self.identity.modified.0).saturating_add(1);
        self.hashed.saturating_sub(last) >= SETTLED
    }

    /// Whether it speaks of this file as it is, and may be believed at this time.
    pub(super) fn answers(&self, identity: &Identity, now: Timestamp) -> bool {
        let age = now.as_second().saturating_sub(self.hashed);
        self.identity == *identity && self.is_settled() && (0..=MAX_AGE).contains(&age)
    }

    pub(super) fn to_text(&self) -> String {
        let Self { identity, sha256, basis, hashed } = self;
        let Identity { device, inode, size, modified, changed } = identity;
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "{HEAD}\ndevice {device}\ninode {inode}\nsize {size}\nmodified {} {}\nchanged {} {}\nsha256 {}\nbasis {}\n\
             hashed {hashed}\n",
            modified.0,
            modified.1,
            changed.0,
            changed.1,
            sha256.hex(),
            basis.hex()
        );
        text
    }

    /// Reads exactly what [`Record::to_text`] writes; anything else is no record.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_prefix(HEAD)?.lines().skip(1);
        let mut value = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ');
        let pair = |text: &str| {
            let (seconds, nanoseconds) = text.split_once(' ')?;
            Some((seconds.parse().ok()?, nanoseconds.parse().ok()?))
        };
        let digest = |hex: &str| Digest::parse(&format!("{}:{hex}", Algorithm::Sha256.as_str())).ok();
        let record = Self {
            identity: Identity {
                device: value("device")?.parse().ok()?,
                inode: value("inode")?.parse().ok()?,
                size: value("size")?.parse().ok()?,
                modified: pair(value("modified")?)?,
                changed: pair(value("changed")?)?,
            },
            sha256: digest(value("sha256")?)?,
            basis: digest(value("basis")?)?,
            hashed: value("hashed")?.parse().ok()?,
        };
        (record.to_text() == text).then_some(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn identity(changed: i64) -> Identity {
        Identity { device: 1, inode: 2, size: 3, modified: (changed - 5, 6), changed: (changed, 7) }
    }

    fn record(changed: i64, hashed: i64) -> Option<Record> {
        let (sha256, basis) = (Digest::sha256(b"file"), Digest::sha256(b"basis"));
        Record::new(identity(changed), sha256, basis, at(hashed))
    }

    #[test]
    fn a_record_comes_back_as_it_was_and_nothing_else_is_one() {
        let record = record(NOW - 100, NOW).unwrap();
        let text = record.to_text();
        assert!(text.len() < MAX_RECORD);
        assert_eq!(Record::parse(&text), Some(record));
        for at in 0..text.len() {
            // Cut, with a byte more, and with a line less.
            assert_eq!(Record::parse(&text[..at]), None, "{at}");
        }
        for other in [
            text.clone() + "\n",
            text.replace("inode 2", "inode 02"),
            text.replace("inode 2", "inode +2"),
            text.replace("device", "Device"),
            text.replace("exec/1", "exec/2"),
            text.replace('\n', "\r\n"),
            text.lines().rev().collect::<Vec<_>>().join("\n"),
        ] {
            assert_eq!(Record::parse(&other), None, "{other}");
        }
    }

    #[test]
    fn a_file_that_was_just_changed_is_not_remembered() {
        assert!(record(NOW - 3, NOW).is_some());
        assert!(record(NOW - 2, NOW).is_none(), "it may have been changed at the end of that second");
        assert!(record(NOW, NOW).is_none());
        assert!(record(NOW + 60, NOW).is_none(), "a clock that went back");
        let mut late = identity(NOW - 100);
        late.modified.0 = NOW;
        assert!(Record::new(late, Digest::sha256(b""), Digest::sha256(b""), at(NOW)).is_none());
    }

    #[test]
    fn a_racy_record_that_somebody_wrote_is_not_believed() {
        let mut forged = record(NOW - 100, NOW).unwrap();
        forged.hashed = NOW - 99;
        assert!(!forged.answers(&identity(NOW - 100), at(NOW)));
    }

    #[test]
    fn every_part_of_the_identity_counts() {
        let record = record(NOW - 100, NOW).unwrap();
        let same = identity(NOW - 100);
        assert!(record.answers(&same, at(NOW)));
        let changes: [fn(&mut Identity); 7] = [
            |it| it.device += 1,
            |it| it.inode += 1,
            |it| it.size += 1,
            |it| it.modified.0 += 1,
            |it| it.modified.1 += 1,
            |it| it.changed.0 += 1,
            |it| it.changed.1 += 1,
        ];
        for (at_change, change) in changes.iter().enumerate() {
            let mut other = same;
            change(&mut other);
            assert!(!record.answers(&other, at(NOW)), "{at_change}");
        }
    }

    #[test]
    fn a_record_is_believed_for_a_day_and_never_before_it_was_made() {
        let record = record(NOW - 100, NOW).unwrap();
        let same = identity(NOW - 100);
        assert!(record.answers(&same, at(NOW + MAX_AGE)));
        assert!(!record.answers(&same, at(NOW + MAX_AGE + 1)));
        assert!(!record.answers(&same, at(NOW - 1)));
    }
}
