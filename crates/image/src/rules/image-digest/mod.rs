//! `image-digest`: the digest is on the list that the policy's entry names.

use proofmark_core::{
    Digest, Evidence, Expectation, Observation, Platform, Reason, Refusal, Repository, RuleMeta, RuleStatus,
    Severity, Timestamp, Verdict,
};
use proofmark_policy::{DigestList, ListedDigest};

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "image-digest",
    summary: "The digest is on the list of reviewed digests.",
    doc: include_str!("doc.md"),
    severity: Severity::High,
    threats: &["T3.1"],
    reasons: &[Reason::NotListed, Reason::Expired],
    online: false,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

/// What is judged: the digests that may carry the evidence, the index's before the child's.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The names under which the image is known: the one asked for, and its upstream's.
    pub names: &'a [Repository],
    /// The digest of the reference, and with `--platform` the child's as well.
    pub digests: &'a [Digest],
    /// The platforms that would run: the child's with `--platform`, else every runnable child's.
    pub platforms: &'a [Platform],
    /// Evaluation time.
    pub now: Timestamp,
}

/// Looks the digests up; lists run no discovery. The second value is the digest that carries the evidence.
pub fn check(list: &DigestList, question: &Question<'_>) -> (Verdict, Option<Digest>) {
    let rows: Vec<&ListedDigest> =
        list.rows.iter().filter(|row| question.names.contains(&row.repository)).collect();
    let listed: Vec<&&ListedDigest> =
        rows.iter().filter(|row| question.digests.contains(&row.digest)).collect();
    let usable = |row: &&&ListedDigest| covers(row, question.platforms);
    if let Some(row) = listed.iter().filter(|row| usable(row)).find(|row| !is_over(row, question.now)) {
        return (Verdict::pass(evidence(row), Vec::new()), Some(row.digest.clone()));
    }
    let refusal = match listed.first() {
        Some(row) if listed.iter().any(usable) => expired(list, row),
        Some(row) => other_platform(list, row, question),
        None => not_listed(list, &rows, question),
    };
    (Verdict::refuse(refusal), None)
}

/// A row without platforms stands for all of them; one with platforms covers an image that runs on these alone.
fn covers(row: &ListedDigest, platforms: &[Platform]) -> bool {
    row.platforms.is_empty() || platforms.iter().all(|runs| is_reviewed(row, runs))
}

fn is_reviewed(row: &ListedDigest, runs: &Platform) -> bool {
    row.platforms.iter().any(|reviewed| runs.satisfies(reviewed))
}

fn is_over(row: &ListedDigest, now: Timestamp) -> bool {
    row.not_after.is_some_and(|end| end <= now)
}

fn evidence(row: &ListedDigest) -> Evidence {
    let evidence = Evidence::new("digest-listed", format!("listed by {}: {}", row.by, row.why))
        .with("digest", row.digest.to_string())
        .with("listed-at", row.origin.to_string());
    match row.not_after {
        Some(end) => evidence.with("not-after", end.to_string()),
        None => evidence,
    }
}

fn expired(list: &DigestList, row: &ListedDigest) -> Refusal {
    let end = row.not_after.map_or_else(String::new, |end| end.to_string());
    Refusal::new(
        Reason::Expired,
        "the digest is listed, and its entry has ended",
        format!("review the image again and set a later not-after in {}", list.file),
    )
    .expecting(Expectation { text: format!("not-after = {end}"), origin: Some(row.origin.clone()) })
    .observing([Observation::new(row.digest.to_string())])
}

fn other_platform(list: &DigestList, row: &ListedDigest, question: &Question<'_>) -> Refusal {
    let unreviewed = question.platforms.iter().find(|runs| !is_reviewed(row, runs));
    let wanted = unreviewed.map(ToString::to_string).unwrap_or_default();
    let platforms: Vec<String> = row.platforms.iter().map(ToString::to_string).collect();
    Refusal::new(
        Reason::NotListed,
        format!("the digest is listed, but not for {wanted}"),
        format!("add \"{wanted}\" to the entry's platforms in {}", list.file),
    )
    .expecting(Expectation {
        text: format!("platforms = {}", platforms.join(", ")),
        origin: Some(row.origin.clone()),
    })
    .observing([Observation::new(row.digest.to_string())])
}

fn not_listed(list: &DigestList, rows: &[&ListedDigest], question: &Question<'_>) -> Refusal {
    let digest = question.digests.first().map(ToString::to_string).unwrap_or_default();
    let name = question.names.first().map(ToString::to_string).unwrap_or_default();
    let known =
        rows.iter().map(|row| Observation::new(format!("listed for this repository: {}", row.digest)));
    Refusal::new(
        Reason::NotListed,
        format!("the digest is not in {}", list.file),
        format!(
            "review the image, then add [[image]] to {} with repository = \"{}\", digest = \"{digest}\", why and by",
            list.file, name
        ),
    )
    .expecting(Expectation { text: format!("a digest of {}", list.file), origin: Some(list.origin.clone()) })
    .observing(std::iter::once(Observation::new(digest.clone())).chain(known))
}
