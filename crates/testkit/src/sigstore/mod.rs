//! A Sigstore in memory: certificate authority, CT log, Rekor v1 and v2, timestamp authority.
//!
//! Two levels: a [`SignRequest`] says what is issued honestly, with every time and name a parameter; its
//! [`Tamper`]s say what is wrong, each applied at the stage where a forger would do it. Everything is made from
//! seeds and given times: equal requests give equal bytes.
//!
//! ```
//! use proofmark_core::Digest;
//! use proofmark_testkit::sigstore::{Identity, SignRequest, World, WorldOptions};
//! let world = World::new(WorldOptions::default());
//! let image = Digest::sha256(b"manifest");
//! let request = SignRequest::image(&image).keyless(Identity::email("release@acme.test", "https://idp.test"));
//! let signed = world.sign(&request);
//! assert_eq!(signed.bundle(), world.sign(&request).bundle());
//! assert_eq!(signed.document()["mediaType"], "application/vnd.dev.sigstore.bundle.v0.3+json");
//! ```

mod authority;
mod content;
mod ct;
mod der;
mod entry;
mod identity;
mod keys;
mod leaf;
mod logging;
mod merkle;
mod options;
mod rekor;
mod request;
mod root;
mod rsa;
mod signature;
mod signed;
mod stamping;
mod tamper;
mod tsa;
mod world;
mod x509;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub use content::{COSIGN_SIGN, Content, IN_TOTO, Statement, simple_signing};
pub use identity::{Identity, San};
pub use keys::{Hash, KeyType, SigningKey};
pub use options::{CaOptions, LogOptions, TsaOptions, Window, WorldOptions};
pub use rekor::{LogEntry, Proof};
pub use request::{EntryKind, Format, LeafSpec, LogSpec, RequestSigner, SignRequest};
pub use signed::{
    ANNOTATION_BUNDLE, ANNOTATION_CERTIFICATE, ANNOTATION_CHAIN, ANNOTATION_SIGNATURE, ANNOTATION_TIMESTAMP,
    Signed,
};
pub use tamper::Tamper;
pub use tsa::TokenSpec;
pub use world::World;
pub use x509::{CertificateSpec, Eku, RawExtension};

/// Standard base64, as everywhere in Sigstore.
pub(crate) fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}
