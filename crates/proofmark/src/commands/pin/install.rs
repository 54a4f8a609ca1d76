//! `proofmark pin install`: from the lock to a folder of executables.

use std::cmp::Ordering;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use proofmark_core::display::safe;
use proofmark_core::{Clock as _, Platform, Timestamp};
use proofmark_engine::Exit;
use proofmark_engine::pins::with_demands;
use proofmark_lock::{Lock, Pin};
use proofmark_pin::version::compare;
use proofmark_pin::{Demand, Installed, install as install_one, name_of};
use proofmark_policy::{How, Policy};

use super::adding::trust;
use super::refused;
use super::verify::believed;
use crate::accepted;
use crate::cli::{PinInstallArgs, ToolVersion};
use crate::commands::verify::Surroundings;
use crate::environment::SystemClock;
use crate::failure::Failure;
use crate::output::Output;
use crate::paths::plain;
use crate::pins::{self, Folder, Network};
use crate::policy_source;

/// Installs each by itself: one that is refused leaves the others be, and the worst of them is the exit.
pub(crate) fn install(
    args: &PinInstallArgs,
    surroundings: &Surroundings<'_>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    policy_source::on_disk(&args.policy)?;
    let now = SystemClock.now();
    let policies = policy_source::all(&args.policy, now)?;
    for policy in &policies {
        accepted::required(policy, surroundings.environment)?;
    }
    let Some(policy) = policies.iter().find(|policy| policy.found != How::Machine) else {
        return Err(super::verify::no_policy());
    };
    let locked = pins::locked(policy, None, Path::new("."), &args.policy)?;
    if let Some(locked) = &locked {
        let path = pins::path_beside(policy);
        accepted::lock_required(policy, &path, locked.text.as_bytes(), surroundings.environment)?;
    }
    let lock = pins::required(locked, policy)?;
    let dir = target(args, surroundings)?;
    let shown = plain(&dir);
    let (mut exit, mut said) = (Exit::Clean, String::new());
    let mut worse = |failure: &Failure| {
        failure.write(&mut std::io::stderr().lock(), false);
        // Fail beats Unverifiable beats a wrong command.
        let rank = |exit: Exit| {
            [Exit::Clean, Exit::Usage, Exit::Unverifiable, Exit::Failed].iter().position(|one| *one == exit)
        };
        if rank(failure.exit) > rank(exit) {
            exit = failure.exit;
        }
    };
    let (chosen, absent) = chosen(args, policy, &lock);
    absent.iter().for_each(&mut worse);
    if !chosen.is_empty() {
        let folder = Folder::open(&dir).map_err(|error| refused::not_placed(&shown, &error))?;
        let mut network = Network::of(policy, args.no_cache, surroundings)?;
        let mut place =
            Place { policies: &policies, folder: &folder, network: &mut network, shown: &shown, now };
        for pin in chosen {
            match place.one(pin, surroundings) {
                Ok(text) => said.push_str(&text),
                Err(failure) => worse(&failure),
            }
        }
        for why in pins::others(&dir) {
            let _ =
                writeln!(said, "note: {}: what was verified may be another file when it runs", safe(&why));
        }
        if let Some(warning) = network.warning().filter(|_| !surroundings.quiet) {
            warning.warn(&mut std::io::stderr().lock());
        }
    } else if absent.is_empty() {
        let _ = writeln!(said, "nothing of the policy must be pinned for {}", pins::host());
        exit = Exit::Nothing;
    }
    output.text(&said)?;
    Ok(exit)
}

/// The folder.
fn target(args: &PinInstallArgs, surroundings: &Surroundings<'_>) -> Result<PathBuf, Failure> {
    let home = || surroundings.environment.home.as_ref().map(|home| home.join(".local/bin"));
    args.to.clone().or_else(home).ok_or_else(|| {
        Failure::usage(
            "install-target",
            "HOME is not set, and no folder was named",
            "name a folder: --to DIR",
        )
    })
}

/// One pin of each tool, for this platform; and of each tool that has none, why.
fn chosen<'a>(args: &PinInstallArgs, policy: &Policy, lock: &'a Lock) -> (Vec<&'a Pin>, Vec<Failure>) {
    let host = pins::host();
    let rows = policy.binaries.iter().flat_map(|list| &list.rows);
    let of_policy = || {
        let here = rows.filter(|row| row.platforms.contains(&host));
        here.map(|row| ToolVersion { tool: row.tool.clone(), version: None }).collect()
    };
    let asked: Vec<ToolVersion> = if args.tools.is_empty() { of_policy() } else { args.tools.clone() };
    let (mut found, mut absent) = (Vec::new(), Vec::new());
    for one in asked {
        match newest(&one, policy, lock, &host) {
            Some(pin) => found.push(pin),
            None => absent.push(not_pinned(&one, lock, &host)),
        }
    }
    (found, absent)
}

/// The newest pin that the policy lets be, or the one of the version that was asked for, whatever the policy says: it will.
fn newest<'a>(asked: &ToolVersion, policy: &Policy, lock: &'a Lock, host: &Platform) -> Option<&'a Pin> {
    if let Some(version) = &asked.version {
        return lock.pin(&asked.tool, version, host);
    }
    let row = policy.binaries.as_ref().and_then(|list| list.get(&asked.tool));
    let listed = |pin: &&Pin| row.is_none_or(|row| row.versions.contains(&pin.version));
    let own = lock.pins().filter(|pin| pin.tool == asked.tool && pin.platform == *host).filter(listed);
    own.max_by(|one, other| compare(&one.version, &other.version).unwrap_or(Ordering::Equal))
}

fn not_pinned(asked: &ToolVersion, lock: &Lock, host: &Platform) -> Failure {
    let known: Vec<String> =
        lock.pins().filter(|pin| pin.tool == asked.tool).map(|pin| format!("  {}\n", name_of(pin))).collect();
    let version = asked.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
    let at = asked.version.as_ref().map(|version| format!("@{version}")).unwrap_or_default();
    Failure::usage(
        "pin-not-pinned",
        format!("{}{version} is not pinned for {host} in a version that the policy lists", asked.tool),
        format!("pin it: proofmark pin add {}{at} --platform {host}", asked.tool),
    )
    .with_picture(known.concat())
}

/// Where pins are placed, and by what they are judged.
struct Place<'a, 'b> {
    policies: &'a [Policy],
    folder: &'a Folder,
    network: &'a mut Network<'b>,
    shown: &'a str,
    now: Timestamp,
}

impl Place<'_, '_> {
    fn one(&mut self, pin: &Pin, surroundings: &Surroundings<'_>) -> Result<String, Failure> {
        let policy = self.policies.iter().find(|policy| policy.found != How::Machine);
        let recipe = policy.map(|policy| pins::known(&pin.tool, policy)).transpose()?.flatten();
        let group = recipe.as_ref().and_then(|recipe| recipe.group.as_deref());
        let question =
            recipe.as_ref().and_then(|recipe| recipe.asks.as_ref()).map(|asks| &asks.arguments[..]);
        let host = policy.is_some_and(|policy| believed(policy, surroundings)).then(pins::host);
        let (folder, network, now) = (self.folder, &mut *self.network, self.now);
        // A machine's policy that says nothing of executables asks nothing of them.
        let asking: Vec<&Policy> = self
            .policies
            .iter()
            .filter(|policy| policy.found != How::Machine || policy.binaries.is_some())
            .collect();
        let done = under(&asking, &pin.tool, now, Vec::new(), &mut |demands| {
            let demands = if demands.len() == asking.len() { demands } else { &[] };
            install_one(pin, demands, (&mut *network, folder), (group, question), host.as_ref(), now)
        })?;
        let done = done.map_err(|error| refused::install(error, self.shown))?;
        Ok(self.told(pin, &done, surroundings))
    }

    fn told(&self, pin: &Pin, done: &Installed, surroundings: &Surroundings<'_>) -> String {
        let to = Path::new(self.shown).join(format!("{}{}", pin.tool, std::env::consts::EXE_SUFFIX));
        let (name, to_shown) = (name_of(pin), plain(&to));
        let mut out = String::new();
        match done {
            Installed::Present => {
                // Writing to a String cannot fail.
                let _ = writeln!(out, "as before  {} is {}", safe(&to_shown), safe(&name));
            }
            Installed::Placed { evidence, notes } => {
                let _ = writeln!(out, "installed  {} is {}", safe(&to_shown), safe(&name));
                for one in evidence {
                    let _ = writeln!(out, "  {}", safe(&one.summary));
                }
                for note in notes {
                    let _ = writeln!(out, "  note: {}", safe(note));
                }
            }
        }
        let first = pins::first_on_path(&pin.tool, surroundings.environment);
        let same = |first: &PathBuf| std::fs::canonicalize(first).ok() == std::fs::canonicalize(&to).ok();
        if let Some(first) = first.filter(|first| !same(first)) {
            let _ = writeln!(out, "  note: PATH leads to {} first", safe(&plain(&first)));
        }
        out
    }
}

/// Calls `act` with what each policy asks of the tool: those that have no row for it ask nothing, which `act` sees by their number.
fn under<T>(
    policies: &[&Policy],
    tool: &str,
    now: Timestamp,
    before: Vec<Demand<'_>>,
    act: &mut dyn FnMut(&[Demand<'_>]) -> T,
) -> Result<T, Failure> {
    let Some((policy, rest)) = policies.split_first() else { return Ok(act(&before)) };
    let trust = trust(policy)?;
    with_demands(policy, &trust, now, |demands| {
        let mut all: Vec<Demand<'_>> = before;
        all.extend(demands.iter().find(|demand| demand.tool == tool).cloned());
        under(rest, tool, now, all, act)
    })
}
