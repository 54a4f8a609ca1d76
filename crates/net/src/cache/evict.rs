//! Keeping a directory small while others use it.

use std::fs::{self, DirEntry};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::TEMPORARY;

/// A file that is still being written is younger than this.
const STALE: Duration = Duration::from_hours(1);

struct Item {
    path: PathBuf,
    bytes: u64,
    used: SystemTime,
}

/// Removes what was not used for longest until the directory is at most nine tenths of `max`, and says what it then has.
/// `None`: it cannot be read.
///
/// "Used" is the later of the access and the write time: on a file system that does not keep access times the oldest go
/// first. Files that vanish meanwhile are another process's doing and count as removed.
pub(super) fn shrink(dir: &Path, max: u64, newest: &Path) -> Option<u64> {
    // The time of what was just written is the file system's own "now".
    let now = fs::metadata(newest).and_then(|meta| meta.modified()).ok();
    let mut items: Vec<Item> = fs::read_dir(dir).ok()?.flatten().filter_map(|entry| item(&entry)).collect();
    items.retain(|item| {
        let stale = now.and_then(|now| now.duration_since(item.used).ok()).is_some_and(|age| age > STALE);
        if is_temporary(&item.path) && stale {
            let _ = fs::remove_file(&item.path);
        }
        !is_temporary(&item.path)
    });
    let mut size: u64 = items.iter().map(|item| item.bytes).sum();
    if size <= max {
        return Some(size);
    }
    items.sort_by(|a, b| a.used.cmp(&b.used).then_with(|| a.path.cmp(&b.path)));
    for item in items.iter().filter(|item| item.path != newest) {
        if size <= max / 10 * 9 {
            break;
        }
        match fs::remove_file(&item.path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {}
            _ => size = size.saturating_sub(item.bytes),
        }
    }
    Some(size)
}

/// Our own files alone: whatever else lies in the directory is left there.
fn item(entry: &DirEntry) -> Option<Item> {
    let name = entry.file_name();
    let name = name.to_str()?;
    if !name.starts_with(TEMPORARY) && !name.starts_with("sha256-") && !name.starts_with("sha512-") {
        return None;
    }
    let meta = entry.metadata().ok().filter(fs::Metadata::is_file)?;
    let written = meta.modified().ok()?;
    let used = meta.accessed().map_or(written, |read| read.max(written));
    Some(Item { path: entry.path(), bytes: meta.len(), used })
}

fn is_temporary(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(TEMPORARY))
}
