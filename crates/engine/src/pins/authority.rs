//! Keys of vendors, from the files that the policy has read.

use proofmark_core::Timestamp;
use proofmark_pin::{KeyFault, VendorKey};
use proofmark_policy::{KeyFacts, VendorKeyKind, VendorSigner};

/// What the policy needs to know of a vendor's key (its `vendor_check`): other keys than it says, weak and malformed ones are errors.
/// Whether the key has ended by `now` is not told here.
///
/// # Errors
/// Why it cannot be used, in words.
pub fn vendor_facts(kind: &VendorKeyKind, bytes: &[u8], now: Timestamp) -> Result<KeyFacts, String> {
    let key = read(kind, bytes, now).map_err(|fault| fault.to_string())?;
    Ok(KeyFacts { id: key.id(), algorithm: key.algorithm().to_owned() })
}

/// The key of a signer; its policy loaded, so that the key was read before.
pub(super) fn key(signer: &VendorSigner, now: Timestamp) -> Result<VendorKey, KeyFault> {
    read(&signer.kind, &signer.bytes, now)
}

fn read(kind: &VendorKeyKind, bytes: &[u8], now: Timestamp) -> Result<VendorKey, KeyFault> {
    match kind {
        VendorKeyKind::OpenPgp { fingerprint } => VendorKey::openpgp(bytes, fingerprint, now),
        VendorKeyKind::Minisign => VendorKey::minisign(bytes),
    }
}
