//! `proofmark check`: every gate that the policy configures, over a repository, in one report.

use proofmark_core::Timestamp;
use proofmark_engine::{
    Audited, DownloadGate, EnvrcGate, Exit, Gate, GateContext, ImageGate, Options, PinGate, ReferenceGate,
    Scanned, ShadowGate, run,
};
use proofmark_report::Report;

use super::verify::{Parts, Surroundings};
use crate::auditing::audit_files;
use crate::cli::CheckArgs;
use crate::environment::SystemClock;
use crate::failure::Failure;
use crate::locks::Locks;
use crate::output::{Output, ended};
use crate::paths::there;
use crate::progress::Bar;
use crate::revision::settle_allows;
use crate::scanning::{Reach, scan_files};
use crate::scripts::scripts;
use crate::shadows::shadowing;
use crate::{pins, policy_source, revision};

/// Checks and reports; the exit is the engine's.
pub(crate) fn check(
    args: &CheckArgs,
    surroundings: &Surroundings<'_>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let now = args.output.time.now(&SystemClock);
    let options = args.output.options("check");
    match judge(args, surroundings, &options, now) {
        Ok((report, exit)) => ended(output.report(&report, &args.output, true), exit),
        Err(failure) => {
            output.failed(&failure, &args.output, &options, now, true);
            Err(failure)
        }
    }
}

fn judge(
    args: &CheckArgs,
    surroundings: &Surroundings<'_>,
    options: &Options,
    now: Timestamp,
) -> Result<(Report, Exit), Failure> {
    there(&args.path)?;
    // A policy that does not load is told before anything is read.
    let revision = revision::open(&args.path, &args.policy)?;
    let policies = policy_source::all_under(revision.as_ref(), &args.path, &args.policy, now)?;
    let mut files = scan_files(std::slice::from_ref(&args.path), &args.files.exclude, Reach::Tree)?;
    if let Some(revision) = &revision {
        settle_allows(revision, &mut files.scanned, &files.sources)?;
    }
    let scripts = scripts(&files, std::slice::from_ref(&args.path), &args.files.exclude)?;
    let scanned = files.scanned;
    let locks = policies.first().map_or_else(Locks::default, |policy| Locks::of(policy, revision.as_ref()));
    let audited = audited(args, &scanned, &locks)?;
    let locked = policies
        .first()
        .map(|policy| pins::locked(policy, revision.as_ref(), &args.path, &args.policy))
        .transpose()?
        .flatten();
    let listed = policies.iter().filter_map(|policy| policy.binaries.as_ref()).flat_map(|list| &list.rows);
    let tools: Vec<String> = listed.map(|row| row.tool.clone()).collect();
    let shadowing = shadowing(&tools, std::slice::from_ref(&args.path), &args.files.exclude)?;
    let images = scanned.images();
    let bar = Bar::new(images.len(), policies.len(), surroundings.progress, surroundings.environment);
    let parts: Vec<Parts<'_>> = policies
        .iter()
        .map(|policy| Parts::of(policy, args.no_cache, images.len(), surroundings))
        .collect::<Result<_, _>>()?;
    let contexts: Vec<GateContext<'_>> = parts.iter().map(|parts| parts.context(now, &bar)).collect();
    let references = ReferenceGate::new(&scanned);
    let images = ImageGate::located(images);
    let envrc = EnvrcGate::new(&audited);
    let pins = PinGate::new(locked.as_ref(), &contexts);
    let shadows = ShadowGate::new(&shadowing, locked.as_ref());
    let downloads = DownloadGate::new(&scripts);
    // A gate more is an entry more.
    let gates: [&dyn Gate; 6] = [&references, &images, &envrc, &pins, &shadows, &downloads];
    let judged = run(&gates, &contexts, options);
    bar.finish();
    Ok(judged)
}

/// The files of direnv. A file of another kind that was named is none, and what both walks tell of the tree is told once.
fn audited(args: &CheckArgs, scanned: &Scanned, locks: &Locks) -> Result<Audited, Failure> {
    if !args.path.is_dir() && args.path.file_name().is_none_or(|name| name != ".envrc") {
        return Ok(Audited::default());
    }
    let mut audited = audit_files(std::slice::from_ref(&args.path), &args.files.exclude, locks)?;
    audited.errors.retain(|error| !scanned.errors.iter().any(|told| told.message == error.message));
    audited.notes.retain(|note| note.starts_with("there is no command"));
    Ok(audited)
}
