//! `pin-downgrade`: nothing is older than what is pinned.

use std::cmp::Ordering;

use proofmark_core::{Evidence, Observation, Platform, Reason, Refusal, RuleMeta, RuleStatus, Severity};
use proofmark_lock::Pin;

use crate::demand::Demand;
use crate::judge::Look;
use crate::version::{compare, is_same, reported};

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "pin-downgrade",
    summary: "No pin is of an older version than the policy lists, and an executable says that it is the version that is pinned.",
    doc: include_str!("doc.md"),
    severity: Severity::High,
    threats: &["T3.2"],
    reasons: &[Reason::NotListed, Reason::Condition, Reason::Unsupported],
    online: false,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

/// A version that is not listed, and older than all that are.
pub(crate) fn listed(pin: &Pin, demand: &Demand<'_>) -> Option<Refusal> {
    let older = |version: &String| compare(&pin.version, version) == Some(Ordering::Less);
    let oldest =
        demand.versions.iter().min_by(|one, other| compare(one, other).unwrap_or(Ordering::Equal))?;
    demand.versions.iter().all(older).then(|| {
        Refusal::new(
            Reason::NotListed,
            format!("{} {} is older than every version that may be pinned", pin.tool, pin.version),
            "pin a listed version: an old one keeps its right signature, with every hole that was found in it since",
        )
        .expecting(demand.expecting(format!("{oldest} or another version that is listed")))
    })
}

/// What an executable that was verified says of its version. It is run only where its vendor signed these very bytes: a lock in a
/// repository could name any program.
pub(crate) fn asked(
    look: &dyn Look,
    pin: &Pin,
    host: Option<&Platform>,
    binds: bool,
    question: Option<&[String]>,
) -> Result<Option<Evidence>, Box<Refusal>> {
    let not_asked = |why: String| {
        let summary = format!("its version was not asked for: {why}");
        Ok(Some(Evidence::new("version-not-asked", summary)))
    };
    let Some(host) = host else {
        return not_asked("nobody has accepted the policy here: proofmark policy trust".to_owned());
    };
    if !binds {
        return not_asked("no signature is over the executable itself, and it is not run without".to_owned());
    }
    if pin.platform != *host {
        return not_asked(format!("it is for {}", pin.platform));
    }
    let Some(arguments) = question else {
        return not_asked(format!("how {} tells it is not known", pin.tool));
    };
    let command = format!("{} {}", pin.tool, arguments.join(" "));
    let silent = |why: String| {
        let help = "run the command by hand; if it works there, report this with what it printed";
        Box::new(Refusal::new(
            Reason::Unsupported,
            format!("`{command}` did not tell the version: {why}"),
            help,
        ))
    };
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let said = look.say(&arguments).map_err(silent)?;
    let Some(version) = reported(&said) else {
        return Err(silent("there is none in what it printed".to_owned()));
    };
    if is_same(version, &pin.version) {
        return Ok(Some(Evidence::new("version", format!("`{command}` says {version}"))));
    }
    let way = match compare(version, &pin.version) {
        Some(Ordering::Less) => "older than",
        Some(Ordering::Greater) => "newer than",
        _ => "another than",
    };
    let refusal = Refusal::new(
        Reason::Condition,
        format!("`{command}` says {version}, which is {way} the pinned {}", pin.version),
        "the lock gives the hash of one version to another: find out who wrote it, and pin it anew",
    )
    .observing([
        Observation::new(format!("pinned: {}", pin.version)),
        Observation::new(format!("said: {version}")),
    ]);
    Err(Box::new(refusal))
}
