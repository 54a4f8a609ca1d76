//! What a closure consists of.

use std::fmt;

use proofmark_core::{Digest, MEMBER_KINDS, closure_digest, is_integrity};

/// What a member is to the file that loads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MemberKind {
    /// The file itself.
    Envrc,
    /// Read by the shell: `source`, `source_env`, `bash FILE`.
    Script,
    /// Read by `dotenv`.
    Variables,
    /// Read by `source_up`, and looked for on the way up.
    Above,
    /// Run, by its path or by its name out of a folder of `PATH`.
    Program,
    /// A folder of `PATH`, or one whose files are loaded by a pattern: the names in it.
    Folder,
    /// What another program takes its commands from: `flake.nix`, `Makefile`, `package.json`.
    Recipe,
    /// Read before every `.envrc`.
    Startup,
    /// Fetched, with a hash that the file itself names.
    Download,
}

impl MemberKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Envrc,
        Self::Script,
        Self::Variables,
        Self::Above,
        Self::Program,
        Self::Folder,
        Self::Recipe,
        Self::Startup,
        Self::Download,
    ];

    /// The word for it in a lock.
    pub const fn as_str(self) -> &'static str {
        MEMBER_KINDS[self as usize]
    }

    /// The kind of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// What a member holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Content {
    /// There is nothing at its path.
    Absent,
    /// The SHA-256 of its bytes; of a folder that of its names.
    Is(Digest),
    /// Of a download: the integrity that must hold, as the file names it.
    Promised(String),
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("absent"),
            Self::Is(digest) => digest.fmt(f),
            Self::Promised(integrity) => f.write_str(integrity),
        }
    }
}

impl Content {
    /// What a text of a lock says; `None` for a text that says nothing.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "absent" {
            return Some(Self::Absent);
        }
        if text.starts_with("sha256:") {
            return Digest::parse(text).ok().map(Self::Is);
        }
        is_integrity(text).then(|| Self::Promised(text.to_owned()))
    }
}

/// One member.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// Its path, from the folder of the file; of a download its address.
    pub path: String,
    /// What it is.
    pub kind: MemberKind,
    /// What it holds.
    pub content: Content,
}

/// A member whose content cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unheld {
    /// Its path.
    pub path: String,
    /// Why.
    pub why: String,
}

/// Everything that a file makes the shell load.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Closure {
    /// Sorted by path and kind, each once.
    pub members: Vec<Member>,
    /// What is loaded and is no member: what it is, for people.
    pub open: Vec<String>,
    /// Members that could not be read: the closure is then not known.
    pub unheld: Vec<Unheld>,
}

impl Closure {
    /// The digest of the whole.
    pub fn digest(&self) -> Digest {
        let texts: Vec<String> = self.members.iter().map(|member| member.content.to_string()).collect();
        let rows = self.members.iter().zip(&texts);
        closure_digest(rows.map(|(member, text)| [member.path.as_str(), member.kind.as_str(), text]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back() {
        for kind in MemberKind::ALL {
            assert_eq!(MemberKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!((MemberKind::Envrc.as_str(), MemberKind::Above.as_str()), ("envrc", "above"));
        assert_eq!((MemberKind::Folder.as_str(), MemberKind::Download.as_str()), ("folder", "download"));
        assert_eq!(MemberKind::parse("Envrc"), None);
        let digest = format!("sha256:{}", "ab".repeat(32));
        for text in ["absent", digest.as_str(), "sha256-AAAA/_+=", "sha512-x"] {
            assert_eq!(Content::parse(text).unwrap().to_string(), text);
        }
        for bad in ["", "Absent", "sha256:00", "sha256-", "md5-x", "sha256-a b"] {
            assert_eq!(Content::parse(bad), None, "{bad}");
        }
    }
}
