//! Pushing: images, indexes, and what is attached to them.

use proofmark_core::Digest;
use serde_json::{Map, Value, json};

use super::Registry;
use super::behaviour::{ArtifactTypes, Behaviour};
use super::image::{ImageSpec, MEDIA_INDEX, MEDIA_MANIFEST, PlatformSpec, Pushed};
use super::store::{Repository, TagState};
use crate::sigstore::{Format, Signed};

/// The media type of an empty config, and of what has no type of its own.
const EMPTY: &str = "application/vnd.oci.empty.v1+json";

fn blob(media_type: &str, digest: &Digest, size: usize) -> Value {
    json!({ "mediaType": media_type, "digest": digest.to_string(), "size": size })
}

impl Registry {
    /// Stores any bytes as a blob.
    pub fn push_blob(&self, repository: &str, bytes: &[u8]) -> Digest {
        self.shared.lock().store.repository(repository).put_blob(bytes)
    }

    /// Stores any bytes as a manifest; a `subject` in them makes it a referrer.
    pub fn push_manifest(&self, repository: &str, media_type: &str, bytes: &[u8]) -> Pushed {
        let mut state = self.shared.lock();
        let state = &mut *state;
        let repository = state.store.repository(repository);
        let again = repository.manifests.contains_key(&Digest::sha256(bytes).to_string());
        let pushed = repository.put_manifest(media_type, bytes.to_vec());
        refer(repository, &state.behaviour, &pushed, bytes, again);
        pushed
    }

    /// Stores a document as a manifest.
    pub fn push_document(&self, repository: &str, media_type: &str, document: &Value) -> Pushed {
        self.push_manifest(repository, media_type, document.to_string().as_bytes())
    }

    /// Points a tag to a digest.
    pub fn tag(&self, repository: &str, tag: &str, digest: &Digest) {
        self.moving_tag(repository, tag, std::slice::from_ref(digest));
    }

    /// A tag that names another digest with each request, the last for ever (REF-01).
    pub fn moving_tag(&self, repository: &str, tag: &str, digests: &[Digest]) {
        let state = TagState { digests: digests.iter().map(ToString::to_string).collect(), served: 0 };
        self.shared.lock().store.repository(repository).tags.insert(tag.to_owned(), state);
    }

    /// Pushes an image: layers, config, manifest.
    pub fn push_image(&self, repository: &str, image: &ImageSpec) -> Pushed {
        let (manifest_type, config_type, layer_type) = image.media_types();
        let layers: Vec<_> = image
            .layers
            .iter()
            .map(|bytes| blob(layer_type, &self.push_blob(repository, bytes), bytes.len()))
            .collect();
        let config = image.config().to_string();
        let config = blob(config_type, &self.push_blob(repository, config.as_bytes()), config.len());
        let mut manifest =
            json!({ "schemaVersion": 2, "mediaType": manifest_type, "config": config, "layers": layers });
        if !image.annotations.is_empty() {
            let map: Map<_, _> =
                image.annotations.iter().map(|(k, v)| (k.clone(), v.clone().into())).collect();
            manifest["annotations"] = map.into();
        }
        let mut pushed = self.push_document(repository, manifest_type, &manifest);
        pushed.platform = Some(image.platform.clone());
        pushed
    }

    /// Pushes an index over children, in this order.
    pub fn push_index(&self, repository: &str, children: &[Pushed]) -> Pushed {
        self.push_index_of(repository, children.iter().map(Pushed::descriptor).collect())
    }

    /// Pushes an index over raw descriptors.
    pub fn push_index_of(&self, repository: &str, descriptors: Vec<Value>) -> Pushed {
        let index = json!({ "schemaVersion": 2, "mediaType": MEDIA_INDEX, "manifests": descriptors });
        self.push_document(repository, MEDIA_INDEX, &index)
    }

    /// BuildKit's unsigned attestation manifest, to be listed in the index: platform unknown/unknown (ATT-09).
    /// Gives the descriptor, with the annotations that name its image.
    pub fn push_buildkit_attestation(&self, repository: &str, image: &Digest, statement: &[u8]) -> Value {
        let layer =
            blob("application/vnd.in-toto+json", &self.push_blob(repository, statement), statement.len());
        let config = ImageSpec {
            platform: PlatformSpec::new("unknown", "unknown"),
            layers: vec![statement.to_vec()],
            ..ImageSpec::default()
        };
        let config = config.config().to_string();
        let digest = self.push_blob(repository, config.as_bytes());
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MEDIA_MANIFEST,
            "config": blob("application/vnd.oci.image.config.v1+json", &digest, config.len()),
            "layers": [layer],
        });
        let mut pushed = self.push_document(repository, MEDIA_MANIFEST, &manifest);
        pushed.platform = Some(PlatformSpec::new("unknown", "unknown"));
        let mut descriptor = pushed.descriptor();
        descriptor["annotations"] = json!({
            "vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": image.to_string(),
        });
        descriptor
    }

    /// Attaches a bundle as cosign v3 does: a manifest with `subject`, one layer, an empty config.
    pub fn attach_bundle(&self, repository: &str, subject: &Pushed, signed: &Signed) -> Pushed {
        let predicate = signed.predicate_type.as_deref();
        self.attach(repository, subject, signed.layer_media_type(), signed.bundle(), predicate)
    }

    /// Attaches any bytes as a bundle of this media type, with this hint of its predicate type.
    pub fn attach(
        &self,
        repository: &str,
        subject: &Pushed,
        media_type: &str,
        bytes: &[u8],
        predicate: Option<&str>,
    ) -> Pushed {
        let layer = blob(media_type, &self.push_blob(repository, bytes), bytes.len());
        let config = self.push_blob(repository, b"{}");
        let mut annotations = json!({
            "dev.sigstore.bundle.content": if predicate.is_some() { "dsse-envelope" } else { "message-signature" },
            "org.opencontainers.image.created": "2025-09-01T12:00:00Z",
        });
        if let Some(predicate) = predicate {
            annotations["dev.sigstore.bundle.predicateType"] = predicate.into();
        }
        let mut subject = subject.clone();
        subject.platform = None;
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MEDIA_MANIFEST,
            "artifactType": media_type,
            "config": blob(EMPTY, &config, 2),
            "layers": [layer],
            "annotations": annotations,
            "subject": subject.descriptor(),
        });
        self.push_document(repository, MEDIA_MANIFEST, &manifest)
    }

    /// Attaches legacy signatures or attestations: one manifest under `sha256-<hex>.sig` or `.att`, a layer each.
    /// What is under that tag is replaced.
    pub fn attach_legacy(&self, repository: &str, subject: &Digest, signed: &[&Signed]) -> Pushed {
        let attestation = signed.iter().any(|s| s.format == Format::Legacy && s.predicate_type.is_some());
        let layers: Vec<_> = signed
            .iter()
            .map(|signed| {
                let digest = self.push_blob(repository, signed.layer());
                let mut layer = blob(signed.layer_media_type(), &digest, signed.layer().len());
                let mut annotations: Map<_, _> =
                    signed.annotations.iter().map(|(k, v)| (k.clone(), v.clone().into())).collect();
                if let Some(predicate) = &signed.predicate_type {
                    annotations.insert("predicateType".to_owned(), predicate.clone().into());
                }
                layer["annotations"] = annotations.into();
                layer
            })
            .collect();
        let suffix = if attestation { "att" } else { "sig" };
        let pushed = self.push_layers(repository, layers);
        self.tag(repository, &format!("sha256-{}.{suffix}", subject.hex()), &pushed.digest);
        pushed
    }

    /// Pushes a manifest over raw layer descriptors with an image config, as legacy cosign does.
    pub fn push_layers(&self, repository: &str, layers: Vec<Value>) -> Pushed {
        let config =
            ImageSpec { platform: PlatformSpec::new("", ""), layers: Vec::new(), ..ImageSpec::default() };
        let config = config.config().to_string();
        let digest = self.push_blob(repository, config.as_bytes());
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MEDIA_MANIFEST,
            "config": blob("application/vnd.oci.image.config.v1+json", &digest, config.len()),
            "layers": layers,
        });
        self.push_document(repository, MEDIA_MANIFEST, &manifest)
    }
}

/// Notes a manifest with a subject, in the API's list and in the fallback tag. Only what is pushed `again` can be listed
/// already: long lists are not searched for each push.
fn refer(repository: &mut Repository, behaviour: &Behaviour, pushed: &Pushed, bytes: &[u8], again: bool) {
    let Ok(manifest) = serde_json::from_slice::<Value>(bytes) else { return };
    let Some(subject) = manifest["subject"]["digest"].as_str().map(str::to_owned) else { return };
    let mut descriptor = pushed.descriptor();
    let artifact_type = match behaviour.artifact_types {
        ArtifactTypes::Manifest => {
            manifest.get("artifactType").or_else(|| manifest["config"].get("mediaType"))
        }
        ArtifactTypes::Config => manifest["config"].get("mediaType"),
        ArtifactTypes::Absent => None,
    };
    if let Some(text) = artifact_type {
        descriptor["artifactType"] = text.clone();
    }
    if let Some(annotations) = manifest.get("annotations").filter(|_| behaviour.descriptor_annotations) {
        descriptor["annotations"] = annotations.clone();
    }
    let list = repository.referrers.entry(subject.clone()).or_default();
    if again {
        list.retain(|old| old["digest"] != descriptor["digest"]);
    }
    list.push(descriptor);
}
