//! What containerd says: options as Go's `flag` reads them, and JSON on standard input
//! (containerd `docs/image-verification.md`).

use std::ffi::OsString;

use proofmark_core::{Digest, ImageRef};
use serde::Deserialize;

/// Bytes of standard input: a descriptor, or one with the annotations of a container.
pub(crate) const MAX_INPUT: u64 = 1024 * 1024;

/// The descriptor of the image alone.
const DESCRIPTOR: &str = "application/vnd.oci.descriptor.v1+json";
/// The descriptor beside what is known of the container, with `verify_on_run`.
const INPUT: &str = "application/vnd.containerd.image-verifier.input.v1+json";

const OPTIONS: [&str; 4] = ["name", "digest", "stdin-media-type", "operation"];

/// Whether a word is one of containerd's options.
pub(super) fn is_option(word: &OsString) -> bool {
    let Some((name, _)) = word.to_str().and_then(option) else { return false };
    // One dash alone: two are how people write, and no option of ours is called so.
    !word.to_string_lossy().starts_with("--") && OPTIONS.contains(&name)
}

/// The name of an option, and its value if it stands in the same word.
fn option(word: &str) -> Option<(&str, Option<&str>)> {
    let name = word.strip_prefix("--").or_else(|| word.strip_prefix('-'))?;
    Some(name.split_once('=').map_or((name, None), |(name, value)| (name, Some(value))))
}

/// One question of containerd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    /// The image as whoever pulls it wrote it.
    pub(super) name: String,
    /// What it led containerd to: that is what will run.
    pub(super) digest: String,
    media_type: String,
}

impl Call {
    /// Reads the options. What is not known is refused: it may change what is asked.
    pub(super) fn parse(words: &[OsString]) -> Result<Self, String> {
        let mut values: [Option<String>; OPTIONS.len()] = Default::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let word = word.to_str().ok_or("an argument is not UTF-8")?;
            let (name, value) =
                option(word).ok_or_else(|| format!("`{word}` is no option of containerd's"))?;
            let at = OPTIONS.iter().position(|known| *known == name);
            let at = at.ok_or_else(|| format!("`-{name}` is an option that this version does not know"))?;
            let value = match value {
                Some(value) => value.to_owned(),
                None => words
                    .next()
                    .and_then(|value| value.to_str())
                    .ok_or_else(|| format!("`-{name}` has no value"))?
                    .to_owned(),
            };
            if values[at].replace(value).is_some() {
                return Err(format!("`-{name}` is given twice"));
            }
        }
        let [name, digest, media_type, operation] = values;
        let needed = |value: Option<String>, name: &str| {
            value.filter(|text| !text.is_empty()).ok_or_else(|| format!("`-{name}` is missing"))
        };
        if let Some(operation) = operation.filter(|operation| !["pull", "run"].contains(&operation.as_str()))
        {
            return Err(format!("`-operation {operation}` is neither pull nor run"));
        }
        Ok(Self {
            name: needed(name, "name")?,
            digest: needed(digest, "digest")?,
            media_type: needed(media_type, "stdin-media-type")?,
        })
    }

    /// What is to be judged: the digest that containerd will pull. The name says which entry of the policy applies, and is
    /// never resolved.
    pub(super) fn reference(&self, input: &[u8]) -> Result<ImageRef, String> {
        let digest = Digest::parse(&self.digest).map_err(|error| format!("-digest: {error}"))?;
        let described = described(&self.media_type, input)?;
        if described != self.digest {
            return Err(format!("-digest is {digest}, and standard input describes {described}"));
        }
        let named = ImageRef::parse(&self.name).map_err(|error| format!("-name: {error}"))?;
        if let Some(own) = named.digest().filter(|own| **own != digest) {
            return Err(format!("-name holds {own}, and -digest is {digest}"));
        }
        Ok(ImageRef::new(named.repository().clone(), named.tag().cloned(), Some(digest)))
    }
}

#[derive(Deserialize)]
struct Descriptor {
    digest: String,
}

#[derive(Deserialize)]
struct Input {
    descriptor: Descriptor,
}

/// The digest that standard input describes.
fn described(media_type: &str, input: &[u8]) -> Result<String, String> {
    let unreadable = |error: serde_json::Error| format!("standard input is no {media_type}: {error}");
    match media_type {
        DESCRIPTOR => serde_json::from_slice::<Descriptor>(input).map(|one| one.digest).map_err(unreadable),
        INPUT => serde_json::from_slice::<Input>(input).map(|one| one.descriptor.digest).map_err(unreadable),
        other => Err(format!("standard input is `{other}`, which this version does not know")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest() -> String {
        format!("sha256:{}", "a".repeat(64))
    }

    fn parse(words: &[&str]) -> Result<Call, String> {
        Call::parse(&words.iter().map(OsString::from).collect::<Vec<_>>())
    }

    fn call(name: &str) -> Call {
        Call { name: name.to_owned(), digest: digest(), media_type: DESCRIPTOR.to_owned() }
    }

    fn descriptor(digest: &str) -> Vec<u8> {
        format!(r#"{{"mediaType":"application/vnd.oci.image.index.v1+json","digest":"{digest}","size":7}}"#)
            .into()
    }

    #[test]
    fn options_as_go_reads_them() {
        let want = Ok(call("r.example/a:1"));
        let digest = digest();
        assert_eq!(
            parse(&["-name", "r.example/a:1", "-digest", &digest, "-stdin-media-type", DESCRIPTOR]),
            want
        );
        let joined = [&format!("-digest={digest}"), "--name=r.example/a:1", "-operation", "run"];
        assert_eq!(parse(&[&joined[..], &["-stdin-media-type", DESCRIPTOR]].concat()), want);
    }

    #[test]
    fn what_is_not_known_is_refused() {
        let digest = digest();
        let good = ["-name", "a", "-digest", &digest, "-stdin-media-type", DESCRIPTOR];
        assert!(parse(&good).is_ok());
        for (more, why) in [
            (&["-platform", "x"][..], "does not know"),
            (&["positional"], "no option"),
            (&["--"], "does not know"),
            (&["-name", "b"], "twice"),
            (&["-operation"], "no value"),
            (&["-operation", "exec"], "neither pull nor run"),
        ] {
            let error = parse(&[&good[..], more].concat()).unwrap_err();
            assert!(error.contains(why), "{more:?}: {error}");
        }
        for gone in 0..3 {
            let mut less = good.to_vec();
            less.drain(2 * gone..2 * gone + 2);
            assert!(parse(&less).unwrap_err().contains("is missing"));
            let mut empty = good.to_vec();
            empty[2 * gone + 1] = "";
            assert!(parse(&empty).unwrap_err().contains("is missing"));
        }
    }

    #[test]
    fn the_name_selects_and_the_digest_is_judged() {
        let digest = digest();
        for (name, reference) in [
            ("postgres", format!("docker.io/library/postgres@{digest}")),
            ("docker.io/library/postgres:16", format!("docker.io/library/postgres:16@{digest}")),
            ("localhost:5000/x:1", format!("localhost:5000/x:1@{digest}")),
            ("ghcr.io/acme/app", format!("ghcr.io/acme/app@{digest}")),
            (&format!("ghcr.io/acme/app@{digest}"), format!("ghcr.io/acme/app@{digest}")),
            (&format!("ghcr.io/acme/app:2@{digest}"), format!("ghcr.io/acme/app:2@{digest}")),
        ] {
            let read = call(name).reference(&descriptor(&digest));
            assert_eq!(read.map(|reference| reference.to_string()), Ok(reference), "{name}");
        }
    }

    #[test]
    fn both_inputs() {
        let digest = digest();
        let mut with_input = call("a");
        with_input.media_type = INPUT.to_owned();
        let input = format!(
            r#"{{"operation":"run","descriptor":{{"digest":"{digest}","size":7,"mediaType":"x"}},"annotations":{{"a":"b"}}}}"#
        );
        assert!(with_input.reference(input.as_bytes()).is_ok());
        assert!(with_input.reference(&descriptor(&digest)).unwrap_err().contains("descriptor"));
        with_input.media_type = "application/json".to_owned();
        assert!(with_input.reference(input.as_bytes()).unwrap_err().contains("does not know"));
    }

    #[test]
    fn contradictions_block() {
        let (digest, other) = (digest(), format!("sha256:{}", "b".repeat(64)));
        let twice = format!(r#"{{"digest":"{other}","digest":"{digest}"}}"#);
        for (name, input, why) in [
            ("a", descriptor(&other), "describes"),
            ("a", b"".to_vec(), "standard input is no"),
            ("a", b"[]".to_vec(), "standard input is no"),
            ("a", twice.into_bytes(), "duplicate field"),
            ("a", [descriptor(&digest), b"x".to_vec()].concat(), "trailing"),
            (&format!("a@{other}"), descriptor(&digest), "-name holds"),
            ("A/B:?", descriptor(&digest), "-name: "),
        ] {
            let error = call(name).reference(&input).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
        let mut short = call("a");
        short.digest = "sha256:abc".to_owned();
        assert!(short.reference(&descriptor("sha256:abc")).unwrap_err().starts_with("-digest: "));
    }
}
