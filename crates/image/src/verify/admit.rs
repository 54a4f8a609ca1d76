//! What the policy says of a name and its digests, whatever is attached to them.

use proofmark_core::{Digest, Repository};
use proofmark_oci::{Examined, ImageManifest, Target};
use proofmark_policy::{ImageEntry, Policy};

use super::Refused;
use crate::rules::{denied, policy, registry};

/// The name asked for, and its upstream's where the registry is a declared pull-through cache.
pub(super) fn names(policy: &Policy, repository: &Repository) -> Vec<Repository> {
    let upstream = policy.upstream_name(repository);
    let mut names = vec![repository.clone()];
    if upstream != *repository {
        names.push(upstream);
    }
    names
}

/// What the policy says before anything is read (the first rows of the decision table).
pub(super) fn entry<'p>(
    policy: &'p Policy,
    names: &[Repository],
    target: &Target,
) -> Result<&'p ImageEntry, Refused> {
    if let Some(digest) = target.digest() {
        deny_digest(policy, names, digest)?;
    }
    let own = target.repository();
    registry::check(policy, own).map_err(|refusal| (&registry::META, refusal))?;
    policy::check(policy, own).map_err(|refusal| (&policy::META, refusal))
}

pub(super) fn deny_digest(policy: &Policy, names: &[Repository], digest: &Digest) -> Result<(), Refused> {
    for name in names {
        denied::check(policy, name, digest).map_err(|refusal| (&denied::META, refusal))?;
    }
    Ok(())
}

/// The digest that a tag led to, and what an index holds, may be denied as well.
pub(super) fn deny(policy: &Policy, names: &[Repository], examined: &Examined) -> Result<(), Refused> {
    for digest in std::iter::once(&examined.digest).chain(&examined.twin) {
        deny_digest(policy, names, digest)?;
    }
    if let ImageManifest::Index { children, .. } = &examined.manifest {
        for child in children {
            deny_digest(policy, names, &child.digest)?;
        }
    }
    Ok(())
}
