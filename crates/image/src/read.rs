//! What was found, read: once, for every rule that judges it.

use proofmark_core::Reason;
use proofmark_oci::{Found, media_type};
use proofmark_sigstore::{Candidate, Rejection, Step};

/// A candidate, or why it is none. The layer's media type says how it is read; the hash has been verified, nothing is
/// believed.
pub(crate) fn candidate(found: &Found) -> Result<Candidate, Rejection> {
    // REF-05: an attachment whose manifest names another image.
    if let Some(subject) = &found.subject
        && *subject != found.attached_to
    {
        let detail = format!("the attachment's manifest names another image: {subject}");
        let (reason, step) = (Reason::WrongSubject, Step::Subject);
        return Err(Rejection { reason, step, detail, signer: None, time: None });
    }
    match found.media_type.as_str() {
        media_type::SIMPLE_SIGNING => Candidate::simple_signing(&found.bytes, &found.annotations),
        media_type::DSSE => Candidate::envelope(&found.bytes, &found.annotations),
        _ => Candidate::bundle(&found.bytes),
    }
}
