//! The policy that has a say over what `.envrc` files do.

use std::path::Path;

use proofmark_core::Timestamp;
use proofmark_policy::{How, Policy};

use crate::accepted::is_accepted;
use crate::cli::PolicySource;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::git::Revision;
use crate::locks::Locks;
use crate::{policy_source, revision};

/// The policy that has a say, if there is one.
pub(crate) struct Judge {
    /// Without exceptions where nobody has accepted it.
    pub(crate) policy: Option<Policy>,
    pub(crate) locks: Locks,
    /// What was not believed.
    pub(crate) notes: Vec<String>,
}

impl Judge {
    /// That which is named, or the nearest one upward. What is found in a tree may lock, as that only refuses more; it allows
    /// something only when its user has accepted it: a clone must not judge itself.
    pub(crate) fn find(
        start: &Path,
        source: &PolicySource,
        environment: &Environment,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        let revision = revision::open(start, source)?;
        let policy = match &revision {
            Some(revision) => Some(revision::load(revision, start, source, now)?),
            None => policy_source::optional_from(start, source, now)?,
        };
        Ok(Self::of(policy, revision.as_ref(), environment))
    }

    /// That of the revision with which a change is compared: what the change makes of the policy does not judge it.
    pub(crate) fn of_base(
        base: &Revision,
        start: &Path,
        source: &PolicySource,
        environment: &Environment,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        if source.is_named() {
            return Self::find(start, source, environment, now);
        }
        match revision::load(base, start, source, now) {
            Ok(policy) => Ok(Self::of(Some(policy), Some(base), environment)),
            Err(failure) if failure.code == "policy-not-found" => Ok(Self::of(None, None, environment)),
            Err(failure) => Err(failure),
        }
    }

    fn of(policy: Option<Policy>, revision: Option<&Revision>, environment: &Environment) -> Self {
        let Some(mut policy) = policy else {
            return Self { policy: None, locks: Locks::default(), notes: Vec::new() };
        };
        let locks = Locks::of(&policy, revision);
        let mut notes = Vec::new();
        let believed = policy.found != How::Nearest
            || environment.ci
            || is_accepted(&policy, environment).unwrap_or(false);
        if !believed && !policy.exceptions.is_empty() {
            let count = policy.exceptions.len();
            policy.exceptions.clear();
            notes.push(format!(
                "{count} exceptions of {} were not used: nobody has accepted it here (proofmark policy trust)",
                policy.path_display()
            ));
        }
        Self { policy: Some(policy), locks, notes }
    }
}
