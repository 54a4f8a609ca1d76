//! Statements that are too large to be read, or that are no statements, and the question that remains: did an accepted signer
//! make them? What such a signer says and nobody can read may be what decides (verdicts.md 4); a stranger's changes nothing.
//!
//! The signature is verified without the content: over the digest of the envelope's encoding, as that of an artifact. So
//! nothing of what was not read is believed, and nothing of it is kept.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proofmark_core::{Digest, Reason, Signer, SignerKind, Timestamp};
use proofmark_oci::{Found, media_type};
use proofmark_sigstore::{Artifact, Authority, Candidate, Question, Rejection, authorize, verify};
use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::{Value, json};

/// The payload type of statements (in-toto attestation framework, "Envelope").
const INTOTO: &str = "application/vnd.in-toto+json";
const STATEMENTS: [&str; 2] = ["https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"];
/// The annotation of cosign's old format that holds the certificate.
const CERTIFICATE: &str = "dev.sigstore.cosign/certificate";
/// Subjects that are compared; a statement with more may be about anything.
const MAX_SUBJECTS: usize = 1024;

/// An envelope whose statement was not read.
pub(super) struct Unread {
    /// What is signed: DSSE's pre-authentication encoding.
    encoding: Vec<u8>,
    /// In base64.
    signature: String,
    /// The bundle's media type and what it verifies with; of the old format, the certificate alone.
    media_type: String,
    material: Value,
    legacy: bool,
    what: What,
}

/// What an unread envelope holds.
#[derive(Debug, PartialEq, Eq)]
enum What {
    /// A statement: its type, and whether it is about the digest. The caps alone kept it from being read.
    Statement { predicate_type: String, about: bool },
    /// Nothing that this version can read.
    Unknown,
}

#[derive(Deserialize)]
struct Bundle<'a> {
    #[serde(rename = "mediaType")]
    media_type: String,
    #[serde(rename = "verificationMaterial")]
    material: Value,
    #[serde(rename = "dsseEnvelope", borrow)]
    envelope: Envelope<'a>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "payloadType")]
    payload_type: String,
    #[serde(borrow)]
    payload: Cow<'a, str>,
    signatures: Vec<Signature>,
}

#[derive(Deserialize)]
struct Signature {
    sig: String,
}

#[derive(Deserialize)]
struct Outline<'a> {
    #[serde(rename = "_type", borrow)]
    kind: Cow<'a, str>,
    #[serde(rename = "predicateType", borrow)]
    predicate_type: Cow<'a, str>,
    subject: Subjects,
}

#[derive(Deserialize)]
struct Subject<'a> {
    #[serde(borrow)]
    digest: Digests<'a>,
}

#[derive(Deserialize)]
struct Digests<'a> {
    #[serde(borrow, default)]
    sha256: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    sha512: Option<Cow<'a, str>>,
}

/// The digests of a statement's subjects, and whether those are all.
struct Subjects {
    digests: Vec<Digest>,
    all: bool,
}

impl<'de> Deserialize<'de> for Subjects {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(SubjectsVisitor)
    }
}

struct SubjectsVisitor;

impl<'de> Visitor<'de> for SubjectsVisitor {
    type Value = Subjects;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("subjects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Subjects, A::Error> {
        let mut subjects = Subjects { digests: Vec::new(), all: true };
        while let Some(Subject { digest: Digests { sha256, sha512 } }) = access.next_element()? {
            for (algorithm, hex) in [("sha256", sha256), ("sha512", sha512)] {
                match hex.map(|hex| Digest::parse(&format!("{algorithm}:{hex}"))) {
                    Some(Ok(digest)) => subjects.digests.push(digest),
                    // It is about something, and nobody can tell what.
                    Some(Err(_)) => subjects.all = false,
                    None => {}
                }
            }
            if subjects.digests.len() > MAX_SUBJECTS {
                subjects.all = false;
                subjects.digests.clear();
            }
        }
        Ok(subjects)
    }
}

impl Unread {
    /// The envelope of a candidate that was read but for its statement; `None` for what is no envelope of a statement.
    pub(super) fn of(found: &Found) -> Option<Self> {
        let legacy = found.media_type == media_type::DSSE;
        let (media_type, material, envelope) = if legacy {
            let envelope: Envelope<'_> = serde_json::from_slice(&found.bytes).ok()?;
            let certificate = found.annotations.get(CERTIFICATE).and_then(|pem| der(pem));
            let material =
                certificate.map_or(Value::Null, |base64| json!({ "certificate": { "rawBytes": base64 } }));
            (format!("{}.v0.3+json", media_type::SIGSTORE_BUNDLE), material, envelope)
        } else {
            let Bundle { media_type, material, envelope } = serde_json::from_slice(&found.bytes).ok()?;
            (media_type, material, envelope)
        };
        let [Signature { sig }] = envelope.signatures.as_slice() else { return None };
        if envelope.payload_type != INTOTO {
            return None;
        }
        let (encoding, body) = encoding(INTOTO, &envelope.payload)?;
        let what = what(encoding.get(body..)?, &found.attached_to);
        Some(Self { encoding, signature: sig.clone(), media_type, material, legacy, what })
    }

    /// Why a rule has no answer while this is there: `limit` for a statement that it would read, were it smaller, and
    /// `unsupported` for what may be one; `None` for a statement that is not for this rule, or not about this digest.
    pub(super) fn leaves_open(&self, rejection: &Rejection, reads: impl Fn(&str) -> bool) -> Option<Reason> {
        // The outline does not look for keys that repeat; the reader that refused it did.
        let reason =
            if rejection.detail.contains("duplicate key") { Reason::Unsupported } else { Reason::Limit };
        match &self.what {
            What::Statement { predicate_type, about } => (*about && reads(predicate_type)).then_some(reason),
            What::Unknown => Some(Reason::Unsupported),
        }
    }

    /// Whether the signer made the signature; logs and times are not asked.
    pub(super) fn is_by(&self, signer: &Signer, authority: &Authority<'_>, now: Timestamp) -> bool {
        let digest = Digest::sha256(&self.encoding);
        let Some(candidate) = self.as_artifact(&digest, authority) else { return false };
        // The digest is enough for most keys; others sign another hash, or the bytes.
        [Artifact::Digest(&digest), Artifact::Bytes(&self.encoding)].into_iter().any(|artifact| {
            match (verify(&candidate, &Question::Blob(artifact), authority, now), &signer.kind, authority) {
                (Ok(verified), SignerKind::Certificate(constraint), _) => {
                    authorize(&verified, constraint).is_ok()
                }
                (Ok(_), SignerKind::Key(_), Authority::Key { .. }) => true,
                (Err(rejection), SignerKind::Certificate(constraint), _) => {
                    rejection.may_be_by_certificate(constraint)
                }
                (Err(rejection), SignerKind::Key(_), Authority::Key { key, .. }) => {
                    rejection.may_be_by_key(key.id())
                }
                (_, SignerKind::Key(_), Authority::Root(_)) => false,
            }
        })
    }

    /// The envelope's signature as one over an artifact, which is the envelope's encoding, with the same certificate or key.
    fn as_artifact(&self, digest: &Digest, authority: &Authority<'_>) -> Option<Candidate> {
        let by_key = json!({ "publicKey": { "hint": "" } });
        let material = match authority {
            // As for `cosign verify --key`, a certificate beside an old signature says nothing.
            Authority::Key { .. } if self.legacy => by_key,
            _ => {
                let kinds = ["certificate", "publicKey", "x509CertificateChain"];
                let one = |kind: &str| Some((kind.to_owned(), self.material.get(kind)?.clone()));
                Value::Object(kinds.into_iter().filter_map(one).collect())
            }
        };
        let bundle = json!({
            "mediaType": self.media_type,
            "verificationMaterial": material,
            "messageSignature": {
                "messageDigest": { "algorithm": "SHA2_256", "digest": STANDARD.encode(digest.to_bytes()) },
                "signature": self.signature,
            },
        });
        Candidate::bundle(bundle.to_string().as_bytes()).ok()
    }
}

fn what(payload: &[u8], digest: &Digest) -> What {
    match serde_json::from_slice::<Outline<'_>>(payload) {
        Ok(Outline { kind, predicate_type, subject })
            if STATEMENTS.contains(&&*kind) && predicate_type.len() <= 1024 =>
        {
            What::Statement {
                predicate_type: predicate_type.into_owned(),
                about: !subject.all || subject.digests.contains(digest),
            }
        }
        _ => What::Unknown,
    }
}

/// `DSSEv1 SP len(type) SP type SP len(body) SP body` (DSSE, "Protocol"), and where the body begins. Bodies are long: there is one
/// copy of it.
fn encoding(payload_type: &str, payload: &str) -> Option<(Vec<u8>, usize)> {
    let padding = payload.bytes().rev().take_while(|byte| *byte == b'=').count();
    let length = (payload.len() / 4 * 3).checked_sub(padding)?;
    let head = format!("DSSEv1 {} {payload_type} {length} ", payload_type.len());
    let mut encoding = Vec::with_capacity(head.len() + base64::decoded_len_estimate(payload.len()));
    encoding.extend_from_slice(head.as_bytes());
    STANDARD.decode_vec(payload, &mut encoding).ok()?;
    (encoding.len() == head.len() + length).then_some((encoding, head.len()))
}

/// The first certificate of a PEM text, in base64.
fn der(pem: &str) -> Option<String> {
    let (_, rest) = pem.split_once("-----BEGIN CERTIFICATE-----")?;
    let (body, _) = rest.split_once("-----END CERTIFICATE-----")?;
    Some(body.split_ascii_whitespace().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_outline_tells() {
        let (ours, other) = (Digest::sha256(b"a"), Digest::sha256(b"b"));
        let subject = |digest: &Digest| {
            format!(r#"{{"name":"x","digest":{{"sha1":"0","sha256":"{}"}}}}"#, digest.hex())
        };
        let statement = |subjects: &[String]| {
            format!(
                r#"{{"_type":"https://in-toto.io/Statement/v1","predicateType":"t","subject":[{}],"predicate":{{"a":[1,{{}}]}}}}"#,
                subjects.join(",")
            )
        };
        let told = |text: &str| what(text.as_bytes(), &ours);
        let of = |about| What::Statement { predicate_type: "t".to_owned(), about };
        assert_eq!(told(&statement(&[subject(&other), subject(&ours)])), of(true));
        assert_eq!(told(&statement(&[subject(&other)])), of(false));
        assert_eq!(
            told(&statement(&vec![subject(&other); MAX_SUBJECTS + 1])),
            of(true),
            "too many to be told"
        );
        let capital = statement(&[subject(&other)]).replace(other.hex(), &other.hex().to_uppercase());
        assert_eq!(told(&capital), of(true), "a digest that is none");
        for bad in [
            "",
            "{",
            "[]",
            "text",
            r#"{"predicateType":"t"}"#,
            r#"{"_type":"https://in-toto.io/Statement/v2","predicateType":"t","subject":[]}"#,
            r#"{"predicateType":"t","subject":[{}]}"#,
            r#"{"predicateType":"t","predicateType":"u","subject":[]}"#,
        ] {
            assert_eq!(told(bad), What::Unknown, "{bad}");
        }
    }

    #[test]
    fn an_encoding_is_as_the_protocol_says() {
        for body in ["", "a", "ab", "abc", "abcd"] {
            let (encoded, at) = encoding("t", &STANDARD.encode(body)).unwrap();
            assert_eq!(encoded, format!("DSSEv1 1 t {} {body}", body.len()).as_bytes());
            assert_eq!(&encoded[at..], body.as_bytes());
        }
        for bad in ["a", "====", "YQ", "YQ=", "Y Q=", "_w=="] {
            assert_eq!(encoding("t", bad), None, "{bad}");
        }
    }

    #[test]
    fn certificates_out_of_pem() {
        let pem = "-----BEGIN CERTIFICATE-----\nQUJD\nREVG\n-----END CERTIFICATE-----\n";
        assert_eq!(der(pem).as_deref(), Some("QUJDREVG"));
        assert_eq!(der("QUJD"), None);
    }
}
