//! What a file is, by its path and its text.

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
    if has_extension(&base, &["yaml", "yml", "json"]) && base != ".gitlab-ci.yml" {
        ByName::Perhaps
    } else {
        ByName::No
    }
}

/// The kind of a file; `None` for one that names no images as far as is known. Names decide where the formats fix
/// them, and the text where they do not.
pub fn detect(path: &str, bytes: &[u8]) -> Option<FileKind> {
    let path = path.replace('\\', "/");
    let base = path.rsplit('/').next().unwrap_or_default();
    let lower = base.to_ascii_lowercase();
    if is_dockerfile(&lower) {
        return Some(FileKind::Dockerfile);
    }
    match lower.as_str() {
        "devcontainer.json" | ".devcontainer.json" => return Some(FileKind::Devcontainer),
        "kustomization.yaml" | "kustomization.yml" | "kustomization" => return Some(FileKind::Kustomization),
        ".gitlab-ci.yml" => return None,
        _ => {}
    }
    let yaml = has_extension(&lower, &["yaml", "yml"]);
    if !yaml && !has_extension(&lower, &["json"]) {
        return None;
    }
    let hints = Hints::of(bytes);
    if hints.object() && !is_compose(&lower) {
        return Some(FileKind::Kubernetes);
    }
    if !yaml {
        return None;
    }
    let workflows = [".github/workflows/", ".gitea/workflows/", ".forgejo/workflows/"];
    if workflows.iter().any(|dir| path.contains(dir))
        || hints.on && hints.jobs
        || matches!(lower.as_str(), "action.yml" | "action.yaml") && hints.runs
    {
        return Some(FileKind::Workflow);
    }
    if is_compose(&lower) || hints.services && hints.image {
        return Some(FileKind::Compose);
    }
    let template = path.contains("templates/") && hints.template && hints.image;
    (template || hints.patch).then_some(FileKind::Kubernetes)
}

fn has_extension(base: &str, extensions: &[&str]) -> bool {
    base.rsplit_once('.').is_some_and(|(_, extension)| extensions.contains(&extension))
}

/// `Dockerfile`, `Dockerfile.dev`, `dev.Dockerfile`, and the same of Containerfiles; not programs and texts about them.
fn is_dockerfile(base: &str) -> bool {
    let other = ["dockerignore", "md", "sh", "py", "go", "rs", "js", "ts", "json", "yml", "yaml", "html"];
    if has_extension(base, &other) {
        return false;
    }
    ["dockerfile", "containerfile"].iter().any(|name| {
        let prefix =
            base.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']));
        prefix || base.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'))
    })
}

fn is_compose(base: &str) -> bool {
    let stem = base.strip_prefix("docker-compose").or_else(|| base.strip_prefix("compose"));
    has_extension(base, &["yaml", "yml"]) && stem.is_some_and(|rest| rest.starts_with(['.', '-', '_']))
}

/// What lines of a YAML or JSON file say.
#[derive(Debug, Default)]
struct Hints {
    api_version: bool,
    kind: bool,
    services: bool,
    image: bool,
    on: bool,
    jobs: bool,
    runs: bool,
    template: bool,
    patch: bool,
}

impl Hints {
    fn of(bytes: &[u8]) -> Self {
        let mut hints = Self::default();
        let mut op = false;
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        for line in bytes.split(|b| *b == b'\n') {
            let trimmed = line.trim_ascii_start();
            let top = trimmed.len() == line.len();
            hints.template |= !hints.template && line.windows(2).any(|two| two == b"{{");
            let trimmed = trimmed.strip_prefix(b"- ").unwrap_or(trimmed).trim_ascii_start();
            let trimmed = trimmed.strip_prefix(b"{").unwrap_or(trimmed).trim_ascii_start();
            let key = trimmed.split(|b| *b == b':').next().unwrap_or_default().trim_ascii();
            if key.len() == trimmed.trim_ascii().len() {
                continue;
            }
            let inside = |quote: &[u8]| key.strip_prefix(quote).and_then(|key| key.strip_suffix(quote));
            let key = inside(b"\"").or_else(|| inside(b"'")).unwrap_or(key);
            match key {
                b"apiVersion" => hints.api_version = true,
                b"kind" => hints.kind = true,
                b"services" if top => hints.services = true,
                b"image" | b"build" | b"containers" => hints.image = true,
                b"on" if top => hints.on = true,
                b"jobs" if top => hints.jobs = true,
                b"runs" if top => hints.runs = true,
                b"op" => op = true,
                b"path" => {
                    let value = trimmed.trim_ascii().strip_suffix(b"\"").unwrap_or(trimmed.trim_ascii());
                    hints.patch |= op && value.ends_with(b"/image");
                }
                _ => {}
            }
            // JSON on one line.
            if line.len() > 200 && line.first() == Some(&b'{') {
                let has = |name: &[u8]| line.windows(name.len()).any(|part| part == name);
                hints.api_version |= has(b"\"apiVersion\"");
                hints.kind |= has(b"\"kind\"");
            }
        }
        hints
    }

    const fn object(&self) -> bool {
        self.api_version && self.kind
    }
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
            (".devcontainer/devcontainer.json", b"", Some(FileKind::Devcontainer)),
            ("k/kustomization.yaml", b"", Some(FileKind::Kustomization)),
            ("docker-compose.prod.yml", b"", Some(FileKind::Compose)),
            ("compose.yaml", b"", Some(FileKind::Compose)),
            ("composer.yaml", b"", None),
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
            ("package.json", b"{\"kind\": 1}", None),
            ("x.rs", pod, None),
        ];
        for (path, bytes, kind) in rows {
            assert_eq!(detect(path, bytes), *kind, "{path}");
            let by_name = by_name(path);
            assert_eq!(by_name == ByName::Yes, detect(path, b"").is_some(), "{path}");
            assert!(by_name != ByName::No || kind.is_none(), "{path}");
        }
        assert_eq!(by_name("a/values.yml"), ByName::Perhaps);
        assert_eq!(by_name("a/main.rs"), ByName::No);
        for kind in ["dockerfile", "compose", "kubernetes", "kustomize", "devcontainer", "workflow"] {
            assert_eq!(FileKind::parse(kind).map(FileKind::as_str), Some(kind));
        }
    }
}
