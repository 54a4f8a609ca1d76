//! The folder of an `.envrc` in a revision: nothing of it comes from the work tree.

use std::cell::RefCell;

use proofmark_core::Digest;
use proofmark_envrc::closure::{Ground, Held};
use proofmark_envrc::{Facts, FileAnswer, Files};

use crate::git::{Node, Revision, Trouble};

/// Bytes of a member.
const MAX_MEMBER: u64 = 64 << 20;
/// Bytes of where a link leads.
const MAX_LINK: u64 = 4096;
/// Links behind one another.
const MAX_LINKS: usize = 8;

/// What stands at a path, links of the tree followed.
enum Stands {
    Node(Node),
    /// A link, or a step, that leads out of the tree.
    Out,
}

/// One folder of a revision.
pub(crate) struct RevisionGround<'a> {
    revision: &'a Revision,
    /// From the root; empty is the root.
    folder: String,
    most: u64,
    /// What could not be read: the answers are then none.
    trouble: &'a RefCell<Option<Trouble>>,
}

impl<'a> RevisionGround<'a> {
    /// The folder at a path from the root.
    pub(crate) fn new(
        revision: &'a Revision,
        folder: &str,
        most: u64,
        trouble: &'a RefCell<Option<Trouble>>,
    ) -> Self {
        Self { revision, folder: folder.to_owned(), most, trouble }
    }

    /// From the root, without `.` and `..`; `None` where it leads out.
    fn whole(&self, path: &str) -> Option<String> {
        below(&self.folder, path)
    }

    fn stands(&self, path: &str) -> Result<Stands, Trouble> {
        let Some(mut path) = self.whole(path) else { return Ok(Stands::Out) };
        for _ in 0..MAX_LINKS {
            match self.step(&path)? {
                Ok(node) => return Ok(Stands::Node(node)),
                Err(Some(leads)) => path = leads,
                Err(None) => break,
            }
        }
        Ok(Stands::Out)
    }

    /// What stands there, or where the first link on the way leads.
    #[allow(clippy::type_complexity, reason = "a path, or the way on, or the way out")]
    fn step(&self, path: &str) -> Result<Result<Node, Option<String>>, Trouble> {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        for at in 1..=parts.len() {
            let prefix = parts.get(..at).unwrap_or_default().join("/");
            match self.revision.node(&prefix)? {
                Node::Link(id) => {
                    let bytes = self.revision.blob(&id, MAX_LINK)?;
                    let Ok(target) = String::from_utf8(bytes) else { return Ok(Err(None)) };
                    let folder = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
                    let rest = parts.get(at..).unwrap_or_default().join("/");
                    let leads = if target.starts_with('/') {
                        None
                    } else {
                        below(folder, &format!("{target}/{rest}"))
                    };
                    return Ok(Err(leads));
                }
                node if at == parts.len() => return Ok(Ok(node)),
                _ => {}
            }
        }
        self.revision.node("").map(Ok)
    }

    /// The answer, or nothing and the trouble kept.
    fn kept<T>(&self, answer: Result<T, Trouble>) -> Option<T> {
        match answer {
            Ok(answer) => Some(answer),
            Err(trouble) => {
                self.trouble.borrow_mut().get_or_insert(trouble);
                None
            }
        }
    }

    /// The bytes of a file; `None` for one that is larger.
    fn blob(&self, id: &str, max: u64) -> Option<Vec<u8>> {
        match self.revision.blob(id, max) {
            Err(Trouble::TooLarge(_)) => None,
            answer => self.kept(answer),
        }
    }
}

/// A path from a folder, without `.` and `..`; `None` where it leads out of the tree.
fn below(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

impl Files for RevisionGround<'_> {
    fn read(&self, path: &str) -> FileAnswer {
        match self.kept(self.stands(path)) {
            Some(Stands::Node(Node::File(id))) => {
                self.blob(&id, self.most).map_or(FileAnswer::Refused, FileAnswer::Bytes)
            }
            Some(Stands::Node(Node::Directory(_))) => FileAnswer::Folder,
            Some(Stands::Node(Node::Nothing)) => FileAnswer::Absent,
            _ => FileAnswer::Refused,
        }
    }

    fn facts(&self, path: &str) -> Facts {
        let stands = self.kept(self.stands(path));
        let exists = !matches!(stands, None | Some(Stands::Node(Node::Nothing)));
        Facts { exists, leads_out: matches!(stands, Some(Stands::Out)), ..Facts::default() }
    }

    fn listed(&self, folder: &str) -> Vec<String> {
        let mut names = self.names(folder, false).ok().flatten().unwrap_or_default();
        names.sort_unstable();
        names
    }
}

impl Ground for RevisionGround<'_> {
    fn held(&self, path: &str) -> Held {
        let failed = |why: &str| Held::Failed(why.to_owned());
        match self.kept(self.stands(path)) {
            None => failed("the revision cannot be read"),
            Some(Stands::Out) => failed("it is a link that leads out of the repository"),
            Some(Stands::Node(Node::Nothing | Node::Behind)) => Held::Absent,
            Some(Stands::Node(Node::Directory(_))) => Held::Folder,
            Some(Stands::Node(Node::Submodule | Node::Link(_))) => {
                failed("it is a commit of another repository")
            }
            Some(Stands::Node(Node::File(id))) => self
                .blob(&id, MAX_MEMBER)
                .map_or_else(|| failed("it is too large"), |bytes| Held::File(Digest::sha256(&bytes))),
        }
    }

    fn names(&self, path: &str, programs: bool) -> Result<Option<Vec<String>>, String> {
        let Some(Stands::Node(Node::Directory(tree))) = self.kept(self.stands(path)) else { return Ok(None) };
        let Some(entries) = self.kept(self.revision.entries(&tree)) else {
            return Err("the revision cannot be read".to_owned());
        };
        let mut names = Vec::new();
        for entry in entries.iter() {
            let wanted = match entry.node {
                Node::File(_) => !programs || entry.is_program,
                Node::Link(_) => true,
                _ => false,
            };
            if wanted {
                let name = String::from_utf8(entry.name.clone());
                names.push(name.map_err(|_| "a name in it is no text".to_owned())?);
            }
        }
        Ok(Some(names))
    }

    fn covers(&self, path: &str) -> bool {
        !path.starts_with(['/', '~']) && self.whole(path).is_some()
    }

    fn above(&self) -> usize {
        self.folder.split('/').filter(|part| !part.is_empty()).count()
    }

    fn at(&self, steps: usize) -> Option<Box<dyn Ground + '_>> {
        let folder = self.whole(&"../".repeat(steps))?;
        Some(Box::new(Self { folder, ..*self }))
    }

    fn bytes_above(&self, steps: usize, name: &str) -> Option<Vec<u8>> {
        let path = format!("{}{name}", "../".repeat(steps));
        match self.kept(self.stands(&path)) {
            Some(Stands::Node(Node::File(id))) => self.blob(&id, self.most),
            _ => None,
        }
    }
}
