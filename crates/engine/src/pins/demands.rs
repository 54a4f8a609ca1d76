//! `allowlists/binaries.toml` as the crate of pins takes it.

use std::collections::BTreeMap;

use proofmark_core::{Threshold, Timestamp};
use proofmark_image::Trust;
use proofmark_pin::{Authority, Demand, Signed, VendorKey, Wanted};
use proofmark_policy::{BinaryDemand, BinaryEntry, Policy};
use proofmark_sigstore::threshold::{DistinctIdentity, satisfied};

use super::authority;
use super::bundles::PolicyBundles;

/// Whether these signatures are enough.
type Enough<'a> = Box<dyn Fn(&[Signed]) -> bool + Sync + 'a>;

/// What one row needs of the signers that it names.
struct Named<'a> {
    keys: Vec<(String, VendorKey)>,
    bundles: PolicyBundles<'a>,
    enough: Enough<'a>,
    text: String,
}

/// Calls `use_them` with what the policy asks of each tool; with nothing where it has no list.
pub fn with_demands<T>(
    policy: &Policy,
    trust: &Trust,
    now: Timestamp,
    use_them: impl FnOnce(&[Demand<'_>]) -> T,
) -> T {
    let rows: &[BinaryEntry] = policy.binaries.as_ref().map_or(&[], |list| &list.rows);
    let named: Vec<Option<Named<'_>>> = rows
        .iter()
        .map(|row| row.signed_by().map(|threshold| named(threshold, policy, trust, now)))
        .collect();
    let demands: Vec<Demand<'_>> =
        rows.iter().zip(&named).map(|(row, named)| demand(row, named.as_ref())).collect();
    use_them(&demands)
}

fn named<'a>(threshold: &'a Threshold, policy: &'a Policy, trust: &'a Trust, now: Timestamp) -> Named<'a> {
    let signers = threshold.of.iter().filter_map(|name| policy.signers.get(name)).collect();
    let vendors = threshold.of.iter().filter_map(|name| Some((name, policy.vendors.get(name)?)));
    // A key that is not read signs nothing, and then too few have signed.
    let keys = vendors.filter_map(|(name, vendor)| Some((name.clone(), authority::key(vendor, now).ok()?)));
    Named {
        keys: keys.collect(),
        bundles: PolicyBundles { signers, trust },
        enough: Box::new(move |signed| enough(threshold, signed)),
        text: words(threshold),
    }
}

fn demand<'a>(row: &'a BinaryEntry, named: Option<&'a Named<'a>>) -> Demand<'a> {
    let wanted = match (named, &row.demand) {
        (Some(named), _) => Wanted::Signed {
            authority: Authority { keys: &named.keys, bundles: &named.bundles },
            enough: &*named.enough,
            text: named.text.clone(),
        },
        (None, BinaryDemand::Unsigned(why)) => Wanted::Nobody(why.clone()),
        // Such a row has signers; one without would let nothing pass.
        (None, BinaryDemand::Signed(_)) => Wanted::Signed {
            authority: Authority { keys: &[], bundles: &proofmark_pin::NoBundles },
            enough: &|_| false,
            text: String::new(),
        },
    };
    Demand {
        tool: row.tool.clone(),
        versions: row.versions.clone(),
        platforms: row.platforms.clone(),
        wanted,
        sources: row.sources,
        origin: row.origin.clone(),
    }
}

/// `at-least` over distinct keys and identities, as for images.
fn enough(threshold: &Threshold, signed: &[Signed]) -> bool {
    let accepted: Vec<(String, DistinctIdentity)> =
        signed.iter().map(|one| (one.by.clone(), DistinctIdentity::Key(one.with.clone()))).collect();
    satisfied(&accepted, &threshold.of, threshold.at_least).satisfied
}

fn words(threshold: &Threshold) -> String {
    let names = threshold.of.join(", ");
    match (threshold.at_least, threshold.of.len()) {
        (1, 1) => format!("signed by {names}"),
        (1, _) => format!("signed by one of {names}"),
        (some, all) if some == all => format!("signed by all of {names}"),
        (some, _) => format!("signed by {some} of {names}"),
    }
}

/// The keys that rows name, each once, with what is known of their end: for findings about them.
pub(crate) fn vendor_keys(policy: &Policy, now: Timestamp) -> BTreeMap<&str, VendorKey> {
    let rows = policy.binaries.iter().flat_map(|list| &list.rows);
    let names = rows.filter_map(BinaryEntry::signed_by).flat_map(|threshold| &threshold.of);
    names
        .filter_map(|name| Some((name.as_str(), authority::key(policy.vendors.get(name)?, now).ok()?)))
        .collect()
}
