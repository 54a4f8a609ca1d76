//! What was approved on this machine: everything that a file loads, and what it does, to be compared with what it is later.

use std::path::{Path, PathBuf};

use proofmark_core::{Digest, Timestamp, closure_digest};
use proofmark_envrc::closure::{Closure, Content, Member, MemberKind};
use serde::{Deserialize, Serialize};

use crate::environment::Environment;
use crate::failure::Failure;
use crate::files::{Readers, open_file, read_all, write_atomically};
use crate::state;

/// Bytes of a record.
const MAX_RECORD: u64 = 8 << 20;

/// The form of the file.
const VERSION: u32 = 1;

/// One approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    version: u32,
    /// The file, as direnv names it.
    file: String,
    /// When it was approved.
    pub(crate) approved: Timestamp,
    /// The digest of the members.
    pub(crate) closure: String,
    /// Path, kind and content of each.
    members: Vec<[String; 3]>,
    /// What the file did, in words.
    pub(crate) abilities: Vec<String>,
}

impl Record {
    /// An approval now.
    pub(crate) fn new(file: &str, closure: &Closure, abilities: Vec<String>, approved: Timestamp) -> Self {
        let member = |one: &Member| [one.path.clone(), one.kind.as_str().to_owned(), one.content.to_string()];
        Self {
            version: VERSION,
            file: file.to_owned(),
            approved,
            closure: closure.digest().to_string(),
            members: closure.members.iter().map(member).collect(),
            abilities,
        }
    }

    /// What was approved for a file; none if nothing was.
    pub(crate) fn read(file: &str, environment: &Environment) -> Result<Option<Self>, Failure> {
        let path = path_of(file, environment)?;
        let damaged = |why: &str| state::unusable(&path, &format!("it is damaged: {why}"));
        let bytes = match open_file(&path).and_then(|file| read_all(file, MAX_RECORD)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(state::unusable(&path, &error.to_string())),
        };
        let record: Self = serde_json::from_slice(&bytes).map_err(|error| damaged(&error.to_string()))?;
        if record.version != VERSION {
            return Err(damaged(&format!("version {} is not known", record.version)));
        }
        let texts = record.members.iter().map(|[path, kind, content]| [path.as_str(), kind, content]);
        if record.file != file
            || closure_digest(texts).to_string() != record.closure
            || record.members().is_none()
        {
            return Err(damaged("it is not what was written"));
        }
        Ok(Some(record))
    }

    /// Keeps it.
    pub(crate) fn write(&self, environment: &Environment) -> Result<(), Failure> {
        let path = path_of(&self.file, environment)?;
        let failed = |why: &dyn std::fmt::Display| state::unusable(&path, &why.to_string());
        let text = serde_json::to_string_pretty(self).map_err(|error| failed(&error))? + "\n";
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).map_err(|error| failed(&error))?;
        write_atomically(&path, text.as_bytes(), Readers::Owner).map_err(|error| failed(&error))
    }

    /// What was loaded; `None` for one that this program would not write.
    pub(crate) fn members(&self) -> Option<Vec<Member>> {
        let member = |[path, kind, content]: &[String; 3]| {
            let (kind, content) = (MemberKind::parse(kind)?, Content::parse(content)?);
            Some(Member { path: path.clone(), kind, content })
        };
        self.members.iter().map(member).collect()
    }
}

/// One file for each path: two approvals of one file cannot stand beside one another.
fn path_of(file: &str, environment: &Environment) -> Result<PathBuf, Failure> {
    let name = format!("{}.json", Digest::sha256(file.as_bytes()).hex());
    Ok(state::directory(environment)?.join("envrc").join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world() -> (tempfile::TempDir, Environment, Record) {
        let dir = tempfile::tempdir().unwrap();
        let environment = Environment { state_home: Some(dir.path().to_owned()), ..Environment::default() };
        let content = Content::Is(Digest::sha256(b"x"));
        let member = Member { path: ".envrc".to_owned(), kind: MemberKind::Envrc, content };
        let closure = Closure { members: vec![member], ..Closure::default() };
        let record = Record::new("/w/.envrc", &closure, vec!["runs x".to_owned()], Timestamp::UNIX_EPOCH);
        (dir, environment, record)
    }

    #[test]
    fn what_is_written_comes_back() {
        let (_dir, environment, record) = world();
        assert_eq!(Record::read("/w/.envrc", &environment).unwrap(), None);
        record.write(&environment).unwrap();
        assert_eq!(Record::read("/w/.envrc", &environment).unwrap(), Some(record.clone()));
        assert_eq!(Record::read("/w/x/.envrc", &environment).unwrap(), None);
        assert_eq!(record.members().unwrap().len(), 1);
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "reads what was written")]
    fn what_was_edited_is_no_approval() {
        let (_dir, environment, record) = world();
        record.write(&environment).unwrap();
        let path = path_of("/w/.envrc", &environment).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let other = Digest::sha256(b"y").to_string();
        for edited in [
            text.replace(&Digest::sha256(b"x").to_string(), &other),
            text.replace("\"version\": 1", "\"version\": 2"),
            text.replace("\"version\": 1", "\"version\": 1, \"version\": 1"),
            text.replace("/w/.envrc", "/v/.envrc"),
            text.replace("\"abilities\"", "\"more\": 1, \"abilities\""),
            text[..text.len() / 2].to_owned(),
        ] {
            assert_ne!(edited, text);
            write_atomically(&path, edited.as_bytes(), Readers::Owner).unwrap();
            assert_eq!(
                Record::read("/w/.envrc", &environment).unwrap_err().code,
                "state-unusable",
                "{edited}"
            );
        }
    }
}
