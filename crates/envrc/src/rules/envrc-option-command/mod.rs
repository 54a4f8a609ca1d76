//! `envrc-option-command`: no option makes an ordinary program run another.

use proofmark_core::{RuleMeta, Severity};

use crate::audit::{Audit, Hits};
use crate::trace::Callee;

/// What is known of the rule before it runs.
pub static META: RuleMeta = super::meta(
    "envrc-option-command",
    "No option makes an ordinary program run another.",
    include_str!("doc.md"),
    Severity::High,
    &["T3.3"],
);

/// Keys of git's configuration whose values are programs.
pub(super) const GIT_KEYS: &[&str] = &[
    "core.pager",
    "core.sshcommand",
    "core.editor",
    "core.fsmonitor",
    "core.hookspath",
    "core.askpass",
    "core.gitproxy",
    "diff.external",
    "credential.helper",
    "sequence.editor",
    "gpg.program",
    "gpg.ssh.program",
    "gpg.x509.program",
    "uploadpack.packobjectshook",
    "include.path",
    "init.templatedir",
    "protocol.ext.allow",
    "sendemail.smtpserver",
    "difftool.",
    "mergetool.",
    "filter.",
    "alias.",
    "pager.",
    "remote.",
    "url.",
    "credential.",
    "browser.",
    "man.",
    "web.browser",
    "help.browser",
    "includeif.",
    "merge.",
    "diff.",
    "trailer.",
    "interactive.difffilter",
    "core.gitproxy",
    "blame.",
    "submodule.",
    "gitweb.",
    "guitool.",
    "imap.tunnel",
    "receive.",
    "tar.",
];

/// Programs, and the options after which something runs: an option of two letters is the whole word, a longer one its
/// beginning; an empty one is any word.
#[rustfmt::skip]
const OPTIONS: &[(&[&str], &[&str])] = &[
    (&["tar", "bsdtar", "gtar"], &["--checkpoint-action", "--to-command", "--use-compress-program", "--rsh-command", "--info-script", "--new-volume-script", "-I", "-F"]),
    (&["ssh", "scp", "sftp"], &["-oProxyCommand", "-oLocalCommand", "-oPermitLocalCommand", "-oKnownHostsCommand", "-oPKCS11Provider"]),
    (&["rsync"], &["-e", "--rsh", "--rsync-path"]),
    (&["compgen", "complete"], &["-C", "-F"]),
    (&["bind"], &["-x"]),
    (&["mapfile", "readarray"], &["-C"]),
    (&["enable"], &["-f"]),
    (&["ssh-keygen"], &["-D"]),
    (&["ssh-add"], &["-s"]),
    (&["man"], &["-P", "--pager", "-H"]),
    (&["zip"], &["-TT", "--unzip-command"]),
    (&["split"], &["--filter"]),
    (&["sort"], &["--compress-program"]),
    (&["make", "gmake"], &["--eval", "SHELL="]),
    (&["gcc", "g++", "cc", "clang"], &["-wrapper", "-fplugin"]),
    (&["script"], &["-c", "--command"]),
    (&["tcpdump"], &["-z"]),
    (&["nmap"], &["--script"]),
    (&["gdb", "lldb"], &["-ex", "-x", "-iex", "-o", "--command", "--eval-command"]),
    (&["emacs"], &["--eval", "-l", "--load", "-f", "--script"]),
    (&["openssl"], &["-engine", "-provider"]),
    (&["cargo"], &["--config"]),
    (&["npm", "pnpm"], &["--script-shell", "--node-options"]),
    (&["go"], &["-toolexec", "-exec", "-overlay"]),
    (&["tmux"], &["new-session", "new", "run-shell", "if-shell", "new-window", "source-file", "send-keys", "send"]),
    (&["screen"], &["-dm", "-X"]),
    (&["expect"], &["-c"]),
    (&["consul-template", "envconsul"], &["-exec"]),
    (&["erl", "elixir", "iex"], &["-detached", "-eval"]),
    (&["sqlite3"], &[".shell", ".system", ".load", "-cmd"]),
    (&["psql", "mysql"], &["\\!"]),
    (&["systemd-run", "watchexec", "entr", "parallel", "run-parts"], &[""]),
    (&["mosh"], &["--ssh", "--server"]),
    (&["fzf"], &["--preview", "--bind"]),
    (&["rg"], &["--pre"]),
    (&["fd", "fdfind"], &["-x", "--exec", "-X", "--exec-batch"]),
    (&["busctl", "gdbus"], &["call"]),
    (&["osascript"], &["do shell script"]),
    (&["start-stop-daemon"], &["--exec", "--start"]),
];

pub(crate) fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (place, call) in audit.calls().filter(|(_, call)| call.callee != Callee::Function) {
        let (base, words) = (call.base(), call.words());
        let option = match base.as_str() {
            "git" => git(&words),
            "ssh" | "scp" | "sftp" => ssh(&words).or_else(|| listed(&base, &words)),
            "env" => words
                .iter()
                .find(|word| word.starts_with("-S") || word.starts_with("--split-string"))
                .cloned(),
            "awk" | "gawk" | "mawk" | "nawk" => awk(&words),
            "sed" => words.iter().find(|word| sed_runs(word)).cloned(),
            "php" => php(&words),
            // `source:target:command`
            "consul-template" => listed(&base, &words).or_else(|| {
                let found = pairs(&words)
                    .find(|(option, value)| *option == "-template" && value.splitn(3, ':').count() == 3);
                found.map(|_| "-template".to_owned())
            }),
            "vim" | "vi" | "nvim" | "ex" | "view" | "rvim" | "ed" => vim(&words),
            _ => listed(&base, &words),
        };
        if let Some(option) = option {
            hits.at(
                place,
                Severity::High,
                format!("{option} makes {base} run a command: `{}`", call.shown()),
            );
        }
    }
}

/// Each word with the one after it.
fn pairs(words: &[String]) -> impl Iterator<Item = (&str, &str)> {
    words.iter().map(String::as_str).zip(words.iter().skip(1).map(String::as_str).chain([""]))
}

/// A word up to its value.
fn name(word: &str) -> String {
    word.split('=').next().unwrap_or(word).to_owned()
}

fn listed(base: &str, words: &[String]) -> Option<String> {
    let (_, options) = OPTIONS.iter().find(|(names, _)| names.contains(&base))?;
    let is = |word: &&String| {
        options.iter().any(|option| match option.len() {
            0 => true,
            1 | 2 => word == option,
            _ => word.starts_with(option),
        })
    };
    words.iter().find(is).map(|word| name(word))
}

/// Options of git that run a program, whatever the command is.
const ANYWHERE: &[&str] = &[
    "--exec-path=",
    "--upload-pack",
    "--receive-pack",
    "--open-files-in-pager",
    "--extcmd",
    "--config-env",
    "ext::",
];

fn git(words: &[String]) -> Option<String> {
    let sets = |option: &str, setting: &str| {
        let setting = setting.to_ascii_lowercase();
        let switch = ["=true", "=false", "="].iter().any(|end| setting.ends_with(end));
        option == "-c" && !switch && GIT_KEYS.iter().any(|key| setting.starts_with(key))
    };
    if let Some((_, setting)) = pairs(words).find(|(option, setting)| sets(option, setting)) {
        return Some(format!("-c {}", name(setting)));
    }
    let first = words.iter().find(|word| ANYWHERE.iter().any(|option| word.starts_with(option)));
    let has = |word: &str| words.iter().any(|one| one == word);
    let runs = match () {
        () if has("foreach") => Some("foreach"),
        () if has("bisect") && has("run") => Some("bisect run"),
        () if has("rebase") && (has("-x") || has("--exec")) => Some("--exec"),
        () if has("difftool") && has("-x") => Some("-x"),
        () if (has("clone") || has("ls-remote")) && has("-u") => Some("-u"),
        () if has("clone") && words.iter().any(|word| word.starts_with("--template")) => Some("--template"),
        () => None,
    };
    first.map(|word| name(word)).or_else(|| runs.map(str::to_owned))
}

fn ssh(words: &[String]) -> Option<String> {
    const SETTINGS: &[&str] =
        &["ProxyCommand", "LocalCommand", "PermitLocalCommand", "KnownHostsCommand", "PKCS11Provider"];
    let found = pairs(words)
        .find(|(option, value)| *option == "-o" && SETTINGS.iter().any(|name| value.starts_with(name)));
    found.map(|(_, value)| format!("-o {}", name(value)))
}

fn awk(words: &[String]) -> Option<String> {
    const RUNS: &[&str] = &["system(", "| getline", "|getline", "| \"sh", "|\"sh", "| \"bash"];
    let runs = words.iter().any(|word| RUNS.iter().any(|part| word.contains(part)));
    runs.then(|| "system".to_owned())
}

fn sed_runs(word: &str) -> bool {
    let word = word.trim_matches(['\'', '"']);
    word.ends_with("/e")
        || word.ends_with("/ge")
        || word.starts_with("1e ")
        || word.starts_with("e ")
        || word == "e"
}

fn php(words: &[String]) -> Option<String> {
    const SETTINGS: &[&str] =
        &["auto_prepend_file", "auto_append_file", "allow_url_include", "extension", "zend_extension"];
    let found = pairs(words)
        .find(|(option, value)| *option == "-d" && SETTINGS.iter().any(|name| value.starts_with(name)));
    found.map(|(_, value)| format!("-d {}", name(value)))
}

fn vim(words: &[String]) -> Option<String> {
    const RUNS: &[&str] = &["!", "system(", ":py", "lua "];
    words.iter().find(|word| RUNS.iter().any(|part| word.contains(part))).cloned()
}
