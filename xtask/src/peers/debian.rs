//! The peers that are Debian's. What brings a system service is unpacked into the cache: installing it would start that.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::{Peer, run_command};

/// Packages that are unpacked together, and the programs in them.
struct Unpacked {
    /// The folder in the cache.
    folder: &'static str,
    packages: &'static [&'static str],
    /// Packages of libraries alone, installed where a program does not start without them.
    libraries: &'static [&'static str],
    /// Name and path.
    programs: &'static [(&'static str, &'static str)],
}

const UNPACKED: [Unpacked; 3] = [
    Unpacked {
        folder: "docker-registry-debian",
        packages: &["docker-registry"],
        libraries: &[],
        programs: &[("docker-registry", "usr/bin/docker-registry")],
    },
    Unpacked {
        folder: "podman-debian",
        packages: &["podman", "conmon", "crun", "libyajl2", "libsubid4"],
        libraries: &["libgpgme11", "libdevmapper1.02.1", "libseccomp2", "libglib2.0-0", "libsemanage2"],
        programs: &[("podman", "usr/bin/podman"), ("conmon", "usr/bin/conmon"), ("crun", "usr/bin/crun")],
    },
    // The daemon ends at once where there is no runc, also where it starts no container.
    Unpacked {
        folder: "docker-debian",
        packages: &["docker.io", "runc"],
        libraries: &["libdevmapper1.02.1", "libseccomp2"],
        programs: &[("docker", "usr/bin/docker"), ("dockerd", "usr/sbin/dockerd"), ("runc", "usr/sbin/runc")],
    },
];

/// Finds all of them, and unpacks or installs what is missing.
pub(super) fn ensure(cache: &Path) -> Result<Vec<Peer>> {
    let mut peers = Vec::new();
    for unpacked in &UNPACKED {
        peers.extend(unpacked.ensure(cache).with_context(|| format!("peers of {}", unpacked.folder))?);
    }
    peers.push(ensure_skopeo().context("peer skopeo")?);
    Ok(peers)
}

impl Unpacked {
    fn ensure(&self, cache: &Path) -> Result<Vec<Peer>> {
        let dir = cache.join(self.folder);
        if !self.programs.iter().all(|(_, program)| dir.join(program).is_file()) {
            self.unpack(&dir)?;
        }
        let versions = || self.programs.iter().map(|program| version(&dir, *program)).collect::<Result<_>>();
        if let Ok(peers) = versions() {
            return Ok(peers);
        }
        install(self.libraries)?;
        versions()
    }

    /// Unpacks next to the target and renames, so that an interrupt leaves no half program.
    fn unpack(&self, dir: &Path) -> Result<()> {
        eprintln!("unpacking {} …", dir.display());
        let partial = dir.with_file_name(format!(".{}.{}", self.folder, std::process::id()));
        fs::create_dir_all(&partial)?;
        let download =
            || run_command(Command::new("apt-get").current_dir(&partial).arg("download").args(self.packages));
        if download().is_err() {
            run_command(Command::new("apt-get").arg("update"))?;
            download()?;
        }
        let entries = fs::read_dir(&partial)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
        let archives: Vec<_> =
            entries.iter().filter(|file| file.extension().is_some_and(|ext| ext == "deb")).collect();
        ensure!(archives.len() == self.packages.len(), "apt-get download left {archives:?}");
        for archive in archives {
            run_command(Command::new("dpkg-deb").arg("-x").arg(archive).arg(&partial))?;
            fs::remove_file(archive)?;
        }
        if dir.exists() {
            fs::remove_dir_all(dir)?;
        }
        fs::rename(&partial, dir).map_err(Into::into)
    }
}

/// Where the libraries of an unpacked program are: beside it, in the folder of this machine's architecture.
pub(crate) fn libraries(program: &Path) -> Result<PathBuf> {
    let usr = program.parent().and_then(Path::parent).context("a program without a folder")?;
    let Ok(entries) = fs::read_dir(usr.join("lib")) else { return Ok(usr.join("lib")) };
    let folders = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    let named = |folder: &PathBuf| folder.to_string_lossy().ends_with("-linux-gnu");
    Ok(folders.into_iter().find(named).unwrap_or_else(|| usr.join("lib")))
}

fn version(dir: &Path, (name, program): (&'static str, &'static str)) -> Result<Peer> {
    let path = dir.join(program);
    let mut command = Command::new(&path);
    command.env("LD_LIBRARY_PATH", libraries(&path)?).arg("--version");
    let said = run_command(&mut command)?;
    // `NAME version 1.2.3, build …`, or the version is the last word of the line.
    let words: Vec<&str> = said.lines().next().unwrap_or_default().split_whitespace().collect();
    let after = words.iter().position(|word| *word == "version").and_then(|at| words.get(at + 1));
    let version = after.or(words.last()).context("no version")?;
    Ok(Peer { name, version: version.trim_end_matches(',').to_owned(), path })
}

fn ensure_skopeo() -> Result<Peer> {
    let peer = ensure_installed("skopeo", "--version")?;
    let version = peer.version.split_whitespace().nth(2).unwrap_or_default().to_owned();
    Ok(Peer { version, ..peer })
}

/// direnv, which the comparison with the model of its stores and the cost of the guard ask for.
pub(crate) fn ensure_direnv() -> Result<Peer> {
    ensure_installed("direnv", "version").context("peer direnv")
}

/// gpg, gpgv and minisign, which only the comparison of vendors' signatures asks for.
#[cfg(feature = "vendorsig")]
pub(crate) fn ensure_vendors() -> Result<()> {
    for (program, package) in
        [("gpg", "gpg"), ("gpgconf", "gpgconf"), ("gpgv", "gpgv"), ("minisign", "minisign")]
    {
        if find_program(program).is_none() {
            install(&[package]).with_context(|| format!("peer {program}"))?;
        }
    }
    Ok(())
}

/// A program that its package brings whole; what it says of its version is not cut yet.
fn ensure_installed(name: &'static str, asks_version: &str) -> Result<Peer> {
    if find_program(name).is_none() {
        install(&[name])?;
    }
    let path = find_program(name).context("not on PATH")?;
    let version = run_command(Command::new(&path).arg(asks_version))?.trim().to_owned();
    Ok(Peer { name, version, path })
}

fn install(packages: &[&str]) -> Result<()> {
    let mut command = Command::new("apt-get");
    command.args(["install", "-y", "--no-install-recommends"]).args(packages);
    if run_command(&mut command).is_err() {
        run_command(Command::new("apt-get").arg("update"))?;
        run_command(&mut command).context("apt-get needs root")?;
    }
    Ok(())
}

/// A program on `PATH`.
fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file())
}
