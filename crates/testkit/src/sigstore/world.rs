//! A world: all services of one Sigstore, and the strangers beside it.

use serde_json::Value;

use super::authority::{Authority, AuthoritySpec, CertificateAuthority};
use super::keys::{KeyType, SigningKey};
use super::options::{CaOptions, LogOptions, Window, WorldOptions};
use super::rekor::Log;
use super::request::{LogSpec, RequestSigner, SignRequest};
use super::signed::Signed;
use super::{leaf, logging, root, signature, stamping};

/// The services of one world.
#[derive(Debug, Clone)]
pub(crate) struct Services {
    pub(crate) authorities: Vec<CertificateAuthority>,
    pub(crate) ct_logs: Vec<Log>,
    pub(crate) rekor_v1: Vec<Log>,
    pub(crate) rekor_v2: Vec<Log>,
    pub(crate) timestamp_authorities: Vec<Authority>,
}

impl Services {
    /// The log that a request names.
    pub(crate) fn rekor(&self, spec: &LogSpec) -> &Log {
        let logs = if spec.v2 { &self.rekor_v2 } else { &self.rekor_v1 };
        &logs[spec.log]
    }
}

/// A Sigstore in memory: it signs, and it knows the trusted root of those who signed.
///
/// ```
/// use proofmark_core::Digest;
/// use proofmark_testkit::sigstore::{SignRequest, World, WorldOptions};
/// let world = World::new(WorldOptions::default());
/// let root: serde_json::Value = serde_json::from_str(&world.trusted_root_json()).unwrap();
/// assert_eq!(root["certificateAuthorities"].as_array().map(Vec::len), Some(1));
/// let signed = world.sign(&SignRequest::image(&Digest::sha256(b"manifest")));
/// assert!(signed.bundle().starts_with(b"{"));
/// ```
#[derive(Debug, Clone)]
pub struct World {
    pub(crate) options: WorldOptions,
    pub(crate) services: Services,
    /// Services of the same names that stand in no trusted root.
    pub(crate) rogue: Services,
}

fn authority(options: &CaOptions, name: &str, seed: &str) -> CertificateAuthority {
    let root = AuthoritySpec {
        name: &format!("{name} root"),
        key: SigningKey::from_seed(options.key, &format!("{seed} root")),
        window: &options.root_certificate,
        path_length: Some(1),
        ekus: &[],
    }
    .issue(None);
    let intermediate = options.intermediate.then(|| {
        AuthoritySpec {
            name: &format!("{name} intermediate"),
            key: SigningKey::from_seed(options.key, &format!("{seed} intermediate")),
            window: &options.intermediate_certificate,
            path_length: Some(0),
            ekus: &[super::Eku::CodeSigning],
        }
        .issue(Some(&root))
    });
    CertificateAuthority {
        root,
        intermediate,
        valid_for: options.valid_for.clone(),
        uri: format!("https://{name}.test"),
    }
}

fn services(options: &WorldOptions, prefix: &str) -> Services {
    let seed = |what: &str, n: usize| format!("{} {what} {n}", options.seed);
    let logs = |list: &[LogOptions], what: &str, make: fn(SigningKey, Window, &str) -> Log| {
        list.iter()
            .enumerate()
            .map(|(n, log)| {
                let key = SigningKey::from_seed(log.key, &seed(what, n));
                make(key, log.valid_for.clone(), &format!("{prefix}{what}-{n}.test"))
            })
            .collect()
    };
    Services {
        authorities: options
            .authorities
            .iter()
            .enumerate()
            .map(|(n, ca)| authority(ca, &format!("{prefix}fulcio-{n}"), &seed("fulcio", n)))
            .collect(),
        ct_logs: logs(&options.ct_logs, "ctlog", Log::v1),
        rekor_v1: logs(&options.rekor_v1, "rekor", Log::v1),
        rekor_v2: logs(&options.rekor_v2, "log2026.rekor", Log::v2),
        timestamp_authorities: options
            .timestamp_authorities
            .iter()
            .enumerate()
            .map(|(n, tsa)| Authority::new(tsa, &format!("{prefix}timestamp-{n}"), &seed("timestamp", n)))
            .collect(),
    }
}

impl World {
    /// Builds all services.
    pub fn new(options: WorldOptions) -> Self {
        let strangers = WorldOptions::seeded(&format!("strangers of {}", options.seed));
        Self { services: services(&options, ""), rogue: services(&strangers, "rogue-"), options }
    }

    /// What it was built from.
    pub const fn options(&self) -> &WorldOptions {
        &self.options
    }

    /// The trusted root, as `trusted_root.json` of the Sigstore protobuf specification.
    pub fn trusted_root_json(&self) -> String {
        self.trusted_root().to_string()
    }

    /// The trusted root as a document, to be changed.
    pub fn trusted_root(&self) -> Value {
        root::document(&self.services)
    }

    /// A key that nobody trusts.
    pub(crate) fn stranger_key(&self) -> SigningKey {
        SigningKey::from_seed(KeyType::P256, &format!("stranger of {}", self.options.seed))
    }

    /// Signs, logs and stamps, and applies the request's tampers on the way.
    ///
    /// # Panics
    /// If the request names a service that the world does not have.
    pub fn sign(&self, request: &SignRequest) -> Signed {
        let at = request.at.unwrap_or(self.options.now);
        let key = match &request.signer {
            RequestSigner::Key(key) => key.clone(),
            RequestSigner::Keyless(identity) => {
                let seed = format!("{} {identity:?} {:?} {at}", self.options.seed, request.content);
                SigningKey::from_seed(request.leaf.key, &seed)
            }
        };
        let material = match &request.signer {
            RequestSigner::Key(key) => leaf::Material::Key(key.clone()),
            RequestSigner::Keyless(identity) => leaf::issue(self, request, identity, &key, at),
        };
        let subject = signature::sign(self, request, &key, material);
        let entries = logging::entries(self, request, &subject, at);
        let tokens = stamping::tokens(self, request, &subject.signature, at);
        Signed::assemble(request, subject, entries, tokens)
    }
}
