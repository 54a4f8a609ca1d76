//! Pinned executables: how fast they are hashed and verified, what a start through `pin exec` costs, and what a long lock does.

use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Result, ensure};
use sha2::{Digest as _, Sha256};

use super::measure::{self, Times};
use crate::interop::find_proofmark;
use crate::peers::{hex, run_command};
use crate::stack::process::Scratch;

/// Bytes of the large executable.
const LARGE: usize = 100 << 20;
/// Pins of the long lock, and bytes of each of its executables.
const PINS: usize = 500;
const SMALL: usize = 4 << 10;
const RUNS: usize = 15;
/// Starts are short.
const STARTS: usize = 101;

/// Runs it.
pub(super) fn run() -> Result<String> {
    let binary = find_proofmark()?;
    let scratch = Scratch::new()?;
    let dir = fs::canonicalize(scratch.path())?;
    let mut rows = String::new();
    hashing(&Scene::new(&binary, &dir.join("hashing"), &[("tool", large())], "")?, &mut rows)?;
    signed(&binary, &dir.join("signed"), &mut rows)?;
    starting(&Scene::new(&binary, &dir.join("starting"), &[("tool", large())], "")?, &mut rows)?;
    many(&binary, &dir.join("many"), &mut rows)?;
    let version = run_command(Command::new(&binary).arg("--version"))?;
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    Ok(format!(
        "{}; {processors} processors. Medians of {RUNS} runs, of starts {STARTS}.\n\n\
         | work | proofmark | peer | ratio or difference | budget |\n|---|---:|---:|---:|---|\n{rows}",
        version.trim()
    ))
}

/// An executable that starts at once and is large: what follows the program is not read by the system.
fn large() -> Vec<u8> {
    let mut bytes = fs::read("/bin/true").unwrap_or_default();
    let mut state = 0x9e37_79b9_u32;
    bytes.resize_with(LARGE.max(bytes.len()), || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    });
    bytes
}

/// A policy with its lock, and executables in `bin/`.
struct Scene {
    binary: PathBuf,
    dir: PathBuf,
}

impl Scene {
    /// `signed` is what a row of the policy says of who signed, if anybody.
    fn new(binary: &Path, dir: &Path, tools: &[(&str, Vec<u8>)], signed: &str) -> Result<Self> {
        let scene = Self { binary: binary.to_owned(), dir: dir.to_owned() };
        for name in ["bin", "home", "policy/allowlists", "policy/trust-roots"] {
            fs::create_dir_all(dir.join(name))?;
        }
        let (mut list, mut lock) = (String::new(), "version = 1\n".to_owned());
        let nobody = "unsigned = \"made for the run\"";
        for (tool, bytes) in tools {
            let path = dir.join("bin").join(tool);
            fs::write(&path, bytes)?;
            run_command(Command::new("chmod").arg("755").arg(&path))?;
            let who = if signed.is_empty() { nobody } else { "signed-by = [\"vendor\"]" };
            let _ = write!(
                list,
                "[[binary]]\ntool = \"{tool}\"\nversions = [\"1.0.0\"]\nplatforms = [\"{0}\"]\n{who}\nwhy = \"a run\"\nby = \"bench\"\n\n",
                host()
            );
            let (hex, size) = (hex(&Sha256::digest(bytes)), bytes.len());
            let _ = write!(
                lock,
                "\n[[pin]]\ntool = \"{tool}\"\nversion = \"1.0.0\"\nplatform = \"{0}\"\nurl = \"https://tools.example/{tool}\"\n\
                 size = {size}\nsha256 = \"{hex}\"\narchive = \"none\"\nexecutable-sha256 = \"{hex}\"\nexecutable-size = {size}\n\
                 mode = \"0755\"\n{1}added = 2026-11-20\nby = \"bench\"\n{2}",
                host(),
                if signed.is_empty() { format!("{nobody}\n") } else { String::new() },
                signed
            );
        }
        fs::write(dir.join("policy/proofmark.toml"), "version = 1\n")?;
        fs::write(dir.join("policy/allowlists/binaries.toml"), list)?;
        fs::write(dir.join("policy/proofmark.lock"), lock)?;
        run_command(Command::new("chmod").args(["-R", "go-w"]).arg(dir))?;
        Ok(scene)
    }

    fn tool(&self) -> PathBuf {
        self.dir.join("bin/tool")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(arguments).current_dir(&self.dir).env_clear().env("HOME", self.dir.join("home"));
        command.env("PATH", format!("{}:/usr/bin:/bin", self.dir.join("bin").display()));
        command
    }

    fn verify(&self, path: &str) -> Command {
        self.command(&["pin", "verify", "--policy", "policy", path])
    }
}

/// The whole process beside the hash alone, in memory, and beside `sha256sum`.
fn hashing(scene: &Scene, rows: &mut String) -> Result<()> {
    let bytes = fs::read(scene.tool())?;
    let in_memory = || {
        let started = Instant::now();
        black_box(Sha256::digest(black_box(&bytes)));
        Ok(started.elapsed().as_secs_f64() * 1e3)
    };
    let ours = || measure::time(&mut scene.verify("bin/tool"));
    let (verify, memory) = measure::in_turn(RUNS, &ours, &in_memory)?;
    let speed = |times: &Times| 104.857_6 / times.median();
    let part = memory.median() / verify.median() * 100.0;
    let held = if part >= 95.0 { "held" } else { "**not held**" };
    let _ = writeln!(
        rows,
        "| `pin verify` of 100 MiB beside `sha2` in memory | {:.1} ms, {:.2} GB/s | {:.1} ms, {:.2} GB/s | {part:.0} % | ≥ 95 %: {held} |",
        verify.median(),
        speed(&verify),
        memory.median(),
        speed(&memory)
    );
    let (verify, sum) = measure::pairs(RUNS, &|| scene.verify("bin/tool"), &|| {
        let mut command = Command::new("sha256sum");
        command.arg(scene.tool());
        command
    })?;
    compared(rows, "`pin verify` of 100 MiB beside `sha256sum`", &verify, &sum);
    Ok(())
}

fn compared(rows: &mut String, what: &str, ours: &Times, peer: &Times) {
    let ratio = peer.median() / ours.median();
    let _ =
        writeln!(rows, "| {what} | {:.1} ms | {:.1} ms | {ratio:.1}× | – |", ours.median(), peer.median());
}

/// A detached signature by an RSA-4096 key, as `op` has it.
fn signed(binary: &Path, dir: &Path, rows: &mut String) -> Result<()> {
    let home = dir.join("gpg");
    fs::create_dir_all(&home)?;
    run_command(Command::new("chmod").arg("700").arg(&home))?;
    let gpg = |arguments: &[&str]| {
        let mut command = Command::new("gpg");
        command
            .env("GNUPGHOME", &home)
            .args(["--batch", "--quiet", "--trust-model", "always"])
            .args(arguments);
        command
    };
    let key = ["--passphrase", "", "--quick-gen-key", "vendor@tools.example", "rsa4096", "sign", "never"];
    run_command(&mut gpg(&key))?;
    let bytes = large();
    let file = dir.join("tool");
    fs::write(&file, &bytes)?;
    let path = file.to_str().unwrap_or_default().to_owned();
    run_command(&mut gpg(&["--digest-algo", "SHA256", "--detach-sign", &path]))?;
    let signature = format!("{path}.sig");
    let encoded = base64(&fs::read(&signature)?);
    let evidence =
        format!("[[pin.evidence]]\nkind = \"openpgp\"\nover = \"executable\"\nsignature = \"{encoded}\"\n");
    let scene = Scene::new(binary, &dir.join("scene"), &[("tool", bytes)], &evidence)?;
    let listed = run_command(&mut gpg(&["--with-colons", "--list-keys"]))?;
    let fingerprint = listed.lines().find_map(|line| line.strip_prefix("fpr:")).unwrap_or_default();
    let fingerprint = fingerprint.trim_matches(':');
    let armoured = run_command(&mut gpg(&["--armor", "--export"]))?;
    fs::write(scene.dir.join("policy/trust-roots/vendor.asc"), armoured)?;
    fs::write(
        scene.dir.join("policy/proofmark.toml"),
        format!(
            "version = 1\n\n[signers.vendor]\nopenpgp = \"vendor.asc\"\nfingerprint = \"{fingerprint}\"\n"
        ),
    )?;
    let peer = || gpg(&["--verify", &signature, &path]);
    let (ours, peer) = measure::pairs(RUNS, &|| scene.verify("bin/tool"), &peer)?;
    let _ = Command::new("gpgconf").env("GNUPGHOME", &home).args(["--kill", "all"]).status();
    compared(rows, "`pin verify` of 100 MiB with an RSA-4096 signature beside `gpg --verify`", &ours, &peer);
    Ok(())
}

/// A start through `pin exec` beside the start alone.
fn starting(scene: &Scene, rows: &mut String) -> Result<()> {
    let through = |no_cache: &'static [&'static str]| {
        let before: &[&str] = &["pin", "exec", "--policy", "policy"];
        let all: Vec<&str> = before.iter().chain(no_cache).copied().chain(["tool"]).collect();
        scene.command(&all)
    };
    let alone = || {
        let mut command = Command::new(scene.tool());
        command.env_clear();
        command
    };
    // What was hashed is remembered once the file has not changed for two seconds.
    std::thread::sleep(std::time::Duration::from_millis(2500));
    measure::time(&mut through(&[]))?;
    let (warm, plain) = measure::pairs(STARTS, &|| through(&[]), &alone)?;
    let more = warm.median() - plain.median();
    let held = if more < 1.0 { "held" } else { "**not held**" };
    let _ = writeln!(
        rows,
        "| a start by `pin exec` of 100 MiB, verified before, beside the start alone | {:.2} ms | {:.2} ms | +{more:.2} ms | < 1 ms more: {held} |",
        warm.median(),
        plain.median()
    );
    let (cold, plain) = measure::pairs(RUNS, &|| through(&["--no-cache"]), &alone)?;
    let _ = writeln!(
        rows,
        "| the same, verified each time | {:.1} ms | {:.2} ms | +{:.1} ms | – |",
        cold.median(),
        plain.median(),
        cold.median() - plain.median()
    );
    Ok(())
}

/// Five hundred pins with their executables.
fn many(binary: &Path, dir: &Path, rows: &mut String) -> Result<()> {
    let names: Vec<String> = (0..PINS).map(|at| format!("tool-{at:03}")).collect();
    let tools: Vec<(&str, Vec<u8>)> = names
        .iter()
        .map(|name| {
            let mut bytes = name.clone().into_bytes();
            bytes.resize(SMALL, b' ');
            (name.as_str(), bytes)
        })
        .collect();
    let scene = Scene::new(binary, dir, &tools, "")?;
    let verify = || scene.verify("bin");
    let said = run_command(&mut verify())?;
    ensure!(said.contains(&format!("{PINS} verified, 0 failed")), "{said}");
    let sum = || {
        let mut command = Command::new("sha256sum");
        command.args(names.iter().map(|name| scene.dir.join("bin").join(name)));
        command
    };
    let (ours, peer) = measure::pairs(RUNS, &verify, &sum)?;
    let more = ours.median() - peer.median();
    let held = if more <= 50.0 { "held" } else { "**not held**" };
    let _ = writeln!(
        rows,
        "| {PINS} pins with their executables of {} KiB, beside `sha256sum` | {:.1} ms | {:.1} ms | +{more:.1} ms | ≤ 50 ms more: {held} |",
        SMALL >> 10,
        ours.median(),
        peer.median()
    );
    Ok(())
}

fn host() -> &'static str {
    match std::env::consts::ARCH {
        "aarch64" => "linux/arm64",
        _ => "linux/amd64",
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
