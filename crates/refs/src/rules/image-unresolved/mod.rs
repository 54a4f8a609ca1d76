//! `image-unresolved`: every place that names an image says which.

use proofmark_core::{Finding, Observation, RuleMeta, RuleStatus, Severity};

use crate::found::{Found, Place, Target, Unresolved};
use crate::named::NotRead;

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "image-unresolved",
    summary: "Every place that names an image says which image, without anything being run.",
    doc: include_str!("doc.md"),
    severity: Severity::Medium,
    threats: &["T3.1"],
    reasons: &[],
    online: false,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

/// The finding for a place of which no image is known.
pub(crate) fn finding(found: &Found, why: &Unresolved) -> Finding {
    let message = match found.place {
        Place::NamedFile => "the file that this names was not read; which images it holds is not known",
        _ => "which image this names is not known before a build, a run or a rendering; it was not verified",
    };
    let mut row = super::row(&META, found, message.to_owned(), help(found, why));
    // Where it was looked for, which the text alone may not say: a build names a directory.
    let looked =
        |why: &NotRead| !matches!(why, NotRead::Remote | NotRead::Chart) && found.value != found.text;
    let text = match why {
        Unresolved::NotRead(not) if looked(not) => format!("{why}: {}", found.value),
        _ => why.to_string(),
    };
    row.observed.insert(0, Observation::new(text));
    row
}

/// The finding for a file that was not read.
pub(crate) fn unread_file(found: &Found) -> Option<Finding> {
    match &found.target {
        Target::Unresolved(why) => Some(finding(found, why)),
        Target::Image(_) => None,
    }
}

/// One thing that would make the image known.
fn help(found: &Found, why: &Unresolved) -> String {
    let text = match why {
        Unresolved::NotRead(why) => return unread(found, *why),
        Unresolved::Variable(_) if found.place == Place::NamedFile => {
            "write the path out, or give the variable a default where it is used"
        }
        Unresolved::Number(_) if found.place == Place::NamedFile => "put it in quotes",
        Unresolved::Expression(_) if found.place == Place::NamedFile => {
            "write the path out, or take it from a matrix of this job that lists every path"
        }
        _ if found.place == Place::NamedFile => "write the path out",
        Unresolved::Pulled(_) => {
            "write pull_policy: missing here, so that the image is judged; or leave build and pull_policy there as they are here"
        }
        Unresolved::Given(_) => "give it one value, or write the image out in the Dockerfile",
        Unresolved::Variable(_) if found.given.is_some() => {
            "give the variable a default with a digest in the file of the build, or write the image out in the Dockerfile"
        }
        Unresolved::Environment(_) => {
            "write the image out where it is used, or its value in .env without variables and escapes"
        }
        Unresolved::Variable(_) => "give the variable a default with a digest where it is declared",
        Unresolved::Expansion(_) | Unresolved::Expression(_) => "write the image out, with its digest",
        Unresolved::Number(_) => "put it in quotes",
        Unresolved::AnyArgument(_) => "write the arguments out, a line for each: NAME=value",
        Unresolved::Overwritten(_) => "write it in `env` of this step, or write the image out",
        Unresolved::Copied => {
            "write the image out; or check what is rendered: kustomize build > rendered.yaml, then proofmark check rendered.yaml"
        }
        Unresolved::Template => {
            "check what is rendered: helm template … > rendered.yaml, then proofmark check rendered.yaml"
        }
        Unresolved::Malformed(_) | Unresolved::NotText | Unresolved::TooLong => {
            "write HOST/REPOSITORY:TAG@sha256:…"
        }
        Unresolved::NoStage(_) => "name a stage that the Dockerfile has, or an image",
        Unresolved::ForeignStage(_) => "name an image: the stages of another build are not known here",
        Unresolved::ShortFeature(_) => {
            "write the feature with its registry, such as ghcr.io/devcontainers/features/node:1"
        }
        Unresolved::TagElsewhere => "write newTag or digest beside newName",
        Unresolved::TagApart(_) => {
            "write the tag and the digest into image, if what reads it allows that; or check what is rendered: proofmark check rendered.yaml"
        }
        Unresolved::Unparsed => "mend the document around it first",
    };
    text.to_owned()
}

/// One thing that would have the file read.
fn unread(found: &Found, why: NotRead) -> String {
    let text = match why {
        NotRead::Remote | NotRead::Chart => {
            "check what comes of it (docker compose config, kustomize build --enable-helm): proofmark check rendered.yaml; or keep \
             the file in this repository"
        }
        NotRead::Missing => {
            return format!(
                "have it there when this runs (a submodule, a generated file) or correct the path; if it is checked elsewhere, \
                 leave it out: --exclude '{}'",
                found.value
            );
        }
        NotRead::Outside => "check the directory that holds both, or keep the file in this repository",
        NotRead::NoFile => "name a file",
        NotRead::NoKustomization => "name a directory with a kustomization, or a file",
        NotRead::TooDeep => "name the files at fewer removes",
    };
    text.to_owned()
}
