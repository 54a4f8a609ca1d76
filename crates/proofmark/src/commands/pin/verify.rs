//! `proofmark pin verify`: executables beside the lock, and the lock beside the policy. No network is used.

use std::path::{Path, PathBuf};

use proofmark_core::Timestamp;
use proofmark_engine::{EmbeddedGate, ExecutableGate, Exit, GateContext, Options, run};
use proofmark_lock::Lock;
use proofmark_pin::Look;
use proofmark_policy::{How, Policy};
use proofmark_report::Report;

use crate::accepted::is_accepted;
use crate::cli::PinVerifyArgs;
use crate::commands::verify::{Parts, Surroundings};
use crate::environment::SystemClock;
use crate::failure::Failure;
use crate::output::{Output, ended};
use crate::progress::Bar;
use crate::{pins, policy_source, revision};

/// Verifies and reports; the exit is the engine's.
pub(crate) fn verify(
    args: &PinVerifyArgs,
    surroundings: &Surroundings<'_>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let now = args.output.time.now(&SystemClock);
    let options = args.output.options("pin verify");
    match judge(args, surroundings, &options, now) {
        Ok((report, exit)) => ended(output.report(&report, &args.output, true), exit),
        Err(failure) => {
            output.failed(&failure, &args.output, &options, now, true);
            Err(failure)
        }
    }
}

fn judge(
    args: &PinVerifyArgs,
    surroundings: &Surroundings<'_>,
    options: &Options,
    now: Timestamp,
) -> Result<(Report, Exit), Failure> {
    let start = Path::new(".");
    let revision = revision::open(start, &args.policy)?;
    let policies = policy_source::all_under(revision.as_ref(), start, &args.policy, now)?;
    let Some(first) = policies.first() else { return Err(no_policy()) };
    let lock = pins::required(pins::locked(first, revision.as_ref(), start, &args.policy)?, first)?;
    if let Some(program) = &args.embedded {
        return judge_embedded(program, (&lock, &policies), surroundings, options, now);
    }
    let (paths, absent) = wanted(args, &policies, surroundings);
    let looks: Vec<Box<dyn Look>> = pins::executables(&paths)?;
    let bar = Bar::new(looks.len(), policies.len(), surroundings.progress, surroundings.environment);
    let parts: Vec<Parts<'_>> =
        policies.iter().map(|policy| Parts::of(policy, true, 0, surroundings)).collect::<Result<_, _>>()?;
    let contexts: Vec<GateContext<'_>> = parts.iter().map(|parts| parts.context(now, &bar)).collect();
    let host = believed(first, surroundings).then(pins::host);
    let (mut report, exit) = run(&[&ExecutableGate::new(&looks, &lock, host)], &contexts, options);
    bar.finish();
    report.notes.extend(absent);
    Ok((report, exit))
}

/// What a program carries, and not the program: who built it is for its own signature to say.
fn judge_embedded(
    program: &Path,
    (lock, policies): (&Lock, &[Policy]),
    surroundings: &Surroundings<'_>,
    options: &Options,
    now: Timestamp,
) -> Result<(Report, Exit), Failure> {
    let carried = pins::embedded(program)?;
    let bar = Bar::new(0, policies.len(), surroundings.progress, surroundings.environment);
    let parts: Vec<Parts<'_>> =
        policies.iter().map(|policy| Parts::of(policy, true, 0, surroundings)).collect::<Result<_, _>>()?;
    let contexts: Vec<GateContext<'_>> = parts.iter().map(|parts| parts.context(now, &bar)).collect();
    let answer = run(&[&EmbeddedGate::new(&carried, lock)], &contexts, options);
    bar.finish();
    Ok(answer)
}

/// Whether what the policy vouches for may be run: one that was found in a repository must have been accepted by its user.
pub(super) fn believed(policy: &Policy, surroundings: &Surroundings<'_>) -> bool {
    let environment = surroundings.environment;
    policy.found != How::Nearest || environment.ci || is_accepted(policy, environment).unwrap_or(false)
}

/// What is to be verified; and of tools that are not on this machine, a note.
fn wanted(
    args: &PinVerifyArgs,
    policies: &[Policy],
    surroundings: &Surroundings<'_>,
) -> (Vec<PathBuf>, Vec<String>) {
    if !args.paths.is_empty() {
        return (args.paths.clone(), Vec::new());
    }
    let rows = policies.iter().filter_map(|policy| policy.binaries.as_ref()).flat_map(|list| &list.rows);
    let mut tools: Vec<&str> = rows.map(|row| row.tool.as_str()).collect();
    tools.sort_unstable();
    tools.dedup();
    let (mut paths, mut absent) = (Vec::new(), Vec::new());
    for tool in tools {
        match pins::first_on_path(tool, surroundings.environment) {
            Some(path) => paths.push(path),
            None => absent.push(tool),
        }
    }
    let note = (!absent.is_empty()).then(|| format!("not on PATH: {}", absent.join(", ")));
    (paths, note.into_iter().collect())
}

pub(super) fn no_policy() -> Failure {
    Failure::usage(
        "policy-not-found",
        "there is no policy",
        "write a first one: proofmark init, or name one with --policy",
    )
}
