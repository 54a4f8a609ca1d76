//! Where a tool is.

use std::ffi::OsStr;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::{Kind, Refusal, kind};

/// The first file named `tool` on `path` (as `PATH` is written) that can be run, as execvp(3) finds it, shims passed over. It is not skipped for
/// what it is: a file that others have put before the right one is what would run, and is to be refused.
///
/// # Errors
/// There is none, or none that anybody may run.
pub fn on_path(tool: &str, path: &OsStr, here: &Path) -> Result<PathBuf, Refusal> {
    let mut shims = 0;
    let mut not_executable = None;
    for directory in std::env::split_paths(path) {
        // An empty part of PATH is the working directory.
        let file = here.join(directory).join(tool);
        match look(&file) {
            Found::Nothing => {}
            Found::Shim => shims += 1,
            Found::NotExecutable(mode) => not_executable = not_executable.or(Some((file, mode))),
            Found::Program => return Ok(file),
        }
    }
    Err(match not_executable {
        Some((path, mode)) => Refusal::NotExecutable { path, mode },
        None => Refusal::NotFound { tool: tool.to_owned(), place: "on PATH".to_owned(), shims },
    })
}

/// The file named `tool` in `directory`, whatever it is.
///
/// # Errors
/// There is none.
pub fn in_directory(tool: &str, directory: &Path) -> Result<PathBuf, Refusal> {
    let file = directory.join(tool);
    match std::fs::symlink_metadata(&file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let place = format!("in {}", directory.display());
            Err(Refusal::NotFound { tool: tool.to_owned(), place, shims: 0 })
        }
        // What else is wrong with it the judgement says.
        _ => Ok(file),
    }
}

enum Found {
    Nothing,
    Shim,
    NotExecutable(u32),
    Program,
}

fn look(file: &Path) -> Found {
    let Ok(meta) = std::fs::metadata(file) else { return Found::Nothing };
    if !meta.is_file() {
        return Found::Nothing;
    }
    if let Some(mode) = nobody_may_run(&meta) {
        return Found::NotExecutable(mode);
    }
    let mut head = Vec::new();
    let opened = std::fs::File::open(file);
    let read = opened.and_then(|opened| opened.take(kind::HEAD as u64).read_to_end(&mut head));
    if read.is_ok() && Kind::of(&head) == Kind::Shim { Found::Shim } else { Found::Program }
}

#[cfg(unix)]
fn nobody_may_run(meta: &std::fs::Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = meta.permissions().mode();
    (mode & 0o111 == 0).then_some(mode)
}

#[cfg(not(unix))]
fn nobody_may_run(_meta: &std::fs::Metadata) -> Option<u32> {
    None
}
