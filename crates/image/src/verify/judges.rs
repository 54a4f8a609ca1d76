//! Who judges what is found with an image.

use proofmark_core::{Digest, Repository, RuleMeta, Signer, Tag, Verdict};
use proofmark_oci::{Child, Found, PathKind, PathReport, Plan, media_type};
use proofmark_policy::ImageEntry;

use super::Setting;
use crate::attest::{self, Jury};
use crate::read;
use crate::rules::signature::{self, Judge, candidate::Context};

/// Owns what a [`Context`] borrows.
pub(super) struct OwnedContext<'a> {
    setting: &'a Setting<'a>,
    entry: &'a ImageEntry,
    signers: Vec<&'a Signer>,
    names: &'a [Repository],
    tag: Option<&'a Tag>,
}

pub(super) fn context<'a>(
    setting: &'a Setting<'a>,
    entry: &'a ImageEntry,
    names: &'a [Repository],
    tag: Option<&'a Tag>,
) -> OwnedContext<'a> {
    let wanted = entry.signed_by.iter().flat_map(|threshold| &threshold.of);
    let signers = wanted.filter_map(|name| setting.policy.signers.get(name)).collect();
    OwnedContext { setting, entry, signers, names, tag }
}

impl OwnedContext<'_> {
    fn as_context(&self) -> Context<'_> {
        Context {
            entry: self.entry,
            signers: &self.signers,
            trust: self.setting.trust,
            names: self.names,
            tag: self.tag,
            now: self.setting.now,
        }
    }
}

/// Who judges what is found: one pass feeds them all.
#[derive(Clone)]
pub(super) struct Judges<'a> {
    signature: Option<Judge<'a>>,
    pub(super) jury: Jury<'a>,
}

impl<'a> Judges<'a> {
    pub(super) fn new(context: &'a OwnedContext<'a>) -> Self {
        let OwnedContext { setting, entry, names, .. } = *context;
        let Setting { policy, trust, now, .. } = *setting;
        let signature = entry.signed_by.as_ref().map(|threshold| Judge::new(context.as_context(), threshold));
        Self { signature, jury: Jury::new(attest::Context { policy, entry, trust, names, now }) }
    }

    /// The paths that can hold what they judge.
    pub(super) fn plan(&self) -> Plan {
        let (signatures, attestations) = (self.signature.is_some(), !self.jury.is_empty());
        Plan { signatures, attestations, discover: signatures || attestations }
    }

    pub(super) fn consider(&mut self, found: &Found) {
        // An envelope of the `.att` tag is no signature, whatever it says, and a legacy signature no attestation.
        let signature = self.signature.as_mut().filter(|_| found.media_type != media_type::DSSE);
        let read = read::candidate(found);
        if let Some(judge) = signature {
            judge.consider(found, &read);
        }
        if found.media_type != media_type::SIMPLE_SIGNING {
            self.jury.consider(found, &read);
        }
    }

    /// The signature's verdict; the tag of legacy attestations holds none.
    pub(super) fn signature(&self, paths: &[PathReport], digest: &Digest, index: &Digest) -> Option<Judged> {
        let judge = self.signature.clone()?;
        let paths: Vec<PathReport> =
            paths.iter().filter(|report| report.path != PathKind::AttTag).cloned().collect();
        let (verdict, carrier) = judge.verdict(&paths, digest, index);
        Some(Judged { rule: &signature::META, verdict, carrier, child: None })
    }

    pub(super) fn attestations(&self, paths: &[PathReport], digest: &Digest, index: &Digest) -> Vec<Judged> {
        let verdicts = self.jury.verdicts(paths, digest, index).into_iter();
        verdicts.map(|(rule, verdict, carrier)| Judged { rule, verdict, carrier, child: None }).collect()
    }
}

/// One rule's verdict, and the digest that carries its evidence.
pub(super) struct Judged {
    pub(super) rule: &'static RuleMeta,
    pub(super) verdict: Verdict,
    pub(super) carrier: Option<Digest>,
    pub(super) child: Option<Child>,
}
