//! Everything attached to an image, from every discovery path, verified or not, with who signed.

use proofmark_core::{Digest, Reason, SignerKind, Timestamp};
use proofmark_oci::{Budget, Client, Found, PathReport, Plan, ReadError, Target, media_type};
use proofmark_policy::Policy;
use proofmark_sigstore::{
    Authority, Candidate, ClaimedSigner, Content, Question, Rejection, SignerFacts, Step, Verified, verify,
};
use serde::Serialize;

use crate::trust::Trust;
use crate::{read, signer};

/// What is attached to one image.
#[derive(Debug)]
pub struct Tree {
    /// The digest that was read.
    pub digest: Digest,
    /// Where it was read.
    pub resolved_from: String,
    /// The attachments, in discovery order.
    pub attachments: Vec<Attachment>,
    /// How far each path was read.
    pub paths: Vec<PathReport>,
}

/// One thing that is attached.
#[derive(Debug, Clone, Serialize)]
pub struct Attachment {
    /// The discovery path.
    pub path: String,
    /// The registry, mirror or layout that gave it.
    pub source: String,
    /// The manifest that holds it.
    pub manifest: Digest,
    /// What the signed content is, or the media type where nothing could be verified.
    pub kind: String,
    /// What is known of it.
    pub standing: Standing,
}

/// Whether an attachment verifies.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum Standing {
    /// It does: this is who signed, and when.
    Verified {
        /// The identity or key.
        signer: String,
        /// The OIDC issuer of a certificate.
        issuer: Option<String>,
        /// The earliest verified time, RFC 3339.
        time: Option<String>,
        /// The trusted root or the policy's key it verifies against.
        against: String,
    },
    /// It does not, against any root or key at hand: the nearest miss.
    NotVerified {
        /// Why.
        reason: Reason,
        /// What was found; from outside.
        detail: String,
        /// Who it says that it is from, where that can be read. Nothing of it was verified.
        claimed: Option<Claimed>,
    },
}

/// Who an attachment that does not verify says that it is from: anyone can write this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "by")]
pub enum Claimed {
    /// The holder of a certificate, whoever issued it.
    Certificate {
        /// The names in it.
        signer: String,
        /// The OIDC issuer that it names.
        issuer: Option<String>,
    },
    /// A key.
    Key {
        /// A hint which one, if it gives any.
        hint: Option<String>,
    },
}

/// What a tree is read with.
#[derive(Clone, Copy)]
pub struct TreeSetting<'a> {
    /// The policy whose keys are tried; without one the built-in roots alone.
    pub policy: Option<&'a Policy>,
    /// Roots and keys.
    pub trust: &'a Trust,
    /// The reader.
    pub client: &'a Client,
    /// Budgets.
    pub budget: &'a Budget,
    /// Evaluation time.
    pub now: Timestamp,
}

/// Reads everything attached to the image. Nothing here decides: an attachment of a stranger is shown as any other.
pub fn tree(setting: &TreeSetting<'_>, target: &Target) -> Result<Tree, ReadError> {
    let authorities = authorities(setting);
    let mut attachments = Vec::new();
    let mut take = |found: Found| attachments.push(attachment(&found, &authorities, setting.now));
    let examined = setting.client.examine(target, Plan::ALL, setting.budget, &mut take)?;
    for other in examined.paths.iter().flat_map(|path| path.others.iter().map(move |other| (path, other))) {
        attachments.push(not_read(other.0, other.1));
    }
    Ok(Tree {
        digest: examined.digest,
        resolved_from: examined.resolved_from,
        attachments,
        paths: PathReport::merged(&examined.paths),
    })
}

/// Every root at hand and every key of the policy, with the name under which it is shown.
fn authorities<'a>(setting: &TreeSetting<'a>) -> Vec<(String, Authority<'a>)> {
    let roots = setting.trust.roots().map(|(name, root)| (format!("root {name}"), Authority::Root(root)));
    let signers = setting.policy.into_iter().flat_map(|policy| policy.signers.values());
    let keys = signers
        .filter(|signer| matches!(signer.kind, SignerKind::Key(_)))
        .filter_map(|signer| Some((format!("key of {}", signer.name), setting.trust.authority(signer)?)));
    roots.chain(keys).collect()
}

fn attachment(found: &Found, authorities: &[(String, Authority<'_>)], now: Timestamp) -> Attachment {
    let (kind, standing) = match judge(found, authorities, now) {
        Ok((against, verified)) => (kind(verified.content()), standing(&against, &verified)),
        Err((rejection, claimed)) => {
            let Rejection { reason, detail, .. } = rejection;
            (found.media_type.clone(), Standing::NotVerified { reason, detail, claimed })
        }
    };
    Attachment {
        path: found.path.as_str().to_owned(),
        source: found.source.clone(),
        manifest: found.manifest_digest.clone(),
        kind,
        standing,
    }
}

/// The first authority against which the candidate verifies, or the nearest miss and who it says that it is from.
fn judge(
    found: &Found,
    authorities: &[(String, Authority<'_>)],
    now: Timestamp,
) -> Result<(String, Verified<Content>), (Rejection, Option<Claimed>)> {
    let candidate = read::candidate(found).map_err(|rejection| (rejection, None))?;
    let digest = &found.attached_to;
    let question = if found.media_type == media_type::SIMPLE_SIGNING {
        Question::ImageSignature { digest }
    } else {
        Question::Statement { digest }
    };
    let mut nearest: Option<Rejection> = None;
    for (name, authority) in authorities {
        match verify(&candidate, &question, authority, now) {
            Ok(verified) => return Ok((name.clone(), verified)),
            Err(rejection) if nearest.as_ref().is_none_or(|best| rejection.step > best.step) => {
                nearest = Some(rejection);
            }
            Err(_) => {}
        }
    }
    let nearest = nearest.unwrap_or_else(|| Rejection {
        reason: Reason::UntrustedRoot,
        step: Step::Chain,
        detail: "there is no root or key to verify it against".to_owned(),
        signer: None,
        time: None,
    });
    Err((nearest, Some(claimed(&candidate))))
}

fn claimed(candidate: &Candidate) -> Claimed {
    match candidate.claimed_signer() {
        ClaimedSigner::Certificate(facts) => {
            let facts = SignerFacts::Certificate(facts);
            Claimed::Certificate { signer: signer::who(&facts), issuer: signer::issuer(&facts) }
        }
        ClaimedSigner::Key { hint } => Claimed::Key { hint: (!hint.is_empty()).then_some(hint) },
    }
}

fn kind(content: &Content) -> String {
    match content {
        Content::SimpleSigning(_) => "signature (simple signing)".to_owned(),
        Content::Statement(statement) if statement.predicate_type() == proofmark_sigstore::COSIGN_SIGN => {
            "signature".to_owned()
        }
        Content::Statement(statement) => format!("attestation {}", statement.predicate_type()),
        Content::Message => "signature over an artifact".to_owned(),
    }
}

fn standing(against: &str, verified: &Verified<Content>) -> Standing {
    Standing::Verified {
        signer: signer::who(verified.signer()),
        issuer: signer::issuer(verified.signer()),
        time: verified.earliest_time().map(|time| time.to_string()),
        against: against.to_owned(),
    }
}

fn not_read(path: &PathReport, other: &proofmark_oci::Other) -> Attachment {
    Attachment {
        path: path.path.as_str().to_owned(),
        source: path.source.clone(),
        manifest: other.digest.clone(),
        kind: other.artifact_type.clone().unwrap_or_else(|| "unknown type".to_owned()),
        standing: Standing::NotVerified {
            reason: Reason::Unsupported,
            detail: other.note.clone(),
            claimed: None,
        },
    }
}
