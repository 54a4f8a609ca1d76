//! Files in memory, by the paths that members have.

use std::collections::BTreeMap;

use proofmark_core::Digest;
use proofmark_envrc::closure::{Ground, Held};
use proofmark_envrc::{FileAnswer, Files};

pub(crate) type Disk = BTreeMap<String, String>;

/// A folder of a disk: empty, `..`, `../..`.
pub(crate) struct Memory<'a> {
    pub(crate) disk: &'a Disk,
    pub(crate) failed: &'a [String],
    pub(crate) folder: String,
}

impl Memory<'_> {
    fn key(&self, path: &str) -> String {
        let path = if path == "." { "" } else { path };
        if path.starts_with(['/', '~']) {
            return path.to_owned();
        }
        let steps = self.folder.split('/').filter(|part| *part == "..").count();
        let steps = steps + path.split('/').filter(|part| *part == "..").count();
        let rest: Vec<&str> = path.split('/').filter(|part| !matches!(*part, ".." | "")).collect();
        format!("{}{}", "../".repeat(steps), rest.join("/"))
    }

    fn is_folder(&self, key: &str) -> bool {
        self.disk.keys().any(|file| file.starts_with(&format!("{key}/")))
    }
}

impl Files for Memory<'_> {
    fn read(&self, path: &str) -> FileAnswer {
        match self.held(path) {
            Held::File(_) => FileAnswer::Bytes(self.disk[&self.key(path)].clone().into_bytes()),
            Held::Absent => FileAnswer::Absent,
            Held::Folder => FileAnswer::Folder,
            Held::Failed(_) => FileAnswer::Refused,
        }
    }
}

impl Ground for Memory<'_> {
    fn held(&self, path: &str) -> Held {
        let key = self.key(path);
        if self.failed.contains(&key) {
            return Held::Failed("it cannot be read".to_owned());
        }
        match self.disk.get(&key) {
            Some(text) => Held::File(Digest::sha256(text.as_bytes())),
            None if self.is_folder(&key) => Held::Folder,
            None => Held::Absent,
        }
    }

    fn names(&self, path: &str, programs: bool) -> Result<Option<Vec<String>>, String> {
        let key = self.key(path);
        let start = if key.is_empty() || key.ends_with("../") { key.clone() } else { format!("{key}/") };
        let inside = |(file, text): (&String, &String)| {
            let name =
                file.strip_prefix(&start).filter(|name| !name.contains('/') && !name.starts_with('~'))?;
            (!programs || text.starts_with("#!")).then(|| name.to_owned())
        };
        let names: Vec<String> = self.disk.iter().filter_map(inside).collect();
        Ok((self.is_folder(&key) || !names.is_empty()).then_some(names))
    }

    fn covers(&self, _: &str) -> bool {
        true
    }

    fn above(&self) -> usize {
        2
    }

    fn at(&self, steps: usize) -> Option<Box<dyn Ground + '_>> {
        let folder = [self.folder.as_str(), &"../".repeat(steps)].concat();
        Some(Box::new(Memory { folder, ..*self }))
    }

    fn bytes_above(&self, steps: usize, name: &str) -> Option<Vec<u8>> {
        let key = self.key(&format!("{}{name}", "../".repeat(steps)));
        self.disk.get(&key).map(|text| text.clone().into_bytes())
    }
}
