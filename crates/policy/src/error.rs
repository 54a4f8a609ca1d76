//! What is wrong with a policy: every error has a stable code, a place and one thing to do.

use proofmark_core::Origin;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident $name:literal;)*) => {
        /// The stable name of an error. Codes are never reused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code { $($(#[$doc])* $variant,)* }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name as printed in `error[…]`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

codes! {
    /// There is no policy at the place asked for.
    NotFound "policy-not-found";
    /// A file that the policy names is not there.
    MissingFile "missing-file";
    /// A file cannot be read, or is no regular file.
    Unreadable "unreadable";
    /// A path or symbolic link leaves the policy's directory.
    OutsidePolicy "outside-policy-directory";
    /// A file or directory belongs to someone who may not decide for the caller.
    Owner "wrong-owner";
    /// Everyone may change a file or directory of the policy.
    WorldWritable "world-writable";
    /// A group may change a policy that must be root's alone.
    GroupWritable "group-writable";
    /// This platform cannot answer the question.
    UnsupportedPlatform "unsupported-platform";
    /// More bytes, rows or characters than a policy may have.
    Limit "limit";
    /// The text is not TOML.
    Syntax "syntax";
    /// A key stands twice.
    DuplicateKey "duplicate-key";
    /// A key that has no meaning here.
    UnknownKey "unknown-key";
    /// A key that must be there is not.
    MissingKey "missing-key";
    /// A value of another type.
    WrongType "wrong-type";
    /// A value that is not one of those that have a meaning.
    BadValue "bad-value";
    /// A list that must name something is empty.
    EmptyList "empty-list";
    /// A `version` that this build does not read.
    Version "unsupported-version";
    /// A signer that anyone could be.
    SignerUnconstrained "signer-unconstrained";
    /// A signer with constraints of two kinds, or with one that contradicts another.
    SignerConflict "signer-conflict";
    /// A name that no `[signers.…]` table has.
    UnknownSigner "unknown-signer";
    /// A certificate extension that Fulcio does not define.
    UnknownExtension "unknown-extension";
    /// An identity pattern whose kind of SAN cannot be told.
    IdentityKind "identity-kind";
    /// A glob or regular expression that cannot be used.
    BadPattern "bad-pattern";
    /// A pattern that no normalised name can match.
    PatternNeverMatches "pattern-never-matches";
    /// An entry that asks for no evidence.
    EntryProvesNothing "entry-proves-nothing";
    /// An entry that an earlier one shadows.
    EntryUnreachable "entry-unreachable";
    /// An attestation rule that does not say who must have signed.
    AttestationUnsigned "attestation-unsigned";
    /// A threshold that nobody, or anybody, can reach.
    Threshold "threshold-impossible";
    /// A key that is weak, or that cannot be read.
    UnusableKey "unusable-key";
    /// A transparency that the trusted root cannot give.
    Transparency "transparency-impossible";
    /// A trusted root that is neither a file nor built in.
    UnknownRoot "unknown-root";
    /// A trusted root that cannot be read.
    UnusableRoot "unusable-root";
    /// A `ca-file` without certificates that can be used.
    UnusableCaFile "unusable-ca-file";
    /// The description of a root or key is of other bytes.
    MetaMismatch "meta-mismatch";
    /// A requirement that this build does not evaluate. It is never ignored.
    NotEvaluated "not-evaluated";
    /// A row that stands twice.
    DuplicateRow "duplicate-row";
    /// Registry entries of one host that contradict each other.
    RegistryConflict "registry-conflict";
    /// An exception that lasts longer than 180 days.
    ExceptionTooLong "exception-too-long";
    /// An exception for something that takes none.
    ExceptionForbidden "exception-forbidden";
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One error of a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{origin}: {message}")]
pub struct PolicyError {
    /// Its stable name.
    pub code: Code,
    /// One sentence; may hold text of the policy.
    pub message: String,
    /// Where it stands.
    pub origin: Origin,
    /// One thing to do.
    pub help: String,
}

/// Why a policy is not in force: all its errors at once, in the order of file and line. Exit 2.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the policy has {} error{}", errors.len() + omitted, if errors.len() + omitted == 1 { "" } else { "s" })]
pub struct LoadFailure {
    /// Never empty.
    pub errors: Vec<PolicyError>,
    /// Errors beyond the first [`MAX_ERRORS`], which are only counted.
    pub omitted: usize,
}

/// What was asked for is wrong, and the error was told: never the same as what is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Told;

/// Errors that are kept for one load.
pub const MAX_ERRORS: usize = 200;

/// Collects errors; whoever finds one goes on to find the next.
#[derive(Debug, Default)]
pub(crate) struct Errors {
    list: Vec<PolicyError>,
    omitted: usize,
}

impl Errors {
    pub(crate) fn push(
        &mut self,
        code: Code,
        origin: &Origin,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.push_with(code, || (origin.clone(), message.into(), help.into()));
    }

    /// [`Self::push`] where a hostile file can bring about millions: place, message and help are made only if they are kept.
    pub(crate) fn push_with(&mut self, code: Code, make: impl FnOnce() -> (Origin, String, String)) {
        if self.list.len() >= MAX_ERRORS {
            self.omitted += 1;
            return;
        }
        let (origin, message, help) = make();
        self.list.push(PolicyError { code, message, origin, help });
    }

    /// `value` if nothing was wrong.
    pub(crate) fn finish<T>(self, value: T) -> Result<T, LoadFailure> {
        if self.list.is_empty() { Ok(value) } else { Err(self.into_failure()) }
    }

    /// One error alone.
    pub(crate) fn one(
        code: Code,
        origin: &Origin,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> LoadFailure {
        let mut errors = Self::default();
        errors.push(code, origin, message, help);
        errors.into_failure()
    }

    pub(crate) fn into_failure(mut self) -> LoadFailure {
        self.list.sort_by(|a, b| {
            (&a.origin.file, a.origin.start, a.code).cmp(&(&b.origin.file, b.origin.start, b.code))
        });
        self.list.dedup();
        LoadFailure { errors: self.list, omitted: self.omitted }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_kebab_case_and_unique() {
        let mut names: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert!(names.iter().all(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len());
    }
}
