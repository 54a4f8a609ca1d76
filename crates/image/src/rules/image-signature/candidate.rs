//! One candidate against the signers of one entry.

use std::collections::BTreeMap;

use proofmark_core::{Digest, Extension, Reason, Repository, Signer, SignerKind, Tag, Timestamp};
use proofmark_oci::Found;
use proofmark_policy::{ImageEntry, RepositoryRule, TagFrom};
use proofmark_sigstore::threshold::DistinctIdentity;
use proofmark_sigstore::{
    Authority, Candidate, ClaimedSigner, Content, Question, Rejection, SignerFacts, Step, Verified,
    authorize, verify,
};

use crate::claims;
use crate::signer;
use crate::trust::Trust;

/// What a candidate is held against.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The policy's entry.
    pub entry: &'a ImageEntry,
    /// The signers of its `signed-by`, in the policy's order.
    pub signers: &'a [&'a Signer],
    /// Roots and keys.
    pub trust: &'a Trust,
    /// The names under which the image is known: the one asked for, and its upstream's.
    pub names: &'a [Repository],
    /// The tag asked for.
    pub tag: Option<&'a Tag>,
    /// Evaluation time.
    pub now: Timestamp,
}

impl<'a> Context<'a> {
    /// The signer of this name.
    pub(super) fn signer(&self, name: &str) -> Option<&'a Signer> {
        self.signers.iter().copied().find(|signer| signer.name == name)
    }
}

/// A signature that counts for a signer.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// The signer's name in the policy.
    pub signer: String,
    /// What makes it distinct for a threshold.
    pub identity: DistinctIdentity,
    /// The verified facts.
    pub facts: Facts,
    /// Whether the statement claims one of the image's names.
    pub binds: bool,
    /// Whether the certificate's ref ties the tag.
    pub ties_tag: bool,
    /// The digest that the signature is about.
    pub covers: Digest,
}

/// What is said of a signature in evidence, all of it verified.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Facts {
    /// The identity or the key.
    pub who: String,
    /// The OIDC issuer of a certificate.
    pub issuer: Option<String>,
    /// The earliest verified time.
    pub time: Option<String>,
    /// The log's entry, or what stands in its place.
    pub witness: Option<String>,
    /// The discovery path and the manifest.
    pub place: String,
    /// The repositories that the statement claims.
    pub claims: Vec<String>,
}

/// A signature that does not count, and how far it got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Miss {
    /// The step that failed.
    pub step: Step,
    /// Why.
    pub reason: Reason,
    /// What was found, and how it differs.
    pub detail: String,
    /// The policy's signer that it came nearest to, by name; none if it could not be read.
    pub signer: Option<String>,
    /// Who signed, in full, as far as the candidate says; believed no further than [`Self::step`] got.
    pub claimed: Option<Claimed>,
    /// The repositories that the statement claims, where that is what is minded.
    pub claims: Vec<String>,
    /// Where it was found.
    pub place: String,
    /// The verified time, if the candidate got that far.
    pub time: Option<String>,
    /// The digest of the manifest that holds it: breaks ties.
    pub manifest: Digest,
}

/// Who a certificate names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// The identity.
    pub identity: String,
    /// The OIDC issuer.
    pub issuer: Option<String>,
    /// The certificate's extensions.
    pub extensions: BTreeMap<Extension, String>,
}

impl Miss {
    /// How near it came: the steps passed; among equals what is unanswered comes before what is answered with no, as
    /// it stands only for an accepted signer.
    fn nearness(&self) -> (Step, bool) {
        (self.step, self.reason == Reason::Unsupported)
    }
}

/// The answer for one candidate.
#[derive(Debug)]
pub enum Evaluation {
    /// It counts, for these signers.
    Accepted(Vec<Accepted>),
    /// It counts for none; the nearest miss.
    Refused(Box<Miss>),
}

/// Verifies and authorises one candidate, as it was read.
pub fn evaluate(context: &Context<'_>, found: &Found, read: &Result<Candidate, Rejection>) -> Evaluation {
    let covers = &found.attached_to;
    let place = place(found);
    let miss = |flaw: Flaw, signer: Option<&Signer>| Miss {
        step: flaw.step,
        reason: flaw.reason,
        time: flaw.time.map(|time| time.to_string()),
        detail: flaw.detail,
        signer: signer.map(|signer| signer.name.clone()),
        claimed: None,
        claims: flaw.claims,
        place: place.clone(),
        manifest: found.manifest_digest.clone(),
    };
    let candidate = match read {
        Ok(candidate) => candidate,
        Err(rejection) => return Evaluation::Refused(Box::new(miss(rejection.clone().into(), None))),
    };
    let mut accepted = Vec::new();
    let mut nearest: Option<Miss> = None;
    for signer in context.signers {
        match judge(context, signer, candidate, covers) {
            Ok(judged) => accepted.push(judged.accepted(signer, covers, &place)),
            Err(flaw) => {
                let this = miss(flaw, Some(signer));
                if nearest.as_ref().is_none_or(|best| this.nearness() > best.nearness()) {
                    nearest = Some(this);
                }
            }
        }
    }
    match nearest {
        Some(nearest) if accepted.is_empty() => {
            Evaluation::Refused(Box::new(Miss { claimed: claimed(candidate), ..nearest }))
        }
        _ => Evaluation::Accepted(accepted),
    }
}

/// Who a candidate's certificate names.
pub(crate) fn claimed(candidate: &Candidate) -> Option<Claimed> {
    match candidate.claimed_signer() {
        ClaimedSigner::Certificate(facts) => {
            let extensions = facts.extensions.clone();
            let facts = SignerFacts::Certificate(facts);
            Some(Claimed { identity: signer::who(&facts), issuer: signer::issuer(&facts), extensions })
        }
        ClaimedSigner::Key { .. } => None,
    }
}

fn place(found: &Found) -> String {
    format!("{} {}", found.path.as_str(), found.manifest_digest)
}

/// Why a candidate does not count for a signer.
struct Flaw {
    reason: Reason,
    step: Step,
    detail: String,
    time: Option<Timestamp>,
    claims: Vec<String>,
}

impl Flaw {
    fn new(reason: Reason, step: Step, detail: String) -> Self {
        Self { reason, step, detail, time: None, claims: Vec::new() }
    }
}

impl From<Rejection> for Flaw {
    fn from(rejection: Rejection) -> Self {
        let Rejection { reason, step, detail, time, .. } = rejection;
        Self { reason, step, detail, time, claims: Vec::new() }
    }
}

/// A candidate that counts for one signer.
struct Judged {
    identity: DistinctIdentity,
    verified: Verified<Content>,
    binds: bool,
    ties_tag: bool,
    claims: Vec<String>,
}

impl Judged {
    fn accepted(self, signer: &Signer, covers: &Digest, place: &str) -> Accepted {
        let facts = Facts {
            who: signer::who(self.verified.signer()),
            issuer: signer::issuer(self.verified.signer()),
            time: self.verified.earliest_time().map(|time| time.to_string()),
            witness: signer::witness(&self.verified),
            place: place.to_owned(),
            claims: self.claims,
        };
        Accepted {
            signer: signer.name.clone(),
            identity: self.identity,
            facts,
            binds: self.binds,
            ties_tag: self.ties_tag,
            covers: covers.clone(),
        }
    }
}

fn judge(
    context: &Context<'_>,
    signer: &Signer,
    candidate: &Candidate,
    covers: &Digest,
) -> Result<Judged, Flaw> {
    let authority = context.trust.authority(signer).ok_or_else(|| {
        Flaw::new(Reason::UntrustedRoot, Step::Chain, format!("no trusted root for signer {}", signer.name))
    })?;
    let question = Question::ImageSignature { digest: covers };
    let verified = verify(candidate, &question, &authority, context.now)
        .map_err(|rejection| weigh(rejection, signer, &authority))?;
    if let SignerKind::Certificate(constraint) = &signer.kind {
        authorize(&verified, constraint)?;
    }
    let identity = DistinctIdentity::of(verified.signer()).ok_or_else(|| {
        Flaw::new(
            Reason::WrongIdentity,
            Step::Identity,
            "the certificate names no single identity".to_owned(),
        )
    })?;
    let ties_tag = tie_tag(context, verified.signer())?;
    let (binds, claims) = bind(context, &verified)?;
    Ok(Judged { identity, verified, binds, ties_tag, claims })
}

/// What is unsupported is unanswered only where the answer could be this signer.
fn weigh(rejection: Rejection, signer: &Signer, authority: &Authority<'_>) -> Rejection {
    match (&signer.kind, authority) {
        (SignerKind::Certificate(constraint), _) => rejection.for_certificate(constraint),
        (SignerKind::Key(_), Authority::Key { key, .. }) => rejection.for_key(key.id()),
        (SignerKind::Key(_), Authority::Root(_)) => rejection,
    }
}

/// `tag-from = "source-repository-ref"`: the certificate's ref names the tag asked for.
fn tie_tag(context: &Context<'_>, signer: &SignerFacts) -> Result<bool, Flaw> {
    let (Some(TagFrom::SourceRepositoryRef), Some(tag)) = (context.entry.tag_from, context.tag) else {
        return Ok(false);
    };
    let found = match signer {
        SignerFacts::Certificate(facts) => facts.extensions.get(&Extension::SourceRepositoryRef),
        SignerFacts::Key { .. } => None,
    };
    let wanted = [format!("refs/tags/{tag}"), format!("refs/tags/v{tag}")];
    if found.is_some_and(|found| wanted.iter().any(|want| want == found)) {
        return Ok(true);
    }
    let found = found.map_or("no source-repository-ref", String::as_str);
    let detail = format!("the certificate's ref does not name the tag {tag}: {found}");
    Err(Flaw::new(Reason::WrongIdentity, Step::Extensions, detail))
}

/// Compares what the statement claims with the image's names (verdicts.md 2, "Repository").
fn bind(context: &Context<'_>, verified: &Verified<Content>) -> Result<(bool, Vec<String>), Flaw> {
    let claims = claims::claims(verified);
    let ours = |claim: &Repository| {
        context.names.contains(claim)
            || context
                .entry
                .also
                .iter()
                .filter_map(|also| also.maps(claim))
                .any(|to| context.names.contains(&to))
    };
    let binds = claims.iter().any(ours);
    let shown: Vec<String> = claims.iter().map(ToString::to_string).collect();
    if !binds && !claims.is_empty() && context.entry.repository != RepositoryRule::Any {
        let detail = format!("the statement claims another repository: {}", shown.join(", "));
        return Err(Flaw { claims: shown, ..Flaw::new(Reason::WrongRepository, Step::Repository, detail) });
    }
    Ok((binds, shown))
}
