//! `proofmark pin doctor`: what a tool's name leads to, wherever it is typed. Nothing is run but what was verified.

mod image;
mod page;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proofmark_core::{Clock as _, Finding, Outcome, Timestamp};
use proofmark_engine::{ExecutableGate, Exit, GateContext, Options, run};
use proofmark_lock::Lock;
use proofmark_pin::Look;
use proofmark_policy::Policy;

use super::verify::{believed, no_policy};
use crate::cli::PinDoctorArgs;
use crate::commands::verify::{Parts, Surroundings};
use crate::doctor::{self, Disk, Led, Shadow, mover};
use crate::environment::SystemClock;
use crate::failure::Failure;
use crate::output::Output;
use crate::paths::plain;
use crate::progress::Bar;
use crate::{pins, policy_source};

/// One tool, everywhere.
struct Tool<'a> {
    name: &'a str,
    led: Vec<Led<'a>>,
    shadows: Vec<&'a Shadow>,
    /// What moves each file outside of its pin.
    movers: BTreeMap<PathBuf, String>,
}

/// What is known of each file: the row that decides.
type Verdicts = BTreeMap<PathBuf, Finding>;

/// Looks, judges, and tells.
pub(crate) fn doctor(
    args: &PinDoctorArgs,
    surroundings: &Surroundings<'_>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let now = SystemClock.now();
    let policies = policy_source::all(&args.policy, now)?;
    let Some(first) = policies.first() else { return Err(no_policy()) };
    let locked = pins::locked(first, None, Path::new("."), &args.policy)?;
    let lock = locked.map_or_else(|| Ok(Lock::default()), |locked| pins::required(Some(locked), first))?;
    let names = tools(args, &policies, &lock);
    let judge = Judge { lock: &lock, policies: &policies, surroundings, now };
    if let Some(image) = &args.image {
        return image::doctor(image, &names, &judge, args.json, output);
    }
    let disk = Disk(surroundings.environment);
    let seen = doctor::look(&names, &args.path, &disk);
    let tools: Vec<Tool<'_>> = names
        .iter()
        .map(|name| {
            let led = doctor::lead(&seen, name, &disk);
            let files: BTreeSet<&PathBuf> = led.iter().flat_map(|one| &one.files).collect();
            let movers = files
                .into_iter()
                .filter_map(|file| Some((file.clone(), mover(file, name, &disk)?)))
                .collect();
            let shadows = seen.shadows.iter().filter(|shadow| shadow.tool == *name).collect();
            Tool { name, led, shadows, movers }
        })
        .collect();
    let verdicts = judged(&tools, &judge)?;
    let exit = exit(&tools, &verdicts, seen.open);
    let told = if args.json {
        page::as_json(&tools, &seen, &verdicts)
    } else {
        page::as_text(&tools, &seen, &verdicts)
    };
    output.text(&told)?;
    Ok(exit)
}

/// What was asked for, else what the policy lists and the lock pins.
fn tools(args: &PinDoctorArgs, policies: &[Policy], lock: &Lock) -> Vec<String> {
    if !args.tools.is_empty() {
        return args.tools.clone();
    }
    let rows = policies.iter().filter_map(|policy| policy.binaries.as_ref()).flat_map(|list| &list.rows);
    let listed = rows.map(|row| row.tool.clone()).chain(lock.pins().map(|pin| pin.tool.clone()));
    listed.collect::<BTreeSet<String>>().into_iter().collect()
}

/// By what executables are judged.
struct Judge<'a> {
    lock: &'a Lock,
    policies: &'a [Policy],
    surroundings: &'a Surroundings<'a>,
    now: Timestamp,
}

impl Judge<'_> {
    /// The row that decides for each, by the name under which it is shown; `host`: whether verified ones may be asked for their version.
    fn verdicts(
        &self,
        looks: &[Box<dyn Look + '_>],
        host: bool,
    ) -> Result<BTreeMap<String, Finding>, Failure> {
        let Self { lock, policies, surroundings, now } = *self;
        let bar = Bar::new(looks.len(), policies.len(), surroundings.progress, surroundings.environment);
        let parts: Vec<Parts<'_>> = policies
            .iter()
            .map(|policy| Parts::of(policy, true, 0, surroundings))
            .collect::<Result<_, _>>()?;
        let contexts: Vec<GateContext<'_>> = parts.iter().map(|parts| parts.context(now, &bar)).collect();
        let believes = |first: &&Policy| host && believed(first, surroundings);
        let host = policies.first().filter(believes).map(|_| pins::host());
        let options = Options {
            command: "pin doctor",
            version: env!("CARGO_PKG_VERSION"),
            fail_on: None,
            base: None,
            summarized: false,
        };
        let (report, _) = run(&[&ExecutableGate::new(looks, lock, host)], &contexts, &options);
        bar.finish();
        let mut verdicts: BTreeMap<String, Finding> = BTreeMap::new();
        for row in report.results {
            // Fail beats Unverifiable beats Pass.
            let worse = |known: &Finding| rank(row.outcome) > rank(known.outcome);
            if rank(row.outcome).is_some() && verdicts.get(&row.subject.name).is_none_or(worse) {
                verdicts.insert(row.subject.name.clone(), row);
            }
        }
        Ok(verdicts)
    }
}

/// A verdict on every file that some place leads to.
fn judged(tools: &[Tool<'_>], judge: &Judge<'_>) -> Result<Verdicts, Failure> {
    let files: BTreeSet<PathBuf> =
        tools.iter().flat_map(|tool| &tool.led).flat_map(|led| led.files.iter().cloned()).collect();
    let files: Vec<PathBuf> = files.into_iter().collect();
    let looks: Vec<Box<dyn Look>> = pins::executables(&files)?;
    let mut verdicts = judge.verdicts(&looks, true)?;
    Ok(files.into_iter().filter_map(|file| Some((file.clone(), verdicts.remove(&plain(&file))?))).collect())
}

const fn rank(outcome: Outcome) -> Option<u8> {
    match outcome {
        Outcome::Pass => Some(0),
        Outcome::Unverifiable => Some(1),
        Outcome::Fail => Some(2),
        _ => None,
    }
}

/// Of what runs somewhere, and of what a shell takes before it looks.
fn exit(tools: &[Tool<'_>], verdicts: &Verdicts, open: bool) -> Exit {
    let runs = || tools.iter().flat_map(|tool| &tool.led).filter_map(|led| led.files.first());
    let worst = runs().filter_map(|file| rank(verdicts.get(file)?.outcome)).max();
    let shadowed = tools.iter().any(|tool| !tool.shadows.is_empty());
    // What stands in a folder that cannot be told would run in the place of what was judged.
    let before = tools.iter().flat_map(|tool| &tool.led).any(|led| !led.before.is_empty());
    match worst {
        Some(2) => Exit::Failed,
        _ if shadowed => Exit::Failed,
        Some(_) if before || open => Exit::Unverifiable,
        Some(1) => Exit::Unverifiable,
        Some(_) => Exit::Clean,
        None => Exit::Nothing,
    }
}
