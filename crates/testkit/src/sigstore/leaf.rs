//! Issuing the ephemeral certificate of a keyless signer.

use jiff::{Timestamp, ToSpan as _};

use super::authority::{self, Certified};
use super::ct;
use super::identity::Identity;
use super::keys::SigningKey;
use super::request::SignRequest;
use super::tamper::{Tamper, has};
use super::world::World;
use super::x509::{self, CertificateSpec};

/// Who vouches for a signature: what goes into bundle, entry and annotations.
#[derive(Debug, Clone)]
pub(crate) enum Material {
    /// Leaf and the certificates that issued it, without the root; and the root.
    Certificate { leaf: Vec<u8>, intermediates: Vec<Vec<u8>>, root: Vec<u8> },
    /// SubjectPublicKeyInfo of a managed key.
    Key(SigningKey),
}

/// Issues the leaf for `key`, with everything that is wrong with it.
pub(crate) fn issue(
    world: &World,
    request: &SignRequest,
    identity: &Identity,
    key: &SigningKey,
    at: Timestamp,
) -> Material {
    let tampers = &request.tampers;
    let unknown = has!(tampers, CertificateUnknownAuthority);
    let services = if unknown { &world.rogue } else { &world.services };
    let ca = &services.authorities[request.leaf.authority];
    let mut issuer = ca.issuer().clone();
    let mut spec = specify(world, request, identity, key, at, &issuer);
    if has!(tampers, LeafIsCa) {
        spec.ca = true;
    }
    for tamper in tampers {
        if let Tamper::Leaf(change) = tamper {
            change(&mut spec);
        }
    }
    if has!(tampers, CertificateForged) {
        issuer.key = SigningKey::from_seed(issuer.key.key_type(), "forger");
    }
    timestamp_certificate(world, request, &mut spec, &issuer);
    let mut leaf = spec.sign(&issuer.key);
    if has!(tampers, CertificateBitFlip) {
        super::tamper::flip(&mut leaf);
    }
    let intermediates = ca.intermediate.iter().map(|c| c.der.clone()).collect();
    Material::Certificate { leaf, intermediates, root: ca.root.der.clone() }
}

fn specify(
    world: &World,
    request: &SignRequest,
    identity: &Identity,
    key: &SigningKey,
    at: Timestamp,
    issuer: &Certified,
) -> CertificateSpec {
    let key = if has!(request.tampers, CertificateOtherKey) { world.stranger_key() } else { key.clone() };
    let spki = key.public_der();
    let not_before = request.leaf.not_before.unwrap_or(at);
    CertificateSpec {
        serial: authority::serial(&spki),
        issuer: issuer.name.clone(),
        subject: String::new(),
        not_before,
        not_after: not_before.saturating_add(request.leaf.seconds.seconds()).unwrap_or(not_before),
        spki,
        ca: false,
        path_length: None,
        ekus: request.leaf.ekus.clone(),
        sans: identity.sans.clone(),
        authority_key: Some(x509::key_identifier(&issuer.key.public_der())),
        extensions: identity.raw_extensions(),
    }
}

/// Adds the SCT list, if the world has a CT log.
fn timestamp_certificate(
    world: &World,
    request: &SignRequest,
    spec: &mut CertificateSpec,
    issuer: &Certified,
) {
    let tampers = &request.tampers;
    let Some(known) = world.services.ct_logs.get(request.leaf.ct_log) else { return };
    if has!(tampers, SctMissing) {
        return;
    }
    let stranger = &world.rogue.ct_logs[0].key;
    let log = if has!(tampers, SctWrongKey | SctUnknownLog) { stranger } else { &known.key };
    let mut logged = spec.clone();
    if has!(tampers, SctOtherCertificate) {
        logged.serial = vec![0x42; 16];
    }
    let mut sct = ct::issue(log, &issuer.key, &logged, spec.not_before, &request.leaf.sct_extensions);
    if has!(tampers, SctWrongKey) {
        sct.log_id = known.key.key_id();
    }
    if has!(tampers, SctExtensionsAdded) {
        sct.extensions = vec![0, 1, 2, 3];
    }
    let mut list = vec![sct];
    if has!(tampers, SctTwice) {
        list.push(list[0].clone());
    }
    spec.extensions.push(ct::extension(&list));
}
