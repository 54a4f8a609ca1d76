//! The engines: a podman and a docker that share nothing with the machine's own.
//!
//! Both run in a mount namespace in which `/etc`, `/run` and `/var/lib` are the task's: no configuration of the machine is read
//! there, and nothing is left.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::{World, fresh};
use crate::peers::debian::libraries;
use crate::peers::run_command;
use crate::stack::process::server_command;

/// How long the daemons may take until they listen.
const READY_WITHIN: Duration = Duration::from_secs(30);

/// An engine that proofmark can start.
pub(super) struct Engine {
    pub(super) name: &'static str,
    /// Its program.
    pub(super) program: PathBuf,
    dir: PathBuf,
    variables: Vec<(&'static str, String)>,
    daemons: Vec<Child>,
}

/// What an engine has: repository, tag and digest.
pub(super) type Listed = (String, String, String);

impl Engine {
    /// Podman, with a storage of its own; these registries speak HTTP.
    pub(super) fn podman(world: &World, registries: &[&str]) -> Result<Self> {
        let peers = world.stack.peers();
        let dir = fresh(world.stack.dir(), "podman")?;
        let etc = fresh(&dir, "etc/containers")?;
        let shown = dir.display();
        let storage = format!(
            "[storage]\ndriver = \"vfs\"\ngraphroot = \"{shown}/graph\"\nrunroot = \"{shown}/run\"\n"
        );
        let containers = format!(
            "[engine]\ncgroup_manager = \"cgroupfs\"\nevents_logger = \"none\"\nlock_type = \"file\"\n\
             tmp_dir = \"{shown}/tmp\"\nruntime = \"crun\"\nconmon_path = [\"{}\"]\n[engine.runtimes]\ncrun = [\"{}\"]\n",
            peers.path("conmon").display(),
            peers.path("crun").display()
        );
        let insecure = |host: &&str| format!("[[registry]]\nlocation = \"{host}\"\ninsecure = true\n");
        for (name, text) in [
            ("storage.conf", storage),
            ("containers.conf", containers),
            ("registries.conf", registries.iter().map(insecure).collect::<Vec<_>>().concat()),
            ("policy.json", "{\"default\":[{\"type\":\"insecureAcceptAnything\"}]}".to_owned()),
        ] {
            fs::write(etc.join(name), text)?;
        }
        let path = libraries(peers.path("podman"))?.display().to_string();
        Self::of("podman", world, dir, vec![("LD_LIBRARY_PATH", path)])
    }

    /// Docker: a containerd, a daemon that speaks to it, and a client that speaks to the daemon.
    pub(super) fn docker(world: &World) -> Result<Self> {
        let peers = world.stack.peers();
        let dir = fresh(world.stack.dir(), "docker")?;
        fresh(&dir, "etc")?;
        let shown = dir.display().to_string();
        let config = format!(
            "version = 3\nroot = \"{shown}/containerd\"\nstate = \"{shown}/state\"\n[grpc]\n  address = \"{shown}/containerd.sock\"\n"
        );
        fs::write(dir.join("containerd.toml"), config)?;
        fs::write(dir.join("daemon.json"), "{}")?;
        let socket = ("DOCKER_HOST", format!("unix://{shown}/sock"));
        let mut engine = Self::of("docker", world, dir, vec![socket])?;
        symlink(peers.path("runc"), engine.dir.join("bin/runc"))?;
        let mut containerd = engine.within(peers.path("containerd"));
        containerd.arg("--config").arg(engine.dir.join("containerd.toml"));
        engine.start_daemon(containerd, "containerd.log")?;
        engine.wait(|| engine.dir.join("containerd.sock").exists(), "containerd.log")?;
        let mut daemon = engine.within(peers.path("dockerd"));
        for (option, name) in [
            ("--config-file", "daemon.json"),
            ("--containerd", "containerd.sock"),
            ("--data-root", "data"),
            ("--exec-root", "exec"),
            ("--pidfile", "pid"),
        ] {
            daemon.arg(option).arg(engine.dir.join(name));
        }
        daemon.args(["--host", &format!("unix://{shown}/sock"), "--bridge=none", "--storage-driver=vfs"]);
        daemon.args(["--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false"]);
        engine.start_daemon(daemon, "dockerd.log")?;
        engine.wait(
            || engine.command().arg("version").output().is_ok_and(|out| out.status.success()),
            "dockerd.log",
        )?;
        Ok(engine)
    }

    fn of(
        name: &'static str,
        world: &World,
        dir: PathBuf,
        variables: Vec<(&'static str, String)>,
    ) -> Result<Self> {
        let program = world.stack.peers().path(name).to_owned();
        symlink(&program, fresh(&dir, "bin")?.join(name))?;
        Ok(Self { name, program, dir, variables, daemons: Vec::new() })
    }

    fn start_daemon(&mut self, mut command: Command, log: &str) -> Result<()> {
        let log = fs::File::create(self.dir.join(log))?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        self.daemons.push(command.spawn().context("unshare; is this root?")?);
        Ok(())
    }

    fn wait(&self, ready: impl Fn() -> bool, log: &str) -> Result<()> {
        let started = Instant::now();
        while !ready() {
            if started.elapsed() > READY_WITHIN {
                bail!("it does not listen: {}", fs::read_to_string(self.dir.join(log)).unwrap_or_default());
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Starts a program where the machine's configuration is this engine's; `bin` alone is on the path.
    pub(super) fn within(&self, program: &Path) -> Command {
        self.within_with(program, &self.dir.join("bin"))
    }

    /// The same with another folder on the path.
    pub(super) fn within_with(&self, program: &Path, bin: &Path) -> Command {
        let script = "PATH=/usr/sbin:/usr/bin:/sbin:/bin; mount -t tmpfs -o mode=755 tmpfs /etc && cp -r \"$0/etc/.\" /etc && \
                      mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /var/lib && export PATH=\"$1\" && shift && exec \"$@\"";
        let mut command = server_command(Path::new("/usr/bin/unshare"));
        command.env_clear().env("HOME", &self.dir).env("TMPDIR", &self.dir);
        command.envs(self.variables.iter().map(|(name, value)| (*name, value)));
        command.args(["--mount", "/bin/sh", "-c", script]).arg(&self.dir).arg(bin).arg(program);
        command
    }

    /// The engine itself.
    pub(super) fn command(&self) -> Command {
        self.within(&self.program)
    }

    /// What it has of a repository.
    pub(super) fn has(&self, repository: &str) -> Result<Vec<Listed>> {
        let mut command = self.command();
        command.args([
            "images",
            "--digests",
            "--no-trunc",
            "--format",
            "{{.Repository}} {{.Tag}} {{.Digest}}",
        ]);
        let mut listed = Vec::new();
        for line in run_command(&mut command)?.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [name, tag, digest] = words[..] else { bail!("{}: {line}", self.name) };
            if name == repository {
                listed.push((name.to_owned(), tag.to_owned(), digest.to_owned()));
            }
        }
        Ok(listed)
    }

    /// A field of what a reference names.
    pub(super) fn field(&self, reference: &str, field: &str) -> Result<String> {
        let mut command = self.command();
        command.args(["image", "inspect", "--format", &format!("{{{{.{field}}}}}"), reference]);
        run_command(&mut command).map(|said| said.trim().to_owned())
    }

    /// The documents that podman's storage keeps of an image, in no order.
    pub(super) fn kept(&self, reference: &str) -> Result<Vec<Vec<u8>>> {
        let dir = self.dir.join("graph/vfs-images").join(self.field(reference, "Id")?);
        let entries = fs::read_dir(&dir).with_context(|| dir.display().to_string())?;
        entries.map(|entry| fs::read(entry?.path()).map_err(Into::into)).collect()
    }

    /// A folder for the path in which the engine is this script, which knows the engine as `$ENGINE`.
    pub(super) fn scripted(&self, script: &str) -> Result<PathBuf> {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = fresh(&self.dir, "scripted")?;
        let text = format!(
            "#!/bin/sh\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\nENGINE={}\n{script}\n",
            self.program.display()
        );
        fs::write(dir.join(self.name), text)?;
        fs::set_permissions(dir.join(self.name), fs::Permissions::from_mode(0o755))?;
        Ok(dir)
    }

    /// Where files of rows may lie.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        for daemon in self.daemons.iter_mut().rev() {
            // It may have ended by itself, which is what is wanted.
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
    }
}
