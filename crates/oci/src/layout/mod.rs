//! OCI layout directories (image-spec `image-layout.md`), as `oci:` references and as mirrors.

mod attached;
pub(crate) mod files;
mod scan;
mod select;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use proofmark_core::{Digest, DigestError, Limits, Reason};
use serde::Deserialize;

use crate::error::ReadError;
use crate::manifest::{Descriptor, ManifestError, parse_index};
use crate::strict_json;
use scan::Scan;

pub(crate) use select::{CONTAINERD_NAME, Names, REF_NAME};

/// Why a layout directory cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum LayoutError {
    /// Not `oci:DIR[:TAG|@DIGEST]`.
    #[error("{0:?} is not of the form oci:DIR[:TAG|@DIGEST]")]
    Reference(String),
    /// The digest of the reference is none.
    #[error("the digest is malformed: {0}")]
    Digest(#[from] DigestError),
    /// A file is not there.
    #[error("{} is not an OCI layout: it has no {file}", .dir.display())]
    NotALayout {
        /// The directory.
        dir: PathBuf,
        /// `oci-layout` or `index.json`.
        file: &'static str,
    },
    /// A version that is not 1.
    #[error("{} is an OCI layout of version {version:?}; only 1 is supported", .dir.display())]
    Version {
        /// The directory.
        dir: PathBuf,
        /// What `oci-layout` says.
        version: String,
    },
    /// The file cannot be read.
    #[error("{}: {kind}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        kind: std::io::ErrorKind,
    },
    /// A symbolic link, device or directory where content must be: following it would leave the layout.
    #[error("{} is not a plain file within the layout", .path.display())]
    NotAFile {
        /// The file.
        path: PathBuf,
    },
    /// Longer than the cap.
    #[error("{} is longer than {limit} bytes", .path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The cap.
        limit: u64,
    },
    /// `oci-layout` or `index.json` is no such document.
    #[error("{}: {error}", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        error: ManifestError,
    },
    /// No entry has this name, or there is none at all.
    #[error("{} has no image {wanted}{}", .dir.display(), listed(.present))]
    NoSuchImage {
        /// The directory.
        dir: PathBuf,
        /// What was asked for.
        wanted: String,
        /// Names that are there, at most ten.
        present: Vec<String>,
    },
    /// Several images have this name, or none was named and there are several.
    #[error("{} has several images{wanted}{}", .dir.display(), listed(.present))]
    Ambiguous {
        /// The directory.
        dir: PathBuf,
        /// What was asked for, as ` called …`, or nothing.
        wanted: String,
        /// Names or digests that are there, at most ten.
        present: Vec<String>,
    },
}

fn listed(present: &[String]) -> String {
    if present.is_empty() { String::new() } else { format!("; it has {}", present.join(", ")) }
}

impl LayoutError {
    /// The reason for a verdict.
    pub const fn reason(&self) -> Reason {
        match self {
            Self::Reference(_)
            | Self::Digest(_)
            | Self::NotALayout { .. }
            | Self::NoSuchImage { .. }
            | Self::Ambiguous { .. } => Reason::NotFound,
            Self::Version { .. } => Reason::Unsupported,
            Self::Io { .. } => Reason::Unreachable,
            Self::NotAFile { .. } | Self::Malformed { .. } => Reason::Malformed,
            Self::TooLarge { .. } => Reason::Limit,
        }
    }

    /// One step that would mend it.
    pub fn help(&self) -> String {
        match self {
            Self::Reference(_) | Self::Digest(_) => "write oci:DIR, oci:DIR:TAG or oci:DIR@sha256:…",
            Self::NotALayout { .. } | Self::Version { .. } => {
                "make a layout with `skopeo copy docker://IMAGE oci:DIR:TAG` or `cosign save --dir DIR IMAGE`"
            }
            Self::Io { .. } => "check that the directory can be read",
            Self::NotAFile { .. } => "copy the layout with its files in place of links",
            Self::TooLarge { .. } => "raise the limit in [limits] of proofmark.toml",
            Self::Malformed { .. } => "make the layout again",
            Self::NoSuchImage { .. } | Self::Ambiguous { .. } => {
                "name one of its images: oci:DIR:TAG or oci:DIR@sha256:…"
            }
        }
        .to_owned()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Marker {
    pub(crate) image_layout_version: String,
}

/// One layout directory. Its index is read once a run; every blob is hashed whenever it is read.
#[derive(Debug)]
pub(crate) struct Layout {
    dir: PathBuf,
    limits: Limits,
    index: OnceLock<Result<Vec<Descriptor>, LayoutError>>,
    scan: Scan,
}

impl Layout {
    /// A layout at `dir`; nothing is read yet.
    pub(crate) fn new(dir: &Path, limits: &Limits) -> Self {
        Self { dir: dir.to_owned(), limits: limits.clone(), index: OnceLock::new(), scan: Scan::default() }
    }

    /// `oci:DIR`, as reports name it.
    pub(crate) fn name(&self) -> String {
        format!("oci:{}", self.dir.display())
    }

    /// The entries of `index.json`.
    pub(crate) fn entries(&self) -> Result<&[Descriptor], LayoutError> {
        self.index.get_or_init(|| self.open()).as_deref().map_err(Clone::clone)
    }

    fn open(&self) -> Result<Vec<Descriptor>, LayoutError> {
        let missing = |error: LayoutError, file| match error {
            LayoutError::Io { kind: std::io::ErrorKind::NotFound, .. } => {
                LayoutError::NotALayout { dir: self.dir.clone(), file }
            }
            other => other,
        };
        let path = self.dir.join("oci-layout");
        let bytes = files::read(&path, 4096).map_err(|error| missing(error, "oci-layout"))?;
        let malformed = |path: &Path, error| LayoutError::Malformed { path: path.to_owned(), error };
        let marker: Marker =
            strict_json::from_slice(&bytes).map_err(|error| malformed(&path, ManifestError::Json(error)))?;
        if !marker.image_layout_version.starts_with("1.") {
            return Err(LayoutError::Version { dir: self.dir.clone(), version: marker.image_layout_version });
        }
        let path = self.dir.join("index.json");
        // A layout that mirrors many repositories has a long index: the cap of evidence, not of one manifest.
        let bytes =
            files::read(&path, self.limits.evidence_bytes).map_err(|error| missing(error, "index.json"))?;
        parse_index(&bytes).map_err(|error| malformed(&path, error))
    }

    /// The directory of the blobs of an algorithm, unless a link leads out of the layout.
    fn blobs(&self, algorithm: &str) -> Result<PathBuf, LayoutError> {
        let blobs = self.dir.join("blobs");
        files::plain_dir(&blobs)?;
        let dir = blobs.join(algorithm);
        files::plain_dir(&dir)?;
        Ok(dir)
    }

    fn blob_path(&self, digest: &Digest) -> Result<PathBuf, LayoutError> {
        Ok(self.blobs(digest.algorithm().as_str())?.join(digest.hex()))
    }

    fn unread(&self, error: LayoutError, digest: &Digest) -> ReadError {
        match error {
            LayoutError::Io { kind: std::io::ErrorKind::NotFound, .. } => {
                ReadError::NotFound { from: self.name(), what: digest.to_string() }
            }
            other => other.into(),
        }
    }

    /// Hands the bytes of a blob over piece by piece, up to `most` and one more. They are not hashed here.
    pub(crate) fn stream(
        &self,
        digest: &Digest,
        most: u64,
        sink: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        let mut read = || files::stream(&self.blob_path(digest)?, most, sink);
        read().map_err(|error| self.unread(error, digest))
    }

    /// Bytes of a blob that hash to `digest`: at most `most` of them. The path is made of a parsed digest, so it cannot
    /// leave the directory (CVE-2024-3727).
    pub(crate) fn blob(&self, digest: &Digest, most: u64) -> Result<Vec<u8>, ReadError> {
        let read = || files::read(&self.blob_path(digest)?, most);
        let bytes = read().map_err(|error| self.unread(error, digest))?;
        let actual = Digest::of(digest.algorithm(), &bytes);
        if actual != *digest {
            return Err(ReadError::DigestMismatch { from: self.name(), expected: digest.clone(), actual });
        }
        Ok(bytes)
    }
}
