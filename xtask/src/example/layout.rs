//! An OCI image layout of several repositories, with what is attached to their images.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::stack::registry::{Content, INDEX, Image, Repository};

/// The annotation that names an entry of `index.json`.
const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// A layout in memory.
#[derive(Default)]
pub(super) struct Layout {
    entries: Vec<Value>,
    /// By digest.
    blobs: BTreeMap<String, Vec<u8>>,
}

impl Layout {
    /// Adds an image under its full name.
    pub(super) fn add_image(&mut self, image: &Image, name: &str) -> Result<()> {
        for content in image.blobs.iter().chain(&image.manifests) {
            self.keep(content);
        }
        let mut descriptor = image.top()?.descriptor();
        descriptor["annotations"] = json!({REF_NAME: name});
        self.entries.push(descriptor);
        Ok(())
    }

    /// Adds a manifest that is attached to an image, by its subject or by its name.
    pub(super) fn add_attached(
        &mut self,
        from: &Repository,
        manifest: &Content,
        name: Option<&str>,
    ) -> Result<()> {
        let value = manifest.json()?;
        let layers = value["layers"].as_array().context("a manifest without layers")?;
        for descriptor in layers.iter().chain([&value["config"]]) {
            let blob = from.blob(descriptor)?;
            self.keep(&blob);
        }
        let mut descriptor = manifest.descriptor();
        if let Some(kind) = value.get("artifactType") {
            descriptor["artifactType"] = kind.clone();
        }
        if let Some(name) = name {
            descriptor["annotations"] = json!({REF_NAME: name});
        }
        self.keep(manifest);
        self.entries.push(descriptor);
        Ok(())
    }

    fn keep(&mut self, content: &Content) {
        self.blobs.insert(content.digest(), content.bytes.clone());
    }

    /// Writes the layout in place of the one that is there; gives the number of bytes.
    pub(super) fn write(&self, dir: &Path) -> Result<u64> {
        if dir.exists() {
            fs::remove_dir_all(dir)?;
        }
        let blobs = dir.join("blobs/sha256");
        fs::create_dir_all(&blobs)?;
        let mut written = 0;
        for (digest, bytes) in &self.blobs {
            let name = digest.strip_prefix("sha256:").context("not a SHA-256 digest")?;
            fs::write(blobs.join(name), bytes)?;
            written += bytes.len() as u64;
        }
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": self.entries});
        fs::write(dir.join("index.json"), format!("{index:#}\n"))?;
        fs::write(dir.join("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}\n")?;
        Ok(written)
    }
}
