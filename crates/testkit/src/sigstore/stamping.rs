//! Timestamping a signature, with everything that is wrong with the tokens.

use jiff::{Timestamp, ToSpan as _};

use super::keys::SigningKey;
use super::request::SignRequest;
use super::tamper::{Tamper, flip, has};
use super::tsa::{self, TokenSpec};
use super::world::World;

/// The tokens of a request, tampered with.
pub(crate) fn tokens(world: &World, request: &SignRequest, signature: &[u8], at: Timestamp) -> Vec<Vec<u8>> {
    let tampers = &request.tampers;
    let mut list: Vec<_> =
        request.timestamps.iter().map(|spec| token(world, tampers, signature, at, spec)).collect();
    if has!(tampers, TimestampBitFlip) {
        for token in &mut list {
            flip(token);
        }
    }
    if has!(tampers, TimestampTwice) {
        list.extend(list.first().cloned());
    }
    for tamper in tampers {
        if let (Tamper::TimestampTimes(times), Some(first)) = (tamper, list.first().cloned()) {
            list = vec![first; *times];
        }
    }
    if has!(tampers, TimestampOfUnknownAuthorityAdded) {
        let spec = TokenSpec { embed_certificate: true, ..TokenSpec::default() };
        list.push(tsa::respond(&world.rogue.timestamp_authorities[0], signature, at, &spec));
    }
    list
}

fn token(world: &World, tampers: &[Tamper], signature: &[u8], at: Timestamp, spec: &TokenSpec) -> Vec<u8> {
    let time = spec.at.unwrap_or_else(|| at.saturating_add(1.seconds()).unwrap_or(at));
    let message = if has!(tampers, TimestampOfOtherBytes) { b"other bytes" } else { signature };
    if has!(tampers, TimestampUnknownAuthority) {
        let spec = TokenSpec { embed_certificate: true, ..spec.clone() };
        return tsa::respond(&world.rogue.timestamp_authorities[0], message, time, &spec);
    }
    let mut authority = world.services.timestamp_authorities[spec.authority].clone();
    if has!(tampers, TimestampForged) {
        authority.leaf_key = SigningKey::from_seed(authority.leaf_key.key_type(), "token forger");
    }
    tsa::respond(&authority, message, time, spec)
}
