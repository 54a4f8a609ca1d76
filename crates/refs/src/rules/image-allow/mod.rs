//! `image-allow`: every inline allow is well formed, in force, and needed (verdicts.md 7).

use proofmark_core::{Evidence, Finding, Outcome, RuleMeta, RuleStatus, Severity, Timestamp};

use super::{Judged, comment, tag_drift, unpinned};
use crate::allow::{Allow, AllowError, AllowText, MAX_ALLOW_DAYS};
use crate::scan::Scan;

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "image-allow",
    summary: "Every inline allow is well formed, in force, and stands beside what it allows.",
    doc: include_str!("doc.md"),
    severity: Severity::Medium,
    threats: &["T2.2"],
    reasons: &[],
    online: false,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

/// The rules that an inline allow may name: those about references alone.
const ALLOWED: [&RuleMeta; 2] = [&unpinned::META, &tag_drift::META];

/// How an allow is written.
const SHAPE: &str = "write it proofmark: allow[image-unpinned] until=YYYY-MM-DD because \"…\"";

/// Turns the findings that an allow answers for into *allowed*, and adds one for each allow that is not as it must be.
/// `unknown` are references of which it is not known whether their tag has moved.
pub(super) fn apply(
    scan: &Scan,
    mut rows: Vec<(usize, Finding)>,
    unknown: &[usize],
    now: Timestamp,
) -> Judged {
    let mut own = Vec::new();
    let mut next_expiry: Option<Timestamp> = None;
    for allow in &scan.allows {
        match in_force(allow, now) {
            Err(finding) => own.push(*finding),
            Ok((text, beside)) => {
                let mut used = text.rule == tag_drift::META.id && unknown.contains(&beside);
                let answers = |(at, row): &&mut (usize, Finding)| *at == beside && row.rule.id == text.rule;
                for (_, row) in rows.iter_mut().filter(answers) {
                    row.outcome = Outcome::Allowed;
                    row.evidence.push(evidence(allow, text));
                    next_expiry = next_expiry.into_iter().chain([text.ends()]).min();
                    used = true;
                }
                if !used {
                    own.push(unused(allow, text));
                }
            }
        }
    }
    let mut findings: Vec<Finding> = rows.into_iter().map(|(_, row)| row).chain(own).collect();
    findings.sort_by_key(|row| row.location.as_ref().map(|origin| origin.start));
    Judged { findings, next_expiry }
}

/// The allow, if it may be used at all.
fn in_force(allow: &Allow, now: Timestamp) -> Result<(&AllowText, usize), Box<Finding>> {
    let refuse = |message: String, help: &str| {
        Err(Box::new(comment(META.severity, &allow.origin, message, help.to_owned())))
    };
    let text = match &allow.says {
        Ok(text) => text,
        Err(error @ AllowError::NotBefore) => {
            let help = "propose the comment by itself: it counts once it is merged";
            return refuse(format!("this allows nothing: {error}"), help);
        }
        Err(error) => return refuse(format!("this allows nothing: {error}"), SHAPE),
    };
    if !ALLOWED.iter().any(|rule| rule.id == text.rule) {
        let message = format!(
            "`{}` cannot be allowed inline: only {} and {} can",
            text.rule, ALLOWED[0].id, ALLOWED[1].id
        );
        return refuse(message, "for an image's own verdict write a row in allowlists/exceptions.toml");
    }
    if text.ends() <= now {
        return refuse(
            format!("it ended on {}", text.until),
            "mend what it allowed, or give a new reason and day",
        );
    }
    if text.is_too_long(now) {
        let message = format!("{} is more than {MAX_ALLOW_DAYS} days ahead: it allows nothing", text.until);
        return refuse(message, "choose an earlier day, and renew it when that has passed");
    }
    match allow.beside {
        Ok(beside) => Ok((text, beside)),
        Err(why) => refuse(
            format!("this allows nothing: {why}"),
            "put it behind one reference, or on the line above it",
        ),
    }
}

fn evidence(allow: &Allow, text: &AllowText) -> Evidence {
    Evidence::new("inline-allow", format!("allowed until {}: {}", text.until, text.because))
        .with("reason", text.because.clone())
        .with("until", text.until.to_string())
        .with("written-at", allow.origin.to_string())
}

/// A forgotten allow waits for the day on which it hides something.
fn unused(allow: &Allow, text: &AllowText) -> Finding {
    let message = format!("it is not needed: nothing that {} says stands beside it", text.rule);
    comment(Severity::Low, &allow.origin, message, "remove the comment".to_owned())
}
