//! `envrc-persistence`: when the folder is left, nothing stays: no file outside of it, no job, no hook.

use proofmark_core::{RuleMeta, Severity};

use crate::audit::{Audit, Hits, shortened};
use crate::files::FileAnswer;
use crate::trace::{Call, Callee};
use crate::value::{Place, Value};

/// What is known of the rule before it runs.
pub static META: RuleMeta = super::meta(
    "envrc-persistence",
    "Nothing stays when the folder is left.",
    include_str!("doc.md"),
    Severity::High,
    &["T3.3"],
);

/// Files that something runs or believes later.
const LATER: &[&str] = &[
    "/.bashrc",
    "/.bash_profile",
    "/.bash_login",
    "/.bash_logout",
    "/.bash_aliases",
    "/.profile",
    "/.zshrc",
    "/.zshenv",
    "/.zprofile",
    "/.zlogin",
    "/.zlogout",
    "/.kshrc",
    "/.inputrc",
    "/.config/fish",
    "/.xinitrc",
    "/.xprofile",
    "/.xsession",
    "/.pam_environment",
    "/.vimrc",
    "/.vim/",
    "/.config/nvim",
    "/.emacs",
    "/.tmux.conf",
    "/.screenrc",
    "/.gitconfig",
    "/.config/git",
    "/.ssh/",
    "/.gnupg/",
    "/.config/systemd",
    "/.config/autostart",
    "/Library/LaunchAgents",
    "/Library/LaunchDaemons",
    "/.config/environment.d",
    "/etc/",
    "/.local/bin",
    "/.npmrc",
    "/.pypirc",
    "/.config/pip",
    "/.pip/",
    "/.cargo/config",
    "/.cargo/bin",
    "/.aws/config",
    "/.kube/",
    "/.docker/config",
    "/.config/containers",
    "/.netrc",
    "/.curlrc",
    "/.wgetrc",
    "/.gemrc",
    "/.m2/settings",
    "/.gradle/init",
    "/.config/gh",
    "/.config/op",
    "/.config/code",
    "/.vscode/",
    "/.config/Code",
    "/.cursor/",
    "/.claude/",
    "/.codex/",
    "/.gemini/",
    "/.config/direnv",
    "/.Xresources",
    "/.lesskey",
    "/.psqlrc",
    "/.sqliterc",
    "/.irbrc",
    "/.pythonrc",
    "/usercustomize.py",
    "/sitecustomize.py",
    "/.local/lib/python",
    "/var/spool/cron",
    "/usr/local/",
    "/usr/bin/",
    "/opt/homebrew/bin",
    "/.oh-my-zsh",
    "/.bash_completion",
    "/.local/share/bash-completion",
    "/.config/bash",
    "/.config/zsh",
    "/.login",
    "/.cshrc",
    "/.tcshrc",
    "/.local/share/applications",
    "/.ideavimrc",
    "/.mailcap",
    "/.terraformrc",
    "/.ansible.cfg",
    "/.config/nix",
    "/.nix-",
    "/.config/hypr",
    "/.config/sway",
    "/.config/i3",
    "/.envrc",
];

/// Files of the tree that other programs run later.
const TREE: &[&str] = &[
    ".git/hooks",
    ".git/config",
    ".git/info/attributes",
    ".husky/",
    ".githooks",
    ".vscode/",
    ".idea/",
    ".npmrc",
    ".yarnrc",
    ".cargo/config",
    ".pre-commit-config",
    "node_modules/",
    ".venv/",
    "venv/",
    "site-packages",
    "sitecustomize.py",
    "conftest.py",
    "Makefile",
    ".devcontainer/",
    ".claude/",
    ".cursor/",
    ".github/",
    ".gitattributes",
    ".mise.toml",
    ".envrc",
    "package.json",
    ".pth",
    "build.rs",
    "setup.py",
    ".gitmodules",
];

pub(crate) fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (place, writes, path, data) in audit.opened() {
        if writes {
            written(hits, place, "a redirection", path, Some(data));
        }
    }
    for (place, call) in audit.calls() {
        if call.callee != Callee::Function {
            called(audit, hits, place, call);
            waits(hits, place, call);
        }
    }
}

/// The file is run or believed later, or lies outside.
fn written(hits: &mut Hits<'_>, place: Place, by: &str, path: &Value, data: Option<&Value>) {
    for shape in path.shapes() {
        if let Some((severity, what)) = later(&shape) {
            let message = format!("{by} changes {}, {what}", shortened(&shape));
            match data {
                Some(data) => hits.flow(place, severity, message, &data.origins()),
                None => hits.at(place, severity, message),
            }
            return;
        }
    }
}

fn later(shape: &str) -> Option<(Severity, &'static str)> {
    if shape.starts_with("/dev/") || shape.is_empty() || shape.starts_with('&') {
        return None;
    }
    // Python runs these as it starts, wherever its folder of packages is.
    if [".pth", "/sitecustomize.py", "/usercustomize.py"].iter().any(|end| shape.ends_with(end)) {
        return Some((Severity::High, "which every Python runs as it starts"));
    }
    let outside = shape.starts_with('/')
        || shape.starts_with('~')
        || shape.starts_with("${HOME}")
        || shape.starts_with("${XDG")
        || shape.starts_with("${ZDOTDIR}");
    if outside {
        let at_home = LATER.iter().any(|file| shape.contains(file) || format!("{shape}/").contains(file))
            || shape.starts_with("${XDG_CONFIG_HOME}")
            || shape.starts_with("${ZDOTDIR}");
        // A key that is laid down is not yet believed by anybody.
        let key = shape.contains("/.ssh/")
            && !["authorized_keys", "/.ssh/config", "/.ssh/rc", "/.ssh/environment", "known_hosts"]
                .iter()
                .any(|name| shape.contains(name));
        if key {
            return Some((Severity::Medium, "which lies among the keys of the user"));
        }
        if at_home {
            return Some((Severity::High, "which is run or believed later"));
        }
        let passing = super::set::is_shared(shape)
            || shape.contains("/.cache/")
            || shape.starts_with("${XDG_CACHE_HOME}")
            || shape.starts_with("${XDG_RUNTIME_DIR}");
        return Some((
            if passing { Severity::Low } else { Severity::Medium },
            "which lies outside of the folder",
        ));
    }
    let inner = shape.strip_prefix("${PWD}/").unwrap_or(shape).trim_start_matches("./");
    let run_later = TREE.iter().any(|file| inner.starts_with(file) || inner.contains(&format!("/{file}")));
    if run_later {
        // Settings and manifests are written by honest files too.
        const SETTINGS: &[&str] = &[
            ".npmrc",
            ".yarnrc",
            "package.json",
            ".github/",
            ".gitattributes",
            ".mise.toml",
            ".idea/",
            ".pre-commit-config",
            ".gitmodules",
            ".cargo/config",
            ".envrc",
        ];
        let setting =
            SETTINGS.iter().any(|file| inner.starts_with(file) || inner.contains(&format!("/{file}")))
                || inner == ".vscode/settings.json";
        return Some((
            if setting { Severity::Medium } else { Severity::High },
            "which other programs run later",
        ));
    }
    None
}

/// Programs that change files, and those that leave jobs and settings behind.
fn called(audit: &Audit<'_>, hits: &mut Hits<'_>, place: Place, call: &Call) {
    let base = call.base();
    let words = call.words();
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    let shown = call.shown();
    let stays = match base.as_str() {
        "cp" | "mv" | "ln" | "install" | "rsync" | "ditto" => {
            if let Some(path) = call
                .arguments
                .iter()
                .rev()
                .find(|word| word.as_known().is_none_or(|word| !word.starts_with('-')))
            {
                if base != "rsync" && is_hook_of_the_tree(audit, call, path) {
                    let message = format!("a hook of the repository is put in its place: `{shown}`");
                    hits.at(place, Severity::Medium, message);
                } else {
                    written(hits, place, &base, path, None);
                }
            }
            return;
        }
        "rm" | "unlink" | "shred" | "srm" | "rmdir" => return deletes(hits, place, call, &base),
        "find" if has(&["-delete"]) => return deletes(hits, place, call, &base),
        "tee" | "touch" | "truncate" | "dd" | "chmod" | "chattr" | "sponge" | "mkdir" | "ed" | "crudini"
        | "patch" => {
            changes(hits, place, call, &base);
            return;
        }
        "sed" | "perl" | "ruby" | "awk" | "gawk"
            if words.iter().any(|word| {
                word.starts_with("-i") || word.starts_with("-pi") || word == "--in-place" || word == "inplace"
            }) =>
        {
            changes(hits, place, call, &base);
            return;
        }
        "crontab" => !has(&["-l"]),
        "at" | "batch" => !has(&["-l", "-V"]),
        "systemctl" => {
            has(&[
                "enable",
                "link",
                "start",
                "restart",
                "set-environment",
                "edit",
                "add-wants",
                "import-environment",
            ]) && (has(&["--user", "enable", "link"]))
        }
        "launchctl" => has(&["load", "bootstrap", "submit", "enable", "setenv", "kickstart", "start"]),
        "loginctl" => has(&["enable-linger"]),
        "git" => return git(hits, place, &words, &shown),
        "pbcopy" | "wl-copy" | "xclip" | "xsel" | "clip.exe" => !has(&["-o", "-out", "--output"]),
        "ssh-copy-id"
        | "xdg-settings"
        | "xdg-mime"
        | "update-alternatives"
        | "chsh"
        | "schtasks"
        | "dconf"
        | "gsettings"
        | "defaults" => !has(&["read", "get", "list", "query"]),
        "npm" | "pnpm" | "yarn" | "pip" | "pip3" | "gh" | "kubectl" | "docker" | "code" | "go" => {
            if sets(&base, &words) {
                hits.at(place, Severity::Medium, format!("settings are changed that stay: `{shown}`"));
            }
            return;
        }
        _ => return,
    };
    if stays {
        hits.at(place, Severity::High, format!("something stays when the folder is left: `{shown}`"));
    }
}

/// A file that the repository holds goes to `.git/hooks`: how repositories bring hooks. Not if what the file does would be told of
/// an `.envrc` as High, or if nobody can look at it.
fn is_hook_of_the_tree(audit: &Audit<'_>, call: &Call, target: &Value) -> bool {
    if !target.shapes().iter().all(|shape| shape.contains(".git/hooks")) {
        return false;
    }
    let options = |word: &&Value| word.as_known().is_none_or(|word| !word.starts_with('-'));
    let mut sources = call.arguments.iter().filter(options).filter(|word| *word != target).peekable();
    let plain = |word: &Value| {
        // A link is read from where it stands.
        let path = word.as_known()?.trim_start_matches("../../").trim_start_matches("${PWD}/").to_owned();
        let path = crate::files::resolve("", &path).filter(|path| !path.starts_with(".git/"))?;
        match audit.files.read(&path) {
            FileAnswer::Bytes(bytes) => {
                let hits = audit.look_into(&path, &bytes)?;
                hits.iter().all(|hit| hit.severity < Severity::High).then_some(())
            }
            // Nothing is copied.
            FileAnswer::Absent => Some(()),
            FileAnswer::Folder | FileAnswer::Refused => None,
        }
    };
    sources.peek().is_some() && sources.all(|word| plain(word).is_some())
}

/// Settings of a tool that stay, in a file of the user.
fn sets(base: &str, words: &[String]) -> bool {
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    match base {
        "code" => has(&["--install-extension"]),
        "gh" => has(&["extension", "alias"]) || has(&["config"]) && has(&["set"]),
        "kubectl" => has(&["config"]) && has(&["set-credentials", "set-cluster"]),
        "go" => has(&["env"]) && has(&["-w"]),
        _ => has(&["config"]) && has(&["set"]),
    }
}

/// What lies outside of the folder is not this file's to delete.
fn deletes(hits: &mut Hits<'_>, place: Place, call: &Call, by: &str) {
    let words = call.words();
    let recursive = by == "find"
        || by == "shred"
        || words
            .iter()
            .any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains(['r', 'R']));
    for word in words.iter().filter(|word| !word.starts_with('-')) {
        let outside = word.starts_with('~')
            || word.starts_with("${HOME}")
            || word.starts_with('/') && !super::set::is_shared(word) && !word.starts_with("/dev/");
        // A hook of the tree that is gone runs no more.
        let sharp = outside && later(word).is_some_and(|(severity, _)| severity == Severity::High)
            || word.starts_with("${HOME}") && recursive
            || matches!(word.as_str(), "/" | "/*");
        let cache = word.contains("/.cache/") || word.contains("/node_modules");
        if outside && !cache || sharp {
            let severity = if sharp { Severity::High } else { Severity::Medium };
            hits.at(
                place,
                severity,
                format!("{by} deletes what lies outside of the folder: `{}`", call.shown()),
            );
            return;
        }
    }
}

/// Every file that the command is given.
fn changes(hits: &mut Hits<'_>, place: Place, call: &Call, by: &str) {
    for path in call.arguments.iter().filter(|word| word.as_known().is_none_or(|word| !word.starts_with('-')))
    {
        let sharp = path.shapes().iter().any(|shape| {
            let shape = shape.strip_prefix("of=").unwrap_or(shape);
            later(shape).is_some_and(|(severity, _)| severity >= Severity::High)
        });
        if sharp {
            written(hits, place, by, path, None);
        }
    }
}

/// A setting of git that names a program, or that holds for everything of the user.
fn git(hits: &mut Hits<'_>, place: Place, words: &[String], shown: &str) {
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    if !has(&["config"]) {
        if has(&["init"]) && words.iter().any(|word| word.starts_with("--template")) {
            hits.at(
                place,
                Severity::High,
                format!("a repository is made with hooks of another place: `{shown}`"),
            );
        }
        return;
    }
    let after: Vec<&str> =
        words.iter().skip_while(|word| *word != "config").skip(1).map(String::as_str).collect();
    let reads = after.iter().any(|word| {
        word.starts_with("--get")
            || matches!(
                *word,
                "--list" | "-l" | "get" | "list" | "--unset" | "unset" | "--unset-all" | "--show-origin"
            )
    });
    let operands: Vec<&str> =
        after.iter().copied().filter(|word| !word.starts_with('-') && *word != "set").collect();
    if reads || operands.len() < 2 {
        return;
    }
    let key = operands[0].to_ascii_lowercase();
    let wide = has(&["--global", "--system"])
        || after.iter().any(|word| word.starts_with("--file") || *word == "-f");
    let program = super::option_command::GIT_KEYS.iter().any(|name| key.starts_with(name))
        && !key.starts_with("remote.")
        && !key.starts_with("diff.")
        && !key.starts_with("merge.")
        && !key.starts_with("submodule.")
        && !key.starts_with("blame.");
    // A folder of hooks or settings in the tree is what repositories do to have any, and `true` is no program.
    let value = operands[1];
    let own = matches!(key.as_str(), "core.hookspath" | "include.path")
        && !wide
        && !value.starts_with(['/', '~', '$']);
    let runs = value.starts_with('!')
        || value.contains(['/', ';', '|', '$', '`'])
        || value.contains("sh -c")
        || value.contains("ext::");
    let severity = match (wide, program && !matches!(value, "true" | "false")) {
        _ if own => Severity::Medium,
        (_, true) if runs => Severity::High,
        (true, false) | (_, true) => Severity::Medium,
        (false, false) => Severity::Low,
    };
    let why = if program {
        "it names a program that git runs, or another machine"
    } else {
        "it stays when the folder is left"
    };
    hits.at(place, severity, format!("a setting of git is written, and {why}: `{shown}`"));
}

/// What goes on while the shell does.
fn waits(hits: &mut Hits<'_>, place: Place, call: &Call) {
    let base = call.base();
    let detached =
        matches!(base.as_str(), "nohup" | "setsid" | "disown" | "daemonize" | "daemon" | "start-stop-daemon");
    if detached || call.background && call.callee == Callee::External {
        let severity = if detached && base != "disown" { Severity::High } else { Severity::Medium };
        hits.at(place, severity, format!("it runs on when the folder is left: `{}`", call.shown()));
    }
}
