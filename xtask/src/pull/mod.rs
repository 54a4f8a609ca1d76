//! `cargo xtask pull`: what `proofmark image pull` fetches is what skopeo, crane and podman fetch, byte for byte; and real engines
//! pull what it verified.
//!
//! What is signed comes from the real cosign. Engines run in a mount namespace, with an `/etc` of their own. Needs root.

mod copies;
mod engines;
mod rows;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::Value;

use engines::Engine;

use crate::interop::{find_proofmark, signer_table, write_root};
use crate::peers::Peers;
use crate::stack::registry::{Image, Repository};
use crate::stack::{Identity, Signer, Stack, Workflow};

const RELEASE: Signer = Signer::Keyless(Identity::Workflow(Workflow {
    repository: "acme/agents",
    ids: ("4711", "471101"),
    git_ref: "refs/tags/v1.0.0",
}));

/// Copies and pulls, and holds what came of each.
///
/// # Errors
/// A difference, or a pull that went otherwise, with what was said; or this is not root.
pub fn run() -> Result<()> {
    let world = World::start()?;
    // Each engine has a registry that its rows may end.
    let broken = [rows::Breakable::start(&world)?, rows::Breakable::start(&world)?];
    world.allow(&[&broken[0].host, &broken[1].host])?;
    let rows = AtomicUsize::new(0);
    let hold = |what: &str, outcome: Result<String>| {
        rows.fetch_add(1, Ordering::Relaxed);
        outcome.with_context(|| what.to_owned()).map(|told| println!("ok {what}{told}"))
    };
    thread::scope(|scope| -> Result<()> {
        // What an engine starts ends with the thread that it was started on.
        let podman = scope.spawn(|| -> Result<()> {
            let registries = [&world.stack.registry, &world.stack.plain_registry, &broken[0].host];
            let engine = Engine::podman(&world, &registries.map(String::as_str))?;
            rows::run(&world, &engine, &broken[0], &hold)?;
            hold("podman: what it stores", copies::stored(&world, &engine))
        });
        let docker = scope.spawn(|| rows::run(&world, &Engine::docker(&world)?, &broken[1], &hold));
        copies::run(&world, &hold)?;
        for engine in [podman, docker] {
            engine.join().map_err(|_| anyhow!("a thread panicked"))??;
        }
        Ok(())
    })?;
    println!("{} rows as expected", rows.load(Ordering::Relaxed));
    Ok(())
}

/// Where each row says what came of it; the text is added to its line.
type Hold<'a> = dyn Fn(&str, Result<String>) -> Result<()> + Sync + 'a;

/// The servers, the program, and a policy that asks for the signature of [`RELEASE`].
struct World {
    stack: Stack,
    binary: PathBuf,
    policy: PathBuf,
}

impl World {
    fn start() -> Result<Self> {
        let binary = find_proofmark()?;
        let stack = Stack::start(Peers::ensure()?)?;
        let policy = stack.dir().join("pull-policy");
        for name in ["allowlists", "trust-roots"] {
            fs::create_dir_all(policy.join(name))?;
        }
        write_root(&policy.join("trust-roots"), "acme.json", &fs::read(stack.trusted_root())?)?;
        let world = Self { stack, binary, policy };
        world.allow(&[])?;
        Ok(world)
    }

    /// Both registries of the stack, and these too.
    fn allow(&self, more: &[&str]) -> Result<()> {
        let stack = [self.stack.registry.as_str(), &self.stack.plain_registry];
        let hosts = || stack.iter().chain(more);
        let entries: Vec<String> = hosts()
            .map(|host| format!("[[image]]\nmatch = \"{host}/pull/**\"\nsigned-by = [\"release\"]\n"))
            .collect();
        let policy =
            format!("version = 1\n\n[signers.release]\n{}\n{}", signer_table(RELEASE), entries.concat());
        fs::write(self.policy.join("proofmark.toml"), policy)?;
        let listed: Vec<String> = hosts().map(|host| format!("[[registry]]\nhost = \"{host}\"\n")).collect();
        fs::write(self.policy.join("allowlists/registries.toml"), listed.concat()).map_err(Into::into)
    }

    /// `image COMMAND` under the policy; `command` is the program, or starts it.
    fn image(&self, mut command: Command, arguments: &[&str]) -> Result<Outcome> {
        command.args(["image", arguments[0], "--policy"]).arg(&self.policy);
        command.args(["--no-cache", "--format", "json"]).args(&arguments[1..]);
        Outcome::of(&command.output().context("proofmark")?)
    }

    /// The program, without anything of the caller's environment.
    fn proofmark(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command.env_clear().env("HOME", self.stack.dir());
        command
    }

    fn sign(&self, image: &Pushed) -> Result<()> {
        self.stack.cosign().sign(&image.pinned(), RELEASE, None)
    }
}

/// What proofmark said.
struct Outcome {
    exit: Option<i32>,
    report: Value,
    /// What it, and an engine, printed for people.
    stderr: String,
}

impl Outcome {
    fn of(output: &Output) -> Result<Self> {
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        let report =
            serde_json::from_slice(&output.stdout).with_context(|| format!("no report: {stderr}"))?;
        Ok(Self { exit: output.status.code(), report, stderr })
    }

    fn exits(self, exit: i32) -> Result<Self> {
        ensure!(
            self.exit == Some(exit),
            "exit {:?}, not {exit}: {}\n{:#}",
            self.exit,
            self.stderr,
            self.report
        );
        Ok(self)
    }
}

/// An image in a registry, with the tag `1`.
struct Pushed {
    repository: Repository,
    image: Image,
}

impl Pushed {
    fn push(host: &str, name: &str, image: Image) -> Result<Self> {
        let repository = Repository { host: host.to_owned(), name: format!("pull/{name}") };
        image.push(&repository, Some("1"))?;
        Ok(Self { repository, image })
    }

    fn digest(&self) -> String {
        self.image.top().map(crate::stack::registry::Content::digest).unwrap_or_default()
    }

    /// `HOST/NAME`.
    fn name(&self) -> String {
        format!("{}/{}", self.repository.host, self.repository.name)
    }

    fn tagged(&self) -> String {
        format!("{}:1", self.name())
    }

    fn pinned(&self) -> String {
        self.repository.reference(&self.digest())
    }
}

/// A fresh directory below `parent`.
fn fresh(parent: &Path, name: &str) -> Result<PathBuf> {
    let dir = parent.join(name);
    fs::create_dir_all(&dir).with_context(|| dir.display().to_string())?;
    Ok(dir)
}
