//! `proofmark pin exec`, and the call of a shim: the process becomes the tool, or says why not.

use std::ffi::{OsStr, OsString};
use std::io::{IsTerminal as _, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use proofmark_core::{Clock as _, Digest, Reason, Timestamp};
use proofmark_engine::pins::with_demands;
use proofmark_image::{Trust, TrustError};
use proofmark_lock::{Lock, MAX_LOCK, Pin};
use proofmark_pin::Demand;
use proofmark_pin::exec::{
    Admitted, Cache, Denied, Dropped, Question, Refusal, Shim, admit, clean, held, in_directory, on_path,
    select,
};
use proofmark_policy::{DeniedWhat, Policy};
use proofmark_report::inert;

use super::told::told;
use crate::accepted;
use crate::cli::{PinExecArgs, PolicySource};
use crate::environment::{Environment, SystemClock, variables};
use crate::failure::Failure;
use crate::files::{open_file, read_all};
use crate::{pins, policy_source};

/// Bytes of a shim.
const MAX_SHIM: u64 = 16 << 10;

/// What is to be run.
pub(crate) struct Call<'a> {
    tool: &'a str,
    arguments: Vec<&'a OsStr>,
    from: Option<PathBuf>,
    version: Option<&'a str>,
    no_cache: bool,
    source: PolicySource,
    quiet: bool,
}

impl<'a> Call<'a> {
    /// The command.
    pub(crate) fn asked(args: &'a PinExecArgs, quiet: bool) -> Self {
        Self {
            tool: &args.tool,
            arguments: args.arguments.iter().map(OsString::as_os_str).collect(),
            from: args.from.clone(),
            version: args.pin_version.as_deref(),
            no_cache: args.no_cache,
            source: PolicySource {
                policy: args.policy.policy.clone(),
                policy_from: args.policy.policy_from.clone(),
            },
            quiet,
        }
    }

    /// The call of a shim, if it is one: `PROGRAM --shim=TOOL FILE ARGUMENTS`.
    pub(crate) fn of_shim(words: &'a [OsString]) -> Option<Result<Self, Failure>> {
        let [_, option, rest @ ..] = words else { return None };
        let tool = Shim::asked(option.to_str()?)?;
        Some(Self::read(tool, rest))
    }

    fn read(tool: &'a str, words: &'a [OsString]) -> Result<Self, Failure> {
        let damaged = |file: &Path, why: &str| {
            Failure::usage(
                "shim-damaged",
                format!("the shim {} cannot be used: {why}", file.display()),
                format!("proofmark pin shim {tool}"),
            )
        };
        let [file, arguments @ ..] = words else {
            return Err(damaged(Path::new(tool), "it is called without its own path"));
        };
        let file = Path::new(file);
        let bytes = open_file(file).and_then(|opened| read_all(opened, MAX_SHIM));
        let bytes = bytes.map_err(|error| damaged(file, &error.to_string()))?;
        let shim = Shim::parse(&bytes, tool).map_err(|error| damaged(file, &error.to_string()))?;
        Ok(Self {
            tool,
            arguments: arguments.iter().map(OsString::as_os_str).collect(),
            from: shim.from,
            version: None,
            no_cache: false,
            source: PolicySource { policy: shim.policy, policy_from: None },
            quiet: false,
        })
    }

    /// Runs the tool. Returns only if it does not run.
    pub(crate) fn run(&self, environment: &Environment) -> Failure {
        let (admitted, kept) = match self.admitted(environment) {
            Ok(admitted) => admitted,
            Err(failure) => return *failure,
        };
        let (variables, dropped) = clean(self.tool, variables(), &kept);
        self.tell(&dropped);
        restore_sigpipe();
        let refusal = admitted.run(OsStr::new(self.tool), &self.arguments, &variables);
        told(&refusal, self.tool)
    }

    /// What may run, and the variables that every policy leaves to it.
    fn admitted(&self, environment: &Environment) -> Result<(Admitted, Vec<String>), Box<Failure>> {
        let now = SystemClock.now();
        let policies = policies(&self.source, environment, now)?;
        let refused = |refusal: Refusal| Box::new(told(&refusal, self.tool));
        let Some(first) = policies.first() else { return Err(refused(Refusal::NoQuestion)) };
        let lock = accepted_lock(first, environment)?;
        let all = select(&lock, self.tool, self.version, &pins::host()).map_err(refused)?;
        let file = self.file(environment).map_err(refused)?;
        let cache = self.cache(environment);
        let judging = Judging { call: self, lock: &lock, pins: &all, cache: cache.as_ref(), now };
        let trusts = policies.iter().map(|policy| Trust::new(policy).map(|trust| (policy, trust)));
        let trusts: Vec<(&Policy, Trust)> =
            trusts.collect::<Result<_, _>>().map_err(|error| unusable(&error))?;
        let trusts: Vec<_> = trusts.iter().map(|(policy, trust)| (*policy, trust)).collect();
        let admitted = judging.by(&trusts, &[], &file).map_err(refused)?;
        Ok((admitted, kept(&policies, self.tool)))
    }

    fn file(&self, environment: &Environment) -> Result<PathBuf, Refusal> {
        let here = std::env::current_dir().map_err(|error| Refusal::Io {
            path: PathBuf::from("."),
            action: "found",
            error,
        })?;
        match &self.from {
            Some(directory) => in_directory(self.tool, &here.join(directory)),
            None => on_path(self.tool, environment.path.as_deref().unwrap_or_default(), &here),
        }
    }

    /// What cannot be remembered is hashed again the next time: said where somebody reads it.
    fn cache(&self, environment: &Environment) -> Option<Cache> {
        if self.no_cache {
            return None;
        }
        let user = user();
        let directory = if user == 0 {
            PathBuf::from("/var/cache/proofmark/exec")
        } else {
            environment.cache_home.as_ref()?.join("proofmark/exec")
        };
        match Cache::open(&directory, user) {
            Ok(cache) => Some(cache),
            Err(refusal) => {
                if self.talks() {
                    let why = format!("what was verified is not remembered: {refusal}");
                    let failure = Failure::unverifiable("exec-cache", why, refusal.help(self.tool));
                    failure.warn(&mut std::io::stderr().lock());
                }
                None
            }
        }
    }

    /// Whether a note reaches a person: what a program reads on standard error is the tool's alone.
    fn talks(&self) -> bool {
        !self.quiet && std::io::stderr().is_terminal()
    }

    fn tell(&self, dropped: &[Dropped]) {
        use std::io::Write as _;
        if self.talks() {
            for Dropped { name, why } in dropped {
                let name = inert(&name.to_string_lossy());
                // Nothing can be done if standard error is closed.
                let _ = writeln!(std::io::stderr(), "note: {} does not get {name}, which {why}", self.tool);
            }
        }
    }
}

/// What every policy is asked.
struct Judging<'a> {
    call: &'a Call<'a>,
    lock: &'a Lock,
    pins: &'a [&'a Pin],
    cache: Option<&'a Cache>,
    now: Timestamp,
}

impl Judging<'_> {
    /// Gathers a question for each policy, and asks them all of one file.
    fn by(
        &self,
        policies: &[(&Policy, &Trust)],
        questions: &[Question<'_>],
        file: &Path,
    ) -> Result<Admitted, Refusal> {
        let Some(((policy, trust), rest)) = policies.split_first() else {
            return admit(questions, file, user());
        };
        let basis = basis(policy);
        with_demands(policy, trust, self.now, |demands| {
            let demand = demands.iter().find(|demand| demand.tool == self.call.tool);
            let judge = |pin: &Pin, bytes: &mut dyn Read| judged(policy, demand, pin, bytes, self.now);
            let mut more: Vec<Question<'_>> = questions.to_vec();
            more.push(Question {
                tool: self.call.tool,
                pins: self.pins,
                lock: self.lock,
                judge: &judge,
                basis: &basis,
                now: self.now,
                cache: self.cache,
            });
            self.by(rest, &more, file)
        })
    }
}

/// One policy's answer about bytes.
fn judged(
    policy: &Policy,
    demand: Option<&Demand<'_>>,
    pin: &Pin,
    bytes: &mut dyn Read,
    now: Timestamp,
) -> Result<(), Denied> {
    let Some(demand) = demand else {
        let why = format!("{} does not let {} run", policy.path_display(), pin.tool);
        let help = format!("add a [[binary]] for {} to allowlists/binaries.toml", pin.tool);
        return Err(Denied::Policy(proofmark_core::Refusal::new(Reason::NotListed, why, help)));
    };
    let denied = pin.executable.as_ref().and_then(|file| denied(policy, &file.sha256));
    if let Some(why) = denied {
        let why = format!("its SHA-256 is denied: {why}");
        return Err(Denied::Policy(proofmark_core::Refusal::new(
            Reason::Revoked,
            why,
            "run another version",
        )));
    }
    held(pin, demand, bytes, now)
}

/// verdicts.md 1, "Denied": looked at first.
fn denied<'a>(policy: &'a Policy, digest: &Digest) -> Option<&'a str> {
    let of = |row: &&proofmark_policy::Denied| matches!(&row.what, DeniedWhat::Everywhere(denied) if denied == digest);
    policy.denied.iter().find(of).map(|row| row.why.as_str())
}

/// Policies that judge executables; each that was found in a repository was accepted.
fn policies(
    source: &PolicySource,
    environment: &Environment,
    now: Timestamp,
) -> Result<Vec<Policy>, Failure> {
    policy_source::on_disk(source)?;
    let all = policy_source::all(source, now)?;
    for policy in &all {
        accepted::required(policy, environment)?;
    }
    let judging: Vec<Policy> = all.into_iter().filter(|policy| policy.binaries.is_some()).collect();
    if judging.is_empty() {
        return Err(Failure::usage(
            "binaries-not-listed",
            "the policy has no allowlists/binaries.toml that says which tools may run, and who must have signed them",
            "write allowlists/binaries.toml with a [[binary]] for each tool",
        ));
    }
    Ok(judging)
}

/// The variables that every policy leaves to a tool.
fn kept(policies: &[Policy], tool: &str) -> Vec<String> {
    let rows = policies.iter().map(|policy| policy.binaries.as_ref().and_then(|list| list.get(tool)));
    let mut lists = rows.map(|row| row.map_or(&[][..], |row| row.environment.as_slice()));
    let first = lists.next().unwrap_or_default().to_vec();
    lists.fold(first, |kept, list| kept.into_iter().filter(|name| list.contains(name)).collect())
}

/// The lock beside the policy that judges first, accepted as the policy is.
fn accepted_lock(policy: &Policy, environment: &Environment) -> Result<Lock, Failure> {
    let (path, bytes, lock) = lock(policy)?;
    accepted::lock_required(policy, &path, &bytes, environment)?;
    Ok(lock)
}

/// The lock beside a policy, with its path and bytes.
pub(super) fn lock(policy: &Policy) -> Result<(PathBuf, Vec<u8>, Lock), Failure> {
    let path = pins::path_beside(policy);
    let file = path.display().to_string();
    let bytes = open_file(&path).and_then(|opened| read_all(opened, MAX_LOCK as u64)).map_err(|error| {
        if error.kind() == std::io::ErrorKind::NotFound {
            let help = "pin something first: proofmark pin import FILE";
            return Failure::usage("lock-not-found", format!("there is no {file}"), help);
        }
        let help = "make it a regular file that you may read";
        Failure::unverifiable("lock-unreadable", format!("{file} cannot be read: {error}"), help)
    })?;
    let lock = Lock::parse(&bytes, &file).map_err(|failure| pins::broken(&file, &failure))?;
    Ok((path, bytes, lock))
}

fn unusable(error: &TrustError) -> Failure {
    Failure::usage("trust-unusable", error.to_string(), "proofmark policy lint shows the line")
}

/// Everything that an answer depends on beside the file and the pin: the policy with its files, and what this version makes of them.
fn basis(policy: &Policy) -> Digest {
    Digest::sha256(format!("{} {}", env!("CARGO_PKG_VERSION"), policy.digest).as_bytes())
}

fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Programs of Rust ignore SIGPIPE, and what a process ignores its successor ignores too; a signal with a handler has its default there
/// (execve(2)).
fn restore_sigpipe() {
    // It has its default then, or the tool sees errors in the place of the signal, as it must expect them anyway.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGPIPE, Arc::new(AtomicBool::new(false)));
}
