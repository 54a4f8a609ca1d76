//! What a work tree has committed or is about to: the paths in git's index, read without git.
//!
//! Source: git `Documentation/gitformat-index.adoc`, versions 2 to 4. An index that is split over two files says where the
//! rest is and not what, and is not read.

use std::path::{Path, PathBuf};

use super::place::Place;
use crate::files::{open_file, read_all};

/// Bytes of an index: a million files take about a hundred.
const MAX_BYTES: u64 = 256 << 20;

/// Bytes of an entry before its path, without its identifier: times, device, mode, owner, size, and flags.
const FIXED: usize = 40;
const FLAGS: usize = 2;

/// The flag of an entry with two more bytes of flags (version 3 and later).
const EXTENDED: u8 = 0x40;

/// Bytes of an identifier: SHA-1, SHA-256.
const IDENTIFIERS: [usize; 2] = [20, 32];

/// The index of a work tree.
#[derive(Debug)]
pub(crate) struct Index {
    /// The root of the work tree, without links.
    root: PathBuf,
    /// Paths from there; none: they are not known.
    paths: Option<Vec<String>>,
}

impl Index {
    /// That of the work tree around a directory, of which the paths are kept that have a name of these in them (without names: all); none if the directory
    /// lies in no work tree of git's.
    pub(crate) fn around(directory: &Path, names: &[&str]) -> Option<Self> {
        let place = Place::of(directory).ok()?;
        let wanted = |path: &str| names.is_empty() || path.split('/').any(|part| names.contains(&part));
        let paths = read(&place).ok().map(|paths| paths.into_iter().filter(|path| wanted(path)).collect());
        Some(Self { root: place.root, paths })
    }

    /// Whether it is that of a directory, which lies in no work tree inside of its own.
    pub(crate) fn is_of(&self, directory: &Path) -> bool {
        Place::of(directory).is_ok_and(|place| place.root == self.root)
    }

    /// Whether git has the file at this path, which is without links; none: that is not known.
    pub(crate) fn has(&self, file: &Path) -> Option<bool> {
        let paths = self.paths.as_ref().filter(|paths| !paths.is_empty())?;
        let below = file.strip_prefix(&self.root).ok()?.to_str()?;
        Some(paths.binary_search_by(|path| path.as_str().cmp(below)).is_ok())
    }

    /// The paths below a directory, from there; none: they are not known.
    pub(crate) fn below(&self, directory: &Path) -> Option<Vec<&str>> {
        let paths = self.paths.as_ref()?;
        let below = directory.strip_prefix(&self.root).ok()?.to_str()?;
        let inside = |path: &'_ String| path.strip_prefix(below).is_some_and(|rest| rest.starts_with('/'));
        Some(paths.iter().filter(|path| inside(path)).map(|path| &path[below.len() + 1..]).collect())
    }
}

fn read(place: &Place) -> Result<Vec<String>, String> {
    let mark = place.root.join(".git");
    let path = match place.stores() {
        Ok(stores) => stores.git_dir.join("index"),
        // A directory of this name in which there is no repository.
        Err(_) if mark.is_dir() && !mark.join("HEAD").exists() => return Ok(Vec::new()),
        Err(why) => return Err(why),
    };
    match open_file(&path).and_then(|file| read_all(file, MAX_BYTES)) {
        Ok(bytes) => all(&bytes),
        // Nothing was ever added.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error.to_string()),
    }
}

/// Every path. Those that are no UTF-8 have replacement characters, as the walk shows them.
fn all(bytes: &[u8]) -> Result<Vec<String>, String> {
    // Which of the two it is stands in the configuration: the wrong one does not come out even.
    let mut read = IDENTIFIERS.iter().map(|length| paths(bytes, *length));
    read.find(Result::is_ok).unwrap_or_else(|| paths(bytes, IDENTIFIERS[0]))
}

fn paths(bytes: &[u8], identifier: usize) -> Result<Vec<String>, String> {
    let broken = || "the index is not one that is known".to_owned();
    let number =
        |at: usize| -> Option<u32> { Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?)) };
    let (version, count) = number(4).zip(number(8)).ok_or_else(broken)?;
    if !bytes.starts_with(b"DIRC") || !(2..=4).contains(&version) {
        return Err(broken());
    }
    let (mut at, mut path, mut found) = (12, Vec::new(), Vec::new());
    for _ in 0..count {
        let flags = at + FIXED + identifier;
        let extended = bytes.get(flags).ok_or_else(broken)? & EXTENDED != 0;
        let start = flags + FLAGS + if extended { 2 } else { 0 };
        let next = if version == 4 {
            compressed(bytes, start, &mut path)
        } else {
            padded(bytes, (at, start), &mut path)
        };
        at = next.ok_or_else(broken)?;
        found.push(String::from_utf8_lossy(&path).into_owned());
    }
    extensions(bytes, at, identifier)?;
    Ok(found)
}

/// A path and its end, after which the next entry begins at a multiple of eight bytes from this one.
fn padded(bytes: &[u8], (entry, start): (usize, usize), path: &mut Vec<u8>) -> Option<usize> {
    let rest = bytes.get(start..)?;
    let length = rest.iter().position(|byte| *byte == 0)?;
    path.clear();
    path.extend_from_slice(&rest[..length]);
    (length > 0).then(|| entry + (start + length - entry + 8) / 8 * 8)
}

/// How much of the end of the path before goes, and what comes in its place.
fn compressed(bytes: &[u8], start: usize, path: &mut Vec<u8>) -> Option<usize> {
    let (mut at, mut cut) = (start, 0_usize);
    // The encoding of offsets in packs: each byte that goes on adds one.
    loop {
        let byte = *bytes.get(at)?;
        at += 1;
        cut = cut.checked_mul(128)?.checked_add(usize::from(byte & 0x7f))?;
        if byte & 0x80 == 0 {
            break;
        }
        cut = cut.checked_add(1)?;
    }
    path.truncate(path.len().checked_sub(cut)?);
    let rest = bytes.get(at..)?;
    let length = rest.iter().position(|byte| *byte == 0)?;
    path.extend_from_slice(&rest[..length]);
    (!path.is_empty()).then_some(at + length + 1)
}

/// Behind the entries: extensions up to the checksum. Those with a lower case name must be understood.
fn extensions(bytes: &[u8], mut at: usize, identifier: usize) -> Result<(), String> {
    let broken = || "the index is not one that is known".to_owned();
    let end = bytes.len().checked_sub(identifier).ok_or_else(broken)?;
    while at < end {
        let head = bytes.get(at..at + 8).ok_or_else(broken)?;
        match &head[..4] {
            b"link" => return Err("the index is split: git update-index --no-split-index".to_owned()),
            // Whole directories that are not there.
            b"sdir" => {}
            name if name[0].is_ascii_uppercase() => {}
            _ => return Err(broken()),
        }
        let length = head[4..].iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
        at = at.checked_add(8 + length).ok_or_else(broken)?;
    }
    if at == end { Ok(()) } else { Err(broken()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An index of these paths, all else of it zeros.
    fn index(version: u32, identifier: usize, paths: &[&str], extension: &[u8]) -> Vec<u8> {
        let count = u32::try_from(paths.len()).unwrap();
        let mut bytes = [b"DIRC".as_slice(), &version.to_be_bytes(), &count.to_be_bytes()].concat();
        let mut before = "";
        for path in paths {
            let start = bytes.len();
            bytes.extend(vec![0; FIXED + identifier]);
            let extended = version == 3 && path.len() % 2 == 0;
            bytes.extend([if extended { EXTENDED } else { 0 }, 0]);
            bytes.extend(vec![0; if extended { 2 } else { 0 }]);
            if version == 4 {
                let same = before.bytes().zip(path.bytes()).take_while(|(a, b)| a == b).count();
                let cut = before.len() - same;
                if cut >= 128 {
                    bytes.extend([
                        0x80 | u8::try_from((cut >> 7) - 1).unwrap(),
                        u8::try_from(cut & 0x7f).unwrap(),
                    ]);
                } else {
                    bytes.push(u8::try_from(cut).unwrap());
                }
                bytes.extend(&path.as_bytes()[same..]);
                bytes.push(0);
            } else {
                bytes.extend(path.as_bytes());
                bytes.push(0);
                bytes.resize(start + (bytes.len() - start).div_ceil(8) * 8, 0);
            }
            before = path;
        }
        bytes.extend(extension);
        bytes.extend(vec![7; identifier]);
        bytes
    }

    #[test]
    fn every_version_and_identifier() {
        let long = format!("b/{}", "x".repeat(300));
        let paths = ["a", "ab/c", "ab/cde", "ab/d/e.yaml", &long, "b/y", "z"];
        for version in 2..=4 {
            for identifier in IDENTIFIERS {
                let bytes = index(version, identifier, &paths, b"TREE\0\0\0\x02ab");
                assert_eq!(all(&bytes).unwrap(), paths, "version {version}, {identifier}");
                for cut in 0..bytes.len() {
                    // Never more than is there, and no panic.
                    assert!(all(&bytes[..cut]).is_err() || cut + 32 >= bytes.len());
                }
            }
        }
        assert!(all(&index(2, 20, &[], b"")).unwrap().is_empty());
    }

    #[test]
    fn paths_below_a_directory() {
        let paths = ["a/x", "ab/c", "ab/d/e.yaml", "abc/d"].map(str::to_owned).to_vec();
        let index = Index { root: "/r".into(), paths: Some(paths) };
        assert_eq!(index.below(Path::new("/r/ab")).unwrap(), ["c", "d/e.yaml"]);
        assert_eq!(index.below(Path::new("/elsewhere")), None);
        assert!(index.below(Path::new("/r/b")).unwrap().is_empty());
    }

    #[test]
    fn no_byte_makes_it_panic_or_grow() {
        for version in 2..=4 {
            let bytes = index(version, 20, &["a/b", "a/c", "d"], b"TREE\0\0\0\x02ab");
            for at in 0..bytes.len() {
                for with in [0x00, 0x01, 0x40, 0x7f, 0x80, 0xff] {
                    let mut changed = bytes.clone();
                    changed[at] = with;
                    let length = all(&changed).map_or(0, |paths| paths.iter().map(String::len).sum());
                    assert!(length <= 3 * bytes.len(), "byte {at} as {with}");
                }
            }
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert!(all(&index(2, 20, &["a"], b"link\0\0\0\0")).unwrap_err().contains("split"));
        assert!(all(&index(2, 20, &["a"], b"what\0\0\0\0")).is_err());
        assert!(all(&index(5, 20, &["a"], b"")).is_err());
        assert!(all(b"").is_err());
        assert!(all(&index(2, 20, &["a"], b"TREE\0\0\0\x09a")).is_err());
        let many = [b"DIRC\0\0\0\x02\xff\xff\xff\xff".as_slice(), &[0; 200]].concat();
        assert!(all(&many).is_err());
    }
}
