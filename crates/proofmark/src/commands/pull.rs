//! `proofmark image pull`: verifies, then fetches by the digest that was verified.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use proofmark_core::{Clock, Digest, Finding, ImageRef, Origin, Outcome, Timestamp};
use proofmark_engine::{ComposeGate, Exit, GateContext, ImageGate, Options, Scanned, run};
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
use crate::{accepted, compose, policy_source, references};

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
    let asked = asked(args)?;
    let requests = &asked.requests;
    let destination = Destination::of(args, requests, surroundings)?;
    let policies = policy_source::load(&args.policy, &args.single, requests, now)?;
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
    let (mut report, exit) = judged(args, &asked, &contexts, options);
    bar.finish();
    let Some(parts) = parts.first() else { return Ok((report, exit)) };
    let mut pinned = BTreeMap::new();
    for request in requests {
        if let Some(digest) = verified(&report, request) {
            match destination.fetch((request, &digest), &parts.client, args.dry_run, surroundings) {
                Ok(note) => {
                    report.notes.push(note);
                    pinned
                        .insert(request.written.clone(), format!("{}@{digest}", request.target.repository()));
                }
                Err(failure) => report.errors.extend(failure.report_errors()),
            }
        }
    }
    if let (Some(written), Some((file, scanned))) = (&args.write_override, &asked.compose) {
        let whole = exit == Exit::Clean && report.errors.is_empty();
        match overridden(written, file, scanned, &pinned, whole && !args.dry_run) {
            Ok(note) => report.notes.push(note),
            Err(failure) => report.errors.extend(failure.report_errors()),
        }
    }
    // What was verified and is not there is no success.
    let exit = if exit == Exit::Clean && !report.errors.is_empty() { Exit::Unverifiable } else { exit };
    report.seal(exit.code());
    Ok((report, exit))
}

/// What is to be pulled.
struct Asked {
    requests: Vec<Request>,
    /// Where each request stands in the compose file.
    places: Vec<Vec<Origin>>,
    compose: Option<(PathBuf, Scanned)>,
}

/// References as given, or those of a compose file.
fn asked(args: &PullArgs) -> Result<Asked, Failure> {
    let Some(file) = &args.compose else {
        let requests =
            references::requests(&args.references, &args.from, &args.reading, args.platform.as_ref())?;
        return Ok(Asked { requests, places: Vec::new(), compose: None });
    };
    if let Some(written) = &args.write_override {
        compose::check_override(written, file, args.force)?;
    }
    let scanned = compose::read(file, args.write_override.is_some())?;
    let (mut requests, places): (Vec<Request>, Vec<Vec<Origin>>) = scanned.images().into_iter().unzip();
    for request in &mut requests {
        request.platform.clone_from(&args.platform);
    }
    Ok(Asked { requests, places, compose: Some((file.clone(), scanned)) })
}

fn judged(args: &PullArgs, asked: &Asked, contexts: &[GateContext<'_>], options: &Options) -> (Report, Exit) {
    let requests = asked.requests.clone();
    match &asked.compose {
        None => run(&[&ImageGate::new(requests)], contexts, options),
        Some((_, scanned)) => {
            let services = ComposeGate::new(scanned, args.write_override.is_some());
            let images = ImageGate::located(requests.into_iter().zip(asked.places.clone()).collect());
            run(&[&services, &images], contexts, options)
        }
    }
}

/// Writes the override, unless something is missing that it would have to name.
fn overridden(
    path: &Path,
    file: &Path,
    scanned: &Scanned,
    pinned: &BTreeMap<String, String>,
    whole: bool,
) -> Result<String, Failure> {
    if !whole {
        return Ok(format!(
            "{} was not written: it names all images of {} or none",
            path.display(),
            file.display()
        ));
    }
    compose::write_override(path, file, scanned, pinned)
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
