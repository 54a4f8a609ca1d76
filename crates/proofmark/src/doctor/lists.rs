//! Who runs programs without a login: sudo, cron, systemd.
//!
//! sudoers(5), `secure_path`; crontab(5); systemd.exec(5), `$PATH`, `Environment=` and `ExecSearchPath=`.

use std::path::{Path, PathBuf};

use super::{Place, Seen, System, dirs, known};

/// What cron gives its jobs.
const CRON: &str = "/usr/bin:/bin";

/// What systemd gives its services (`systemd.exec`(5)).
const SYSTEMD: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin";

/// Folders of units that somebody wrote here: those of packages are of packages.
const UNITS: &[&str] = &["/etc/systemd/system", "/etc/systemd/user", "/run/systemd/system"];

/// Looks at each of them.
pub(super) fn look(system: &dyn System, seen: &mut Seen) {
    sudo(system, seen);
    cron(system, seen);
    systemd(system, seen);
}

/// The text of a file; what cannot be read is said.
fn text(path: &Path, system: &dyn System, seen: &mut Seen) -> Option<String> {
    match system.read(path) {
        Ok(bytes) => bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) => {
            seen.untold.push(format!("{} cannot be read: {error}", path.display()));
            None
        }
    }
}

fn sudo(system: &dyn System, seen: &mut Seen) {
    let mut files = vec![PathBuf::from("/etc/sudoers")];
    files.extend(system.list(Path::new("/etc/sudoers.d")));
    for file in files {
        let Some(text) = text(&file, system, seen) else { continue };
        if let Some(path) = text.lines().filter_map(secure_path).next_back() {
            let from = vec![file.display().to_string()];
            // The last one is in effect.
            seen.places.retain(|place| place.who != "sudo");
            seen.places.push(Place { who: "sudo".to_owned(), from, dirs: known(path), inside: false });
        }
    }
}

/// `Defaults secure_path="…"`.
fn secure_path(line: &str) -> Option<&str> {
    let (_, value) = line.trim().strip_prefix("Defaults")?.split_once("secure_path")?;
    Some(value.trim_start().strip_prefix('=')?.trim().trim_matches('"'))
}

fn cron(system: &dyn System, seen: &mut Seen) {
    let mut files = vec![PathBuf::from("/etc/crontab")];
    files.extend(system.list(Path::new("/etc/cron.d")));
    files.extend(system.list(Path::new("/var/spool/cron/crontabs")));
    let mut any = false;
    for file in files {
        let Some(text) = text(&file, system, seen) else { continue };
        any = true;
        for path in text.lines().filter_map(assigned) {
            let from = vec![file.display().to_string()];
            seen.places.push(Place { who: "cron".to_owned(), from, dirs: known(path), inside: false });
        }
    }
    if any {
        seen.places.push(Place {
            who: "cron, elsewhere".to_owned(),
            from: Vec::new(),
            dirs: known(CRON),
            inside: false,
        });
    }
}

/// `PATH = …` of a crontab.
fn assigned(line: &str) -> Option<&str> {
    let (name, value) = line.split_once('=')?;
    (name.trim() == "PATH").then(|| value.trim().trim_matches(['"', '\'']))
}

fn systemd(system: &dyn System, seen: &mut Seen) {
    let mut folders: Vec<PathBuf> = UNITS.iter().map(PathBuf::from).collect();
    folders.extend(system.home().map(|home| home.join(".config/systemd/user")));
    let base = known(SYSTEMD);
    let mut any = false;
    for folder in folders {
        let mut files = system.list(&folder);
        // Drop-ins.
        let inner: Vec<PathBuf> = files.iter().filter(|file| is_drop_in(file)).cloned().collect();
        files.extend(inner.iter().flat_map(|folder| system.list(folder)));
        for file in files {
            let is_unit = |file: &PathBuf| {
                file.extension().is_some_and(|kind| matches!(kind.to_str(), Some("service" | "conf")))
            };
            if !is_unit(&file) {
                continue;
            }
            let Some(text) = text(&file, system, seen) else { continue };
            any = true;
            if let Some(path) = unit_path(&text) {
                let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let from = vec![file.display().to_string()];
                seen.places.push(Place {
                    who: format!("systemd, {name}"),
                    from,
                    dirs: dirs(&path, None, &base),
                    inside: false,
                });
            }
        }
    }
    if any {
        seen.places.push(Place {
            who: "systemd, elsewhere".to_owned(),
            from: Vec::new(),
            dirs: base,
            inside: false,
        });
    }
}

fn is_drop_in(path: &Path) -> bool {
    path.extension().is_some_and(|kind| kind == "d")
}

/// What a unit says: `ExecSearchPath=` for its commands, else `PATH` in `Environment=`.
fn unit_path(text: &str) -> Option<String> {
    let values = |key: &'static str| {
        text.lines().filter_map(move |line| line.trim().strip_prefix(key)?.trim_start().strip_prefix('='))
    };
    let searched = values("ExecSearchPath").map(str::trim).filter(|value| !value.is_empty());
    if let Some(path) = searched.map(str::to_owned).next_back() {
        return Some(path);
    }
    let words = values("Environment").flat_map(words);
    words.filter_map(|word| Some(word.strip_prefix("PATH=")?.to_owned())).next_back()
}

/// Words, with quotes around some of them.
fn words(text: &str) -> Vec<String> {
    let (mut all, mut word, mut quote) = (Vec::new(), String::new(), None);
    for char in text.chars() {
        match (char, quote) {
            ('"' | '\'', None) => quote = Some(char),
            (_, Some(open)) if char == open => quote = None,
            (' ' | '\t', None) => all.push(std::mem::take(&mut word)),
            _ => word.push(char),
        }
    }
    all.push(word);
    all.retain(|word| !word.is_empty());
    all
}

#[cfg(test)]
mod tests {
    use super::super::Dir;
    use super::super::system::Map;
    use super::*;

    #[test]
    fn each_line_that_sets_a_path() {
        assert_eq!(secure_path("Defaults\tsecure_path=\"/usr/sbin:/usr/bin\""), Some("/usr/sbin:/usr/bin"));
        assert_eq!(secure_path("Defaults:alice secure_path = /x"), Some("/x"));
        for other in ["# Defaults secure_path=/x", "Defaults env_reset", "alice ALL=(ALL) ALL"] {
            assert_eq!(secure_path(other), None, "{other}");
        }
        assert_eq!(assigned("PATH=/usr/local/bin:/bin"), Some("/usr/local/bin:/bin"));
        assert_eq!(assigned("*/5 * * * * root PATH=/x run"), None);
        let unit = "[Service]\nEnvironment=A=b \"PATH=/opt/x:/usr/bin\" C=d\nExecStart=op\n";
        assert_eq!(unit_path(unit).as_deref(), Some("/opt/x:/usr/bin"));
        assert_eq!(unit_path(&format!("{unit}ExecSearchPath=/srv/bin\n")).as_deref(), Some("/srv/bin"));
        assert_eq!(unit_path("[Service]\nEnvironmentFile=/x\n"), None);
    }

    #[test]
    fn who_runs_programs_without_a_login() {
        let system = Map::default()
            .file("/etc/sudoers", "Defaults secure_path=/usr/sbin:/usr/bin\n")
            .file("/etc/sudoers.d/local", "Defaults secure_path=\"/opt/bin:/usr/bin\"\n")
            .file("/etc/crontab", "SHELL=/bin/sh\nPATH=/sbin:/bin\n")
            .unreadable("/var/spool/cron/crontabs/a")
            .file("/etc/systemd/system/agent.service", "[Service]\nEnvironment=PATH=/srv/agent:/usr/bin\n")
            .file("/etc/systemd/system/other.timer", "Environment=PATH=/x\n")
            .file("/home/a/.config/systemd/user/b.service", "[Service]\nExecStart=x\n");
        let mut seen = Seen::default();
        look(&system, &mut seen);
        let whos: Vec<&str> = seen.places.iter().map(|place| place.who.as_str()).collect();
        assert_eq!(whos, ["sudo", "cron", "cron, elsewhere", "systemd, agent.service", "systemd, elsewhere"]);
        assert_eq!(seen.places[0].dirs[0], Dir::Known("/opt/bin".into()));
        assert_eq!(seen.untold.len(), 1);
    }
}
