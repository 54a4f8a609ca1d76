//! The closed list of reasons for which a verdict is not a pass.

use serde::{Deserialize, Serialize};

/// Which verdict a reason belongs to: each reason has exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReasonKind {
    /// The evidence was seen and says no: exit 1.
    Fail,
    /// The question could not be answered: exit 3.
    Unverifiable,
}

macro_rules! reasons {
    ($($variant:ident $name:literal $kind:ident $summary:literal;)*) => {
        /// Why a subject did not pass. Each reason belongs to one verdict, [`Reason::kind`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Reason {
            $(#[doc = $summary] #[serde(rename = $name)] $variant,)*
        }

        impl Reason {
            /// Every reason, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name in reports and on the command line.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The verdict it belongs to.
            pub const fn kind(self) -> ReasonKind {
                match self { $(Self::$variant => ReasonKind::$kind,)* }
            }

            /// One sentence for people.
            pub const fn summary(self) -> &'static str {
                match self { $(Self::$variant => $summary,)* }
            }
        }
    };
}

reasons! {
    Unsigned "unsigned" Fail "Every path that can hold a signature was read, and none holds one.";
    WrongKey "wrong-key" Fail "The signature was made by a key that the policy does not name.";
    WrongIdentity "wrong-identity" Fail "The certificate names an identity that the policy does not allow.";
    WrongSubject "wrong-subject" Fail "The signature is valid, for another image.";
    WrongPredicate "wrong-predicate" Fail "The signed statement is not of the type that the rule asks for.";
    WrongRepository "wrong-repository" Fail "The signed statement claims another repository.";
    Tampered "tampered" Fail "The evidence was changed after it was signed.";
    NoTransparency "no-transparency" Fail "No entry in a known transparency log.";
    NoTime "no-time" Fail "No verified time says when the signature was made.";
    Expired "expired" Fail "The certificate, key or authority was not valid when the signature was made.";
    TooOld "too-old" Fail "The evidence is older than the policy allows.";
    UntrustedRoot "untrusted-root" Fail "The certificate authority, log or timestamp authority is not in the trusted root.";
    Threshold "threshold" Fail "Some signatures are accepted, but fewer than the policy asks for.";
    Missing "missing" Fail "The attestation that the policy asks for is not there.";
    Condition "condition" Fail "The attestation does not satisfy the policy's condition.";
    Base "base" Fail "The image is not built on an approved base image.";
    NotListed "not-listed" Fail "The digest is not in the list that the policy names.";
    Revoked "revoked" Fail "The digest is denied.";
    DigestMismatch "digest-mismatch" Fail "The bytes do not hash to the digest that was asked for.";
    Malformed "malformed" Fail "The bytes are not what their media type says.";
    Platform "platform" Fail "The index has no runnable image for the platform.";
    RegistryNotAllowed "registry-not-allowed" Fail "The registry or repository is not in the policy's list.";
    NoPolicy "no-policy" Fail "No entry of the policy matches the image.";
    Unreachable "unreachable" Unverifiable "A registry did not answer, or answered with an error.";
    Unauthorized "unauthorized" Unverifiable "A registry refused the credentials, or asked for some.";
    NotFound "not-found" Unverifiable "The registry has no such image.";
    Offline "offline" Unverifiable "The answer needs the network, and --offline was given.";
    Limit "limit" Unverifiable "A limit on bytes, count, depth or time was reached.";
    OrderUnknown "order-unknown" Unverifiable "Which of several statements is the newest cannot be told.";
    Unsupported "unsupported" Unverifiable "The evidence is of a kind that this version cannot verify.";
}

impl Reason {
    /// The reason of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.as_str() == name)
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found_again() {
        for reason in Reason::ALL {
            assert_eq!(Reason::from_name(reason.as_str()), Some(*reason));
        }
        assert_eq!(Reason::from_name("ok"), None);
        assert_eq!(Reason::ALL.iter().filter(|r| r.kind() == ReasonKind::Unverifiable).count(), 7);
    }
}
