//! Whether bytes are a pin's, with all that the policy asks of it.

use std::io::Read;

use proofmark_core::Timestamp;
use proofmark_lock::Pin;

use super::Denied;
use crate::demand::{Demand, Wanted};
use crate::rules::{lock_drift, unsigned};
use crate::{Authority, NoBundles, verify};

/// Reads an executable to its end: hash and length by the pin, and the pin, its signatures and its sources by the policy, as `pin verify` judges them.
/// Its version is not asked for: that was done when it was pinned.
///
/// # Errors
/// [`Denied`].
pub fn held(pin: &Pin, demand: &Demand<'_>, bytes: &mut dyn Read, now: Timestamp) -> Result<(), Denied> {
    if let Some((_, refusal)) = lock_drift::refusal(pin, demand) {
        return Err(Denied::Policy(refusal));
    }
    let verified = match &demand.wanted {
        Wanted::Signed { authority, .. } => verify(pin, authority, bytes, now),
        // Where the policy asks for no signature, what somebody signed is not looked at.
        Wanted::Nobody(why) => {
            let bare = Pin { evidence: Vec::new(), unsigned: Some(why.clone()), ..pin.clone() };
            verify(&bare, &Authority { keys: &[], bundles: &NoBundles }, bytes, now)
        }
    };
    let verified = verified.map_err(Denied::Rejected)?;
    unsigned::proof(pin, demand, &verified).map(drop).map_err(|refusal| Denied::Policy(*refusal))
}
