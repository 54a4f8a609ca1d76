//! `cargo xtask tuf`: `proofmark trust update` against repositories that the reference implementation of TUF wrote.
//!
//! `tests/interop/tuf/make.py` writes what one URL shows at several times; a server on the loopback interface shows one
//! after the other. An honest repository is followed, also over a new root key; every dishonest one is refused, and the
//! trusted root stays as it was.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};

use crate::interop::find_proofmark;
use crate::peers::{cache_dir, hex, run_command, tree};
use crate::stack::process::{Scratch, Server, free_ports, server_command};

/// What a repository shows after it was honest twice: the directory, the exit code, and words of the error.
const REFUSED: [(&str, i32, &str); 11] = [
    ("rollback", 1, "error[update-refused]: rollback: timestamp is version 1, and version 2 was seen before"),
    ("freeze", 1, "error[update-refused]: freeze: timestamp expired"),
    ("usurped-root", 1, "error[update-refused]: root has 0 valid signatures of 1"),
    ("wrong-threshold", 1, "error[update-refused]: root has 1 valid signatures of 2"),
    ("expired-root", 1, "error[update-refused]: the repository's root expired"),
    ("skipped-root", 1, "error[update-refused]: root version 4 does not follow version 2"),
    ("foreign-targets", 1, "error[update-refused]: targets has 0 valid signatures of 1"),
    ("changed-target", 1, "error[update-refused]: a file is not the one that was signed"),
    ("longer-target", 1, "error[update-refused]: a file is not the one that was signed"),
    ("no-root", 2, "error[root-malformed]: "),
    ("absent", 3, "error[update-unreachable]: "),
];

/// The root before and after: any two that differ.
const OLD: &str = "examples/platform/trust-roots/acme.json";
const NEW: &str = "trust-roots/sigstore-public-good.json";

/// Makes the repositories, shows them, and holds every outcome.
///
/// # Errors
/// A wrong outcome, with what the program said; or the reference implementation cannot be installed.
pub fn run() -> Result<()> {
    let binary = find_proofmark()?;
    let python = ensure_python()?;
    let scratch = Scratch::new()?;
    let shown = scratch.path().join("repositories");
    let mut make = Command::new(&python);
    make.arg(source().join("make.py")).arg(&shown).args([tree().join(OLD), tree().join(NEW)]);
    run_command(&mut make)?;
    fs::create_dir(shown.join("absent"))?;

    let [port] = free_ports()?;
    let world = World { binary, shown, served: scratch.path().join("served"), port, scratch: &scratch };
    world.show("first")?;
    let mut command = server_command(&python);
    command.args(["-u", "-m", "http.server", &port.to_string(), "--bind", "127.0.0.1", "--directory"]);
    command.arg(&world.served);
    let mut server = Server::start("tuf", command, &scratch, port, "/")?;
    server.wait_until_ready()?;

    followed(&world)?;
    for (name, exit, words) in REFUSED {
        refused(&world, name, exit, words).with_context(|| name.to_owned())?;
    }
    out_of_reach(&world, server)?;
    println!("tuf: rotation followed, {} repositories refused, offline and out of reach told", REFUSED.len());
    Ok(())
}

/// The program, what is shown, and where.
struct World<'a> {
    binary: PathBuf,
    shown: PathBuf,
    served: PathBuf,
    port: u16,
    scratch: &'a Scratch,
}

impl World<'_> {
    /// Shows one directory at the URL from now on.
    fn show(&self, name: &str) -> Result<()> {
        let next = self.served.with_extension("next");
        std::os::unix::fs::symlink(self.shown.join(name), &next)?;
        fs::rename(&next, &self.served).map_err(Into::into)
    }

    /// A policy and a home of their own.
    fn client(&self, name: &str) -> Result<Client<'_>> {
        let dir = self.scratch.path().join("clients").join(name);
        fs::create_dir_all(dir.join("policy/.git"))?;
        fs::create_dir_all(dir.join("home"))?;
        fs::write(dir.join("policy/proofmark.toml"), "version = 1\n")?;
        Ok(Client { world: self, dir })
    }
}

/// One machine that updates its root.
struct Client<'a> {
    world: &'a World<'a>,
    dir: PathBuf,
}

impl Client<'_> {
    fn proofmark(&self, arguments: &[&str]) -> Result<Output> {
        let mut command = Command::new(&self.world.binary);
        command.env_clear().env("HOME", self.dir.join("home")).current_dir(self.dir.join("policy"));
        command.args(arguments).output().context("proofmark")
    }

    fn update(&self, more: &[&str]) -> Result<Output> {
        let url = format!("http://127.0.0.1:{}", self.world.port);
        let root = self.world.shown.join("1.root.json").display().to_string();
        let fixed = ["trust", "update", "--name", "acme", "--mirror", &url, "--root", &root];
        self.proofmark(&[&fixed[..], more].concat())
    }

    /// An update that must succeed and write this root.
    fn accepts(&self, name: &str, root: &str) -> Result<String> {
        self.world.show(name)?;
        let output = self.update(&[])?;
        ensure!(output.status.success(), "{name} is refused: {}", text(&output));
        let bytes = fs::read(self.dir.join("policy/trust-roots/acme.json"))?;
        ensure!(bytes == fs::read(tree().join(root))?, "{name}: another root was written");
        let about = fs::read_to_string(self.dir.join("policy/trust-roots/acme.toml"))?;
        ensure!(about.contains(&hex(&Sha256::digest(&bytes))), "{name}: the description is of other bytes");
        Ok(text(&output))
    }

    /// Every file of `trust-roots/` with its content.
    fn roots(&self) -> Result<Vec<(PathBuf, Vec<u8>)>> {
        let dir = self.dir.join("policy/trust-roots");
        let mut files = Vec::new();
        for entry in fs::read_dir(&dir).with_context(|| dir.display().to_string())? {
            let path = entry?.path();
            files.push((path.clone(), fs::read(path)?));
        }
        files.sort();
        Ok(files)
    }
}

/// A first run, a new root key, and nothing new; the policy loads with what was written.
fn followed(world: &World<'_>) -> Result<()> {
    let client = world.client("honest")?;
    client.accepts("first", OLD)?;
    ensure!(client.roots()?.len() == 2, "a first run writes the root and its description alone");
    let changes = client.accepts("rotated", NEW)?;
    ensure!(changes.contains("TUF root version 2"), "the rotation was not followed: {changes}");
    ensure!(changes.contains("- certificate authority: ") && changes.contains("+ certificate authority: "));
    let again = client.accepts("rotated", NEW)?;
    ensure!(again.contains("is already the newest"), "{again}");
    let policy = "version = 1\n[signers.x]\nissuer = \"https://i\"\nidentity = \"x@acme.example\"\ntrusted-root = \"acme\"\n";
    fs::write(client.dir.join("policy/proofmark.toml"), policy)?;
    let loaded = client.proofmark(&["policy", "show"])?;
    ensure!(loaded.status.success(), "the policy does not load: {}", text(&loaded));
    Ok(())
}

/// After two honest updates, what is shown now is refused and changes nothing.
fn refused(world: &World<'_>, name: &str, exit: i32, words: &str) -> Result<()> {
    let client = world.client(name)?;
    client.accepts("first", OLD)?;
    client.accepts("rotated", NEW)?;
    world.show(name)?;
    fails(&client, &[], exit, words)
}

/// `--offline`, and a server that is gone: neither is a refusal.
fn out_of_reach(world: &World<'_>, server: Server) -> Result<()> {
    let client = world.client("reach")?;
    client.accepts("first", OLD)?;
    fails(&client, &["--offline"], 3, "error[update-unreachable]: the network is not used: --offline")?;
    drop(server);
    fails(&client, &[], 3, "error[update-unreachable]: ")
}

/// Holds the exit and the words, and that no file was touched or left behind.
fn fails(client: &Client<'_>, more: &[&str], exit: i32, words: &str) -> Result<()> {
    let before = client.roots()?;
    let output = client.update(more)?;
    let said = text(&output);
    ensure!(output.status.code() == Some(exit), "{}, not exit {exit}: {said}", output.status);
    ensure!(said.contains(words), "not `{words}`: {said}");
    ensure!(client.roots()? == before, "trust-roots/ was changed");
    Ok(())
}

/// Both streams.
fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn source() -> PathBuf {
    tree().join("tests/interop/tuf")
}

/// A Python with the pinned reference implementation, in the cache.
fn ensure_python() -> Result<PathBuf> {
    let list = source().join("requirements.txt");
    let hash = hex(&Sha256::digest(fs::read(&list)?));
    let dir = cache_dir()?.join(format!("tuf-{}", &hash[..12]));
    let (python, done) = (dir.join("bin/python"), dir.join("installed"));
    if !done.is_file() {
        install(&dir, &python, &list)?;
        fs::write(&done, "")?;
    }
    if !python.is_file() {
        bail!("{} is not there: remove {}", python.display(), dir.display());
    }
    Ok(python)
}

fn install(dir: &Path, python: &Path, list: &Path) -> Result<()> {
    run_command(Command::new("python3").args(["-m", "venv", "--clear"]).arg(dir))?;
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "install", "--quiet", "--only-binary", ":all:", "--requirement"]).arg(list);
    run_command(&mut pip).map(drop)
}
