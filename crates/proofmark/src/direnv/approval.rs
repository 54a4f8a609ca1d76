//! Writing an approval, as `direnv allow` does (direnv 2.32, `rc.go`: `Allow`): a file whose name is the hash of path and bytes.
//!
//! The bytes are those that were audited: what stands in the file by then is approved only if it is the same.

use proofmark_envrc::store::{Roots, approval_name, denial_name};

use crate::failure::Failure;

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Approved {
    /// The name in `allow/`.
    pub(crate) name: String,
    /// A denial of the same path was taken away.
    pub(crate) undenied: bool,
}

fn failed(roots: &Roots, why: &dyn std::fmt::Display) -> Failure {
    let message =
        format!("the approval was not written below {}: {why}", String::from_utf8_lossy(&roots.data));
    Failure::unverifiable(
        "store-not-changed",
        message,
        "check the permissions of that folder, and that nothing in it is a link",
    )
}

/// Approves these bytes at this path. Below direnv's own folder no link is followed: what lies elsewhere stays as it is.
#[cfg(unix)]
pub(crate) fn approve(roots: &Roots, path: &[u8], bytes: &[u8]) -> Result<Approved, Failure> {
    use rustix::fs::{AtFlags, CWD, Mode, OFlags, openat, unlinkat};
    let failed = |why: &dyn std::fmt::Display| failed(roots, why);
    if !roots.data.starts_with(b"/") {
        return Err(failed(&"XDG_DATA_HOME is relative, so that every directory has another store"));
    }
    let data = super::path_of(&roots.data);
    std::fs::create_dir_all(&data).map_err(|error| failed(&error))?;
    let folder = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC;
    let written = || -> rustix::io::Result<Approved> {
        let data = openat(CWD, &data, folder, Mode::empty())?;
        // First what could make the approval void, so that nothing is half done.
        let undenied = match openat(&data, "deny", folder | OFlags::NOFOLLOW, Mode::empty()) {
            Ok(deny) => match unlinkat(&deny, denial_name(path), AtFlags::empty()) {
                Err(rustix::io::Errno::NOENT) => false,
                done => done.map(|()| true)?,
            },
            Err(rustix::io::Errno::NOENT) => false,
            Err(error) => return Err(error),
        };
        let name = approval_name(path, bytes);
        write_below(&data, &name, &[path, b"\n"].concat())?;
        Ok(Approved { name, undenied })
    };
    written().map_err(|error| failed(&std::io::Error::from(error)))
}

/// A file of `allow/`, whole or not at all.
#[cfg(unix)]
fn write_below(data: &rustix::fd::OwnedFd, name: &str, bytes: &[u8]) -> rustix::io::Result<()> {
    use rustix::fs::{AtFlags, Mode, OFlags, fsync, mkdirat, openat, renameat, unlinkat};
    let folder = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    match mkdirat(data, "allow", Mode::from_raw_mode(0o755)) {
        Ok(()) | Err(rustix::io::Errno::EXIST) => {}
        Err(error) => return Err(error),
    }
    let allow = openat(data, "allow", folder, Mode::empty())?;
    let temporary = format!(".proofmark-{name}");
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let create = || openat(&allow, &temporary, flags, Mode::from_raw_mode(0o644));
    let file = match create() {
        // Left by a run that was ended.
        Err(rustix::io::Errno::EXIST) => {
            unlinkat(&allow, &temporary, AtFlags::empty())?;
            create()?
        }
        made => made?,
    };
    let filled = || -> rustix::io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let count = rustix::io::write(&file, rest)?;
            rest = rest.get(count..).unwrap_or_default();
        }
        fsync(&file)?;
        renameat(&allow, &temporary, &allow, name)?;
        fsync(&allow)
    };
    filled().inspect_err(|_| {
        let _ = unlinkat(&allow, &temporary, AtFlags::empty());
    })
}

/// Elsewhere nothing tells a link from a folder at the moment of writing.
#[cfg(not(unix))]
pub(crate) fn approve(roots: &Roots, _path: &[u8], _bytes: &[u8]) -> Result<Approved, Failure> {
    Err(failed(roots, &"not supported here"))
}
