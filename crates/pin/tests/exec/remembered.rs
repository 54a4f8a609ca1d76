//! The cache: when it answers, and when it must not.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::{Path, PathBuf};

use proofmark_core::Reason;
use proofmark_lock::Lock;
use proofmark_pin::exec::{Cache, Refusal, Remembered};

use crate::support::{Asked, LATER, ask, directory, lock_of, mode, shell, user};

pub(crate) const TESTS: &[(&str, fn())] = &[
    ("the_second_time_it_is_remembered", the_second_time_it_is_remembered),
    ("a_file_that_was_just_written_is_hashed_again", a_file_that_was_just_written_is_hashed_again),
    ("a_file_that_was_changed_is_hashed_again", a_file_that_was_changed_is_hashed_again),
    ("another_policy_or_pin_judges_again", another_policy_or_pin_judges_again),
    ("after_a_day_it_is_judged_again", after_a_day_it_is_judged_again),
    ("damaged_records_are_none", damaged_records_are_none),
    ("records_that_others_could_write_are_none", records_that_others_could_write_are_none),
    ("a_cache_that_others_could_write_is_not_used", a_cache_that_others_could_write_is_not_used),
    ("places_are_judged_whatever_is_remembered", places_are_judged_whatever_is_remembered),
    ("too_many_records_are_forgotten", too_many_records_are_forgotten),
];

struct Scene {
    dir: tempfile::TempDir,
    tool: PathBuf,
    lock: Lock,
    cache: Cache,
}

impl Scene {
    fn new() -> Self {
        let dir = directory();
        let tool = shell(&dir.path().join("tool"));
        let cache = Cache::open(&dir.path().join("a/b/cache"), user()).unwrap();
        Self { lock: lock_of(&tool), dir, tool, cache }
    }

    fn records(&self) -> PathBuf {
        self.dir.path().join("a/b/cache")
    }

    fn record(&self) -> PathBuf {
        let mut entries = fs::read_dir(self.records()).unwrap().map(|entry| entry.unwrap().path());
        let record = entries.next().unwrap();
        assert_eq!(entries.next(), None);
        record
    }

    fn asked(&self, basis: &str, now: i64) -> Remembered {
        let asked = Asked { cache: Some(&self.cache), basis, now: Some(now), refuse: false };
        ask(&self.lock, &self.tool, &asked).unwrap().remembered
    }

    fn again(&self) -> Remembered {
        self.asked("", LATER)
    }
}

fn the_second_time_it_is_remembered() {
    let scene = Scene::new();
    assert_eq!(scene.again(), Remembered::Stored);
    assert_eq!(scene.again(), Remembered::Hit);
    let meta = fs::metadata(scene.record()).unwrap();
    assert_eq!((meta.mode() & 0o7777, meta.uid()), (0o600, user()));
    assert_eq!(fs::metadata(scene.records()).unwrap().mode() & 0o7777, 0o700);
    let plain = ask(&scene.lock, &scene.tool, &Asked::default()).unwrap();
    assert_eq!(plain.remembered, Remembered::Off, "--no-cache");
    // What the policy refuses is not remembered.
    let scene = Scene::new();
    let asked = Asked { cache: Some(&scene.cache), refuse: true, ..Asked::default() };
    assert!(ask(&scene.lock, &scene.tool, &asked).is_err());
    assert_eq!(fs::read_dir(scene.records()).unwrap().count(), 0);
}

/// The racy-git problem: what is written within one tick of the clock leaves the same times.
fn a_file_that_was_just_written_is_hashed_again() {
    let scene = Scene::new();
    let changed = fs::metadata(&scene.tool).unwrap().ctime();
    for after in [-1000, 0, 1, 2] {
        assert_eq!(scene.asked("", changed + after), Remembered::Young, "{after}");
        assert_eq!(fs::read_dir(scene.records()).unwrap().count(), 0);
    }
    assert_eq!(scene.asked("", changed + 3), Remembered::Stored);
    assert_eq!(scene.asked("", changed + 3), Remembered::Hit);
    // A record that says so all the same was not written by us.
    let record = scene.record();
    let text = fs::read_to_string(&record).unwrap();
    let forged = text.replace(&format!("hashed {}", changed + 3), &format!("hashed {}", changed + 1));
    assert_ne!(forged, text);
    fs::write(&record, forged).unwrap();
    assert_eq!(scene.asked("", changed + 3), Remembered::Stored);
}

/// Changed in place, as long and as old as before: ctime alone tells, and nobody can set it.
fn a_file_that_was_changed_is_hashed_again() {
    let scene = Scene::new();
    assert_eq!(scene.again(), Remembered::Stored);
    let before = fs::metadata(&scene.tool).unwrap();
    let mut bytes = fs::read(&scene.tool).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&scene.tool, &bytes).unwrap();
    let times = fs::FileTimes::new().set_modified(before.modified().unwrap());
    fs::File::options().write(true).open(&scene.tool).unwrap().set_times(times).unwrap();
    let after = fs::metadata(&scene.tool).unwrap();
    assert_eq!(
        (after.ino(), after.len(), after.mtime_nsec()),
        (before.ino(), before.len(), before.mtime_nsec())
    );
    let asked = Asked { cache: Some(&scene.cache), ..Asked::default() };
    let refusal = ask(&scene.lock, &scene.tool, &asked).unwrap_err();
    assert_eq!(refusal.reason(), Reason::DigestMismatch);
    // Another file in its place.
    fs::remove_file(&scene.tool).unwrap();
    fs::write(&scene.tool, &bytes).unwrap();
    mode(&scene.tool, 0o755);
    assert!(ask(&scene.lock, &scene.tool, &asked).is_err());
}

fn another_policy_or_pin_judges_again() {
    let mut scene = Scene::new();
    assert_eq!(scene.asked("one", LATER), Remembered::Stored);
    assert_eq!(scene.asked("one", LATER), Remembered::Hit);
    assert_eq!(scene.asked("two", LATER), Remembered::Stored);
    assert_eq!(scene.asked("two", LATER), Remembered::Hit);
    assert_eq!(scene.asked("one", LATER), Remembered::Hit, "each policy remembers for itself");
    let pin = scene.lock.pins().next().unwrap().clone();
    scene.lock.insert(proofmark_lock::Pin { by: "mallory".to_owned(), ..pin });
    assert_eq!(scene.asked("two", LATER), Remembered::Stored);
}

fn after_a_day_it_is_judged_again() {
    let scene = Scene::new();
    assert_eq!(scene.again(), Remembered::Stored);
    let day = 24 * 60 * 60;
    assert_eq!(scene.asked("", LATER + day), Remembered::Hit);
    assert_eq!(scene.asked("", LATER - 1), Remembered::Stored, "a clock that went back");
    assert_eq!(scene.asked("", LATER + day + 1), Remembered::Stored);
}

fn damaged_records_are_none() {
    let scene = Scene::new();
    assert_eq!(scene.again(), Remembered::Stored);
    let record = scene.record();
    let text = fs::read(&record).unwrap();
    let longer = [&text[..], &vec![b'x'; 5000]].concat();
    for bad in [&b""[..], b"\xff\xfe", &text[..text.len() / 2], &longer] {
        fs::write(&record, bad).unwrap();
        assert_eq!(scene.again(), Remembered::Stored);
        assert_eq!(scene.again(), Remembered::Hit);
    }
    fs::remove_file(&record).unwrap();
    fs::create_dir(&record).unwrap();
    assert!(matches!(scene.again(), Remembered::Failed(_)), "it cannot be remembered, and may run");
}

fn records_that_others_could_write_are_none() {
    let scene = Scene::new();
    assert_eq!(scene.again(), Remembered::Stored);
    let record = scene.record();
    for bits in [0o620, 0o602, 0o666] {
        mode(&record, bits);
        assert_eq!(scene.again(), Remembered::Stored, "{bits:o}");
        assert_eq!(scene.again(), Remembered::Hit);
    }
    // Under a second name it could be written by whoever has that.
    fs::hard_link(&record, scene.dir.path().join("elsewhere")).unwrap();
    assert_eq!(scene.again(), Remembered::Stored);
    assert_eq!(scene.again(), Remembered::Hit);
    let moved = scene.dir.path().join("moved");
    fs::rename(&record, &moved).unwrap();
    symlink(&moved, &record).unwrap();
    assert_eq!(scene.again(), Remembered::Stored, "a link is not followed");
    assert!(fs::symlink_metadata(&record).unwrap().is_file());
}

fn a_cache_that_others_could_write_is_not_used() {
    let dir = directory();
    let cache = dir.path().join("cache");
    Cache::open(&cache, user()).unwrap();
    let open = |path: &Path, bits| {
        mode(path, bits);
        let opened = Cache::open(&cache, user());
        mode(path, 0o755);
        opened
    };
    for bits in [0o770, 0o707, 0o777] {
        assert!(matches!(open(&cache, bits), Err(Refusal::Writable { .. })), "{bits:o}");
        assert!(matches!(open(dir.path(), bits), Err(Refusal::Writable { .. })), "{bits:o}");
    }
    assert!(open(&cache, 0o755).is_ok());
    fs::write(dir.path().join("file"), "").unwrap();
    assert!(matches!(Cache::open(&dir.path().join("file"), user()), Err(Refusal::Io { .. })));
    assert!(matches!(Cache::open(&dir.path().join("file/below"), user()), Err(Refusal::Io { .. })));
}

fn places_are_judged_whatever_is_remembered() {
    let scene = Scene::new();
    assert_eq!(scene.again(), Remembered::Stored);
    assert_eq!(scene.again(), Remembered::Hit);
    mode(scene.dir.path(), 0o777);
    let asked = Asked { cache: Some(&scene.cache), ..Asked::default() };
    assert!(matches!(ask(&scene.lock, &scene.tool, &asked), Err(Refusal::Writable { .. })));
    mode(scene.dir.path(), 0o755);
    assert_eq!(scene.again(), Remembered::Hit);
}

fn too_many_records_are_forgotten() {
    let scene = Scene::new();
    for number in 0..1025 {
        fs::write(scene.records().join(format!("0-{number}")), "").unwrap();
    }
    assert_eq!(scene.again(), Remembered::Stored);
    assert_eq!(fs::read_dir(scene.records()).unwrap().count(), 1);
    assert_eq!(scene.again(), Remembered::Hit);
}
