//! Which approved base an image stands on: the one whose complete list of diff IDs is the longest prefix of the image's.
//!
//! A diff ID is the digest of an uncompressed layer (OCI image-spec `config.md`), so that recompression does not hide a
//! base. A prefix of a base is no base: one layer in common proves nothing.

mod built;
mod record;

use proofmark_core::{Digest, Platform, Timestamp};
use proofmark_policy::ApprovedBase;

pub use built::{Built, BuiltFrom, Material};
pub use record::{Recorded, record};

/// What the longest match says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing<'p> {
    /// The image stands on this base, which is approved.
    Approved(&'p ApprovedBase),
    /// It stands on this base, whose approval has ended.
    Ended(&'p ApprovedBase),
    /// It stands on this base, which is revoked.
    Revoked(&'p ApprovedBase),
    /// It stands on none that is listed for its platform.
    Unknown,
}

/// The rows whose complete list begins the image's, as long as there is none longer. Several rows may have one list; then
/// the worst of them counts.
///
/// An approval is for the platforms of its row. A row that is revoked or has ended counts whatever the platform: the layers
/// are those of that base, and what an image says of its platform must not take it off them.
pub fn longest<'p>(
    bases: &'p [ApprovedBase],
    platform: &Platform,
    diff_ids: &[Digest],
    now: Timestamp,
) -> Vec<&'p ApprovedBase> {
    let platform = platform.normalised();
    // "never the empty list": every image begins with it.
    let begins = |base: &&ApprovedBase| !base.diff_ids.is_empty() && diff_ids.starts_with(&base.diff_ids);
    let fits = |base: &&ApprovedBase| {
        !is_in_force(base, now) || base.platforms.iter().any(|listed| is_same(&platform, listed))
    };
    let all: Vec<&ApprovedBase> = bases.iter().filter(begins).filter(fits).collect();
    let most = all.iter().map(|base| base.diff_ids.len()).max().unwrap_or_default();
    all.into_iter().filter(|base| base.diff_ids.len() == most).collect()
}

/// Rows that have ended or are revoked take part in the match: without them an image on such a base would pass by what
/// that base stands on itself.
pub fn standing<'p>(
    bases: &'p [ApprovedBase],
    platform: &Platform,
    diff_ids: &[Digest],
    now: Timestamp,
) -> Standing<'p> {
    let all = longest(bases, platform, diff_ids, now);
    if let Some(base) = all.iter().find(|base| base.revoked.is_some()) {
        return Standing::Revoked(base);
    }
    if let Some(base) = all.iter().find(|base| !is_in_force(base, now)) {
        return Standing::Ended(base);
    }
    all.first().map_or(Standing::Unknown, |base| Standing::Approved(base))
}

/// Whether a row is neither revoked nor past its `not-after`.
pub(crate) fn is_in_force(base: &ApprovedBase, now: Timestamp) -> bool {
    base.revoked.is_none() && base.not_after.is_none_or(|end| now < end)
}

/// Whether an image of `platform`, which is normalised, is of a listed platform. A row that names no build of Windows
/// stands for all of them.
pub(crate) fn is_same(platform: &Platform, listed: &Platform) -> bool {
    let listed = listed.normalised();
    platform.os == listed.os
        && platform.architecture == listed.architecture
        && platform.variant == listed.variant
        && (listed.os_version.is_none() || platform.os_version == listed.os_version)
}

/// How many layers the two lists have in common at their beginning.
pub(crate) fn in_common(base: &ApprovedBase, diff_ids: &[Digest]) -> usize {
    base.diff_ids.iter().zip(diff_ids).take_while(|(one, other)| one == other).count()
}

#[cfg(test)]
mod tests;
