//! The cache: content by digest, whatever happens to the directory.

use std::fs::{self, File, FileTimes};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use proofmark_core::Digest;
use proofmark_net::{Cache, CacheState};
use tempfile::TempDir;

const ROOMY: u64 = 1024 * 1024;

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[allow(clippy::disallowed_methods, reason = "a test's own scratch files")]
fn put(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
}

/// Sets the time at which a file was used, in seconds since 2001.
fn used(path: &Path, seconds: u64) {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(978_307_200 + seconds);
    let times = FileTimes::new().set_accessed(time).set_modified(time);
    File::options().write(true).open(path).unwrap().set_times(times).unwrap();
}

#[test]
fn keeps_content_and_nothing_else() {
    let scratch = TempDir::new().unwrap();
    let dir = scratch.path().join("a/proofmark");
    let cache = Cache::open(&dir, ROOMY);
    let digest = Digest::sha256(b"content");
    assert_eq!(cache.get(&digest, 100), None);
    cache.put(&digest, b"other content");
    assert_eq!(cache.get(&digest, 100), None);
    cache.put(&digest, b"content");
    cache.put(&digest, b"content");
    assert_eq!(cache.get(&digest, 7).unwrap(), b"content");
    assert_eq!(cache.get(&digest, 6), None);
    assert_eq!(Cache::open(&dir, ROOMY).get(&digest, 100).unwrap(), b"content");
    assert_eq!((files(&dir).len(), cache.state()), (1, CacheState::On));
    assert_eq!(fs::metadata(&dir).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(fs::metadata(&files(&dir)[0]).unwrap().permissions().mode() & 0o777, 0o600);
}

/// What is too large for memory: written in its place, kept under its digest, and hashed whenever it is read.
#[test]
fn files_are_kept_as_content_is() {
    use std::io::{Read as _, Write as _};
    let dir = TempDir::new().unwrap();
    let cache = Cache::open(dir.path().join("pins"), ROOMY);
    let digest = Digest::sha256(b"content");
    assert!(cache.open_file(&digest, 100).is_none());
    // What is not kept leaves nothing.
    let mut incoming = cache.incoming().unwrap();
    incoming.file.write_all(b"cont").unwrap();
    drop(incoming);
    assert_eq!(files(&dir.path().join("pins")).len(), 0);
    let mut incoming = cache.incoming().unwrap();
    incoming.file.write_all(b"content").unwrap();
    drop(incoming.keep(&digest, 7).unwrap());
    assert_eq!((files(&dir.path().join("pins")).len(), cache.state()), (1, CacheState::On));
    assert_eq!(cache.get(&digest, 7).unwrap(), b"content");
    let (mut file, length) = cache.open_file(&digest, 7).unwrap();
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    assert_eq!((text.as_str(), length), ("content", 7));
    assert!(cache.open_file(&digest, 6).is_none());
    put(&files(&dir.path().join("pins"))[0], b"CONTENT");
    assert!(cache.open_file(&digest, 7).is_none(), "hashed when it is read");
    assert_eq!(files(&dir.path().join("pins")).len(), 0, "and removed");
}

/// What was changed on the disk is a miss, is removed, and can be kept again.
#[test]
fn corrupted_content_is_a_miss() {
    let dir = TempDir::new().unwrap();
    let cache = Cache::open(dir.path(), ROOMY);
    let digest = Digest::sha256(b"content");
    for bad in [&b"CONTENT"[..], b"", b"content and more"] {
        cache.put(&digest, b"content");
        let path = files(dir.path()).remove(0);
        put(&path, bad);
        assert_eq!(cache.get(&digest, 100), None);
        assert!(files(dir.path()).is_empty());
    }
    cache.put(&digest, b"content");
    assert_eq!(cache.get(&digest, 100).unwrap(), b"content");
}

/// A link in the cache is not followed, even to the right content.
#[test]
fn links_are_not_followed() {
    let dir = TempDir::new().unwrap();
    let cache = Cache::open(dir.path().join("cache"), ROOMY);
    let digest = Digest::sha256(b"content");
    put(&dir.path().join("elsewhere"), b"content");
    fs::create_dir(dir.path().join("cache")).unwrap();
    let link = dir.path().join("cache").join(format!("sha256-{}", digest.hex()));
    std::os::unix::fs::symlink(dir.path().join("elsewhere"), link).unwrap();
    assert_eq!(cache.get(&digest, 100), None);
}

/// A place that cannot be written switches the cache off, says so, and fails nothing.
#[test]
fn an_unusable_place_switches_it_off() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("file");
    put(&file, b"");
    let digest = Digest::sha256(b"content");
    for place in [file.clone(), file.join("below"), PathBuf::from("/proc/proofmark-cache")] {
        let cache = Cache::open(&place, ROOMY);
        cache.put(&digest, b"content");
        assert_eq!(cache.get(&digest, 100), None);
        let CacheState::Off { cause } = cache.state() else { panic!("{}", place.display()) };
        assert!(cause.contains(&place.display().to_string()), "{cause}");
    }
}

/// Nothing is made before there is something to keep, and a directory that vanishes meanwhile is made again; one in whose
/// place something else appears switches writing off.
#[test]
fn a_directory_that_vanishes() {
    let scratch = TempDir::new().unwrap();
    let dir = scratch.path().join("cache");
    let cache = Cache::open(&dir, ROOMY);
    assert!(!dir.exists());
    for content in [b"one", b"two"] {
        cache.put(&Digest::sha256(content), content);
        assert_eq!(files(&dir).len(), 1);
        fs::remove_dir_all(&dir).unwrap();
    }
    assert_eq!(cache.state(), CacheState::On);
    put(&dir, b"a file");
    cache.put(&Digest::sha256(b"content"), b"content");
    assert!(matches!(cache.state(), CacheState::Off { .. }));
}

/// A directory that may be read and not written (as root there is none: the program's tests mount one).
#[test]
fn a_read_only_directory_is_read() {
    let dir = TempDir::new().unwrap();
    let digest = Digest::sha256(b"content");
    Cache::open(dir.path(), ROOMY).put(&digest, b"content");
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o500)).unwrap();
    if File::create(dir.path().join("probe")).is_ok() {
        // Root may write everywhere: the whole program has the test for it, with a file system that is read-only.
        #[allow(clippy::disallowed_methods, reason = "who CI runs this as")]
        let by_ci = std::env::var_os("PROOFMARK_TESTS_AS").is_some();
        assert!(!by_ci, "CI runs this as somebody else");
        return;
    }
    let cache = Cache::open(dir.path(), ROOMY);
    // What is there needs no writing.
    cache.put(&digest, b"content");
    assert_eq!(cache.state(), CacheState::On);
    cache.put(&Digest::sha256(b"other"), b"other");
    let CacheState::Off { cause } = cache.state() else { panic!("it was written") };
    assert!(cause.contains("cannot be written"), "{cause}");
    assert_eq!(cache.get(&digest, 100).unwrap(), b"content");
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn what_was_not_used_for_longest_goes_first() {
    let dir = TempDir::new().unwrap();
    let contents: Vec<Vec<u8>> = (0..10_u8).map(|n| vec![n; 1000]).collect();
    let digests: Vec<Digest> = contents.iter().map(|bytes| Digest::sha256(bytes)).collect();
    let path = |n: usize| dir.path().join(format!("sha256-{}", digests[n].hex()));
    let cache = Cache::open(dir.path(), 10_000);
    for n in 0..10 {
        cache.put(&digests[n], &contents[n]);
        used(&path(n), u64::try_from(n).unwrap());
    }
    assert_eq!(files(dir.path()).len(), 10);
    // The oldest is used again; the next two go when there is no room.
    used(&path(0), 100);
    let one_more = vec![99; 500];
    cache.put(&Digest::sha256(&one_more), &one_more);
    let kept: Vec<bool> = (0..10).map(|n| path(n).exists()).collect();
    assert_eq!(kept, [true, false, false, true, true, true, true, true, true, true]);
    assert!(cache.get(&Digest::sha256(&one_more), 1000).is_some());
    // A newly opened cache counts what is there already.
    let again = Cache::open(dir.path(), 4000);
    let small = vec![98; 10];
    again.put(&Digest::sha256(&small), &small);
    let total: u64 = files(dir.path()).iter().map(|path| fs::metadata(path).unwrap().len()).sum();
    assert!(total <= 4000, "{total}");
}

/// What would push out everything else is not kept.
#[test]
fn large_content_is_not_kept() {
    let dir = TempDir::new().unwrap();
    let cache = Cache::open(dir.path(), 1000);
    cache.put(&Digest::sha256(&[0; 251]), &[0; 251]);
    assert!(files(dir.path()).is_empty());
}

/// Remains of a process that was killed are cleared away; files that are not ours are left alone.
#[test]
fn remains_are_cleared() {
    let dir = TempDir::new().unwrap();
    let (old, new, foreign) =
        (dir.path().join(".tmp-1-0-1"), dir.path().join(".tmp-2-0-1"), dir.path().join("notes"));
    for path in [&old, &new, &foreign] {
        put(path, b"half");
    }
    used(&old, 0);
    used(&foreign, 0);
    Cache::open(dir.path(), ROOMY).put(&Digest::sha256(b"x"), b"x");
    assert_eq!((old.exists(), new.exists(), foreign.exists()), (false, true, true));
}

/// Many writers and readers on one directory that is always too small: never wrong content, nothing left over.
#[test]
fn concurrent_use() {
    let dir = TempDir::new().unwrap();
    std::thread::scope(|scope| {
        for worker in 0..4_u8 {
            let place = dir.path();
            scope.spawn(move || churn(place, worker));
        }
    });
    only_content(dir.path());
}

/// The same by processes, which share nothing but the directory.
#[test]
fn concurrent_processes() {
    let dir = TempDir::new().unwrap();
    let this = std::env::current_exe().unwrap();
    #[allow(clippy::disallowed_methods, reason = "the test itself, once more")]
    let start = |worker: u8| {
        let mut command = std::process::Command::new(&this);
        command.args(["cache::process", "--exact", "--ignored"]);
        command.env(WORKER, worker.to_string()).current_dir(dir.path()).spawn().unwrap()
    };
    let running: Vec<_> = (0..4).map(start).collect();
    for mut child in running {
        assert!(child.wait().unwrap().success());
    }
    only_content(dir.path());
}

const WORKER: &str = "PROOFMARK_TEST_CACHE_WORKER";

/// One of the processes: in the directory where it is started.
#[test]
#[ignore = "started by `concurrent_processes`"]
fn process() {
    #[allow(clippy::disallowed_methods, reason = "how the parent names it")]
    let worker = std::env::var(WORKER);
    if let Ok(worker) = worker {
        churn(Path::new("."), worker.parse().unwrap());
    }
}

/// Writes and reads content that does not all fit.
fn churn(dir: &Path, worker: u8) {
    let cache = Cache::open(dir, 4000);
    for round in 0..50_u8 {
        let bytes = vec![(worker + round) % 8; 900];
        let digest = Digest::sha256(&bytes);
        cache.put(&digest, &bytes);
        assert!(cache.get(&digest, 1000).is_none_or(|found| found == bytes));
    }
    assert_eq!(cache.state(), CacheState::On);
}

/// Holds that whole files are left and nothing else.
fn only_content(dir: &Path) {
    let left = files(dir);
    assert!(!left.is_empty());
    for path in left {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with("sha256-"), "{name}");
        assert_eq!(fs::metadata(&path).unwrap().len(), 900, "{name}");
    }
}
