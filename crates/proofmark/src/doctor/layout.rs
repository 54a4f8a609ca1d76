//! The files of a tool in the layers of an image that lies in an OCI layout.
//!
//! OCI image-spec, `image-layout.md`, `layer.md` ("Whiteouts") and `config.md` (`Env`). Every blob is hashed before it is read.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use proofmark_core::{Algorithm, Digest, Hasher};
use proofmark_lock::unpack::{ArchiveKind, Caps, LayerEntry, LayerKind, LayerVisitor, UnpackError, layer};
use proofmark_pin::Look;
use serde_json::Value;

use crate::files::{open_file, read_all};

/// Bytes of a document, and of one file of a layer.
const MAX_DOCUMENT: u64 = 4 << 20;
const MAX_FILE: u64 = 1 << 30;

/// Images of one layout that are looked at, layers of one, and files of the tools' names in all of them.
const MAX_IMAGES: usize = 64;
const MAX_LAYERS: usize = 512;
const MAX_FOUND: usize = 256;

/// How long one layer may take.
const LAYER_TIME: Duration = Duration::from_mins(5);

/// Bytes that are read at a time.
const PIECE: usize = 256 << 10;

/// What an image has as a rule (Docker's `DefaultPathEnv`).
pub(super) const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// An image, and what its layers hold of the tools.
#[derive(Debug)]
pub(crate) struct Image {
    /// Its platform, or its digest where it says none.
    pub(crate) name: String,
    /// `PATH` of its configuration.
    pub(crate) path: String,
    pub(crate) layers: usize,
    /// In the order of the layers.
    pub(crate) found: Vec<Found>,
    /// Symbolic links of all names that are there at the end, from the root of the image, and where each leads.
    links: BTreeMap<String, String>,
}

/// Links on one way (Linux follows forty).
const MAX_LINKS: usize = 40;

impl Image {
    /// Where a path leads once every link on it is followed; `None`: round, or too far.
    pub(crate) fn real(&self, path: &str) -> Option<String> {
        let mut rest: Vec<String> = path.split('/').rev().map(str::to_owned).collect();
        let (mut real, mut followed) = (String::new(), 0);
        while let Some(part) = rest.pop() {
            match part.as_str() {
                "" | "." => {}
                ".." => real.truncate(real.rfind('/').unwrap_or(0)),
                part => {
                    let here = format!("{real}/{part}");
                    let Some(to) = self.links.get(&here) else {
                        real = here;
                        continue;
                    };
                    followed += 1;
                    if followed > MAX_LINKS {
                        return None;
                    }
                    if to.starts_with('/') {
                        real.clear();
                    }
                    rest.extend(to.split('/').rev().map(str::to_owned));
                }
            }
        }
        Some(real)
    }
}

/// A file of a tool's name in one layer.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) tool: String,
    /// From 1, the lowest first.
    pub(crate) layer: usize,
    pub(crate) layer_digest: Digest,
    /// From the root of the image.
    pub(crate) path: String,
    /// Somebody may run it.
    pub(crate) executable: bool,
    /// Where a link leads; its bytes are another entry's.
    pub(crate) link: Option<String>,
    /// Its bytes, where it has some.
    pub(crate) file: Option<File>,
    pub(crate) size: u64,
    /// The layer that removes or replaces it.
    pub(crate) gone_in: Option<usize>,
}

/// Every image of a layout, or the one of a tag: `oci:DIR[:TAG]`.
///
/// # Errors
/// A sentence: what cannot be read.
pub(crate) fn images(text: &str, tools: &[String]) -> Result<Vec<Image>, String> {
    let rest = text.strip_prefix("oci:").ok_or("write it as oci:DIR or oci:DIR:TAG")?;
    let (dir, tag) = match rest.split_once(':') {
        Some((dir, tag)) => (dir, Some(tag)),
        None => (rest, None),
    };
    let layout = Layout(PathBuf::from(dir));
    let index = document(&layout.0.join("index.json"), None)?;
    let mut manifests = Vec::new();
    layout.manifests(&index, tag, 0, &mut manifests)?;
    if manifests.is_empty() {
        return Err(format!(
            "{dir} has no image{}",
            tag.map(|tag| format!(" of the tag {tag}")).unwrap_or_default()
        ));
    }
    let mut found = 0;
    let images = manifests.iter().map(|digest| layout.image(digest, tools, &mut found));
    let images: Vec<Image> = images.filter_map(Result::transpose).collect::<Result<_, String>>()?;
    if images.is_empty() {
        Err(format!("{dir} holds no image, but what is attached to one"))
    } else {
        Ok(images)
    }
}

struct Layout(PathBuf);

impl Layout {
    fn blob(&self, digest: &Digest) -> PathBuf {
        self.0.join("blobs").join(digest.algorithm().as_str()).join(digest.hex())
    }

    /// The images of an index; attestations (`unknown/unknown`) are none.
    fn manifests(
        &self,
        index: &Value,
        tag: Option<&str>,
        depth: usize,
        all: &mut Vec<Digest>,
    ) -> Result<(), String> {
        const NAME: &str = "org.opencontainers.image.ref.name";
        for one in index["manifests"].as_array().into_iter().flatten() {
            let named = one["annotations"][NAME].as_str();
            if tag.is_some_and(|tag| named != Some(tag)) || one["platform"]["os"] == "unknown" {
                continue;
            }
            let digest = digest_of(one)?;
            let kind = one["mediaType"].as_str().unwrap_or_default();
            if kind.ends_with("index.v1+json") || kind.ends_with("manifest.list.v2+json") {
                if depth > 3 {
                    return Err("indexes stand in indexes".to_owned());
                }
                let inner = document(&self.blob(&digest), Some(&digest))?;
                self.manifests(&inner, None, depth + 1, all)?;
            } else if !all.contains(&digest) {
                all.push(digest);
            }
            if all.len() > MAX_IMAGES {
                return Err(format!("it has more than {MAX_IMAGES} images: name a tag"));
            }
        }
        Ok(())
    }

    fn image(&self, digest: &Digest, tools: &[String], found: &mut usize) -> Result<Option<Image>, String> {
        let manifest = document(&self.blob(digest), Some(digest))?;
        let is_image = |kind: &str| kind.contains("image.config.") || kind.contains("container.image.");
        if !manifest["config"]["mediaType"].as_str().is_some_and(is_image) {
            // What is attached to an image: a signature, an SBOM.
            return Ok(None);
        }
        let config_digest = digest_of(&manifest["config"])?;
        let config = document(&self.blob(&config_digest), Some(&config_digest))?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let platform = text(&config["os"]).zip(text(&config["architecture"]));
        let name = platform.map_or_else(|| digest.to_string(), |(os, arch)| format!("{os}/{arch}"));
        let variables = config["config"]["Env"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let path = variables.filter_map(|one| one.strip_prefix("PATH=")).next_back();
        let mut image = Image {
            name,
            path: path.unwrap_or(DEFAULT_PATH).to_owned(),
            layers: 0,
            found: Vec::new(),
            links: BTreeMap::new(),
        };
        for one in manifest["layers"].as_array().into_iter().flatten() {
            image.layers += 1;
            if image.layers > MAX_LAYERS {
                return Err(format!("it has more than {MAX_LAYERS} layers"));
            }
            self.layer(one, tools, &mut image)?;
            *found += image.found.len();
            if *found > MAX_FOUND {
                return Err(format!("more than {MAX_FOUND} files have the tools' names: name fewer tools"));
            }
        }
        Ok(Some(image))
    }

    fn layer(&self, descriptor: &Value, tools: &[String], image: &mut Image) -> Result<(), String> {
        let digest = digest_of(descriptor)?;
        let media_type = descriptor["mediaType"].as_str().unwrap_or_default();
        let kind = archive(media_type);
        let kind = kind.ok_or_else(|| format!("a layer is of the type `{media_type}`, which is not read"))?;
        let path = self.blob(&digest);
        let unread = |why: String| format!("{} cannot be read: {why}", path.display());
        let mut file = open_file(&path).map_err(|error| unread(error.to_string()))?;
        if hashed(&mut file, digest.algorithm()).map_err(|error| unread(error.to_string()))? != digest {
            return Err(unread("its bytes are not those of its digest".to_owned()));
        }
        let mut visitor = Visitor { tools, image, digest: &digest, open: None };
        layer(file, kind, &Caps::within(LAYER_TIME), &mut visitor).map_err(|error| unread(error.to_string()))
    }
}

/// A JSON document, whose bytes are those of its digest.
fn document(path: &Path, digest: Option<&Digest>) -> Result<Value, String> {
    let unread = |why: String| format!("{} cannot be read: {why}", path.display());
    let bytes = open_file(path).and_then(|file| read_all(file, MAX_DOCUMENT));
    let bytes = bytes.map_err(|error| unread(error.to_string()))?;
    if digest.is_some_and(|digest| !digest.matches(&bytes)) {
        return Err(unread("its bytes are not those of its digest".to_owned()));
    }
    serde_json::from_slice(&bytes).map_err(|error| unread(error.to_string()))
}

fn digest_of(descriptor: &Value) -> Result<Digest, String> {
    let text = descriptor["digest"].as_str().unwrap_or_default();
    Digest::parse(text).map_err(|error| format!("{text}: {error}"))
}

/// How a layer is packed, by its media type (OCI image-spec `layer.md`; Docker's image manifest).
fn archive(media_type: &str) -> Option<ArchiveKind> {
    let is_layer = media_type.contains("image.layer.") || media_type.contains("image.rootfs.");
    match media_type {
        _ if !is_layer => None,
        _ if media_type.ends_with("gzip") => Some(ArchiveKind::TarGz),
        _ if media_type.ends_with("zstd") => Some(ArchiveKind::TarZst),
        _ => Some(ArchiveKind::Tar),
    }
}

fn hashed(file: &mut File, algorithm: Algorithm) -> io::Result<Digest> {
    let (mut hasher, mut buffer) = (Hasher::new(algorithm), vec![0; PIECE]);
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => hasher.update(buffer.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    file.rewind()?;
    Ok(hasher.finish())
}

/// Takes what has a tool's name, and notes what removes it.
struct Visitor<'a> {
    tools: &'a [String],
    image: &'a mut Image,
    digest: &'a Digest,
    /// Where the bytes of the last entry go.
    open: Option<File>,
}

impl Visitor<'_> {
    fn removed(&mut self, is: impl Fn(&str) -> bool) {
        let now = self.image.layers;
        for one in &mut self.image.found {
            if one.gone_in.is_none() && one.layer < now && is(&one.path) {
                one.gone_in = Some(now);
            }
        }
        self.image.links.retain(|path, _| !is(path));
    }

    /// Where an entry is put: through the links that are there (containerd `archive/tar.go`, `fs.RootPath`).
    fn placed(&self, path: &str) -> String {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let folder = self.image.real(folder).unwrap_or_else(|| folder.to_owned());
        format!("{folder}/{name}")
    }

    /// What a hard link is another name of: the bytes that are there now, whatever comes later.
    fn bytes_of(&self, target: &str) -> Option<(File, u64)> {
        let path = self.placed(&absolute(target));
        let is = |one: &&Found| one.gone_in.is_none() && one.path == path;
        let found = self.image.found.iter().rev().find(is)?;
        Some((found.file.as_ref()?.try_clone().ok()?, found.size))
    }
}

impl LayerVisitor for Visitor<'_> {
    fn entry(&mut self, entry: &LayerEntry) -> bool {
        const WHITEOUT: &str = ".wh.";
        const OPAQUE: &str = ".wh..wh..opq";
        let path = self.placed(&absolute(&entry.path));
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
        let below =
            |folder: &str, path: &str| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        if name == OPAQUE {
            self.removed(|path| below(folder, path));
            return false;
        }
        if let Some(hidden) = name.strip_prefix(WHITEOUT) {
            let hidden = format!("{folder}/{hidden}");
            self.removed(|path| path == hidden || below(&hidden, path));
            return false;
        }
        // Another entry of the name is what is there from now on; a file where a folder was hides what was in it.
        let is_folder = entry.kind == LayerKind::Other;
        self.removed(|one| one == path || !is_folder && below(&path, one));
        // Twice in one layer: the later one is what is there.
        let now = self.image.layers;
        for one in self.image.found.iter_mut().filter(|one| one.layer == now && one.path == path) {
            one.gone_in = Some(now);
        }
        let tool = name.strip_suffix(".exe").unwrap_or(name);
        let link = match &entry.kind {
            LayerKind::File | LayerKind::HardLink(_) => None,
            LayerKind::SymbolicLink(to) => {
                self.image.links.insert(path.clone(), to.clone());
                Some(to.clone())
            }
            LayerKind::Other => return false,
        };
        if !self.tools.iter().any(|one| one == tool) {
            return false;
        }
        let mut found = Found {
            tool: tool.to_owned(),
            layer: self.image.layers,
            layer_digest: self.digest.clone(),
            path: path.clone(),
            executable: entry.mode & 0o111 != 0 || entry.kind != LayerKind::File,
            link,
            file: None,
            size: entry.size,
            gone_in: None,
        };
        if let LayerKind::HardLink(to) = &entry.kind {
            if let Some((file, size)) = self.bytes_of(to) {
                (found.file, found.size) = (Some(file), size);
            }
            self.image.found.push(found);
            return false;
        }
        let wanted = found.link.is_none() && entry.size <= MAX_FILE;
        self.open = if wanted { tempfile::tempfile().ok() } else { None };
        self.image.found.push(found);
        self.open.is_some()
    }

    fn bytes(&mut self, piece: &[u8]) -> Result<(), UnpackError> {
        let Some(file) = &mut self.open else { return Ok(()) };
        file.write_all(piece).map_err(|error| UnpackError::Write(error.kind(), error.to_string()))
    }

    fn end(&mut self) {
        let file = self.open.take().and_then(|mut file| file.rewind().is_ok().then_some(file));
        if let Some(last) = self.image.found.last_mut() {
            last.file = file;
        }
    }
}

/// From the root, without `.` and empty parts.
fn absolute(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// A file of a layer, as executables are looked at. It is never run.
pub(crate) struct InLayer {
    shown: String,
    tool: String,
    size: u64,
    file: File,
}

impl InLayer {
    /// Of what was found, under the name that reports give it.
    pub(crate) fn of(found: &Found, shown: String) -> Option<Self> {
        let file = found.file.as_ref()?.try_clone().ok()?;
        Some(Self { shown, tool: found.tool.clone(), size: found.size, file })
    }
}

impl Look for InLayer {
    fn shown(&self) -> &str {
        &self.shown
    }

    fn tool(&self) -> &str {
        &self.tool
    }

    fn size(&self) -> u64 {
        self.size
    }

    fn open(&self) -> io::Result<Box<dyn Read + '_>> {
        let mut file = &self.file;
        file.rewind()?;
        Ok(Box::new(file))
    }

    fn writable(&self) -> Vec<String> {
        Vec::new()
    }

    fn say(&self, _: &[&str]) -> Result<String, String> {
        Err("it lies in an image, and is not run".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_kinds_of_layers() {
        for (written, path) in [("usr/bin/op", "/usr/bin/op"), ("./op", "/op"), ("/a//b/../op", "/a/op")] {
            assert_eq!(absolute(written), path);
        }
        for (media_type, kind) in [
            ("application/vnd.oci.image.layer.v1.tar", Some(ArchiveKind::Tar)),
            ("application/vnd.oci.image.layer.v1.tar+gzip", Some(ArchiveKind::TarGz)),
            ("application/vnd.oci.image.layer.v1.tar+zstd", Some(ArchiveKind::TarZst)),
            ("application/vnd.docker.image.rootfs.diff.tar.gzip", Some(ArchiveKind::TarGz)),
            ("application/vnd.dev.cosign.simplesigning.v1+json", None),
        ] {
            assert_eq!(archive(media_type), kind, "{media_type}");
        }
    }
}
