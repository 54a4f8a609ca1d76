//! Small images, and reading and writing them in a loopback registry.

use std::collections::HashMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::http::{self, Response};
use crate::peers::hex;

/// Media type of an OCI image manifest.
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// Media type of an OCI image index.
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

/// Bytes and what they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The media type.
    pub media_type: String,
    /// The bytes that the digest is of.
    pub bytes: Vec<u8>,
}

impl Content {
    /// `sha256:…` of the bytes.
    pub fn digest(&self) -> String {
        format!("sha256:{}", hex(&Sha256::digest(&self.bytes)))
    }

    /// A descriptor without annotations.
    pub fn descriptor(&self) -> Value {
        json!({"mediaType": self.media_type, "digest": self.digest(), "size": self.bytes.len()})
    }

    /// The bytes as JSON.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.bytes).context("a manifest that is no JSON")
    }

    /// The canonical bytes of a value.
    pub fn of_json(media_type: &str, value: &Value) -> Self {
        Self { media_type: media_type.to_owned(), bytes: value.to_string().into_bytes() }
    }
}

/// An image: manifests, children before the index that lists them, and blobs.
#[derive(Debug, Clone)]
pub struct Image {
    /// The last one is what a tag names.
    pub manifests: Vec<Content>,
    /// Configs and layers.
    pub blobs: Vec<Content>,
}

impl Image {
    /// An image of one file. The same name and platforms give the same bytes; more than one
    /// platform gives an index.
    pub fn new(name: &str, architectures: &[&str]) -> Self {
        Self::of_layers(&[("etc/image", name)], architectures)
    }

    /// An image of these layers, the lowest first: each is one file, by path and text. The same input gives the same bytes;
    /// more than one platform gives an index.
    pub fn of_layers(layers: &[(&str, &str)], architectures: &[&str]) -> Self {
        let mut image = Self { manifests: Vec::new(), blobs: Vec::new() };
        let mut children = Vec::new();
        for architecture in architectures {
            let layer = |(path, text): &(&str, &str)| Content {
                media_type: LAYER.to_owned(),
                bytes: tar(path, format!("{text} {architecture}\n").as_bytes()),
            };
            let layers: Vec<Content> = layers.iter().map(layer).collect();
            let config = json!({
                "architecture": architecture, "os": "linux", "created": "2026-01-01T00:00:00Z",
                "config": {"Entrypoint": ["/agent"], "User": "65532"},
                "rootfs": {"type": "layers", "diff_ids": layers.iter().map(Content::digest).collect::<Vec<_>>()},
            });
            let config = Content::of_json(CONFIG, &config);
            let manifest = json!({
                "schemaVersion": 2, "mediaType": MANIFEST,
                "config": config.descriptor(),
                "layers": layers.iter().map(Content::descriptor).collect::<Vec<_>>(),
            });
            let manifest = Content::of_json(MANIFEST, &manifest);
            let mut child = manifest.descriptor();
            child["platform"] = json!({"os": "linux", "architecture": architecture});
            children.push(child);
            image.manifests.push(manifest);
            image.blobs.push(config);
            image.blobs.extend(layers);
        }
        if children.len() > 1 {
            let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": children});
            image.manifests.push(Content::of_json(INDEX, &index));
        }
        image
    }

    /// The same image with each layer compressed; configs stay, for they name the layers' uncompressed bytes.
    pub fn gzipped(&self) -> Result<Self> {
        let mut changed: HashMap<String, Content> = HashMap::new();
        let mut image = Self { manifests: Vec::new(), blobs: Vec::new() };
        for blob in &self.blobs {
            let new = if blob.media_type == LAYER { gzip(blob)? } else { blob.clone() };
            changed.insert(blob.digest(), new.clone());
            image.blobs.push(new);
        }
        for manifest in &self.manifests {
            let mut value = manifest.json()?;
            for list in ["layers", "manifests"] {
                for descriptor in value.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
                    let old = descriptor["digest"].as_str().context("a descriptor without digest")?;
                    let new = changed.get(old).context("a descriptor of nothing")?;
                    let platform = descriptor.get("platform").cloned();
                    *descriptor = new.descriptor();
                    if let Some(platform) = platform {
                        descriptor["platform"] = platform;
                    }
                }
            }
            let new = Content::of_json(&manifest.media_type, &value);
            changed.insert(manifest.digest(), new.clone());
            image.manifests.push(new);
        }
        Ok(image)
    }

    /// What a tag names.
    pub fn top(&self) -> Result<&Content> {
        self.manifests.last().context("an image without a platform")
    }

    /// Pushes everything; the tag, if there is one, names the top manifest.
    pub fn push(&self, repository: &Repository, tag: Option<&str>) -> Result<()> {
        for blob in &self.blobs {
            repository.put_blob(blob)?;
        }
        for manifest in &self.manifests {
            repository.put_manifest(&manifest.digest(), manifest)?;
        }
        tag.map_or(Ok(()), |tag| repository.put_manifest(tag, self.top()?))
    }
}

/// A compressed layer: by the real gzip, without name and time.
fn gzip(layer: &Content) -> Result<Content> {
    let mut command = Command::new("gzip");
    command.args(["-n", "-9", "-c"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().context("gzip")?;
    // Layers here are smaller than a pipe, so gzip can be given all before it is read.
    child.stdin.take().context("no standard input")?.write_all(&layer.bytes)?;
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "gzip ended with {}", output.status);
    Ok(Content { media_type: format!("{LAYER}+gzip"), bytes: output.stdout })
}

/// A tar archive (POSIX ustar) of one file, with neither owner nor time.
fn tar(name: &str, data: &[u8]) -> Vec<u8> {
    let mut header = [0_u8; 512];
    let mut put =
        |offset: usize, text: &str| header[offset..offset + text.len()].copy_from_slice(text.as_bytes());
    put(0, name);
    put(100, "0000644\0");
    put(108, "0000000\0");
    put(116, "0000000\0");
    put(124, &format!("{:011o}\0", data.len()));
    put(136, "00000000000\0");
    put(148, "        ");
    put(156, "0");
    put(257, "ustar\x0000");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut archive = header.to_vec();
    archive.extend_from_slice(data);
    archive.resize(archive.len().next_multiple_of(512) + 1024, 0);
    archive
}

/// One repository of a loopback registry.
#[derive(Debug, Clone)]
pub struct Repository {
    /// `127.0.0.1:PORT`.
    pub host: String,
    /// The name after the host.
    pub name: String,
}

impl Repository {
    /// `HOST/NAME@DIGEST`.
    pub fn reference(&self, digest: &str) -> String {
        format!("{}/{}@{digest}", self.host, self.name)
    }

    fn url(&self, rest: &str) -> String {
        format!("http://{}/v2/{}/{rest}", self.host, self.name)
    }

    /// Uploads a blob in one piece.
    pub fn put_blob(&self, blob: &Content) -> Result<()> {
        let started = http::request("POST", &self.url("blobs/uploads/"), &[], &[])?;
        let location = started.header("location").context("no upload location")?;
        let url = if location.starts_with('/') {
            format!("http://{}{location}", self.host)
        } else {
            location.to_owned()
        };
        let url = format!("{url}{}digest={}", if url.contains('?') { '&' } else { '?' }, blob.digest());
        let kind = ("Content-Type", "application/octet-stream");
        accepted(http::request("PUT", &url, &[kind], &blob.bytes)?, "blob").map(drop)
    }

    /// Puts a manifest under a tag or its digest.
    pub fn put_manifest(&self, name: &str, manifest: &Content) -> Result<()> {
        let kind = ("Content-Type", manifest.media_type.as_str());
        let response =
            http::request("PUT", &self.url(&format!("manifests/{name}")), &[kind], &manifest.bytes)?;
        accepted(response, "manifest").map(drop)
    }

    /// Attaches a manifest to its subject: where the registry has no referrers API, the fallback
    /// tag is kept by the client (OCI distribution specification, "Pushing Manifests with Subject").
    pub fn attach(&self, manifest: &Content) -> Result<()> {
        self.put_manifest(&manifest.digest(), manifest)?;
        let value = manifest.json()?;
        let subject = value["subject"]["digest"].as_str().context("a referrer without subject")?;
        if http::get(&self.url(&format!("referrers/{subject}")), INDEX)?.is_success() {
            return Ok(());
        }
        let tag = subject.replace(':', "-");
        let mut index = match self.manifest(&tag)? {
            Some(index) => index.json()?,
            None => json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": []}),
        };
        let mut descriptor = manifest.descriptor();
        descriptor["artifactType"] = value["artifactType"].clone();
        index["manifests"].as_array_mut().context("an index without manifests")?.push(descriptor);
        self.put_manifest(&tag, &Content::of_json(INDEX, &index))
    }

    /// Copies the blobs that a manifest names.
    pub fn copy_blobs(&self, manifest: &Value, to: &Self) -> Result<()> {
        let layers = manifest["layers"].as_array().context("a manifest without layers")?;
        layers.iter().chain([&manifest["config"]]).try_for_each(|blob| to.put_blob(&self.blob(blob)?))
    }

    /// A manifest by tag or digest; `None` if there is none.
    pub fn manifest(&self, name: &str) -> Result<Option<Content>> {
        let response = http::get(&self.url(&format!("manifests/{name}")), &format!("{MANIFEST}, {INDEX}"))?;
        if response.status == 404 {
            return Ok(None);
        }
        let media_type = response.header("content-type").unwrap_or(MANIFEST).to_owned();
        Ok(Some(Content { media_type, bytes: accepted(response, "manifest")?.body }))
    }

    /// A blob that a descriptor names.
    pub fn blob(&self, descriptor: &Value) -> Result<Content> {
        let digest = descriptor["digest"].as_str().context("a descriptor without digest")?;
        let media_type = descriptor["mediaType"].as_str().unwrap_or_default().to_owned();
        let response = accepted(http::get(&self.url(&format!("blobs/{digest}")), "*/*")?, "blob")?;
        let content = Content { media_type, bytes: response.body };
        ensure!(content.digest() == digest, "the registry gave other bytes for {digest}");
        Ok(content)
    }

    /// The manifests that name `digest` as their subject: by the referrers API, else by the
    /// fallback tag.
    pub fn referrers(&self, digest: &str) -> Result<Vec<Content>> {
        let api = http::get(&self.url(&format!("referrers/{digest}")), INDEX)?;
        let index = if api.is_success() {
            Some(Content { media_type: INDEX.to_owned(), bytes: api.body })
        } else {
            self.manifest(&digest.replace(':', "-"))?
        };
        let Some(index) = index else { return Ok(Vec::new()) };
        let index = index.json()?;
        let listed = index["manifests"].as_array().cloned().unwrap_or_default();
        let fetch = |descriptor: &Value| {
            let digest = descriptor["digest"].as_str().context("a descriptor without digest")?;
            self.manifest(digest)?.context("a listed manifest is not there")
        };
        listed.iter().map(fetch).collect()
    }
}

fn accepted(response: Response, what: &str) -> Result<Response> {
    let text = String::from_utf8_lossy(&response.body);
    ensure!(response.is_success(), "{what}: the registry answered {}: {text}", response.status);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::{INDEX, Image, MANIFEST, tar};

    #[test]
    fn the_same_image_has_the_same_bytes_and_one_manifest_for_each_platform() {
        let image = Image::new("a", &["amd64", "arm64"]);
        let kinds: Vec<_> = image.manifests.iter().map(|manifest| manifest.media_type.as_str()).collect();
        assert_eq!(kinds, [MANIFEST, MANIFEST, INDEX]);
        assert_eq!(image.manifests, Image::new("a", &["amd64", "arm64"]).manifests);
        assert_ne!(image.manifests, Image::new("b", &["amd64", "arm64"]).manifests);
    }

    #[test]
    fn a_compressed_image_is_the_same_image_with_other_layers() {
        let image = Image::new("a", &["amd64", "arm64"]);
        let gzipped = image.gzipped().unwrap();
        let configs = |image: &Image| {
            image.blobs.iter().filter(|blob| blob.bytes[0] == b'{').cloned().collect::<Vec<_>>()
        };
        assert_eq!(configs(&image), configs(&gzipped));
        let layers: Vec<_> = gzipped.blobs.iter().filter(|blob| blob.bytes[0] != b'{').collect();
        assert_eq!(layers.len(), 2);
        assert!(layers.iter().all(|layer| layer.bytes.starts_with(&[0x1f, 0x8b])));
        let index = gzipped.top().unwrap().json().unwrap();
        for (at, child) in gzipped.manifests[..2].iter().enumerate() {
            assert_eq!(index["manifests"][at]["digest"], child.digest());
            assert_eq!(index["manifests"][at]["platform"]["os"], "linux");
            assert_eq!(child.json().unwrap()["layers"][0], layers[at].descriptor());
        }
    }

    #[test]
    fn the_archive_is_whole_blocks_with_a_right_checksum() {
        let archive = tar("etc/image", b"hello");
        assert_eq!(archive.len(), 4 * 512);
        let sum: u32 = archive[..512]
            .iter()
            .enumerate()
            .map(|(at, byte)| if (148..156).contains(&at) { u32::from(b' ') } else { u32::from(*byte) })
            .sum();
        let stored =
            std::str::from_utf8(&archive[148..154]).ok().and_then(|text| u32::from_str_radix(text, 8).ok());
        assert_eq!(stored, Some(sum));
    }
}
