//! Names of entries: what every program takes for the same place below one directory, or nothing.

use std::collections::BTreeMap;

use super::Caps;
use super::error::{Refused, UnpackError};

/// Bytes of one name.
pub(super) const MAX_NAME: usize = 4096;
/// Bytes of all names together.
const MAX_NAMES: usize = 16 << 20;

/// Whether this is a member's path as the lock and recipes write it: relative, without `.`, `..` and what programs read differently.
pub fn is_member_name(text: &str) -> bool {
    plain(text.as_bytes()).is_ok_and(|plain| plain == text && !text.is_empty())
}

/// A name without `./` and the slash of a directory.
fn plain(bytes: &[u8]) -> Result<String, Refused> {
    let text = std::str::from_utf8(bytes).map_err(|_| Refused::Name)?;
    if text.len() > MAX_NAME || text.chars().any(|c| c == '\\' || c.is_control()) {
        return Err(Refused::Name);
    }
    let drive = text.as_bytes().get(1) == Some(&b':');
    if text.starts_with('/') || drive {
        return Err(Refused::Absolute);
    }
    let inner = text.strip_suffix('/').unwrap_or(text);
    let mut parts = Vec::new();
    for part in inner.split('/') {
        match part {
            ".." => return Err(Refused::Parent),
            "" if !inner.is_empty() => return Err(Refused::Name),
            "" | "." => {}
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}

/// What an entry is, as far as it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Directory,
}

/// All names of an archive, each once.
pub(super) struct Names<'a> {
    member: &'a str,
    seen: BTreeMap<String, Kind>,
    bytes: usize,
    entries: usize,
    most: usize,
}

impl<'a> Names<'a> {
    pub(super) fn new(member: &'a str, caps: &Caps) -> Self {
        Self { member, seen: BTreeMap::new(), bytes: 0, entries: 0, most: caps.entries }
    }

    /// Whether this entry is the one that is looked for.
    pub(super) fn take(&mut self, name: &[u8], kind: Kind) -> Result<bool, UnpackError> {
        self.entries += 1;
        self.bytes = self.bytes.saturating_add(name.len());
        if self.entries > self.most {
            return Err(UnpackError::Limit(format!("the archive has more than {} entries", self.most)));
        }
        if self.bytes > MAX_NAMES {
            return Err(UnpackError::Limit("the archive's names are too long together".to_owned()));
        }
        let plain = plain(name).map_err(|why| refused(name, why))?;
        if kind == Kind::File && plain.is_empty() {
            return Err(refused(name, Refused::Name));
        }
        let found = kind == Kind::File && plain == self.member;
        match self.seen.insert(plain, kind) {
            None => Ok(found),
            Some(Kind::Directory) if kind == Kind::Directory => Ok(found),
            Some(_) => Err(refused(name, Refused::Duplicate)),
        }
    }

    /// The error for a member that did not come.
    pub(super) fn missing(&self) -> UnpackError {
        let base = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        let wanted = base(self.member);
        let same = |(path, kind): &(&String, &Kind)| **kind == Kind::File && base(path) == wanted;
        let elsewhere = self.seen.iter().filter(same).map(|(path, _)| path.clone()).take(3).collect();
        UnpackError::Missing { member: self.member.to_owned(), elsewhere }
    }
}

pub(super) fn refused(name: &[u8], why: Refused) -> UnpackError {
    let entry = name.get(..MAX_NAME).unwrap_or(name);
    UnpackError::Refused { entry: String::from_utf8_lossy(entry).into_owned(), why }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_mean_one_place() {
        assert_eq!(plain(b"bin/op"), Ok("bin/op".to_owned()));
        assert_eq!(plain(b"./bin/./op/"), Ok("bin/op".to_owned()));
        assert_eq!(plain(b"./"), Ok(String::new()));
        for (name, why) in [
            (&b"/bin/op"[..], Refused::Absolute),
            (b"C:/op", Refused::Absolute),
            (b"c:op", Refused::Absolute),
            (b"../op", Refused::Parent),
            (b"bin/../../op", Refused::Parent),
            (b"bin/..", Refused::Parent),
            (b"bin//op", Refused::Name),
            (b"bin\\op", Refused::Name),
            (b"..\\op", Refused::Name),
            (b"op\0x", Refused::Name),
            (b"op\n", Refused::Name),
            (b"\xff", Refused::Name),
        ] {
            assert_eq!(plain(name), Err(why), "{}", String::from_utf8_lossy(name));
        }
        assert!(
            is_member_name("bin/op")
                && !is_member_name("./op")
                && !is_member_name("")
                && !is_member_name("op/")
        );
    }
}
