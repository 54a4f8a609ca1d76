//! How a token names its signer: outside of what is signed, so it is compared.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cms::cert::IssuerAndSerialNumber;
use der::Encode as _;
use der::asn1::OctetString;
use der::oid::AssociatedOid as _;
use proofmark_core::Digest;
use proofmark_testkit::sigstore::{SignRequest, World, WorldOptions};
use serde_json::Value;
use x509_cert::ext::Extension;
use x509_cert::serial_number::SerialNumber;

use super::*;
use crate::RootSource;

fn root(world: &World) -> TrustRoot {
    let source = RootSource::File { path: "world.json".to_owned(), fetched: None };
    TrustRoot::parse("world", world.trusted_root_json().as_bytes(), source).unwrap()
}

#[test]
fn a_signer_is_named_by_issuer_and_serial_number_or_by_key() {
    let world = World::new(WorldOptions::default());
    let root = root(&world);
    let mut leaf = root.parts().tsas[0].leaf.clone();
    let own = IssuerAndSerialNumber {
        issuer: leaf.tbs_certificate.issuer.clone(),
        serial_number: leaf.tbs_certificate.serial_number.clone(),
    };
    let by_serial = |id: &IssuerAndSerialNumber| SignerIdentifier::IssuerAndSerialNumber(id.clone());
    assert!(is_named_by(&by_serial(&own), &leaf));
    let other_serial =
        IssuerAndSerialNumber { serial_number: SerialNumber::new(&[7]).unwrap(), ..own.clone() };
    assert!(!is_named_by(&by_serial(&other_serial), &leaf));
    let other_issuer = IssuerAndSerialNumber { issuer: "CN=other".parse().unwrap(), ..own };
    assert!(!is_named_by(&by_serial(&other_issuer), &leaf));

    let key_id = |bytes: &[u8]| SubjectKeyIdentifier(OctetString::new(bytes).unwrap());
    let by_key = |bytes: &[u8]| SignerIdentifier::SubjectKeyIdentifier(key_id(bytes));
    let extensions = leaf.tbs_certificate.extensions.get_or_insert_default();
    extensions.retain(|extension| extension.extn_id != SubjectKeyIdentifier::OID);
    assert!(!is_named_by(&by_key(b"own"), &leaf), "it has no key identifier");
    let value = OctetString::new(key_id(b"own").to_der().unwrap()).unwrap();
    let extension = Extension { extn_id: SubjectKeyIdentifier::OID, critical: false, extn_value: value };
    leaf.tbs_certificate.extensions.get_or_insert_default().push(extension);
    assert!(is_named_by(&by_key(b"own"), &leaf));
    assert!(!is_named_by(&by_key(b"other"), &leaf));
}

/// What the library says of a token is not enough: that it is named is looked at here too.
#[test]
fn an_authority_that_the_token_does_not_name_does_not_count() {
    let world = World::new(WorldOptions::default());
    let root = root(&world);
    let tsa = &root.parts().tsas[0];
    let named = |serial_number| {
        let issuer = tsa.leaf.tbs_certificate.issuer.clone();
        SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber { issuer, serial_number })
    };
    let own = named(tsa.leaf.tbs_certificate.serial_number.clone());
    let at = tsa.dates.start;
    assert_eq!(Refusals::default().weigh(Ok(at), &own, tsa), Some(at));
    let mut refusals = Refusals::default();
    assert_eq!(refusals.weigh(Ok(at), &named(SerialNumber::new(&[7]).unwrap()), tsa), None);
    assert!(!refusals.chain_invalid && !refusals.other_content && refusals.outside.is_none());
}

/// TIME-05: the serial number at every place of the token, one bit changed: where it names the signer, nothing is signed.
#[test]
fn time_05_a_token_that_names_another_signer_does_not_count() {
    let world = World::new(WorldOptions::default());
    let root = root(&world);
    let signed = world.sign(&SignRequest::image(&Digest::sha256(b"manifest")));
    let bundle: Value = serde_json::from_slice(signed.bundle()).unwrap();
    let bytes = |pointer| STANDARD.decode(bundle.pointer(pointer).unwrap().as_str().unwrap()).unwrap();
    let signature = bytes("/dsseEnvelope/signatures/0/sig");
    let token = bytes("/verificationMaterial/timestampVerificationData/rfc3161Timestamps/0/signedTimestamp");
    assert!(verify(&token, &signature, &root).is_ok());
    let serial = root.parts().tsas[0].leaf.tbs_certificate.serial_number.as_bytes();
    let places: Vec<usize> =
        (0..=token.len() - serial.len()).filter(|at| token[*at..].starts_with(serial)).collect();
    assert!(!places.is_empty());
    for at in places {
        let mut other = token.clone();
        other[at + serial.len() - 1] ^= 1;
        assert!(verify(&other, &signature, &root).is_err(), "changed at {at}");
    }
}
