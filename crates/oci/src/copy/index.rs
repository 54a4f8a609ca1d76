//! `index.json` with what was copied (OCI image-spec `image-layout.md`).

use std::collections::BTreeSet;

use proofmark_core::Digest;
use serde_json::{Map, Value, json};

use crate::layout::{CONTAINERD_NAME, REF_NAME};
use crate::manifest::media_type::OCI_INDEX;
use crate::manifest::{Descriptor, ManifestError, parse_index};

/// An entry to be written.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) descriptor: Descriptor,
    /// `host/repository:tag`; none for what is found by its digest or by its subject.
    pub(super) name: Option<String>,
    /// Whether it is an image, whose name containerd reads too.
    pub(super) image: bool,
}

/// An index over descriptors that nothing names.
pub(super) fn listing(descriptors: &[Descriptor]) -> Vec<u8> {
    let entries = descriptors.iter().map(described).map(Value::Object).collect::<Vec<_>>();
    json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries }).to_string().into_bytes()
}

/// The index as it was, with these entries in place of older ones of the same name, or of the same content without one.
/// What else stands in it stays.
///
/// # Errors
/// The index that is there is none.
pub(super) fn with(old: Option<&[u8]>, entries: &[Named]) -> Result<Vec<u8>, ManifestError> {
    let mut index = match old {
        None => json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [] }),
        Some(bytes) => {
            // Read strictly first: what two readers take for different things is not added to.
            parse_index(bytes)?;
            serde_json::from_slice(bytes).map_err(|error| ManifestError::Json(error.to_string()))?
        }
    };
    let manifests = index.get_mut("manifests").and_then(Value::as_array_mut).ok_or(ManifestError::Neither)?;
    let names: BTreeSet<&str> = entries.iter().filter_map(|entry| entry.name.as_deref()).collect();
    let digests: BTreeSet<&Digest> = entries.iter().map(|entry| &entry.descriptor.digest).collect();
    manifests.retain(|old| match named(old) {
        Some(name) => !names.contains(name),
        None => !digest(old).is_some_and(|digest| digests.contains(&digest)),
    });
    for entry in entries {
        // Content that has a name here already needs no entry without one.
        let listed = entry.name.is_none()
            && manifests.iter().any(|old| digest(old).as_ref() == Some(&entry.descriptor.digest));
        if !listed {
            manifests.push(written(entry));
        }
    }
    Ok(index.to_string().into_bytes())
}

fn named(entry: &Value) -> Option<&str> {
    let annotations = entry.get("annotations")?;
    [REF_NAME, CONTAINERD_NAME].iter().find_map(|key| annotations.get(key)).and_then(Value::as_str)
}

fn digest(entry: &Value) -> Option<Digest> {
    Digest::parse(entry.get("digest")?.as_str()?).ok()
}

fn described(descriptor: &Descriptor) -> Map<String, Value> {
    let mut entry = Map::new();
    entry.insert("mediaType".to_owned(), descriptor.media_type.clone().into());
    entry.insert("digest".to_owned(), descriptor.digest.to_string().into());
    entry.insert("size".to_owned(), descriptor.size.into());
    if let Some(artifact_type) = &descriptor.artifact_type {
        entry.insert("artifactType".to_owned(), artifact_type.clone().into());
    }
    entry
}

fn written(entry: &Named) -> Value {
    let mut value = described(&entry.descriptor);
    if let Some(name) = &entry.name {
        let mut annotations = Map::new();
        annotations.insert(REF_NAME.to_owned(), name.clone().into());
        if entry.image {
            annotations.insert(CONTAINERD_NAME.to_owned(), name.clone().into());
        }
        value.insert("annotations".to_owned(), annotations.into());
    }
    Value::Object(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(seed: &str, name: Option<&str>) -> Named {
        let descriptor = Descriptor {
            media_type: "application/vnd.oci.image.manifest.v1+json".to_owned(),
            digest: Digest::sha256(seed.as_bytes()),
            size: 3,
            platform: None,
            artifact_type: None,
            annotations: std::collections::BTreeMap::new(),
        };
        Named { descriptor, name: name.map(str::to_owned), image: true }
    }

    fn names(index: &[u8]) -> Vec<(String, Option<String>)> {
        let index: Value = serde_json::from_slice(index).unwrap();
        let entries = index["manifests"].as_array().unwrap().iter();
        entries.map(|one| (digest(one).unwrap().to_string(), named(one).map(str::to_owned))).collect()
    }

    fn expected(of: &[(&str, Option<&str>)]) -> Vec<(String, Option<String>)> {
        let one = |(seed, name): &(&str, Option<&str>)| {
            (Digest::sha256(seed.as_bytes()).to_string(), name.map(str::to_owned))
        };
        of.iter().map(one).collect()
    }

    #[test]
    fn names_move_and_everything_else_stays() {
        let first =
            with(None, &[entry("a", Some("r/x:1")), entry("b", None), entry("c", Some("r/y:1"))]).unwrap();
        let second =
            with(Some(&first), &[entry("d", Some("r/x:1")), entry("b", None), entry("c", None)]).unwrap();
        assert_eq!(names(&second), expected(&[("c", Some("r/y:1")), ("d", Some("r/x:1")), ("b", None)]));
        let same = with(Some(&second), &[entry("c", Some("r/z:2"))]).unwrap();
        assert_eq!(names(&same).len(), 4, "one content may have two names");
    }

    #[test]
    fn what_others_wrote_is_kept_as_it_is() {
        let old = br#"{"schemaVersion":2,"annotations":{"x":"y"},"manifests":[],"later":[1]}"#;
        let new: Value = serde_json::from_slice(&with(Some(old), &[entry("a", None)]).unwrap()).unwrap();
        assert_eq!((&new["annotations"]["x"], &new["later"][0]), (&json!("y"), &json!(1)));
        for bad in [&b"{}"[..], b"[]", br#"{"manifests":[],"manifests":[]}"#, b"\xff"] {
            assert!(with(Some(bad), &[entry("a", None)]).is_err());
        }
    }
}
