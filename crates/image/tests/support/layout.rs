//! An OCI layout directory (image-spec, "OCI Image Layout") with one image and what is attached to it.

use std::path::{Path, PathBuf};

use proofmark_core::Digest;
use proofmark_testkit::registry::{MEDIA_INDEX, MEDIA_MANIFEST};
use proofmark_testkit::sigstore::Signed;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A layout below a temporary directory; it goes when this does.
pub(crate) struct Layout {
    dir: TempDir,
    entries: Vec<Value>,
}

impl Layout {
    pub(crate) fn new() -> Self {
        let layout = Self { dir: TempDir::new().unwrap(), entries: Vec::new() };
        std::fs::create_dir_all(layout.dir.path().join("images/blobs/sha256")).unwrap();
        layout.write("oci-layout", b"{\"imageLayoutVersion\":\"1.0.0\"}");
        layout.write_index();
        layout
    }

    /// The directory in which the layout `images` lies.
    pub(crate) fn parent(&self) -> &Path {
        self.dir.path()
    }

    /// The layout itself.
    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().join("images")
    }

    #[allow(clippy::disallowed_methods, reason = "scratch data of a test")]
    fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path().join(name), bytes).unwrap();
    }

    fn write_index(&self) {
        let index = json!({ "schemaVersion": 2, "mediaType": MEDIA_INDEX, "manifests": self.entries });
        self.write("index.json", index.to_string().as_bytes());
    }

    fn blob(&self, media_type: &str, bytes: &[u8]) -> Value {
        let digest = Digest::sha256(bytes);
        self.write(&format!("blobs/sha256/{}", digest.hex()), bytes);
        json!({ "mediaType": media_type, "digest": digest.to_string(), "size": bytes.len() })
    }

    /// A manifest as it is, listed under this name.
    pub(crate) fn manifest(&mut self, name: &str, manifest: &Value) -> Digest {
        let bytes = manifest.to_string().into_bytes();
        let mut descriptor = self.blob(MEDIA_MANIFEST, &bytes);
        if !name.is_empty() {
            descriptor["annotations"] = json!({ "org.opencontainers.image.ref.name": name });
        }
        self.entries.push(descriptor);
        self.write_index();
        Digest::sha256(&bytes)
    }

    /// An image of one layer, listed under this name.
    pub(crate) fn image(&mut self, name: &str) -> Digest {
        let config =
            json!({ "os": "linux", "architecture": "amd64", "rootfs": { "type": "layers", "diff_ids": [] } });
        let config = self.blob("application/vnd.oci.image.config.v1+json", config.to_string().as_bytes());
        let layer = self.blob("application/vnd.oci.image.layer.v1.tar", name.as_bytes());
        let manifest =
            json!({ "schemaVersion": 2, "mediaType": MEDIA_MANIFEST, "config": config, "layers": [layer] });
        self.manifest(name, &manifest)
    }

    /// A bundle as cosign v3 attaches it.
    pub(crate) fn bundle(&mut self, subject: &Digest, signed: &Signed) {
        let config = self.blob("application/vnd.oci.empty.v1+json", b"{}");
        let layer = self.blob(signed.layer_media_type(), signed.bundle());
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MEDIA_MANIFEST,
            "artifactType": signed.layer_media_type(),
            "config": config,
            "layers": [layer],
            "subject": { "mediaType": MEDIA_MANIFEST, "digest": subject.to_string(), "size": 1 },
        });
        self.manifest("", &manifest);
    }
}
