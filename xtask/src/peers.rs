//! The real peers that interoperability is tested against: found, or built, or an error.
//!
//! Each peer is a Go module of its own under `tests/interop/peers/`, built once into a cache whose
//! entries carry the hash of the module's sources. The others come from Debian.

pub(crate) mod debian;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

/// A peer that is built from a Go module.
struct GoPeer {
    name: &'static str,
    /// The module whose version names the peer; empty for one that is all ours.
    module: &'static str,
    /// The package to build, relative to the module, or `.` for a main of our own.
    package: &'static str,
    /// The folder with its `go.mod`, and what is left out of it by build tags.
    folder: &'static str,
    tags: &'static str,
}

impl GoPeer {
    const fn new(name: &'static str, module: &'static str, package: &'static str) -> Self {
        Self { name, module, package, folder: name, tags: "" }
    }

    /// One of the programs of containerd, without what it can do for file systems and for Kubernetes.
    const fn of_containerd(name: &'static str, package: &'static str) -> Self {
        let module = "github.com/containerd/containerd/v2";
        let tags = "no_btrfs,no_zfs,no_devmapper,no_aufs,no_cri";
        Self { name, module, package, folder: "containerd", tags }
    }
}

const GO_PEERS: [GoPeer; 10] = [
    GoPeer::new("cosign", "github.com/sigstore/cosign/v3", "/cmd/cosign"),
    GoPeer::new("crane", "github.com/google/go-containerregistry", "/cmd/crane"),
    GoPeer::new("registry", "github.com/google/go-containerregistry", "."),
    GoPeer::new("fulcio", "github.com/sigstore/fulcio", ""),
    GoPeer::new("rekor", "github.com/sigstore/rekor-tiles/v2", "/cmd/rekor-server/posix"),
    GoPeer::new("tsa", "github.com/sigstore/timestamp-authority/v2", "."),
    GoPeer::new("ctlog", "github.com/google/certificate-transparency-go", "."),
    GoPeer::new("oidc", "", "."),
    GoPeer::of_containerd("containerd", "/cmd/containerd"),
    GoPeer::of_containerd("ctr", "/cmd/ctr"),
];

/// A peer that is here: where, and which version.
#[derive(Debug, Clone)]
pub struct Peer {
    /// The name used in this project.
    pub name: &'static str,
    /// The version that its origin gives it.
    pub version: String,
    /// The program.
    pub path: PathBuf,
}

/// Every peer; having one of these means that none is missing.
#[derive(Debug, Clone)]
pub struct Peers(Vec<Peer>);

impl Peers {
    /// Finds all peers and builds or installs what is missing; an error if one can't be had.
    pub fn ensure() -> Result<Self> {
        let cache = cache_dir()?;
        fs::create_dir_all(&cache).with_context(|| format!("cannot make {}", cache.display()))?;
        let mut peers = Vec::new();
        for peer in &GO_PEERS {
            peers.push(ensure_go(peer, &cache).with_context(|| format!("peer {}", peer.name))?);
        }
        peers.extend(debian::ensure(&cache)?);
        Ok(Self(peers))
    }

    /// The program of a peer. Asking for a name that is not listed here is a mistake in this crate.
    pub fn path(&self, name: &str) -> &Path {
        let found = self.0.iter().find(|peer| peer.name == name);
        &found.unwrap_or_else(|| panic!("no peer is called {name}")).path
    }

    /// The peers in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = &Peer> {
        self.0.iter()
    }
}

/// `cargo xtask peers`: one line for each peer.
pub fn run() -> Result<()> {
    for peer in Peers::ensure()?.iter() {
        println!("{:<16} {:<24} {}", peer.name, peer.version, peer.path.display());
    }
    Ok(())
}

/// The root of the source tree.
pub fn tree() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().map_or_else(|| manifest.to_path_buf(), Path::to_path_buf)
}

/// Runs a program to its end; what it printed is in the error when it fails.
pub fn run_command(command: &mut Command) -> Result<String> {
    let output =
        command.output().with_context(|| format!("cannot start {}", command.get_program().display()))?;
    ensure!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Where built peers are kept: outside the tree, so that a clean checkout does not rebuild them.
pub fn cache_dir() -> Result<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(dir) = set("PROOFMARK_CACHE") {
        return Ok(dir);
    }
    let base = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")));
    Ok(base.context("neither PROOFMARK_CACHE, XDG_CACHE_HOME nor HOME is set")?.join("proofmark-peers"))
}

fn ensure_go(peer: &GoPeer, cache: &Path) -> Result<Peer> {
    let source = tree().join("tests/interop/peers").join(peer.folder);
    let version = go_version(peer, &source)?;
    let target = cache.join(format!("{}-{version}-{}", peer.name, hash_sources(&source)?));
    if !target.is_file() {
        build_go(peer, &source, &target)?;
    }
    Ok(Peer { name: peer.name, version, path: target })
}

/// The version that `go.mod` requires, without its `v`.
fn go_version(peer: &GoPeer, source: &Path) -> Result<String> {
    if peer.module.is_empty() {
        return Ok("own".to_owned());
    }
    let text = fs::read_to_string(source.join("go.mod"))?;
    let version = text.lines().find_map(|line| {
        let mut words = line.trim().trim_start_matches("require ").split_whitespace();
        (words.next() == Some(peer.module)).then(|| words.next()).flatten()
    });
    let version = version.with_context(|| format!("go.mod does not require {}", peer.module))?;
    Ok(version.trim_start_matches('v').to_owned())
}

/// The first 12 hex digits of the SHA-256 over the module's files, names and lengths included.
fn hash_sources(source: &Path) -> Result<String> {
    let entries = fs::read_dir(source).with_context(|| source.display().to_string())?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.sort();
    let mut hash = Sha256::new();
    for file in files {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let is_source = Path::new(&name).extension().is_some_and(|ext| ext == "go");
        if is_source || name == "go.mod" || name == "go.sum" {
            let bytes = fs::read(&file)?;
            hash.update(format!("{name}\0{}\0", bytes.len()));
            hash.update(bytes);
        }
    }
    Ok(hex(&hash.finalize())[..12].to_owned())
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// Builds next to the target and renames, so that an interrupted build leaves no half program.
fn build_go(peer: &GoPeer, source: &Path, target: &Path) -> Result<()> {
    let package = match peer.package {
        "." => ".".to_owned(),
        package => format!("{}{package}", peer.module),
    };
    eprintln!("building {} …", target.display());
    let started = Instant::now();
    let partial = target.with_file_name(format!(".{}.{}", peer.name, std::process::id()));
    let mut command = Command::new("go");
    command
        .current_dir(source)
        .args(["build", "-trimpath", "-ldflags=-s -w", "-tags", peer.tags, "-o"])
        .arg(&partial)
        .arg(package);
    run_command(&mut command)?;
    fs::rename(&partial, target)?;
    eprintln!("built {} in {} s", peer.name, started.elapsed().as_secs());
    Ok(())
}
