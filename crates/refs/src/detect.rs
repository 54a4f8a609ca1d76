//! What a file is, by its path and its text.

use std::cell::Cell;
use std::ops::Range;

use crate::environment::COMPOSE_FILE;
use crate::hints::Hints;
use crate::limits::ScanLimits;
use crate::problem::ProblemKind;
use crate::shape::Shape;
use crate::text::decode;
use crate::{bake, dockerfile, yaml};

/// A kind of file that names images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FileKind {
    /// A Dockerfile or Containerfile.
    Dockerfile,
    /// A compose file.
    Compose,
    /// Kubernetes objects, as YAML or JSON; Helm templates too, which are no YAML before they are rendered.
    Kubernetes,
    /// A kustomization.
    Kustomization,
    /// `devcontainer.json`.
    Devcontainer,
    /// A GitHub workflow or action.
    Workflow,
    /// An environment file that names compose files.
    Environment,
    /// What `docker buildx bake` builds.
    Bake,
}

impl FileKind {
    /// A stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dockerfile => "dockerfile",
            Self::Compose => "compose",
            Self::Kubernetes => "kubernetes",
            Self::Kustomization => "kustomize",
            Self::Devcontainer => "devcontainer",
            Self::Workflow => "workflow",
            Self::Environment => "environment",
            Self::Bake => "bake",
        }
    }

    /// The kind with this name.
    pub fn parse(name: &str) -> Option<Self> {
        [
            Self::Dockerfile,
            Self::Compose,
            Self::Kubernetes,
            Self::Kustomization,
            Self::Devcontainer,
            Self::Workflow,
            Self::Environment,
            Self::Bake,
        ]
        .into_iter()
        .find(|kind| kind.as_str() == name)
    }
}

/// What the name of a file alone says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByName {
    /// It names no images, whatever it holds.
    No,
    /// [`detect`] decides by its text.
    Perhaps,
    /// It is of a kind that names images, whatever it holds.
    Yes,
}

/// What the name alone says of a file: [`detect`] gives a kind for any text where it is [`ByName::Yes`], and none where
/// it is [`ByName::No`].
pub fn by_name(path: &str) -> ByName {
    if detect(path, b"").is_some() {
        return ByName::Yes;
    }
    let base = path.rsplit(['/', '\\']).next().unwrap_or_default().to_ascii_lowercase();
    let yaml = has_extension(&base, &["yaml", "yml", "json", "hcl"]) && base != ".gitlab-ci.yml";
    if yaml || base == DOTENV || named_as_dockerfile(&base).is_some() { ByName::Perhaps } else { ByName::No }
}

/// The kind of a file; `None` for one that names no images as far as is known. Names decide where the formats fix
/// them, and the text where they do not: by lines where these are clear, and else by what the documents are when parsed.
pub fn detect(path: &str, bytes: &[u8]) -> Option<FileKind> {
    let path = path.replace('\\', "/");
    let base = path.rsplit('/').next().unwrap_or_default();
    let lower = base.to_ascii_lowercase();
    match named_as_dockerfile(&lower) {
        Some(true) => return Some(FileKind::Dockerfile),
        Some(false) if dockerfile::begins(&decode(bytes).0) => return Some(FileKind::Dockerfile),
        _ => {}
    }
    match lower.as_str() {
        "devcontainer.json" | ".devcontainer.json" | "devcontainer-feature.json" => {
            return Some(FileKind::Devcontainer);
        }
        "kustomization.yaml" | "kustomization.yml" | "kustomization" => return Some(FileKind::Kustomization),
        // An object that names the images of kpt's functions.
        "kptfile" => return Some(FileKind::Kubernetes),
        ".gitlab-ci.yml" => return None,
        DOTENV => return names_compose_files(bytes).then_some(FileKind::Environment),
        "docker-bake.hcl" | "docker-bake.override.hcl" | "docker-bake.json" | "docker-bake.override.json" => {
            return Some(FileKind::Bake);
        }
        _ if has_extension(&lower, &["hcl"]) => {
            return bake::is_bake(&decode(bytes).0).then_some(FileKind::Bake);
        }
        _ => {}
    }
    let yaml = has_extension(&lower, &["yaml", "yml"]);
    if !yaml && !has_extension(&lower, &["json"]) {
        return None;
    }
    let text = transcoded(bytes).or_else(|| broken_up(bytes));
    let bytes = text.as_deref().map_or(bytes, str::as_bytes);
    let workflows = [".github/workflows/", ".gitea/workflows/", ".forgejo/workflows/"];
    if yaml && workflows.iter().any(|dir| path.contains(dir)) {
        return Some(FileKind::Workflow);
    }
    let hints = Hints::of(bytes);
    if hints.top_version && hints.top_kind {
        return Some(FileKind::Kubernetes);
    }
    let action = matches!(lower.as_str(), "action.yml" | "action.yaml");
    if yaml && (hints.on && hints.jobs || action && hints.runs) {
        return Some(FileKind::Workflow);
    }
    if is_compose(&lower) || yaml && hints.services && hints.image {
        return Some(FileKind::Compose);
    }
    let template = yaml && path.contains("templates/") && hints.template && hints.image;
    if template || hints.object() || yaml && hints.patch {
        return Some(FileKind::Kubernetes);
    }
    // GitLab's files have `include` too.
    let includes = yaml && hints.include && !path.to_ascii_lowercase().contains("gitlab");
    if action || includes || may_name_images(bytes) {
        by_documents(&decode(bytes).0, action, includes)
    } else {
        None
    }
}

/// What compose reads beside its file, and before it knows which that is.
const DOTENV: &str = ".env";

fn names_compose_files(bytes: &[u8]) -> bool {
    let name = COMPOSE_FILE.as_bytes();
    bytes.windows(name.len()).any(|part| part == name)
}

/// Text that is UTF-16 by its byte-order mark: it is refused when it is read, but not passed over.
fn transcoded(bytes: &[u8]) -> Option<String> {
    let wide: fn([u8; 2]) -> u16 = match bytes.first_chunk()? {
        [0xff, 0xfe] => u16::from_le_bytes,
        [0xfe, 0xff] => u16::from_be_bytes,
        _ => return None,
    };
    let units: Vec<u16> = bytes.get(2..)?.as_chunks().0.iter().map(|two| wide(*two)).collect();
    Some(String::from_utf16_lossy(&units))
}

/// Text in which YAML 1.1 sees lines that YAML 1.2 does not: it has a problem when it is read, but is not passed over.
fn broken_up(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    yaml::other_break(text).map(|_| text.replace(yaml::OTHER_BREAKS, "\n"))
}

/// Whether a YAML or JSON text could name an image at all: in a word, in one that is written with escapes, or in one that is tagged.
fn may_name_images(bytes: &[u8]) -> bool {
    let escape = |two: &[u8]| matches!(two, [b'\\', b'x' | b'u' | b'U' | b'\n' | b'\r']);
    match std::str::from_utf8(bytes) {
        Ok(text) => {
            ["image", "containers", "docker:"].iter().any(|word| text.contains(word))
                || text.contains("services") && ["extends", "build"].iter().any(|word| text.contains(word))
                || text.contains('\\') && bytes.windows(2).any(escape)
                || ["!!", "!<", "%TAG"].iter().any(|mark| text.contains(mark))
        }
        Err(_) => true,
    }
}

/// What the documents of a file are when parsed, for those that are written unlike others. What no parser reads is told by its words.
fn by_documents(text: &str, action: bool, includes: bool) -> Option<FileKind> {
    let limits = ScanLimits::default();
    let steps = Cell::new(limits.steps);
    let parsed = yaml::parse(text, &limits, &steps);
    let found = parsed.trees.iter().find_map(|tree| match Shape::of(tree) {
        shape if shape.object || shape.patch => Some(FileKind::Kubernetes),
        shape if shape.workflow || action && shape.runs => Some(FileKind::Workflow),
        shape if shape.compose || includes && shape.includes => Some(FileKind::Compose),
        _ => None,
    });
    let object = |range: &Range<usize>| {
        let text = text.get(range.clone()).unwrap_or("");
        ["apiVersion", "kind", "image"].iter().all(|word| text.contains(word))
    };
    let broken = || parsed.broken.iter().any(|(range, _)| object(range)).then_some(FileKind::Kubernetes);
    // A key that a tag may make any word.
    let tagged = || {
        let mut problems = parsed.problems.iter();
        problems.any(|one| matches!(one.kind, ProblemKind::TaggedKey(_))).then_some(FileKind::Kubernetes)
    };
    found.or_else(broken).or_else(tagged)
}

fn has_extension(base: &str, extensions: &[&str]) -> bool {
    base.rsplit_once('.').is_some_and(|(_, extension)| extensions.contains(&extension))
}

/// `Dockerfile`, `Dockerfile.dev`, `dev.Dockerfile`, and the same of Containerfiles; `false` for names that are also those
/// of programs and texts about them, and where more is glued to the word (`DockerfileProd`, `ProdDockerfile`): there the text decides.
fn named_as_dockerfile(base: &str) -> Option<bool> {
    let ends = |rest: &str| rest.is_empty() || rest.starts_with(['.', '-', '_']);
    let named = ["dockerfile", "containerfile"].iter().filter_map(|name| {
        let prefix = base.strip_prefix(name).is_some_and(ends);
        let suffix = base.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'));
        base.contains(name).then_some(prefix || suffix)
    });
    let other = ["dockerignore", "md", "sh", "py", "go", "rs", "js", "ts", "json", "yml", "yaml", "html"];
    named.reduce(|all, one| all || one).map(|certain| certain && !has_extension(base, &other))
}

fn is_compose(base: &str) -> bool {
    let stem = base.strip_prefix("docker-compose").or_else(|| base.strip_prefix("compose"));
    has_extension(base, &["yaml", "yml", "json"])
        && stem.is_some_and(|rest| rest.starts_with(['.', '-', '_']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_texts() {
        let pod = b"apiVersion: v1\nkind: Pod\n";
        let rows: &[(&str, &[u8], Option<FileKind>)] = &[
            ("Dockerfile", b"", Some(FileKind::Dockerfile)),
            ("a/Dockerfile.dev", b"", Some(FileKind::Dockerfile)),
            ("a\\Dev.Dockerfile", b"", Some(FileKind::Dockerfile)),
            ("Containerfile", b"", Some(FileKind::Dockerfile)),
            ("Dockerfile.dockerignore", b"", None),
            ("Dockerfile.md", b"", None),
            ("dockerfiles.txt", b"", None),
            ("DockerfileProd", b"", None),
            ("DockerfileProd", b"FROM a\n", Some(FileKind::Dockerfile)),
            ("prod-Dockerfile", b"ARG A\nFROM a\n", Some(FileKind::Dockerfile)),
            ("Containerfile.dev", b"", Some(FileKind::Dockerfile)),
            ("my.containerfile2", b"FROM a AS b\n", Some(FileKind::Dockerfile)),
            ("dockerfile_parser.rs", b"use x;\n", None),
            (".devcontainer/devcontainer.json", b"", Some(FileKind::Devcontainer)),
            ("k/kustomization.yaml", b"", Some(FileKind::Kustomization)),
            ("k/Kptfile", b"", Some(FileKind::Kubernetes)),
            ("docker-compose.prod.yml", b"", Some(FileKind::Compose)),
            ("compose.yaml", b"", Some(FileKind::Compose)),
            ("composer.yaml", b"", None),
            ("docker-bake.override.json", b"", Some(FileKind::Bake)),
            ("ci/build.hcl", b"group \"a\" {}\ntarget \"a\" {}\n", Some(FileKind::Bake)),
            ("main.hcl", b"source \"a\" \"b\" {}\n", None),
            ("ci/override.yaml", b"services: {a: {build: {args: {A: b}}}}", Some(FileKind::Compose)),
            ("local.yml", b"services:\n  a:\n    image: x\n", Some(FileKind::Compose)),
            (".gitlab-ci.yml", b"services:\n  - image: x\n", None),
            (".github/workflows/ci.yml", b"", Some(FileKind::Workflow)),
            ("ci/docker.yml", b"on: push\njobs:\n", Some(FileKind::Workflow)),
            ("ci/x.yml", b"'on':\n  push:\n'jobs':\n", Some(FileKind::Workflow)),
            ("x/action.yml", b"runs:\n  using: docker\n", Some(FileKind::Workflow)),
            ("x/action.yml", b"name: x\n", None),
            ("deploy.yaml", pod, Some(FileKind::Kubernetes)),
            ("deploy.json", b"{\n \"apiVersion\": \"v1\",\n \"kind\": \"Pod\"}", Some(FileKind::Kubernetes)),
            (
                "chart/templates/x.yaml",
                b"{{ if .a }}\nspec:\n  image: {{ .b }}\n",
                Some(FileKind::Kubernetes),
            ),
            ("patch.yaml", b"- op: replace\n  path: /spec/x/image\n  value: y\n", Some(FileKind::Kubernetes)),
            ("values.yaml", b"image: x\n", None),
            ("Dockerfile.go", b"# c\nFROM --platform=x a AS b\n", Some(FileKind::Dockerfile)),
            ("Dockerfile.yml", b"arg A=1\nFROM $A\n", Some(FileKind::Dockerfile)),
            ("Dockerfile.json", b"# syntax=a/frontend\n{}\n", Some(FileKind::Dockerfile)),
            ("Dockerfile.py", b"from a import b\n", None),
            ("Dockerfile.go", b"package a\n", None),
            ("Dockerfile.yaml", pod, Some(FileKind::Kubernetes)),
            ("compose-api.yaml", pod, Some(FileKind::Kubernetes)),
            ("docker-compose.json", b"", Some(FileKind::Compose)),
            (".github/workflows/x.yml", pod, Some(FileKind::Workflow)),
        ];
        detected(rows);
        assert_eq!(by_name("a/values.yml"), ByName::Perhaps);
        assert_eq!(by_name("a/main.rs"), ByName::No);
        for kind in ["dockerfile", "compose", "kubernetes", "kustomize", "devcontainer", "workflow"] {
            assert_eq!(FileKind::parse(kind).map(FileKind::as_str), Some(kind));
        }
    }

    fn detected(rows: &[(&str, &[u8], Option<FileKind>)]) {
        for (path, bytes, kind) in rows {
            assert_eq!(detect(path, bytes), *kind, "{path}");
            let by_name = by_name(path);
            assert_eq!(by_name == ByName::Yes, detect(path, b"").is_some(), "{path}");
            assert!(by_name != ByName::No || kind.is_none(), "{path}");
        }
    }

    #[test]
    fn texts_alone() {
        let pod = b"apiVersion: v1\nkind: Pod\n";
        let rows: &[(&str, &[u8], Option<FileKind>)] = &[
            ("stack.yml", b"services:\n  a:\n    image: x\nconfigs:\n  c:\n    content: |\n      kind: a\n      apiVersion: b\n", Some(FileKind::Compose)),
            ("stack.yml", b"services: {web: {image: x}}", Some(FileKind::Compose)),
            ("stack.yml", b"services:\n  a:\n    extends: {file: base.conf, service: a}\n", Some(FileKind::Compose)),
            ("stack.yml", b"services:\n  a:\n    extends: b\n", None),
            ("stack.yml", b"include: [base.conf]\n", Some(FileKind::Compose)),
            ("stack.yml", b"x-a: b\ninclude:\n- path: [a]\nnetworks: {}\n", Some(FileKind::Compose)),
            ("stack.yml", b"include:\n- local: a\n", None),
            ("stack.yml", b"include:\n- /a.yml\n", None),
            ("stack.yml", b"include: [src/*]\n", None),
            ("stack.yml", b"include: [a.yml]\nstages: [b]\n", None),
            ("stack.yml", b"include: a.yml\n", None),
            (".gitlab/ci/a.yml", b"include: [a.yml]\n", None),
            ("tsconfig.json", b"{\"include\": [\"src\"]}", None),
            ("src/f/devcontainer-feature.json", b"{}", Some(FileKind::Devcontainer)),
            ("stack.json", b"{\"services\": {\"web\": {\"image\": \"x\"}}}", Some(FileKind::Compose)),
            ("x.json", b"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"spec\":{\"containers\":[]}}", Some(FileKind::Kubernetes)),
            ("x.yaml", b"--- {apiVersion: v1, kind: Pod, spec: {containers: [{image: x}]}}", Some(FileKind::Kubernetes)),
            ("x.yaml", b"apiVersion: v1\n\"\\x6bind\": Pod\n", Some(FileKind::Kubernetes)),
            ("x.yaml", b"apiVersion: v1\rkind: Pod\r", Some(FileKind::Kubernetes)),
            ("x.yaml", b"\xff\xfea\0p\0i\0V\0e\0r\0s\0i\0o\0n\0:\0 \0v\0\n\0k\0i\0n\0d\0:\0 \0P\0", Some(FileKind::Kubernetes)),
            ("x.yaml", b"\xfe\xff\0a\0:\0 \0b", None),
            ("p.yaml", b"- op: add\n  path: /spec/containers/-\n  value: {image: x}\n", Some(FileKind::Kubernetes)),
            ("p.json", b"[{\"op\": \"add\", \"path\": \"/a\", \"value\": {\"image\": \"x\"}}]", Some(FileKind::Kubernetes)),
            ("x/action.yml", b"{runs: {using: composite, steps: []}}", Some(FileKind::Workflow)),
            ("broken.yaml", b"{apiVersion: v1, kind: Pod, image: [", Some(FileKind::Kubernetes)),
            ("broken.yaml", b"{image: [", None),
            ("x.yaml", "# x\u{2028}apiVersion: v1\u{2028}kind: Pod\u{2028}image: y\n".as_bytes(), Some(FileKind::Kubernetes)),
            ("x.yaml", b"apiVersion: v1\n!!binary a2luZA==: Pod\n", Some(FileKind::Kubernetes)),
            ("x.yaml", b"!!binary YQ==: b\n", Some(FileKind::Kubernetes)),
            ("cf.yaml", b"Resources: {a: !!str b}\n", None),
            ("package.json", b"{\"kind\": 1}", None),
            ("x.rs", pod, None),
        ];
        detected(rows);
    }
}
