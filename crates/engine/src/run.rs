//! One run: gates, exceptions, counts, exit, into one report.

use std::collections::BTreeMap;

use proofmark_core::{Finding, Outcome, Severity, Timestamp};
use proofmark_image::{RootSource, Trust};
use proofmark_policy::{How, Policy};
use proofmark_refs::{Drift, judge};
use proofmark_report::{Base, PolicyRef, Report, ReportError, RootRef, Run, Tool};

use crate::exit::{Exit, decide, with_errors};
use crate::gate::{Gate, GateContext};
use crate::gates::{Audited, Scanned};
use crate::{exceptions, lint, pinned, registry};

/// What a run is told beside the policy.
#[derive(Debug, Clone)]
pub struct Options {
    /// The command, as reports name it.
    pub command: &'static str,
    /// The version of proofmark.
    pub version: &'static str,
    /// The least severity of a finding that fails the run; without it, findings never do.
    pub fail_on: Option<Severity>,
    /// Where annotations count paths from.
    pub base: Option<Base>,
    /// Whether a Markdown report is written as well.
    pub summarized: bool,
}

/// Runs the gates under each policy and decides the exit. The first context is the user's; where the machine has a
/// policy as well it is the second, and the worse verdict wins, because a subject's answer is its worst row.
pub fn run(gates: &[&dyn Gate], contexts: &[GateContext<'_>], options: &Options) -> (Report, Exit) {
    let mut results: Vec<Finding> = Vec::new();
    let mut next_expiry: Option<i64> = None;
    let (mut errors, mut notes) = (Vec::new(), Vec::new());
    for (at, context) in contexts.iter().enumerate() {
        let mut rows: Vec<Finding> = Vec::new();
        let mut paths = BTreeMap::new();
        for gate in gates.iter().filter(|gate| at == 0 || gate.per_policy()) {
            let answer = gate.run(context);
            rows.extend(answer.findings);
            errors.extend(answer.errors);
            notes.extend(answer.notes);
            paths.extend(answer.paths);
            let expiry = answer.next_expiry.map(|end| exceptions::days_until(end, context.now));
            next_expiry = next_expiry.into_iter().chain(expiry).min();
        }
        let used = exceptions::apply(&mut rows, &context.policy.exceptions, &paths, context.now);
        let unused = exceptions::findings(&context.policy.exceptions, &used, &rows, &paths);
        if context.policy.found == How::Machine {
            for row in &mut rows {
                name_machine(row, &context.policy.path_display().to_string());
            }
        }
        if context.policy.found == How::Flag {
            for row in &mut rows {
                name_policy(row, &context.policy.path_display().to_string());
            }
        }
        rows.extend(unused);
        rows.extend(exceptions::expiring(&used, context.now));
        rows.extend(lint::of_loading(context.policy));
        let expiry = exceptions::next_expiry_days(&used, context.now);
        next_expiry = next_expiry.into_iter().chain(expiry).min();
        results.extend(rows);
    }
    results.extend(pinned::disagreements(&results));
    pinned::settle(&mut results);
    let requested = gates.iter().map(|gate| gate.requested()).sum();
    let bases: Vec<Basis<'_>> =
        contexts.iter().map(|one| Basis { policy: one.policy, trust: one.trust, now: one.now }).collect();
    let mut report = report(&bases, options, requested);
    report.results = results;
    report.next_expiry_days = next_expiry;
    (report.errors, report.notes) = (errors, notes);
    let decided = decide(&report.tally(), worst_finding(&report.results), options.fail_on);
    let exit = with_errors(decided, report.errors.len());
    report.seal(exit.code());
    (report, exit)
}

/// The report of `image scan`: what the rules about references say without a network and without a policy. No image is
/// verified, so none is asked for; only what an inline allow answers for is counted.
pub fn scan_report(scanned: &Scanned, now: Timestamp, options: &Options) -> (Report, Exit) {
    let mut report = report(&[], options, 0);
    report.run.time = now;
    let mut next_expiry: Option<Timestamp> = None;
    for scan in &scanned.scans {
        let judged = judge(scan, &|_| Drift::Unknown, now);
        report.results.extend(judged.findings);
        next_expiry = next_expiry.into_iter().chain(judged.next_expiry).min();
    }
    report.next_expiry_days = next_expiry.map(|end| exceptions::days_until(end, now));
    report.errors.clone_from(&scanned.errors);
    report.notes.clone_from(&scanned.notes);
    report.requested = report.tally().allowed;
    let found = scanned.scans.iter().any(|scan| !scan.places().is_empty());
    let decided = match (worst_finding(&report.results), options.fail_on) {
        (Some(worst), Some(least)) if worst >= least => Exit::Failed,
        _ if found => Exit::Clean,
        _ => Exit::Nothing,
    };
    let exit = with_errors(decided, report.errors.len());
    report.seal(exit.code());
    (report, exit)
}

/// The report of `envrc audit`: what the files of direnv do, without a network. The exceptions of the policy count, if there
/// is one.
pub fn envrc_report(
    audited: &Audited,
    basis: Option<&Basis<'_>>,
    now: Timestamp,
    options: &Options,
) -> (Report, Exit) {
    let mut report = report(basis.map_or(&[], std::slice::from_ref), options, audited.files.len());
    report.run.time = now;
    let mut rows = audited.findings();
    if let Some(basis) = basis {
        let (all, paths) = (&basis.policy.exceptions, &audited.paths);
        let used = exceptions::apply(&mut rows, all, paths, now);
        let unused = exceptions::findings(all, &used, &rows, paths);
        rows.extend(unused);
        rows.extend(exceptions::expiring(&used, now));
        let told = |row: &&Finding| matches!(row.rule.id, "policy-exception-expired" | "policy-changed");
        rows.extend(lint::of_loading(basis.policy).iter().filter(told).cloned());
        report.next_expiry_days = exceptions::next_expiry_days(&used, now);
    }
    report.results = rows;
    report.errors.clone_from(&audited.errors);
    report.notes.clone_from(&audited.notes);
    let decided = match decide(&report.tally(), worst_finding(&report.results), options.fail_on) {
        Exit::Nothing if audited.settled => Exit::Clean,
        decided => decided,
    };
    let exit = with_errors(decided, report.errors.len());
    report.seal(exit.code());
    (report, exit)
}

/// Whoever is refused by the machine's policy looks for the line in their own, and cannot change the one that decides.
fn name_machine(row: &mut Finding, path: &str) {
    if row.outcome == Outcome::Fail {
        row.help = format!(
            "{} (the machine's policy {path} asks for it: its owner is whoever runs this machine)",
            row.help
        );
    }
}

/// Commands of a fix that find their policy for themselves, and so would not find one that was named.
const BY_POLICY: [&str; 4] =
    ["proofmark image pin", "proofmark image base add", "proofmark policy show", "proofmark trust update"];

/// Names the policy in the command that would mend it, where it was named in the command that was run.
fn name_policy(row: &mut Finding, path: &str) {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@:,".contains(c);
    if path.is_empty() || !path.chars().all(plain) {
        return;
    }
    for command in BY_POLICY {
        row.help = row.help.replacen(command, &format!("{command} --policy {path}"), 1);
    }
}

/// The report of `policy lint`: findings of loading and of [`proofmark_policy::lint`], none of them a verdict. The
/// policies are the user's and the machine's, as in [`run`].
pub fn policy_report(policies: &[Basis<'_>], options: &Options) -> (Report, Exit) {
    let mut report = report(policies, options, 0);
    report.results = policies.iter().flat_map(|basis| lint::findings(basis.policy)).collect();
    // A policy was checked: nothing found is clean, not "nothing to check".
    let exit = match (worst_finding(&report.results), options.fail_on) {
        (Some(worst), Some(least)) if worst >= least => Exit::Failed,
        _ => Exit::Clean,
    };
    report.seal(exit.code());
    (report, exit)
}

/// The report of a run that ended before anything was judged: its errors and its exit code, so that no older report is
/// taken for this run's.
pub fn failed_report(errors: Vec<ReportError>, now: Timestamp, options: &Options, exit: Exit) -> Report {
    let mut report = report(&[], options, 0);
    report.run.time = now;
    report.errors = errors;
    report.seal(exit.code());
    report
}

/// What a report says of the policy it was made under.
#[derive(Debug, Clone, Copy)]
pub struct Basis<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// Its roots and keys.
    pub trust: &'a Trust,
    /// Evaluation time.
    pub now: Timestamp,
}

pub(crate) fn worst_finding(results: &[Finding]) -> Option<Severity> {
    results.iter().filter(|row| row.outcome == Outcome::Finding).map(|row| row.severity).max()
}

/// An empty report under the first context's time and limits; the roots of all contexts are named.
pub(crate) fn report(contexts: &[Basis<'_>], options: &Options, requested: usize) -> Report {
    let tool = Tool { name: "proofmark".to_owned(), version: options.version.to_owned() };
    let first = contexts.first();
    let run = Run {
        policy: policy_ref(contexts),
        trust_roots: contexts.iter().flat_map(|context| roots(context.trust, context.now)).collect(),
        time: first.map_or(Timestamp::UNIX_EPOCH, |context| context.now),
        limits: first.map(|context| context.policy.limits.clone()).unwrap_or_default(),
    };
    let mut report = Report::new(tool, run, requested);
    options.command.clone_into(&mut report.command);
    report.fail_on = options.fail_on;
    report.base.clone_from(&options.base);
    report.summarized = options.summarized;
    report.rules = registry::rules();
    report
}

/// The first policy; a machine's policy that was evaluated too is named beside how the first was found.
fn policy_ref(contexts: &[Basis<'_>]) -> Option<PolicyRef> {
    let (first, others) = contexts.split_first()?;
    let beside = others.iter().map(|context| {
        format!(", and the machine policy {} ({})", context.policy.path_display(), context.policy.digest)
    });
    let policy = first.policy;
    Some(PolicyRef {
        path: policy.path_display().to_string(),
        digest: policy.digest.clone(),
        from: std::iter::once(policy.found.words()).chain(beside).collect(),
    })
}

fn roots(trust: &Trust, now: Timestamp) -> Vec<RootRef> {
    const DAY: i64 = 24 * 60 * 60;
    // Before it was fetched, with a `--now` of the past, a root has no age.
    let age = |fetched: Timestamp| (now.as_second().saturating_sub(fetched.as_second()) / DAY).max(0);
    let one = |(name, root): (&str, &proofmark_image::TrustRoot)| RootRef {
        name: name.to_owned(),
        digest: root.digest().clone(),
        source: trust_source(root.source()),
        age_days: trust.fetched(name).map(age),
    };
    trust.roots().map(one).collect()
}

fn trust_source(source: &RootSource) -> String {
    match source {
        RootSource::BuiltIn { .. } => "built in".to_owned(),
        RootSource::File { path, .. } => path.clone(),
    }
}

#[cfg(test)]
mod tests {
    use proofmark_core::{Limits, Reason, Refusal, Subject, SubjectKind, Verdict};
    use proofmark_image::rules::signature;

    use super::*;

    /// A developer must not look in their own policy for a line that stands in the machine's.
    #[test]
    fn a_fix_names_whose_policy_it_is() {
        let row = |reason| {
            let verdict = Verdict::refuse(Refusal::new(reason, "m", "add the signer"));
            let subject = Subject::named(SubjectKind::Image, "a");
            let mut row = Finding::from_verdict(&signature::META, subject, &verdict, String::new());
            name_machine(&mut row, "/etc/proofmark/proofmark.toml");
            row.help
        };
        assert!(row(Reason::Unsigned).starts_with("add the signer (the machine's policy /etc/proofmark/"));
        assert_eq!(row(Reason::Offline), "add the signer", "the network is nobody's policy");
    }

    /// Whoever copies the fix stands where the command was run, and their policy is not the nearest one.
    #[test]
    fn a_fix_names_the_policy_that_was_named() {
        let told = |help: &str, path: &str| {
            let verdict = Verdict::refuse(Refusal::new(Reason::Base, "m", help));
            let subject = Subject::named(SubjectKind::Image, "a");
            let mut row = Finding::from_verdict(&signature::META, subject, &verdict, String::new());
            name_policy(&mut row, path);
            row.help
        };
        assert_eq!(
            told("proofmark image pin --update a/Dockerfile", "p/proofmark.toml"),
            "proofmark image pin --policy p/proofmark.toml --update a/Dockerfile"
        );
        assert_eq!(
            told("rebuild it, or: proofmark image base add REF", "p.toml"),
            "rebuild it, or: proofmark image base add --policy p.toml REF"
        );
        for path in ["", "a b.toml", "$(x)"] {
            assert_eq!(told("proofmark image pin F", path), "proofmark image pin F", "{path}");
        }
        assert_eq!(told("cosign sign REF", "p.toml"), "cosign sign REF");
    }

    #[test]
    fn a_run_that_failed_is_sealed_with_its_exit() {
        let options = Options {
            command: "image verify",
            version: "0.1.0",
            fail_on: None,
            base: None,
            summarized: false,
        };
        let error = ReportError {
            code: "policy-invalid".to_owned(),
            message: "m".to_owned(),
            help: String::new(),
            see: String::new(),
            location: None,
        };
        let report = failed_report(vec![error], Timestamp::UNIX_EPOCH, &options, Exit::Usage);
        assert_eq!((report.exit(), report.errors.len(), report.requested), (2, 1, 0));
        assert_ne!(report.summary().verdict, proofmark_report::RunVerdict::Pass);
        assert_eq!(report.run.limits, Limits::default());
    }
}
