//! From locks and files to `OUT_DIR`, and what cargo is told.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test fails by it")]

use std::fs;
use std::path::{Path, PathBuf};

use proofmark_build::{Build, Built, Error, Surroundings};
use proofmark_core::Digest;
use proofmark_lock::Lock;

const TOOL: &[u8] = b"#!/bin/sh\necho words\n";

/// A package with a lock, files, and an `OUT_DIR`.
struct Package {
    dir: tempfile::TempDir,
    surroundings: Surroundings,
}

/// A pin as the lock holds it.
fn pin(
    tool: &str,
    version: &str,
    platform: &str,
    (archive, packed): (&str, &[u8]),
    executable: &[u8],
) -> String {
    let member = if archive == "tar.gz" { "member = \"bin/tool\"\n" } else { "" };
    format!(
        "\n[[pin]]\ntool = \"{tool}\"\nversion = \"{version}\"\nplatform = \"{platform}\"\nurl = \"https://tools.example/{tool}-{version}.{archive}?x=1\"\n\
         sha256 = \"{}\"\narchive = \"{archive}\"\n{member}executable-sha256 = \"{}\"\nexecutable-size = {}\nmode = \"2755\"\nunsigned = \"of a test\"\nadded = 2026-11-27\nby = \"alice\"\n",
        Digest::sha256(packed).hex(),
        Digest::sha256(executable).hex(),
        executable.len(),
    )
}

fn plain(tool: &str, version: &str) -> String {
    pin(tool, version, "linux/amd64", ("none", TOOL), TOOL)
}

/// A tar in gzip with one executable.
fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o755);
    tar.append_data(&mut header, "bin/tool", bytes).unwrap();
    tar.into_inner().unwrap().finish().unwrap()
}

impl Package {
    fn new(pins: &[String]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let surroundings = Surroundings {
            package: dir.path().join("package"),
            out: dir.path().join("out"),
            host: "x86_64-unknown-linux-gnu".to_owned(),
            target: "x86_64-unknown-linux-musl".to_owned(),
            artifacts: Some("vendored".into()),
            cache: None,
            fetch: false,
        };
        for name in ["package/vendored", "out"] {
            fs::create_dir_all(dir.path().join(name)).unwrap();
        }
        let package = Self { dir, surroundings };
        package.put("package/proofmark.lock", format!("version = 1\n{}", pins.concat()).as_bytes());
        package
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> &Self {
        fs::write(self.path(name), bytes).unwrap();
        self
    }

    fn run(&self, ask: impl FnOnce(Build) -> Build) -> (Result<Built, Error>, String) {
        let mut told = Vec::new();
        let build = ask(Build::from_lock("proofmark.lock"));
        let built = build.emit_to(&self.surroundings, &mut told);
        (built, String::from_utf8(told).unwrap())
    }

    /// Refused in one line, with nothing told to cargo and nothing placed.
    #[track_caller]
    fn refused(&self, ask: impl FnOnce(Build) -> Build) -> String {
        let (built, told) = self.run(ask);
        let error = built.unwrap_err();
        assert_eq!(told, "");
        assert_eq!(names(&self.path("out/proofmark/tools")), Vec::<String>::new());
        assert_eq!(names(&self.path("out/proofmark/artifacts")), Vec::<String>::new());
        let line = error.to_string();
        assert!(!line.contains('\n') && format!("{error:?}") == line, "{line}");
        line
    }
}

fn names(dir: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn tools_and_artifacts_are_placed_and_cargo_is_told() {
    let archive = packed(TOOL);
    let package = Package::new(&[
        plain("words", "1.0"),
        pin("agent", "2.0", "linux/amd64", ("tar.gz", &archive), TOOL),
    ]);
    package.put("package/vendored/words-1.0.none", TOOL).put("package/vendored/agent-2.0.tar.gz", &archive);
    let (built, told) = package.run(|build| build.tool("words").artifact("agent@2.0").embed_pins());
    let built = built.unwrap();
    let (words, agent) = (built.tool("words").unwrap(), built.artifact("agent").unwrap());
    assert_eq!((fs::read(words).unwrap(), fs::read(agent).unwrap()), (TOOL.to_vec(), TOOL.to_vec()));
    assert!(matches!(built.tool("agent"), Err(Error::NotAsked(name)) if name == "agent"));
    let dir = package.dir.path().display().to_string();
    let expected = [
        "rerun-if-env-changed=PROOFMARK_ARTIFACT_DIR",
        "rerun-if-env-changed=PROOFMARK_CACHE_DIR",
        "rerun-if-env-changed=PROOFMARK_BUILD_FETCH",
        "rerun-if-changed=@/package/proofmark.lock",
        "rerun-if-changed=@/package/vendored/words-1.0.none",
        "rerun-if-changed=@/out/proofmark/tools/words",
        "rustc-env=PROOFMARK_TOOL_WORDS=@/out/proofmark/tools/words",
        "rerun-if-changed=@/package/vendored/agent-2.0.tar.gz",
        "rerun-if-changed=@/out/proofmark/artifacts/agent",
        "rustc-env=PROOFMARK_ARTIFACT_AGENT=@/out/proofmark/artifacts/agent",
    ];
    let expected: String = expected.map(|line| format!("cargo::{line}\n").replace('@', &dir)).concat();
    assert_eq!(told, expected);
    let section = fs::read(package.path("out/proofmark/pins")).unwrap();
    let carried = Lock::from_section(&section, "app").unwrap();
    assert_eq!(carried.pins().map(|pin| &*pin.tool).collect::<Vec<_>>(), ["agent", "words"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // Never setgid, whatever it is when it is installed.
        assert_eq!(fs::metadata(words).unwrap().permissions().mode() & 0o7777, 0o755);
    }
}

#[test]
fn a_second_build_touches_nothing_and_sweeps_what_is_asked_for_no_more() {
    let package = Package::new(&[plain("words", "1.0"), plain("other", "1.0")]);
    package.put("package/vendored/words-1.0.none", TOOL).put("package/vendored/other-1.0.none", TOOL);
    package.run(|build| build.tool("words").tool("other")).0.unwrap();
    let words = package.path("out/proofmark/tools/words");
    let before = fs::metadata(&words).unwrap().modified().unwrap();
    fs::write(package.path("out/proofmark/tools/.words.part"), b"of an interrupted build").unwrap();
    package.run(|build| build.tool("words")).0.unwrap();
    assert_eq!(fs::metadata(&words).unwrap().modified().unwrap(), before);
    assert_eq!(names(&package.path("out/proofmark/tools")), ["words"]);
    // What somebody changed in OUT_DIR is made right again.
    fs::write(&words, b"poisoned").unwrap();
    fs::write(package.path("out/proofmark/tools/.words.part"), b"of an interrupted build").unwrap();
    package.run(|build| build.tool("words")).0.unwrap();
    assert_eq!(
        (fs::read(&words).unwrap(), names(&package.path("out/proofmark/tools")).len()),
        (TOOL.to_vec(), 1)
    );
}

#[test]
fn a_lying_file_is_not_unpacked() {
    let archive = packed(TOOL);
    let package = Package::new(&[pin("agent", "2.0", "linux/amd64", ("tar.gz", &archive), TOOL)]);
    package.put("package/vendored/agent-2.0.tar.gz", &packed(b"poisoned"));
    let line = package.refused(|build| build.artifact("agent"));
    assert!(
        line.starts_with("agent 2.0: ") && line.contains("is not what is pinned: its SHA-256 is"),
        "{line}"
    );
    assert!(line.contains(Digest::sha256(&archive).hex()), "{line}");
    // The right archive, with another executable in it than the lock says.
    let package = Package::new(&[pin("agent", "2.0", "linux/amd64", ("tar.gz", &archive), b"another")]);
    package.put("package/vendored/agent-2.0.tar.gz", &archive);
    let line = package.refused(|build| build.artifact("agent"));
    assert!(line.contains("the executable in "), "{line}");
    // What is no archive at all.
    let package = Package::new(&[pin("agent", "2.0", "linux/amd64", ("tar.gz", TOOL), TOOL)]);
    package.put("package/vendored/agent-2.0.tar.gz", TOOL);
    let line = package.refused(|build| build.artifact("agent"));
    assert!(line.contains("the archive is damaged, or of another kind"), "{line}");
}

#[test]
fn the_lock_and_the_script_must_agree() {
    let package = Package::new(&[plain("words", "1.0"), plain("words", "1.1"), plain("agent", "2.0")]);
    package.put("package/vendored/words-1.1.none", TOOL);
    let line = package.refused(|build| build.tool("words"));
    assert!(line.contains("in versions 1.0, 1.1: name one"), "{line}");
    package.run(|build| build.tool("words@1.1")).0.unwrap();
    let package = Package::new(&[plain("words", "1.0")]);
    let line = package.refused(|build| build.tool("words@2.0"));
    assert!(line.contains("does not pin words@2.0 for linux/amd64; it pins 1.0 for linux/amd64"), "{line}");
    let line = package.refused(|build| build.tool("protoc"));
    assert!(
        line.contains("it pins no version of it: proofmark pin add protoc --platform linux/amd64"),
        "{line}"
    );
    let line = package.refused(|build| build.tool("../words"));
    assert!(line.contains("`../words` is no tool's name"), "{line}");
    let mut package = Package::new(&[plain("words", "1.0")]);
    package.surroundings.target = "wasm32-unknown-unknown".to_owned();
    let line = package.refused(|build| build.artifact("words"));
    assert!(line.contains("wasm32-unknown-unknown"), "{line}");
    package.surroundings.host = "aarch64-apple-darwin".to_owned();
    let line = package.refused(|build| build.tool("words"));
    assert!(line.contains("for darwin/arm64"), "{line}");
}

#[test]
fn locks_that_are_none() {
    let package = Package::new(&["<<<<<<< HEAD\n".to_owned()]);
    let line = package.refused(|build| build.tool("words"));
    assert!(line.contains("proofmark.lock") && line.contains(":2:"), "{line}");
    fs::remove_file(package.path("package/proofmark.lock")).unwrap();
    let line = package.refused(|build| build.tool("words"));
    assert!(line.contains("proofmark.lock cannot be read: "), "{line}");
}

#[test]
fn files_are_looked_for_where_they_are_named() {
    let mut package = Package::new(&[plain("words", "1.0")]);
    let line = package.refused(|build| build.tool("words"));
    assert!(line.contains("put https://tools.example/words-1.0.none?x=1 into vendored"), "{line}");
    package.surroundings.artifacts = None;
    let line = package.refused(|build| build.tool("words"));
    assert!(line.contains("a directory that PROOFMARK_ARTIFACT_DIR names"), "{line}");
    // By its hash, in a cache.
    package.surroundings.cache = Some("cache".into());
    fs::create_dir(package.path("package/cache")).unwrap();
    let name = format!("package/cache/sha256-{}", Digest::sha256(TOOL).hex());
    package.put(&name, b"poisoned");
    assert!(package.refused(|build| build.tool("words")).contains("is not what is pinned"));
    package.put(&name, TOOL);
    package.run(|build| build.tool("words")).0.unwrap();
    // By its hash, among files.
    let mut package = Package::new(&[plain("words", "1.0")]);
    package.put(&format!("package/vendored/{}", Digest::sha256(TOOL).hex()), TOOL);
    package.run(|build| build.tool("words")).0.unwrap();
    // In the repository, if nobody named another place.
    package.surroundings.artifacts = None;
    package.run(|build| build.vendored("vendored").tool("words")).0.unwrap();
    // A folder with the name of the file.
    fs::create_dir(package.path("package/vendored/words-1.0.none")).unwrap();
    package.surroundings.artifacts = Some("vendored".into());
    let (built, _) = package.run(|build| build.tool("words"));
    assert!(built.unwrap_err().to_string().contains("it is no regular file"));
}

/// A line break in a path would be a directive of its own.
#[cfg(unix)]
#[test]
fn paths_that_cargo_cannot_be_told() {
    use std::os::unix::ffi::OsStringExt as _;
    for name in [b"a\ncargo::rustc-env=X=y".to_vec(), b"a\xff".to_vec()] {
        let mut package = Package::new(&[plain("words", "1.0")]);
        package.put("package/vendored/words-1.0.none", TOOL);
        package.surroundings.out = package.path("").join(std::ffi::OsString::from_vec(name));
        let (built, told) = package.run(|build| build.tool("words"));
        assert!(matches!(built, Err(Error::Value { .. })));
        assert_eq!(told, "");
    }
}

#[test]
fn a_directory_that_cannot_be_written() {
    let mut package = Package::new(&[plain("words", "1.0")]);
    package.put("package/vendored/words-1.0.none", TOOL).put("file", b"");
    package.surroundings.out = package.path("file");
    let (built, told) = package.run(|build| build.tool("words"));
    assert!(matches!(built, Err(Error::Io { action: "written", .. })));
    assert_eq!(told, "");
}

/// Downloads are for those who ask twice: a feature and a variable. Real ones are tried by `cargo xtask pins`: a lock names https alone.
#[cfg(feature = "fetch")]
#[test]
fn a_download_that_fails_leaves_nothing() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let pin = plain("words", "1.0").replace("tools.example", &closed.to_string());
    let mut package = Package::new(&[pin]);
    package.surroundings.cache = Some("cache".into());
    let line = package.refused(|build| build.tool("words"));
    assert!(line.contains("or set PROOFMARK_BUILD_FETCH=1"), "{line}");
    package.surroundings.fetch = true;
    let line = package.refused(|build| build.tool("words"));
    assert!(line.starts_with(&format!("https://{closed}/words-1.0.none?x=1: ")), "{line}");
    assert_eq!(names(&package.path("package/cache")), [""; 0]);
}

#[cfg(not(feature = "fetch"))]
#[test]
fn without_the_feature_nothing_is_downloaded() {
    let mut package = Package::new(&[plain("words", "1.0")]);
    package.surroundings.fetch = true;
    let line = package.refused(|build| build.tool("words"));
    assert!(line.contains("needs the feature `fetch`"), "{line}");
}
