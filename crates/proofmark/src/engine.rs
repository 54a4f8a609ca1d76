//! Container engines: `ENGINE pull REPOSITORY@DIGEST`, then `ENGINE tag`.
//!
//! An engine is started without a shell, with the arguments shown here and nothing else, and with the whole environment: it is
//! that which says which daemon it talks to (`DOCKER_HOST`, `CONTAINER_HOST`, `CONTAINERD_ADDRESS`) and who it is there.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use clap::ValueEnum;
use proofmark_core::Platform;

use crate::environment::Environment;
use crate::failure::Failure;

/// An engine that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EngineName {
    /// Docker.
    Docker,
    /// Podman.
    Podman,
    /// nerdctl, of containerd.
    Nerdctl,
}

impl EngineName {
    /// The order in which one is looked for, unless it is named.
    const ALL: [Self; 3] = [Self::Docker, Self::Podman, Self::Nerdctl];

    /// The name of its program.
    const fn program(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
            Self::Nerdctl => "nerdctl",
        }
    }
}

/// An engine that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Engine {
    name: EngineName,
    program: PathBuf,
}

impl Engine {
    /// The engine that is wanted, or the first that is there.
    pub(crate) fn find(wanted: Option<EngineName>, environment: &Environment) -> Result<Self, Failure> {
        let names: &[EngineName] = wanted.as_ref().map_or(&EngineName::ALL, std::slice::from_ref);
        let found = names.iter().find_map(|name| Some((*name, on_path(name.program(), environment)?)));
        let Some((name, program)) = found else {
            let looked: Vec<&str> = names.iter().map(|name| name.program()).collect();
            return Err(Failure::usage(
                "engine-not-found",
                format!("no {} is on PATH", looked.join(", ")),
                "install one, name another with --engine, or copy without one: --to oci:DIR",
            ));
        };
        Ok(Self { name, program })
    }

    /// Its name, and the program that is started.
    pub(crate) fn shown(&self) -> String {
        format!("{} ({})", self.name.program(), self.program.display())
    }

    /// What would be started, for people.
    pub(crate) fn commands(&self, pinned: &str, platform: Option<&Platform>, name: Option<&str>) -> String {
        let program = self.name.program();
        let pull = format!("{program} {}", pull_arguments(pinned, platform).join(" "));
        match name {
            Some(name) => format!("{pull}, then {program} tag {pinned} {name}"),
            None => pull,
        }
    }

    /// Pulls by digest, and gives the tag once the image is there.
    pub(crate) fn fetch(
        &self,
        pinned: &str,
        platform: Option<&Platform>,
        name: Option<&str>,
    ) -> Result<(), Failure> {
        let untouched = name.map(|name| format!("; {name} means what it did before")).unwrap_or_default();
        self.run(&pull_arguments(pinned, platform), &untouched)?;
        match name {
            Some(name) => self.run(&["tag".to_owned(), pinned.to_owned(), name.to_owned()], &untouched),
            None => Ok(()),
        }
    }

    fn run(&self, arguments: &[String], untouched: &str) -> Result<(), Failure> {
        let failed = |how: &str| {
            let command = format!("{} {}", self.name.program(), arguments.join(" "));
            Failure::unverifiable(
                "engine-failed",
                format!("{command}: {how}{untouched}"),
                "see what it said above; `--to oci:DIR` copies without an engine",
            )
        };
        match start(&self.program, arguments) {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(failed(&format!("it ended with {status}"))),
            Err(error) => Err(failed(&format!("it could not be started: {error}"))),
        }
    }
}

fn pull_arguments(pinned: &str, platform: Option<&Platform>) -> Vec<String> {
    let mut arguments = vec!["pull".to_owned()];
    arguments.extend(platform.map(|platform| format!("--platform={}", written(platform))));
    arguments.push(pinned.to_owned());
    arguments
}

/// As engines take it: they know no `os.version`.
fn written(platform: &Platform) -> String {
    let variant = platform.variant.as_ref().map(|variant| format!("/{variant}")).unwrap_or_default();
    format!("{}/{}{variant}", platform.os, platform.architecture)
}

/// What the engine prints is for people: standard output is the report's.
#[expect(clippy::disallowed_methods, reason = "this module is the one that starts engines")]
fn start(program: &Path, arguments: &[String]) -> io::Result<ExitStatus> {
    std::process::Command::new(program).args(arguments).stdin(Stdio::null()).stdout(io::stderr()).status()
}

/// The first program of this name in a directory of `PATH`. What is relative there depends on where one stands, and a
/// repository that was just cloned may hold anything.
fn on_path(name: &str, environment: &Environment) -> Option<PathBuf> {
    let path = environment.path.as_ref()?;
    let directories = std::env::split_paths(path).filter(|directory| directory.is_absolute());
    directories.map(|directory| directory.join(name)).find(|program| is_executable(program))
}

#[cfg(unix)]
fn is_executable(program: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    program.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(program: &Path) -> bool {
    program.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_the_digest_and_the_platform_alone() {
        let platform = |text: &str| Platform::parse(text).unwrap();
        assert_eq!(pull_arguments("r/a@sha256:0", None), ["pull", "r/a@sha256:0"]);
        for (written, asked) in [("linux/arm/v7", "linux/arm/v7"), ("windows/amd64:10.0.1", "windows/amd64")]
        {
            let arguments = pull_arguments("r/a@sha256:0", Some(&platform(written)));
            assert_eq!(arguments, ["pull", &format!("--platform={asked}"), "r/a@sha256:0"]);
        }
    }

    #[test]
    fn an_engine_is_looked_for_in_absolute_directories_alone() {
        let environment = |path: &str| Environment { path: Some(path.into()), ..Environment::default() };
        let failure = Engine::find(None, &environment(".:bin:/nonexistent")).unwrap_err();
        assert_eq!((failure.code, failure.exit.code()), ("engine-not-found", 2));
        assert!(failure.message.contains("docker, podman, nerdctl"), "{failure}");
        let one = Engine::find(Some(EngineName::Podman), &Environment::default()).unwrap_err();
        assert!(one.message.contains("no podman is"), "{one}");
        assert!(on_path("sh", &environment(".:/bin")).is_some());
    }
}
