//! What weakens a policy that is right by its letter (verdicts.md 1, "Lint").

mod identity;
pub(crate) mod rules;

use std::collections::BTreeSet;

use proofmark_core::{Severity, Signer, SignerKind, Threshold};

use crate::{ImageEntry, LintFinding, Policy, RepositoryRule};

/// Everything that weakens the policy, in the order of file and line; what loading found is included.
pub fn lint(policy: &Policy) -> Vec<LintFinding> {
    let mut findings = policy.findings.clone();
    findings.extend(policy.signers.values().flat_map(identity::lint));
    findings.extend(policy.images.iter().filter_map(unbound));
    findings.extend(cannot_fail(policy));
    findings.sort_by(|a, b| (&a.origin, a.rule, &a.message).cmp(&(&b.origin, b.rule, &b.message)));
    findings
}

/// A cosign v3 signature binds the digest alone: one made for a repository of the pattern satisfies all others.
fn unbound(entry: &ImageEntry) -> Option<LintFinding> {
    let several = !entry.pattern.is_literal() && entry.signed_by.is_some();
    (several && entry.repository != RepositoryRule::Bound).then(|| LintFinding {
        rule: rules::UNBOUND,
        severity: Severity::Low,
        message: format!(
            "an image signed for one repository of `{}` is accepted under the name of another",
            entry.pattern.as_str()
        ),
        origin: entry.origin.clone(),
        help: "set repository = \"bound\", or write one entry for each repository".to_owned(),
    })
}

fn cannot_fail(policy: &Policy) -> Option<LintFinding> {
    // One that is about executables alone refuses what it does not name.
    if policy.images.is_empty() && policy.binaries.is_some() {
        return None;
    }
    let open: BTreeSet<&str> = policy
        .signers
        .values()
        .filter(|signer| is_anyone(signer))
        .map(|signer| signer.name.as_str())
        .collect();
    let message = if policy.images.is_empty() {
        "there is no [[image]] entry: nothing is judged by who signed it, and every image is refused"
            .to_owned()
    } else if policy.images.iter().all(|entry| anyone_satisfies(entry, &open)) {
        "every entry is satisfied by a signature that anyone can make".to_owned()
    } else {
        return None;
    };
    let origin = policy.images.first().map_or_else(
        || crate::source::nowhere(policy.path.display().to_string()),
        |entry| entry.origin.clone(),
    );
    let help = "name in signed-by whom you trust".to_owned();
    Some(LintFinding { rule: rules::CANNOT_FAIL, severity: Severity::High, message, origin, help })
}

fn anyone_satisfies(entry: &ImageEntry, open: &BTreeSet<&str>) -> bool {
    let anyone = |threshold: &Threshold| {
        threshold.of.iter().filter(|name| open.contains(name.as_str())).count() >= threshold.at_least
    };
    entry.digests.is_none() && entry.signed_by.iter().chain(entry.attestation.thresholds()).all(anyone)
}

fn is_anyone(signer: &Signer) -> bool {
    match &signer.kind {
        SignerKind::Key(_) => false,
        SignerKind::Certificate(certificate) => identity::matches_strangers(certificate),
    }
}
