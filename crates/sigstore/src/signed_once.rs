//! Signatures on certificates, each verified once for one candidate.
//!
//! The same path is built for the certificate's first moment and again for every time that was verified. Only dates
//! differ between them; the signatures, which are most of the work, are the same bytes under the same keys.

use std::sync::{Mutex, PoisonError};

use rustls_pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm};
use sigstore_verify::crypto::WEBPKI_VERIFICATION_ALGS;

/// Algorithm of the key, algorithm of the signature, key, message, signature: all that verification depends on.
type Signed = (AlgorithmIdentifier, AlgorithmIdentifier, Vec<u8>, Vec<u8>, Vec<u8>);

/// Good signatures that were seen. A bad one is judged again each time.
#[derive(Debug, Default)]
pub(crate) struct SignedOnce {
    good: Mutex<Vec<Signed>>,
}

impl SignedOnce {
    /// The algorithms of certificates, each asking here first.
    pub(crate) fn algorithms(&self) -> Vec<Remembering<'_>> {
        WEBPKI_VERIFICATION_ALGS.iter().map(|inner| Remembering { inner: *inner, seen: self }).collect()
    }
}

/// One algorithm.
#[derive(Debug)]
pub(crate) struct Remembering<'a> {
    inner: &'static dyn SignatureVerificationAlgorithm,
    seen: &'a SignedOnce,
}

impl SignatureVerificationAlgorithm for Remembering<'_> {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let (of_key, of_signature) = (self.public_key_alg_id(), self.signature_alg_id());
        let same = |known: &Signed| {
            (known.0, known.1) == (of_key, of_signature)
                && known.2 == public_key
                && known.3 == message
                && known.4 == signature
        };
        let mut good = self.seen.good.lock().unwrap_or_else(PoisonError::into_inner);
        if good.iter().any(same) {
            return Ok(());
        }
        self.inner.verify_signature(public_key, message, signature)?;
        good.push((of_key, of_signature, public_key.to_vec(), message.to_vec(), signature.to_vec()));
        Ok(())
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.inner.public_key_alg_id()
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.inner.signature_alg_id()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use rustls_pki_types::alg_id;

    use super::*;

    static ASKED: AtomicUsize = AtomicUsize::new(0);

    /// Good is a signature that is the key and the message, one after the other.
    #[derive(Debug)]
    struct Counting;

    impl SignatureVerificationAlgorithm for Counting {
        fn verify_signature(
            &self,
            key: &[u8],
            message: &[u8],
            signature: &[u8],
        ) -> Result<(), InvalidSignature> {
            ASKED.fetch_add(1, Ordering::Relaxed);
            if [key, message].concat() == signature { Ok(()) } else { Err(InvalidSignature) }
        }
        fn public_key_alg_id(&self) -> AlgorithmIdentifier {
            alg_id::ED25519
        }
        fn signature_alg_id(&self) -> AlgorithmIdentifier {
            alg_id::ED25519
        }
    }

    #[test]
    fn only_the_very_same_good_signature_is_remembered() {
        let seen = SignedOnce::default();
        let of = |inner| Remembering { inner, seen: &seen };
        let (one, other) = (of(&Counting), of(WEBPKI_VERIFICATION_ALGS[0]));
        let asked = || ASKED.load(Ordering::Relaxed);
        assert!(one.verify_signature(b"key", b"message", b"keymessage").is_ok());
        assert_eq!(asked(), 1);
        assert!(one.verify_signature(b"key", b"message", b"keymessage").is_ok());
        assert_eq!(asked(), 1, "the same again");
        for (key, message, signature) in [
            (&b"kex"[..], &b"message"[..], &b"keymessage"[..]),
            (b"key", b"messagf", b"keymessage"),
            (b"key", b"message", b"keymessagf"),
            // The same bytes, cut elsewhere.
            (b"ke", b"ymessag", b"keymessage"),
        ] {
            let before = asked();
            assert!(one.verify_signature(key, message, signature).is_err());
            assert!(one.verify_signature(key, message, signature).is_err());
            assert_eq!(asked(), before + 2, "a bad one is never remembered");
        }
        assert!(other.verify_signature(b"key", b"message", b"keymessage").is_err(), "of another algorithm");
    }
}
