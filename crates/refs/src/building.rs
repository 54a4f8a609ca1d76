//! What a build is given beside its Dockerfile, however that is written: arguments, named contexts, the generator of an SBOM.
//!
//! Sources: Docker documentation, `buildx build` (`--build-arg`, `--build-context`, `--sbom`, `--attest`); BuildKit
//! `frontend/dockerui`, `docs/attestations/sbom.md`.

use crate::expand::Expanded;
use crate::found::Place;
use crate::mapped::Mapped;
use crate::yaml::{has_prefix, no_empty_default};

/// The build argument that wins over `# syntax=` (BuildKit `frontend/dockerui`, `keySyntaxArg`).
const SYNTAX_ARG: &str = "BUILDKIT_SYNTAX";

/// A build argument that is an image, by its name, and what it is: an image of the build, or what reads the Dockerfile.
pub(crate) fn image_argument(place: Place, name: &str, value: Expanded) -> Option<(Place, Expanded)> {
    let mut value = no_empty_default(value);
    if name != SYNTAX_ARG {
        return names_an_image(name, &value).then_some((place, value));
    }
    // As of `# syntax=`: what follows the first blank is the frontend's own.
    let text = value.text.text().trim_start();
    let start = value.text.text().len() - text.len();
    let end = start + text.find(' ').unwrap_or(text.len());
    value.text = value.text.part(start..end);
    (end > start || value.unresolved.is_some()).then_some((Place::DockerfileSyntax, value))
}

/// Whether a build argument is an image by its name: `BASE_IMAGE`, `IMAGE`, `BUILDER_IMG`, `BASE`. What other arguments
/// are is known to the Dockerfile alone.
fn names_an_image(name: &str, value: &Expanded) -> bool {
    let name = name.to_ascii_uppercase();
    let named = name.ends_with("IMAGE") || name.ends_with("IMG") || name == "BASE";
    let text = value.text.text();
    named && (!text.is_empty() || value.unresolved.is_some()) && !matches!(text, "true" | "false" | "0" | "1")
}

/// The image of `name=docker-image://image`, a context that takes the place of what a Dockerfile calls by the name; or what may
/// become one when its variable or expression has a value.
pub(crate) fn context_image(text: &Mapped) -> Option<Mapped> {
    const SCHEME: &str = "docker-image://";
    let whole = text.text();
    // All of it may come from elsewhere.
    let source = if whole.starts_with('$') { whole } else { whole.split_once('=')?.1 };
    let at = whole.len() - source.len();
    if has_prefix(source, SCHEME) {
        return Some(text.part(at + SCHEME.len()..whole.len()));
    }
    let open = source.split_once('$').is_some_and(|(before, _)| has_prefix(SCHEME, before));
    open.then(|| text.part(at..whole.len()))
}

/// The images of `generator=image`, which list what a build holds: of `--sbom`, and of `--attest type=sbom`.
pub(crate) fn generators(text: &Mapped) -> Vec<Mapped> {
    const KEY: &str = "generator=";
    let options = split(text, ',').into_iter().filter(|option| has_prefix(option.text(), KEY));
    options.map(|option| option.part(KEY.len()..option.text().len())).collect()
}

/// The parts of a text that are not empty, without blanks and quotes around them.
pub(crate) fn split(text: &Mapped, at: char) -> Vec<Mapped> {
    let around = |c: char| c.is_whitespace() || c == '"';
    let mut parts = Vec::new();
    let mut start = 0;
    for part in text.text().split(at) {
        let inside = part.trim_matches(around);
        let offset = start + (part.len() - part.trim_start_matches(around).len());
        if !inside.is_empty() {
            parts.push(text.part(offset..offset + inside.len()));
        }
        start += part.len() + at.len_utf8();
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_images() {
        let texts = |parts: Vec<Mapped>| parts.iter().map(|part| part.text().to_owned()).collect::<Vec<_>>();
        let text = Mapped::at(" a ,, \"b=c\" ,\n", 10);
        assert_eq!(texts(split(&text, ',')), ["a", "b=c"]);
        assert_eq!(split(&text, ',')[1].exact(), Some(17..20));
        assert_eq!(texts(generators(&Mapped::at("type=sbom, Generator=x/y:1,a=b", 0))), ["x/y:1"]);
        let image = |text: &str| context_image(&Mapped::at(text, 0)).map(|image| image.text().to_owned());
        assert_eq!(image("alpine=docker-image://x:1"), Some("x:1".into()));
        assert_eq!((image("a=./b"), image("docker-image://x"), image("a=./$B")), (None, None, None));
        assert_eq!(image("a=docker-${{ x }}"), Some("docker-${{ x }}".into()));
        assert_eq!(image("${localEnv:X}"), Some("${localEnv:X}".into()));
    }
}
