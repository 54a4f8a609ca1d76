//! Objects by their identifier: one `git cat-file --batch`, in a git directory of ours that borrows the repository's objects.
//!
//! That directory has no refs, no hooks, no remotes and no configuration but the kind of hash, so that nothing of the
//! repository but its objects is seen; and what an object is, its hash says.

use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Instant;

use tempfile::TempDir;

use super::object::{Kind, id};
use super::process::Git;
use crate::files::{Readers, write_atomically};

/// Objects that are read in one run: every directory of a large repository.
const MAX_OBJECTS: usize = 100_000;
/// Bytes of all of them.
const MAX_BYTES: u64 = 512 << 20;
/// Bytes of the line before an object.
const MAX_LINE: usize = 256;
/// Bytes that are handed over at once.
const CHUNK: usize = 64 * 1024;

/// Why an object cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It is not there: a shallow or partial clone.
    Missing(String),
    /// More bytes than such an object may have.
    TooLarge(u64),
    /// A budget of the run is spent.
    Spent(&'static str),
    /// Anything else.
    Other(String),
}

impl Trouble {
    pub(super) fn broken(id: &str, why: &str) -> Self {
        Self::Other(format!("the object {id} is broken: {why}"))
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(id) => write!(f, "the object {id} is not in this clone"),
            Self::TooLarge(max) => write!(f, "an object is larger than {max} bytes"),
            Self::Spent(what) => write!(f, "limit: {what}"),
            Self::Other(why) => f.write_str(why),
        }
    }
}

/// The objects of a repository.
#[derive(Debug)]
pub(super) struct Store {
    child: Child,
    stdin: ChildStdin,
    chunks: Receiver<io::Result<Vec<u8>>>,
    buffer: Vec<u8>,
    deadline: Instant,
    id_bytes: usize,
    objects: usize,
    bytes: u64,
    /// What git said is read no further than this: the rest would be taken for another object.
    ended: bool,
    _git_dir: TempDir,
}

impl Store {
    /// Over the objects in `objects`, whose identifiers have so many hexadecimal digits.
    pub(super) fn open(git: &Git, objects: &Path, id_length: usize) -> Result<Self, Trouble> {
        let other = |error: io::Error| Trouble::Other(format!("git cannot be asked for objects: {error}"));
        let git_dir = bare(id_length).map_err(other)?;
        let mut command = git.command(git_dir.path());
        command.env("GIT_OBJECT_DIRECTORY", objects).args(["cat-file", "--batch"]);
        let mut child = command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(other)?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(other(io::Error::from(io::ErrorKind::BrokenPipe)));
        };
        let (send, chunks) = sync_channel(2);
        // A thread, so that a git which does not answer does not hold us; it ends with git's output.
        thread::spawn(move || pass_on(stdout, &send));
        Ok(Self {
            child,
            stdin,
            chunks,
            buffer: Vec::new(),
            deadline: git.deadline,
            id_bytes: id_length / 2,
            objects: 0,
            bytes: 0,
            ended: false,
            _git_dir: git_dir,
        })
    }

    /// Bytes of an identifier.
    pub(super) const fn id_bytes(&self) -> usize {
        self.id_bytes
    }

    /// An object that must be of this kind.
    pub(super) fn read(&mut self, id: &str, kind: Kind, max: u64) -> Result<Vec<u8>, Trouble> {
        let (found, bytes) = self.read_any(id, max)?;
        if found == kind {
            return Ok(bytes);
        }
        Err(Trouble::Other(format!("the object {id} is a {}, not a {}", found.as_str(), kind.as_str())))
    }

    /// An object, whose identifier is the hash of what was read.
    pub(super) fn read_any(&mut self, asked: &str, max: u64) -> Result<(Kind, Vec<u8>), Trouble> {
        let answer = self.ask(asked, max);
        // What is left of a broken answer is none of the next.
        self.ended |= matches!(answer, Err(Trouble::Spent(_) | Trouble::Other(_)));
        answer
    }

    fn ask(&mut self, asked: &str, max: u64) -> Result<(Kind, Vec<u8>), Trouble> {
        self.objects += 1;
        if self.ended || self.objects > MAX_OBJECTS {
            return Err(Trouble::Spent("too many objects of the revision were asked for"));
        }
        let ended = |_| Trouble::Other("git ended before it answered".to_owned());
        self.stdin.write_all(format!("{asked}\n").as_bytes()).map_err(ended)?;
        self.stdin.flush().map_err(ended)?;
        let line = self.line()?;
        let words: Vec<&str> = line.split(' ').collect();
        let (kind, size) = match words.as_slice() {
            [id, "missing"] if *id == asked => return Err(Trouble::Missing(asked.to_owned())),
            [id, kind, size] if *id == asked => (Kind::parse(kind), size.parse::<u64>().ok()),
            _ => (None, None),
        };
        let (Some(kind), Some(size)) = (kind, size) else {
            return Err(Trouble::Other(format!("git's answer for {asked} cannot be read")));
        };
        self.bytes = self.bytes.saturating_add(size);
        if self.bytes > MAX_BYTES {
            self.ended = true;
            return Err(if size > max {
                Trouble::TooLarge(max)
            } else {
                Trouble::Spent("too many bytes of the revision were asked for")
            });
        }
        if size > max {
            // The next answer stands behind it.
            self.pass_over(size.saturating_add(1))?;
            return Err(Trouble::TooLarge(max));
        }
        // Behind the bytes a line feed.
        let mut bytes = self.exactly(usize::try_from(size).unwrap_or(usize::MAX).saturating_add(1))?;
        let end = bytes.pop();
        if end != Some(b'\n') || id(kind, &bytes, self.id_bytes) != asked {
            return Err(Trouble::broken(asked, "its bytes hash to another identifier"));
        }
        Ok((kind, bytes))
    }

    fn line(&mut self) -> Result<String, Trouble> {
        loop {
            if let Some(end) = self.buffer.iter().position(|b| *b == b'\n') {
                let rest = self.buffer.split_off(end + 1);
                let line = std::mem::replace(&mut self.buffer, rest);
                return Ok(String::from_utf8_lossy(line.get(..end).unwrap_or_default()).into_owned());
            }
            if self.buffer.len() > MAX_LINE {
                return Err(Trouble::Other("git's answer is no line".to_owned()));
            }
            self.fill()?;
        }
    }

    fn exactly(&mut self, count: usize) -> Result<Vec<u8>, Trouble> {
        while self.buffer.len() < count {
            self.fill()?;
        }
        let rest = self.buffer.split_off(count);
        Ok(std::mem::replace(&mut self.buffer, rest))
    }

    fn pass_over(&mut self, count: u64) -> Result<(), Trouble> {
        let mut left = usize::try_from(count).unwrap_or(usize::MAX);
        while left > 0 {
            if self.buffer.is_empty() {
                self.fill()?;
            }
            let some = left.min(self.buffer.len());
            self.buffer.drain(..some);
            left -= some;
        }
        Ok(())
    }

    fn fill(&mut self) -> Result<(), Trouble> {
        use std::sync::mpsc::RecvTimeoutError::{Disconnected, Timeout};
        let left = self.deadline.saturating_duration_since(Instant::now());
        match self.chunks.recv_timeout(left) {
            Ok(Ok(chunk)) => self.buffer.extend(chunk),
            Ok(Err(error)) => return Err(Trouble::Other(format!("git's answer cannot be read: {error}"))),
            Err(Timeout) => return Err(Trouble::Spent("reading the revision took too long")),
            Err(Disconnected) => return Err(Trouble::Other("git ended before it answered".to_owned())),
        }
        Ok(())
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // It ends with its input; one that does not is ended. Either way it is reaped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn pass_on(mut stream: ChildStdout, send: &SyncSender<io::Result<Vec<u8>>>) {
    loop {
        let mut chunk = vec![0; CHUNK];
        let read = match stream.read(&mut chunk) {
            Ok(0) => return,
            Ok(count) => {
                chunk.truncate(count);
                Ok(chunk)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => Err(error),
        };
        let failed = read.is_err();
        if send.send(read).is_err() || failed {
            return;
        }
    }
}

/// A git directory with nothing in it (gitrepository-layout): `HEAD`, `refs`, `objects` and a configuration are what makes one.
fn bare(id_length: usize) -> io::Result<TempDir> {
    let dir = tempfile::Builder::new().prefix("proofmark-git-").tempdir()?;
    let write =
        |name: &str, text: &str| write_atomically(&dir.path().join(name), text.as_bytes(), Readers::Owner);
    write("HEAD", "ref: refs/heads/none\n")?;
    let config = match id_length {
        64 => "[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tobjectformat = sha256\n",
        _ => "[core]\n\trepositoryformatversion = 0\n\tbare = true\n",
    };
    write("config", config)?;
    std::fs::create_dir(dir.path().join("refs"))?;
    std::fs::create_dir(dir.path().join("objects"))?;
    Ok(dir)
}
