//! The program in a box: a directory of its own, an environment of its own, and every word that it says.

mod run;
mod words;

use std::fs;
use std::path::{Path, PathBuf};

use proofmark_testkit::registry::Registry;
use proofmark_testkit::sigstore::World;
use tempfile::TempDir;

pub(crate) use run::{Program, Run};
pub(crate) use words::steady;

/// The time of every evaluation.
pub(crate) const NOW: &str = "2026-11-24T00:00:00Z";

/// The time at which the example of the source tree is judged: soon after its images were signed.
pub(crate) const EXAMPLE_NOW: &str = "2026-11-27T12:00:00Z";

/// The root of the source tree.
pub(crate) fn tree() -> PathBuf {
    fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).unwrap()
}

/// Says that a test cannot run here; an error where `.ci/run` has seen to it that it can.
#[allow(clippy::print_stderr, reason = "a test that does not run says so")]
pub(crate) fn skipped(why: &str) {
    assert!(std::env::var_os("PROOFMARK_TESTS_AS").is_none(), "it {why}");
    eprintln!("skipped: it {why}");
}

/// A temporary directory with a work tree, a home and a cache.
pub(crate) struct Sandbox {
    dir: TempDir,
}

impl Sandbox {
    /// An empty one. `work/` is the root of a version-controlled tree: nothing above it is looked at.
    pub(crate) fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("proofmark-cli-").tempdir().unwrap();
        for name in ["work/.git", "home", "cache", "state", "run"] {
            fs::create_dir_all(dir.path().join(name)).unwrap();
        }
        Self { dir }
    }

    /// One whose policy is this text, with no registry listed.
    pub(crate) fn with_policy(policy: &str) -> Self {
        let sandbox = Self::new();
        sandbox.write("proofmark.toml", policy);
        sandbox
    }

    /// One with a policy that asks for `release` of this world on every image of these registries.
    pub(crate) fn for_world(world: &World, hosts: &[String]) -> Self {
        let sandbox = Self::with_policy(SIGNED_BY_RELEASE);
        sandbox.write("trust-roots/world.json", world.trusted_root_json());
        let entry = |host: &String| format!("[[registry]]\nhost = \"{host}\"\nrepositories = [\"**\"]\n");
        let registries = hosts.iter().map(entry).collect::<Vec<String>>().concat();
        sandbox.write("allowlists/registries.toml", registries);
        sandbox
    }

    /// One for a single registry and its world.
    pub(crate) fn for_registry(world: &World, registry: &Registry) -> Self {
        Self::for_world(world, &[registry.host()])
    }

    /// The directory around everything.
    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// A path in the work tree.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.dir.path().join("work").join(relative)
    }

    /// Writes a file of the work tree, and the directories above it.
    pub(crate) fn write(&self, relative: &str, content: impl AsRef<[u8]>) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Reads a text file of the work tree.
    pub(crate) fn read(&self, relative: &str) -> String {
        fs::read_to_string(self.path(relative)).unwrap()
    }

    /// Every file below a directory of the box, by name.
    pub(crate) fn files(&self, relative: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        walk(&self.dir.path().join(relative), &mut found);
        found.sort();
        found
    }

    /// The program with these arguments, in the work tree.
    pub(crate) fn program<'a>(&'a self, arguments: impl IntoIterator<Item = &'a str>) -> Program<'a> {
        Program::new(self, arguments)
    }

    /// `image verify` at [`NOW`].
    pub(crate) fn verify<'a>(&'a self, arguments: impl IntoIterator<Item = &'a str>) -> Run {
        self.program(["image", "verify", "--now", NOW].into_iter().chain(arguments)).run()
    }
}

fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// The identity under which the testkit signs when nothing else is said.
pub(crate) const SIGNED_BY_RELEASE: &str = r#"version = 1

[signers.release]
issuer = "https://token.actions.githubusercontent.com"
identity = "https://github.com/acme/agents/.github/workflows/release.yml@refs/tags/*"
extensions.source-repository-uri = "https://github.com/acme/agents"
trusted-root = "world"

[[image]]
match = "**"
signed-by = ["release"]
"#;
