//! The identity and extension steps: is the certificate's holder one that the policy allows?

use proofmark_core::{CertificateConstraint, IdentityPattern, Reason};

use crate::difference;
use crate::facts::{CertificateFacts, SignerFacts};
use crate::rejection::{Rejection, Step};
use crate::verified::Verified;

/// Compares the signer with a constraint: issuer exactly, exactly one subject alternative name of an allowed kind
/// that matches the pattern, and every extension that the constraint names with exactly its value. A missing
/// extension never matches (ID-03).
///
/// The constraint's `trusted_root` is the caller's: it chose the root that [`crate::verify`] was given.
///
/// # Errors
/// `wrong-identity` at [`Step::Identity`] or [`Step::Extensions`], saying what differs; `wrong-key` for a managed
/// key's signature.
pub fn authorize<T>(verified: &Verified<T>, constraint: &CertificateConstraint) -> Result<(), Rejection> {
    let result = match &verified.signer {
        SignerFacts::Certificate(facts) => certificate(facts, constraint),
        SignerFacts::Key { .. } => Err(Rejection::new(
            Reason::WrongKey,
            Step::Identity,
            "it is signed by a managed key, not by a certificate",
        )),
    };
    result.map_err(|rejection| Rejection { time: verified.earliest_time(), ..rejection.by(&verified.signer) })
}

/// The same, over facts alone.
pub(crate) fn certificate(
    facts: &CertificateFacts,
    constraint: &CertificateConstraint,
) -> Result<(), Rejection> {
    identity(facts, constraint)?;
    for (extension, expected) in &constraint.extensions {
        match facts.extensions.get(extension) {
            Some(value) if value == expected => {}
            Some(value) => {
                let what = format!("extension {}", extension.as_str());
                return Err(wrong(Step::Extensions, difference::of(&what, expected, value)));
            }
            None => {
                let detail = format!("extension {} is missing", extension.as_str());
                return Err(wrong(Step::Extensions, detail));
            }
        }
    }
    Ok(())
}

fn wrong(step: Step, detail: String) -> Rejection {
    Rejection::new(Reason::WrongIdentity, step, detail)
}

fn identity(facts: &CertificateFacts, constraint: &CertificateConstraint) -> Result<(), Rejection> {
    let Some(issuer) = facts.issuer() else {
        let detail = if facts.issuer_v1.is_some() {
            "the certificate names two different issuers"
        } else {
            "the certificate names no issuer"
        };
        return Err(wrong(Step::Identity, detail.to_owned()));
    };
    if issuer != constraint.issuer {
        return Err(wrong(Step::Identity, difference::of("issuer", &constraint.issuer, issuer)));
    }
    let Some((kind, san)) = facts.san() else {
        return Err(wrong(Step::Identity, names(facts)));
    };
    if !constraint.san.contains(&kind) {
        let allowed: Vec<&str> = constraint.san.iter().map(|kind| kind.as_str()).collect();
        let detail =
            format!("the identity is of kind {}, not {}: {san}", kind.as_str(), allowed.join(" or "));
        return Err(wrong(Step::Identity, detail));
    }
    if constraint.identity.matches(san) {
        return Ok(());
    }
    let detail = match &constraint.identity {
        IdentityPattern::Glob(glob) => difference::of("identity", glob.as_str(), san),
        IdentityPattern::Regex(_) => format!("identity {san} does not match the expression"),
    };
    Err(wrong(Step::Identity, detail))
}

/// Why there is no one name that a policy could mean (ID-05).
fn names(facts: &CertificateFacts) -> String {
    match facts.sans.as_slice() {
        [] => "the certificate has no subject alternative name".to_owned(),
        [only] => {
            let (kind, value) = (only.kind_name, &only.value);
            format!("the identity is of kind {kind}, which no policy can name: {value}")
        }
        several => format!("the certificate has {} subject alternative names, not one", several.len()),
    }
}
