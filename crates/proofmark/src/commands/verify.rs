//! `proofmark image verify`.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use proofmark_core::display::safe;
use proofmark_core::{Finding, Outcome, SignerKind, Timestamp};
use proofmark_engine::{Exit, GateContext, ImageGate, Options, run};
use proofmark_image::Trust;
use proofmark_oci::Client;
use proofmark_policy::{FILE_NAME, How, Policy};
use proofmark_report::Report;

use crate::cli::{SingleEntryArgs, VerifyArgs};
use crate::environment::{Environment, SystemClock};
use crate::failure::Failure;
use crate::output::{Output, ended};
use crate::progress::Bar;
use crate::{client, policy_source, references};

/// What every command is given.
pub(crate) struct Surroundings<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) quiet: bool,
    pub(crate) progress: bool,
    pub(crate) offline: bool,
}

/// Verifies the images and reports; the exit is the engine's.
pub(crate) fn verify(
    args: &VerifyArgs,
    surroundings: &Surroundings<'_>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let now = args.output.time.now(&SystemClock);
    let options = args.output.options("image verify");
    match judge(args, surroundings, &options, now) {
        Ok((report, exit)) => {
            // For the next program alone, where nothing stands in its way.
            let silent = surroundings.quiet && exit == Exit::Clean;
            ended(print(args, &report, silent, output), exit)
        }
        Err(failure) => {
            output.failed(&failure, &args.output, &options, now, args.print.is_none());
            Err(failure)
        }
    }
}

fn judge(
    args: &VerifyArgs,
    surroundings: &Surroundings<'_>,
    options: &Options,
    now: Timestamp,
) -> Result<(Report, Exit), Failure> {
    let requests = references::requests(&args.images, &args.reading)?;
    let policies = policy_source::load(&args.policy, &args.single, &requests, now)?;
    let bar = Bar::new(requests.len(), policies.len(), surroundings.progress, surroundings.environment);
    let no_cache = args.reading.no_cache;
    let parts: Vec<Parts<'_>> = policies
        .iter()
        .map(|policy| Parts::of(policy, no_cache, requests.len(), surroundings))
        .collect::<Result<_, _>>()?;
    let contexts: Vec<GateContext<'_>> = parts.iter().map(|parts| parts.context(now, &bar)).collect();
    let judged = run(&[&ImageGate::new(requests)], &contexts, options);
    bar.finish();
    let kept = policies.iter().find(|policy| policy.found == How::CommandLine);
    if let Some(policy) = kept.filter(|_| !surroundings.quiet) {
        keep(policy, &args.single);
    }
    Ok(judged)
}

/// What judging by one policy needs.
pub(crate) struct Parts<'a> {
    policy: &'a Policy,
    trust: Trust,
    pub(crate) client: Client,
}

impl<'a> Parts<'a> {
    /// For judging so many images.
    pub(crate) fn of(
        policy: &'a Policy,
        no_cache: bool,
        images: usize,
        surroundings: &Surroundings<'_>,
    ) -> Result<Self, Failure> {
        let trust = Trust::new(policy).map_err(|error| {
            Failure::usage("trust-unusable", error.to_string(), "proofmark policy lint shows the line")
        })?;
        let callers = images.min(policy.limits.images_in_flight);
        let client = client::build(&policy.registries, &policy.limits, no_cache, callers, surroundings)?;
        Ok(Self { policy, trust, client })
    }

    pub(crate) fn context<'b>(&'b self, now: Timestamp, progress: &'b Bar) -> GateContext<'b> {
        GateContext { policy: self.policy, trust: &self.trust, client: &self.client, now, progress }
    }
}

/// The policy that the options made, to keep as a file. Standard error: standard output is the report's.
fn keep(policy: &Policy, single: &SingleEntryArgs) {
    let text = format!(
        "# These options as a policy, to keep as {FILE_NAME}:\n{}{}\n",
        policy.to_toml(),
        beside(policy, single)
    );
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// What must lie beside the policy, as comments of it: without these files it does not judge as the options did.
fn beside(policy: &Policy, single: &SingleEntryArgs) -> String {
    let mut text = String::from("\n# Beside it:\n");
    for signer in policy.signers.values() {
        // Writing to a String cannot fail. A line break in a path would end the comment: it is escaped.
        let root = match &signer.kind {
            SignerKind::Key(key) => {
                if let Some(file) = &single.key {
                    let _ = writeln!(text, "#   cp {} trust-roots/{}", shown(file), key.file);
                }
                &key.trusted_root
            }
            SignerKind::Certificate(certificate) => &certificate.trusted_root,
        };
        if let Some(file) = &single.trusted_root {
            let _ = writeln!(text, "#   cp {} trust-roots/{root}.json", shown(file));
        }
    }
    for entry in &policy.registries {
        let _ = writeln!(
            text,
            "#   allowlists/registries.toml has a [[registry]] table with host = \"{}\"",
            entry.host
        );
    }
    text
}

fn shown(path: &Path) -> String {
    safe(&path.display().to_string()).into_owned()
}

fn print(args: &VerifyArgs, report: &Report, silent: bool, output: &mut Output) -> Result<(), Failure> {
    let written = output.report(report, &args.output, args.print.is_none());
    if args.print.is_some() {
        let printed = output.text(&pinned(report));
        if !silent {
            // Standard output is for the next program; people read why something is missing here.
            let plain = Output::plain(report, args.output.explain)?;
            let _ = std::io::stderr().lock().write_all(&plain);
        }
        printed?;
    }
    written
}

/// One pinned reference a line, for each image that may run, in the order of the request: one that passed, or that an
/// exception allows. The engine gives `pinned` to no row of a subject that any row refuses.
fn pinned(report: &Report) -> String {
    let mut lines: Vec<&str> = Vec::new();
    let may_run = |row: &&Finding| matches!(row.outcome, Outcome::Pass | Outcome::Allowed);
    for row in report.results.iter().filter(may_run) {
        if let Some(pinned) = &row.subject.pinned
            && !lines.contains(&pinned.as_str())
        {
            lines.push(pinned);
        }
    }
    lines.iter().fold(String::new(), |mut text, line| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{line}");
        text
    })
}
