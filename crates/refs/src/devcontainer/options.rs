//! `build.options` of a dev container: words that are put behind `docker build`.
//!
//! Source: dev container specification (`build.options`); Docker documentation, `buildx build`.

use crate::building::{context_image, generators, image_argument};
use crate::compose::any_argument;
use crate::detect::FileKind;
use crate::dockerfile::{BuildArg, Given};
use crate::expand::Expanded;
use crate::found::{Place, Unresolved};
use crate::mapped::Mapped;
use crate::named::NamedKind;
use crate::yaml::{Emitter, Id};

/// Scans the words: `--option=value`, or `--option` and the value as the next word.
pub(super) fn scan(emitter: &mut Emitter<'_>, options: Id, given: &mut Given) {
    let mut waits: Option<String> = None;
    for id in emitter.tree.items(options) {
        let Some(value) = emitter.value(*id) else { continue };
        let (text, whole) = (value.text.text(), value.text.clone());
        // Aliases may bring the same text to any number of places.
        if !emitter.tree.spend(text.len().saturating_mul(8)) {
            return;
        }
        if value.unresolved.is_some() {
            emitter.image(Place::BuildContext, *id);
        } else if let Some(option) = waits.take() {
            one(emitter, *id, &option, whole, given);
        } else if let Some((option, rest)) = text.split_once('=').filter(|_| text.starts_with("--")) {
            one(emitter, *id, option, whole.part(text.len() - rest.len()..text.len()), given);
        } else if text.starts_with("-f") && text.len() > 2 {
            // The value may follow at once.
            let start = 2 + usize::from(text[2..].starts_with('='));
            one(emitter, *id, "-f", whole.part(start..text.len()), given);
        } else if OPTIONS.contains(&text) {
            waits = Some(text.to_owned());
        } else if text.starts_with("${") {
            // It may be any option.
            emitter.image(Place::BuildContext, *id);
        }
    }
}

/// Those that name images, or what does.
const OPTIONS: [&str; 6] = ["--build-arg", "--build-context", "--file", "-f", "--sbom", "--attest"];

fn one(emitter: &mut Emitter<'_>, id: Id, option: &str, value: Mapped, given: &mut Given) {
    match option {
        "--build-arg" => {
            let (name, argument) = if let Some((name, rest)) = value.text().split_once('=') {
                let start = value.text().len() - rest.len();
                (name, Expanded::literal(value.part(start..value.text().len())))
            } else {
                // The value is that of the environment of whoever builds.
                let unresolved = Some(Unresolved::Variable(value.text().to_owned()));
                (value.text(), Expanded { unresolved, ..Expanded::literal(value.clone()) })
            };
            if name.contains('$') {
                return any_argument(emitter, Place::DevcontainerBuildArg, id);
            }
            given.args.push(BuildArg::of(name, &argument));
            if let Some((place, argument)) = image_argument(Place::DevcontainerBuildArg, name, argument) {
                emitter.expanded(place, id, argument);
            }
        }
        "--build-context" => {
            given.contexts.extend(value.text().split_once('=').map(|(name, _)| name.to_lowercase()));
            if let Some(image) = context_image(&value) {
                emitter.expanded(Place::BuildContext, id, Expanded::literal(image));
            }
        }
        "--sbom" | "--attest" => {
            for image in generators(&value) {
                emitter.expanded(Place::SbomGenerator, id, Expanded::literal(image));
            }
        }
        "--file" | "-f" => dockerfile(emitter, id, &value),
        _ => {}
    }
}

/// A Dockerfile in the place of the one that is named otherwise. Where its path counts from depends on where the builder is started,
/// in the directory around this one as a rule: both are looked at.
fn dockerfile(emitter: &mut Emitter<'_>, id: Id, value: &Mapped) {
    if emitter.path(id).is_none() {
        return;
    }
    let path = value.text();
    emitter.file_at(NamedKind::File(FileKind::Dockerfile), id, path.to_owned(), Vec::new());
    emitter.file_at(NamedKind::IfThere(FileKind::Dockerfile), id, format!("../{path}"), Vec::new());
}
