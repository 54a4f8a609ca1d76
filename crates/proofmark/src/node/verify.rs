//! The answer to one question of containerd.

use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc;
use std::time::Duration;

use proofmark_core::{Clock as _, ImageRef, Platform, Timestamp};
use proofmark_engine::{Exit, ImageGate, Options, run};
use proofmark_image::Request;
use proofmark_oci::Target;
use proofmark_policy::{MACHINE_DIRECTORY, Policy};
use proofmark_report::inert;

use super::call::{Call, MAX_INPUT};
use super::reason;
use crate::commands::verify::{Parts, Surroundings};
use crate::environment::{Environment, SystemClock};
use crate::failure::Failure;
use crate::files::read_all;
use crate::policy_source;
use crate::progress::Bar;

/// Time for one image (verdicts.md 4: "node hook 8 s"): containerd waits for ten, and says then only that it waited.
const MAX_TIME: Duration = Duration::from_secs(8);

/// Time for the question, which takes no time: both together end before containerd stops waiting.
const MAX_INPUT_TIME: Duration = Duration::from_secs(1);

/// Where the credentials of a node lie: the kubelet's places, and root's own. Never what the environment names.
const CREDENTIALS: [&str; 4] = [
    "/var/lib/kubelet/config.json",
    "/var/lib/kubelet/.dockercfg",
    "/root/.docker/config.json",
    "/.docker/config.json",
];

/// The cache of a node lies below it.
const CACHE: &str = "/var/cache";

/// Why a pull is blocked before anything was judged.
struct Blocked {
    exit: Exit,
    reason: String,
}

impl Blocked {
    fn call(why: &str) -> Self {
        Self { exit: Exit::Usage, reason: format!("proofmark: {}", inert(why)) }
    }
}

impl From<Failure> for Blocked {
    fn from(failure: Failure) -> Self {
        let text = format!("proofmark: {}: {}", failure.code, inert(&failure.message));
        let picture = failure.picture.lines().map(|line| format!("\n{}", inert(line)));
        let help =
            if failure.help.is_empty() { String::new() } else { format!("\nfix: {}", inert(&failure.help)) };
        Self { exit: failure.exit, reason: text + &picture.collect::<String>() + &help }
    }
}

/// Prints the reason and ends: 0 allows, everything else blocks.
pub(super) fn answer(call: &[OsString], environment: &Environment) -> ExitCode {
    let now = SystemClock.now();
    let judged = question(call).map_err(|why| Blocked::call(&why)).and_then(|reference| {
        let policy = policy_source::of_machine(now)?;
        judge(&reference, policy, &of_node(environment), now)
    });
    let (exit, reason) = judged.unwrap_or_else(|blocked| (blocked.exit, blocked.reason));
    let mut stdout = io::stdout().lock();
    let written = writeln!(stdout, "{}", reason::cut(reason)).and_then(|()| stdout.flush());
    // An answer that nobody can read is no yes.
    let exit = if written.is_err() && exit == Exit::Clean { Exit::Unverifiable } else { exit };
    ExitCode::from(exit.code())
}

/// The machine's policy alone judges.
fn judge(
    reference: &ImageRef,
    policy: Option<Policy>,
    environment: &Environment,
    now: Timestamp,
) -> Result<(Exit, String), Blocked> {
    let Some(mut policy) = policy else {
        return Err(Blocked {
            exit: Exit::Usage,
            reason: format!("proofmark: there is no policy: {MACHINE_DIRECTORY}/proofmark.toml is not there"),
        });
    };
    policy.limits.image_time = policy.limits.image_time.min(MAX_TIME);
    let surroundings = Surroundings { environment, quiet: true, progress: false, offline: false };
    let parts = Parts::of(&policy, false, 1, &surroundings)?;
    let bar = Bar::new(1, 1, false, environment);
    let gate = ImageGate::new(vec![request(reference)]);
    let (report, exit) = run(&[&gate], &[parts.context(now, &bar)], &options());
    Ok((exit, reason::of_report(&report)))
}

/// What is asked. Whoever calls it by hand is told how.
fn question(call: &[OsString]) -> Result<ImageRef, String> {
    let call = Call::parse(call)?;
    let stdin = io::stdin();
    if stdin.is_terminal() {
        return Err("standard input is a terminal: containerd gives the descriptor there".to_owned());
    }
    call.reference(&input(MAX_INPUT_TIME)?)
}

/// Standard input to its end. Whoever holds it open has not asked yet, and shall hear of it before waiting is given up.
fn input(time: Duration) -> Result<Vec<u8>, String> {
    let (done, read) = mpsc::channel();
    // Where it never ends the thread ends with the process.
    std::thread::spawn(move || done.send(read_all(io::stdin().lock(), MAX_INPUT)));
    match read.recv_timeout(time) {
        Ok(read) => read.map_err(|error| format!("standard input: {error}")),
        Err(_) => Err(format!("standard input is still open after {} s", time.as_secs())),
    }
}

fn request(reference: &ImageRef) -> Request {
    Request {
        written: reference.to_string(),
        target: Target::Registry(reference.clone()),
        platform: None,
        host: host(std::env::consts::OS, std::env::consts::ARCH),
    }
}

/// The node's platform (verdicts.md 3), by what this program was built for. A program of 32 bits runs on machines of 64 too, where
/// containerd chooses another variant than the program's: then it is not known, and every variant is judged.
fn host(os: &str, arch: &str) -> Option<Platform> {
    let architecture = match arch {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "s390x" | "riscv64" => arch,
        _ => return None,
    };
    Platform::parse(&format!("{os}/{architecture}")).filter(|_| os == "linux")
}

/// Verdicts alone decide here: what is merely worth mending in a policy must not stop a node.
fn options() -> Options {
    Options {
        command: "node verify",
        version: env!("CARGO_PKG_VERSION"),
        fail_on: None,
        base: None,
        summarized: false,
    }
}

/// The proxies of the environment, and nothing else of it: no HOME is assumed.
fn of_node(environment: &Environment) -> Environment {
    Environment {
        cache_home: Some(PathBuf::from(CACHE)).filter(|dir| dir.is_dir()),
        credential_files: Some(CREDENTIALS.iter().map(|file| Path::new(file).to_owned()).collect()),
        http_proxy: environment.http_proxy.clone(),
        https_proxy: environment.https_proxy.clone(),
        no_proxy: environment.no_proxy.clone(),
        path: environment.path.clone(),
        ..Environment::default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proofmark_policy::{How, MemoryFiles, OwnerRule};
    use proofmark_testkit::registry::{Behaviour, ImageSpec, Registry};
    use proofmark_testkit::sigstore::{SignRequest, World, WorldOptions};

    use super::*;

    /// A node with a registry, and the machine's policy for it.
    struct Node {
        world: World,
        registry: Registry,
    }

    impl Node {
        fn new() -> Self {
            Self {
                world: World::new(WorldOptions::default()),
                registry: Registry::start(Behaviour::plain()).unwrap(),
            }
        }

        fn now() -> Timestamp {
            "2026-02-01T12:00:00Z".parse().unwrap()
        }

        fn policy(&self, more: &str) -> Policy {
            let host = self.registry.host();
            let text = format!(
                "version = 1\n[signers.release]\nissuer = \"https://token.actions.githubusercontent.com\"\n\
                 identity = \"https://github.com/acme/agents/.github/workflows/release.yml@refs/tags/*\"\n\
                 trusted-root = \"test\"\n[[image]]\nmatch = \"{host}/**\"\nsigned-by = [\"release\"]\n{more}"
            );
            let files = MemoryFiles(BTreeMap::from([
                ("proofmark.toml".to_owned(), text.into_bytes()),
                (
                    "allowlists/registries.toml".to_owned(),
                    format!("[[registry]]\nhost = \"{host}\"\n").into_bytes(),
                ),
                ("trust-roots/test.json".to_owned(), self.world.trusted_root_json().into_bytes()),
            ]));
            policy_source::with_options(OwnerRule::Any, None, Self::now(), |options| {
                Policy::load_from(&files, "proofmark.toml", How::Machine, options)
            })
            .unwrap()
        }

        fn ask(reference: &str, policy: Option<Policy>) -> (u8, String) {
            let reference = ImageRef::parse(reference).unwrap();
            let judged = judge(&reference, policy, &of_node(&Environment::default()), Self::now());
            let (exit, reason) = judged.unwrap_or_else(|blocked| (blocked.exit, blocked.reason));
            (exit.code(), reason)
        }
    }

    #[test]
    fn a_signed_image_is_allowed_and_every_other_blocked_with_a_reason() {
        let node = Node::new();
        let signed = node.registry.push_image("app", &ImageSpec::named("signed"));
        let unsigned = node.registry.push_image("app", &ImageSpec::named("unsigned"));
        node.registry.attach_bundle("app", &signed, &node.world.sign(&SignRequest::image(&signed.digest)));
        let name = |digest| format!("{}/app:moved@{digest}", node.registry.host());
        let (exit, reason) = Node::ask(&name(&signed.digest), Some(node.policy("")));
        assert_eq!((exit, reason.starts_with("proofmark: verified: ")), (0, true), "{reason}");
        assert!(reason.contains(&signed.digest.to_string()), "{reason}");
        let (exit, reason) = Node::ask(&name(&unsigned.digest), Some(node.policy("")));
        assert_eq!(exit, 1);
        assert!(reason.starts_with("proofmark: image-signature: unsigned: "), "{reason}");
        for part in ["; expected signed by release", "; observed no signature", "; fix: "] {
            assert!(reason.contains(part), "{part}: {reason}");
        }
        let (exit, reason) =
            Node::ask(&format!("elsewhere.example/app@{}", signed.digest), Some(node.policy("")));
        assert_eq!(exit, 1);
        assert!(reason.contains("registry-not-allowed"), "{reason}");
        // The tag of the name is never resolved: it does not even exist.
        assert!(!node.registry.requests().iter().any(|seen| seen.path.contains("/manifests/moved")));
    }

    #[test]
    fn a_registry_that_is_down_blocks() {
        let node = Node::new();
        let image = node.registry.push_image("app", &ImageSpec::default());
        let (policy, name) = (node.policy(""), format!("{}/app@{}", node.registry.host(), image.digest));
        drop(node);
        let (exit, reason) = Node::ask(&name, Some(policy));
        assert_eq!(exit, 3);
        assert!(reason.contains("unreachable"), "{reason}");
    }

    #[test]
    fn without_a_policy_nothing_is_pulled() {
        let (exit, reason) = Node::ask(&format!("r.example/app@sha256:{}", "a".repeat(64)), None);
        assert_eq!(exit, 2);
        assert_eq!(reason, "proofmark: there is no policy: /etc/proofmark/proofmark.toml is not there");
    }

    #[test]
    fn the_platform_of_the_node() {
        let told = |os: &str, arch: &str| host(os, arch).map(|platform| platform.to_string());
        assert_eq!(told("linux", "x86_64").as_deref(), Some("linux/amd64"));
        assert_eq!(told("linux", "aarch64").as_deref(), Some("linux/arm64"));
        assert_eq!(told("linux", "x86"), None);
        assert_eq!(told("macos", "aarch64"), None);
        let reference = ImageRef::parse(&format!("r.example/app@sha256:{}", "a".repeat(64))).unwrap();
        let asked = request(&reference);
        assert_eq!((asked.platform, asked.host), (None, host(std::env::consts::OS, std::env::consts::ARCH)));
    }

    #[test]
    fn nothing_of_the_environment_but_the_way_to_the_network() {
        let environment = Environment {
            home: Some("/home/mallory".into()),
            docker_config: Some("/home/mallory".into()),
            registry_auth_file: Some("/home/mallory/auth.json".into()),
            cache_home: Some("/home/mallory/.cache".into()),
            http_proxy: Some("http://proxy.example".to_owned()),
            ..Environment::default()
        };
        let node = of_node(&environment);
        assert_eq!(node.http_proxy, environment.http_proxy);
        assert!(node.home.is_none() && node.docker_config.is_none() && node.registry_auth_file.is_none());
        assert!(node.cache_home.is_none_or(|dir| dir == Path::new(CACHE)));
        assert!(node.credential_files.unwrap().iter().all(|file| file.is_absolute()));
    }
}
