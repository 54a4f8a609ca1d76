//! What moves an executable outside of its pin: whoever installed it installs the next one.

use std::path::Path;

use super::System;

/// What replaces a file, in words; `None`: nothing that is known.
pub(crate) fn mover(path: &Path, tool: &str, system: &dyn System) -> Option<String> {
    let real = system.real(path);
    by_folder(&real).or_else(|| debian(&real, path, system)).or_else(|| own(tool))
}

/// Managers that keep what they install in folders of their own.
fn by_folder(real: &Path) -> Option<String> {
    let text = real.display().to_string();
    let within = |folder: &str| text.contains(folder);
    let told = |by: &str, when: &str| Some(format!("{by} replaces it: {when}"));
    if within("/Cellar/") || within("/Caskroom/") || within("/homebrew/") {
        return told("Homebrew", "brew upgrade");
    }
    if text.starts_with("/snap/") || text.starts_with("/var/lib/snapd/") {
        return told("snapd", "by itself, several times a day; snap refresh --hold NAME stops it");
    }
    if within("/mise/installs/")
        || within("/.asdf/installs/")
        || within("/.asdf/shims/")
        || within("/mise/shims/")
    {
        return told("mise or asdf", "as .tool-versions and mise.toml of each folder say");
    }
    if within("/aquaproj-aqua/") {
        return told("aqua", "as aqua.yaml says");
    }
    if text.starts_with("/nix/store/") {
        return told("Nix", "with the generation of its profile");
    }
    if within("/google-cloud-sdk/") {
        return told("the Google Cloud CLI", "gcloud components update");
    }
    None
}

/// dpkg's own lists of files.
fn debian(real: &Path, path: &Path, system: &dyn System) -> Option<String> {
    let lists = system.list(Path::new("/var/lib/dpkg/info"));
    let wanted = [real.display().to_string(), path.display().to_string()];
    for list in lists.iter().filter(|list| list.extension().is_some_and(|kind| kind == "list")) {
        let Ok(Some(bytes)) = system.read(list) else { continue };
        let text = String::from_utf8_lossy(&bytes);
        if text.lines().any(|line| wanted.iter().any(|wanted| wanted == line)) {
            let package = list.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            return Some(format!("the package {package} replaces it: apt upgrade, unattended upgrades too"));
        }
    }
    None
}

/// Tools that replace themselves.
fn own(tool: &str) -> Option<String> {
    let command = match tool {
        "op" => "op update",
        "uv" => "uv self update",
        "mise" => "mise self-update",
        "rustup" => "rustup self update",
        "deno" => "deno upgrade",
        "bun" => "bun upgrade",
        _ => return None,
    };
    Some(format!("it replaces itself: {command}"))
}

#[cfg(test)]
mod tests {
    use super::super::system::Map;
    use super::*;

    #[test]
    fn who_replaces_a_file() {
        let system = Map::default()
            .file("/var/lib/dpkg/info/1password-cli.list", "/.\n/usr/bin\n/usr/bin/op\n")
            .file("/var/lib/dpkg/info/1password-cli.md5sums", "/opt/op\n");
        let by = |path: &str, tool: &str| mover(Path::new(path), tool, &system);
        assert!(by("/usr/bin/op", "op").unwrap().starts_with("the package 1password-cli replaces it"));
        assert!(by("/opt/homebrew/Cellar/helm/4/bin/helm", "helm").unwrap().starts_with("Homebrew"));
        assert!(by("/snap/kubectl/1/kubectl", "kubectl").unwrap().starts_with("snapd"));
        assert_eq!(by("/opt/op", "op").unwrap(), "it replaces itself: op update");
        assert_eq!(by("/opt/cosign", "cosign"), None);
    }
}
