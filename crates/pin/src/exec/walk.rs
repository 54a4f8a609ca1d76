//! The way to a file, link by link, each directory by its descriptor: whoever may write to one of them decides what is at its end.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, OFlags, Stat, fstat, openat, readlinkat};
use rustix::io::Errno;

use super::Refusal;

/// Links that are followed, as many as Linux follows (path_resolution(7)).
const MAX_LINKS: usize = 40;

const STICKY: u32 = 0o1000;

/// A directory that was entered, and the name in it that the way ends with.
pub(super) struct End {
    pub(super) directory: OwnedFd,
    pub(super) name: OsString,
    /// Without links: what is told of it.
    pub(super) path: PathBuf,
}

/// Walks from `/` to a file that is no link and no directory; everything on the way belongs to root or `user`, and nobody else may write to it.
pub(super) fn to_file(path: &Path, user: u32) -> Result<End, Refusal> {
    match Walk::new(path, user)?.run()? {
        (_, Some(end)) => Ok(end),
        (walk, None) => Err(Refusal::NotAFile { path: walk.shown() }),
    }
}

/// As [`to_file`], to a directory.
pub(super) fn to_directory(path: &Path, user: u32) -> Result<OwnedFd, Refusal> {
    let (mut walk, end) = Walk::new(path, user)?.run()?;
    match (end, walk.entered.pop()) {
        (None, Some((directory, _))) => Ok(directory),
        (end, _) => Err(Refusal::Io {
            path: end.map_or_else(|| path.to_owned(), |end| end.path),
            action: "entered",
            error: Errno::NOTDIR.into(),
        }),
    }
}

/// A way that is not at its end.
struct Walk<'a> {
    start: &'a Path,
    user: u32,
    /// The directories above, `/` first, with their paths.
    entered: Vec<(OwnedFd, PathBuf)>,
    /// What is left of the way.
    pending: VecDeque<OsString>,
    links: usize,
}

impl<'a> Walk<'a> {
    fn new(start: &'a Path, user: u32) -> Result<Self, Refusal> {
        let root = open_root(user)?;
        let mut walk = Self { start, user, entered: vec![root], pending: VecDeque::new(), links: 0 };
        walk.goes_on(start);
        Ok(walk)
    }

    /// Puts a path before what is left.
    fn goes_on(&mut self, path: &Path) {
        for part in path.components().rev() {
            self.pending.push_front(part.as_os_str().to_owned());
        }
    }

    fn run(mut self) -> Result<(Self, Option<End>), Refusal> {
        while let Some(part) = self.pending.pop_front() {
            match Path::new(&part).components().next() {
                Some(Component::RootDir) => self.entered.truncate(1),
                // The directory above `/` is `/`.
                Some(Component::ParentDir) if self.entered.len() > 1 => drop(self.entered.pop()),
                Some(Component::Normal(name)) => {
                    if let Some(end) = self.step(name)? {
                        return Ok((self, Some(end)));
                    }
                }
                _ => {}
            }
        }
        Ok((self, None))
    }

    /// One name: a directory is entered, a link is followed, anything else is the end.
    fn step(&mut self, name: &OsStr) -> Result<Option<End>, Refusal> {
        let path = self.shown().join(name);
        let opened =
            openat(self.top()?, name, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty());
        let (opened, stat) = opened
            .and_then(|opened| fstat(&opened).map(|stat| (opened, stat)))
            .map_err(|error| failed(&path, "opened", error))?;
        judge(&path, &stat, self.user)?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => self.entered.push((opened, path)),
            FileType::Symlink => {
                self.links += 1;
                if self.links > MAX_LINKS {
                    return Err(Refusal::Links { path: self.start.to_owned(), limit: MAX_LINKS });
                }
                // Of the link that was judged, whatever has its name by now.
                let target =
                    readlinkat(&opened, "", Vec::new()).map_err(|error| failed(&path, "read", error))?;
                self.goes_on(Path::new(&OsString::from_vec(target.into_bytes())));
            }
            _ if self.pending.is_empty() => {
                let Some((directory, _)) = self.entered.pop() else { return Err(lost(self.start)) };
                return Ok(Some(End { directory, name: name.to_owned(), path }));
            }
            _ => return Err(failed(&path, "entered", Errno::NOTDIR)),
        }
        Ok(None)
    }

    fn top(&self) -> Result<impl AsFd + '_, Refusal> {
        self.entered.last().map(|(directory, _)| directory).ok_or_else(|| lost(self.start))
    }

    fn shown(&self) -> PathBuf {
        self.entered.last().map_or_else(|| PathBuf::from("/"), |(_, path)| path.clone())
    }
}

fn open_root(user: u32) -> Result<(OwnedFd, PathBuf), Refusal> {
    let path = PathBuf::from("/");
    let root = openat(CWD, "/", OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
        .map_err(|error| failed(&path, "opened", error))?;
    let stat = fstat(&root).map_err(|error| failed(&path, "opened", error))?;
    judge(&path, &stat, user)?;
    Ok((root, path))
}

/// Who else than root and `user` could change a file, or what is in a directory. Access lists of POSIX show in the bits of the group
/// (acl(5): "the group permissions correspond to the mask").
pub(super) fn judge(path: &Path, stat: &Stat, user: u32) -> Result<(), Refusal> {
    if stat.st_uid != 0 && stat.st_uid != user {
        return Err(Refusal::Owner { path: path.to_owned(), owner: stat.st_uid, user });
    }
    let kind = FileType::from_raw_mode(stat.st_mode);
    // The mode of a link says nothing. In a sticky directory a name can be changed by its owner alone, who is judged with it.
    let protected = kind == FileType::Symlink || kind == FileType::Directory && stat.st_mode & STICKY != 0;
    if stat.st_mode & 0o022 != 0 && !protected {
        let everybody = stat.st_mode & 0o002 != 0;
        return Err(Refusal::Writable { path: path.to_owned(), mode: stat.st_mode, everybody });
    }
    Ok(())
}

pub(super) fn failed(path: &Path, action: &'static str, error: Errno) -> Refusal {
    Refusal::Io { path: path.to_owned(), action, error: error.into() }
}

/// `/` is never left.
fn lost(path: &Path) -> Refusal {
    failed(path, "opened", Errno::NOENT)
}
