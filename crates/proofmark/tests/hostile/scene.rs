//! A registry with one image, what is attached to it, and what is wrong.

use std::sync::OnceLock;
use std::time::Duration;

use proofmark_core::Digest;
use proofmark_testkit::registry::{
    Behaviour, Effect, Fault, ImageSpec, MEDIA_MANIFEST, Pushed, Registry, Route,
};
use proofmark_testkit::sigstore::{
    ANNOTATION_SIGNATURE, IN_TOTO, Identity, SignRequest, Signed, World, WorldOptions,
};
use serde_json::json;

use crate::support::{SIGNED_BY_RELEASE, Sandbox};

/// Where the image is.
pub(crate) const REPOSITORY: &str = "acme/agent";
/// Its tag.
pub(crate) const TAG: &str = "1";
/// The media type of bundles.
pub(crate) const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
/// Whose credentials are stored for the registry, in rows that log in.
pub(crate) const USER: &str = "reader";
/// Their secret.
pub(crate) const PASSWORD: &str = "registry-secret";
/// Both, as RFC 7617 sends them and as Docker stores them.
const PAIR: &str = "cmVhZGVyOnJlZ2lzdHJ5LXNlY3JldA==";
/// Where a box has its credentials.
pub(crate) const DOCKER_CONFIG: &str = "docker";
/// The time for one image where a row must wait for it.
const SHORT: Duration = Duration::from_secs(2);

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| World::new(WorldOptions::default()))
}

/// The tag that is asked for.
pub(crate) fn by_tag() -> Route {
    Route::Tag(TAG.to_owned())
}

/// What a row is about.
pub(crate) struct Scene {
    pub(crate) registry: Registry,
    /// What the reference leads to; of several images the last.
    pub(crate) image: Pushed,
    /// The images before it, each with a tag of its own.
    before: Vec<Pushed>,
    /// Another host, to which no credential belongs.
    pub(crate) foreign: Option<Registry>,
    by_digest: bool,
    limits: String,
    /// What is asked for instead of a signature.
    table: &'static str,
    image_time: Option<Duration>,
    logged_in: bool,
    realms: String,
}

impl Scene {
    /// An image without signature, tagged [`TAG`].
    pub(crate) fn unsigned(behaviour: Behaviour) -> Self {
        let registry = Registry::start(behaviour).unwrap();
        let image = registry.push_image(REPOSITORY, &ImageSpec::named("agent"));
        registry.tag(REPOSITORY, TAG, &image.digest);
        Self {
            registry,
            image,
            before: Vec::new(),
            foreign: None,
            by_digest: false,
            limits: String::new(),
            table: "",
            image_time: None,
            logged_in: false,
            realms: String::new(),
        }
    }

    /// The same with a good bundle among its referrers.
    pub(crate) fn signed(behaviour: Behaviour) -> Self {
        Self::unsigned(behaviour).bundle()
    }

    /// A registry of the specification, an image with a good bundle, and this wrong with these answers.
    pub(crate) fn spoilt(on: Route, effect: Effect) -> Self {
        Self::signed(Behaviour::plain()).fault(on, effect)
    }

    /// The same with an image whose good signature is in the `.sig` tag alone.
    pub(crate) fn legacy_spoilt(on: Route, effect: Effect) -> Self {
        Self::unsigned(Behaviour::plain()).legacy().fault(on, effect)
    }

    /// Attaches a good bundle.
    pub(crate) fn bundle(self) -> Self {
        let signed = world().sign(&SignRequest::image(&self.image.digest));
        self.registry.attach_bundle(REPOSITORY, &self.image, &signed);
        self
    }

    /// Attaches a bundle over any payload by somebody whom the policy does not name.
    pub(crate) fn by_a_stranger(self, payload: &[u8]) -> Self {
        let stranger = Identity::email("eve@evil.test", "https://idp.test");
        let signed = world().sign(&SignRequest::dsse(payload.to_vec(), IN_TOTO).keyless(stranger));
        self.registry.attach_bundle(REPOSITORY, &self.image, &signed);
        self
    }

    /// Attaches a bundle over any payload by the signer whom the policy names.
    pub(crate) fn by_release(self, payload: &[u8]) -> Self {
        let signed = world().sign(&SignRequest::dsse(payload.to_vec(), IN_TOTO));
        self.registry.attach_bundle(REPOSITORY, &self.image, &signed);
        self
    }

    /// Asks for this in place of a signature.
    pub(crate) const fn asking(mut self, table: &'static str) -> Self {
        self.table = table;
        self
    }

    /// Where the good bundle's bytes are.
    pub(crate) fn bundle_blob(&self) -> Route {
        let signed = world().sign(&SignRequest::image(&self.image.digest));
        Route::Blob(Digest::sha256(signed.bundle()).to_string())
    }

    /// A good legacy signature.
    pub(crate) fn good_legacy(&self) -> Signed {
        let name = format!("{}/{REPOSITORY}", self.registry.host());
        world().sign(&SignRequest::legacy_image(&name, &self.image.digest))
    }

    /// Puts a good signature among so many layers of the `.sig` tag that all name one payload.
    pub(crate) fn sig_layers(self, count: usize, good_first: bool) -> Self {
        let signed = self.good_legacy();
        let payload = self.registry.push_blob(REPOSITORY, signed.layer());
        let layer = |annotations: serde_json::Value| {
            json!({
                "mediaType": signed.layer_media_type(), "digest": payload.to_string(),
                "size": signed.layer().len(), "annotations": annotations,
            })
        };
        let junk = |n: usize| layer(json!({ ANNOTATION_SIGNATURE: n.to_string() }));
        let mut layers: Vec<_> = (0..count).map(junk).collect();
        let good = layer(json!(signed.annotations));
        layers.insert(if good_first { 0 } else { count }, good);
        let pushed = self.registry.push_layers(REPOSITORY, layers);
        let tag = format!("sha256-{}.sig", self.image.digest.hex());
        self.registry.tag(REPOSITORY, &tag, &pushed.digest);
        self
    }

    /// Puts a good signature into the `.sig` tag.
    pub(crate) fn legacy(self) -> Self {
        self.registry.attach_legacy(REPOSITORY, &self.image.digest, &[&self.good_legacy()]);
        self
    }

    /// Attaches bytes that are no good bundle.
    pub(crate) fn junk(self, bytes: &[u8]) -> Self {
        self.registry.attach(REPOSITORY, &self.image, BUNDLE, bytes, None);
        self
    }

    /// Attaches distinct bundles that verify nowhere, each a manifest and a blob.
    pub(crate) fn junk_bundles(self, numbers: std::ops::Range<usize>) -> Self {
        numbers.fold(self, |scene, n| {
            let junk = json!({ "mediaType": BUNDLE, "junk": n });
            scene.junk(junk.to_string().as_bytes())
        })
    }

    /// Attaches manifests of a bundle's type that all hold the same blob.
    pub(crate) fn referrers(self, count: usize) -> Self {
        let blob = self.registry.push_blob(REPOSITORY, b"{}");
        let layer = json!({ "mediaType": BUNDLE, "digest": blob.to_string(), "size": 2 });
        let mut subject = self.image.clone();
        subject.platform = None;
        for n in 0..count {
            let manifest = json!({
                "schemaVersion": 2, "mediaType": MEDIA_MANIFEST, "artifactType": BUNDLE, "config": layer,
                "layers": [layer], "subject": subject.descriptor(), "annotations": { "n": n.to_string() },
            });
            self.registry.push_document(REPOSITORY, MEDIA_MANIFEST, &manifest);
        }
        self
    }

    /// Makes an index the image; it is signed instead.
    pub(crate) fn within(mut self, wrap: impl Fn(&Registry, &Pushed) -> Pushed) -> Self {
        self.image = wrap(&self.registry, &self.image);
        self.registry.tag(REPOSITORY, TAG, &self.image.digest);
        self.bundle()
    }

    /// A signed index, and the reference to an image in it.
    pub(crate) fn child_of_a_signed_index(self) -> Self {
        let child = self.image.clone();
        let mut scene = self
            .within(|registry, image| registry.push_index(REPOSITORY, std::slice::from_ref(image)))
            .by_digest();
        scene.image = child;
        scene
    }

    /// Pushes a second image, which has another digest and no signature.
    pub(crate) fn other(&self) -> Pushed {
        self.registry.push_image(REPOSITORY, &ImageSpec::named("other"))
    }

    /// Adds something that is wrong.
    pub(crate) fn fault(self, on: Route, effect: Effect) -> Self {
        self.registry.fault(Fault::on(on, effect));
        self
    }

    /// Adds what is wrong with the bytes that the image's digest names.
    pub(crate) fn fault_on_image(self, effect: Effect) -> Self {
        let route = Route::Manifest(self.image.digest.to_string());
        self.fault(route, effect)
    }

    /// Asks for the image by its digest instead of its tag.
    pub(crate) fn by_digest(mut self) -> Self {
        self.by_digest = true;
        self
    }

    /// Sets limits of the policy.
    pub(crate) fn limits(mut self, lines: &str) -> Self {
        self.limits = format!("{}{lines}\n", self.limits);
        self
    }

    /// Gives the image so much time.
    pub(crate) fn time(mut self, time: Duration) -> Self {
        self.image_time = Some(time);
        self.limits(&format!("image-time = \"{}s\"", time.as_secs()))
    }

    /// Gives the image little time: the row waits for its end.
    pub(crate) fn short(self) -> Self {
        self.time(SHORT)
    }

    /// Stores credentials for the registry.
    pub(crate) fn logged_in(mut self) -> Self {
        self.logged_in = true;
        self
    }

    /// Adds a second host that has the same image.
    pub(crate) fn foreign(mut self, behaviour: Behaviour) -> Self {
        let copy = Self::signed(behaviour);
        assert_eq!(copy.image.digest, self.image.digest);
        self.foreign = Some(copy.registry);
        self
    }

    /// The second host's address, to lead the program there.
    pub(crate) fn away(&self, path: &str) -> String {
        self.foreign.as_ref().unwrap().url(path)
    }

    /// Lets the registry's credentials go to the second host's token service.
    pub(crate) fn realm_listed(mut self) -> Self {
        self.realms = format!("auth-realms = [\"{}\"]\n", self.foreign.as_ref().unwrap().host());
        self
    }

    /// The time for one image that the policy gives.
    pub(crate) fn image_time(&self) -> Duration {
        self.image_time.unwrap_or(Duration::from_secs(20))
    }

    /// A box with the policy, the registry's entry, the trusted root and the credentials.
    pub(crate) fn sandbox(&self) -> Sandbox {
        let host = self.registry.host();
        let sandbox = Sandbox::for_world(world(), &[]);
        let registry = format!("[[registry]]\nhost = \"{host}\"\nrepositories = [\"**\"]\n{}", self.realms);
        sandbox.write("allowlists/registries.toml", registry);
        if !self.limits.is_empty() || !self.table.is_empty() {
            let asked = match self.table {
                "" => SIGNED_BY_RELEASE.to_owned(),
                table => SIGNED_BY_RELEASE.replace("signed-by = [\"release\"]", table),
            };
            sandbox.write("proofmark.toml", format!("{asked}\n[limits]\n{}", self.limits));
        }
        let docker = sandbox.dir().join(DOCKER_CONFIG);
        std::fs::create_dir(&docker).unwrap();
        if self.logged_in {
            let stored = json!({ "auths": { host: { "auth": PAIR } } });
            std::fs::write(docker.join("config.json"), stored.to_string()).unwrap();
        }
        sandbox
    }

    /// What is verified, in order.
    pub(crate) fn references(&self) -> Vec<String> {
        let host = self.registry.host();
        let name = |(at, image): (usize, &Pushed)| match (self.by_digest, at == self.before.len()) {
            (true, _) => format!("{host}/{REPOSITORY}@{}", image.digest),
            (false, true) => format!("{host}/{REPOSITORY}:{TAG}"),
            (false, false) => format!("{host}/{REPOSITORY}:{TAG}-{at}"),
        };
        self.images().enumerate().map(name).collect()
    }

    /// What the references lead to.
    pub(crate) fn images(&self) -> impl Iterator<Item = &Pushed> {
        self.before.iter().chain([&self.image])
    }

    /// So many images in all, to each of which the same is attached.
    pub(crate) fn images_with(mut self, count: usize, attach: fn(Self) -> Self) -> Self {
        for at in 1..count {
            let next = self.registry.push_image(REPOSITORY, &ImageSpec::named(&format!("agent {at}")));
            self = attach(self);
            self.registry.tag(REPOSITORY, &format!("{TAG}-{}", at - 1), &self.image.digest);
            self.before.push(std::mem::replace(&mut self.image, next));
        }
        self.registry.tag(REPOSITORY, TAG, &self.image.digest);
        attach(self)
    }

    /// Holds that no credential came to a host that it does not belong to.
    pub(crate) fn leaked(&self) -> Result<(), String> {
        let Some(foreign) = self.foreign.as_ref().filter(|_| self.realms.is_empty()) else { return Ok(()) };
        for request in foreign.requests() {
            let said = format!("{request:?}");
            let secret = [PAIR, USER, PASSWORD].into_iter().find(|secret| said.contains(secret));
            if request.header("authorization").is_some() || secret.is_some() || request.method != "GET" {
                return Err(format!("a credential came to {}: {said}", foreign.host()));
            }
        }
        Ok(())
    }
}
