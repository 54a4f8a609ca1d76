//! Files out of which other programs take their commands: `use flake` runs what `flake.nix` says.

use crate::tables;
use crate::trace::Call;

/// What `use NAME` and `layout NAME` read beside their arguments.
const BY_NAME: &[(&str, &[&str])] = &[
    ("flake", &["flake.nix", "flake.lock"]),
    ("nix", &["shell.nix", "default.nix"]),
    ("devenv", &["devenv.nix", "devenv.yaml", "devenv.lock"]),
    ("devbox", &["devbox.json", "devbox.lock"]),
    ("mise", &["mise.toml", ".mise.toml", ".tool-versions"]),
    ("rtx", &["mise.toml", ".mise.toml", ".tool-versions"]),
    ("asdf", &[".tool-versions"]),
    ("guix", &["guix.scm", "manifest.scm", "channels.scm"]),
    ("node", &[".nvmrc", ".node-version"]),
    ("nodenv", &[".node-version"]),
    ("rbenv", &[".ruby-version"]),
    ("pyenv", &[".python-version"]),
    ("pipenv", &["Pipfile", "Pipfile.lock"]),
    ("poetry", &["pyproject.toml", "poetry.lock"]),
    ("uv", &["pyproject.toml", "uv.lock"]),
    ("pixi", &["pixi.toml", "pixi.lock"]),
];

/// What programs read of the folder in which they are started.
const BY_PROGRAM: &[(&str, &[&str])] = &[
    ("make", &["GNUmakefile", "makefile", "Makefile"]),
    ("gmake", &["GNUmakefile", "makefile", "Makefile"]),
    ("just", &["justfile", "Justfile", ".justfile"]),
    ("task", &["Taskfile.yml", "Taskfile.yaml"]),
    ("npm", &["package.json", "package-lock.json", ".npmrc"]),
    ("npx", &["package.json", "package-lock.json", ".npmrc"]),
    ("pnpm", &["package.json", "pnpm-lock.yaml", ".npmrc"]),
    ("yarn", &["package.json", "yarn.lock", ".yarnrc.yml"]),
    ("bun", &["package.json", "bun.lock"]),
    ("nix-shell", &["shell.nix", "default.nix"]),
    ("nix", &["flake.nix", "flake.lock"]),
    ("devenv", &["devenv.nix", "devenv.yaml", "devenv.lock"]),
    ("devbox", &["devbox.json", "devbox.lock"]),
    ("mise", &["mise.toml", ".mise.toml", ".tool-versions"]),
    ("docker-compose", &["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"]),
];

/// Files of the folder from which a command takes what it does, and files that it names and runs.
pub(super) fn files(call: &Call) -> Vec<String> {
    let (base, words) = (call.base(), call.words());
    let mut files: Vec<String> = Vec::new();
    let known = |table: &[(&str, &'static [&'static str])], name: &str| {
        table.iter().find(|(known, _)| *known == name).map(|(_, files)| *files).unwrap_or_default()
    };
    if matches!(base.as_str(), "use" | "layout") {
        let name = words.first().map_or("", String::as_str);
        let local = words.get(1..).unwrap_or_default().iter().find_map(|word| folder_of_flake(word));
        let prefix = local.map(|folder| format!("{folder}/")).unwrap_or_default();
        files.extend(known(BY_NAME, name).iter().map(|file| format!("{prefix}{file}")));
        if !known(BY_NAME, name).is_empty() {
            files.extend(words.iter().skip(1).filter(|word| is_file(word)).cloned());
        }
    } else {
        files.extend(known(BY_PROGRAM, &base).iter().map(|file| (*file).to_owned()));
        let runs = tables::interpreter(&base).is_some() || !known(BY_PROGRAM, &base).is_empty();
        if runs || base == "direnv_load" {
            files.extend(words.iter().filter(|word| is_file(word)).cloned());
        }
    }
    files
}

/// A flake that lies in the tree: `.#shell`, `./nix#dev`, `path:nix`.
fn folder_of_flake(word: &str) -> Option<String> {
    let path = word.split('#').next()?;
    let path = path.strip_prefix("path:").unwrap_or(path);
    let local = path.starts_with("./") || word.starts_with("path:");
    (local && !path.contains("..")).then(|| path.trim_end_matches('/').to_owned())
}

/// It may name a file: no option, no address, no words of code.
fn is_file(word: &str) -> bool {
    !word.is_empty()
        && !word.starts_with('-')
        && !word.contains("://")
        && !word.contains(|c: char| c.is_whitespace() || "$|;&<>()'\"`#".contains(c))
        && (word.contains('/') || word.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_may_name_files() {
        for (word, is) in [
            ("setup.py", true),
            ("tools/x", true),
            ("--file=a.b", false),
            ("https://x.acme.example/a.sh", false),
            ("print(1.0)", false),
            ("install", false),
        ] {
            assert_eq!(is_file(word), is, "{word}");
        }
        assert_eq!(folder_of_flake("./nix#dev").as_deref(), Some("./nix"));
        assert_eq!(folder_of_flake("path:nix"), Some("nix".to_owned()));
        assert_eq!(folder_of_flake("github:acme/tools"), None);
        assert_eq!(folder_of_flake("./../other"), None);
    }
}
