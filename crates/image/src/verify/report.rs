//! From verdicts to findings.

use proofmark_core::display::safe_short;
use proofmark_core::{DigestRef, Evidence, Finding, Observation, Repository, Subject, Verdict};
use proofmark_oci::{Child, Examined, Skipped};

use super::judges::Judged;

/// Characters of a mirror's error that are told.
const MAX_CAUSE: usize = 300;

/// Turns verdicts into findings; `pinned` is the index if any evidence came from it, and only if all rules pass.
pub(super) fn findings(
    judged: Vec<Judged>,
    subject: &Subject,
    repository: &Repository,
    examined: &Examined,
) -> Vec<Finding> {
    let passed = !judged.is_empty() && judged.iter().all(|one| one.verdict.is_pass());
    let pinned = passed.then(|| {
        let carriers = || judged.iter().filter_map(|one| one.carrier.as_ref());
        let index = carriers().find(|digest| **digest == examined.digest);
        index.or_else(|| carriers().next()).unwrap_or(&examined.digest).clone()
    });
    let pinned = pinned.map(|digest| DigestRef { repository: repository.clone(), digest }.to_string());
    let mirror = mirror(subject, repository, examined);
    let finding = |one: Judged| {
        let verdict = with_skipped(with_child(one.verdict, one.child.as_ref()), &examined.skipped);
        let subject = Subject { pinned: pinned.clone(), mirror: mirror.clone(), ..subject.clone() };
        let message = match &one.child {
            Some(child) => {
                format!("read from {}, {} {}", examined.resolved_from, child.platform, child.digest)
            }
            None => format!("read from {}", examined.resolved_from),
        };
        Finding::from_verdict(one.rule, subject, &verdict, message)
    };
    judged.into_iter().map(finding).collect()
}

/// The mirror that the image came from; none if it came from where its name says.
fn mirror(subject: &Subject, repository: &Repository, examined: &Examined) -> Option<String> {
    let layout = subject.reference.as_deref().is_some_and(|reference| reference.starts_with("oci:"));
    let elsewhere = examined.resolved_from != repository.host().to_string();
    (elsewhere && !layout).then(|| examined.resolved_from.clone())
}

/// Which child of an index was judged (verdicts.md 3).
fn with_child(verdict: Verdict, child: Option<&Child>) -> Verdict {
    let Some(Child { platform, digest, .. }) = child else { return verdict };
    let summary = format!("{platform} is {digest}");
    if let Some(refusal) = verdict.refusal() {
        let mut refusal = refusal.clone().observing([Observation::new(summary)]);
        // Of several children each has its row: the first word tells them apart.
        refusal.message = format!("{platform}: {}", refusal.message);
        return Verdict::refuse(refusal);
    }
    let told = Evidence::new("child", summary)
        .with("platform", platform.to_string())
        .with("digest", digest.to_string());
    let mut evidence = verdict.evidence().into_iter().cloned();
    match evidence.next() {
        Some(first) => Verdict::pass(first, evidence.chain([told]).collect()),
        None => verdict,
    }
}

/// A mirror that lied or failed was passed over, and the image came from elsewhere: that is told with every answer.
fn with_skipped(verdict: Verdict, skipped: &[Skipped]) -> Verdict {
    let cause = |one: &Skipped| safe_short(&one.error.to_string(), MAX_CAUSE);
    if let Some(refusal) = verdict.refusal() {
        let observed = skipped.iter().map(|one| Observation {
            text: format!("the mirror was passed over: {}", cause(one)),
            place: Some(one.source.clone()),
            reason: Some(one.error.reason()),
            time: None,
        });
        return Verdict::refuse(refusal.clone().observing(observed));
    }
    let told = skipped.iter().map(|one| {
        Evidence::new("mirror-skipped", format!("{}: {}", one.source, cause(one)))
            .with("mirror", one.source.clone())
            .with("reason", one.error.reason().as_str())
            .with("cause", cause(one))
    });
    let mut evidence = verdict.evidence().into_iter().cloned();
    match evidence.next() {
        Some(first) => Verdict::pass(first, evidence.chain(told).collect()),
        None => verdict,
    }
}
