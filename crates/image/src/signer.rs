//! A verified signer and its witnesses in words.

use proofmark_sigstore::{SignerFacts, Verified};

/// The identity, or the key's id.
pub(crate) fn who(signer: &SignerFacts) -> String {
    match signer {
        SignerFacts::Certificate(facts) => {
            facts.sans.iter().map(|san| san.value.as_str()).collect::<Vec<_>>().join(", ")
        }
        SignerFacts::Key { id } => format!("key sha256:{id}"),
    }
}

/// The OIDC issuer of a certificate.
pub(crate) fn issuer(signer: &SignerFacts) -> Option<String> {
    match signer {
        SignerFacts::Certificate(facts) => facts.issuer().map(str::to_owned),
        SignerFacts::Key { .. } => None,
    }
}

/// The log's entry, or what the verification noted in its place.
pub(crate) fn witness<T>(verified: &Verified<T>) -> Option<String> {
    let entries = verified.log_entries().iter().map(|entry| format!("{} entry {}", entry.log, entry.index));
    let times = verified.times().iter().map(|time| format!("{} {}", time.authority, time.at));
    let notes = verified.notes().iter().cloned();
    let all: Vec<String> = entries.chain(times).chain(notes).collect();
    (!all.is_empty()).then(|| all.join("; "))
}
