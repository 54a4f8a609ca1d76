//! Who signs an image, of those whom roots and keys at hand vouch for: for who writes a policy. Nothing here decides.

use proofmark_core::{Digest, Timestamp};
use proofmark_oci::{Budget, Client, Found, PathReport, Plan, ReadError, Target, media_type};
use proofmark_sigstore::{Authority, Question, SignerFacts, verify};

use crate::read;

/// Who is asked.
#[derive(Clone, Copy)]
pub struct SignedSetting<'a> {
    /// The reader.
    pub client: &'a Client,
    /// Budgets.
    pub budget: &'a Budget,
    /// Roots and keys, in the order in which they are asked.
    pub authorities: &'a [Authority<'a>],
    /// Evaluation time.
    pub now: Timestamp,
}

/// What an image's signatures say.
#[derive(Debug)]
pub struct Signed {
    /// The image's digest.
    pub digest: Digest,
    /// Whose signatures verify, each once.
    pub by: Vec<SignedBy>,
    /// How many signatures verify against nothing at hand.
    pub others: usize,
    /// How far each path was read.
    pub paths: Vec<PathReport>,
}

/// A signer, and what vouches for the signature.
#[derive(Debug, Clone)]
pub struct SignedBy {
    /// Who.
    pub signer: SignerFacts,
    /// The place of the authority in [`SignedSetting::authorities`].
    pub authority: usize,
    /// The earliest verified time.
    pub time: Option<Timestamp>,
}

/// Reads an image's signatures on its own digest, and asks every authority about each.
///
/// # Errors
/// The image cannot be read.
pub fn signed(setting: &SignedSetting<'_>, target: &Target) -> Result<Signed, ReadError> {
    let (mut by, mut others): (Vec<SignedBy>, usize) = (Vec::new(), 0);
    let mut take = |found: Found| match judge(setting, &found) {
        Judged::Signature(one) => {
            let same = by.iter_mut().find(|other| other.signer == one.signer);
            match same {
                Some(same) => same.time = same.time.max(one.time),
                None => by.push(one),
            }
        }
        Judged::Other => others += 1,
        Judged::Nothing => {}
    };
    let plan = Plan { signatures: true, attestations: false, discover: true };
    let examined = setting.client.examine(target, plan, setting.budget, &mut take)?;
    Ok(Signed { digest: examined.digest, by, others, paths: PathReport::merged(&examined.paths) })
}

enum Judged {
    Signature(SignedBy),
    /// A signature that verifies against nothing at hand.
    Other,
    /// An attestation, or what cannot be read.
    Nothing,
}

fn judge(setting: &SignedSetting<'_>, found: &Found) -> Judged {
    let Ok(candidate) = read::candidate(found) else { return Judged::Nothing };
    if found.media_type == media_type::DSSE {
        return Judged::Nothing;
    }
    let question = Question::ImageSignature { digest: &found.attached_to };
    let mut refused = Judged::Other;
    for (at, authority) in setting.authorities.iter().enumerate() {
        match verify(&candidate, &question, authority, setting.now) {
            Ok(verified) => {
                let (signer, time) = (verified.signer().clone(), verified.earliest_time());
                return Judged::Signature(SignedBy { signer, authority: at, time });
            }
            Err(rejection) if rejection.step <= proofmark_sigstore::Step::Predicate => {
                refused = Judged::Nothing;
            }
            Err(_) => {}
        }
    }
    refused
}
