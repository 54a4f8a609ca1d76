//! `pin update`: which version is the next one.

use std::cmp::Ordering;

use jiff::SignedDuration;
use proofmark_core::Timestamp;

use crate::recipe::Release;
use crate::version::compare;

/// What a list of versions offers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Choice {
    /// The newest version that is newer than all that are pinned, and old enough.
    pub take: Option<Release>,
    /// Newer ones that are not taken yet, with why, from the newest on.
    pub held: Vec<(String, String)>,
}

/// The newest release that is newer than every pinned version and was published at least `cooldown` before `now`: attacks on releases are
/// mostly found in their first days. One that does not tell its day is taken with a cooldown of nothing alone.
pub fn choose(releases: &[Release], pinned: &[&str], cooldown: SignedDuration, now: Timestamp) -> Choice {
    let newer = |release: &&Release| {
        !pinned.is_empty()
            && pinned.iter().all(|pin| compare(&release.version, pin) == Some(Ordering::Greater))
    };
    let mut newer: Vec<&Release> = releases.iter().filter(newer).collect();
    newer.sort_by(|one, other| compare(&other.version, &one.version).unwrap_or(Ordering::Equal));
    let mut choice = Choice::default();
    for release in newer {
        let why = if cooldown <= SignedDuration::ZERO {
            None
        } else {
            match release.published {
                None => Some("when it was published is not told".to_owned()),
                Some(at) if now.duration_since(at) < cooldown => Some(format!("it was published on {at:.0}")),
                Some(_) => None,
            }
        };
        let Some(why) = why else {
            choice.take = Some(release.clone());
            break;
        };
        choice.held.push((release.version.clone(), why));
    }
    choice
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(version: &str, published: Option<&str>) -> Release {
        Release { version: version.to_owned(), published: published.map(|at| at.parse().unwrap()) }
    }

    #[test]
    fn the_newest_that_is_old_enough() {
        let now: Timestamp = "2026-11-27T00:00:00Z".parse().unwrap();
        let releases = [
            release("1.9.0", Some("2026-01-01T00:00:00Z")),
            release("1.10.0", Some("2026-11-01T00:00:00Z")),
            release("1.11.0", Some("2026-11-20T00:00:01Z")),
            release("1.12.0", None),
            release("0.1.0", Some("2026-01-01T00:00:00Z")),
        ];
        let chosen = |pinned: &[&str], days: i64| {
            let choice = choose(&releases, pinned, SignedDuration::from_hours(days * 24), now);
            let held: Vec<String> = choice.held.into_iter().map(|(version, _)| version).collect();
            (choice.take.map(|release| release.version), held)
        };
        let of = |take: Option<&str>, held: &[&str]| {
            (take.map(str::to_owned), held.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(chosen(&["1.9.0"], 7), of(Some("1.10.0"), &["1.12.0", "1.11.0"]));
        assert_eq!(chosen(&["1.9.0", "1.10.0"], 7), of(None, &["1.12.0", "1.11.0"]));
        assert_eq!(chosen(&["1.9.0"], 0), of(Some("1.12.0"), &[]));
        assert_eq!(chosen(&["1.12.0"], 0), of(None, &[]));
        // Exactly as old as it must be; a second less is too young.
        let edge = |at: &str| {
            choose(&[release("2.0", Some(at))], &["1.0"], SignedDuration::from_hours(24), now).take.is_some()
        };
        assert!(edge("2026-11-26T00:00:00Z") && !edge("2026-11-26T00:00:01Z"));
        // From the future: a list that lies, or a clock.
        assert!(!edge("2027-01-01T00:00:00Z"));
        // What is not pinned is not updated, and what cannot be compared is not newer.
        assert_eq!(chosen(&[], 0), of(None, &[]));
        assert_eq!(chosen(&["nightly"], 0), of(None, &[]));
    }
}
