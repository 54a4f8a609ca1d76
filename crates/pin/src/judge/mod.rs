//! From pins, demands and executables to the rows of a report.

mod embedded;
mod executable;
pub(crate) mod fresh;
mod lock;

use proofmark_core::{Finding, Outcome, Refusal, RuleMeta, Severity, Subject, SubjectKind, Verdict};
use proofmark_lock::Pin;

use crate::demand::name_of;

pub use embedded::embedded;
pub(crate) use executable::executable_subject;
pub use executable::{Look, executable};
pub use lock::{lock, lock_broken, lock_subjects, lock_without_policy};

/// The subject of a pin.
pub(crate) fn pin_subject(pin: &Pin) -> Subject {
    Subject { digest: Some(pin.sha256.clone()), ..Subject::named(SubjectKind::Binary, name_of(pin)) }
}

/// A row of a verdict about a pin, at its line.
pub(crate) fn pin_row(rule: &'static RuleMeta, pin: &Pin, verdict: &Verdict, message: String) -> Finding {
    let row = Finding::from_verdict(rule, pin_subject(pin), verdict, message);
    Finding { location: pin.origin.clone(), ..row }
}

/// A refusal of a pin, at its line.
pub(crate) fn refused(rule: &'static RuleMeta, pin: &Pin, refusal: Refusal) -> Finding {
    pin_row(rule, pin, &Verdict::refuse(refusal), String::new())
}

/// A row that is no verdict.
pub(crate) fn found(
    rule: &'static RuleMeta,
    subject: Subject,
    severity: Severity,
    message: String,
    help: String,
) -> Finding {
    Finding {
        rule,
        subject,
        severity,
        outcome: Outcome::Finding,
        reason: None,
        message,
        expected: None,
        observed: Vec::new(),
        evidence: Vec::new(),
        location: None,
        help,
    }
}
