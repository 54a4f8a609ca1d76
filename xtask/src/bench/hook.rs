//! One call of the node's hook, as containerd makes it: a process that nothing has prepared, with the machine's policy.
//!
//! It runs where `/etc` is a copy of the machine's, so that a policy can lie there: needs root.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use anyhow::{Context, Result, anyhow, ensure};

use super::measure::{self, Times};
use crate::interop::{find_proofmark, signer_table, write_root};
use crate::peers::{Peers, run_command};
use crate::stack::process::Scratch;
use crate::stack::registry::{Image, Repository};
use crate::stack::{Identity, Signer, Stack, Workflow};

/// Says that `/etc` is a copy.
const INSIDE: &str = "PROOFMARK_BENCH_INSIDE";
const RUNS: usize = 40;
/// Calls at the same time.
const TOGETHER: usize = 50;

const SIGNER: Signer = Signer::Keyless(Identity::Workflow(Workflow {
    repository: "acme/agents",
    ids: ("4711", "471101"),
    git_ref: "refs/tags/v1.0.0",
}));

/// Runs it; no table: it was run by a process of its own, which did with it what is asked for.
pub(super) fn run() -> Result<Option<String>> {
    if std::env::var_os(INSIDE).is_none() {
        return with_etc_of_its_own().map(|()| None);
    }
    let binary = find_proofmark()?;
    let stack = Stack::start(Peers::ensure()?)?;
    write_policy(&stack, Path::new("/etc/proofmark"))?;
    let repository = Repository { host: stack.registry.clone(), name: "bench/agent".to_owned() };
    let image = Image::new("agent", &["amd64"]);
    image.push(&repository, Some("1"))?;
    let digest = image.top()?.digest();
    stack.cosign().sign(&repository.reference(&digest), SIGNER, None)?;
    let hook = Hook::new(&stack, &binary, &repository.name, &digest)?;
    let peer = || stack.cosign().verifying(&repository.reference(&digest), SIGNER);
    let (ours, cosign) = measure::in_turn(RUNS, &|| hook.call(), &|| measure::time(&mut peer()?))?;
    let mut table = heading(&binary)?;
    row(&mut table, "one call", &ours, &format!("{:.1} ms", cosign.median()));
    hook.together(&mut table)?;
    Ok(Some(table))
}

/// Starts this program again, in a mount namespace whose `/etc` is a copy.
fn with_etc_of_its_own() -> Result<()> {
    let scratch = Scratch::new()?;
    let script = "cp -a /etc/. \"$0\" && mount --bind \"$0\" /etc && exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", script]).arg(scratch.path()).arg(std::env::current_exe()?);
    let status = command.args(std::env::args().skip(1)).env(INSIDE, "1").status().context("unshare")?;
    ensure!(status.success(), "it ended with {status}; is this root?");
    Ok(())
}

/// How containerd calls.
struct Hook {
    program: PathBuf,
    name: String,
    digest: String,
    descriptor: PathBuf,
}

impl Hook {
    fn new(stack: &Stack, binary: &Path, name: &str, digest: &str) -> Result<Self> {
        let program = stack.dir().join("proofmark-node-verify");
        symlink(binary, &program)?;
        let descriptor = stack.dir().join("descriptor.json");
        fs::write(&descriptor, format!("{{\"digest\":\"{digest}\",\"size\":1}}"))?;
        Ok(Self {
            program,
            name: format!("{}/{name}:1", stack.registry),
            digest: digest.to_owned(),
            descriptor,
        })
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["-name", &self.name, "-digest", &self.digest]);
        command.args(["-stdin-media-type", "application/vnd.oci.descriptor.v1+json"]);
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command
    }

    fn call(&self) -> Result<f64> {
        measure::time_reading(&mut self.command(), &self.descriptor)
    }

    /// Many at the same time: the slowest, and the most memory that one of them had. Looking at memory takes time, so that each
    /// is a run of its own.
    fn together(&self, table: &mut String) -> Result<()> {
        let slowest = at_once(&|| self.call())?.into_iter().fold(0.0, f64::max);
        let peak = at_once(&|| measure::peak_reading(&mut self.command(), &self.descriptor))?;
        let peak = measure::greatest(peak.into_iter().map(Ok))?;
        let _ = writeln!(
            table,
            "| {TOGETHER} calls at the same time, the slowest | {slowest:.0} ms | – | ≤ 8 s |"
        );
        #[allow(clippy::cast_precision_loss)] // megabytes
        let mib = peak as f64 / 1024.0;
        let _ = writeln!(table, "| peak memory of one of them | {mib:.1} MiB | – | – |");
        Ok(())
    }
}

fn at_once<T: Send>(call: &(dyn Fn() -> Result<T> + Sync)) -> Result<Vec<T>> {
    thread::scope(|scope| {
        let calls: Vec<_> = (0..TOGETHER).map(|_| scope.spawn(call)).collect();
        calls.into_iter().map(|call| call.join().map_err(|_| anyhow!("a thread panicked"))?).collect()
    })
}

fn write_policy(stack: &Stack, dir: &Path) -> Result<()> {
    for name in ["allowlists", "trust-roots"] {
        fs::create_dir_all(dir.join(name))?;
    }
    let host = &stack.registry;
    let policy = format!(
        "version = 1\n\n[signers.release]\n{}\n[[image]]\nmatch = \"{host}/bench/*\"\nsigned-by = [\"release\"]\n",
        signer_table(SIGNER)
    );
    fs::write(dir.join("proofmark.toml"), policy)?;
    fs::write(dir.join("allowlists/registries.toml"), format!("[[registry]]\nhost = \"{host}\"\n"))?;
    write_root(&dir.join("trust-roots"), "acme.json", &fs::read(stack.trusted_root())?)?;
    run_command(Command::new("chmod").args(["-R", "go-w"]).arg(dir)).map(drop)
}

fn heading(binary: &Path) -> Result<String> {
    let version = run_command(Command::new(binary).arg("--version"))?;
    let processors = thread::available_parallelism().map_or(1, usize::from);
    Ok(format!(
        "{}; {processors} processors. Medians of {RUNS} runs.\n\n\
         | work | proofmark | `cosign verify` | budget |\n|---|---:|---:|---|\n",
        version.trim()
    ))
}

fn row(table: &mut String, what: &str, ours: &Times, peer: &str) {
    let held = if ours.median() <= 25.0 { "held" } else { "**not held**" };
    let _ = writeln!(table, "| {what} | {:.1} ms | {peer} | ≤ 25 ms: {held} |", ours.median());
}
