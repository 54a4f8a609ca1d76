//! What is examined, and where it was found.

use std::path::{Path, PathBuf};

use proofmark_core::{Digest, DigestRef, ImageRef, Repository, Tag};

use crate::layout::LayoutError;

/// Which image of a layout directory is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    /// The one of this name: a tag, or a full `host/repository:TAG`.
    Tag(String),
    /// The one of this digest.
    Digest(Digest),
    /// The only one.
    Only,
}

/// What a user asks about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// An image in a registry, or in its mirrors.
    Registry(ImageRef),
    /// An image in an OCI layout directory, under the policy of a repository that the user names
    /// (verdicts.md 1: annotations in a layout locate content, never choose the policy).
    Layout {
        /// The directory.
        dir: PathBuf,
        /// Which image in it.
        selector: Selector,
        /// `--as REPOSITORY`.
        as_repository: Repository,
    },
}

impl Target {
    /// Parses `oci:DIR[:TAG|@DIGEST]`; `as_repository` is what `--as` names. A directory has no colon in its name, as
    /// for skopeo and containers-transports(5).
    ///
    /// # Errors
    /// [`LayoutError::Reference`] if the text is not of this form, [`LayoutError::Digest`] if the digest is none.
    pub fn parse_layout(text: &str, as_repository: Repository) -> Result<Self, LayoutError> {
        let bad = || LayoutError::Reference(text.to_owned());
        let rest = text.strip_prefix("oci:").ok_or_else(bad)?;
        let (dir, selector) = if let Some((dir, digest)) = rest.rsplit_once("@sha") {
            let digest = Digest::parse(&format!("sha{digest}"))?;
            (dir, Selector::Digest(digest))
        } else if let Some((dir, tag)) = rest.split_once(':') {
            (dir, Selector::Tag(tag.to_owned()))
        } else {
            (rest, Selector::Only)
        };
        let empty_tag = matches!(&selector, Selector::Tag(tag) if tag.is_empty());
        if dir.is_empty() || dir.contains([':', '\0']) || empty_tag {
            return Err(bad());
        }
        Ok(Self::Layout { dir: PathBuf::from(dir), selector, as_repository })
    }

    /// The repository whose policy applies.
    pub const fn repository(&self) -> &Repository {
        match self {
            Self::Registry(reference) => reference.repository(),
            Self::Layout { as_repository, .. } => as_repository,
        }
    }
}

impl Target {
    /// The tag that the user asked for, if there is one.
    pub fn tag(&self) -> Option<Tag> {
        match self {
            Self::Registry(reference) => match (reference.tag(), reference.digest()) {
                (None, None) => Some(reference.tag_or_latest()),
                (tag, _) => tag.cloned(),
            },
            // A layout's name may be `host/repository:TAG`: its last part is the tag.
            Self::Layout { selector: Selector::Tag(name), .. } => {
                Tag::parse(name.rsplit(':').next().unwrap_or(name)).ok()
            }
            Self::Layout { .. } => None,
        }
    }

    /// The digest that the user asked for, if there is one.
    pub const fn digest(&self) -> Option<&Digest> {
        match self {
            Self::Registry(reference) => reference.digest(),
            Self::Layout { selector: Selector::Digest(digest), .. } => Some(digest),
            Self::Layout { .. } => None,
        }
    }
}

/// `host/repository[:tag][@digest]`, under the name of `--as` for a layout.
impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let reference = match self {
            Self::Registry(reference) => return reference.fmt(f),
            Self::Layout { as_repository, .. } => as_repository,
        };
        write!(f, "{reference}")?;
        match (self.tag(), self.digest()) {
            (Some(tag), _) => write!(f, ":{tag}"),
            (None, Some(digest)) => write!(f, "@{digest}"),
            (None, None) => Ok(()),
        }
    }
}

/// Where an image was found, and so where what belongs to it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub(crate) repository: Repository,
    /// The layout directory of an `oci:` reference.
    pub(crate) layout: Option<PathBuf>,
    /// Which source of the chain (mirrors in order, then the origin) gave the image.
    pub(crate) served_by: usize,
}

impl Place {
    /// A repository of a registry, with its mirrors.
    pub const fn registry(repository: Repository) -> Self {
        Self { repository, layout: None, served_by: 0 }
    }

    /// A layout directory, read under the name of `as_repository`.
    pub fn layout(dir: impl Into<PathBuf>, as_repository: Repository) -> Self {
        Self { repository: as_repository, layout: Some(dir.into()), served_by: 0 }
    }

    /// The repository.
    pub const fn repository(&self) -> &Repository {
        &self.repository
    }

    /// The layout directory of an `oci:` reference.
    pub fn layout_dir(&self) -> Option<&Path> {
        self.layout.as_deref()
    }

    /// The repository with a digest.
    pub fn at(&self, digest: Digest) -> DigestRef {
        DigestRef { repository: self.repository.clone(), digest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<(PathBuf, Selector), LayoutError> {
        let repository = Repository::parse("r.example/a").unwrap();
        match Target::parse_layout(text, repository)? {
            Target::Layout { dir, selector, .. } => Ok((dir, selector)),
            Target::Registry(_) => unreachable!(),
        }
    }

    #[test]
    fn layout_references() {
        let digest = Digest::sha256(b"");
        let images = PathBuf::from("images");
        let tag = |text: &str| Selector::Tag(text.to_owned());
        assert_eq!(parse("oci:images").unwrap(), (images.clone(), Selector::Only));
        assert_eq!(parse("oci:images:1.4").unwrap(), (images.clone(), tag("1.4")));
        assert_eq!(parse("oci:images:r.example/a:1").unwrap(), (images.clone(), tag("r.example/a:1")));
        assert_eq!(parse(&format!("oci:images@{digest}")).unwrap(), (images, Selector::Digest(digest)));
        assert_eq!(parse("oci:a@b/c").unwrap().0, PathBuf::from("a@b/c"));
        for bad in ["", "images", "oci:", "oci::1", "oci:a:", "oci:a@sha256:00", "docker:a", "oci:a\0b"] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }
}
