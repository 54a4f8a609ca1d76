//! The good evidence that is mutated, and how a mutant is judged.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::ToSpan as _;
use proofmark_core::{Digest, Timestamp, Transparency};
use proofmark_sigstore::{
    Authority, Candidate, Content, PublicKey, SignerFacts, TrustRoot, Verified, VerifiedTime, claims, verify,
};
use proofmark_testkit::sigstore::{
    EntryKind, Format, KeyType, LogSpec, SignRequest, Signed, TokenSpec, World, WorldOptions,
};
use serde_json::{Value, json};

use crate::mutants::Mutant;
use crate::support::{WORLD, blob, build, by_key, image, key, legacy, now, question, statement};
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
    /// The same, but for witnesses that nobody demands: none may be there that was not.
    pub(crate) fn rests_on(&self, whole: &Self) -> bool {
        let Self { signer, content, envelope, claims, times, earliest: _ } = self;
        (signer, content, envelope, claims) == (&whole.signer, &whole.content, &whole.envelope, &whole.claims)
            && times.iter().all(|time| whole.times.contains(time))
    }

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
    asked: Asked,
}

/// Who is believed.
enum Asked {
    /// Certificates of the usual root.
    Certificate,
    /// Certificates of a root without logs.
    WithoutLogs,
    /// This key, with a log entry.
    Key(PublicKey),
    /// This key, with whatever else there is.
    Optional(PublicKey),
}

impl Asked {
    fn world(&self) -> &'static (World, TrustRoot) {
        static WITHOUT_LOGS: LazyLock<(World, TrustRoot)> = LazyLock::new(|| {
            build(WorldOptions {
                ct_logs: vec![],
                rekor_v1: vec![],
                rekor_v2: vec![],
                ..WorldOptions::default()
            })
        });
        if matches!(self, Self::WithoutLogs) { &WITHOUT_LOGS } else { &WORLD }
    }

    fn authority(&self) -> Authority<'_> {
        let root = &self.world().1;
        match self {
            Self::Certificate | Self::WithoutLogs => Authority::Root(root),
            Self::Key(key) => by_key(key, root),
            Self::Optional(key) => Authority::Key {
                key,
                transparency: Transparency::Optional,
                root: Some(root),
                valid_until: None,
            },
        }
    }
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
    let certified = by_certificate.into_iter().map(|(name, request)| (name, request, Asked::Certificate));
    let keyed = by_key
        .into_iter()
        .map(|(name, request)| (name, request.key(private.clone()), Asked::Key(public.clone())));
    // The key's signature is what it rests on, and of another kind: no other document is its honest witness.
    let others = [
        ("key p384 rekor1 dsse", image().rekor_v1(), KeyType::P384, Asked::Key as fn(_) -> _),
        ("key ed25519 rekor1 blob", blob().rekor_v1(), KeyType::Ed25519, Asked::Key),
        ("key rsa legacy", legacy(), KeyType::Rsa2048, Asked::Key),
        ("optional ed25519 rekor2 image", image(), KeyType::Ed25519, Asked::Optional),
    ];
    let others = others.into_iter().map(|(name, request, kind, asked)| {
        let (private, public) = key(kind);
        (name, request.key(private), asked(public))
    });
    let without_logs = [("no logs image", image().no_log(), Asked::WithoutLogs)];
    // Each at a minute of its own: then no two documents share a certificate, and none is the other's honest witness.
    let minutes = (0..).map(|n: i64| WORLD.0.options().now + n.minutes());
    certified
        .chain(keyed)
        .chain(others)
        .chain(without_logs)
        .zip(minutes)
        .map(|((name, request, asked), at)| Base::new(name, &request.at(at), asked))
        .collect()
}

impl Base {
    fn new(name: &'static str, request: &SignRequest, asked: Asked) -> Self {
        let signed = asked.world().0.sign(request);
        let document = if signed.format == Format::Legacy {
            json!({ "payload": STANDARD.encode(&signed.payload), "annotations": signed.annotations })
        } else {
            signed.document()
        };
        let candidate = crate::support::read(&signed).unwrap();
        let verified = judge(&signed, &asked, &candidate).unwrap();
        Self { name, document: Tree::of(&document), evidence: Evidence::of(&verified), signed, asked }
    }

    /// Whether what was accepted is this document's evidence.
    pub(crate) fn is_evidence(&self, found: &Evidence) -> bool {
        match self.asked {
            Asked::Optional(_) => found.rests_on(&self.evidence),
            _ => *found == self.evidence,
        }
    }

    /// Whether nothing is demanded beside the signature.
    pub(crate) fn is_optional(&self) -> bool {
        matches!(self.asked, Asked::Optional(_))
    }

    /// Judges a mutant; `None` if it is none of this form (annotations that are no strings).
    pub(crate) fn try_mutant(&self, mutant: &Mutant) -> Option<Outcome> {
        let candidate = if self.signed.format == Format::Legacy {
            self.read_legacy(&mutant.tree)?
        } else {
            Candidate::bundle(mutant.tree.text().as_bytes())
        };
        let verified = candidate.and_then(|candidate| judge(&self.signed, &self.asked, &candidate));
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
    asked: &Asked,
    candidate: &Candidate,
) -> Result<Verified<Content>, proofmark_sigstore::Rejection> {
    verify(candidate, &question(signed), &asked.authority(), now(&asked.world().0))
}
