//! `pin exec` and `pin shim`: the real program becomes a real tool, or says why not.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use proofmark_core::Digest;

use super::support::{Program, Sandbox};

const POLICY: &str = "version = 1\n";

/// A repository whose policy lets `tool`, a copy of a program of the system's, run unsigned, and pins it.
struct Scene {
    sandbox: Sandbox,
}

impl Scene {
    fn new(program: &str) -> Self {
        let sandbox = Sandbox::with_policy(POLICY);
        let scene = Self { sandbox };
        for name in ["", "home", "cache", "state", "work", "work/bin", "work/allowlists", "data"] {
            fs::create_dir_all(scene.sandbox.dir().join(name)).unwrap();
            mode(&scene.sandbox.dir().join(name), 0o755);
        }
        scene.sandbox.write("bin/tool", fs::read(program).unwrap());
        mode(&scene.tool(), 0o755);
        scene.list("");
        scene.pin();
        scene
    }

    fn shell() -> Self {
        Self::new("/bin/sh")
    }

    fn tool(&self) -> PathBuf {
        self.sandbox.path("bin/tool")
    }

    /// `allowlists/binaries.toml`, with more lines for the tool.
    fn list(&self, more: &str) {
        let row = format!(
            "[[binary]]\ntool = \"tool\"\nversions = [\"1.0.0\"]\nplatforms = [\"{}\"]\nunsigned = \"its vendor signs nothing\"\n\
             why = \"a test\"\nby = \"alice\"\n{more}",
            host()
        );
        self.sandbox.write("allowlists/binaries.toml", row);
    }

    /// Pins the tool as it is now.
    fn pin(&self) {
        let bytes = fs::read(self.tool()).unwrap();
        let (host, hash, size) = (host(), Digest::sha256(&bytes), bytes.len());
        let hash = hash.hex();
        let lock = format!(
            "version = 1\n\n[[pin]]\ntool = \"tool\"\nversion = \"1.0.0\"\nplatform = \"{host}\"\n\
             url = \"https://example.org/tool\"\nsha256 = \"{hash}\"\nsize = {size}\narchive = \"none\"\n\
             executable-sha256 = \"{hash}\"\nexecutable-size = {size}\nmode = \"0755\"\n\
             unsigned = \"its vendor signs nothing\"\nadded = 2026-11-27\nby = \"alice\"\n"
        );
        self.sandbox.write("proofmark.lock", lock);
    }

    fn trusted(self) -> Self {
        self.sandbox.program(["policy", "trust"]).run().exits(0);
        self
    }

    fn program<'a>(&'a self, arguments: impl IntoIterator<Item = &'a str>) -> Program<'a> {
        let path = format!("{}:/usr/bin:/bin", self.sandbox.path("bin").display());
        let data = self.sandbox.dir().join("data").display().to_string();
        self.sandbox.program(arguments).variable("PATH", &path).variable("XDG_DATA_HOME", &data)
    }

    /// `pin exec tool -- -c SCRIPT`.
    fn says(&self, script: &str) -> Program<'_> {
        let words: Vec<&str> = ["pin", "exec", "tool", "--", "-c"].to_vec();
        // The script lives as long as the program that is made of it.
        let script: &'static str = Box::leak(script.to_owned().into_boxed_str());
        self.program(words.into_iter().chain([script]))
    }
}

fn host() -> String {
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("linux/{architecture}")
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn the_process_becomes_the_tool() {
    let scene = Scene::shell().trusted();
    let run =
        scene.says("printf '%s %s' \"$0\" \"$(cat)\"; echo ' err' >&2; exit 7").stdin("from outside").run();
    let run = run.exits(7);
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("tool from outside", " err\n"));
    for code in [0, 1, 2, 3, 4, 255] {
        let run = scene.says(&format!("exit {code}")).run().exits(code);
        assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
    }
}

/// SIGTERM ends the tool, without a word of ours; a closed pipe is the tool's own signal.
#[test]
fn signals_are_the_tools() {
    use std::os::unix::process::ExitStatusExt as _;
    let scene = Scene::shell().trusted();
    let status = scene.says("kill -TERM $$; sleep 5").command().output().unwrap();
    assert_eq!((status.status.signal(), status.stderr.as_slice()), (Some(15), &b""[..]));
    let status = scene.says("kill -PIPE $$; echo ignored").command().output().unwrap();
    assert_eq!(status.status.signal(), Some(13), "{}", String::from_utf8_lossy(&status.stdout));
}

#[test]
fn a_policy_and_a_lock_that_were_found_are_accepted_first() {
    let scene = Scene::shell();
    scene.says("echo ran").run().fails_with(2, "policy-not-accepted");
    let policy = scene.sandbox.path("proofmark.toml").display().to_string();
    let named = ["pin", "exec", "--policy", policy.as_str(), "tool", "--", "-c", "echo ran"];
    assert_eq!(scene.program(named).run().exits(0).stdout, "ran\n");
    assert_eq!(scene.says("echo ran").variable("CI", "true").run().exits(0).stdout, "ran\n");
    let scene = scene.trusted();
    assert_eq!(scene.says("echo ran").run().exits(0).stdout, "ran\n");
    // Another lock is another answer: what the policy asks no signature for rests on the lock alone.
    let mut bytes = fs::read(scene.tool()).unwrap();
    bytes.push(0);
    fs::write(scene.tool(), bytes).unwrap();
    scene.pin();
    scene.says("echo ran").run().fails_with(2, "policy-not-accepted").says("proofmark.lock (sha256:");
    let scene = scene.trusted();
    assert_eq!(scene.says("echo ran").run().exits(0).stdout, "ran\n");
    scene.list("\n");
    scene.says("echo ran").run().fails_with(2, "policy-not-accepted");
}

#[test]
fn what_is_refused_does_not_run() {
    let scene = Scene::shell().trusted();
    let pinned = Digest::sha256(&fs::read(scene.tool()).unwrap());
    let mut bytes = fs::read(scene.tool()).unwrap();
    bytes.push(0);
    fs::write(scene.tool(), &bytes).unwrap();
    let run = scene.says("echo ran").run().fails_with(1, "tool-mismatch");
    run.says(pinned.hex()).says(Digest::sha256(&bytes).hex()).says("updated without the lock");
    fs::write(scene.tool(), "#!/bin/sh\necho ran\n").unwrap();
    scene.says("echo ran").run().fails_with(1, "tool-not-a-program").says("a script");
    mode(&scene.tool(), 0o644);
    scene.says("echo ran").run().fails_with(1, "tool-not-a-program").says("may not be run by anybody");
    mode(&scene.tool(), 0o777);
    scene.says("echo ran").run().fails_with(1, "tool-writable").says("chmod go-w");
    fs::remove_file(scene.tool()).unwrap();
    scene.says("echo ran").run().fails_with(3, "tool-not-found");
    scene.program(["pin", "exec", "tol"]).run().fails_with(1, "tool-not-pinned").says("did you mean tool?");
    let other = ["pin", "exec", "--pin-version", "2", "tool"];
    scene.program(other).run().fails_with(1, "tool-not-pinned").says("only of 1.0.0");
    scene.program(["pin", "exec"]).run().exits(2);
    scene.program(["pin", "exec", "--now", "2026-11-27T00:00:00Z", "tool"]).run().exits(2);
}

#[test]
fn the_policy_says_what_may_run() {
    let scene = Scene::shell();
    let policy = scene.sandbox.path("proofmark.toml").display().to_string();
    let run =
        || scene.program(["pin", "exec", "--policy", policy.as_str(), "tool", "--", "-c", "echo ran"]).run();
    run().exits(0);
    let digest = Digest::sha256(&fs::read(scene.tool()).unwrap());
    let denied = format!("[[deny]]\ndigest = \"{digest}\"\nwhy = \"it was taken over\"\nby = \"alice\"\n");
    scene.sandbox.write("allowlists/denied.toml", denied);
    run().fails_with(1, "tool-not-accepted").says("is denied: it was taken over");
    fs::remove_file(scene.sandbox.path("allowlists/denied.toml")).unwrap();
    let list = scene.sandbox.read("allowlists/binaries.toml");
    scene
        .sandbox
        .write("allowlists/binaries.toml", list.replace("versions = [\"1.0.0\"]", "versions = [\"1.0.1\"]"));
    run().fails_with(1, "tool-not-accepted");
    scene.sandbox.write("allowlists/binaries.toml", list.replace("tool = \"tool\"", "tool = \"other\""));
    run().fails_with(1, "tool-not-accepted").says("does not let tool run");
    fs::remove_file(scene.sandbox.path("allowlists/binaries.toml")).unwrap();
    run().fails_with(2, "binaries-not-listed");
}

/// Swapped between verifying and running, in the real program: the old bytes run.
#[test]
fn a_file_that_is_swapped_meanwhile_does_not_run() {
    for point in ["judged", "running"] {
        let scene = Scene::shell().trusted();
        let stop = scene.sandbox.dir().join("stop");
        fs::create_dir(&stop).unwrap();
        let old = Digest::sha256(&fs::read(scene.tool()).unwrap());
        let child = scene
            .says("sha256sum </proc/$$/exe")
            .variable("PROOFMARK_FAILPOINT", &format!("{point}:{}", stop.display()))
            .spawn();
        let patience = Instant::now() + Duration::from_mins(1);
        while !stop.join("reached").exists() {
            assert!(Instant::now() < patience);
            std::thread::sleep(Duration::from_millis(5));
        }
        let other = scene.sandbox.path("bin/other");
        fs::copy("/bin/true", &other).unwrap();
        fs::rename(&other, scene.tool()).unwrap();
        fs::write(stop.join("go"), "").unwrap();
        let Output { status, stdout, .. } = child.wait_with_output().unwrap();
        assert!(status.success());
        assert_eq!(String::from_utf8(stdout).unwrap(), format!("{}  -\n", old.hex()), "{point}");
        assert_ne!(Digest::sha256(&fs::read(scene.tool()).unwrap()), old, "the file is another one");
        scene.says("echo ran").run().fails_with(1, "tool-mismatch");
    }
}

#[test]
fn the_tool_gets_a_clean_environment() {
    let scene = Scene::new("/usr/bin/env").trusted();
    let bad = ["NODE_OPTIONS", "BASH_ENV", "PYTHONPATH", "LD_LIBRARY_PATH", "SSLKEYLOGFILE"];
    let mut program = scene.program(["pin", "exec", "tool"]).variable("HARMLESS", "1");
    for name in bad {
        program = program.variable(name, "/evil");
    }
    let run = program.run().exits(0);
    assert!(run.stdout.contains("HARMLESS=1\n") && !run.stdout.contains("evil"), "{}", run.stdout);
    assert_eq!(run.stderr, "", "no note where nobody reads it");
    scene.list("environment = [\"NODE_OPTIONS\"]\n");
    let scene = scene.trusted();
    let program = scene
        .program(["pin", "exec", "tool"])
        .variable("NODE_OPTIONS", "/kept")
        .variable("BASH_ENV", "/evil");
    let run = program.run().exits(0);
    assert!(run.stdout.contains("NODE_OPTIONS=/kept\n") && !run.stdout.contains("evil"), "{}", run.stdout);
}

#[test]
fn what_was_verified_is_remembered() {
    let scene = Scene::shell().trusted();
    // A file that was just written is not remembered.
    std::thread::sleep(Duration::from_secs(4));
    let records = || scene.sandbox.files("cache/proofmark/exec").len();
    let program =
        |words: &[&'static str]| scene.program(words.iter().copied().chain(["--", "-c", "echo ran"])).run();
    assert_eq!(program(&["pin", "exec", "--no-cache", "tool"]).exits(0).stdout, "ran\n");
    assert_eq!(records(), 0);
    if rustix::process::geteuid().is_root() {
        // Root's are elsewhere, whatever the environment says.
        assert_eq!(program(&["pin", "exec", "tool"]).exits(0).stdout, "ran\n");
        assert_eq!(records(), 0);
        return;
    }
    for _ in 0..2 {
        assert_eq!(program(&["pin", "exec", "tool"]).exits(0).stdout, "ran\n");
        assert_eq!(records(), 1);
    }
}

/// The program itself, where nobody else can change it.
fn program_in(scene: &Scene) -> PathBuf {
    let directory = scene.sandbox.dir().join("program");
    fs::create_dir(&directory).unwrap();
    mode(&directory, 0o755);
    let program = directory.join("proofmark");
    fs::copy(env!("CARGO_BIN_EXE_proofmark"), &program).unwrap();
    mode(&program, 0o755);
    program
}

fn outside(scene: &Scene, program: &Path, words: &[&str], path: &[&Path]) -> Output {
    let mut command = Command::new(program);
    let path =
        std::env::join_paths(path.iter().copied().chain([Path::new("/usr/bin"), Path::new("/bin")])).unwrap();
    command.args(words).env_clear().env("PATH", path).env("HOME", scene.sandbox.dir().join("home"));
    // Elsewhere: the shim knows the policy.
    command.current_dir(scene.sandbox.dir()).output().unwrap()
}

#[test]
fn a_shim_runs_the_tool_and_fails_without_the_program() {
    let scene = Scene::shell();
    let program = program_in(&scene);
    let (policy, bin) = (scene.sandbox.path("proofmark.toml"), scene.sandbox.path("bin"));
    let shims = scene.sandbox.dir().join("home/.local/share/proofmark/shims");
    let words = ["pin", "shim", "--policy", policy.to_str().unwrap(), "tool"];
    let made = outside(&scene, &program, &words, &[&bin]);
    let (said, wrong) = (String::from_utf8(made.stdout).unwrap(), String::from_utf8(made.stderr).unwrap());
    assert_eq!(made.status.code(), Some(0), "{wrong}");
    assert!(said.contains("shims/tool: runs tool") && said.contains("export PATH="), "{said}");
    let shell = |path: &[&Path], script: &str| outside(&scene, Path::new("/bin/sh"), &["-c", script], path);
    let script = "tool -c 'echo $0 ran as $(head -c 4 /proc/$$/exe | tail -c 3); exit 5'";
    let output = shell(&[&shims, &bin], script);
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "tool ran as ELF\n",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(output.status.code(), Some(5));
    // It never finds itself.
    let output = shell(&[&shims], "tool");
    let wrong = String::from_utf8(output.stderr).unwrap();
    assert!(wrong.starts_with("error[tool-not-found]: there is no tool on PATH but a shim"), "{wrong}");
    let from =
        ["pin", "exec", "--policy", policy.to_str().unwrap(), "--from", shims.to_str().unwrap(), "tool"];
    let wrong = String::from_utf8(outside(&scene, &program, &from, &[]).stderr).unwrap();
    assert!(
        wrong.starts_with("error[tool-not-a-program]: ") && wrong.contains("it would ask for itself"),
        "{wrong}"
    );
    // Again is no error, and a file that is no shim stays.
    assert_eq!(outside(&scene, &program, &words, &[&shims]).status.code(), Some(0));
    fs::write(shims.join("tool"), "mine").unwrap();
    let wrong = String::from_utf8(outside(&scene, &program, &words, &[&shims]).stderr).unwrap();
    assert!(
        wrong.starts_with("error[shim-not-written]: ") && wrong.contains("a file that is no shim"),
        "{wrong}"
    );
    fs::remove_file(shims.join("tool")).unwrap();
    assert_eq!(outside(&scene, &program, &words, &[&shims]).status.code(), Some(0));
    // What is changed in a shim is not believed; without the program nothing runs.
    let text = fs::read_to_string(shims.join("tool")).unwrap();
    fs::write(shims.join("tool"), text.clone() + "# run /evil\n").unwrap();
    let wrong = String::from_utf8(shell(&[&shims, &bin], "tool").stderr).unwrap();
    assert!(wrong.starts_with("error[shim-damaged]: "), "{wrong}");
    fs::write(shims.join("tool"), text).unwrap();
    fs::remove_file(&program).unwrap();
    let output = shell(&[&shims, &bin], "tool -c 'echo ran'");
    assert_eq!(
        (output.status.code(), output.stdout.as_slice()),
        (Some(127), &b""[..]),
        "the next one on PATH does not run"
    );
}

#[test]
fn a_shim_of_nothing_is_not_written() {
    let scene = Scene::shell();
    let program = program_in(&scene);
    let policy = scene.sandbox.path("proofmark.toml");
    let words = ["pin", "shim", "--policy", policy.to_str().unwrap(), "tool", "absent"];
    let wrong = String::from_utf8(outside(&scene, &program, &words, &[]).stderr).unwrap();
    assert!(wrong.starts_with("error[tool-not-pinned]: the lock has no pin of absent"), "{wrong}");
    assert!(!scene.sandbox.dir().join("home/.local").exists());
    mode(&scene.sandbox.dir().join("program"), 0o777);
    let words = ["pin", "shim", "--policy", policy.to_str().unwrap(), "tool"];
    let wrong = String::from_utf8(outside(&scene, &program, &words, &[]).stderr).unwrap();
    assert!(wrong.starts_with("error[shim-not-written]: a shim relies on this program"), "{wrong}");
}
