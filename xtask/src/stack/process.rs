//! Child processes, ports and directories that end with their owner.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::http;

/// How long a server may take until it answers.
const READY_WITHIN: Duration = Duration::from_secs(30);

/// A directory that only its owner can read, removed on drop.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("proofmark-stack-{}-{number}", std::process::id()));
        fs::create_dir(&path).with_context(|| path.display().to_string())?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o700))?;
        }
        Ok(Self(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Nothing can be done about a failure here, and it is a temporary directory.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Picks loopback ports that are free now; all are held until the last one is picked.
pub(crate) fn free_ports<const N: usize>() -> Result<[u16; N]> {
    let mut listeners = Vec::with_capacity(N);
    let mut ports = [0; N];
    for port in &mut ports {
        let listener = TcpListener::bind("127.0.0.1:0").context("no free loopback port")?;
        *port = listener.local_addr()?.port();
        listeners.push(listener);
    }
    Ok(ports)
}

/// A child that is killed on drop, also when a panic unwinds.
pub(crate) struct Server {
    name: &'static str,
    child: Child,
    log: PathBuf,
    ready: String,
}

impl Server {
    /// Starts a server whose output goes to `NAME.log`; it is ready when `path` answers 2xx.
    pub(crate) fn start(
        name: &'static str,
        mut command: Command,
        dir: &Scratch,
        port: u16,
        path: &str,
    ) -> Result<Self> {
        let log = dir.path().join(format!("{name}.log"));
        let output = File::create(&log)?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        command.env("HOME", dir.path());
        let child = command.spawn().with_context(|| format!("cannot start {name}"))?;
        Ok(Self { name, child, log, ready: format!("http://127.0.0.1:{port}{path}") })
    }

    /// Waits until it answers; an error, with its log, if it ends or takes too long.
    pub(crate) fn wait_until_ready(&mut self) -> Result<()> {
        let started = Instant::now();
        loop {
            if http::get(&self.ready, "*/*").is_ok_and(|response| response.is_success()) {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended with {status}:\n{}", self.name, self.log_text());
            }
            if started.elapsed() > READY_WITHIN {
                bail!("{} does not answer at {}:\n{}", self.name, self.ready, self.log_text());
            }
            sleep(Duration::from_millis(25));
        }
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    fn log_text(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command that starts a server. Where util-linux is there, the kernel ends the child even when
/// this process is killed and cannot run a destructor. The kernel looks at the thread that started
/// it: a stack is to be started on one that lives as long as the stack.
pub(crate) fn server_command(program: &Path) -> Command {
    let Some(setpriv) = ["/usr/bin/setpriv", "/bin/setpriv"].iter().find(|path| Path::new(path).is_file())
    else {
        return Command::new(program);
    };
    let mut command = Command::new(setpriv);
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}
