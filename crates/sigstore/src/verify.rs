//! Verification, step by step: parse, subject, predicate, signature, chain, log, time. Identity and extensions are
//! [`crate::authorize`]'s, the repository is the caller's.

use proofmark_core::{Digest, Reason, Timestamp, Transparency};

use crate::candidate::{self, Artifact, Candidate, Payload, Question};
use crate::chain::Chain;
use crate::facts::SignerFacts;
use crate::key::PublicKey;
use crate::library::{self, By, Ours};
use crate::log::{self, Logged};
use crate::log_body::Holder;
use crate::model::{Form, Material};
use crate::rejection::{Rejection, Step};
use crate::root::TrustRoot;
use crate::signature::{self, Message};
use crate::time::{all_count, not_later, times};
use crate::verified::{Content, Verified};
use crate::witnesses::Witnesses;

/// Who is believed.
#[derive(Debug, Clone, Copy)]
pub enum Authority<'a> {
    /// Certificates of this root, with what the root demands: a certificate timestamp if it has certificate logs, a
    /// log entry if it has transparency logs, a verified time always (verdicts.md 2).
    Root(&'a TrustRoot),
    /// A managed key.
    Key {
        /// The key.
        key: &'a PublicKey,
        /// How the signature must be witnessed.
        transparency: Transparency,
        /// The root whose logs and timestamp authorities count.
        root: Option<&'a TrustRoot>,
        /// The key's last moment.
        valid_until: Option<Timestamp>,
    },
}

/// Believes a candidate, or says which step failed.
///
/// `now` is the evaluation time. The answer depends on nothing else but the arguments, with one exception on the
/// side of refusal: of evidence with several times of which a log's does not count, the library, which reads the
/// machine's own clock, may refuse what it would accept later.
///
/// # Errors
/// A [`Rejection`] with the first step that failed, the reason, and what differs.
pub fn verify(
    candidate: &Candidate,
    question: &Question<'_>,
    authority: &Authority<'_>,
    now: Timestamp,
) -> Result<Verified<Content>, Rejection> {
    let by_key_alone = by_key_alone(candidate, question, authority);
    let candidate = by_key_alone.as_ref().unwrap_or(candidate);
    let signer = signer(candidate, authority);
    judge(candidate, question, authority, now, &signer).map_err(|rejection| rejection.by(&signer))
}

/// A layer in cosign's old format that the policy's key signed and that carries a certificate as well: as for
/// `cosign verify --key`, the key is what counts, and the certificate says nothing about anybody.
fn by_key_alone(
    candidate: &Candidate,
    question: &Question<'_>,
    authority: &Authority<'_>,
) -> Option<Candidate> {
    let Authority::Key { key, .. } = authority else { return None };
    let legacy = matches!(candidate.model.form, Form::LegacySignature | Form::LegacyEnvelope);
    if !legacy || candidate.leaf.is_none() {
        return None;
    }
    let message = signature::message(candidate, question).ok()?;
    signature::is_by(&candidate.model, &message, key).then(|| candidate.without_certificate())
}

fn signer(candidate: &Candidate, authority: &Authority<'_>) -> SignerFacts {
    match (&candidate.leaf, &candidate.model.material, authority) {
        (Some(leaf), ..) => SignerFacts::Certificate(leaf.facts.clone()),
        (None, _, Authority::Key { key, .. }) => SignerFacts::Key { id: key.id().to_owned() },
        (None, Material::Key { hint }, _) => SignerFacts::Key { id: hint.clone() },
        (None, Material::Certificate { .. }, _) => SignerFacts::Key { id: String::new() },
    }
}

fn judge(
    candidate: &Candidate,
    question: &Question<'_>,
    authority: &Authority<'_>,
    now: Timestamp,
    signer: &SignerFacts,
) -> Result<Verified<Content>, Rejection> {
    candidate::answers(candidate, question)?;
    let message = signature::message(candidate, question)?;
    let mut witnesses = match authority {
        Authority::Root(root) => by_certificate(candidate, question, root, now, &message)?,
        Authority::Key { key, transparency: Transparency::Optional, root, valid_until } => {
            signature::by_key(candidate, &message, key)?;
            let witnesses = Witnesses::optional(candidate, &message, key, *root, now);
            not_later(&witnesses.times, *valid_until)?;
            witnesses
        }
        Authority::Key { key, transparency, root, valid_until } => {
            signature::by_key(candidate, &message, key)?;
            let root = demanded_root(*transparency, *root)?;
            let witnesses = by_key(candidate, question, key, root, now, &message)?;
            not_later(&witnesses.times, *valid_until)?;
            witnesses
        }
    };
    witnesses.times.sort_by_key(|time| time.at);
    Ok(Verified {
        content: content(&candidate.payload),
        signer: signer.clone(),
        times: witnesses.times,
        log_entries: witnesses.entries,
        notes: witnesses.notes,
        envelope_digest: envelope_digest(candidate, &message),
        about: about(question),
    })
}

fn content(payload: &Payload) -> Content {
    match payload {
        Payload::Simple(simple) => Content::SimpleSigning(simple.clone()),
        Payload::Statement(statement) => Content::Statement(statement.clone()),
        Payload::Absent | Payload::Other(_) | Payload::Unreadable(_) => Content::Message,
    }
}

/// A message signature need not say its digest, so that two spellings of one signature would count twice: once the
/// content is known, it decides.
fn envelope_digest(candidate: &Candidate, message: &Message<'_>) -> Digest {
    match (&candidate.payload, message) {
        (Payload::Absent, Message::Bytes(bytes)) => Digest::sha256(&Digest::sha256(bytes).to_bytes()),
        (Payload::Absent, Message::Digest(digest)) => Digest::sha256(&digest.to_bytes()),
        _ => candidate.envelope_digest().clone(),
    }
}

fn about(question: &Question<'_>) -> Option<Digest> {
    match question {
        Question::ImageSignature { digest }
        | Question::Statement { digest }
        | Question::Blob(Artifact::Digest(digest)) => Some((*digest).clone()),
        Question::Blob(Artifact::Bytes(_)) => None,
    }
}

/// A certificate: chain, log and time as the root demands, then the library.
fn by_certificate(
    candidate: &Candidate,
    question: &Question<'_>,
    root: &TrustRoot,
    now: Timestamp,
    message: &Message<'_>,
) -> Result<Witnesses, Rejection> {
    let certified = signature::certificate(candidate)?;
    let chain = Chain::new(certified, root);
    let key = match &certified.0.key {
        Ok(key) => key,
        // Nobody can tell who made the signature; who the certificate leads to decides whether that matters.
        Err(error) => {
            chain.verify()?;
            let detail = format!("the certificate's key: {error}");
            return Err(Rejection::new(Reason::Unsupported, Step::Chain, detail));
        }
    };
    signature::by_certificate(candidate, message, key)?;
    // Neither judge needs the other's answer, and both must say yes; ours goes first, since it names the step.
    let (answer, ours) = side_by_side(
        || library::ask(candidate, question, root, &By::Certificate),
        || {
            chain.verify()?;
            let logged = logged(candidate, message, &Holder::Certificate, root)?;
            let times = times(candidate, &logged, root, now)?;
            times.iter().try_for_each(|time| chain.valid_at(time.at))?;
            Ok((logged, times))
        },
    );
    let (logged, times) = ours?;
    let ours = Ours { message, log_times_count: all_count(&logged, now) };
    answer?.weigh(candidate, &By::Certificate, &ours)?;
    Ok(Witnesses::demanded(logged, times))
}

/// Runs the first on a thread of its own while the second runs here; one after the other if there is no thread to be had.
fn side_by_side<A: Send, B>(first: impl Fn() -> A + Sync, second: impl FnOnce() -> B) -> (A, B) {
    std::thread::scope(|scope| {
        let beside = std::thread::Builder::new().spawn_scoped(scope, &first);
        let second = second();
        let first = match beside.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(answer)) => answer,
            // A panic stays one.
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(_) => first(),
        };
        (first, second)
    })
}

/// The root that `required` and `timestamp` need, or why it cannot give what is demanded.
fn demanded_root(transparency: Transparency, root: Option<&TrustRoot>) -> Result<&TrustRoot, Rejection> {
    let none = |detail: String| Rejection::new(Reason::NoTransparency, Step::Log, detail);
    let root =
        root.ok_or_else(|| none("there is no trusted root that could vouch for the key".to_owned()))?;
    match (transparency, root.has_logs()) {
        (Transparency::Required, false) => {
            Err(none(format!("trusted root {} has no transparency logs", root.name())))
        }
        (Transparency::Timestamp, true) => Err(none(format!(
            "trusted root {} has transparency logs, so a log entry is demanded",
            root.name()
        ))),
        _ => Ok(root),
    }
}

/// A managed key with witnesses demanded.
fn by_key(
    candidate: &Candidate,
    question: &Question<'_>,
    key: &PublicKey,
    root: &TrustRoot,
    now: Timestamp,
    message: &Message<'_>,
) -> Result<Witnesses, Rejection> {
    let logged = logged(candidate, message, &Holder::Key(key), root)?;
    let times = times(candidate, &logged, root, now)?;
    let ours = Ours { message, log_times_count: all_count(&logged, now) };
    let by = By::Key { key, logged: root.has_logs() };
    library::ask(candidate, question, root, &by)?.weigh(candidate, &by, &ours)?;
    Ok(Witnesses::demanded(logged, times))
}

/// The log step: every entry must verify, and one must be there if the root has logs.
fn logged<'r>(
    candidate: &Candidate,
    message: &Message<'_>,
    holder: &Holder<'_>,
    root: &'r TrustRoot,
) -> Result<Vec<Logged<'r>>, Rejection> {
    let entries = &candidate.model.entries;
    if root.has_logs() && entries.is_empty() {
        let detail = format!("it has no transparency log entry, which trusted root {} demands", root.name());
        return Err(Rejection::new(Reason::NoTransparency, Step::Log, detail));
    }
    entries.iter().map(|entry| log::verify(&candidate.model, entry, message, holder, root)).collect()
}
