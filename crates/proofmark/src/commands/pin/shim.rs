//! `proofmark pin shim`: files that stand for tools on PATH.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use proofmark_core::Clock as _;
use proofmark_engine::Exit;
use proofmark_pin::exec::{Shim, select, trusted};

use super::told::told;
use crate::cli::PinShimArgs;
use crate::environment::{Environment, SystemClock};
use crate::failure::Failure;
use crate::files::read_head;
use crate::output::Output;
use crate::{pins, policy_source};

/// Bytes by which a file is known as a shim.
const HEAD: u64 = 512;

/// Writes a shim for each tool.
pub(crate) fn shim(
    args: &PinShimArgs,
    environment: &Environment,
    output: &mut Output,
) -> Result<Exit, Failure> {
    policy_source::on_disk(&args.policy)?;
    let policy = policy_source::required(&args.policy, SystemClock.now())?;
    let (_, _, lock) = super::exec::lock(&policy)?;
    for tool in &args.tools {
        // Whatever is pinned of it: the lock may be of more machines than this.
        if !lock.pins().any(|pin| pin.tool == *tool) {
            let missing = select(&lock, tool, None, &pins::host());
            return Err(missing
                .err()
                .map_or_else(|| unwritten(Path::new(tool), "it is not pinned"), |no| told(&no, tool)));
        }
    }
    let directory = directory(args, environment)?;
    let program = program()?;
    let named = args.policy.policy.as_deref().map(absolute).transpose()?;
    let from = args.from.as_deref().map(absolute).transpose()?;
    let mut said = String::new();
    for tool in &args.tools {
        let shim = Shim { tool: tool.clone(), policy: named.clone(), from: from.clone() };
        let path = directory.join(tool);
        let text = shim.to_text(&program).map_err(|error| unwritten(&path, &error.to_string()))?;
        write(&path, &text)?;
        trusted(&path, rustix::process::geteuid().as_raw()).map_err(|refusal| told(&refusal, tool))?;
        // Writing to a String cannot fail.
        let _ = writeln!(said, "{}: runs {tool} as proofmark pin exec does", path.display());
    }
    said.push_str(&reached(&directory, environment));
    output.text(&said)?;
    Ok(Exit::Clean)
}

fn directory(args: &PinShimArgs, environment: &Environment) -> Result<PathBuf, Failure> {
    let given = args.dir.clone().or_else(|| Some(environment.data_home.as_ref()?.join("proofmark/shims")));
    let directory = given.ok_or_else(|| {
        Failure::usage(
            "shim-not-written",
            "neither XDG_DATA_HOME nor HOME says where the shims go",
            "say it: --dir DIR",
        )
    })?;
    let directory = absolute(&directory)?;
    std::fs::create_dir_all(&directory).map_err(|error| unwritten(&directory, &error.to_string()))?;
    Ok(directory)
}

/// This program, where it stays, and where nobody else can change it.
fn program() -> Result<PathBuf, Failure> {
    let path =
        std::env::current_exe().map_err(|error| unwritten(Path::new("proofmark"), &error.to_string()))?;
    trusted(&path, rustix::process::geteuid().as_raw()).map_err(|refusal| {
        Failure::usage(
            "shim-not-written",
            format!("a shim relies on this program: {refusal}"),
            "install it where root or you alone may write, and run it from there",
        )
    })?;
    Ok(path)
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(|error| unwritten(path, &error.to_string()))
}

/// A file that is no shim is not written over.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    if std::fs::symlink_metadata(path).is_ok() {
        let head = read_head(path, HEAD).unwrap_or_default();
        let head = String::from_utf8_lossy(&head);
        if !head.starts_with("#!") || head.lines().nth(1) != text.lines().nth(1) {
            return Err(unwritten(path, "there is a file that is no shim"));
        }
    }
    placed(path, text).map_err(|error| unwritten(path, &error.to_string()))
}

fn placed(path: &Path, text: &str) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("/"));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".proofmark-");
    runnable(&mut builder);
    let mut file = builder.tempfile_in(directory)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    std::fs::File::open(directory)?.sync_all()
}

#[cfg(unix)]
fn runnable(builder: &mut tempfile::Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt as _;
    builder.permissions(std::fs::Permissions::from_mode(0o755));
}

#[cfg(not(unix))]
fn runnable(_builder: &mut tempfile::Builder<'_, '_>) {}

/// Whether the shims are what PATH leads to.
fn reached(directory: &Path, environment: &Environment) -> String {
    let path = environment.path.clone().unwrap_or_default();
    if std::env::split_paths(&path).next().is_some_and(|first| first == directory) {
        return String::new();
    }
    format!("put the directory first on PATH: export PATH={}:$PATH\n", directory.display())
}

fn unwritten(path: &Path, why: &str) -> Failure {
    Failure::usage(
        "shim-not-written",
        format!("{} was not written: {why}", path.display()),
        "name another directory: --dir DIR",
    )
}
