//! Login shells: what their startup files make of `PATH`, and which functions and aliases they declare.
//!
//! bash(1), "INVOCATION"; zsh(1), "STARTUP/SHUTDOWN FILES"; login.defs(5); `pam_env`(8); fish, "Initialization".

use std::path::{Path, PathBuf};

use proofmark_envrc::{Action, Callee, Limits, NoFiles, Problem, Reach, Trace, Value, interpret};

use super::{Dir, Place, Seen, Shadow, ShadowKind, System, dirs, known};

/// What a login has where nothing says otherwise (login.defs(5), `ENV_PATH`; macOS has `/etc/paths`).
const DEFAULT: &str = "/usr/local/bin:/usr/bin:/bin";

/// Looks at every shell.
pub(super) fn look(tools: &[String], system: &dyn System, seen: &mut Seen) {
    let base = base(system, seen);
    let home = system.home();
    let in_home = |names: &[&str]| -> Vec<PathBuf> {
        home.iter().flat_map(|home| names.iter().map(|name| home.join(name))).collect()
    };
    let profile = || {
        let mut files = vec![PathBuf::from("/etc/profile")];
        let scripts = system.list(Path::new("/etc/profile.d"));
        files.extend(scripts.into_iter().filter(|path| path.extension().is_some_and(|kind| kind == "sh")));
        files
    };
    let mut bash = profile();
    // The first of the three alone, which reads ~/.bashrc as a rule.
    let own = in_home(&[".bash_profile", ".bash_login", ".profile"]);
    bash.extend(own.into_iter().find(|path| !matches!(system.read(path), Ok(None))));
    bash.push(PathBuf::from("/etc/bash.bashrc"));
    bash.extend(in_home(&[".bashrc", ".bash_aliases"]));
    let mut zsh: Vec<PathBuf> = ["/etc/zshenv", "/etc/zsh/zshenv"].iter().map(PathBuf::from).collect();
    zsh.extend(in_home(&[".zshenv"]));
    zsh.extend(["/etc/zprofile", "/etc/zsh/zprofile", "/etc/zshrc", "/etc/zsh/zshrc"].map(PathBuf::from));
    zsh.extend(in_home(&[".zprofile", ".zshrc", ".zlogin"]));
    for (who, files) in [("bash, at login", bash), ("zsh, at login", zsh)] {
        let mut shell = Shell { tools, system, dirs: base.clone(), from: Vec::new(), home: home.as_deref() };
        for file in files {
            shell.take(&file, seen);
        }
        if !shell.from.is_empty() || who.starts_with("bash") {
            seen.places.push(Place {
                who: who.to_owned(),
                from: shell.from,
                dirs: shell.dirs,
                inside: false,
            });
        }
    }
    fish(tools, system, &base, home.as_deref(), seen);
}

/// What a login begins with.
fn base(system: &dyn System, seen: &mut Seen) -> Vec<Dir> {
    let mut base = known(DEFAULT);
    let mut text = |path: &str| match system.read(Path::new(path)) {
        Ok(bytes) => String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned(),
        Err(error) => {
            seen.untold.push(format!("{path} cannot be read: {error}"));
            String::new()
        }
    };
    if let Some(path) = text("/etc/login.defs").lines().filter_map(login_defs).next_back() {
        base = known(path);
    }
    let paths = text("/etc/paths");
    let lines: Vec<&str> = paths.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if !lines.is_empty() {
        base = known(&lines.join(":"));
    }
    if let Some(path) = text("/etc/environment").lines().filter_map(environment).next_back() {
        base = dirs(path, None, &base);
    }
    base
}

/// `ENV_PATH PATH=…`, with or without `PATH=`.
fn login_defs(line: &str) -> Option<&str> {
    let value = line.trim().strip_prefix("ENV_PATH")?;
    let value = value.strip_prefix([' ', '\t', '='])?.trim();
    Some(value.strip_prefix("PATH=").unwrap_or(value))
}

/// `PATH="…"`, perhaps after `export`.
fn environment(line: &str) -> Option<&str> {
    let line = line.trim();
    let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
    Some(line.strip_prefix("PATH=")?.trim_matches(['"', '\'']))
}

/// A shell that reads its files one after the other.
struct Shell<'a> {
    tools: &'a [String],
    system: &'a dyn System,
    home: Option<&'a Path>,
    dirs: Vec<Dir>,
    from: Vec<String>,
}

impl Shell<'_> {
    fn take(&mut self, file: &Path, seen: &mut Seen) {
        let shown = file.display().to_string();
        let bytes = match self.system.read(file) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return,
            Err(error) => {
                seen.open = true;
                return seen.untold.push(format!("{shown} cannot be read: {error}"));
            }
        };
        let trace = interpret(&shown, &bytes, &NoFiles, &Limits::default());
        if let Some(problem) = trace.problems.first() {
            let why = match problem {
                Problem::Unreadable { error, .. } => error.to_string(),
                Problem::Limit { .. } => "it does more than is followed".to_owned(),
            };
            seen.untold.push(format!("{shown} cannot be told whole: {why}"));
            seen.open = true;
        }
        let zsh = String::from_utf8_lossy(&bytes).lines().any(|line| {
            let line = line.trim_start();
            line.starts_with("path=(") || line.starts_with("path+=(")
        });
        if zsh {
            seen.untold.push(format!("{shown} sets PATH by zsh's array `path`, which is not read"));
            seen.open = true;
        }
        let mut ways = paths_of(&trace, None, self.home, &self.dirs).into_iter();
        if let Some(dirs) = ways.next() {
            // Each way is one that somebody's shell may go.
            for other in ways {
                let who = format!("a shell, another way through {shown}");
                seen.places.push(Place { who, from: vec![shown.clone()], dirs: other, inside: false });
            }
            self.dirs = dirs;
            self.from.push(shown.clone());
        }
        for shadow in shadows(&trace, self.tools) {
            if !seen.shadows.contains(&shadow) {
                seen.shadows.push(shadow);
            }
        }
    }
}

/// What a script may leave in `PATH`, run in `folder`, the way with the most directories first; empty: it does not touch it.
pub(super) fn paths_of(
    trace: &Trace,
    folder: Option<&Path>,
    home: Option<&Path>,
    before: &[Dir],
) -> Vec<Vec<Dir>> {
    let values = trace.events.iter().filter_map(|event| match &event.action {
        Action::Assign { name, value, .. } if name == "PATH" => Some((event.reach, value)),
        _ => None,
    });
    let values: Vec<_> = values.collect();
    let last = values.len().saturating_sub(1);
    // Under a condition each is the last for somebody; of others it is the last alone.
    let values = values.iter().enumerate().filter(|(at, (reach, _))| *at == last || *reach != Reach::Always);
    let here = folder.map_or_else(|| "${PWD}".to_owned(), |folder| folder.display().to_string());
    let texts = values.flat_map(|(_, (_, value))| value.options());
    let all = texts.map(|text| dirs(&text.shape().replace("${PWD}", &here), home, before));
    let mut all: Vec<Vec<Dir>> = all.collect();
    all.sort_by_key(|way| std::cmp::Reverse(way.len()));
    let mut ways: Vec<Vec<Dir>> = Vec::new();
    for way in all {
        // What is the end of another leads to nothing that the other does not.
        if !ways.iter().any(|known| known.ends_with(&way)) {
            ways.push(way);
        }
    }
    ways
}

/// Functions and aliases of the tools' names. An alias that begins with the tool adds words to it, and hides nothing.
pub(super) fn shadows(trace: &Trace, tools: &[String]) -> Vec<Shadow> {
    let mut found = Vec::new();
    for event in &trace.events {
        let place = trace.in_file(event.place);
        let at = || {
            trace.sources.get(place.source).map_or_else(String::new, |source| {
                format!("{}:{}", source.path, place.span.origin(&source.path, &source.text).start.line)
            })
        };
        match &event.action {
            Action::Define { name, .. } if tools.contains(name) => found.push(Shadow {
                tool: name.clone(),
                kind: ShadowKind::Function,
                at: at(),
                what: String::new(),
            }),
            Action::Call(call) if call.callee == Callee::Builtin && call.name.as_known() == Some("alias") => {
                for text in call.arguments.iter().flat_map(Value::options) {
                    let shape = text.shape();
                    let Some((name, what)) = shape.split_once('=') else { continue };
                    let itself = what.split_whitespace().next() == Some(name);
                    if tools.iter().any(|tool| tool == name) && !itself {
                        found.push(Shadow {
                            tool: name.to_owned(),
                            kind: ShadowKind::Alias,
                            at: at(),
                            what: what.to_owned(),
                        });
                    }
                }
            }
            _ => {}
        }
    }
    found
}

/// `fish_add_path`, and `set … PATH …`; its functions are files of their name.
fn fish(tools: &[String], system: &dyn System, base: &[Dir], home: Option<&Path>, seen: &mut Seen) {
    let Some(folder) = home.map(|home| home.join(".config/fish")) else { return };
    for file in system.list(&folder.join("functions")) {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if tools.contains(&name) {
            let at = format!("{}:1", file.display());
            seen.shadows.push(Shadow { tool: name, kind: ShadowKind::Function, at, what: String::new() });
        }
    }
    let mut files = system.list(&folder.join("conf.d"));
    files.push(folder.join("config.fish"));
    let (mut all, mut from) = (base.to_vec(), Vec::new());
    for file in files {
        let shown = file.display().to_string();
        let text = match system.read(&file) {
            Ok(Some(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
            Ok(None) => continue,
            Err(error) => {
                seen.untold.push(format!("{shown} cannot be read: {error}"));
                continue;
            }
        };
        for (number, line) in text.lines().enumerate() {
            seen.shadows.extend(fish_shadow(line, tools, &format!("{shown}:{}", number + 1)));
            if let Some(path) = fish_line(line) {
                all = dirs(&path, home, &all);
                from.push(shown.clone());
            }
        }
    }
    from.dedup();
    if !from.is_empty() {
        seen.places.push(Place { who: "fish".to_owned(), from, dirs: all, inside: false });
    }
}

/// `function op`, `alias op …` and `alias op=…` of fish.
fn fish_shadow(line: &str, tools: &[String], at: &str) -> Option<Shadow> {
    let (word, rest) = line.trim().split_once(char::is_whitespace)?;
    let kind = match word {
        "function" => ShadowKind::Function,
        "alias" => ShadowKind::Alias,
        _ => return None,
    };
    let (name, what) = rest.trim().split_once([' ', '=']).unwrap_or((rest.trim(), ""));
    let what = what.trim().trim_matches(['"', '\'']);
    let itself = kind == ShadowKind::Alias && what.split_whitespace().next() == Some(name);
    (tools.iter().any(|tool| tool == name) && !itself).then(|| Shadow {
        tool: name.to_owned(),
        kind,
        at: at.to_owned(),
        what: if kind == ShadowKind::Alias { what.to_owned() } else { String::new() },
    })
}

/// The `PATH` that a line of fish makes, with `$PATH` for what was there.
fn fish_line(line: &str) -> Option<String> {
    let line =
        line.rsplit([';', '&']).find(|part| part.contains("PATH") || part.contains("fish_add_path"))?;
    let words: Vec<&str> = line.split_whitespace().map(|word| word.trim_matches(['"', '\''])).collect();
    let (first, rest) = words.split_first()?;
    let plain = |word: &&&str| !word.starts_with('-');
    match *first {
        "fish_add_path" => {
            let dirs: Vec<&str> = rest.iter().filter(plain).copied().collect();
            let after = rest.iter().any(|word| matches!(*word, "-a" | "--append"));
            let dirs = dirs.join(":");
            Some(if after { format!("$PATH:{dirs}") } else { format!("{dirs}:$PATH") })
        }
        "set" => {
            let mut values = rest.iter().filter(plain).copied();
            (values.next() == Some("PATH")).then(|| values.collect::<Vec<&str>>().join(":"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::system::Map;
    use super::*;

    fn seen(system: &Map) -> Seen {
        let mut seen = Seen::default();
        look(&["op".to_owned()], system, &mut seen);
        seen
    }

    fn of<'a>(seen: &'a Seen, who: &str) -> &'a Place {
        seen.places.iter().find(|place| place.who == who).expect(who)
    }

    fn text(place: &Place) -> String {
        let one = |dir: &Dir| match dir {
            Dir::Known(dir) => dir.display().to_string(),
            Dir::Unknown(text) => format!("?{text}"),
        };
        place.dirs.iter().map(one).collect::<Vec<_>>().join(":")
    }

    #[test]
    fn startup_files_are_read_in_their_order() {
        let system = Map::default()
            .file("/etc/login.defs", "# x\nENV_PATH\tPATH=/usr/bin:/bin\n")
            .file("/etc/environment", "LANG=C\nPATH=\"/usr/local/bin:/usr/bin\"\n")
            .file("/etc/profile", "if [ \"$(id -u)\" -eq 0 ]; then\n  PATH=/sbin:$PATH\nfi\nexport PATH\n")
            .file("/etc/profile.d/a.sh", "export PATH=\"$PATH:/snap/bin\"\n")
            .file("/etc/profile.d/a.csh", "setenv PATH /evil\n")
            .file("/home/a/.profile", "PATH=\"$HOME/bin:$PATH\"\nPATH=\"$TOOLS/bin:$PATH\"\n")
            .file("/home/a/.bash_login", "PATH=~/first:$PATH\n");
        let seen = seen(&system);
        let bash = of(&seen, "bash, at login");
        assert_eq!(text(bash), "/home/a/first:/sbin:/usr/local/bin:/usr/bin:/snap/bin");
        assert_eq!(bash.from, ["/etc/profile", "/etc/profile.d/a.sh", "/home/a/.bash_login"]);
        assert!(!seen.places.iter().any(|place| place.who.starts_with("zsh")));
    }

    #[test]
    fn what_nobody_can_tell_is_said() {
        let system = Map::default()
            .file("/home/a/.profile", "PATH=\"$(brew --prefix)/bin:$NVM/bin:$PATH\"\n")
            .unreadable("/home/a/.bashrc")
            .file("/home/a/.zshrc", "PATH=/opt/z:$PATH\nif [[ -n x ]] {\n");
        let seen = seen(&system);
        let path = text(of(&seen, "bash, at login"));
        assert!(path.starts_with("?${…}/bin:?${NVM}/bin:/usr/local/bin"), "{path}");
        assert!(seen.untold.iter().any(|one| one.starts_with("/home/a/.bashrc cannot be read")));
        assert!(seen.untold.iter().any(|one| one.starts_with("/home/a/.zshrc cannot be told whole")));
        assert!(seen.open);
    }

    #[test]
    fn functions_and_aliases_stand_before_every_directory() {
        let system = Map::default().file(
            "/home/a/.bashrc",
            "alias ls='ls --color'\nalias op='op --account acme'\nop() {\n  command op \"$@\" | tee log\n}\nalias op=/tmp/op\n",
        );
        let shadows = seen(&system).shadows;
        let told: Vec<_> = shadows.iter().map(|one| (one.kind, one.at.as_str(), one.what.as_str())).collect();
        assert_eq!(
            told,
            [
                (ShadowKind::Function, "/home/a/.bashrc:3", ""),
                (ShadowKind::Alias, "/home/a/.bashrc:6", "/tmp/op")
            ]
        );
    }

    #[test]
    fn fish_has_words_of_its_own() {
        for (line, path) in [
            ("fish_add_path ~/bin /opt/x", Some("~/bin:/opt/x:$PATH")),
            ("fish_add_path --append /opt", Some("$PATH:/opt")),
            ("set -gx PATH $HOME/bin $PATH", Some("$HOME/bin:$PATH")),
            ("set -gx EDITOR vi", None),
            ("if test -d /opt/y; fish_add_path /opt/y; end", Some("/opt/y:$PATH")),
            ("echo PATH", None),
            ("", None),
        ] {
            assert_eq!(fish_line(line).as_deref(), path, "{line}");
        }
        let system = Map::default()
            .file(
                "/home/a/.config/fish/config.fish",
                "fish_add_path ~/bin\nalias op '/tmp/op'\nalias ls 'ls -l'\n",
            )
            .file("/home/a/.config/fish/functions/op.fish", "function op; end\n");
        let seen = seen(&system);
        let at: Vec<&str> = seen.shadows.iter().map(|one| one.at.as_str()).collect();
        assert_eq!(at, ["/home/a/.config/fish/functions/op.fish:1", "/home/a/.config/fish/config.fish:2"]);
        assert_eq!(text(of(&seen, "fish")), "/home/a/bin:/usr/local/bin:/usr/bin:/bin");
    }

    #[test]
    fn every_way_is_one_that_somebody_goes() {
        let script = "if [ -n \"$X\" ]; then PATH=/evil:$PATH; else PATH=/a:/b:$PATH; fi\n";
        let system = Map::default().file("/home/a/.profile", script);
        let seen = seen(&system);
        let all: Vec<String> = seen.places.iter().map(text).collect();
        assert!(all.iter().any(|path| path.starts_with("/evil:")), "{all:?}");
        assert!(all.iter().any(|path| path.starts_with("/a:/b:")), "{all:?}");
    }
}
