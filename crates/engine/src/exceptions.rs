//! Exceptions: a Fail that someone answers for becomes *allowed*, never verified (verdicts.md 7).

use std::collections::{BTreeMap, BTreeSet};

use proofmark_core::{
    Evidence, Finding, ImageRef, Outcome, RuleMeta, RuleStatus, Severity, Subject, SubjectKind, Timestamp,
};
use proofmark_policy::{Exception, ExceptionSubject};

/// What is known of `exception-unused` before it runs.
pub(crate) static UNUSED: RuleMeta = RuleMeta {
    id: "exception-unused",
    summary: "Every exception is still needed.",
    doc: include_str!("rules/exception-unused/doc.md"),
    severity: Severity::Low,
    threats: &["T2.2"],
    reasons: &[],
    online: false,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

/// What is known of `exception-expiring` before it runs.
pub(crate) static EXPIRING: RuleMeta = RuleMeta {
    id: "exception-expiring",
    summary: "No exception that is used ends within two weeks.",
    doc: include_str!("rules/exception-expiring/doc.md"),
    severity: Severity::Low,
    threats: &["T2.2"],
    reasons: &[],
    online: false,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

/// The rules about exceptions themselves; none of them can be excepted.
pub(crate) const RULES: &[&RuleMeta] = &[&UNUSED, &EXPIRING];

/// Days before its end from which on a used exception is a finding.
const WARN_DAYS: i64 = 14;

/// Turns each Fail that an exception answers for into *allowed*, and each finding about a file. `paths` are what exceptions call
/// the files. Returns the places of the exceptions used.
pub(crate) fn apply<'p>(
    results: &mut [Finding],
    exceptions: &'p [Exception],
    paths: &BTreeMap<String, String>,
    now: Timestamp,
) -> Vec<&'p Exception> {
    let mut used: Vec<&Exception> = Vec::new();
    for row in results.iter_mut() {
        let answers = |exception: &&Exception| match row.outcome {
            Outcome::Fail => answers_for(exception, row, now) || answers_for_file(exception, row, paths, now),
            Outcome::Finding => answers_for_file(exception, row, paths, now),
            Outcome::Pass | Outcome::Unverifiable | Outcome::Allowed => false,
        };
        let Some(exception) = exceptions.iter().find(answers) else {
            continue;
        };
        row.outcome = Outcome::Allowed;
        row.evidence.push(
            Evidence::new(
                "exception",
                format!("allowed by {} until {}: {}", exception.owner, exception.until, exception.reason),
            )
            .with("reason", exception.reason.clone())
            .with("owner", exception.owner.clone())
            .with("until", exception.until.to_string())
            .with("listed-at", exception.origin.to_string()),
        );
        if !used.contains(&exception) {
            used.push(exception);
        }
    }
    used
}

fn answers_for(exception: &Exception, row: &Finding, now: Timestamp) -> bool {
    let reference = row.subject.reference.as_deref().and_then(|text| ImageRef::parse(text).ok());
    let (Some(reference), Some(digest), Some(reason)) = (reference, &row.subject.digest, row.reason) else {
        return false;
    };
    exception.allows(row.rule.id, reference.repository(), digest, reason, now)
}

fn answers_for_file(
    exception: &Exception,
    row: &Finding,
    paths: &BTreeMap<String, String>,
    now: Timestamp,
) -> bool {
    let path = paths.get(&row.subject.name).filter(|_| row.subject.kind == SubjectKind::Envrc);
    path.is_some_and(|path| exception.allows_file(row.rule.id, path, now))
}

/// Whether a rule found nothing in a file that was read to its end: an exception for it is not needed.
fn is_clean(rule: &str, path: &str, judged: &[Finding], paths: &BTreeMap<String, String>) -> bool {
    let of_file = |row: &&Finding| {
        row.subject.kind == SubjectKind::Envrc && paths.get(&row.subject.name).is_some_and(|one| one == path)
    };
    let read = judged.iter().filter(of_file).any(|row| row.outcome == Outcome::Pass);
    read && !judged.iter().filter(of_file).any(|row| row.rule.id == rule)
}

/// Exceptions whose rule passed on their subject in this run: they are not needed.
///
/// One whose subject was not asked about says nothing: a run over one image must not call the others' unused. Nor does one
/// whose rule was not reached (a denied digest is refused before it), or that any row of the subject still fails.
pub(crate) fn findings(
    exceptions: &[Exception],
    used: &[&Exception],
    judged: &[Finding],
    paths: &BTreeMap<String, String>,
) -> Vec<Finding> {
    let (mut passed, mut refused) = (BTreeSet::new(), BTreeSet::new());
    for row in judged {
        let key = subject_of(row).map(|subject| (row.rule.id, subject));
        match row.outcome {
            Outcome::Pass => passed.extend(key),
            Outcome::Fail | Outcome::Unverifiable | Outcome::Allowed => refused.extend(key),
            Outcome::Finding => {}
        }
    }
    let unused = |exception: &&Exception| {
        if let ExceptionSubject::File(path) = &exception.subject {
            return !used.contains(exception) && is_clean(&exception.rule, path, judged, paths);
        }
        let key = (exception.rule.as_str(), exception.subject.to_string());
        !used.contains(exception) && passed.contains(&key) && !refused.contains(&key)
    };
    exceptions.iter().filter(unused).map(unused_finding).collect()
}

/// `repository@digest` of a row.
fn subject_of(row: &Finding) -> Option<String> {
    let reference = ImageRef::parse(row.subject.reference.as_deref()?).ok()?;
    Some(format!("{}@{}", reference.repository(), row.subject.digest.as_ref()?))
}

fn unused_finding(exception: &Exception) -> Finding {
    let message = format!("the exception for {} is not needed: {} passes", exception.subject, exception.rule);
    let help = format!("remove the exception of {} at {}", exception.owner, exception.origin);
    finding(&UNUSED, exception, message, help)
}

/// Exceptions that allow something now, and end soon: what they allow is then refused.
pub(crate) fn expiring(used: &[&Exception], now: Timestamp) -> Vec<Finding> {
    let soon = |exception: &&&Exception| days_until(exception.until, now) < WARN_DAYS;
    let one = |exception: &&Exception| {
        let days = days_until(exception.until, now);
        let message = format!(
            "the exception for {} ends at {}, in {days} day{}: {} then refuses it",
            exception.subject,
            exception.until,
            if days == 1 { "" } else { "s" },
            exception.rule
        );
        let help = format!("mend what it allows before; or {} gives a new reason and day", exception.owner);
        finding(&EXPIRING, exception, message, help)
    };
    used.iter().filter(soon).map(one).collect()
}

/// A row about an exception, at its place.
fn finding(rule: &'static RuleMeta, exception: &Exception, message: String, help: String) -> Finding {
    Finding {
        rule,
        subject: Subject::named(SubjectKind::Policy, exception.origin.file.clone()),
        severity: rule.severity,
        outcome: Outcome::Finding,
        reason: None,
        message,
        expected: None,
        observed: Vec::new(),
        evidence: Vec::new(),
        location: Some(exception.origin.clone()),
        help,
    }
}

/// Whole days until the next of the used exceptions ends.
pub(crate) fn next_expiry_days(used: &[&Exception], now: Timestamp) -> Option<i64> {
    used.iter().map(|exception| days_until(exception.until, now)).min()
}

/// Whole days until a moment.
pub(crate) fn days_until(end: Timestamp, now: Timestamp) -> i64 {
    const DAY: i64 = 24 * 60 * 60;
    end.as_second().saturating_sub(now.as_second()) / DAY
}

#[cfg(test)]
mod tests {
    use proofmark_core::{Digest, DigestRef, Origin, Position, Reason, Refusal, Repository, Verdict};
    use proofmark_image::rules::{digest, signature};

    use super::*;
    use Outcome::{Allowed, Fail, Pass, Unverifiable};

    const DAY: i64 = 24 * 60 * 60;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// An exception for `image-signature` on `ghcr.io/acme/NAME`, which ends after so many days.
    fn exception(name: &str, days: i64) -> Exception {
        let start = Position { line: 1, column: 1 };
        let repository = Repository::parse(&format!("ghcr.io/acme/{name}")).unwrap();
        Exception {
            rule: "image-signature".to_owned(),
            subject: ExceptionSubject::Image(DigestRef {
                repository,
                digest: Digest::sha256(name.as_bytes()),
            }),
            reason: "r".to_owned(),
            owner: "o".to_owned(),
            until: at(days * DAY),
            origin: Origin { file: "e.toml".to_owned(), start, end: start, line_text: String::new() },
        }
    }

    /// A row about `ghcr.io/acme/NAME`; no reason is a pass.
    fn row(rule: &'static RuleMeta, name: &str, reason: Option<Reason>) -> Finding {
        let mut subject = Subject::named(SubjectKind::Image, name);
        subject.reference = Some(format!("ghcr.io/acme/{name}:1"));
        subject.digest = Some(Digest::sha256(name.as_bytes()));
        let verdict = match reason {
            Some(reason) => Verdict::refuse(Refusal::new(reason, "m", "h")),
            None => Verdict::pass(Evidence::new("signature", "s"), Vec::new()),
        };
        Finding::from_verdict(rule, subject, &verdict, String::new())
    }

    #[test]
    fn a_fail_that_is_answered_for_is_allowed_and_says_by_whom() {
        let exceptions = [exception("app", 2), exception("other", 1)];
        let unsigned = |name| row(&signature::META, name, Some(Reason::Unsigned));
        let mut rows = [
            unsigned("app"),
            unsigned("app"),
            unsigned("nobody"),
            row(&signature::META, "other", Some(Reason::Unreachable)),
            row(&digest::META, "app", Some(Reason::NotListed)),
            row(&signature::META, "app", None),
        ];
        let used = apply(&mut rows, &exceptions, &BTreeMap::new(), at(0));
        assert_eq!(used, [&exceptions[0]], "each once");
        let outcomes = rows.each_ref().map(|row| row.outcome);
        assert_eq!(outcomes, [Allowed, Allowed, Fail, Unverifiable, Fail, Pass]);
        assert_eq!(rows[0].evidence.last().unwrap().kind, "exception");
        let mut late = [unsigned("app")];
        assert!(apply(&mut late, &exceptions, &BTreeMap::new(), at(2 * DAY)).is_empty(), "it has ended");
        assert_eq!(late[0].outcome, Fail);
    }

    #[test]
    fn an_exception_is_unused_only_where_its_rule_passed() {
        let exceptions = [exception("app", 2)];
        let unused =
            |used: &[&Exception], rows: &[Finding]| findings(&exceptions, used, rows, &BTreeMap::new()).len();
        let passes = row(&signature::META, "app", None);
        let fails = row(&signature::META, "app", Some(Reason::Revoked));
        let elsewhere = row(&signature::META, "other", None);
        let another = row(&digest::META, "app", None);
        assert_eq!(unused(&[], std::slice::from_ref(&passes)), 1);
        assert_eq!(unused(&[&exceptions[0]], std::slice::from_ref(&passes)), 0, "it was used");
        assert_eq!(unused(&[], &[passes, fails.clone()]), 0, "another row of the subject fails");
        assert_eq!(unused(&[], &[fails]), 0);
        assert_eq!(unused(&[], &[elsewhere, another]), 0, "nobody asked about it");
    }

    #[test]
    fn a_used_exception_that_ends_within_two_weeks_is_told() {
        let (near, far) = (exception("near", 14), exception("far", 15));
        let told = |second| expiring(&[&near, &far], at(second)).len();
        assert_eq!((told(0), told(1), told(DAY), told(DAY + 1)), (0, 1, 1, 2));
        assert!(expiring(&[], at(0)).is_empty(), "one that allows nothing is unused, or was not asked about");
        let row = expiring(&[&near], at(13 * DAY)).remove(0);
        assert_eq!((row.rule.id, row.outcome), ("exception-expiring", Outcome::Finding));
        assert!(row.message.contains("in 1 day:"), "{}", row.message);
    }

    #[test]
    fn whole_days_until_the_next_ends() {
        let (near, far) = (exception("near", 10), exception("far", 20));
        assert_eq!(next_expiry_days(&[], at(0)), None);
        assert_eq!(next_expiry_days(&[&far, &near], at(0)), Some(10));
        assert_eq!(next_expiry_days(&[&far, &near], at(1)), Some(9));
        assert_eq!(next_expiry_days(&[&far], at(19 * DAY)), Some(1));
    }
    /// A row about an `.envrc`; without an outcome the verdict that it was read.
    fn of_file(name: &str, rule: &'static RuleMeta, outcome: Outcome) -> Finding {
        let row = finding(rule, &exception("app", 1), "m".to_owned(), "h".to_owned());
        Finding { subject: Subject::named(SubjectKind::Envrc, name), outcome, ..row }
    }

    #[test]
    fn what_is_found_in_a_file_is_allowed_by_rule_and_path() {
        use proofmark_envrc::rules::{network, secret, unreadable};
        let mut one = exception("app", 2);
        one.rule = network::META.id.to_owned();
        one.subject = ExceptionSubject::File("a/.envrc".to_owned());
        let paths = BTreeMap::from([("work/a/.envrc".to_owned(), "a/.envrc".to_owned())]);
        let read = of_file("work/a/.envrc", &unreadable::META, Pass);
        let mut rows = [
            read.clone(),
            of_file("work/a/.envrc", &network::META, Outcome::Finding),
            of_file("work/a/.envrc", &network::META, Fail),
            of_file("work/a/.envrc", &network::META, Unverifiable),
            of_file("work/a/.envrc", &secret::META, Fail),
            of_file("a/.envrc", &network::META, Fail),
        ];
        let exceptions = [one];
        let used = apply(&mut rows, &exceptions, &paths, at(0));
        assert_eq!(used.len(), 1);
        let outcomes = rows.each_ref().map(|row| row.outcome);
        assert_eq!(outcomes, [Pass, Allowed, Allowed, Unverifiable, Fail, Fail]);
        assert!(
            apply(&mut [of_file("work/a/.envrc", &network::META, Fail)], &exceptions, &paths, at(2 * DAY))
                .is_empty()
        );
        let unused = |rows: &[Finding]| findings(&exceptions, &[], rows, &paths).len();
        assert_eq!(unused(std::slice::from_ref(&read)), 1);
        assert_eq!(unused(&[read, of_file("work/a/.envrc", &network::META, Outcome::Finding)]), 0);
        assert_eq!(unused(&[]), 0, "nobody asked about it");
        let other = of_file("other/.envrc", &unreadable::META, Pass);
        assert_eq!(unused(&[other]), 0, "another file was read");
        assert_eq!(
            unused(&[of_file("work/a/.envrc", &unreadable::META, Fail)]),
            0,
            "who knows what is in it"
        );
    }
}
