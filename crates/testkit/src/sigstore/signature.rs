//! Making the signature, with everything that is wrong with it.

use super::entry::EntrySubject;
use super::keys::SigningKey;
use super::leaf::Material;
use super::request::SignRequest;
use super::tamper::{flip, has};
use super::world::World;

/// Signs the request's content.
pub(crate) fn sign(
    world: &World,
    request: &SignRequest,
    key: &SigningKey,
    material: Material,
) -> EntrySubject {
    let tampers = &request.tampers;
    let stranger = world.stranger_key();
    let key = if has!(tampers, SignatureOtherKey) { &stranger } else { key };
    let message = if has!(tampers, RawPayloadSigned) {
        request.content.payload().to_vec()
    } else {
        request.content.to_be_signed()
    };
    let mut signature = request.hash.map_or_else(|| key.sign(&message), |hash| key.sign_over(hash, &message));
    if has!(tampers, SignatureBitFlip) {
        flip(&mut signature);
    }
    EntrySubject { content: request.content.clone(), signature, material }
}
