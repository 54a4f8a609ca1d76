//! A platform in small: an in-memory Sigstore, a registry on the loopback interface, a policy, and `verify` over them.
#![allow(dead_code, reason = "each test program uses its part")]

mod judged;
mod layout;
mod names;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};

use proofmark_core::registry::MirrorAt;
use proofmark_core::{Digest, ImageRef, Platform, Timestamp};
use proofmark_image::{
    BaseOptions, RULES, Request, Setting, Trust, check_base, key_facts, root_facts, verify,
};
use proofmark_net::{
    Anonymous, Credential, CredentialError, Credentials, HostRules, HttpConfig, HttpTransport,
};
use proofmark_oci::{Client, ClientConfig, Target};
use proofmark_policy::{How, LoadOptions, MemoryFiles, OwnerRule, Policy};
use proofmark_testkit::registry::{Behaviour, ImageSpec, Pushed, Registry};
use proofmark_testkit::sigstore::{Identity, KeyType, SignRequest, Signed, SigningKey, World, WorldOptions};

pub(crate) use judged::Judged;
pub(crate) use layout::Layout;
use names::Names;

/// The host of references, unless a scene stands at the loopback interface itself.
pub(crate) const HOST: &str = "registry.test";
/// The repository of most images.
pub(crate) const REPOSITORY: &str = "agents/planner";
/// An entry that asks for a signature of the release workflow.
pub(crate) const RELEASE: &str = "signed-by = [\"release\"]";

/// `release` and `scanner` are workflows; `platform` and `copy` are one key under two names; `second` is another key.
const SIGNERS: &str = r#"version = 1
[signers.release]
issuer = "https://token.actions.githubusercontent.com"
identity = "https://github.com/acme/agents/.github/workflows/release.yml@refs/tags/*"
trusted-root = "test"
[signers.scanner]
issuer = "https://token.actions.githubusercontent.com"
identity = "https://github.com/acme/scans/.github/workflows/scan.yml@refs/heads/main"
trusted-root = "test"
[signers.platform]
key = "platform.pub"
trusted-root = "test"
[signers.copy]
key = "copy.pub"
trusted-root = "test"
[signers.second]
key = "second.pub"
trusted-root = "test"
"#;

/// The evaluation time of every test.
pub(crate) fn now() -> Timestamp {
    "2026-02-01T12:00:00Z".parse().unwrap()
}

/// The Sigstore of every test.
pub(crate) fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| World::new(WorldOptions::default()))
}

/// The key of the signers `platform` and `copy`.
pub(crate) fn platform_key() -> SigningKey {
    SigningKey::from_seed(KeyType::P256, "platform")
}

/// The key of the signer `second`.
pub(crate) fn second_key() -> SigningKey {
    SigningKey::from_seed(KeyType::P256, "second")
}

/// A workflow that no signer of the policy is.
pub(crate) fn stranger() -> Identity {
    Identity::github("mallory/agents", "release.yml", "refs/tags/v1.0.0")
}

/// The signer `scanner`.
pub(crate) fn scanner() -> Identity {
    Identity::github("acme/scans", "scan.yml", "refs/heads/main")
}

/// A bundle by the release workflow.
pub(crate) fn signed(digest: &Digest) -> Signed {
    world().sign(&SignRequest::image(digest))
}

/// A user of a registry.
struct User(String, String);

impl Credentials for User {
    fn find(
        &self,
        _host: &str,
        _repository: &str,
        _deadline: std::time::Instant,
    ) -> Result<Option<Credential>, CredentialError> {
        Ok(Credential::password(&self.0, &self.1))
    }
}

/// Everything that a verdict rests on, to be changed before it is asked for.
pub(crate) struct Scene {
    /// The registry that the host's name leads to.
    pub(crate) registry: Registry,
    /// The host of references.
    pub(crate) host: String,
    files: BTreeMap<String, Vec<u8>>,
    names: BTreeMap<String, String>,
    user: Option<(String, String)>,
    layout: Option<std::path::PathBuf>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Scene {
    /// A registry of the distribution specification, called [`HOST`].
    pub(crate) fn new() -> Self {
        Self::called(HOST, Behaviour::plain())
    }

    /// A registry under this name.
    pub(crate) fn called(host: &str, behaviour: Behaviour) -> Self {
        let registry = Registry::start(behaviour).unwrap();
        let names = BTreeMap::from([(host.to_owned(), registry.url(""))]);
        Self::over(registry, host.to_owned(), names)
    }

    /// A registry under its own address: credentials and token services are bound to it.
    pub(crate) fn loopback(behaviour: Behaviour) -> Self {
        let registry = Registry::start(behaviour).unwrap();
        let host = registry.host();
        Self::over(registry, host, BTreeMap::new())
    }

    fn over(registry: Registry, host: String, names: BTreeMap<String, String>) -> Self {
        let mut scene = Self {
            registry,
            host,
            files: BTreeMap::new(),
            names,
            user: None,
            layout: None,
            asked: Arc::default(),
        };
        let keys = [("platform", platform_key()), ("copy", platform_key()), ("second", second_key())];
        for (name, key) in keys {
            scene.file(&format!("trust-roots/{name}.pub"), &key.public_pem());
        }
        scene.file("trust-roots/test.json", &world().trusted_root_json());
        scene.registries(&format!("[[registry]]\nhost = \"{}\"\n", scene.host));
        scene.entry(RELEASE);
        scene
    }

    /// Writes a file of the policy.
    pub(crate) fn file(&mut self, path: &str, text: &str) {
        self.files.insert(path.to_owned(), text.as_bytes().to_vec());
    }

    /// Replaces `allowlists/registries.toml`.
    pub(crate) fn registries(&mut self, text: &str) {
        self.file("allowlists/registries.toml", text);
    }

    /// The policy is one entry over everything of the host.
    pub(crate) fn entry(&mut self, body: &str) {
        self.policy(&format!("[[image]]\nmatch = \"{}/**\"\n{body}\n", self.host));
    }

    /// The policy after its signers.
    pub(crate) fn policy(&mut self, text: &str) {
        self.file("proofmark.toml", &format!("{SIGNERS}\n{text}"));
    }

    /// Another name for a registry of the loopback interface.
    pub(crate) fn name(&mut self, host: &str, registry: &Registry) {
        self.names.insert(host.to_owned(), registry.url(""));
    }

    /// The host's name leads nowhere from now on.
    pub(crate) fn origin_down(&mut self) {
        self.names.remove(&self.host);
    }

    /// Credentials for every registry that asks.
    pub(crate) fn user(&mut self, name: &str, password: &str) {
        self.user = Some((name.to_owned(), password.to_owned()));
    }

    /// `oci:images` in the allowlist is this layout.
    pub(crate) fn layout(&mut self, layout: &Layout) {
        self.layout = Some(layout.parent().to_owned());
    }

    /// Pushes the usual image and tags it `1`.
    pub(crate) fn image(&self) -> Pushed {
        self.image_as(REPOSITORY, "1")
    }

    /// Pushes an image of its own to a repository under a tag.
    pub(crate) fn image_as(&self, repository: &str, tag: &str) -> Pushed {
        let image = self.registry.push_image(repository, &ImageSpec::named(&format!("{repository}:{tag}")));
        self.registry.tag(repository, tag, &image.digest);
        image
    }

    /// Attaches a bundle to an image of the usual repository.
    pub(crate) fn attach(&self, image: &Pushed, signed: &Signed) -> Pushed {
        self.registry.attach_bundle(REPOSITORY, image, signed)
    }

    /// The usual image's reference by tag.
    pub(crate) fn by_tag(&self) -> String {
        format!("{}/{REPOSITORY}:1", self.host)
    }

    /// A reference of the usual repository by digest.
    pub(crate) fn by_digest(&self, digest: &Digest) -> String {
        format!("{}/{REPOSITORY}@{digest}", self.host)
    }

    /// Every URL that was asked for.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// The policy in effect. A policy that does not load is a mistake of the test.
    pub(crate) fn load(&self) -> Policy {
        let root_check = |name: &str, bytes: Option<&[u8]>| root_facts(name, bytes, now());
        let options = LoadOptions {
            now: now(),
            owner_rule: OwnerRule::Any,
            display_base: None,
            key_check: &key_facts,
            vendor_check: &|_, _| Err("no vendor signs images".to_owned()),
            ca_check: &|_| Ok(()),
            root_check: &root_check,
            exception_rules: &["image-signature", "image-digest", "image-base"],
        };
        let files = MemoryFiles(self.files.clone());
        Policy::load_from(&files, "proofmark.toml", How::Flag, &options)
            .unwrap_or_else(|failure| panic!("{}", proofmark_policy::render_failure(&failure)))
    }

    fn client(&self, policy: &Policy) -> Client {
        let credentials: Arc<dyn Credentials> = match &self.user {
            Some((name, password)) => Arc::new(User(name.clone(), password.clone())),
            None => Arc::new(Anonymous),
        };
        let hosts = HostRules::from_registries(&policy.registries).unwrap();
        let inner = HttpTransport::new(HttpConfig { hosts, credentials, ..HttpConfig::default() }).unwrap();
        let names = Names { inner, known: self.names.clone(), asked: Arc::clone(&self.asked) };
        let mut registries = policy.registries.clone();
        for mirror in registries.iter_mut().flat_map(|entry| &mut entry.mirrors) {
            if let (MirrorAt::Layout(path), Some(parent)) = (&mut mirror.at, &self.layout) {
                *path = parent.join(&*path);
            }
        }
        let limits = policy.limits.clone();
        Client::new(ClientConfig { transport: Arc::new(names), registries, cache: None, limits, callers: 16 })
            .unwrap()
    }

    /// Verifies a reference.
    pub(crate) fn verify(&self, reference: &str) -> Judged {
        self.verify_target(reference, Target::Registry(ImageRef::parse(reference).unwrap()), None)
    }

    /// The base rule alone, of a reference.
    pub(crate) fn check_base(&self, reference: &str, options: BaseOptions) -> Judged {
        let policy = self.load();
        let trust = Trust::new(&policy).unwrap();
        let client = self.client(&policy);
        let setting = Setting { policy: &policy, trust: &trust, client: &client, now: now() };
        let target = Target::Registry(ImageRef::parse(reference).unwrap());
        let request = Request { written: reference.to_owned(), target, platform: None, host: None };
        Judged::unpinned(check_base(&setting, &request, options))
    }

    /// Verifies a reference for a platform.
    pub(crate) fn verify_for(&self, reference: &str, platform: &str) -> Judged {
        let platform = Platform::parse(platform).unwrap();
        self.verify_target(reference, Target::Registry(ImageRef::parse(reference).unwrap()), Some(platform))
    }

    /// Verifies a reference on a machine of a platform.
    pub(crate) fn verify_on(&self, reference: &str, host: &str) -> Judged {
        let target = Target::Registry(ImageRef::parse(reference).unwrap());
        let host = Some(Platform::parse(host).unwrap());
        self.verify_request(&Request { written: reference.to_owned(), target, platform: None, host })
    }

    /// Verifies anything.
    pub(crate) fn verify_target(&self, written: &str, target: Target, platform: Option<Platform>) -> Judged {
        self.verify_request(&Request { written: written.to_owned(), target, platform, host: None })
    }

    fn verify_request(&self, request: &Request) -> Judged {
        let policy = self.load();
        let trust = Trust::new(&policy).unwrap();
        let client = self.client(&policy);
        let setting = Setting { policy: &policy, trust: &trust, client: &client, now: now() };
        let findings = verify(&setting, request);
        assert!(findings.iter().all(|finding| RULES.iter().any(|rule| rule.id == finding.rule.id)));
        Judged::new(findings)
    }
}
