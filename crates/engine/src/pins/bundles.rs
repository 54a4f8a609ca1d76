//! Sigstore bundles over executables, archives and lists of checksums, by the signers of a policy.

use proofmark_core::{Digest, Reason, Signer, SignerKind, Timestamp};
use proofmark_image::Trust;
use proofmark_lock::EvidenceKind;
use proofmark_pin::{BundleSigner, Bundles, Why};
use proofmark_sigstore::threshold::DistinctIdentity;
use proofmark_sigstore::{Artifact, Candidate, Question, Rejection, authorize, verify};

/// The signers with certificates and keys that one tool may be signed by.
pub(super) struct PolicyBundles<'a> {
    pub(super) signers: Vec<&'a Signer>,
    pub(super) trust: &'a Trust,
}

impl Bundles for PolicyBundles<'_> {
    fn verify(&self, bundle: &[u8], digest: &Digest, now: Timestamp) -> Result<Vec<BundleSigner>, Why> {
        let candidate = Candidate::bundle(bytes_of(bundle)).map_err(|rejection| why(&rejection))?;
        let mut nearest: Option<Rejection> = None;
        let mut found = Vec::new();
        for signer in &self.signers {
            match self.one(signer, &candidate, digest, now) {
                Ok(with) => found.push(BundleSigner { by: signer.name.clone(), with }),
                // "Nearest miss = most steps passed"
                Err(Some(rejection)) if nearest.as_ref().is_none_or(|best| rejection.step > best.step) => {
                    nearest = Some(rejection);
                }
                Err(_) => {}
            }
        }
        match (found.is_empty(), nearest) {
            (false, _) => Ok(found),
            (true, Some(rejection)) => Err(why(&rejection)),
            (true, None) if self.signers.is_empty() => Err(Why::Nobody(EvidenceKind::Sigstore)),
            (true, None) => Err(Why::Bundle {
                reason: Reason::UntrustedRoot,
                message: "no trusted root is known for those who may sign".to_owned(),
            }),
        }
    }

    fn names(&self) -> Vec<String> {
        self.signers.iter().map(|signer| signer.name.clone()).collect()
    }
}

impl PolicyBundles<'_> {
    /// The identity by which it is this signer's; `None`: there is nothing to judge it by.
    fn one(
        &self,
        signer: &Signer,
        candidate: &Candidate,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<String, Option<Rejection>> {
        let authority = self.trust.authority(signer).ok_or(None)?;
        let question = Question::Blob(Artifact::Digest(digest));
        let verified = verify(candidate, &question, &authority, now)?;
        if let SignerKind::Certificate(constraint) = &signer.kind {
            authorize(&verified, constraint)?;
        }
        match DistinctIdentity::of(verified.signer()) {
            Some(DistinctIdentity::Key(id)) => Ok(format!("key {id}")),
            Some(DistinctIdentity::Certificate { issuer, name }) => Ok(format!("{name} by {issuer}")),
            None => Err(None),
        }
    }
}

fn why(rejection: &Rejection) -> Why {
    Why::Bundle {
        reason: rejection.reason,
        message: format!("{}: {}", rejection.step.as_str(), rejection.detail),
    }
}

/// Vendors publish bundles as files, which end with a line feed.
fn bytes_of(bundle: &[u8]) -> &[u8] {
    bundle.trim_ascii_end()
}
