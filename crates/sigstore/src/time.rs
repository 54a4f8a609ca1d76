//! The time step: which times count, and whose window each must lie in (verdicts.md 6).

use jiff::SignedDuration;
use proofmark_core::{Reason, Timestamp};

use crate::candidate::Candidate;
use crate::facts::VerifiedTime;
use crate::log::Logged;
use crate::rejection::{Rejection, Step};
use crate::root::TrustRoot;
use crate::stamp;

/// Clocks differ: a time up to this much later than the evaluation time counts (verdicts.md 6).
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// The first half of the time step: every token verifies, one time counts, and logs were trusted when they say.
pub(crate) fn times(
    candidate: &Candidate,
    logged: &[Logged<'_>],
    root: &TrustRoot,
    now: Timestamp,
) -> Result<Vec<VerifiedTime>, Rejection> {
    let mut found: Vec<VerifiedTime> = logged.iter().filter_map(|logged| logged.time.clone()).collect();
    for token in &candidate.model.tokens {
        found.push(stamp::verify(token, &candidate.model.signature, root)?);
    }
    let times: Vec<VerifiedTime> = found.iter().filter(|time| counts(time.at, now)).cloned().collect();
    let Some(latest) = found.iter().map(|time| time.at).max() else {
        let detail = "no timestamp and no signed entry timestamp says when it was signed";
        return Err(Rejection::new(Reason::NoTime, Step::Time, detail));
    };
    if times.is_empty() {
        let detail = format!("its only time, {latest}, is later than the evaluation time {now}");
        return Err(Rejection { time: Some(latest), ..Rejection::new(Reason::NoTime, Step::Time, detail) });
    }
    for logged in logged {
        in_window_of(logged, &times)?;
    }
    Ok(times)
}

/// "Every verified time must lie … in the validity of the authority and log that gave it": a log's own time in its
/// window, whatever other times there are, since anyone can have an old envelope stamped again. An entry of a log that
/// gives no time (Rekor v2) has those beside it: one of them must say that the signature was there while the log was
/// trusted.
fn in_window_of(logged: &Logged<'_>, times: &[VerifiedTime]) -> Result<(), Rejection> {
    let Some(window) = logged.log.window else { return Ok(()) };
    let given = logged.time.as_ref().map_or(times, std::slice::from_ref);
    if given.iter().any(|time| window.contains(time.at)) {
        return Ok(());
    }
    let at = given.iter().map(|time| time.at.to_string()).collect::<Vec<_>>().join(", ");
    let detail = format!("signed at {at}, when log {} was not trusted", logged.log.name);
    Err(Rejection::new(Reason::Expired, Step::Time, detail))
}

pub(crate) fn all_count(logged: &[Logged<'_>], now: Timestamp) -> bool {
    logged.iter().filter_map(|logged| logged.time.as_ref()).all(|time| counts(time.at, now))
}

pub(crate) fn counts(at: Timestamp, now: Timestamp) -> bool {
    now.checked_add(SKEW).is_ok_and(|limit| at <= limit)
}

/// The key's last moment: the earliest verified time must precede it, or nothing says that it did.
pub(crate) fn not_later(times: &[VerifiedTime], valid_until: Option<Timestamp>) -> Result<(), Rejection> {
    let Some(until) = valid_until else { return Ok(()) };
    match times.iter().map(|time| time.at).min() {
        None => {
            let detail =
                format!("the key is valid until {until}, and no verified time says that it signed before");
            Err(Rejection::new(Reason::NoTime, Step::Time, detail))
        }
        Some(earliest) if earliest < until => Ok(()),
        Some(earliest) => {
            let detail = format!("signed at {earliest} or before; the key was valid until {until}");
            Err(Rejection::new(Reason::Expired, Step::Time, detail))
        }
    }
}
