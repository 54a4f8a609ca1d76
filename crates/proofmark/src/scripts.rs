//! The files of a repository whose commands may download programs.

use std::path::{Path, PathBuf};

use proofmark_core::pattern::Glob;
use proofmark_engine::{ScriptFile, in_parallel};
use proofmark_refs::{ByName, FileKind, ScanLimits, ShellText, shell_texts};

use crate::failure::Failure;
use crate::files::{open_file, read_all};
use crate::scanning::{Files, glob};
use crate::walk::walk_for;

/// Bytes of one file.
const MAX_FILE: u64 = 1 << 20;

/// Threads that read and parse.
const MAX_THREADS: usize = 8;

/// Dockerfiles and workflows that were scanned, and scripts. What cannot be read was told by the scan; a script that cannot is an error of
/// its own walk.
pub(crate) fn scripts(
    files: &Files,
    paths: &[PathBuf],
    excludes: &[String],
) -> Result<Vec<ScriptFile>, Failure> {
    let globs = excludes.iter().map(|text| glob(text)).collect::<Result<Vec<Glob>, Failure>>()?;
    let mut wanted: Vec<(String, PathBuf, Option<FileKind>)> = Vec::new();
    for (scan, source) in files.scanned.scans.iter().zip(&files.sources) {
        if matches!(scan.kind, FileKind::Dockerfile | FileKind::Workflow) {
            wanted.push((source.shown.clone(), source.path.clone(), Some(scan.kind)));
        }
    }
    // A path that is no script was named for what it is.
    let walked = walk_for(paths, &globs, by_name)?;
    let scripts = walked.files.into_iter().filter(|file| by_name(&file.shown) == ByName::Yes);
    wanted.extend(scripts.map(|file| (file.shown, file.path, None)));
    wanted.sort_by(|one, other| one.0.cmp(&other.0));
    wanted.dedup_by(|one, other| one.1 == other.1);
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS);
    let read = in_parallel(&wanted, threads, |(shown, path, kind)| one(shown, path, *kind));
    Ok(read.into_iter().flatten().flatten().collect())
}

fn by_name(name: &str) -> ByName {
    let is_script = [".sh", ".bash"].iter().any(|end| name.to_ascii_lowercase().ends_with(end));
    if is_script { ByName::Yes } else { ByName::No }
}

fn one(shown: &str, path: &Path, kind: Option<FileKind>) -> Option<ScriptFile> {
    let bytes = open_file(path).and_then(|file| read_all(file, MAX_FILE)).ok()?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let commands = match kind {
        Some(kind) => shell_texts(&bytes, kind, &ScanLimits::default()),
        None => vec![ShellText::script(&text)],
    };
    // Most files download nothing, and need no reading.
    let downloads =
        ["curl", "wget", "aria2c", "fetch", "ADD", "add", "http"].iter().any(|word| text.contains(word));
    downloads.then(|| ScriptFile { path: shown.to_owned(), text, commands })
}
