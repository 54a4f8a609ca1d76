//! Commands that stand in files of other tools: recipes of make and just, scripts of a package.json.

use crate::audit::{Audit, Hit};
use crate::files::FileAnswer;

/// The files in which a tool finds its commands, the first that is there.
pub(super) fn files(base: &str, words: &[String]) -> Vec<String> {
    let named = words
        .iter()
        .zip(words.iter().skip(1))
        .find(|(option, _)| matches!(option.as_str(), "-f" | "--file" | "--justfile"));
    if let Some((_, path)) = named {
        return crate::files::resolve("", path).into_iter().collect();
    }
    let names: &[&str] = match base {
        "make" | "gmake" => &["GNUmakefile", "makefile", "Makefile"],
        "just" => &["justfile", "Justfile", ".justfile"],
        "npm" | "pnpm" | "yarn" | "bun" => &["package.json"],
        _ => &[],
    };
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// The files of the tree in which a program finds commands by itself, whether or not they are there.
pub(super) fn configurations(base: &str, words: &[String]) -> Vec<String> {
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    let names: &[&str] = match base {
        "use_flake" | "flox" => &["flake.nix"],
        "use" if has(&["flake"]) => &["flake.nix"],
        "use" if has(&["nix"]) => &["shell.nix", "default.nix"],
        "use" if has(&["devenv"]) => &["devenv.nix"],
        "use" if has(&["mise", "rtx"]) => &["mise.toml", ".mise.toml"],
        "use_nix" | "nix-shell" | "nix-build" | "lorri" => &["shell.nix", "default.nix"],
        "nix" => &["flake.nix", "shell.nix", "default.nix"],
        "use_devenv" | "devenv" => &["devenv.nix", "devenv.yaml"],
        "devbox" => &["devbox.json"],
        "mise" | "rtx" | "use_mise" => {
            &["mise.toml", ".mise.toml", ".config/mise/config.toml", "mise.local.toml"]
        }
        "terragrunt" => &["terragrunt.hcl", "root.hcl"],
        "terraform" | "tofu" => &["main.tf", "backend.tf", "providers.tf"],
        "npm" | "pnpm" | "yarn" | "bun" => &["package.json", ".npmrc", ".yarnrc.yml", ".pnpmfile.cjs"],
        "composer" => &["composer.json"],
        "bundle" => &["Gemfile", ".bundle/config"],
        "task" => &["Taskfile.yml", "Taskfile.yaml"],
        "pre-commit" => &[".pre-commit-config.yaml"],
        "lefthook" => &["lefthook.yml", ".lefthook.yml"],
        "vagrant" => &["Vagrantfile"],
        "tilt" => &["Tiltfile"],
        "rake" => &["Rakefile"],
        "invoke" => &["tasks.py"],
        "nox" => &["noxfile.py"],
        "tox" => &["tox.ini"],
        "mvn" | "mvnw" => &["pom.xml", ".mvn/jvm.config"],
        "gradle" | "gradlew" => &["build.gradle", "build.gradle.kts", "settings.gradle"],
        "docker" | "podman" | "docker-compose" => {
            &["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml", "Dockerfile"]
        }
        _ => &[],
    };
    let mut all: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    // Plays, jobs and manifests are named.
    if matches!(
        base,
        "ansible-playbook" | "ansible" | "nomad" | "kubectl" | "consul-template" | "docker" | "packer"
    ) {
        let path = |word: &String| crate::files::resolve("", word.strip_prefix("${PWD}/").unwrap_or(word));
        let files = words.iter().filter(|word| !word.starts_with('-') && word.contains('.'));
        all.extend(files.filter_map(path));
    }
    all
}

/// What its commands do that is told of an `.envrc` as High, in the places of the file. Which of them run is not known: a
/// target may be any.
pub(super) fn judged(audit: &Audit<'_>, path: &str) -> Vec<Hit> {
    let FileAnswer::Bytes(bytes) = audit.files.read(path) else { return Vec::new() };
    let Ok(text) = std::str::from_utf8(&bytes) else { return Vec::new() };
    let script = if text.trim_start().starts_with('{') { scripts(text) } else { recipes(text) };
    let mut hits = audit.look_into(path, script.as_bytes()).unwrap_or_default();
    // What make puts into its commands is not known, so that only what flows is told; and what was told of the recipes of
    // another tool that these run.
    hits.retain(|hit| {
        hit.severity >= proofmark_core::Severity::High
            && matches!(hit.rule, "envrc-remote-code" | "envrc-exfiltration" | "envrc-repository-code")
    });
    hits
}

/// Indented lines, at their places; everything else is blank.
fn recipes(text: &str) -> String {
    let mut script = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        if line.starts_with(['\t', ' ']) {
            let body = line.trim_start_matches(['\t', ' ', '@', '-', '+']);
            script.push_str(&" ".repeat(line.len() - body.len()));
            script.push_str(&body.replace("$$", " $"));
        } else {
            blank(&mut script, line);
        }
    }
    script
}

/// `"name": "command",` at its place.
fn scripts(text: &str) -> String {
    let mut script = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let body = line.trim_end().trim_end_matches(',');
        let command = body.strip_suffix('"').and_then(|body| body.split_once("\": \""));
        match command {
            Some((name, command)) => {
                script.push_str(&" ".repeat(name.len() + 4));
                script.push_str(command);
                blank(&mut script, &line[name.len() + 4 + command.len()..]);
            }
            None => blank(&mut script, line),
        }
    }
    script
}

fn blank(script: &mut String, line: &str) {
    script.extend(line.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_stay_where_they_are() {
        let text = "all: x\n\t@echo $$HOME\nX = 1\n";
        assert_eq!(recipes(text), "      \n  echo  $HOME\n     \n");
        let json = "{\n  \"scripts\": {\n    \"a\": \"curl x | sh\",\n  }\n}\n";
        let script = scripts(json);
        assert_eq!(script.len(), json.len());
        assert_eq!(script.find("curl"), json.find("curl"));
        assert_eq!(script.trim(), "curl x | sh");
    }
}
