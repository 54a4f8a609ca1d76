//! What would mend a refusal: one command, or one line of the policy.

use proofmark_core::{
    CertificateConstraint, Digest, IdentityPattern, Reason, Signer, SignerKind, Transparency,
};
use proofmark_oci::PathReport;
use proofmark_sigstore::Step;

use super::candidate::{Claimed, Context, Miss};
use crate::{paths, trust};

/// What is known when a refusal is put into words.
pub(super) struct Refused<'a> {
    /// The reason that was decided.
    pub(super) reason: Reason,
    /// Signers satisfied by distinct identities.
    pub(super) have: usize,
    /// The threshold is met, and nothing claims the repository.
    pub(super) unbound: bool,
    /// The digest that was judged.
    pub(super) digest: &'a Digest,
    /// The discovery paths.
    pub(super) reports: &'a [PathReport],
}

/// One command or one policy line.
pub(super) fn help(
    context: &Context<'_>,
    refused: &Refused<'_>,
    nearest: Option<&Miss>,
    missing: &[&str],
) -> String {
    let name = context.names.first().map(ToString::to_string).unwrap_or_default();
    match refused.reason {
        Reason::Unsigned | Reason::WrongPredicate | Reason::WrongKey => {
            sign_command(context, &name, refused.digest)
        }
        Reason::Threshold if missing.is_empty() => {
            "have another signer sign the same digest: one that is not the same under another name".to_owned()
        }
        Reason::Threshold => {
            format!("have {} sign the same digest: cosign sign {name}@{}", missing.join(", "), refused.digest)
        }
        Reason::WrongIdentity => other_identity(context, nearest),
        Reason::WrongSubject => "the signature belongs to another image: sign this digest itself".to_owned(),
        Reason::WrongRepository => {
            let claim = nearest.and_then(|miss| miss.claims.first()).map_or("CLAIMED", String::as_str);
            format!("if {name} is a promotion or mirror, add also = [\"{claim} = {name}\"] to the entry")
        }
        Reason::UntrustedRoot => trust::renew(root_of(context, nearest)),
        Reason::NoTime if nearest.is_some_and(|miss| miss.time.is_some()) => {
            "set the clock right, or verify at a later time: --now".to_owned()
        }
        Reason::NoTransparency | Reason::NoTime => no_witness(context),
        Reason::Expired => "sign the image again with a certificate or key that is valid now".to_owned(),
        Reason::Tampered | Reason::Malformed => {
            "do not use this evidence; fetch the image from its origin and verify again".to_owned()
        }
        Reason::Limit => {
            "raise the budget in [limits] of the policy, or remove stale attachments from the repository"
                .to_owned()
        }
        Reason::Offline => {
            "run once without --offline, or keep all of it in an OCI layout that is an authoritative mirror"
                .to_owned()
        }
        Reason::Unsupported => {
            let what = nearest.map_or("", |miss| miss.detail.as_str());
            format!("sign again with cosign 3 in its default bundle format ({what})")
        }
        reason => paths::mend(reason, refused.reports, &registry(context)),
    }
}

/// The root that the nearest candidate was held against; else the first signer's.
pub(super) fn root_of<'a>(context: &Context<'a>, nearest: Option<&Miss>) -> &'a str {
    let near = nearest.and_then(|miss| context.signer(miss.signer.as_deref()?));
    near.or(context.signers.first().copied()).map_or("", Signer::trusted_root)
}

/// Only the reader can know whether whoever signed is who should; the line is whole, to be compared and kept.
fn other_identity(context: &Context<'_>, nearest: Option<&Miss>) -> String {
    let signer =
        nearest.and_then(|miss| context.signer(miss.signer.as_deref()?)).or(context.signers.first().copied());
    let Some(signer) = signer else { return "run an image that is signed as asked".to_owned() };
    let name = &signer.name;
    let line = match (&signer.kind, nearest) {
        (SignerKind::Certificate(asked), Some(miss)) => miss.claimed.as_ref().and_then(|claimed| {
            if miss.step == Step::Extensions {
                extension(asked, claimed)
            } else {
                Some(identity(asked, claimed))
            }
        }),
        _ => None,
    };
    match line {
        Some(line) => format!("run an image that {name} signed; only if this is {name}, its line is {line}"),
        None if nearest.is_some_and(|miss| miss.step == Step::Extensions)
            && context.entry.tag_from.is_some() =>
        {
            "ask for the tag that the certificate's ref names".to_owned()
        }
        None => format!("run an image that {name} signed"),
    }
}

/// The issuer if that differs, else the identity.
fn identity(asked: &CertificateConstraint, claimed: &Claimed) -> String {
    match (&claimed.issuer, &asked.identity) {
        (Some(issuer), _) if *issuer != asked.issuer => format!("issuer = \"{issuer}\""),
        (_, IdentityPattern::Glob(_)) => format!("identity = \"{}\"", claimed.identity),
        (_, IdentityPattern::Regex(_)) => {
            format!("identity = \"{}\", in place of identity-regex and san", claimed.identity)
        }
    }
}

/// The first extension that differs, as the certificate has it; none where the certificate lacks it, or all are as asked.
fn extension(asked: &CertificateConstraint, claimed: &Claimed) -> Option<String> {
    let (extension, _) = asked
        .extensions
        .iter()
        .find(|(extension, value)| claimed.extensions.get(extension) != Some(value))?;
    let value = claimed.extensions.get(extension)?;
    Some(format!("extensions.{} = \"{value}\"", extension.as_str()))
}

fn registry(context: &Context<'_>) -> String {
    context.names.first().map(|name| name.host().to_string()).unwrap_or_default()
}

fn sign_command(context: &Context<'_>, name: &str, digest: &Digest) -> String {
    let keyed = context.signers.iter().find_map(|signer| match &signer.kind {
        SignerKind::Key(_) => Some(signer.name.as_str()),
        SignerKind::Certificate(_) => None,
    });
    match keyed {
        Some(signer) if context.signers.len() == 1 => {
            format!("sign it with the key of {signer}: cosign sign --key KEY {name}@{digest}")
        }
        _ => format!("sign it in the workflow that the policy names: cosign sign {name}@{digest}"),
    }
}

fn no_witness(context: &Context<'_>) -> String {
    let optional = context.signers.iter().any(
        |signer| matches!(&signer.kind, SignerKind::Key(key) if key.transparency == Transparency::Required),
    );
    if optional {
        "sign with a transparency log, or set transparency = \"optional\" for this key if its owner never logs".to_owned()
    } else {
        "sign again with cosign 3: it logs and timestamps by default".to_owned()
    }
}
