//! Which digests tags name: as the policy verifies them, or as a registry gives them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use proofmark_core::{
    Digest, Finding, ImageRef, Limits, Outcome, Platform, Reason, ReasonKind, Subject, Timestamp,
};
use proofmark_engine::{GateContext, ImageGate, Options, in_parallel, run};
use proofmark_image::Request;
use proofmark_oci::{Budget, Client, Plan, Target};
use proofmark_policy::{Code, Policy};
use proofmark_report::Report;

use super::verify::{Parts, Surroundings};
use crate::cli::ImagePinArgs;
use crate::failure::Failure;
use crate::progress::Bar;
use crate::{client, policy_source};

/// What is known of one image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// It may be pinned to this digest.
    Digest(Digest),
    /// The evidence says no.
    Refused(String),
    /// The question could not be answered.
    Unknown(String),
}

/// By name and platform.
pub(super) type Answers = BTreeMap<(String, Option<Platform>), Answer>;

/// Each image's digest: its tag is resolved once, and what is verified is what is written.
pub(super) fn digests(
    args: &ImagePinArgs,
    images: &[Subject],
    surroundings: &Surroundings<'_>,
    now: Timestamp,
) -> Result<Answers, Failure> {
    let requests: Vec<Request> = images.iter().filter_map(request).collect();
    let policies = policies(args, now)?;
    if policies.is_empty() || args.no_verify {
        if policies.is_empty() && !args.no_verify && !surroundings.quiet {
            let note = "note: there is no policy: digests are taken as registries give them, and nothing is verified\n";
            let _ = std::io::stderr().lock().write_all(note.as_bytes());
        }
        return resolved(args, &requests, policies.first(), surroundings);
    }
    let parts: Vec<Parts<'_>> = policies
        .iter()
        .map(|policy| Parts::of(policy, args.no_cache, requests.len(), surroundings))
        .collect::<Result<_, _>>()?;
    let bar = Bar::new(requests.len(), policies.len(), surroundings.progress, surroundings.environment);
    let contexts: Vec<GateContext<'_>> = parts.iter().map(|parts| parts.context(now, &bar)).collect();
    let options = Options {
        command: "image pin",
        version: env!("CARGO_PKG_VERSION"),
        fail_on: None,
        base: None,
        summarized: false,
    };
    let (report, _) = run(&[&ImageGate::new(requests.clone())], &contexts, &options);
    bar.finish();
    Ok(requests.iter().map(|request| (key(request), verified(&report, request))).collect())
}

/// The policies in effect; none is no error where none was named. Each path is looked upward from, and all must lead to the
/// same: an image that one policy judges is not pinned by another, or by none.
fn policies(args: &ImagePinArgs, now: Timestamp) -> Result<Vec<Policy>, Failure> {
    let here = [PathBuf::from(".")];
    let paths = if args.paths.is_empty() { &here[..] } else { &args.paths };
    // What is named holds for all of them.
    let paths = if args.policy.policy.is_some() { &paths[..1] } else { paths };
    let mut seen = BTreeSet::new();
    let mut first: Option<(&Path, Vec<Policy>)> = None;
    for path in paths {
        let directory = if path.is_file() { path.parent().unwrap_or(path) } else { path };
        if !seen.insert(directory) {
            continue;
        }
        let own = match policy_source::all_from(path, &args.policy, now) {
            Err(failure) if failure.code == Code::NotFound.as_str() && !args.policy.is_named() => Vec::new(),
            policies => policies?,
        };
        match &first {
            None => first = Some((path, own)),
            Some((of, policies)) if told(policies) != told(&own) => {
                return Err(differ((of, &told(policies)), (path, &told(&own))));
            }
            Some(_) => {}
        }
    }
    Ok(first.map(|(_, policies)| policies).unwrap_or_default())
}

/// Which policies these are.
fn told(policies: &[Policy]) -> Vec<String> {
    let real = |policy: &Policy| std::fs::canonicalize(&policy.path).unwrap_or_else(|_| policy.path.clone());
    policies.iter().map(|policy| format!("{} {}", real(policy).display(), policy.digest)).collect()
}

fn differ(first: (&Path, &[String]), other: (&Path, &[String])) -> Failure {
    let by = |(path, policies): (&Path, &[String])| {
        let policies = if policies.is_empty() { "no policy".to_owned() } else { policies.join(" and ") };
        format!("{} by {policies}", path.display())
    };
    Failure::usage(
        "policies-differ",
        format!("the paths are not judged by the same policy: {}, {}", by(first), by(other)),
        "run it once for each, or name one policy for all: --policy FILE",
    )
}

fn request(subject: &Subject) -> Option<Request> {
    let image = ImageRef::parse(&subject.name).ok()?;
    Some(Request {
        written: subject.name.clone(),
        target: Target::Registry(image),
        platform: subject.platform.clone(),
        host: None,
    })
}

fn key(request: &Request) -> (String, Option<Platform>) {
    (request.written.clone(), request.platform.clone())
}

/// The digest that a report lets run, or the row that refuses it.
fn verified(report: &Report, request: &Request) -> Answer {
    let own = |row: &&Finding| {
        row.subject.name == request.written
            && row.subject.platform == request.platform
            && row.outcome != Outcome::Finding
    };
    let rows = || report.results.iter().filter(own);
    let told = |row: &Finding| {
        let reason = row.reason.map(Reason::as_str).unwrap_or_default();
        format!("{}: {reason}: {}; {}", row.rule.id, row.message, row.help)
    };
    let of_kind = |kind: ReasonKind| {
        rows()
            .filter(|row| matches!(row.outcome, Outcome::Fail | Outcome::Unverifiable))
            .find(|row| row.reason.map(Reason::kind) == Some(kind))
    };
    if let Some(row) = of_kind(ReasonKind::Fail) {
        return Answer::Refused(told(row));
    }
    if let Some(row) = of_kind(ReasonKind::Unverifiable) {
        return Answer::Unknown(told(row));
    }
    // The engine gives `pinned` to no row of a subject that any row refuses.
    let pinned = rows().find_map(|row| row.subject.pinned.as_deref());
    let digest = pinned.and_then(|text| ImageRef::parse(text).ok()).and_then(|image| image.digest().cloned());
    digest.map_or_else(|| Answer::Unknown("it was not verified".to_owned()), Answer::Digest)
}

/// Without verifying: the bytes are hashed all the same.
fn resolved(
    args: &ImagePinArgs,
    requests: &[Request],
    policy: Option<&Policy>,
    surroundings: &Surroundings<'_>,
) -> Result<Answers, Failure> {
    let limits = policy.map(|policy| policy.limits.clone()).unwrap_or_default();
    let registries = policy.map(|policy| policy.registries.as_slice()).unwrap_or_default();
    let client = client::build(registries, &limits, args.no_cache, limits.images_in_flight, surroundings)?;
    let answers =
        in_parallel(requests, limits.images_in_flight, |request| resolve(&client, request, &limits));
    let unanswered = || Answer::Unknown("proofmark itself failed on this image".to_owned());
    let answers = answers.into_iter().map(|answer| answer.unwrap_or_else(unanswered));
    Ok(requests.iter().map(key).zip(answers).collect())
}

fn resolve(client: &Client, request: &Request, limits: &Limits) -> Answer {
    match client.examine(&request.target, Plan::NOTHING, &Budget::new(limits), &mut |_| {}) {
        Ok(examined) => Answer::Digest(examined.digest),
        Err(error) => {
            let why = format!("{}: {error}; {}", error.reason(), error.help());
            match error.reason().kind() {
                ReasonKind::Fail => Answer::Refused(why),
                ReasonKind::Unverifiable => Answer::Unknown(why),
            }
        }
    }
}
