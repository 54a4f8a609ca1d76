//! What is attached to an image, who is asked for, and what the answer should be.

use crate::stack::{Identity, Material, Signer, Workflow};

/// One image and the evidence on it; a row of the matrix is a case on one registry.
pub(super) struct Case {
    /// `format/what`, unique.
    pub(super) id: &'static str,
    /// What is attached, in this order.
    pub(super) evidence: &'static [Step],
    /// Whose signature is asked for.
    pub(super) demand: Signer,
    /// Whether the answer should be yes.
    pub(super) good: bool,
    /// An index of two platforms instead of a single manifest.
    pub(super) index: bool,
    /// A part of what cosign says where it refuses.
    pub(super) cosign_says: &'static str,
}

/// One thing that is done to an image.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// Signed, as it should be.
    Sign(Signer),
    /// An attestation, without a signature of the image.
    Attest(Signer),
    /// The genuine signature of another image, attached to this one.
    Transplant(Signer),
    /// A signature of this image with one byte of the signature changed.
    Tamper(Signer),
    /// The signature of another image, with the signed text rewritten to name this one.
    Forge(Signer),
}
use Step::{Attest, Forge, Sign, Tamper, Transplant};

const fn workflow(
    repository: &'static str,
    ids: (&'static str, &'static str),
    git_ref: &'static str,
) -> Signer {
    Signer::Keyless(Identity::Workflow(Workflow { repository, ids, git_ref }))
}

pub(super) const RELEASE: Signer = workflow("acme/agents", ("4711", "471101"), "refs/tags/v1.0.0");
const BRANCH: Signer = workflow("acme/agents", ("4711", "471101"), "refs/heads/main");
pub(super) const MALLORY: Signer = workflow("mallory/agents", ("666", "66601"), "refs/tags/v1.0.0");
pub(super) const PERSON: Signer = Signer::Keyless(Identity::Email("release@acme.example"));
pub(super) const KEY: Signer = Signer::Key("acme", Material::Bare);
pub(super) const LOGGED: Signer = Signer::Key("acme", Material::Logged);
const OTHER_KEY: Signer = Signer::Key("mallory", Material::Bare);
/// Says in its payload that it is of the repository it is attached in.
const LEGACY: Signer = Signer::Key("acme", Material::Legacy("@"));
const LEGACY_ELSEWHERE: Signer = Signer::Key("acme", Material::Legacy("registry.acme.example/agents/other"));
const LEGACY_OTHER_KEY: Signer = Signer::Key("mallory", Material::Legacy("@"));

const fn good(id: &'static str, evidence: &'static [Step], demand: Signer) -> Case {
    Case { id, evidence, demand, good: true, index: false, cosign_says: "" }
}

const fn bad(id: &'static str, evidence: &'static [Step], demand: Signer, cosign_says: &'static str) -> Case {
    Case { id, evidence, demand, good: false, index: false, cosign_says }
}

/// The name that stands for the image's own repository in [`Material::Legacy`].
pub(super) const OWN_REPOSITORY: &str = "@";

/// Every case, in the order of the table.
pub(super) const CASES: &[Case] = &[
    good("keyless/good", &[Sign(RELEASE)], RELEASE),
    good("keyless/e-mail", &[Sign(PERSON)], PERSON),
    Case {
        id: "keyless/index",
        evidence: &[Sign(RELEASE)],
        demand: RELEASE,
        good: true,
        index: true,
        cosign_says: "",
    },
    good("keyless/stranger-too", &[Sign(MALLORY), Sign(RELEASE)], RELEASE),
    bad("keyless/other-repository", &[Sign(MALLORY)], RELEASE, "no matching CertificateIdentity"),
    bad("keyless/other-ref", &[Sign(BRANCH)], RELEASE, "no matching CertificateIdentity"),
    bad("keyless/other-issuer", &[Sign(PERSON)], RELEASE, "no matching CertificateIdentity"),
    bad("keyless/key-demanded", &[Sign(RELEASE)], KEY, "expected key signature, not certificate"),
    bad("keyless/tampered", &[Tamper(RELEASE)], RELEASE, "does not match expected root"),
    bad("keyless/forged-payload", &[Forge(RELEASE)], RELEASE, "does not match expected root"),
    bad("keyless/transplant", &[Transplant(RELEASE)], RELEASE, "does not match any digest in statement"),
    good("key/good", &[Sign(KEY)], KEY),
    good("key/logged", &[Sign(LOGGED)], LOGGED),
    good("key/stranger-too", &[Sign(OTHER_KEY), Sign(KEY)], KEY),
    bad("key/other-key", &[Sign(OTHER_KEY)], KEY, "could not verify envelope"),
    bad("key/no-log-entry", &[Sign(KEY)], LOGGED, "not enough verified log entries"),
    bad("key/tampered", &[Tamper(KEY)], KEY, "could not verify envelope"),
    bad("key/forged-payload", &[Forge(KEY)], KEY, "could not verify envelope"),
    bad("key/transplant", &[Transplant(KEY)], KEY, "does not match any digest in statement"),
    good("legacy/good", &[Sign(LEGACY)], LEGACY),
    good("legacy/stranger-too", &[Sign(LEGACY_OTHER_KEY), Sign(LEGACY)], LEGACY),
    good("legacy/stranger-bundle", &[Sign(MALLORY), Sign(LEGACY)], LEGACY),
    bad("legacy/other-key", &[Sign(LEGACY_OTHER_KEY)], LEGACY, "invalid signature"),
    bad("legacy/other-repository", &[Sign(LEGACY_ELSEWHERE)], LEGACY, ""),
    bad("legacy/tampered", &[Tamper(LEGACY)], LEGACY, "invalid signature"),
    bad("legacy/transplant", &[Transplant(LEGACY)], LEGACY, "invalid or missing digest in claim"),
    bad("attestation/keyless", &[Attest(RELEASE)], RELEASE, ""),
    bad("attestation/key", &[Attest(KEY)], KEY, ""),
    bad("attestation/stranger", &[Attest(MALLORY)], RELEASE, "no matching CertificateIdentity"),
    good("attestation/and-signature", &[Attest(RELEASE), Sign(RELEASE)], RELEASE),
    bad("none/keyless-demanded", &[], RELEASE, "no signatures found"),
    bad("none/key-demanded", &[], KEY, "no signatures found"),
];

#[cfg(test)]
mod tests {
    use super::CASES;

    #[test]
    fn identifiers_are_unique_and_repository_names() {
        for (at, case) in CASES.iter().enumerate() {
            let valid = |c: char| c.is_ascii_lowercase() || matches!(c, '-' | '/');
            assert!(case.id.chars().all(valid), "{}", case.id);
            assert!(!CASES[..at].iter().any(|other| other.id == case.id), "{} twice", case.id);
        }
    }

    #[test]
    fn every_format_has_good_and_bad_cases() {
        for format in ["keyless/", "key/", "legacy/", "attestation/"] {
            for good in [true, false] {
                assert!(
                    CASES.iter().any(|case| case.good == good && case.id.starts_with(format)),
                    "{format} {good}"
                );
            }
        }
    }
}
