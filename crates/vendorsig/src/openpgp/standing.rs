//! Whether a key may sign: the newest signature of its own decides, a revocation is believed.
//!
//! Signatures that others made over the key are passed by: they say what those think of it. A revocation is believed where it
//! cannot be read, or is made over a weak hash: whoever forges one gains nothing but a no.

use aws_lc_rs::digest;
use proofmark_core::Timestamp;

use super::error::KeyProblem;
use super::key::{Component, Key, Signatures};
use super::material::Failure;
use super::signature::Parsed;
use super::{Fingerprint, moment};
use crate::CLOCK_SKEW;

/// Kinds of signatures over keys (RFC 9580 5.2.1).
mod kind {
    pub(super) const CERTIFICATIONS: std::ops::RangeInclusive<u8> = 0x10..=0x13;
    pub(super) const SUBKEY_BINDING: u8 = 0x18;
    pub(super) const PRIMARY_BINDING: u8 = 0x19;
    pub(super) const DIRECT: u8 = 0x1f;
    pub(super) const KEY_REVOCATION: u8 = 0x20;
    pub(super) const SUBKEY_REVOCATION: u8 = 0x28;
    pub(super) const USER_REVOCATION: u8 = 0x30;
}

/// The flag of a key that signs data (RFC 9580 5.2.3.29).
const MAY_SIGN: u8 = 0x02;

/// What a key is worth at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Standing {
    /// The primary key.
    pub fingerprint: Fingerprint,
    /// When the primary key was made.
    pub created: Timestamp,
    /// When the primary key ends; `None` is never.
    pub expires: Option<Timestamp>,
    /// The primary key and subkeys that may sign files now.
    pub signers: Vec<Fingerprint>,
}

/// What its own signature says about a component.
#[derive(Debug, Clone, Copy)]
pub(super) struct Binding {
    pub(super) created: u64,
    pub(super) expires: Option<u64>,
    flags: Option<u8>,
}

impl Binding {
    fn of(component: &Component, signature: &Parsed) -> Self {
        let lifetime = signature.hashed.key_lifetime.filter(|lifetime| *lifetime > 0);
        Self {
            created: component.created,
            expires: lifetime.map(|lifetime| component.created + u64::from(lifetime)),
            flags: signature.hashed.flags,
        }
    }

    /// Both say when the key ends: the earlier end holds, so that neither can lengthen what the other ends.
    fn and(self, other: Self) -> Self {
        let expires = [self.expires, other.expires].into_iter().flatten().min();
        Self { created: self.created, expires, flags: self.flags.or(other.flags) }
    }
}

/// Whether a signature is by a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Yes,
    No,
    /// It says so, and nobody here can compute it.
    Perhaps,
}

fn by(signer: &Component, signature: &Parsed, covered: &[&[u8]]) -> By {
    let perhaps = if signature.names(&signer.fingerprint) { By::Perhaps } else { By::No };
    let Some(implementation) = signature.hash.implementation() else { return perhaps };
    let Ok(material) = &signer.material else { return perhaps };
    let mut context = digest::Context::new(implementation);
    for part in covered {
        context.update(part);
    }
    let digest = signature.digest(context);
    match material.verify(signature.algorithm, signature.hash, &digest, &signature.numbers) {
        Ok(()) => By::Yes,
        Err(Failure::Wrong) => By::No,
        Err(Failure::Unknown) => perhaps,
    }
}

impl Key {
    /// What the key is worth at `now`.
    ///
    /// # Errors
    /// [`KeyProblem`] if neither the primary key nor a subkey may sign files: that of the primary key where the key as a whole
    /// is at fault.
    pub fn standing(&self, now: Timestamp) -> Result<Standing, KeyProblem> {
        let seconds = seconds(now);
        let primary = self.primary_binding(seconds)?;
        alive(&self.primary, primary, seconds)?;
        let able = |one: &&Component| self.signer(one, seconds).is_ok();
        let signers: Vec<Fingerprint> = self.components().filter(able).map(|one| one.fingerprint).collect();
        if signers.is_empty() {
            return Err(KeyProblem::NotForSigning(self.primary.fingerprint));
        }
        Ok(Standing {
            fingerprint: self.primary.fingerprint,
            created: moment(primary.created),
            expires: primary.expires.map(moment),
            signers,
        })
    }

    /// What binds a component that may sign files now, with the earlier of its own and the primary key's end.
    pub(super) fn signer(&self, signer: &Component, now: u64) -> Result<Binding, KeyProblem> {
        let primary = self.primary_binding(now)?;
        alive(&self.primary, primary, now)?;
        let subkey = self.subkeys.iter().find(|(subkey, _)| subkey.fingerprint == signer.fingerprint);
        let binding = match subkey {
            Some((subkey, signatures)) => {
                let own = self.subkey_binding(subkey, signatures, now)?;
                alive(subkey, own, now)?;
                Binding { flags: own.flags, ..own.and(primary) }
            }
            None => primary,
        };
        if binding.flags.is_none_or(|flags| flags & MAY_SIGN == 0) {
            return Err(KeyProblem::NotForSigning(signer.fingerprint));
        }
        Ok(binding)
    }

    fn primary_binding(&self, now: u64) -> Result<Binding, KeyProblem> {
        let key = &self.primary;
        self.revoked(key, kind::KEY_REVOCATION, &[&key.framed])?;
        let direct = self.newest(&self.direct, &[&key.framed], now, |kind| kind == kind::DIRECT);
        let certified = self.users.iter().filter_map(|user| {
            let covered = [&key.framed[..], &user.framed];
            let newest =
                self.newest(&user.signatures, &covered, now, |one| kind::CERTIFICATIONS.contains(&one))?;
            let revoked = self.newest(&user.signatures, &covered, now, |one| one == kind::USER_REVOCATION);
            let revoked = revoked.is_some_and(|revoked| revoked.created() >= newest.created());
            (!revoked && !ended(newest, now)).then_some(newest)
        });
        let certified = certified.max_by_key(|one| one.created());
        let direct = direct.filter(|one| !ended(one, now));
        // Without a user ID a key is not bound to be for anything, as others read it.
        let certified = certified.ok_or(KeyProblem::Unbound(key.fingerprint))?;
        let bound = usable(key, certified)?;
        match direct.map(|one| (usable(key, one), one)) {
            Some((Ok(other), _)) => Ok(bound.and(other)),
            Some((Err(problem), one)) if one.created() > certified.created() => Err(problem),
            _ => Ok(bound),
        }
    }

    fn subkey_binding(
        &self,
        subkey: &Component,
        signatures: &Signatures,
        now: u64,
    ) -> Result<Binding, KeyProblem> {
        let covered = [&self.primary.framed[..], &subkey.framed];
        self.revoked(subkey, kind::SUBKEY_REVOCATION, &covered)?;
        if let Err(error) = &subkey.material {
            return Err(KeyProblem::Unusable { key: subkey.fingerprint, error: *error });
        }
        let newest = self.newest(signatures, &covered, now, |one| one == kind::SUBKEY_BINDING);
        let newest = newest.filter(|one| !ended(one, now)).ok_or(KeyProblem::Unbound(subkey.fingerprint))?;
        let binding = usable(subkey, newest)?;
        let agrees = |body: &Vec<u8>| {
            Parsed::parse(body).is_ok_and(|back| {
                back.kind == kind::PRIMARY_BINDING
                    && usable(subkey, &back).is_ok()
                    && is_made(&back, now)
                    && !ended(&back, now)
                    && by(subkey, &back, &covered) == By::Yes
            })
        };
        let mut back = newest.hashed.embedded.iter().chain(&newest.unhashed.embedded);
        let signs = binding.flags.is_some_and(|flags| flags & MAY_SIGN != 0);
        if signs && !back.any(agrees) {
            return Err(KeyProblem::NoBackSignature(subkey.fingerprint));
        }
        Ok(binding)
    }

    /// The newest signature by the primary key that exists at `now`.
    fn newest<'a>(
        &self,
        signatures: &'a Signatures,
        covered: &[&[u8]],
        now: u64,
        wanted: impl Fn(u8) -> bool,
    ) -> Option<&'a Parsed> {
        let candidates = signatures.list.iter().filter(|one| wanted(one.kind) && is_made(one, now));
        // Another's signature is not computed: keys carry thousands of them.
        let own = candidates.filter(|one| one.names_nobody() || one.names(&self.primary.fingerprint));
        let own = own.filter(|one| by(&self.primary, one, covered) != By::No);
        own.max_by_key(|one| one.created())
    }

    /// Whether a component was revoked, wherever in the file and at whatever time: who holds a stolen key can date a revocation, and so can who lost it.
    fn revoked(&self, component: &Component, kind: u8, covered: &[&[u8]]) -> Result<(), KeyProblem> {
        let key = component.fingerprint;
        let signatures = self.signatures();
        if signatures.unread.contains(&kind) {
            return Err(KeyProblem::UnreadableRevocation(key));
        }
        for one in signatures.list.iter().filter(|one| one.kind == kind) {
            match by(&self.primary, one, covered) {
                By::Yes => {
                    let soft = matches!(one.hashed.reason, Some(1 | 3));
                    let at = moment(one.created().unwrap_or(0));
                    return Err(KeyProblem::Revoked { key, at, hard: !soft });
                }
                By::Perhaps => return Err(KeyProblem::UnreadableRevocation(key)),
                By::No if self.revokers().any(|named| one.names(&named)) => {
                    return Err(KeyProblem::UnreadableRevocation(key));
                }
                By::No => {}
            }
        }
        Ok(())
    }

    /// Whom the key named to revoke it (RFC 9580 5.2.3.23). Their keys are not here, so that their word is taken.
    fn revokers(&self) -> impl Iterator<Item = Fingerprint> {
        let key = &self.primary;
        let direct = self.direct.list.iter().filter(|one| one.kind == kind::DIRECT);
        let own = direct.filter(|one| by(key, one, &[&key.framed]) != By::No);
        own.flat_map(|one| one.hashed.revokers.iter().copied())
    }
}

/// What a signature of the key's own says, if it may be believed.
fn usable(component: &Component, signature: &Parsed) -> Result<Binding, KeyProblem> {
    let key = component.fingerprint;
    if !signature.hash.is_strong() {
        return Err(KeyProblem::WeakBinding { key, hash: signature.hash });
    }
    match signature.hashed.critical {
        Some(subpacket) => Err(KeyProblem::UnknownBinding { key, subpacket }),
        None => Ok(Binding::of(component, signature)),
    }
}

/// Whether a component is in its time.
fn alive(component: &Component, binding: Binding, now: u64) -> Result<(), KeyProblem> {
    let key = component.fingerprint;
    if component.created > now.saturating_add(CLOCK_SKEW.unsigned_abs()) {
        return Err(KeyProblem::FromFuture { key, at: moment(component.created) });
    }
    match binding.expires {
        Some(end) if end <= now => Err(KeyProblem::Expired { key, at: moment(end) }),
        _ => Ok(()),
    }
}

fn is_made(signature: &Parsed, now: u64) -> bool {
    signature.created().is_some_and(|at| at <= now.saturating_add(CLOCK_SKEW.unsigned_abs()))
}

fn ended(signature: &Parsed, now: u64) -> bool {
    signature.expires().is_some_and(|end| end <= now)
}

/// A moment as OpenPGP counts; before 1970 nothing was signed.
pub(super) fn seconds(now: Timestamp) -> u64 {
    u64::try_from(now.as_second()).unwrap_or(0)
}
