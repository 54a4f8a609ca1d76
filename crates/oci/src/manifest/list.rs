//! Lists of referrers: what can be read of them is read, and what is wrong with the rest is told.

use super::media_type::{DOCKER_LIST, OCI_INDEX};
use super::raw::{Raw, Stock};
use super::{Descriptor, ManifestError, own_type};

/// One page of a list.
#[derive(Debug, Default)]
pub(crate) struct List {
    /// What could be read, in order, without platforms and annotations.
    pub(crate) descriptors: Vec<Descriptor>,
    /// How many descriptors after these were left out.
    pub(crate) left_out: usize,
    /// Why this is not all, or no list.
    pub(crate) error: Option<ManifestError>,
    /// Whether the document is evidently the answer to another question.
    pub(crate) is_something_else: bool,
}

/// Reads a page of referrers, of which the first `most` are kept. A descriptor that is none is passed over: whoever pushed
/// what it is about must not hide the others with it. So is the end of a list that was cut or damaged.
pub(crate) fn parse_list(bytes: &[u8], most: usize) -> List {
    let (raw, damage) = Raw::read_leniently(bytes, Stock { children: most, layers: 0, details: false });
    let failed = |error| List { error: Some(error), ..List::default() };
    if let Some(version) = raw.schema_version.filter(|version| *version != 2) {
        return failed(ManifestError::SchemaVersion(version));
    }
    let is_image = raw.layers.is_some() || raw.config.is_some() || raw.fs_layers;
    let Some(entries) = raw.manifests else {
        let is_something_else = damage.is_none() || !starts_like_a_list(bytes);
        return List { is_something_else, ..failed(damage.unwrap_or(ManifestError::Neither)) };
    };
    if is_image {
        return failed(ManifestError::Ambiguous);
    }
    if let Err(error) = own_type(raw.media_type.as_deref(), &[OCI_INDEX, DOCKER_LIST], "an index") {
        return failed(error);
    }
    let error = damage.or(entries.bad);
    List { descriptors: entries.kept, left_out: entries.left_out, error, is_something_else: false }
}

/// Whether what cannot be read may have been a list: it begins as an object does, after any byte order mark, or it is no text
/// at all and so was changed on its way.
fn starts_like_a_list(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return true };
    text.trim_start_matches('\u{feff}').trim_ascii_start().starts_with('{')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn descriptor(seed: &str, more: &str) -> String {
        let digest = proofmark_core::Digest::sha256(seed.as_bytes());
        format!(r#"{{"mediaType":"x","digest":"{digest}","size":1{more}}}"#)
    }

    fn list(descriptors: &[String]) -> String {
        format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, descriptors.join(","))
    }

    /// What one stranger pushed does not hide what others did.
    #[test]
    fn reads_around_a_descriptor_that_is_none() {
        let unknown = format!(r#"{{"mediaType":"x","digest":"blake3:{}","size":1}}"#, "a".repeat(64));
        for bad in [
            unknown.as_str(),
            "null",
            "7",
            "[]",
            "{}",
            r#"{"mediaType":"x","digest":"sha256:../../x","size":1}"#,
            &descriptor("bad", r#","size":2"#),
            &descriptor("bad", r#","annotations":{"a":1}"#),
            &descriptor("bad", r#","annotations":{"a":"","a":""}"#),
            &descriptor("bad", r#","artifactType":{}"#),
            &descriptor("bad", &format!(r#","x":{}{}"#, "[".repeat(90), "]".repeat(90))),
        ] {
            let read =
                parse_list(list(&[descriptor("a", ""), bad.to_owned(), descriptor("b", "")]).as_bytes(), 9);
            assert_eq!(read.descriptors.len(), 2, "{bad}: {read:?}");
            assert!(read.error.is_some() && !read.is_something_else, "{bad}");
        }
        // Go reads a null annotation as an empty one.
        let read = parse_list(list(&[descriptor("a", r#","annotations":{"a":null}"#)]).as_bytes(), 9);
        assert!(read.descriptors.len() == 1 && read.error.is_none(), "{read:?}");
    }

    #[test]
    fn keeps_what_comes_before_the_cut() {
        let whole = list(&[descriptor("a", ""), descriptor("b", ""), descriptor("c", "")]);
        let read = parse_list(&whole.as_bytes()[..whole.len() - 20], 9);
        assert_eq!((read.descriptors.len(), read.error.is_some()), (2, true));
        let read = parse_list(whole.as_bytes(), 2);
        assert_eq!((read.descriptors.len(), read.left_out, read.error.is_some()), (2, 1, false));
    }

    /// REG-02: a list that was changed on its way is not "there is none".
    #[test]
    fn reg_02_tells_another_answer_from_a_damaged_list() {
        for (body, something_else) in [
            (&b"<html>"[..], true),
            (b"", true),
            (b"[]", true),
            (b"{\"errors\":[]}", true),
            (b"{\"manifests\":[", false),
            (b"{\"Manifests\":[]}", false),
            (b"{\"schem", false),
            (b"\xef\xbb\xbf{\"manifests\":[]}", false),
            (b"\x1f\x8b\x08\x00", false),
            (b"\xff\xfe{\x00", false),
        ] {
            let read = parse_list(body, 9);
            assert!(read.error.is_some(), "{body:?}");
            assert_eq!(read.is_something_else, something_else, "{body:?}");
        }
    }
}
