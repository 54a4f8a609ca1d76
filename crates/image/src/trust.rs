//! Roots and keys of the policy, parsed once for a run.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use proofmark_core::{Signer, SignerKind, Timestamp};
use proofmark_policy::{BUILT_IN_ROOTS, KeyFacts, Policy, RootFacts, RootOrigin};
use proofmark_sigstore::{Authority, PublicKey, RootSource, TrustRoot};

/// Why a root or key of the policy cannot be used. Loading a policy reports these first, with their lines.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// A trusted root does not parse.
    #[error("trusted root {name}: {detail}")]
    Root {
        /// The root's name.
        name: String,
        /// What is wrong.
        detail: String,
    },
    /// A key does not parse.
    #[error("key of signer {signer}: {detail}")]
    Key {
        /// The signer.
        signer: String,
        /// What is wrong.
        detail: String,
    },
}

/// What signers are verified against.
#[derive(Debug)]
pub struct Trust {
    roots: BTreeMap<String, TrustRoot>,
    keys: BTreeMap<String, PublicKey>,
    fetched: BTreeMap<String, Timestamp>,
}

impl Trust {
    /// Parses every root and key that the policy names.
    pub fn new(policy: &Policy) -> Result<Self, TrustError> {
        let mut roots = BTreeMap::new();
        for named in &policy.roots {
            let root = match &named.source {
                RootOrigin::BuiltIn => TrustRoot::builtin(&named.name),
                RootOrigin::File { path, bytes, .. } => {
                    let fetched = named.fetched().map(|at| at.to_zoned(TimeZone::UTC).date());
                    let source = RootSource::File { path: path.display().to_string(), fetched };
                    TrustRoot::parse(&named.name, bytes, source)
                }
            };
            let root = root
                .map_err(|error| TrustError::Root { name: named.name.clone(), detail: error.to_string() })?;
            roots.insert(named.name.clone(), root);
        }
        let mut keys = BTreeMap::new();
        for signer in policy.signers.values() {
            if let SignerKind::Key(key) = &signer.kind {
                let parsed = PublicKey::from_pem(&key.pem).map_err(|error| TrustError::Key {
                    signer: signer.name.clone(),
                    detail: error.to_string(),
                })?;
                keys.insert(signer.name.clone(), parsed);
            }
        }
        let fetched =
            policy.roots.iter().filter_map(|root| Some((root.name.clone(), root.fetched()?))).collect();
        Ok(Self { roots, keys, fetched })
    }

    /// The roots that are compiled in, for commands without a policy.
    pub fn builtin() -> Result<Self, TrustError> {
        let mut roots = BTreeMap::new();
        for name in BUILT_IN_ROOTS {
            let root = TrustRoot::builtin(name)
                .map_err(|error| TrustError::Root { name: (*name).to_owned(), detail: error.to_string() })?;
            roots.insert((*name).to_owned(), root);
        }
        Ok(Self { roots, keys: BTreeMap::new(), fetched: BTreeMap::new() })
    }

    /// When a root was fetched, where that is known.
    pub fn fetched(&self, name: &str) -> Option<Timestamp> {
        self.fetched.get(name).copied()
    }

    /// How old the root of this name is, in words: an authority that it does not know may be newer (verdicts.md 5).
    pub(crate) fn age(&self, name: &str, now: Timestamp) -> String {
        let fetched = self.fetched(name).or_else(|| fetched(self.root(name)?));
        match fetched.map(|at| now.duration_since(at).as_hours() / 24) {
            Some(days) => format!("trusted root {name} is {} days old", days.max(0)),
            None => format!("trusted root {name} is of unknown age"),
        }
    }

    /// The root of this name.
    pub fn root(&self, name: &str) -> Option<&TrustRoot> {
        self.roots.get(name)
    }

    /// Every root, by name.
    pub fn roots(&self) -> impl Iterator<Item = (&str, &TrustRoot)> {
        self.roots.iter().map(|(name, root)| (name.as_str(), root))
    }

    /// What a signer's signatures are verified against.
    pub fn authority(&self, signer: &Signer) -> Option<Authority<'_>> {
        match &signer.kind {
            SignerKind::Certificate(certificate) => self.root(&certificate.trusted_root).map(Authority::Root),
            SignerKind::Key(key) => Some(Authority::Key {
                key: self.keys.get(&signer.name)?,
                transparency: key.transparency,
                root: self.root(&key.trusted_root),
                valid_until: key.valid_until,
            }),
        }
    }
}

/// One step that brings a newer root of this name.
pub(crate) fn renew(name: &str) -> String {
    if BUILT_IN_ROOTS.contains(&name) {
        format!(
            "if the root has rotated: proofmark trust update --name {name}; without a policy, a newer copy: --trusted-root FILE"
        )
    } else {
        let name = name.strip_suffix(".json").unwrap_or(name);
        format!(
            "if the root has rotated: get trusted_root.json from whoever runs it, as trust-roots/{name}.json"
        )
    }
}

/// What the policy needs to know of a key (its `key_check`): weak, unknown and malformed keys are errors.
pub fn key_facts(pem: &str) -> Result<KeyFacts, String> {
    let key = PublicKey::from_pem(pem).map_err(|error| error.to_string())?;
    Ok(KeyFacts { id: key.id().to_owned(), algorithm: key.algorithm().as_str().to_owned() })
}

/// What the policy needs to know of a trusted root (its `root_check`): the bytes, or `None` for a built-in one.
pub fn root_facts(name: &str, bytes: Option<&[u8]>, now: Timestamp) -> Result<RootFacts, String> {
    let root = match bytes {
        Some(bytes) => {
            TrustRoot::parse(name, bytes, RootSource::File { path: name.to_owned(), fetched: None })
        }
        None => TrustRoot::builtin(name),
    }
    .map_err(|error| error.to_string())?;
    Ok(RootFacts {
        has_logs: root.has_logs(),
        has_ct_logs: root.has_ct_logs(),
        has_tsas: root.has_tsas(),
        fetched: fetched(&root),
        expired: root.is_expired(now),
        digest: root.digest().clone(),
    })
}

/// The first moment of the day on which a root was fetched.
fn fetched(root: &TrustRoot) -> Option<Timestamp> {
    let (RootSource::BuiltIn { fetched } | RootSource::File { fetched, .. }) = root.source();
    (*fetched)?.to_zoned(TimeZone::UTC).ok().map(|day| day.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    /// "An unknown log or CA is `untrusted-root` and names the root's age (roots rotate: the fix is `trust update`)."
    #[test]
    fn a_root_says_how_old_it_is_and_how_it_is_renewed() {
        let mut trust = Trust::builtin().expect("built-in roots");
        let fetched = fetched(trust.root("github").expect("a built-in root")).expect("a day");
        let later = fetched + jiff::SignedDuration::from_hours(24 * 40 + 7);
        assert_eq!(trust.age("github", later), "trusted root github is 40 days old");
        assert_eq!(trust.age("github", at("2000-01-01T00:00:00Z")), "trusted root github is 0 days old");
        assert_eq!(trust.age("acme", later), "trusted root acme is of unknown age");
        trust.fetched.insert("acme".to_owned(), at("2026-11-01T00:00:00Z"));
        assert_eq!(trust.age("acme", at("2026-11-03T12:00:00Z")), "trusted root acme is 2 days old");
        assert!(renew("github").contains("proofmark trust update --name github"));
        let own =
            "if the root has rotated: get trusted_root.json from whoever runs it, as trust-roots/acme.json";
        assert_eq!((renew("acme").as_str(), renew("acme.json").as_str()), (own, own));
    }
}
