//! Who may sign: the vocabulary that the policy writes and the verifier reads (verdicts.md 1 and 2).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::pattern::{AnchoredRegex, IdentityGlob};
use crate::{Origin, Timestamp};

/// The kind of a certificate's subject alternative name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SanKind {
    /// A URI: CI workflows and SPIFFE identities.
    Uri,
    /// An e-mail address.
    Email,
    /// Fulcio's OtherName, OID 1.3.6.1.4.1.57264.1.7.
    Other,
}

impl SanKind {
    /// The lower-case name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Uri => "uri",
            Self::Email => "email",
            Self::Other => "other",
        }
    }
}

macro_rules! extensions {
    ($($variant:ident $name:literal $arc:literal;)*) => {
        /// A Fulcio certificate extension, OID `1.3.6.1.4.1.57264.1.N` (Fulcio `docs/oid-info.md`).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Extension { $(#[doc = $name] $variant,)* }

        impl Extension {
            /// Every extension that a policy can constrain.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name in the policy.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The last arc of the OID.
            pub const fn arc(self) -> u32 {
                match self { $(Self::$variant => $arc,)* }
            }
        }
    };
}

extensions! {
    Issuer "issuer" 8;
    BuildSignerUri "build-signer-uri" 9;
    BuildSignerDigest "build-signer-digest" 10;
    RunnerEnvironment "runner-environment" 11;
    SourceRepositoryUri "source-repository-uri" 12;
    SourceRepositoryDigest "source-repository-digest" 13;
    SourceRepositoryRef "source-repository-ref" 14;
    SourceRepositoryIdentifier "source-repository-identifier" 15;
    SourceRepositoryOwnerUri "source-repository-owner-uri" 16;
    SourceRepositoryOwnerIdentifier "source-repository-owner-identifier" 17;
    BuildConfigUri "build-config-uri" 18;
    BuildConfigDigest "build-config-digest" 19;
    BuildTrigger "build-trigger" 20;
    RunInvocationUri "run-invocation-uri" 21;
    SourceRepositoryVisibilityAtSigning "source-repository-visibility-at-signing" 22;
    DeploymentEnvironment "deployment-environment" 23;
    TokenSubject "token-subject" 24;
}

impl Extension {
    /// The extension of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|extension| extension.as_str() == name)
    }
}

/// What a certificate's SAN must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdentityPattern {
    /// A glob; the kind of SAN follows from its shape.
    Glob(IdentityGlob),
    /// An anchored regular expression, with the kind given.
    Regex(AnchoredRegex),
}

impl IdentityPattern {
    /// Whether the whole of `san` matches.
    pub fn matches(&self, san: &str) -> bool {
        match self {
            Self::Glob(glob) => glob.matches(san),
            Self::Regex(regex) => regex.matches(san),
        }
    }

    /// The pattern as written.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Glob(glob) => glob.as_str(),
            Self::Regex(regex) => regex.as_str(),
        }
    }
}

/// A keyless signer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateConstraint {
    /// The OIDC issuer, exact.
    pub issuer: String,
    /// What the SAN must be.
    pub identity: IdentityPattern,
    /// The kinds of SAN that the pattern is for.
    pub san: Vec<SanKind>,
    /// Extensions that must be there with exactly this value; a missing one never matches.
    pub extensions: BTreeMap<Extension, String>,
    /// The trusted root's name, such as `sigstore-public-good`.
    pub trusted_root: String,
}

/// How a managed key's signature must be witnessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transparency {
    /// An entry in a transparency log of the root: the default.
    Required,
    /// A verified timestamp; only with a root that has no logs.
    Timestamp,
    /// Nothing; what was found is said in the evidence. Keys alone.
    Optional,
}

/// A signer with a managed key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyConstraint {
    /// The file in `trust-roots/`.
    pub file: String,
    /// The PEM text of the public key.
    pub pem: String,
    /// How the signature must be witnessed.
    pub transparency: Transparency,
    /// The key's last moment: a signature's earliest verified time must precede it.
    pub valid_until: Option<Timestamp>,
    /// The trusted root that vouches for logs and times.
    pub trusted_root: String,
}

/// What a signer is recognised by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignerKind {
    /// A certificate identity.
    Certificate(CertificateConstraint),
    /// A managed key.
    Key(KeyConstraint),
}

/// A named signer of the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// The name after `signers.`.
    pub name: String,
    /// What it is recognised by.
    pub kind: SignerKind,
    /// Whether `transparency` is `timestamp` for a certificate signer (root without logs).
    pub transparency: Transparency,
    /// Where the policy defines it.
    pub origin: Origin,
}

impl Signer {
    /// The trusted root's name.
    pub fn trusted_root(&self) -> &str {
        match &self.kind {
            SignerKind::Certificate(certificate) => &certificate.trusted_root,
            SignerKind::Key(key) => &key.trusted_root,
        }
    }
}

/// `signed-by`: how many of which signers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Threshold {
    /// Signers needed: 1 for `any`, all for `all`, n for `at-least`.
    pub at_least: usize,
    /// Names of signers, in the policy's order, without repetition.
    pub of: Vec<String>,
    /// Where the policy says so.
    pub origin: Origin,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Position;

    #[test]
    fn the_root_of_either_kind_of_signer() {
        let origin = Origin {
            file: "proofmark.toml".to_owned(),
            start: Position { line: 1, column: 1 },
            end: Position { line: 1, column: 2 },
            line_text: String::new(),
        };
        let of = |kind| Signer {
            name: "a".to_owned(),
            kind,
            transparency: Transparency::Required,
            origin: origin.clone(),
        };
        let key = of(SignerKind::Key(KeyConstraint {
            file: "a.pub".to_owned(),
            pem: String::new(),
            transparency: Transparency::Optional,
            valid_until: None,
            trusted_root: "of-key".to_owned(),
        }));
        let certificate = of(SignerKind::Certificate(CertificateConstraint {
            issuer: "https://issuer.example".to_owned(),
            identity: IdentityPattern::Glob(IdentityGlob::parse("a@b.example").unwrap()),
            san: vec![SanKind::Email],
            extensions: BTreeMap::new(),
            trusted_root: "of-certificate".to_owned(),
        }));
        assert_eq!((key.trusted_root(), certificate.trusted_root()), ("of-key", "of-certificate"));
    }
}
