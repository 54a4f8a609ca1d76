//! `proofmark image pull`: verifies, then fetches by the digest that was verified.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use proofmark_core::{Clock, Digest, Finding, ImageRef, Origin, Outcome, Platform, Timestamp};
use proofmark_engine::{ComposeGate, Exit, GateContext, ImageGate, Options, Scanned, run};
use proofmark_image::Request;
use proofmark_policy::Policy;
use proofmark_report::Report;

use super::verify::{Parts, Surroundings};
use crate::cli::{PolicySource, PullArgs, SingleEntryArgs};
use crate::destination::Destination;
use crate::environment::SystemClock;
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
    policy_source::on_disk(&args.policy)?;
    let asked = asked(args)?;
    let destination = Destination::of(args, &asked.requests, surroundings)?;
    let policies = policies(&args.policy, &args.single, &asked.requests, now, surroundings)?;
    let wish = Wish { requests: &asked.requests, no_cache: args.reading.no_cache, dry_run: args.dry_run };
    let judge = |contexts: &[GateContext<'_>]| judged(args, &asked, contexts, options);
    let Brought { mut report, exit, pinned } =
        bring(&wish, &policies, &destination, surroundings, now, &judge)?;
    if let (Some(written), Some((file, scanned))) = (&args.write_override, &asked.compose) {
        let whole = exit == Exit::Clean && !args.dry_run;
        match overridden(written, file, scanned, &pinned, whole) {
            Ok(note) => report.notes.push(note),
            Err(failure) => report.errors.extend(failure.report_errors()),
        }
    }
    let exit = sealed(&mut report, exit);
    Ok((report, exit))
}

/// What is to be brought, and how.
pub(super) struct Wish<'a> {
    pub(super) requests: &'a [Request],
    pub(super) no_cache: bool,
    pub(super) dry_run: bool,
}

/// `repository@digest`, by the reference and the platform that were asked for.
pub(crate) type Pinned = BTreeMap<(String, Option<Platform>), String>;

/// What was brought.
pub(super) struct Brought {
    pub(super) report: Report,
    /// Clean only if all of it is there.
    pub(super) exit: Exit,
    /// `repository@digest` of what is there, by what was asked for.
    pub(super) pinned: Pinned,
}

/// The policies in effect, each of them accepted.
pub(super) fn policies(
    source: &PolicySource,
    single: &SingleEntryArgs,
    requests: &[Request],
    now: Timestamp,
    surroundings: &Surroundings<'_>,
) -> Result<Vec<Policy>, Failure> {
    let policies = policy_source::load(source, single, requests, now)?;
    for policy in &policies {
        accepted::required(policy, surroundings.environment)?;
    }
    Ok(policies)
}

/// Verifies, then brings what may run, each image by the digest that was verified.
pub(super) fn bring(
    wish: &Wish<'_>,
    policies: &[Policy],
    destination: &Destination<'_>,
    surroundings: &Surroundings<'_>,
    now: Timestamp,
    judge: &dyn Fn(&[GateContext<'_>]) -> (Report, Exit),
) -> Result<Brought, Failure> {
    let bar = Bar::new(wish.requests.len(), policies.len(), surroundings.progress, surroundings.environment);
    // A copy hashes and writes while its network goes on, so there is a thread for that.
    let callers = wish.requests.len().max(2);
    let parts: Vec<Parts<'_>> = policies
        .iter()
        .map(|policy| Parts::of(policy, wish.no_cache, callers, surroundings))
        .collect::<Result<_, _>>()?;
    let contexts: Vec<GateContext<'_>> = parts.iter().map(|parts| parts.context(now, &bar)).collect();
    let (mut report, exit) = judge(&contexts);
    bar.finish();
    let mut pinned = BTreeMap::new();
    let verified = |report: &Report, request| Some((parts.first()?, verified(report, request)?));
    for request in wish.requests {
        let Some((parts, digest)) = verified(&report, request) else { continue };
        match destination.fetch((request, &digest), &parts.client, wish.dry_run, surroundings) {
            Ok(note) => {
                report.notes.push(note);
                let key = (request.written.clone(), request.platform.clone());
                pinned.insert(key, format!("{}@{digest}", request.target.repository()));
            }
            Err(failure) => report.errors.extend(failure.report_errors()),
        }
    }
    let exit = sealed(&mut report, exit);
    Ok(Brought { report, exit, pinned })
}

/// What was verified and is not there is no success.
pub(super) fn sealed(report: &mut Report, exit: Exit) -> Exit {
    let exit = if exit == Exit::Clean && !report.errors.is_empty() { Exit::Unverifiable } else { exit };
    report.seal(exit.code());
    exit
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
        let requests = references::requests(&args.images, &args.reading)?;
        return Ok(Asked { requests, places: Vec::new(), compose: None });
    };
    if let Some(written) = &args.write_override {
        compose::check_override(written, file, args.force)?;
    }
    let mut scanned = compose::read(file, args.write_override.is_some())?;
    let platform = args.images.platform.as_ref();
    compose::settle_platforms(&mut scanned, platform);
    let (requests, places): (Vec<Request>, Vec<Vec<Origin>>) = scanned.images().into_iter().unzip();
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
    pinned: &Pinned,
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
