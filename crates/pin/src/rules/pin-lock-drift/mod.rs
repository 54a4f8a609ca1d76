//! `pin-lock-drift`: the lock and the policy say the same.

use proofmark_core::{
    Evidence, Finding, Observation, Origin, Reason, Refusal, RuleMeta, RuleStatus, Severity, Subject,
    SubjectKind, Verdict,
};
use proofmark_lock::unpack::ArchiveKind;
use proofmark_lock::{Code, Lock, LockError, Pin};

use super::downgrade;
use crate::demand::{Demand, Wanted, operators};
use crate::judge;

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "pin-lock-drift",
    summary: "The lock can be read, is as proofmark writes it, and pins only what the policy lets be pinned.",
    doc: include_str!("doc.md"),
    severity: Severity::High,
    threats: &["T3.2", "T2.2"],
    reasons: &[
        Reason::NotListed,
        Reason::Malformed,
        Reason::DigestMismatch,
        Reason::Limit,
        Reason::Unsupported,
    ],
    online: false,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

/// The verdict on one pin: whether it may stand in the lock.
pub(crate) fn verdict(pin: &Pin, demand: Option<&Demand<'_>>) -> Finding {
    let Some(demand) = demand else { return judge::refused(&META, pin, unlisted(pin)) };
    match refusal(pin, demand) {
        Some((rule, refusal)) => judge::refused(rule, pin, refusal),
        None => {
            judge::pin_row(&META, pin, &Verdict::pass(may(pin, demand), rests(pin, demand)), String::new())
        }
    }
}

fn may(pin: &Pin, demand: &Demand<'_>) -> Evidence {
    Evidence::new("lock", format!("{} {} may be pinned ({})", pin.tool, pin.version, demand.origin))
}

/// What the pin rests on, as far as the lock says it.
fn rests(pin: &Pin, demand: &Demand<'_>) -> Vec<Evidence> {
    let mut rests = Vec::new();
    if let (Wanted::Signed { text, .. }, false) = (&demand.wanted, pin.evidence.is_empty()) {
        let kinds: Vec<String> = pin
            .evidence
            .iter()
            .map(|one| format!("{} over the {}", one.kind.as_str(), one.over.as_str()))
            .collect();
        rests.push(Evidence::new("signature-kept", format!("{text}; the lock keeps: {}", kinds.join(", "))));
    }
    let operators = operators(pin);
    if !operators.is_empty() {
        rests
            .push(Evidence::new("sources", format!("the same SHA-256 is given by {}", operators.join(", "))));
    }
    if pin.executable.is_none() && pin.archive != ArchiveKind::None {
        rests.push(Evidence::new("not-unpacked", "the executable in the archive was not looked at yet"));
    }
    rests
}

/// A tool that the policy does not name.
pub(crate) fn unlisted(pin: &Pin) -> Refusal {
    Refusal::new(
        Reason::NotListed,
        format!("the policy does not let {} be pinned", pin.tool),
        format!(
            "add a [[binary]] row for {} to allowlists/binaries.toml, or take the pin out of the lock",
            pin.tool
        ),
    )
}

/// Why a pin may not stand under the row of its tool.
pub(crate) fn refusal(pin: &Pin, demand: &Demand<'_>) -> Option<(&'static RuleMeta, Refusal)> {
    if !demand.versions.contains(&pin.version) {
        return Some(
            downgrade::listed(pin, demand)
                .map_or_else(|| (&META, version(pin, demand)), |refusal| (&downgrade::META, refusal)),
        );
    }
    let executable = pin.executable.as_ref().map(|executable| &executable.sha256);
    if pin.archive == ArchiveKind::None && executable.is_some_and(|digest| *digest != pin.sha256) {
        let refusal = Refusal::new(
            Reason::DigestMismatch,
            "what is downloaded is the executable itself, and the lock gives the two different SHA-256",
            "find out who changed the lock; then pin it anew",
        )
        .observing([
            Observation::new(format!("sha256 {}", pin.sha256.hex())),
            Observation::new(format!(
                "executable-sha256 {}",
                executable.map(proofmark_core::Digest::hex).unwrap_or_default()
            )),
        ]);
        return Some((&META, refusal));
    }
    None
}

fn version(pin: &Pin, demand: &Demand<'_>) -> Refusal {
    Refusal::new(
        Reason::NotListed,
        format!("version {} of {} may not be pinned", pin.version, pin.tool),
        "review it, and add it to versions in allowlists/binaries.toml; or pin one of those that are there",
    )
    .expecting(demand.expecting(format!("one of {}", demand.versions.join(", "))))
}

/// One error of a lock that cannot be read.
pub(crate) fn broken(file: &str, error: &LockError) -> Finding {
    let reason = match error.code {
        Code::Limit => Reason::Limit,
        Code::Version => Reason::Unsupported,
        _ => Reason::Malformed,
    };
    let refusal =
        Refusal::new(reason, format!("{} ({})", error.message, error.code.as_str()), error.help.clone());
    let subject = Subject::named(SubjectKind::Binary, file);
    let row = Finding::from_verdict(&META, subject, &Verdict::refuse(refusal), String::new());
    Finding { location: Some(error.origin.clone()), ..row }
}

/// A lock whose text is not the one that proofmark writes: somebody edited it, perhaps to hide a change in a large one.
pub fn edited(lock: &Lock, text: &str, file: &str, top: &Origin) -> Option<Finding> {
    let written = lock.to_text();
    // A checkout may have given it other ends of lines.
    let same = written.lines().eq(text.lines());
    (!same).then(|| {
        let at = written.lines().zip(text.lines()).take_while(|(one, other)| one == other).count() + 1;
        let mut row = judge::found(
            &META,
            Subject::named(SubjectKind::Binary, file),
            Severity::Low,
            format!("it was edited: from line {at} on it is not as proofmark writes it"),
            "look at the difference; whatever writes the lock next, such as proofmark pin import, writes it as it should be".to_owned(),
        );
        row.location = Some(top.clone());
        row
    })
}

/// A lock that nothing restricts.
pub(crate) fn without_policy(file: &str, origin: &Origin) -> Finding {
    let mut row = judge::found(
        &META,
        Subject::named(SubjectKind::Binary, file),
        Severity::Medium,
        "it pins tools, and the policy has no allowlists/binaries.toml that says which may be pinned, and who must have signed them"
            .to_owned(),
        "write allowlists/binaries.toml with a [[binary]] for each tool".to_owned(),
    );
    row.location = Some(origin.clone());
    row
}
