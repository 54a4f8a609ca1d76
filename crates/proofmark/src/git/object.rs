//! The objects of git, as far as a file is looked up through them (git's `Documentation/gitformat-*`, `git-mktree`).

use proofmark_core::Digest;
use sha1::{Digest as _, Sha1};

/// The kind of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Commit,
    Tag,
    Tree,
    Blob,
}

impl Kind {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Tag => "tag",
            Self::Tree => "tree",
            Self::Blob => "blob",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::Commit, Self::Tag, Self::Tree, Self::Blob].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// What stands at a path of a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    Nothing,
    /// A regular file: its object.
    File(String),
    /// A directory: its object.
    Directory(String),
    /// A symbolic link: the object that holds where it leads.
    Link(String),
    /// A commit of another repository.
    Submodule,
    /// Something behind a link or submodule, which are not followed.
    Behind,
}

/// Bytes of an identifier of SHA-1, and of SHA-256.
const SHA1: usize = 20;
const SHA256: usize = 32;

/// Whether this is the whole identifier of an object: what nobody can move.
pub(super) fn is_id(text: &str) -> bool {
    (text.len() == SHA1 * 2 || text.len() == SHA256 * 2)
        && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// The identifier of an object: the hash of its header and its bytes (gitprotocol, "object name").
pub(super) fn id(kind: Kind, bytes: &[u8], id_bytes: usize) -> String {
    let header = format!("{} {}\0", kind.as_str(), bytes.len());
    if id_bytes == SHA256 {
        return Digest::sha256(&[header.as_bytes(), bytes].concat()).hex().to_owned();
    }
    let mut hash = Sha1::new();
    hash.update(header.as_bytes());
    hash.update(bytes);
    hex(&hash.finalize())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        for nibble in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(u32::from(nibble), 16));
        }
        text
    })
}

/// The identifier behind the first line's key, `tree` of a commit and `object` of a tag.
pub(super) fn header(bytes: &[u8], key: &str, length: usize) -> Option<String> {
    let line = bytes.split(|b| *b == b'\n').next()?;
    let value = line.strip_prefix(key.as_bytes())?.strip_prefix(b" ")?;
    let text = std::str::from_utf8(value).ok()?;
    (text.len() == length && is_id(text)).then(|| text.to_owned())
}

/// One line of a directory's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its name.
    pub(crate) name: Vec<u8>,
    /// What it is.
    pub(crate) node: Node,
    /// Its owner may run it.
    pub(crate) is_program: bool,
}

/// A directory's list: `MODE NAME\0ID` again and again. A name that stands twice makes it broken.
pub(super) fn entries(tree: &[u8], id_bytes: usize) -> Result<Vec<Entry>, &'static str> {
    const BROKEN: &str = "its list is broken";
    let mut rest = tree;
    let mut all: Vec<Entry> = Vec::new();
    let mut names = std::collections::BTreeSet::new();
    while !rest.is_empty() {
        let space = rest.iter().position(|b| *b == b' ').ok_or(BROKEN)?;
        let (mode, after) = rest.split_at_checked(space).ok_or(BROKEN)?;
        let after = after.get(1..).ok_or(BROKEN)?;
        let end = after.iter().position(|b| *b == 0).ok_or(BROKEN)?;
        let id = after.get(end + 1..end + 1 + id_bytes).ok_or(BROKEN)?;
        let name = after.get(..end).ok_or(BROKEN)?;
        if !names.insert(name) {
            return Err("a name stands twice in its list");
        }
        let node = node(mode, id).ok_or(BROKEN)?;
        all.push(Entry { name: name.to_vec(), node, is_program: mode == b"100755" });
        rest = after.get(end + 1 + id_bytes..).ok_or(BROKEN)?;
    }
    Ok(all)
}

fn node(mode: &[u8], id: &[u8]) -> Option<Node> {
    match mode {
        b"40000" | b"040000" => Some(Node::Directory(hex(id))),
        b"120000" => Some(Node::Link(hex(id))),
        b"160000" => Some(Node::Submodule),
        mode if mode.starts_with(b"100") => Some(Node::File(hex(id))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(tree: &[u8], name: &[u8], id_bytes: usize) -> Result<Node, &'static str> {
        let found = entries(tree, id_bytes)?.into_iter().find(|entry| entry.name == name);
        Ok(found.map_or(Node::Nothing, |entry| entry.node))
    }

    /// `git hash-object` says so.
    #[test]
    fn identifiers_are_gits() {
        assert_eq!(id(Kind::Blob, b"", SHA1), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
        assert_eq!(id(Kind::Tree, b"", SHA1), "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
        let empty = "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813";
        assert_eq!(id(Kind::Blob, b"", SHA256), empty);
        assert!(is_id(empty) && is_id(&empty[..40]));
        for other in ["main", &empty[..39], "E69DE29BB2D1D6434B8B29AE775AD8C2E48C5391"] {
            assert!(!is_id(other), "{other}");
        }
    }

    fn tree(entries: &[(&str, &str, u8)]) -> Vec<u8> {
        let one = |(mode, name, id): &(&str, &str, u8)| {
            [mode.as_bytes(), b" ", name.as_bytes(), b"\0", &[*id; SHA1]].concat()
        };
        entries.iter().flat_map(one).collect()
    }

    #[test]
    fn entries_are_found_by_their_whole_name() {
        let list = tree(&[
            ("100644", "a", 1),
            ("100755", "a.toml", 2),
            ("40000", "dir", 3),
            ("120000", "link", 4),
            ("160000", "sub", 5),
        ]);
        let of = |name: &str| entry(&list, name.as_bytes(), SHA1).unwrap();
        assert_eq!(of("a"), Node::File("01".repeat(20)));
        assert_eq!(of("a.toml"), Node::File("02".repeat(20)));
        assert_eq!(of("dir"), Node::Directory("03".repeat(20)));
        assert_eq!(of("link"), Node::Link("04".repeat(20)));
        assert_eq!((of("sub"), of("A")), (Node::Submodule, Node::Nothing));
        let programs: Vec<Vec<u8>> = entries(&list, SHA1)
            .unwrap()
            .into_iter()
            .filter(|one| one.is_program)
            .map(|one| one.name)
            .collect();
        assert_eq!(programs, [b"a.toml"]);
    }

    #[test]
    fn a_list_that_is_broken_names_nothing() {
        let twice = tree(&[("100644", "a", 1), ("100644", "a", 2)]);
        assert!(entry(&twice, b"a", SHA1).is_err());
        let whole = tree(&[("100644", "a", 1)]);
        for cut in 1..whole.len() {
            assert!(entry(&whole[..cut], b"b", SHA1).is_err(), "{cut}");
        }
        assert!(entry(&tree(&[("777", "a", 1)]), b"a", SHA1).is_err());
    }

    #[test]
    fn the_first_line_alone_names_a_tree() {
        let id = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391";
        assert_eq!(header(format!("tree {id}\nauthor x").as_bytes(), "tree", 40).as_deref(), Some(id));
        for bad in [
            format!("author x\ntree {id}"),
            "tree x".to_owned(),
            format!("tree {id}0"),
            format!("tree  {id}"),
        ] {
            assert_eq!(header(bad.as_bytes(), "tree", 40), None, "{bad}");
        }
    }
}
