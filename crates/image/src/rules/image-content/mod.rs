//! `image-content`: the reference leads to bytes that are what they are called.

use proofmark_core::display::safe_short;
use proofmark_core::{Expectation, Observation, Reason, Refusal, RuleMeta, RuleStatus, Severity};
use proofmark_oci::ReadError;

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "image-content",
    summary: "The reference leads to an image whose bytes hash to their digests.",
    doc: include_str!("doc.md"),
    severity: Severity::High,
    threats: &["T3.1"],
    reasons: &[
        Reason::DigestMismatch,
        Reason::Malformed,
        Reason::Platform,
        Reason::Unreachable,
        Reason::Unauthorized,
        Reason::NotFound,
        Reason::Offline,
        Reason::Limit,
        Reason::Unsupported,
    ],
    online: true,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

/// Characters of a platform that are shown, and platforms.
const SHOWN: usize = 60;
const PLATFORMS: usize = 8;

/// The refusal for an image that could not be read, or whose bytes are not what was asked for.
pub fn refusal(error: &ReadError) -> Refusal {
    let refusal = Refusal::new(error.reason(), error.to_string(), error.help());
    let (told, others) = match error {
        ReadError::Everywhere { told, others } => (&**told, &others[..]),
        one => (one, &[][..]),
    };
    let others = others.iter().map(|other| Observation {
        text: format!("asked as well: {}", other.error),
        place: Some(other.source.clone()),
        reason: Some(other.error.reason()),
        time: None,
    });
    let Some((expected, observed)) = difference(told) else { return refusal.observing(others) };
    let observed = Observation { text: observed, place: None, reason: Some(told.reason()), time: None };
    refusal
        .expecting(Expectation { text: expected, origin: None })
        .observing([observed].into_iter().chain(others))
}

/// What was asked for and what came instead. Where nothing came, there is nothing to compare.
fn difference(error: &ReadError) -> Option<(String, String)> {
    match error {
        ReadError::DigestMismatch { from, expected, actual } => {
            Some((format!("bytes of {expected}"), format!("bytes of {actual} from {from}")))
        }
        ReadError::SizeMismatch { from, digest, expected } => {
            Some((format!("{expected} bytes of {digest}"), format!("another length from {from}")))
        }
        ReadError::Malformed { from, what, error } => Some((
            "an image manifest that every reader reads alike".to_owned(),
            format!("{what} from {from}: {error}"),
        )),
        ReadError::Platform { wanted, present } => {
            let expected = wanted.as_ref().map_or_else(
                || "an image that can run".to_owned(),
                |wanted| format!("an image for {}", safe_short(&wanted.to_string(), SHOWN)),
            );
            let there: Vec<String> =
                present.iter().take(PLATFORMS).map(|one| safe_short(&one.to_string(), SHOWN)).collect();
            let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
            let more = present.len().saturating_sub(PLATFORMS);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            Some((expected, format!("an index of {there}{more}")))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proofmark_core::{Digest, Platform};
    use proofmark_oci::ManifestError;

    use super::*;

    /// What is expected and what is observed.
    fn told(error: &ReadError) -> (String, String) {
        let refusal = refusal(error);
        let expected = refusal.expected.expect("something is expected").text;
        (expected, refusal.observed.first().expect("something is observed").text.clone())
    }

    fn platform(text: &str) -> Platform {
        Platform::parse(text).expect("a platform")
    }

    fn only(present: usize) -> String {
        let present = (0..present).map(|at| platform(&format!("linux/p{at}"))).collect();
        told(&ReadError::Platform { wanted: None, present }).1
    }

    #[test]
    fn what_came_stands_beside_what_was_asked_for() {
        let from = "registry.example".to_owned();
        let digest = Digest::sha256(b"asked for");
        let size = ReadError::SizeMismatch { from: from.clone(), digest: digest.clone(), expected: 7 };
        assert_eq!(
            told(&size),
            (format!("7 bytes of {digest}"), "another length from registry.example".to_owned())
        );
        let malformed =
            ReadError::Malformed { from, what: "agents:1".to_owned(), error: ManifestError::Neither };
        assert_eq!(
            told(&malformed),
            (
                "an image manifest that every reader reads alike".to_owned(),
                "agents:1 from registry.example: it is neither an index nor an image manifest".to_owned()
            )
        );
    }

    #[test]
    fn platforms_that_are_there_are_named_up_to_eight() {
        let wanted = Some(Box::new(platform("linux/arm64")));
        let present = vec![platform("linux/amd64"), platform("windows/amd64")];
        assert_eq!(
            told(&ReadError::Platform { wanted, present }),
            ("an image for linux/arm64".to_owned(), "an index of linux/amd64, windows/amd64".to_owned())
        );
        assert_eq!(only(0), "an index of none");
        assert!(only(8).ends_with("linux/p7"), "{}", only(8));
        assert!(only(9).ends_with("linux/p7 and 1 more"), "{}", only(9));
    }

    #[test]
    fn where_nothing_came_there_is_nothing_to_compare() {
        let error = ReadError::Status { from: "r".to_owned(), what: "w".to_owned(), status: 418 };
        let refusal = refusal(&error);
        assert!(refusal.expected.is_none() && refusal.observed.is_empty());
    }
}
