//! Executables, their pins, and this program as the child that runs them.

use std::ffi::OsString;
use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use proofmark_core::{Digest, Platform, Timestamp};
use proofmark_lock::unpack::ArchiveKind;
use proofmark_lock::{Executable, Lock, Mode, Pin};
use proofmark_pin::exec::{Admitted, Cache, Denied, Question, Refusal, admit};
use proofmark_pin::{Authority, NoBundles, verify};

/// Long after every file of a test was made: a clock that the library is told.
pub(crate) const LATER: i64 = 4_000_000_000;

/// What makes the child of this program.
pub(crate) const CHILD: &str = "PROOFMARK_PIN_CHILD";

/// The user of this process.
pub(crate) fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// A directory that nobody else can write to, on a file system that is the kernel's own, and so are those above it.
pub(crate) fn directory() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    mode(dir.path(), 0o755);
    dir
}

pub(crate) fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A copy of one of the system's programs.
pub(crate) fn program(of: &str, to: &Path) -> PathBuf {
    let bytes = fs::read(of).unwrap();
    fs::write(to, bytes).unwrap();
    mode(to, 0o755);
    to.to_owned()
}

/// A copy of the shell, which is a program that can say anything.
pub(crate) fn shell(to: &Path) -> PathBuf {
    program("/bin/sh", to)
}

pub(crate) fn pin(version: &str, executable: &[u8]) -> Pin {
    Pin {
        tool: "tool".to_owned(),
        version: version.to_owned(),
        platform: Platform::parse(&host()).unwrap(),
        url: "https://example.org/tool.zip".to_owned(),
        size: None,
        sha256: Digest::sha256(b"the archive"),
        archive: ArchiveKind::Zip,
        member: Some("tool".to_owned()),
        executable: Some(Executable { sha256: Digest::sha256(executable), size: executable.len() as u64 }),
        mode: Mode::PLAIN,
        evidence: Vec::new(),
        checksums: None,
        unsigned: Some("its vendor signs nothing".to_owned()),
        sources: Vec::new(),
        added: jiff::civil::date(2026, 11, 27),
        by: "alice".to_owned(),
        origin: None,
    }
}

/// This machine's platform, as locks write it.
pub(crate) fn host() -> String {
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("linux/{architecture}")
}

/// A lock with one pin: of the file as it is now.
pub(crate) fn lock_of(file: &Path) -> Lock {
    let mut lock = Lock::default();
    lock.insert(pin("1.0.0", &fs::read(file).unwrap()));
    lock
}

/// What a test changes of the question.
#[derive(Default)]
pub(crate) struct Asked<'a> {
    pub(crate) cache: Option<&'a Cache>,
    pub(crate) basis: &'a str,
    pub(crate) now: Option<i64>,
    pub(crate) refuse: bool,
}

pub(crate) fn ask(lock: &Lock, path: &Path, asked: &Asked<'_>) -> Result<Admitted, Refusal> {
    let pins: Vec<&Pin> = lock.pins().filter(|pin| pin.tool == "tool" && pin.executable.is_some()).collect();
    let now = Timestamp::from_second(asked.now.unwrap_or(LATER)).unwrap();
    let judge = |pin: &Pin, file: &mut dyn Read| {
        let authority = Authority { keys: &[], bundles: &NoBundles };
        verify(pin, &authority, file, now).map_err(Denied::Rejected)?;
        if asked.refuse { Err(denied("nobody may")) } else { Ok(()) }
    };
    let basis = Digest::sha256(asked.basis.as_bytes());
    let question =
        Question { tool: "tool", pins: &pins, lock, judge: &judge, basis: &basis, now, cache: asked.cache };
    admit(&[question], path, user())
}

/// What a policy says that lets nothing run.
pub(crate) fn denied(why: &str) -> Denied {
    Denied::Policy(proofmark_core::Refusal::new(proofmark_core::Reason::NotListed, why, "ask"))
}

/// As [`ask`], with nothing special.
pub(crate) fn plain(lock: &Lock, path: &Path) -> Result<Admitted, Refusal> {
    ask(lock, path, &Asked::default())
}

/// The child: `LOCK FILE CACHE ARGUMENTS…`, then the process is the tool, or says why not and ends with 100.
pub(crate) fn child() -> ! {
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    let [lock, file, cache, arguments @ ..] = words.as_slice() else { panic!("{words:?}") };
    let lock = Lock::parse(&fs::read(lock).unwrap(), "proofmark.lock").unwrap();
    let cache = (cache != "-").then(|| Cache::open(Path::new(cache), user()).unwrap());
    let refusal = match ask(&lock, Path::new(file), &Asked { cache: cache.as_ref(), ..Asked::default() }) {
        Ok(admitted) => {
            let arguments: Vec<_> = arguments.iter().map(OsString::as_os_str).collect();
            let (variables, _) = proofmark_pin::exec::clean("tool", std::env::vars_os().collect(), &[]);
            admitted.run("tool".as_ref(), &arguments, &variables)
        }
        Err(refusal) => refusal,
    };
    eprintln!("{}: {refusal}", refusal.reason().as_str());
    std::process::exit(100)
}

/// A child of this program that will be the tool.
pub(crate) struct Run {
    command: Command,
}

impl Run {
    pub(crate) fn new(dir: &Path, lock: &Lock, file: &Path, arguments: &[&str]) -> Self {
        Self::cached(dir, lock, file, "-", arguments)
    }

    pub(crate) fn cached(dir: &Path, lock: &Lock, file: &Path, cache: &str, arguments: &[&str]) -> Self {
        let path = dir.join("proofmark.lock");
        // A child may be reading it.
        if fs::read_to_string(&path).ok() != Some(lock.to_text()) {
            fs::write(&path, lock.to_text()).unwrap();
        }
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.env(CHILD, "1").arg(path).arg(file).arg(cache).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self { command }
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn spawn(mut self) -> Child {
        self.command.spawn().unwrap()
    }

    pub(crate) fn output(mut self) -> Output {
        self.command.output().unwrap()
    }

    /// Stops at a point, lets `meanwhile` happen, and goes on.
    pub(crate) fn stopped(self, dir: &Path, point: &str, meanwhile: impl FnOnce()) -> Output {
        let at = dir.join(format!("stop-{point}"));
        fs::create_dir(&at).unwrap();
        let child = self.env("PROOFMARK_FAILPOINT", format!("{point}:{}", at.display())).spawn();
        let patience = Instant::now() + Duration::from_mins(1);
        while !at.join("reached").exists() {
            assert!(Instant::now() < patience, "{point} was not reached");
            std::thread::sleep(Duration::from_millis(5));
        }
        meanwhile();
        fs::write(at.join("go"), "").unwrap();
        child.wait_with_output().unwrap()
    }
}

/// Standard output, of a run that ended with this code.
pub(crate) fn said(output: &Output, code: i32) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Why a child refused.
pub(crate) fn refused(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(100), "it ran: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr.clone()).unwrap()
}
