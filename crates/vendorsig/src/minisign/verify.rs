//! A file, a minisign signature and a key.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use blake2::{Blake2b512, Digest as _};

use super::error::Rejection;
use super::{KeyId, PublicKey, Signature};

/// Whether signatures over the file itself count, which older programs made: the file must be held until its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Legacy {
    /// They do not.
    Refused,
    /// They do, of files of so many bytes.
    UpTo(usize),
}

/// A signature that is right.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// The key.
    pub key: KeyId,
    /// The trusted comment, which the key signed too: often the file's name and a time. It may hold any character.
    pub comment: String,
}

/// Takes a file piece by piece.
#[derive(Debug, Clone)]
pub struct Verifier<'a> {
    signature: &'a Signature,
    key: &'a PublicKey,
    message: Message,
}

#[derive(Debug, Clone)]
enum Message {
    Hashed(Box<Blake2b512>),
    Held { bytes: Vec<u8>, max: usize, over: bool },
}

impl<'a> Verifier<'a> {
    /// A verifier that has seen nothing of the file.
    ///
    /// # Errors
    /// [`Rejection::WrongKey`] and [`Rejection::Legacy`].
    pub fn new(signature: &'a Signature, key: &'a PublicKey, legacy: Legacy) -> Result<Self, Rejection> {
        if signature.id != key.id {
            return Err(Rejection::WrongKey { issuer: signature.id, expected: key.id });
        }
        let message = match (signature.hashed, legacy) {
            (true, _) => Message::Hashed(Box::new(Blake2b512::new())),
            (false, Legacy::UpTo(max)) => Message::Held { bytes: Vec::new(), max, over: false },
            (false, Legacy::Refused) => return Err(Rejection::Legacy),
        };
        Ok(Self { signature, key, message })
    }

    /// Takes the next piece of the file.
    pub fn update(&mut self, piece: &[u8]) {
        match &mut self.message {
            Message::Hashed(hash) => hash.update(piece),
            Message::Held { bytes, max, over } => {
                *over |= piece.len() > *max - bytes.len();
                if !*over {
                    bytes.extend_from_slice(piece);
                }
            }
        }
    }

    /// Who signed all pieces together, and the comment that was signed with them.
    ///
    /// # Errors
    /// [`Rejection`]: first whether the signature is of these bytes, then whether the comment is.
    pub fn finish(self) -> Result<Verified, Rejection> {
        let Self { signature, key, message } = self;
        let message = match message {
            Message::Hashed(hash) => hash.finalize().to_vec(),
            Message::Held { max, over: true, .. } => return Err(Rejection::LegacyTooLong { max }),
            Message::Held { bytes, .. } => bytes,
        };
        let point = UnparsedPublicKey::new(&ED25519, key.point);
        point.verify(&message, &signature.over_file).map_err(|_| Rejection::BadSignature { key: key.id })?;
        // "global_signature: ed25519(<signature> || <trusted_comment>)"
        let commented = [&signature.over_file[..], signature.comment.as_bytes()].concat();
        point
            .verify(&commented, &signature.over_comment)
            .map_err(|_| Rejection::BadComment { key: key.id })?;
        Ok(Verified { key: key.id, comment: signature.comment.clone() })
    }
}
