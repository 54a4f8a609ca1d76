//! The chain step: the certificate leads to an authority of the trusted root.

use der::{Any, Encode as _, Tag};
use proofmark_core::{Reason, Timestamp};
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, KeyUsage};
use x509_cert::ext::pkix::AuthorityKeyIdentifier;

use crate::certificate::Leaf;
use crate::rejection::{Rejection, Step};
use crate::root::TrustRoot;
use crate::sct;
use crate::signature::Certified;
use crate::signed_once::SignedOnce;

/// id-kp-codeSigning, 1.3.6.1.5.5.7.3.3, as the contents of its DER.
const CODE_SIGNING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 3];

/// A leaf, what came with it, and the root that it should lead to.
pub(crate) struct Chain<'a> {
    leaf: &'a Leaf,
    der: &'a [u8],
    intermediates: &'a [Vec<u8>],
    root: &'a TrustRoot,
    signatures: SignedOnce,
}

impl<'a> Chain<'a> {
    /// Nothing of it is judged yet.
    pub(crate) fn new((leaf, der, intermediates): Certified<'a>, root: &'a TrustRoot) -> Self {
        Self { leaf, der, intermediates, root, signatures: SignedOnce::default() }
    }

    /// The leaf leads to the root at `at`; gives the key of its issuer, as `SubjectPublicKeyInfo`. With `windows`, only
    /// through authorities that the root believes then and whose certificates are valid then.
    fn path(&self, at: Timestamp, windows: bool) -> Result<Vec<u8>, webpki::Error> {
        let anchors: Vec<TrustAnchor<'static>> = self
            .root
            .parts()
            .anchors
            .iter()
            .filter(|anchor| {
                !windows
                    || (anchor.dates.contains(at) && anchor.window.is_none_or(|window| window.contains(at)))
            })
            .map(|anchor| anchor.trust.clone())
            .collect();
        let leaf = CertificateDer::from(self.der);
        let end_entity = EndEntityCert::try_from(&leaf)?;
        let intermediates: Vec<CertificateDer<'_>> =
            self.intermediates.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
        let seconds = u64::try_from(at.as_second()).unwrap_or(0);
        let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
        let usage = KeyUsage::required(CODE_SIGNING);
        let algorithms = self.signatures.algorithms();
        let algorithms: Vec<&dyn SignatureVerificationAlgorithm> =
            algorithms.iter().map(|one| one as &dyn SignatureVerificationAlgorithm).collect();
        end_entity
            .verify_for_usage(&algorithms, &anchors, &intermediates, time, usage, None, None)
            .and_then(|path| issuer_key(&path))
    }

    /// The step, judged at the certificate's own first moment: no time has been verified yet.
    pub(crate) fn verify(&self) -> Result<(), Rejection> {
        let (leaf, root) = (self.leaf, self.root);
        let name = root.name();
        let issuer = self.path(leaf.not_before, false).map_err(|error| {
            let (reason, detail) = match error {
                webpki::Error::InvalidSignatureForPublicKey if names_anchor(leaf, root) => (
                    Reason::Tampered,
                    "the certificate is not signed by the authority that it names".to_owned(),
                ),
                webpki::Error::CertExpired { .. } | webpki::Error::CertNotValidYet { .. } => (
                    Reason::Expired,
                    format!("no authority of trusted root {name} was valid when it was issued"),
                ),
                other => (
                    Reason::UntrustedRoot,
                    format!("the certificate leads to no authority of {name} ({other})"),
                ),
            };
            Rejection::new(reason, Step::Chain, detail)
        })?;
        if root.has_ct_logs() { sct::verify(&leaf.certificate, &issuer, root) } else { Ok(()) }
    }

    /// Part of the time step: at `at`, certificate and authority were both valid.
    pub(crate) fn valid_at(&self, at: Timestamp) -> Result<(), Rejection> {
        let (leaf, root) = (self.leaf, self.root);
        let expired = |detail: String| Rejection::new(Reason::Expired, Step::Time, detail);
        if at < leaf.not_before || at > leaf.not_after {
            let detail = format!(
                "signed at {at}; the certificate is valid from {} until {}",
                leaf.not_before, leaf.not_after
            );
            return Err(expired(detail));
        }
        self.path(at, true).map(|_| ()).map_err(|_| {
            expired(format!("signed at {at}, when no authority of {} was valid for it", root.name()))
        })
    }
}

/// The path's certificate above the leaf: an intermediate that came with it, or the root's own.
fn issuer_key(path: &webpki::VerifiedPath<'_>) -> Result<Vec<u8>, webpki::Error> {
    match path.intermediate_certificates().next() {
        Some(issuer) => Ok(issuer.subject_public_key_info().as_ref().to_vec()),
        // An anchor has the contents of the sequence alone.
        None => Any::new(Tag::Sequence, path.anchor().subject_public_key_info.as_ref())
            .and_then(|key| key.to_der())
            .map_err(|_| webpki::Error::BadDer),
    }
}

/// Whether the leaf names the key of one of the root's authorities. Instances share subject names (staging's
/// intermediate is called as production's is), so that only the key identifier tells a changed certificate from one
/// of another instance.
fn names_anchor(leaf: &Leaf, root: &TrustRoot) -> bool {
    let named = leaf.certificate.tbs_certificate.get::<AuthorityKeyIdentifier>().ok().flatten();
    let Some(named) = named.and_then(|(_, id)| id.key_identifier) else { return true };
    root.parts().anchors.iter().any(|anchor| anchor.key_id.as_ref().is_some_and(|own| own.0 == named))
}
