//! The content of a registry.

use std::collections::BTreeMap;

use proofmark_core::Digest;

use super::image::Pushed;

/// A manifest's bytes and what is known of it.
#[derive(Debug, Clone)]
pub(crate) struct Manifest {
    pub(crate) media_type: String,
    pub(crate) bytes: Vec<u8>,
}

/// A tag: usually one digest; several are served in turn, the last for ever (REF-01).
#[derive(Debug, Clone)]
pub(crate) struct TagState {
    pub(crate) digests: Vec<String>,
    pub(crate) served: usize,
}

/// One repository.
#[derive(Debug, Default)]
pub(crate) struct Repository {
    pub(crate) manifests: BTreeMap<String, Manifest>,
    pub(crate) blobs: BTreeMap<String, Vec<u8>>,
    pub(crate) tags: BTreeMap<String, TagState>,
    /// Descriptors of what refers to a digest, in the order of arrival.
    pub(crate) referrers: BTreeMap<String, Vec<serde_json::Value>>,
}

/// All repositories.
#[derive(Debug, Default)]
pub(crate) struct Store {
    repositories: BTreeMap<String, Repository>,
}

impl Store {
    pub(crate) fn repository(&mut self, name: &str) -> &mut Repository {
        self.repositories.entry(name.to_owned()).or_default()
    }

    pub(crate) fn find(&mut self, name: &str) -> Option<&mut Repository> {
        self.repositories.get_mut(name)
    }
}

impl Repository {
    pub(crate) fn put_manifest(&mut self, media_type: &str, bytes: Vec<u8>) -> Pushed {
        let digest = Digest::sha256(&bytes);
        let pushed = Pushed {
            digest: digest.clone(),
            media_type: media_type.to_owned(),
            size: bytes.len(),
            platform: None,
        };
        self.manifests.insert(digest.to_string(), Manifest { media_type: media_type.to_owned(), bytes });
        pushed
    }

    pub(crate) fn put_blob(&mut self, bytes: &[u8]) -> Digest {
        let digest = Digest::sha256(bytes);
        self.blobs.insert(digest.to_string(), bytes.to_vec());
        digest
    }

    /// The manifest that a tag names now.
    pub(crate) fn resolve(&mut self, tag: &str) -> Option<String> {
        let state = self.tags.get_mut(tag)?;
        let last = state.digests.len().checked_sub(1)?;
        let digest = state.digests.get(state.served.min(last)).cloned();
        state.served += 1;
        digest
    }
}
