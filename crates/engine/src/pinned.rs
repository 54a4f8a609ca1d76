//! What may be run: a subject's pinned reference, if and only if every policy lets it.

use std::collections::{BTreeMap, BTreeSet};

use proofmark_core::{Finding, ImageRef, Observation, Outcome, Platform, Reason, Refusal, Subject, Verdict};
use proofmark_image::rules;

/// A Fail for each subject of which two policies judged different bytes: a tag that answered twice, or a mirror that only
/// one of them names. Each may have been right about what it saw, and neither about what would run.
pub(crate) fn disagreements(results: &[Finding]) -> Vec<Finding> {
    let mut judged: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for row in results.iter().filter(|row| row.outcome != Outcome::Finding && row.subject.digest.is_some()) {
        judged.entry(&row.subject.name).or_default().push(row);
    }
    judged.into_values().filter_map(|rows| disagreement(&rows)).collect()
}

fn disagreement(rows: &[&Finding]) -> Option<Finding> {
    let first = rows.first()?;
    rows.iter().find(|row| row.subject.digest != first.subject.digest)?;
    let refusal = Refusal::new(
        Reason::DigestMismatch,
        "the policies in effect were given different bytes for this reference",
        "name the image by digest, so that every policy judges the same bytes",
    )
    .observing(
        rows.iter().filter_map(|row| row.subject.digest.as_ref()).map(|d| Observation::new(d.to_string())),
    );
    let subject = Subject { digest: None, pinned: None, ..first.subject.clone() };
    Some(Finding::from_verdict(&rules::content::META, subject, &Verdict::refuse(refusal), String::new()))
}

/// Clears `pinned` on every row of a subject that some row refuses, and gives one to a subject that an exception
/// allows: the digest that was judged, which the exception names. What is asked for on several platforms has one on each.
pub(crate) fn settle(results: &mut [Finding]) {
    let mut subjects: BTreeMap<String, Vec<&Finding>> = BTreeMap::new();
    for row in results.iter().filter(|row| row.outcome != Outcome::Finding) {
        subjects.entry(row.subject.name.clone()).or_default().push(row);
    }
    let mut pinned: BTreeMap<(String, Option<Platform>), String> = BTreeMap::new();
    for (name, rows) in subjects {
        if of_subject(&rows).is_none() {
            continue;
        }
        let mut platforms: BTreeMap<Option<Platform>, Vec<&Finding>> = BTreeMap::new();
        for row in rows {
            platforms.entry(row.subject.platform.clone()).or_default().push(row);
        }
        let own =
            platforms.into_iter().filter_map(|(on, rows)| Some(((name.clone(), on), of_subject(&rows)?)));
        pinned.extend(own);
    }
    for row in results.iter_mut() {
        let key = (row.subject.name.clone(), row.subject.platform.clone());
        row.subject.pinned = pinned.get(&key).cloned();
    }
}

fn of_subject(rows: &[&Finding]) -> Option<String> {
    // Two policies that judged different bytes agree on nothing.
    // A row without a digest is about the name alone, or refuses.
    let judged_digests: BTreeSet<_> = rows.iter().filter_map(|row| row.subject.digest.as_ref()).collect();
    if judged_digests.len() > 1 {
        return None;
    }
    if rows.iter().any(|row| matches!(row.outcome, Outcome::Fail | Outcome::Unverifiable)) {
        return None;
    }
    let allowed = |row: &&&Finding| row.outcome == Outcome::Allowed;
    let verified = rows.iter().filter(|row| !allowed(row)).filter_map(|row| row.subject.pinned.clone());
    let distinct: BTreeSet<String> = verified.collect();
    match distinct.len() {
        1 => distinct.into_iter().next(),
        // What an exception names is what was judged; evidence on a child stands for that child all the same.
        0 => rows.iter().filter(allowed).find_map(|row| judged(row)),
        // Two policies rest on different levels of one index: what was asked for covers both.
        _ => rows.first().and_then(|row| judged(row)),
    }
}

/// `repository@digest` of what was asked for.
fn judged(row: &Finding) -> Option<String> {
    let reference = ImageRef::parse(row.subject.reference.as_deref()?).ok()?;
    Some(format!("{}@{}", reference.repository(), row.subject.digest.as_ref()?))
}

#[cfg(test)]
mod tests {
    use proofmark_core::{Digest, Evidence, SubjectKind};

    use super::*;

    fn row(name: &str, verdict: &Verdict, pinned: Option<&str>) -> Finding {
        let subject = Subject {
            reference: Some(format!("{name}:1")),
            digest: Some(Digest::sha256(b"image")),
            pinned: pinned.map(str::to_owned),
            ..Subject::named(SubjectKind::Image, name)
        };
        Finding::from_verdict(&proofmark_image::rules::signature::META, subject, verdict, String::new())
    }

    fn pass() -> Verdict {
        Verdict::pass(Evidence::new("signature", "signed"), vec![])
    }

    fn fail(reason: Reason) -> Verdict {
        Verdict::refuse(Refusal::new(reason, "m", "h"))
    }

    fn settled(mut rows: Vec<Finding>) -> Vec<Option<String>> {
        settle(&mut rows);
        rows.into_iter().map(|row| row.subject.pinned).collect()
    }

    #[test]
    fn one_refusal_unpins_every_row_of_its_subject_alone() {
        let rows = vec![
            row("r.example/a", &pass(), Some("r.example/a@sha256:1")),
            row("r.example/a", &fail(Reason::Unsigned), None),
            row("r.example/b", &pass(), Some("r.example/b@sha256:2")),
            row("r.example/c", &pass(), Some("r.example/c@sha256:3")),
            row("r.example/c", &fail(Reason::Offline), None),
        ];
        let none = None::<String>;
        let b = Some("r.example/b@sha256:2".to_owned());
        assert_eq!(settled(rows), [none.clone(), none.clone(), b, none.clone(), none]);
    }

    #[test]
    fn each_platform_has_its_own_and_one_refusal_unpins_all() {
        let on = |architecture: &str, pinned: &str| {
            let mut row = row("r.example/a", &pass(), Some(pinned));
            row.subject.platform = Platform::parse(&format!("linux/{architecture}"));
            row
        };
        let rows = vec![on("amd64", "r.example/a@sha256:1"), on("arm64", "r.example/a@sha256:2")];
        let want = ["r.example/a@sha256:1", "r.example/a@sha256:2"].map(|text| Some(text.to_owned()));
        assert_eq!(settled(rows.clone()), want);
        let refused = row("r.example/a", &fail(Reason::Unsigned), None);
        assert_eq!(settled(rows.into_iter().chain([refused]).collect()), [None, None, None]);
    }

    #[test]
    fn an_allowed_subject_is_pinned_to_what_was_judged() {
        let mut allowed = row("r.example/a", &fail(Reason::Unsigned), None);
        allowed.outcome = Outcome::Allowed;
        let want = Some(format!("r.example/a@{}", Digest::sha256(b"image")));
        assert_eq!(
            settled(vec![row("r.example/a", &pass(), None), allowed.clone()]),
            [want.clone(), want.clone()]
        );
        // Whatever the row was pinned to before: the exception names what was judged.
        allowed.subject.pinned = Some("r.example/a@sha256:index".to_owned());
        assert_eq!(settled(vec![allowed]), [want]);
        assert_eq!(settled(vec![row("r.example/a", &pass(), None)]), [None], "no row says what may be run");
    }

    /// The exception is for another rule: what was verified is the child, and nothing says so of the index.
    #[test]
    fn an_exception_on_an_index_does_not_widen_what_was_verified() {
        let mut allowed = row("r.example/a", &fail(Reason::NotListed), None);
        allowed.outcome = Outcome::Allowed;
        let verified = row("r.example/a", &pass(), Some("r.example/a@sha256:child"));
        let want = Some("r.example/a@sha256:child".to_owned());
        assert_eq!(settled(vec![verified, allowed]), [want.clone(), want]);
    }

    /// An inline allow is about how the image is written; what was verified stays what may be run.
    #[test]
    fn a_row_about_the_name_alone_unpins_nothing() {
        let mut name = row("r.example/a", &fail(Reason::Unsigned), None);
        (name.outcome, name.subject.digest) = (Outcome::Allowed, None);
        let verified = row("r.example/a", &pass(), Some("r.example/a@sha256:1"));
        let want = Some("r.example/a@sha256:1".to_owned());
        assert_eq!(settled(vec![name.clone(), verified]), [want.clone(), want]);
        assert_eq!(settled(vec![name]), [None], "and verifies nothing by itself");
    }

    /// REF-01: a user's policy and the machine's must have judged the same bytes.
    #[test]
    fn ref_01_two_policies_that_saw_different_bytes() {
        let mut other = row("r.example/a", &pass(), Some("r.example/a@sha256:other"));
        other.subject.digest = Some(Digest::sha256(b"another image"));
        let mut rows = vec![row("r.example/a", &pass(), Some("r.example/a@sha256:one")), other];
        let found = disagreements(&rows);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].outcome, found[0].reason), (Outcome::Fail, Some(Reason::DigestMismatch)));
        let subject = &found[0].subject;
        assert_eq!((&subject.digest, &subject.pinned), (&None, &None), "neither of them is what would run");
        assert_eq!(settled(rows.clone()), [None, None]);
        // What only remarks on an image, or saw no bytes of it, disagrees with nobody.
        let (mut remark, mut unseen) = (rows[1].clone(), rows[1].clone());
        (remark.outcome, unseen.subject.digest) = (Outcome::Finding, None);
        rows.pop();
        assert!(disagreements(&rows).is_empty());
        rows.extend([remark, unseen]);
        assert!(disagreements(&rows).is_empty());
    }

    #[test]
    fn two_levels_of_evidence_pin_what_was_asked_for() {
        let rows = vec![
            row("r.example/a", &pass(), Some("r.example/a@sha256:child")),
            row("r.example/a", &pass(), Some("r.example/a@sha256:index")),
        ];
        let want = Some(format!("r.example/a@{}", Digest::sha256(b"image")));
        assert_eq!(settled(rows), [want.clone(), want]);
    }
}
