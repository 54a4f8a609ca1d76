//! A registry in memory: every URL has a script of answers, and every request is written down.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use proofmark_core::registry::{Mirror, MirrorAt, RegistryEntry};
use proofmark_core::{Digest, Host, ImageRef, Limits, Origin, Position, Repository};
use proofmark_net::{BoxFuture, NetError, Request, Response, Transport};
use proofmark_oci::{
    Budget, Client, ClientConfig, ContentCache, Examined, Found, PathKind, PathReport, PathState, Plan,
    ReadError, Target, media_type,
};
use serde_json::{Value, json};

pub(crate) const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
pub(crate) const ORIGIN: &str = "https://r.example";
pub(crate) const REPOSITORY: &str = "r.example/acme/app";

/// One answer of a script.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Status(u16),
    Body { content_type: Option<String>, link: Option<String>, bytes: Vec<u8> },
    Error(NetError),
}

impl Answer {
    pub(crate) fn json(content_type: &str, value: &Value) -> Self {
        Self::bytes(content_type, value.to_string().into_bytes())
    }
    pub(crate) fn bytes(content_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        Self::Body { content_type: Some(content_type.to_owned()), link: None, bytes: bytes.into() }
    }
    pub(crate) fn linked(self, to: &str) -> Self {
        match self {
            Self::Body { content_type, bytes, .. } => {
                Self::Body { content_type, link: Some(format!("<{to}>; rel=\"next\"")), bytes }
            }
            other => other,
        }
    }
}

/// Registries in memory. What has no script is 404.
#[derive(Default)]
pub(crate) struct Registry {
    routes: Mutex<HashMap<String, Vec<Answer>>>,
    log: Mutex<Vec<String>>,
    /// Answer for tags without a script, where a registry says something else than 404.
    missing_tag: Mutex<Option<u16>>,
    /// Answers come late, each a little later or earlier than the one before, and otherwise at every run.
    jitter: std::sync::atomic::AtomicU64,
}

impl Transport for Registry {
    fn get(&self, request: Request) -> BoxFuture<'_, Result<Response, NetError>> {
        self.log.lock().unwrap().push(request.url.clone());
        assert!(request.scope.as_deref().is_some_and(|scope| scope.starts_with("repository:")));
        let turn = match self.jitter.load(Ordering::Relaxed) {
            0 => 0,
            _ => self.jitter.fetch_add(1, Ordering::Relaxed) * 7919 % 3000,
        };
        Box::pin(async move {
            if turn > 0 {
                tokio::time::sleep(std::time::Duration::from_micros(turn)).await;
            }
            self.answer(&request)
        })
    }
}

impl Registry {
    fn answer(&self, request: &Request) -> Result<Response, NetError> {
        let mut routes = self.routes.lock().unwrap();
        let answer = match routes.get_mut(&request.url) {
            Some(script) if script.len() > 1 => script.remove(0),
            Some(script) => script[0].clone(),
            None => {
                let tag = request.url.contains("/manifests/") && !request.url.contains("/manifests/sha256:");
                Answer::Status(self.missing_tag.lock().unwrap().filter(|_| tag).unwrap_or(404))
            }
        };
        let host = "r.example".to_owned();
        let (status, content_type, link, body) = match answer {
            Answer::Status(status) => (status, None, None, Vec::new()),
            Answer::Body { content_type, link, bytes } => (200, content_type, link, bytes),
            Answer::Error(error) => return Err(error),
        };
        if body.len() as u64 > request.max_bytes {
            return Err(NetError::TooLarge { host, limit: request.max_bytes });
        }
        Ok(Response { status, content_type, link, url: request.url.clone(), body })
    }

    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    pub(crate) fn set(&self, url: impl Into<String>, answer: Answer) {
        self.routes.lock().unwrap().insert(url.into(), vec![answer]);
    }

    pub(crate) fn script(&self, url: impl Into<String>, answers: Vec<Answer>) {
        self.routes.lock().unwrap().insert(url.into(), answers);
    }

    pub(crate) fn missing_tags_are(&self, status: u16) {
        *self.missing_tag.lock().unwrap() = Some(status);
    }

    pub(crate) fn answer_out_of_order(&self) {
        self.jitter.store(1, Ordering::Relaxed);
    }

    /// URLs asked for so far, without the origin.
    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    pub(crate) fn asked(&self, part: &str) -> usize {
        self.log().iter().filter(|url| url.contains(part)).count()
    }

    pub(crate) fn repo(self: &Arc<Self>) -> Repo {
        self.repo_at(&format!("{ORIGIN}/v2/acme/app"))
    }

    pub(crate) fn repo_at(self: &Arc<Self>, base: &str) -> Repo {
        Repo { registry: Arc::clone(self), base: base.to_owned() }
    }
}

/// One repository, to push into.
#[derive(Clone)]
pub(crate) struct Repo {
    pub(crate) registry: Arc<Registry>,
    pub(crate) base: String,
}

impl Repo {
    pub(crate) fn url(&self, kind: &str, what: impl std::fmt::Display) -> String {
        format!("{}/{kind}/{what}", self.base)
    }

    /// Stores a blob; returns its descriptor.
    pub(crate) fn blob(&self, media_type: &str, bytes: &[u8]) -> Value {
        let digest = Digest::sha256(bytes);
        self.registry.set(self.url("blobs", &digest), Answer::bytes("application/octet-stream", bytes));
        json!({ "mediaType": media_type, "digest": digest.to_string(), "size": bytes.len() })
    }

    /// Stores a manifest by digest; returns its descriptor.
    pub(crate) fn manifest(&self, manifest: &Value) -> Value {
        let bytes = manifest.to_string().into_bytes();
        let media_type = manifest["mediaType"].as_str().unwrap_or(media_type::OCI_MANIFEST).to_owned();
        let digest = Digest::sha256(&bytes);
        let size = bytes.len();
        self.registry.set(self.url("manifests", &digest), Answer::bytes(&media_type, bytes));
        json!({ "mediaType": media_type, "digest": digest.to_string(), "size": size })
    }

    /// Lets a tag name a manifest.
    pub(crate) fn tag(&self, tag: &str, manifest: &Value) {
        let media_type = manifest["mediaType"].as_str().unwrap_or(media_type::OCI_MANIFEST);
        self.registry.set(self.url("manifests", tag), Answer::json(media_type, manifest));
    }

    /// An image of one layer, tagged `1.4.0`; returns its digest.
    pub(crate) fn image(&self) -> Digest {
        let config = self.config("linux", "amd64");
        let image = image(&config, &[]);
        self.tag("1.4.0", &image);
        digest_of(&self.manifest(&image))
    }

    pub(crate) fn config(&self, os: &str, architecture: &str) -> Value {
        let config = json!({ "os": os, "architecture": architecture, "rootfs": { "diff_ids": [] } });
        self.blob(media_type::OCI_CONFIG, config.to_string().as_bytes())
    }

    /// A referrer as cosign 3 writes it; returns its descriptor with the artifact type.
    pub(crate) fn bundle(&self, subject: &Digest, content: &str) -> Value {
        let layer = self.blob(BUNDLE, content.as_bytes());
        let mut descriptor = self.manifest(&attachment(Some(subject), BUNDLE, &[layer]));
        descriptor["artifactType"] = json!(BUNDLE);
        descriptor
    }

    pub(crate) fn referrers(&self, subject: &Digest, list: &[Value]) {
        self.registry.set(self.url("referrers", subject), Answer::json(media_type::OCI_INDEX, &index(list)));
    }

    pub(crate) fn fallback(&self, subject: &Digest, list: &[Value]) {
        self.tag(&format!("sha256-{}", subject.hex()), &index(list));
    }

    /// A legacy signature manifest under the `.sig` tag: one layer a signature, all of one payload.
    pub(crate) fn sig(&self, subject: &Digest, signatures: &[&str]) {
        let payload = self.blob(media_type::SIMPLE_SIGNING, b"{\"critical\":{}}");
        let layers: Vec<Value> = signatures
            .iter()
            .map(|signature| {
                let mut layer = payload.clone();
                layer["annotations"] = json!({ "dev.cosignproject.cosign/signature": signature });
                layer
            })
            .collect();
        self.tag(&format!("sha256-{}.sig", subject.hex()), &attachment(None, "", &layers));
    }
}

pub(crate) fn image(config: &Value, layers: &[Value]) -> Value {
    json!({ "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST, "config": config, "layers": layers })
}

pub(crate) fn index(children: &[Value]) -> Value {
    json!({ "schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": children })
}

pub(crate) fn attachment(subject: Option<&Digest>, artifact_type: &str, layers: &[Value]) -> Value {
    let empty =
        json!({ "mediaType": media_type::OCI_EMPTY, "size": 2, "digest": Digest::sha256(b"{}").to_string() });
    let mut manifest = image(&empty, layers);
    if !artifact_type.is_empty() {
        manifest["artifactType"] = json!(artifact_type);
    }
    if let Some(subject) = subject {
        manifest["subject"] =
            json!({ "mediaType": media_type::OCI_MANIFEST, "size": 1, "digest": subject.to_string() });
    }
    manifest
}

pub(crate) fn digest_of(descriptor: &Value) -> Digest {
    Digest::parse(descriptor["digest"].as_str().unwrap()).unwrap()
}

pub(crate) fn client(registry: &Arc<Registry>) -> Client {
    client_of(registry, Vec::new(), None)
}

pub(crate) fn client_of(
    registry: &Arc<Registry>,
    registries: Vec<RegistryEntry>,
    cache: Option<Arc<dyn ContentCache>>,
) -> Client {
    let transport: Arc<dyn Transport> = Arc::<Registry>::clone(registry);
    Client::new(ClientConfig { transport, registries, cache, limits: Limits::default(), callers: 16 })
        .unwrap()
}

pub(crate) fn entry(host: &str, mirrors: Vec<(MirrorAt, bool)>) -> RegistryEntry {
    let position = Position { line: 1, column: 1 };
    RegistryEntry {
        host: Host::parse(host).unwrap(),
        repositories: Vec::new(),
        mirrors: mirrors.into_iter().map(|(at, authoritative)| Mirror { at, authoritative }).collect(),
        proxy_of: None,
        plain_http: None,
        ca_file: None,
        auth_realms: Vec::new(),
        origin: Origin { file: String::new(), start: position, end: position, line_text: String::new() },
    }
}

pub(crate) fn by_tag(tag: &str) -> Target {
    Target::Registry(ImageRef::parse(&format!("{REPOSITORY}:{tag}")).unwrap())
}

pub(crate) fn by_digest(digest: &Digest) -> Target {
    Target::Registry(ImageRef::parse(&format!("{REPOSITORY}@{digest}")).unwrap())
}

pub(crate) fn repository() -> Repository {
    Repository::parse(REPOSITORY).unwrap()
}

/// What an examination gave.
pub(crate) struct Seen {
    pub(crate) examined: Examined,
    pub(crate) found: Vec<Found>,
}

impl Seen {
    pub(crate) fn texts(&self) -> Vec<String> {
        self.found.iter().map(|found| String::from_utf8(found.bytes.clone()).unwrap()).collect()
    }

    pub(crate) fn state(&self, path: PathKind) -> &PathState {
        &self.report(path).state
    }

    pub(crate) fn report(&self, path: PathKind) -> &PathReport {
        self.examined.paths.iter().find(|report| report.path == path).expect("a report of this path")
    }

    pub(crate) fn states(&self) -> BTreeMap<PathKind, PathState> {
        self.examined.paths.iter().map(|report| (report.path, report.state.clone())).collect()
    }
}

pub(crate) fn examine(client: &Client, target: &Target, plan: Plan) -> Result<Seen, ReadError> {
    examine_within(client, target, plan, &Limits::default())
}

pub(crate) fn examine_within(
    client: &Client,
    target: &Target,
    plan: Plan,
    limits: &Limits,
) -> Result<Seen, ReadError> {
    let mut found = Vec::new();
    let examined = client.examine(target, plan, &Budget::new(limits), &mut |one| found.push(one))?;
    // A path that fails does so for a reason of Unverifiable: verdicts.md 4 makes it the verdict's.
    for report in &examined.paths {
        if let Some((reason, cause)) = report.incomplete() {
            assert_eq!(reason.kind(), proofmark_core::ReasonKind::Unverifiable, "{cause}");
            assert!(!cause.is_empty());
        }
    }
    Ok(Seen { examined, found })
}
