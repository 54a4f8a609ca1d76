//! `cargo xtask pins`: a dozen real tools are pinned, installed, verified and built with over real HTTPS, from npm and PyPI.
//!
//! Their packages are what recipes are made for: tar.gz and zip, with an address that is told and one that an index tells. Registries
//! sign for themselves and not for vendors; what vendors sign is tried by the tests on the loopback interface.

#[cfg(feature = "generate")]
mod building;
mod example;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};

use crate::interop::find_proofmark;

/// How many tools the policy lists, at least.
const TOOLS: usize = 8;

/// What is said for what nobody signed.
const REASON: &str = "downloaded by a test";

/// Runs all of it in a folder that is thrown away.
///
/// # Errors
/// The first step that went otherwise, with what was said.
pub fn run() -> Result<()> {
    let scene = Scene::new()?;
    let tools = scene.tools()?;
    ensure!(tools.len() >= TOOLS, "the policy lists {} tools", tools.len());
    scene.pin(&tools)?;
    println!("ok {} tools are pinned", tools.len());
    scene.own_hashes_count_for_nothing()?;
    println!("ok a registry's own hashes are no source");
    let installed = scene.install(&tools)?;
    println!("ok {} executables are installed and verified, again without a network", installed.len());
    #[cfg(feature = "generate")]
    for (tool, bytes) in &installed {
        building::run(&scene.dir.join("work"), tool, bytes)?;
    }
    println!("ok a build script gets the same executables");
    scene.a_changed_lock(&installed)?;
    println!("ok a lock that somebody changed installs nothing");
    scene.proofmark(
        &["pin", "update", "--policy", ".", "--cooldown", "0", "--dry-run", "--accept-unsigned", REASON],
        0,
    )?;
    println!("ok the lists of versions are read");
    example::run(&scene.dir)
}

/// A copy of the policy, with a cache of its own.
struct Scene {
    binary: PathBuf,
    dir: PathBuf,
}

impl Scene {
    fn new() -> Result<Self> {
        let dir = std::env::temp_dir().join(format!("proofmark-pins-{}", std::process::id()));
        let scene = Self { binary: find_proofmark()?, dir };
        copy(&crate::peers::tree().join("tests/pins"), &scene.dir.join("work"))?;
        Ok(scene)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.join("work").join(name)
    }

    /// Every tool that the policy lists.
    fn tools(&self) -> Result<Vec<String>> {
        let text = fs::read_to_string(self.path("allowlists/binaries.toml"))?;
        let list: toml::Table = toml::from_str(&text)?;
        let rows = list.get("binary").and_then(toml::Value::as_array).context("no [[binary]]")?;
        Ok(rows.iter().filter_map(|row| Some(row.get("tool")?.as_str()?.to_owned())).collect())
    }

    /// What it said on both streams; an error if it ended with another code.
    fn proofmark(&self, arguments: &[&str], exit: i32) -> Result<String> {
        let mut command = Command::new(&self.binary);
        command
            .args(arguments)
            .current_dir(self.dir.join("work"))
            .env("XDG_CACHE_HOME", self.dir.join("cache"));
        let Output { status, stdout, stderr } = command.output()?;
        let said = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        ensure!(
            status.code() == Some(exit),
            "proofmark {}: {status}, not {exit}\n{said}",
            arguments.join(" ")
        );
        Ok(said)
    }

    fn pin(&self, tools: &[String]) -> Result<()> {
        let mut arguments = vec!["pin", "add", "--policy", ".", "--by", "test", "--accept-unsigned", REASON];
        arguments.extend(tools.iter().map(String::as_str));
        self.proofmark(&arguments, 0)?;
        let lock = fs::read_to_string(self.path("proofmark.lock"))?;
        let (pins, looked_at) = (lock.matches("[[pin]]").count(), lock.matches("executable-sha256").count());
        ensure!(
            (pins, looked_at) == (tools.len(), tools.len()),
            "{pins} pins, {looked_at} of them looked at"
        );
        self.proofmark(&arguments, 0)?;
        ensure!(
            lock == fs::read_to_string(self.path("proofmark.lock"))?,
            "a second time the lock is another"
        );
        self.proofmark(&["check"], 0)?;
        Ok(())
    }

    /// Whoever keeps the packages keeps their hashes: under any name it is no second source.
    fn own_hashes_count_for_nothing(&self) -> Result<()> {
        let list = self.path("allowlists/binaries.toml");
        let text = fs::read_to_string(&list)?;
        fs::write(&list, text.replace("why = ", "sources = 1\nwhy = "))?;
        for (operator, words) in
            [("pypi", "the vendor's own list"), ("friend", "lies where the download lies")]
        {
            let named = format!("{operator}=https://pypi.org/pypi/ruff/json");
            let arguments =
                ["pin", "add", "ruff", "--policy", ".", "--accept-unsigned", REASON, "--list", &named];
            let said = self.proofmark(&arguments, 1)?;
            ensure!(said.contains("pin-sources-too-few") && said.contains(words), "{said}");
        }
        fs::write(&list, text)?;
        Ok(())
    }

    /// Installs from the network and then from the cache; the SHA-256 of each executable.
    fn install(&self, tools: &[String]) -> Result<BTreeMap<String, Vec<u8>>> {
        self.proofmark(&["pin", "install", "--policy", ".", "--to", "bin"], 0)?;
        let said = self.proofmark(&["pin", "verify", "--policy", ".", "bin"], 0)?;
        ensure!(said.contains(&format!("{} verified, 0 failed", tools.len())), "{said}");
        self.proofmark(&["--offline", "pin", "install", "--policy", ".", "--to", "again"], 0)?;
        let mut installed = BTreeMap::new();
        for tool in tools {
            let bytes = fs::read(self.path("bin").join(tool))?;
            ensure!(bytes.starts_with(b"\x7fELF"), "{tool} is no executable");
            ensure!(bytes == fs::read(self.path("again").join(tool))?, "{tool} is another without a network");
            installed.insert(tool.clone(), bytes);
        }
        Ok(installed)
    }

    fn a_changed_lock(&self, installed: &BTreeMap<String, Vec<u8>>) -> Result<()> {
        let (tool, bytes) = installed.first_key_value().context("nothing is installed")?;
        let path = self.path("proofmark.lock");
        let lock = fs::read_to_string(&path)?;
        let (before, of_tool) =
            lock.split_once(&format!("tool = \"{tool}\"")).context("the tool is not pinned")?;
        let (start, rest) = of_tool.split_once("executable-sha256 = \"").context("it was not looked at")?;
        let changed = format!("{}{}", "0".repeat(64), rest.get(64..).context("no SHA-256")?);
        fs::write(&path, format!("{before}tool = \"{tool}\"{start}executable-sha256 = \"{changed}"))?;
        let said = self.proofmark(&["pin", "install", tool, "--policy", ".", "--to", "bin"], 1)?;
        ensure!(said.contains("pin-refused"), "{said}");
        ensure!(&fs::read(self.path("bin").join(tool))? == bytes, "{tool} was replaced");
        fs::write(&path, lock)?;
        Ok(())
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// A folder of files, as it is.
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}
