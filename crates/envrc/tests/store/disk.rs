//! A disk in memory.

use std::collections::BTreeMap;

use proofmark_envrc::store::{Disk, DiskAnswer, FileFacts, FileKind};

/// One thing on the disk.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) facts: FileFacts,
    pub(crate) bytes: Vec<u8>,
    /// Where a link leads.
    pub(crate) to: String,
    /// Why it cannot be looked at.
    pub(crate) failed: Option<String>,
}

/// Absolute paths, with the folders above them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory(pub(crate) BTreeMap<String, Node>);

pub(crate) const USER: u32 = 1000;

impl Node {
    pub(crate) fn file(bytes: &[u8]) -> Self {
        let facts = FileFacts { kind: FileKind::File, owner: USER, mode: 0o644 };
        Self { facts, bytes: bytes.to_vec(), to: String::new(), failed: None }
    }

    fn folder(path: &str) -> Self {
        let (owner, mode) = match path {
            "/tmp" => (0, 0o1777),
            "/" | "/home" => (0, 0o755),
            _ => (USER, 0o755),
        };
        Self { facts: FileFacts { kind: FileKind::Folder, owner, mode }, ..Self::file(b"") }
    }
}

impl Memory {
    pub(crate) fn add(&mut self, path: &str, node: Node) {
        let ends = path.match_indices('/').map(|(at, _)| at.max(1));
        for folder in ends.map(|end| &path[..end]).filter(|folder| *folder != path) {
            self.0.entry(folder.to_owned()).or_insert_with(|| Node::folder(folder));
        }
        self.0.insert(path.to_owned(), node);
    }

    fn at(&self, path: &[u8], follow: bool) -> DiskAnswer<&Node> {
        let mut path = String::from_utf8(path.to_vec()).unwrap();
        for _ in 0..8 {
            match self.0.get(&path) {
                None => return DiskAnswer::Absent,
                Some(Node { failed: Some(why), .. }) => return DiskAnswer::Failed(why.clone()),
                Some(node) if follow && node.facts.kind == FileKind::Link => path.clone_from(&node.to),
                Some(node) => return DiskAnswer::Is(node),
            }
        }
        DiskAnswer::Failed("too many links".to_owned())
    }
}

impl Disk for Memory {
    fn list(&self, folder: &[u8], max: usize) -> DiskAnswer<Vec<Vec<u8>>> {
        let start = format!("{}/", String::from_utf8_lossy(folder));
        let names: Vec<Vec<u8>> = self
            .0
            .keys()
            .filter_map(|path| path.strip_prefix(&start))
            .filter(|name| !name.contains('/'))
            .map(|name| name.as_bytes().to_vec())
            .collect();
        if names.len() > max { DiskAnswer::Failed("too many".to_owned()) } else { DiskAnswer::Is(names) }
    }

    fn facts(&self, path: &[u8], follow: bool) -> DiskAnswer<FileFacts> {
        match self.at(path, follow) {
            DiskAnswer::Is(node) => DiskAnswer::Is(node.facts),
            DiskAnswer::Absent => DiskAnswer::Absent,
            DiskAnswer::Failed(why) => DiskAnswer::Failed(why),
        }
    }

    /// Links stand for whole paths here.
    fn real(&self, path: &[u8]) -> DiskAnswer<Vec<u8>> {
        let mut path = String::from_utf8(path.to_vec()).unwrap();
        for _ in 0..8 {
            match self.0.get(&path) {
                None => return DiskAnswer::Absent,
                Some(node) if node.facts.kind == FileKind::Link => path.clone_from(&node.to),
                Some(_) => return DiskAnswer::Is(path.into_bytes()),
            }
        }
        DiskAnswer::Failed("too many links".to_owned())
    }

    fn read(&self, path: &[u8], max: u64) -> DiskAnswer<Vec<u8>> {
        match self.at(path, true) {
            DiskAnswer::Is(node) if node.facts.kind != FileKind::File => {
                DiskAnswer::Failed("it is no regular file".to_owned())
            }
            DiskAnswer::Is(node) if u64::try_from(node.bytes.len()).unwrap() > max => {
                DiskAnswer::Failed("it is too long".to_owned())
            }
            DiskAnswer::Is(node) => DiskAnswer::Is(node.bytes.clone()),
            DiskAnswer::Absent => DiskAnswer::Absent,
            DiskAnswer::Failed(why) => DiskAnswer::Failed(why),
        }
    }
}
