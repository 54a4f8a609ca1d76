//! Image configurations: the platform, and the digests of the uncompressed layers (OCI image-spec `config.md`).

use proofmark_core::{Digest, Platform};
use serde::de::{MapAccess, SeqAccess};

use super::ManifestError;
use super::descriptor::{Member, Parts, TEXT, Text, member};
use crate::strict_json::{self, As, Check, Shape, Walk};

/// What an image's configuration says of its layers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageConfig {
    /// The platform, if it names one.
    pub platform: Option<Platform>,
    /// `rootfs.diff_ids`: the digest of each uncompressed layer, the lowest first.
    pub diff_ids: Vec<Digest>,
}

/// Reads an image configuration whose bytes have been hashed.
///
/// # Errors
/// [`ManifestError::Json`] if the bytes are no strict JSON object or have no `rootfs` of type `layers`;
/// [`ManifestError::Digest`] if a diff ID is none.
pub fn parse_config(bytes: &[u8]) -> Result<ImageConfig, ManifestError> {
    let walk = Walk::new();
    let read = strict_json::read(bytes, As(Config(walk.root())));
    let read = read.map_err(|error| ManifestError::Json(error.to_string()))?;
    if let Some(fault) = walk.fault() {
        return Err(ManifestError::Json(fault));
    }
    let missing = |what: &str| ManifestError::Json(format!("the configuration has no {what}"));
    let (platform, rootfs) = read.ok_or_else(|| missing("members"))?;
    let rootfs = rootfs.ok_or_else(|| missing("rootfs"))?;
    // "`type`: MUST be set to `layers`"
    if rootfs.kind.as_deref() != Some("layers") {
        return Err(missing("rootfs of type `layers`"));
    }
    Ok(ImageConfig { platform, diff_ids: rootfs.diff_ids? })
}

/// The members that the runtime and we both read; all others have keys of their writer's choice, labels among them.
struct Config<'w>(Check<'w>);

impl<'de> Shape<'de> for Config<'_> {
    type Out = Option<(Option<Platform>, Option<RootFs>)>;
    fn place(&self) -> Check<'_> {
        self.0
    }
    fn null(self) -> Self::Out {
        None
    }
    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Out, A::Error> {
        let Some(at) = self.0.inside() else { return self.0.object(map).map(|()| None) };
        let (mut platform, mut rootfs) = (Parts::default(), None);
        let mut keys = at.keys();
        while let Some(member) = keys.next(&mut map, member)? {
            match member {
                Member::RootFs => rootfs = map.next_value_seed(As(RootFsShape(at)))?,
                member if Parts::takes(member) => platform.take(at, member, &mut map)?,
                _ => map.next_value_seed(at.with_free_keys())?,
            }
        }
        Ok(Some((platform.build(), rootfs)))
    }
    fn other(self) -> Self::Out {
        self.0.walk.note(|| "a configuration is no object".to_owned());
        None
    }
}

struct RootFs {
    kind: Option<String>,
    diff_ids: Result<Vec<Digest>, ManifestError>,
}

struct RootFsShape<'w>(Check<'w>);

impl<'de> Shape<'de> for RootFsShape<'_> {
    type Out = Option<RootFs>;
    fn place(&self) -> Check<'_> {
        self.0
    }
    fn null(self) -> Self::Out {
        None
    }
    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Out, A::Error> {
        let Some(at) = self.0.inside() else { return self.0.object(map).map(|()| None) };
        let mut rootfs = RootFs { kind: None, diff_ids: Ok(Vec::new()) };
        let mut keys = at.keys();
        while let Some(member) = keys.next(&mut map, member)? {
            match member {
                Member::Type => {
                    rootfs.kind = map.next_value_seed(As(Text { at, what: "rootfs.type", most: TEXT }))?;
                }
                Member::DiffIds => rootfs.diff_ids = map.next_value_seed(As(DiffIds(at)))?,
                _ => map.next_value_seed(at)?,
            }
        }
        Ok(Some(rootfs))
    }
    fn other(self) -> Self::Out {
        self.0.walk.note(|| "rootfs is no object".to_owned());
        None
    }
}

/// Digests in order; Go writes `null` for none.
struct DiffIds<'w>(Check<'w>);

impl<'de> Shape<'de> for DiffIds<'_> {
    type Out = Result<Vec<Digest>, ManifestError>;
    fn place(&self) -> Check<'_> {
        self.0
    }
    fn null(self) -> Self::Out {
        Ok(Vec::new())
    }
    fn array<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Out, A::Error> {
        let Some(at) = self.0.inside() else { return self.0.rest_of_array(seq).map(|()| Ok(Vec::new())) };
        let (mut digests, mut bad) = (Vec::new(), None);
        while let Some(text) = seq.next_element_seed(As(Text { at, what: "a diff ID", most: TEXT }))? {
            let text = text.unwrap_or_default();
            match Digest::parse(&text) {
                Ok(digest) => digests.push(digest),
                Err(error) => drop(bad.get_or_insert(ManifestError::Digest { text, error })),
            }
        }
        Ok(bad.map_or(Ok(digests), Err))
    }
    fn other(self) -> Self::Out {
        self.0.walk.note(|| "diff_ids are no array".to_owned());
        Ok(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(rootfs: &str) -> String {
        format!(r#"{{"architecture":"arm64","os":"linux","variant":"v8","rootfs":{rootfs}}}"#)
    }

    #[test]
    fn reads_platform_and_layers_in_order() {
        let (one, two) = (Digest::sha256(b"1"), Digest::sha256(b"2"));
        let text = with(&format!(r#"{{"type":"layers","diff_ids":["{two}","{one}","{two}"]}}"#));
        let config = parse_config(text.as_bytes()).unwrap();
        assert_eq!(config.platform.unwrap().to_string(), "linux/arm64/v8");
        assert_eq!(config.diff_ids, [two.clone(), one, two]);
        for none in [r#"{"type":"layers","diff_ids":[]}"#, r#"{"type":"layers","diff_ids":null}"#] {
            assert_eq!(parse_config(with(none).as_bytes()).unwrap().diff_ids, []);
        }
    }

    /// Labels and the like have keys of their writer's choice.
    #[test]
    fn reads_what_people_write_beside() {
        let text = r#"{"os":"linux","architecture":"amd64","rootfs":{"type":"layers"},
            "config":{"Labels":{"Architecture":"x","Digest":"y","ROOTFS":"z"}},"history":[{"empty_layer":true}]}"#;
        assert!(parse_config(text.as_bytes()).is_ok());
    }

    #[test]
    fn refuses_what_two_readers_take_for_different_layers() {
        let good = r#"{"type":"layers","diff_ids":[]}"#;
        for bad in [
            String::new(),
            "[]".to_owned(),
            "null".to_owned(),
            r#"{"os":"linux","architecture":"amd64"}"#.to_owned(),
            with("[]"),
            with("null"),
            with("{}"),
            with(r#"{"type":"layers+base","diff_ids":[]}"#),
            with(r#"{"type":["layers"],"diff_ids":[]}"#),
            with(r#"{"type":"layers","diff_ids":{}}"#),
            with(r#"{"type":"layers","diff_ids":["sha256:00"]}"#),
            with(r#"{"type":"layers","diff_ids":[null]}"#),
            with(r#"{"type":"layers","diff_ids":[7]}"#),
            with(r#"{"type":"layers","diff_ids":[],"diff_ids":[]}"#),
            with(r#"{"type":"layers","diff_ids":[],"Diff_IDs":[]}"#),
            with(&format!(r#"{good},"rootfs":{good}"#)),
            with(&format!(r#"{good},"RootFS":{good}"#)),
            with(&format!(r#"{good},"config":{{"a":1,"a":2}}"#)),
            with(&format!(r#"{good},"OS":"windows""#)),
        ] {
            assert!(parse_config(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
