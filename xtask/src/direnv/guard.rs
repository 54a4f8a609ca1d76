//! `proofmark envrc allow` and `guard` with the real direnv: what is approved loads, what changed does not; and what the guard
//! cannot prevent, which must be as docs/guide/direnv.md says.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::World;
use crate::interop::find_proofmark;

/// Time for direnv to come to a point.
const PATIENCE: Duration = Duration::from_secs(20);

/// A home with a project, and both programs.
struct Home<'a> {
    world: &'a World,
    proofmark: PathBuf,
    path: PathBuf,
}

pub(super) fn compare(world: &World) -> Result<()> {
    let proofmark = find_proofmark()?;
    let home = |name: &str| -> Result<Home<'_>> {
        let path = fs::canonicalize(world.path())?.join(name);
        fs::create_dir_all(&path)?;
        let home = Home { world, proofmark: proofmark.clone(), path };
        home.write("a/.envrc", "source_env lib.sh\n")?;
        home.write("a/lib.sh", "export LOADED=good\n")?;
        Ok(home)
    };
    approvals(&home("guard-approvals")?)?;
    changes(&home("guard-changes")?)?;
    before_the_look(&home("guard-race-caught")?)?;
    after_the_look(&home("guard-race-lost")?)?;
    ways_around(&home("guard-around")?)
}

impl Home<'_> {
    fn at(&self, relative: &str) -> PathBuf {
        self.path.join(relative)
    }

    fn write(&self, relative: &str, text: &str) -> Result<()> {
        let path = self.at(relative);
        fs::create_dir_all(path.parent().context("a path with a folder")?)?;
        fs::write(path, text)?;
        Ok(())
    }

    fn command(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.at("a")).env_clear().env("HOME", &self.path);
        command.env("PATH", "/usr/bin:/bin").stdin(Stdio::null());
        command
    }

    fn proofmark(&self, arguments: &[&str]) -> Result<()> {
        let output = self.command(&self.proofmark, arguments).output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "proofmark {arguments:?}: {said}");
        Ok(())
    }

    fn allow(&self) -> Result<()> {
        self.proofmark(&["envrc", "allow", "--yes"])
    }

    /// direnv, as the hook of a shell calls it.
    fn load(&self) -> Command {
        self.command(&self.world.direnv, &["export", "bash"])
    }

    /// Whether direnv loads the file now.
    fn loads(&self) -> Result<bool> {
        Ok(has_loaded(&self.load().output()?))
    }

    /// Starts loading, waits until a startup file waits, does something, and lets it go on.
    fn raced(&self, startup: &str, meanwhile: impl FnOnce() -> Result<()>) -> Result<bool> {
        for name in ["waiting", "go"] {
            let _ = fs::remove_file(self.at(name));
        }
        let wait = "touch \"$HOME/waiting\"\nwhile [[ ! -e $HOME/go ]]; do sleep 0.02; done\n";
        self.write(startup, wait)?;
        let mut command = self.load();
        let child: Child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let start = Instant::now();
        while !self.at("waiting").exists() {
            ensure!(start.elapsed() < PATIENCE, "direnv does not come to {startup}");
            thread::sleep(Duration::from_millis(5));
        }
        meanwhile()?;
        self.write("go", "")?;
        let output = child.wait_with_output()?;
        fs::remove_file(self.at(startup))?;
        Ok(has_loaded(&output))
    }
}

fn has_loaded(output: &Output) -> bool {
    output.status.success() && String::from_utf8_lossy(&output.stdout).contains("LOADED")
}

/// What proofmark approves is approved for direnv, and is no stray file to it.
fn approvals(home: &Home<'_>) -> Result<()> {
    ensure!(!home.loads()?, "before it is approved");
    home.allow()?;
    ensure!(home.loads()?, "approved by proofmark");
    let pruned = home.command(&home.world.direnv, &["prune"]).status()?;
    ensure!(pruned.success() && home.loads()?, "direnv prune keeps it");
    home.write("a/.envrc", "export LOADED=other\n")?;
    ensure!(!home.loads()?, "other bytes were not approved");
    println!("an approval of proofmark is one of direnv");
    Ok(())
}

/// Without the guard a change of a loaded file goes unseen; with it, it does not.
fn changes(home: &Home<'_>) -> Result<()> {
    home.allow()?;
    home.write("a/lib.sh", "export LOADED=evil\n")?;
    ensure!(home.loads()?, "direnv itself does not look at what is loaded");
    home.proofmark(&["envrc", "guard", "--write"])?;
    ensure!(!home.loads()?, "the guard refuses what changed");
    home.allow()?;
    ensure!(home.loads()?, "and loads what was approved anew");
    // A whitelist asks nobody; the guard does.
    home.write(".config/direnv/direnv.toml", "[whitelist]\nprefix = [\"/\"]\n")?;
    home.write("a/lib.sh", "export LOADED=again\n")?;
    ensure!(!home.loads()?, "whitelisted, and changed");
    let exec = home.command(&home.world.direnv, &["exec", ".", "true"]).status()?;
    ensure!(!exec.success(), "direnv exec is refused as well");
    println!("the guard refuses what changed, also where a whitelist asks nobody");
    Ok(())
}

/// The file is swapped after direnv compared its hash, and before the guard looks at it.
fn before_the_look(home: &Home<'_>) -> Result<()> {
    let startup = ".config/direnv/lib/aa-wait.sh";
    // Startup files are members: they are there when the approval is made.
    home.write(startup, "touch \"$HOME/waiting\"\nwhile [[ ! -e $HOME/go ]]; do sleep 0.02; done\n")?;
    home.allow()?;
    let swap = || home.write("a/.envrc", "export LOADED=evil\n");
    ensure!(home.raced(startup, swap)?, "without the guard the swapped file runs: direnv reads it twice");
    home.write("a/.envrc", "source_env lib.sh\n")?;
    home.proofmark(&["envrc", "guard", "--write"])?;
    ensure!(!home.raced(startup, swap)?, "the guard sees the swapped file");
    println!("a file that is swapped before the guard looks is refused");
    Ok(())
}

/// The guard looked, and bash has not read the file yet: whoever writes in between is not seen.
fn after_the_look(home: &Home<'_>) -> Result<()> {
    let startup = ".config/direnv/direnvrc";
    home.write(startup, "touch \"$HOME/waiting\"\nwhile [[ ! -e $HOME/go ]]; do sleep 0.02; done\n")?;
    home.allow()?;
    home.proofmark(&["envrc", "guard", "--write"])?;
    let swapped = home.raced(startup, || home.write("a/.envrc", "export LOADED=evil\n"))?;
    ensure!(swapped, "docs/guide/direnv.md says that this race is lost, and it was not");
    println!("a file that is swapped after the guard looked runs, as the guide says");
    Ok(())
}

/// What runs before the guard, or leads around it.
fn ways_around(home: &Home<'_>) -> Result<()> {
    home.allow()?;
    home.proofmark(&["envrc", "guard", "--write"])?;
    home.write("a/lib.sh", "export LOADED=evil\n")?;
    ensure!(!home.loads()?, "refused");
    // bash reads BASH_ENV before everything else.
    home.write("early.sh", "touch \"$HOME/early\"\n")?;
    let refused = home.load().env("BASH_ENV", home.at("early.sh")).output()?;
    ensure!(
        !has_loaded(&refused) && home.at("early").exists(),
        "BASH_ENV runs, and the guard refuses after it"
    );
    // Another place of the settings has another lib/.
    let moved = home.load().env("XDG_CONFIG_HOME", home.at("nowhere")).output()?;
    ensure!(has_loaded(&moved), "docs/guide/direnv.md says that a moved configuration has no guard");
    // A variable of the environment does not lead the guard to other records.
    let records = home.load().env("XDG_STATE_HOME", home.at("nowhere")).output()?;
    ensure!(!has_loaded(&records), "the guard goes by the records that it was written for");
    println!("what runs before the guard, and what leads around it, is as the guide says");
    Ok(())
}
