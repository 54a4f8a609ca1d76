//! The changes that leave the evidence what it was: nobody signed what they change, and nobody reads it.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cms::content_info::ContentInfo;
use cms::signed_data::SignedData;
use der::{Decode as _, Encode as _};

use crate::bases::Base;
use crate::mutants::Mutant;
use crate::tree::Tree;

/// Whether a mutant is of a class.
type Test = fn(&Base, &Mutant) -> bool;

/// Every class, with what it is.
pub(crate) const CLASSES: [(&str, Test); 11] = [
    // A hint at the key; the policy's key decides.
    ("hint", |_, mutant| mutant.label.starts_with(".verificationMaterial.publicKey")),
    // DSSE protocol.md: "keyid … an unauthenticated hint".
    ("key id", |_, mutant| mutant.label.ends_with("signatures[0]: a key id")),
    // Two spellings of version 0.3; versions with the same members.
    ("version of the same shape", |_, mutant| mutant.label == ".mediaType: another document's"),
    // protobuf's JSON mapping: 64-bit numbers as strings or numbers. Go's `int64` in annotations.
    ("number spelling", |_, mutant| {
        mutant.label.ends_with(": as a number") || mutant.label.ends_with(": as text")
    }),
    // "message_digest … MUST NOT be used for verification" (sigstore_common.proto).
    ("no message digest", |_, mutant| {
        [".messageSignature: messageDigest removed", ".messageSignature.messageDigest: becomes null"]
            .contains(&mutant.label.as_str())
    }),
    // `transparency = "optional"`: witnesses that do not verify are said, and not counted.
    ("witness that nobody demands", |base, mutant| {
        let material = ["tlogEntries", "timestampVerificationData"];
        let inside = |part| mutant.label.starts_with(&format!(".verificationMaterial.{part}"));
        let removed = |part| mutant.label == format!(".verificationMaterial: {part} removed");
        let whole = mutant.label == ".verificationMaterial: another document's";
        base.is_optional() && (whole || material.into_iter().any(|part| inside(part) || removed(part)))
    }),
    ("signature lines of a checkpoint", same_note),
    ("issuers of the leaf", issuers),
    ("unsigned parts of a timestamp token", unsigned_token),
    ("annotation that means nothing", |base, mutant| {
        let unread = ".annotations.dev.cosignproject.cosign/signature";
        let named = ".annotations: dev.cosignproject.cosign/signature";
        let attestation = base.name == "legacy attestation";
        // Of what a key signed a certificate says nothing, as for `cosign verify --key`.
        let certificate = ".annotations: another document's dev.sigstore.cosign/certificate added";
        mutant.label == ".annotations: a key id"
            || ["key legacy", "key rsa legacy"].contains(&base.name) && mutant.label == certificate
            || attestation && (mutant.label.starts_with(unread) || mutant.label.starts_with(named))
    }),
    ("white space of annotations", same_but_space),
];

/// The class of a mutant that may be accepted.
pub(crate) fn of(base: &Base, mutant: &Mutant) -> Option<&'static str> {
    CLASSES.iter().find(|(_, is)| is(base, mutant)).map(|(name, _)| *name)
}

/// The value at a path of member names, the first element of every array on the way.
fn at<'a>(tree: &'a Tree, path: &[&str]) -> Option<&'a Tree> {
    path.iter().try_fold(tree, |tree, key| {
        let value = tree.member(key)?;
        if let Tree::Array(items) = value { items.first() } else { Some(value) }
    })
}

fn text<'a>(tree: &'a Tree, path: &[&str]) -> Option<&'a str> {
    match at(tree, path)? {
        Tree::Text(text) => Some(text),
        _ => None,
    }
}

/// A signed note's text is what is signed; its signature lines name keys, and other keys may sign too.
fn same_note(base: &Base, mutant: &Mutant) -> bool {
    let path = ["verificationMaterial", "tlogEntries", "inclusionProof", "checkpoint", "envelope"];
    let note =
        |tree| text(tree, &path).and_then(|note| note.split_once("\n\n")).map(|(note, _)| note.to_owned());
    mutant.label.contains(".checkpoint.envelope: ")
        && note(&base.document).is_some()
        && note(&base.document) == note(&mutant.tree)
}

/// The leaf stands; the certificates beside it only help to find the way to the root, which the root knows itself.
fn issuers(base: &Base, mutant: &Mutant) -> bool {
    let chain = ["verificationMaterial", "x509CertificateChain", "certificates"];
    let same_leaf =
        at(&base.document, &chain).is_some() && at(&base.document, &chain) == at(&mutant.tree, &chain);
    let label = &mutant.label;
    label.starts_with(".verificationMaterial.x509CertificateChain.certificates") && same_leaf
        || label.starts_with(".annotations.dev.sigstore.cosign/chain: ")
        || label.starts_with(".annotations: dev.sigstore.cosign/chain ")
}

/// A flipped bit outside of the time-stamp information, the signed attributes, the signer and the signature.
fn unsigned_token(base: &Base, mutant: &Mutant) -> bool {
    let path = ["verificationMaterial", "timestampVerificationData", "rfc3161Timestamps", "signedTimestamp"];
    let Some((_, change)) = mutant.label.split_once(".signedTimestamp: bit of byte ") else { return false };
    let place: usize = change.split(' ').next().unwrap().parse().unwrap();
    let token = STANDARD.decode(text(&base.document, &path).unwrap()).unwrap();
    !signed_parts(&token).iter().any(|part| part.contains(&place))
}

fn signed_parts(token: &[u8]) -> Vec<Range<usize>> {
    // TimeStampResp is a status of five bytes and the token, in one sequence with a length of two bytes.
    let info = ContentInfo::from_der(&token[9..]).unwrap();
    let signed: SignedData = info.content.decode_as().unwrap();
    let signer = signed.signer_infos.0.get(0).unwrap();
    // Signed as SET OF, sent under another tag: all but the tag is found.
    let attributes = signer.signed_attrs.as_ref().unwrap().to_der().unwrap();
    let parts = [
        signed.encap_content_info.econtent.as_ref().unwrap().value().to_vec(),
        attributes[1..].to_vec(),
        signer.sid.to_der().unwrap(),
        signer.signature.as_bytes().to_vec(),
    ];
    parts
        .iter()
        .map(|part| {
            let start = token.windows(part.len()).rposition(|window| window == part.as_slice()).unwrap();
            start..start + part.len()
        })
        .collect()
}

/// The same annotations, white space aside.
fn same_but_space(base: &Base, mutant: &Mutant) -> bool {
    let bare = |tree: &Tree| -> Option<Vec<(String, String)>> {
        let Tree::Object(members) = tree.member("annotations")? else { return None };
        let spaceless = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect();
        members
            .iter()
            .map(
                |(key, value)| {
                    if let Tree::Text(text) = value { Some((key.clone(), spaceless(text))) } else { None }
                },
            )
            .collect()
    };
    let payload = |tree: &Tree| tree.member("payload").cloned();
    bare(&base.document).is_some()
        && bare(&base.document) == bare(&mutant.tree)
        && payload(&base.document) == payload(&mutant.tree)
}
