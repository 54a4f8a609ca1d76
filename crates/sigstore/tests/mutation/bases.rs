//! The good evidence that is mutated, and how a mutant is judged.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::ToSpan as _;
use proofmark_core::{Digest, Timestamp};
use proofmark_sigstore::{
    Authority, Candidate, Content, PublicKey, SignerFacts, Verified, VerifiedTime, claims, verify,
};
use proofmark_testkit::sigstore::{EntryKind, Format, KeyType, LogSpec, SignRequest, Signed, TokenSpec};
use serde_json::{Value, json};

use crate::mutants::Mutant;
use crate::support::{WORLD, blob, by_key, image, key, legacy, now, question, statement};
use crate::tree::Tree;

/// What must not change: signer, content, times.
#[derive(Debug, PartialEq)]
pub(crate) struct Evidence {
    signer: SignerFacts,
    content: Content,
    envelope: Digest,
    claims: Vec<String>,
    times: Vec<VerifiedTime>,
    earliest: Option<Timestamp>,
}

impl Evidence {
    fn of(verified: &Verified<Content>) -> Self {
        Self {
            signer: verified.signer().clone(),
            content: verified.content().clone(),
            envelope: verified.envelope_digest().clone(),
            claims: claims(verified),
            times: verified.times().to_vec(),
            earliest: verified.earliest_time(),
        }
    }
}

/// One good document.
pub(crate) struct Base {
    pub(crate) name: &'static str,
    pub(crate) document: Tree,
    pub(crate) evidence: Evidence,
    signed: Signed,
    key: Option<PublicKey>,
}

/// What became of a mutant.
pub(crate) enum Outcome {
    Refused,
    Accepted(Box<Evidence>),
}

/// The documents, of every version, log, content and kind of signer.
pub(crate) fn all() -> Vec<Base> {
    let v1 = |kind| LogSpec::rekor_v1().kind(kind);
    let (private, public) = key(KeyType::P256);
    let by_certificate = [
        ("v0.3 rekor2 image", image()),
        ("v0.3 rekor2 statement", SignRequest::statement(&statement())),
        ("v0.3 rekor2 blob", blob()),
        ("v0.3 rekor1 dsse", image().rekor_v1()),
        ("v0.3 rekor1 intoto", image().log(v1(EntryKind::Intoto002)).timestamps([])),
        ("v0.3-old rekor1 blob", blob().rekor_v1().format(Format::BundleV03Old)),
        ("v0.2 rekor1 blob", blob().rekor_v1().format(Format::BundleV02)),
        (
            "v0.2 rekor2 image",
            image()
                .format(Format::BundleV02)
                .timestamps([TokenSpec { embed_certificate: true, ..TokenSpec::default() }]),
        ),
        ("v0.1 rekor1 dsse", image().rekor_v1().format(Format::BundleV01)),
        ("legacy signature", legacy()),
        ("legacy attestation", SignRequest::legacy_attestation(&statement())),
    ];
    let by_key =
        [("key rekor1 blob", blob().rekor_v1()), ("key rekor2 image", image()), ("key legacy", legacy())];
    let certified = by_certificate.into_iter().map(|(name, request)| (name, request, None));
    let keyed =
        by_key.into_iter().map(|(name, request)| (name, request.key(private.clone()), Some(public.clone())));
    // Each at a minute of its own: then no two documents share a certificate, and none is the other's honest witness.
    let minutes = (0..).map(|n: i64| WORLD.0.options().now + n.minutes());
    certified
        .chain(keyed)
        .zip(minutes)
        .map(|((name, request, key), at)| Base::new(name, &request.at(at), key))
        .collect()
}

impl Base {
    fn new(name: &'static str, request: &SignRequest, key: Option<PublicKey>) -> Self {
        let signed = WORLD.0.sign(request);
        let document = if signed.format == Format::Legacy {
            json!({ "payload": STANDARD.encode(&signed.payload), "annotations": signed.annotations })
        } else {
            signed.document()
        };
        let candidate = crate::support::read(&signed).unwrap();
        let verified = judge(&signed, key.as_ref(), &candidate).unwrap();
        Self { name, document: Tree::of(&document), evidence: Evidence::of(&verified), signed, key }
    }

    /// Judges a mutant; `None` if it is none of this form (annotations that are no strings).
    pub(crate) fn try_mutant(&self, mutant: &Mutant) -> Option<Outcome> {
        let candidate = if self.signed.format == Format::Legacy {
            self.read_legacy(&mutant.tree)?
        } else {
            Candidate::bundle(mutant.tree.text().as_bytes())
        };
        let verified = candidate.and_then(|candidate| judge(&self.signed, self.key.as_ref(), &candidate));
        Some(
            verified
                .map_or(Outcome::Refused, |verified| Outcome::Accepted(Box::new(Evidence::of(&verified)))),
        )
    }

    /// The stand-in document of a legacy layer, taken apart again.
    fn read_legacy(&self, tree: &Tree) -> Option<Result<Candidate, proofmark_sigstore::Rejection>> {
        let value: Value = serde_json::from_str(&tree.text()).ok()?;
        let known = ["payload", "annotations"];
        let members =
            value.as_object().filter(|members| members.keys().all(|key| known.contains(&key.as_str())))?;
        let payload = STANDARD.decode(members.get("payload")?.as_str()?).ok()?;
        let annotations: BTreeMap<String, String> =
            serde_json::from_value(members.get("annotations")?.clone()).ok()?;
        if annotations == self.signed.annotations && payload == self.signed.payload {
            return None;
        }
        Some(if self.signed.predicate_type.is_some() {
            Candidate::envelope(&payload, &annotations)
        } else {
            Candidate::simple_signing(&payload, &annotations)
        })
    }
}

fn judge(
    signed: &Signed,
    key: Option<&PublicKey>,
    candidate: &Candidate,
) -> Result<Verified<Content>, proofmark_sigstore::Rejection> {
    let (world, root) = &*WORLD;
    let authority = key.map_or(Authority::Root(root), |key| by_key(key, root));
    verify(candidate, &question(signed), &authority, now(world))
}
