//! `cargo xtask node`: a real containerd asks proofmark before it pulls, and pulls what it may.
//!
//! containerd runs in a mount namespace of its own, in which `/etc` holds the machine's policy and nothing else; what is
//! signed comes from the real cosign. Needs root.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};

use crate::interop::{find_proofmark, signer_table, write_root};
use crate::peers::{Peers, run_command};
use crate::stack::registry::{Image, Repository};
use crate::stack::{Identity, Signer, Stack, Workflow};

const RELEASE: Signer = Signer::Keyless(workflow("acme/agents"));
const STRANGER: Signer = Signer::Keyless(workflow("mallory/agents"));

/// Calls at the same time, and how long containerd would wait for each.
const TOGETHER: usize = 50;
const PATIENCE: Duration = Duration::from_secs(10);
/// How long containerd may take until it listens.
const READY_WITHIN: Duration = Duration::from_secs(20);

const fn workflow(repository: &'static str) -> Identity {
    Identity::Workflow(Workflow { repository, ids: ("4711", "471101"), git_ref: "refs/tags/v1.0.0" })
}

/// Pulls, and holds what came of each.
///
/// # Errors
/// A pull that went otherwise, with what containerd said; or this is not root.
pub fn run() -> Result<()> {
    let binary = find_proofmark()?;
    let stack = Stack::start(Peers::ensure()?)?;
    let node = Node::start(&stack, &binary)?;
    let mut rows = 0;
    let mut hold = |what: &str, outcome: Result<()>| {
        rows += 1;
        outcome.with_context(|| what.to_owned()).map(|()| println!("ok {what}"))
    };
    let [signed, unsigned, foreign] = images(&stack)?;
    hold("a signed image, by tag", node.pulls(&format!("{}:1", signed.0)))?;
    hold("a signed image, by digest", node.pulls(&format!("{}@{}", signed.0, signed.1)))?;
    hold("an unsigned image", node.blocked(&format!("{}:1", unsigned.0), "image-signature: unsigned"))?;
    hold("an unsigned image, by digest", {
        node.blocked(&format!("{}@{}", unsigned.0, unsigned.1), "image-signature: unsigned")
    })?;
    hold(
        "signed by a stranger",
        node.blocked(&format!("{}:1", foreign.0), "image-signature: wrong-identity"),
    )?;
    let elsewhere = push(&stack.plain_registry, "node/elsewhere")?;
    hold("a registry that is not listed", {
        node.blocked(&format!("{}:1", elsewhere.0), "image-registry: registry-not-allowed")
    })?;
    hold("a registry that is down", node.down(&signed.1))?;
    hold("the hook is killed while it is asked", node.killed(&format!("{}:1", signed.0)))?;
    hold("no policy on the machine", node.without_policy(&signed))?;
    let slowest = node.together(&signed)?;
    hold("many at the same time", Ok(()))?;
    println!(
        "{rows} rows as expected; {TOGETHER} calls at the same time, the slowest {} ms",
        slowest.as_millis()
    );
    Ok(())
}

/// An image's repository and digest.
type Named = (String, String);

fn push(host: &str, name: &str) -> Result<Named> {
    let repository = Repository { host: host.to_owned(), name: name.to_owned() };
    let image = Image::new(name, &["amd64"]);
    image.push(&repository, Some("1"))?;
    Ok((format!("{host}/{name}"), image.top()?.digest()))
}

fn images(stack: &Stack) -> Result<[Named; 3]> {
    let push = |name: &str| push(&stack.registry, name);
    let [signed, unsigned, foreign] = [push("node/signed")?, push("node/unsigned")?, push("node/foreign")?];
    for (image, signer) in [(&signed, RELEASE), (&foreign, STRANGER)] {
        stack.cosign().sign(&format!("{}@{}", image.0, image.1), signer, None)?;
    }
    Ok([signed, unsigned, foreign])
}

/// A machine with containerd.
struct Node {
    dir: PathBuf,
    ctr: PathBuf,
    binary: PathBuf,
    containerd: Child,
}

impl Node {
    fn start(stack: &Stack, binary: &Path) -> Result<Self> {
        let dir = stack.dir().join("node");
        for name in ["bin", "etc/allowlists", "etc/trust-roots"] {
            fs::create_dir_all(dir.join(name))?;
        }
        write_policy(stack, &dir.join("etc"))?;
        symlink(binary, dir.join("bin/proofmark-node-verify"))?;
        fs::write(dir.join("config.toml"), configuration(&dir))?;
        let peers = stack.peers();
        let mut command = within(&dir, true);
        command.arg(peers.path("containerd")).arg("--config").arg(dir.join("config.toml"));
        let log = fs::File::create(dir.join("containerd.log"))?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let containerd = command.spawn().context("unshare; is this root?")?;
        let mut node = Self { ctr: peers.path("ctr").to_owned(), binary: binary.to_owned(), dir, containerd };
        node.wait()?;
        Ok(node)
    }

    fn wait(&mut self) -> Result<()> {
        let started = Instant::now();
        while !self.ctr(&["version"]).is_ok_and(|output| output.status.success()) {
            let ended = self.containerd.try_wait()?;
            if ended.is_some() || started.elapsed() > READY_WITHIN {
                bail!("containerd does not listen: {ended:?}\n{}", self.log());
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    fn log(&self) -> String {
        fs::read_to_string(self.dir.join("containerd.log")).unwrap_or_default()
    }

    fn ctr(&self, arguments: &[&str]) -> Result<Output> {
        let mut command = Command::new(&self.ctr);
        command.arg("-a").arg(self.dir.join("sock")).args(arguments);
        command.output().context("ctr")
    }

    fn pull(&self, reference: &str) -> Result<(bool, String)> {
        let output = self.ctr(&["image", "pull", "--local=false", "--plain-http", reference])?;
        let said = [output.stdout, output.stderr].concat();
        Ok((output.status.success(), String::from_utf8_lossy(&said).into_owned()))
    }

    fn has(&self, reference: &str) -> Result<bool> {
        let output = self.ctr(&["image", "ls", "-q"])?;
        Ok(String::from_utf8_lossy(&output.stdout).lines().any(|line| line == reference))
    }

    fn pulls(&self, reference: &str) -> Result<()> {
        let (done, said) = self.pull(reference)?;
        ensure!(done && self.has(reference)?, "it was not pulled: {said}\n{}", self.log());
        Ok(())
    }

    fn blocked(&self, reference: &str, reason: &str) -> Result<()> {
        let (done, said) = self.pull(reference)?;
        ensure!(!done && !self.has(reference)?, "it was pulled: {said}");
        ensure!(said.contains(&format!("proofmark: {reason}")), "another reason: {said}");
        Ok(())
    }

    /// containerd itself cannot resolve a name there, so the hook is asked as containerd asks.
    fn down(&self, digest: &str) -> Result<()> {
        let (code, said, _) = self.ask(&("127.0.0.1:1/node/signed".to_owned(), digest.to_owned()), true)?;
        ensure!(code == Some(3) && said.contains(": unreachable: "), "{code:?}: {said}");
        Ok(())
    }

    /// The hook is the first verifier that ends without an answer: it waits for a descriptor that never comes.
    fn killed(&self, reference: &str) -> Result<()> {
        let first = self.dir.join("bin/00-killed");
        let never = self.dir.join("never");
        run_command(Command::new("mkfifo").arg(&never))?;
        let script = format!(
            "#!/bin/sh\nexec 3<>{}\n(sleep 0.2; kill -9 $$) &\nexec {} node verify \"$@\" <&3\n",
            never.display(),
            self.binary.display()
        );
        fs::write(&first, script)?;
        fs::set_permissions(&first, fs::Permissions::from_mode(0o755))?;
        self.ctr(&["image", "rm", reference])?;
        let (done, said) = self.pull(reference)?;
        ensure!(!done && !self.has(reference)?, "it was pulled: {said}");
        fs::remove_file(first)?;
        self.pulls(reference)
    }

    fn without_policy(&self, image: &Named) -> Result<()> {
        let (code, said, _) = self.ask(image, false)?;
        ensure!(code == Some(2) && said.contains("there is no policy"), "{code:?}: {said}");
        Ok(())
    }

    /// As containerd calls the hook: its options, a descriptor on standard input, no environment.
    fn ask(&self, (name, digest): &Named, policy: bool) -> Result<(Option<i32>, String, Duration)> {
        let mut command = within(&self.dir, policy);
        command.arg(self.dir.join("bin/proofmark-node-verify"));
        command.args(["-name", &format!("{name}:1"), "-digest", digest]);
        command.args(["-stdin-media-type", "application/vnd.oci.descriptor.v1+json"]);
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let started = Instant::now();
        let mut child = command.spawn().context("unshare; is this root?")?;
        let mut stdin = child.stdin.take().context("no standard input")?;
        write!(stdin, "{{\"digest\":\"{digest}\",\"size\":1}}")?;
        drop(stdin);
        let output = child.wait_with_output()?;
        Ok((output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned(), started.elapsed()))
    }

    /// All are answered while containerd waits; gives the slowest.
    fn together(&self, image: &Named) -> Result<Duration> {
        let times = thread::scope(|scope| -> Result<Vec<Duration>> {
            let calls: Vec<_> = (0..TOGETHER).map(|_| scope.spawn(|| self.ask(image, true))).collect();
            calls
                .into_iter()
                .map(|call| {
                    let (code, said, time) = call.join().map_err(|_| anyhow!("a thread panicked"))??;
                    ensure!(code == Some(0), "{code:?}: {said}");
                    Ok(time)
                })
                .collect()
        })?;
        let slowest = times.into_iter().max().unwrap_or_default();
        ensure!(slowest < PATIENCE, "the slowest took {slowest:?}");
        Ok(slowest)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended by itself, which is what is wanted.
        let _ = self.containerd.kill();
        let _ = self.containerd.wait();
    }
}

/// Starts what follows where `/etc` holds the policy, or nothing.
fn within(dir: &Path, policy: bool) -> Command {
    let copy = if policy { "cp -r \"$0/etc\" /etc/proofmark && " } else { "" };
    let script = format!("mount -t tmpfs -o mode=755 tmpfs /etc && {copy}exec \"$@\"");
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", &script]).arg(dir);
    command
}

fn write_policy(stack: &Stack, dir: &Path) -> Result<()> {
    let host = &stack.registry;
    let policy = format!(
        "version = 1\n\n[signers.release]\n{}\n[[image]]\nmatch = \"{host}/node/*\"\nsigned-by = [\"release\"]\n\
         [[image]]\nmatch = \"127.0.0.1:1/node/*\"\nsigned-by = [\"release\"]\n",
        signer_table(RELEASE)
    );
    fs::write(dir.join("proofmark.toml"), policy)?;
    let registries = format!("[[registry]]\nhost = \"{host}\"\n[[registry]]\nhost = \"127.0.0.1:1\"\n");
    fs::write(dir.join("allowlists/registries.toml"), registries)?;
    write_root(&dir.join("trust-roots"), "acme.json", &fs::read(stack.trusted_root())?)?;
    run_command(Command::new("chmod").args(["-R", "go-w"]).arg(dir)).map(drop)
}

fn configuration(dir: &Path) -> String {
    let dir = dir.display();
    format!(
        "version = 3\nroot = \"{dir}/root\"\nstate = \"{dir}/state\"\n[grpc]\n  address = \"{dir}/sock\"\n\
         [plugins.\"io.containerd.image-verifier.v1.bindir\"]\n  bin_dir = \"{dir}/bin\"\n\
         [[plugins.\"io.containerd.transfer.v1.local\".unpack_config]]\n  platform = \"linux/amd64\"\n  \
         snapshotter = \"native\"\n"
    )
}
