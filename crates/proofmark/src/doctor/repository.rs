//! What a repository adds to `PATH`: `.envrc`, devcontainer.json, Dockerfiles.

use std::path::{Path, PathBuf};

use proofmark_envrc::{Limits, NoFiles, interpret};

use super::shells::{paths_of, shadows};
use super::{Dir, Place, Seen, System, dirs, known};

/// What an image has as a rule (Docker's `DefaultPathEnv`).
const IN_IMAGES: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Looks at the files of a repository's top.
pub(super) fn look(tools: &[String], here: &Path, system: &dyn System, seen: &mut Seen) {
    envrc(tools, here, system, seen);
    let containers = [".devcontainer/devcontainer.json", ".devcontainer.json"].map(|name| here.join(name));
    let variants =
        system.list(&here.join(".devcontainer")).into_iter().map(|dir| dir.join("devcontainer.json"));
    for file in containers.into_iter().chain(variants) {
        if let Some(text) = text(&file, system, seen) {
            devcontainer(&file, &text, seen);
        }
    }
    let named = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        name == "dockerfile"
            || name == "containerfile"
            || name.starts_with("dockerfile.")
            || name.ends_with(".dockerfile")
    };
    for file in system.list(here).into_iter().filter(named) {
        if let Some(text) = text(&file, system, seen) {
            dockerfile(&file, &text, seen);
        }
    }
}

fn text(path: &Path, system: &dyn System, seen: &mut Seen) -> Option<String> {
    match system.read(path) {
        Ok(bytes) => bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        // A folder of this name.
        Err(error) if error.kind() == std::io::ErrorKind::InvalidInput => None,
        Err(error) => {
            seen.untold.push(format!("{} cannot be read: {error}", path.display()));
            None
        }
    }
}

/// What direnv does to the shell that enters.
fn envrc(tools: &[String], here: &Path, system: &dyn System, seen: &mut Seen) {
    let file = here.join(".envrc");
    let Some(text) = text(&file, system, seen) else { return };
    let shown = file.display().to_string();
    let trace = interpret(&shown, text.as_bytes(), &NoFiles, &Limits::default());
    if !trace.problems.is_empty() {
        seen.untold.push(format!("{shown} cannot be told whole: proofmark envrc audit says why"));
    }
    let before: Vec<Dir> = seen.places.first().map(|place| place.dirs.clone()).unwrap_or_default();
    // PATH_add and its like are assignments by then.
    for dirs in paths_of(&trace, Some(here), system.home().as_deref(), &before) {
        let who = "direnv, in this folder".to_owned();
        seen.places.push(Place { who, from: vec![shown.clone()], dirs, inside: false });
    }
    seen.shadows.extend(shadows(&trace, tools));
}

/// `remoteEnv` and `containerEnv` of devcontainer.json.
fn devcontainer(file: &Path, text: &str, seen: &mut Seen) {
    for (key, who) in [("containerEnv", "the devcontainer"), ("remoteEnv", "the devcontainer's user")] {
        let Some(path) = json_path(text, key) else { continue };
        let path = path.replace("${containerEnv:PATH}", "$PATH").replace("${localEnv:PATH}", "$PATH");
        let from = vec![file.display().to_string()];
        seen.places.push(Place {
            who: who.to_owned(),
            from,
            dirs: dirs(&path, None, &known(IN_IMAGES)),
            inside: true,
        });
    }
}

/// The text of `"PATH"` within the object of a key, comments and all: the value of the key nearest behind it.
fn json_path(text: &str, key: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("\"{key}\""))?;
    let object = rest.trim_start().strip_prefix(':')?.trim_start().strip_prefix('{')?;
    let (_, value) = within(object)?.split_once("\"PATH\"")?;
    let value = value.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
    value.split('"').next().map(str::to_owned)
}

/// What stands before the brace that ends an object; braces in texts do not count.
fn within(object: &str) -> Option<&str> {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, char) in object.char_indices() {
        match char {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '{' if !quoted => depth += 1,
            '}' if !quoted && depth == 0 => return object.get(..at),
            '}' if !quoted => depth -= 1,
            _ => {}
        }
    }
    None
}

/// `ENV PATH=…` and `ENV PATH …`, the last of a stage; stages are not told apart.
fn dockerfile(file: &Path, text: &str, seen: &mut Seen) {
    let joined = text.replace("\\\r\n", " ").replace("\\\n", " ");
    let mut path: Vec<Dir> = known(IN_IMAGES);
    let mut set = false;
    for line in joined.lines().map(str::trim) {
        let upper = line.get(..4).map(str::to_ascii_uppercase);
        match upper.as_deref() {
            Some("FROM") => path = known(IN_IMAGES),
            Some("ENV ") => {
                if let Some(value) = env_path(line.get(4..).unwrap_or_default()) {
                    path = dirs(&value, None, &path);
                    set = true;
                }
            }
            _ => {}
        }
    }
    if set {
        let from = vec![file.display().to_string()];
        seen.places.push(Place { who: "the image that is built".to_owned(), from, dirs: path, inside: true });
    }
}

/// `PATH=x`, `A=b PATH="x"`, `PATH x`.
fn env_path(rest: &str) -> Option<String> {
    let rest = rest.trim();
    if let Some(value) = rest.strip_prefix("PATH ") {
        return Some(value.trim().to_owned());
    }
    let word = rest.split_whitespace().find_map(|word| word.strip_prefix("PATH="))?;
    Some(word.trim_matches(['"', '\'']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::system::Map;
    use super::*;

    fn text_of(place: &Place) -> String {
        let one = |dir: &Dir| match dir {
            Dir::Known(dir) => dir.display().to_string(),
            Dir::Unknown(text) => format!("?{text}"),
        };
        place.dirs.iter().map(one).collect::<Vec<_>>().join(":")
    }

    fn seen(system: &Map) -> Seen {
        let mut seen = Seen {
            places: vec![Place {
                who: "this shell".to_owned(),
                from: Vec::new(),
                dirs: known("/usr/bin"),
                inside: false,
            }],
            ..Seen::default()
        };
        look(&["op".to_owned()], Path::new("/r"), system, &mut seen);
        seen
    }

    #[test]
    fn direnv_puts_folders_first() {
        let system = Map::default().file(
            "/r/.envrc",
            "PATH_add bin\npath_add PATH /opt/x\nload_prefix vendor\npath_add MANPATH m\nop() { :; }\n",
        );
        let seen = seen(&system);
        assert_eq!(text_of(&seen.places[1]), "/r/vendor/bin:/opt/x:/r/bin:/usr/bin");
        assert_eq!(seen.shadows[0].at, "/r/.envrc:5");
    }

    #[test]
    fn an_exported_path() {
        let system = Map::default().file("/r/.envrc", "export PATH=\"$PWD/tools:$PATH\"\n");
        let text = text_of(&seen(&system).places[1]);
        assert!(text.ends_with("tools:/usr/bin"), "{text}");
    }

    #[test]
    fn containers() {
        let system = Map::default()
            .file(
                "/r/.devcontainer/devcontainer.json",
                "{\n // a comment\n \"remoteEnv\": { \"A\": \"}\", \"PATH\": \"${containerEnv:PATH}:/workspaces/x/bin\" },\n \"PATH\": \"no\"\n}\n",
            )
            .file("/r/Dockerfile", "FROM a\nENV A=b \\\n    PATH=/opt/bin:$PATH\nRUN x\n")
            .file("/r/Dockerfile.b", "FROM a\nenv PATH /srv:$PATH\nFROM b\n")
            .file("/r/other", "ENV PATH=/x\n");
        let seen = seen(&system);
        assert_eq!(seen.places.len(), 4, "{seen:#?}");
        assert!(text_of(&seen.places[1]).ends_with("/bin:/workspaces/x/bin"));
        assert!(text_of(&seen.places[2]).starts_with("/opt/bin:/usr/local/sbin:"));
        assert_eq!(json_path("{\"containerEnv\": {}, \"x\": {\"PATH\": \"y\"}}", "containerEnv"), None);
        assert_eq!(env_path("PATH=\"/a:/b\""), Some("/a:/b".to_owned()));
    }
}
