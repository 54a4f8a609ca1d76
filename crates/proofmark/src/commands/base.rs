//! `proofmark image base …`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::{ToSpan as _, tz::TimeZone};
use proofmark_core::{Digest, Outcome, Timestamp};
use proofmark_engine::{BaseGate, Exit, Gate, GateContext, ImageGate, Options, run};
use proofmark_image::base::record;
use proofmark_image::{BaseOptions, DeepCaps, Request};
use proofmark_oci::Budget;
use proofmark_policy::{AppendError, NewBase, Policy, append_bases, render_failure};
use proofmark_report::{Report, inert};

use super::verify::{Parts, Surroundings};
use crate::cli::{BaseAddArgs, BaseCheckArgs, BaseCommand, PolicySource, ReadingArgs};
use crate::environment::SystemClock;
use crate::failure::Failure;
use crate::files::{Readers, read_bounded, write_atomically};
use crate::output::{Output, ended};
use crate::progress::Bar;
use crate::{policy_source, references};

/// Where approved bases are listed, beside the policy.
const FILE: &str = "allowlists/base-images.toml";
/// Bytes of it.
const MAX_FILE: u64 = 8 * 1024 * 1024;
/// Days that an approval holds unless something else is asked for.
const DAYS: i64 = 90;

/// Runs a command about base images.
pub(crate) fn base(
    command: &BaseCommand,
    surroundings: &Surroundings<'_>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    match command {
        BaseCommand::Check(args) => check(args, surroundings, output),
        BaseCommand::Add(args) => add(args, surroundings, output),
    }
}

fn check(
    args: &BaseCheckArgs,
    surroundings: &Surroundings<'_>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let now = args.output.time.now(&SystemClock);
    let options = args.output.options("image base check");
    let judged = || {
        let requests = references::requests(&args.images, &args.reading)?;
        let policies = policy_source::all(&args.policy, now)?;
        let count = requests.len();
        let gate = BaseGate::new(requests, options_of(args));
        judge(&gate, count, &policies, args.reading.no_cache, surroundings, &options, now)
    };
    match judged() {
        Ok((report, exit)) => ended(output.report(&report, &args.output, true), exit),
        Err(failure) => {
            output.failed(&failure, &args.output, &options, now, true);
            Err(failure)
        }
    }
}

fn options_of(args: &BaseCheckArgs) -> BaseOptions {
    BaseOptions {
        warn_within: args.warn_within,
        deep: args.deep.then(DeepCaps::default),
        with_provenance: false,
    }
}

fn judge(
    gate: &dyn Gate,
    count: usize,
    policies: &[Policy],
    no_cache: bool,
    surroundings: &Surroundings<'_>,
    options: &Options,
    now: Timestamp,
) -> Result<(Report, Exit), Failure> {
    let bar = Bar::new(count, policies.len(), surroundings.progress, surroundings.environment);
    let parts: Vec<Parts<'_>> = policies
        .iter()
        .map(|policy| Parts::of(policy, no_cache, count, surroundings))
        .collect::<Result<_, _>>()?;
    let contexts: Vec<GateContext<'_>> = parts.iter().map(|parts| parts.context(now, &bar)).collect();
    let judged = run(&[gate], &contexts, options);
    bar.finish();
    Ok(judged)
}

/// Verifies the base under every policy in effect; what passes is written to the first, which is the user's.
fn add(args: &BaseAddArgs, surroundings: &Surroundings<'_>, output: &mut Output) -> Result<Exit, Failure> {
    let now = args.output.time.now(&SystemClock);
    let options = args.output.options("image base add");
    policy_source::on_disk(&args.policy)?;
    let not_after = last_day(args.not_after, now)?;
    let (policies, request) = subject(&args.policy, &args.reference, &args.reading, now)?;
    let gate = ImageGate::new(vec![request.clone()]);
    let (report, exit) = judge(&gate, 1, &policies, args.reading.no_cache, surroundings, &options, now)?;
    let Some(digest) = verified(&report, exit) else {
        output.report(&report, &args.output, true)?;
        return Err(Failure {
            exit: if exit == Exit::Clean { Exit::Failed } else { exit },
            ..Failure::usage(
                "base-not-verified",
                format!("{} is not verified under the policy, and so was not added", args.reference),
                "write an [[image]] entry for the base's repository, with signed-by or digests",
            )
        });
    };
    let policy = policies.first().ok_or_else(no_policy)?;
    let parts = Parts::of(policy, args.reading.no_cache, 1, surroundings)?;
    let recorded = record(&parts.client, &Budget::new(&policy.limits), &request.target, &digest)
        .map_err(|refusal| Failure::unverifiable("base-unreadable", refusal.message, refusal.help))?;
    let by = args.by.clone().or_else(|| surroundings.environment.user.clone());
    let by = by.ok_or_else(|| {
        Failure::usage("base-without-approver", "nobody is named who approves the base", "add --by NAME")
    })?;
    let why = args.why.clone().unwrap_or_else(|| format!("verified under {}", policy.path_display()));
    let name = args.name.clone().unwrap_or_else(|| request.target.to_string());
    let rows = recorded.into_iter().map(|row| NewBase {
        name: name.clone(),
        digests: row.digests,
        platforms: row.platforms,
        diff_ids: row.diff_ids,
        not_after,
        added_by: by.clone(),
        why: why.clone(),
    });
    output.text(&write(policy, &rows.collect::<Vec<_>>())?)?;
    Ok(Exit::Clean)
}

fn subject(
    source: &PolicySource,
    reference: &str,
    reading: &ReadingArgs,
    now: Timestamp,
) -> Result<(Vec<Policy>, Request), Failure> {
    let target = references::one(reference, reading)?;
    let policies = policy_source::all(source, now)?;
    Ok((policies, Request { written: reference.to_owned(), target, platform: None, host: None }))
}

fn no_policy() -> Failure {
    Failure::usage(
        "policy-not-found",
        "there is no policy",
        "write a proofmark.toml, or name one with --policy",
    )
}

/// The digest that was judged, if every verdict is a pass: what an exception allows was not verified.
fn verified(report: &Report, exit: Exit) -> Option<Digest> {
    let verdicts = || report.results.iter().filter(|row| row.outcome != Outcome::Finding);
    let passed = exit == Exit::Clean && verdicts().all(|row| row.outcome == Outcome::Pass);
    verdicts().next().filter(|_| passed)?.subject.digest.clone()
}

/// The day that was asked for, or [`DAYS`] from now.
fn last_day(asked: Option<Date>, now: Timestamp) -> Result<Date, Failure> {
    let today = now.to_zoned(TimeZone::UTC).date();
    let wrong = |day: Date| {
        Failure::usage(
            "base-ended",
            format!("the approval would have ended on {day}, and it is {today}"),
            "name a later day with --not-after",
        )
    };
    match asked {
        Some(day) if day < today => Err(wrong(day)),
        Some(day) => Ok(day),
        None => today.checked_add(DAYS.days()).map_err(|_| wrong(today)),
    }
}

/// Adds the rows to the file, and tells what was added.
fn write(policy: &Policy, rows: &[NewBase]) -> Result<String, Failure> {
    let path = policy.path.parent().unwrap_or(Path::new("")).join(FILE);
    let before = before(&path)?;
    let shown = path.display().to_string();
    let appended = append_bases(&shown, &before, rows).map_err(|error| refused(&shown, error))?;
    if !appended.added.is_empty() {
        let directory = path.parent().map_or_else(PathBuf::new, Path::to_path_buf);
        std::fs::create_dir_all(directory)
            .and_then(|()| write_atomically(&path, appended.text.as_bytes(), Readers::AsBefore))
            .map_err(|error| {
                Failure::unverifiable(
                    "base-not-written",
                    format!("{shown} could not be written: {error}"),
                    "check that the directory is writable and has room",
                )
            })?;
    }
    let mut text = String::new();
    for (index, row) in rows.iter().enumerate() {
        let platforms: Vec<String> = row.platforms.iter().map(ToString::to_string).collect();
        let (name, platforms) = (inert(&row.name), platforms.join(", "));
        // Writing to a String cannot fail.
        let _ = if appended.added.contains(&index) {
            let (layers, end) = (row.diff_ids.len(), row.not_after);
            writeln!(text, "added {name} for {platforms}, {layers} layers, until {end}, to {}", inert(&shown))
        } else {
            writeln!(text, "{name} for {platforms} stands in {} already", inert(&shown))
        };
    }
    Ok(text)
}

/// The file as it is; nothing if there is none.
fn before(path: &Path) -> Result<String, Failure> {
    let unreadable = |why: String| {
        Failure::usage(
            "unreadable",
            format!("{} cannot be read: {why}", path.display()),
            "make the file a readable text of at most 8 MiB",
        )
    };
    match read_bounded(path, MAX_FILE) {
        Ok(bytes) => String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8".to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(unreadable(error.to_string())),
    }
}

fn refused(file: &str, error: AppendError) -> Failure {
    match error {
        AppendError::Invalid(failure) => Failure::usage(
            "policy-invalid",
            format!("{file} would not load with the new rows; it was left as it is"),
            "mend every line shown, or give another --name, --why or --not-after",
        )
        .with_picture(render_failure(&failure))
        .with_errors(policy_source::errors(&failure)),
        AppendError::NameTaken { .. } => Failure::usage(
            "base-name-taken",
            format!("{error}; {file} was left as it is"),
            "give this release a name of its own: --name NAME",
        ),
        AppendError::Listed { .. } => Failure::usage(
            "base-listed",
            format!("{error}; {file} was left as it is"),
            "edit that row: add the digest or the platform, or remove revoked once it is approved again",
        ),
    }
}
