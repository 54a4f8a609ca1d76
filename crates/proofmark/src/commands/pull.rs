//! `proofmark image pull`: verifies, then fetches by the digest that was verified.

use proofmark_core::{Clock, Digest, Finding, ImageRef, Outcome, Timestamp};
use proofmark_engine::{Exit, GateContext, ImageGate, Options, run};
use proofmark_image::Request;
use proofmark_policy::{How, Policy};
use proofmark_report::Report;

use super::verify::{Parts, Surroundings};
use crate::cli::PullArgs;
use crate::destination::Destination;
use crate::environment::{Environment, SystemClock};
use crate::failure::Failure;
use crate::output::{Output, ended};
use crate::progress::Bar;
use crate::{accepted, policy_source, references};

/// Verifies, fetches what may run, and reports; the exit is the verdicts', and never clean if something was not fetched.
pub(crate) fn pull(
    args: &PullArgs,
    surroundings: &Surroundings<'_>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let now = SystemClock.now();
    let options = args.output.options("image pull");
    match pulled(args, surroundings, &options, now) {
        Ok((report, exit)) => ended(output.report(&report, &args.output, true), exit),
        Err(failure) => {
            output.failed(&failure, &args.output, &options, now, true);
            Err(failure)
        }
    }
}

fn pulled(
    args: &PullArgs,
    surroundings: &Surroundings<'_>,
    options: &Options,
    now: Timestamp,
) -> Result<(Report, Exit), Failure> {
    let requests = references::requests(&args.references, &args.from, &args.reading, args.platform.as_ref())?;
    let destination = Destination::of(args, &requests, surroundings)?;
    let policies = policy_source::load(&args.policy, &args.single, &requests, now)?;
    for policy in &policies {
        accepted(policy, surroundings.environment)?;
    }
    let bar = Bar::new(requests.len(), policies.len(), surroundings.progress, surroundings.environment);
    let no_cache = args.reading.no_cache;
    // A copy hashes and writes while its network goes on, so there is a thread for that.
    let callers = requests.len().max(2);
    let parts: Vec<Parts<'_>> = policies
        .iter()
        .map(|policy| Parts::of(policy, no_cache, callers, surroundings))
        .collect::<Result<_, _>>()?;
    let contexts: Vec<GateContext<'_>> = parts.iter().map(|parts| parts.context(now, &bar)).collect();
    let (mut report, exit) = run(&[&ImageGate::new(requests.clone())], &contexts, options);
    bar.finish();
    let Some(parts) = parts.first() else { return Ok((report, exit)) };
    for request in &requests {
        if let Some(digest) = verified(&report, request) {
            match destination.fetch((request, &digest), &parts.client, args.dry_run, surroundings) {
                Ok(note) => report.notes.push(note),
                Err(failure) => report.errors.extend(failure.report_errors()),
            }
        }
    }
    // What was verified and is not there is no success.
    let exit = if exit == Exit::Clean && !report.errors.is_empty() { Exit::Unverifiable } else { exit };
    report.seal(exit.code());
    Ok((report, exit))
}

/// verdicts.md 1: a policy found in a repository is used only after its digest was accepted once, unless `--policy` or CI.
fn accepted(policy: &Policy, environment: &Environment) -> Result<(), Failure> {
    if policy.found != How::Nearest || environment.ci || accepted::is_accepted(policy, environment)? {
        return Ok(());
    }
    let path = policy.path_display();
    Err(Failure::usage(
        "policy-not-accepted",
        format!("{path} ({}) was not accepted on this machine as it stands now", policy.digest),
        "read it, then: proofmark policy trust; or name it with --policy",
    ))
}

/// The digest that may run, if every policy lets it.
fn verified(report: &Report, request: &Request) -> Option<Digest> {
    let own = |row: &&Finding| {
        row.subject.name == request.written
            && row.subject.platform == request.platform
            && matches!(row.outcome, Outcome::Pass | Outcome::Allowed)
    };
    // The engine gives `pinned` to no row of a subject that any row refuses.
    let pinned = report.results.iter().filter(own).find_map(|row| row.subject.pinned.as_deref())?;
    ImageRef::parse(pinned).ok()?.digest().cloned()
}
