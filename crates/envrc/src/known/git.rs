//! Settings of git by which it runs a program, asks another machine, or checks less.

use Severity::{High, Low, Medium};
use proofmark_core::Severity;

use crate::known::hosts::host;

/// What a key decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    /// A line that a shell runs, or a program.
    Runs,
    /// It runs with `!` at its beginning alone: an alias, or how a submodule is updated.
    Marked,
    /// A file of settings, or a folder of hooks: programs come from there.
    Names,
    /// Another file, of keys or certificates.
    File,
    /// Another machine than the one that is written.
    Leads,
    /// A protocol that runs a program: `ext`.
    Protocol,
    /// Certificates are not checked where it is off.
    Checks,
}

/// `*` stands for any characters; all in small letters.
#[rustfmt::skip]
const KEYS: &[(&str, Key)] = &[
    ("core.pager", Key::Runs), ("pager.*", Key::Runs), ("core.editor", Key::Runs), ("sequence.editor", Key::Runs),
    ("core.sshcommand", Key::Runs), ("core.gitproxy", Key::Runs), ("core.askpass", Key::Runs), ("core.fsmonitor", Key::Runs),
    ("core.alternaterefscommand", Key::Runs), ("core.hookspath", Key::Names), ("init.templatedir", Key::Names),
    ("include.path", Key::Names), ("includeif.*.path", Key::Names), ("core.attributesfile", Key::Names), ("core.worktree", Key::File),
    ("diff.external", Key::Runs), ("diff.*.textconv", Key::Runs), ("diff.*.command", Key::Runs), ("interactive.difffilter", Key::Runs),
    ("difftool.*.cmd", Key::Runs), ("difftool.*.path", Key::Runs), ("mergetool.*.cmd", Key::Runs), ("mergetool.*.path", Key::Runs),
    ("guitool.*.cmd", Key::Runs), ("merge.*.driver", Key::Runs), ("filter.*.clean", Key::Runs), ("filter.*.smudge", Key::Runs),
    ("filter.*.process", Key::Runs), ("trailer.*.command", Key::Runs), ("trailer.*.cmd", Key::Runs), ("tar.*.command", Key::Runs),
    ("gpg.program", Key::Runs), ("gpg.*.program", Key::Runs), ("gpg.ssh.defaultkeycommand", Key::Runs), ("gpg.ssh.allowedsignersfile", Key::File),
    ("credential.helper", Key::Runs), ("credential.*.helper", Key::Runs), ("browser.*.cmd", Key::Runs), ("browser.*.path", Key::Runs),
    ("man.*.cmd", Key::Runs), ("man.*.path", Key::Runs), ("web.browser", Key::Runs), ("help.browser", Key::Runs), ("instaweb.*", Key::Runs),
    ("imap.tunnel", Key::Runs), ("uploadpack.packobjectshook", Key::Runs), ("receive.procreceiverefs", Key::Runs), ("remote.*.vcs", Key::Runs),
    ("remote.*.uploadpack", Key::Runs), ("remote.*.receivepack", Key::Runs), ("remote.*.proxy", Key::Leads), ("remote.*.url", Key::Leads),
    ("remote.*.pushurl", Key::Leads), ("sendemail.smtpserver", Key::Leads), ("sendemail.*cmd", Key::Runs), ("alias.*", Key::Marked),
    ("submodule.*.update", Key::Marked), ("submodule.*.url", Key::Leads), ("url.*.insteadof", Key::Leads), ("url.*.pushinsteadof", Key::Leads),
    ("http.proxy", Key::Leads), ("http.*.proxy", Key::Leads), ("http.sslverify", Key::Checks), ("http.*.sslverify", Key::Checks),
    ("http.sslcainfo", Key::File), ("http.*.sslcainfo", Key::File), ("http.sslcapath", Key::File), ("http.extraheader", Key::Leads),
    ("http.cookiefile", Key::File), ("protocol.allow", Key::Protocol), ("protocol.*.allow", Key::Protocol), ("gitcvs.*", Key::Runs),
];

/// Whose repositories people use as a rule.
const FORGES: &[&str] = &[
    "github.com",
    "gitlab.com",
    "bitbucket.org",
    "codeberg.org",
    "git.sr.ht",
    "ssh.github.com",
    "gist.github.com",
];

/// The key names a program, a file of settings or another machine.
pub(crate) fn is_sharp(key: &str) -> bool {
    kind(&key.to_ascii_lowercase()).is_some()
}

fn kind(key: &str) -> Option<Key> {
    KEYS.iter().find(|(pattern, _)| super::variables::matches(pattern, key)).map(|(_, kind)| *kind)
}

/// How bad this setting is; nothing where it decides none of this.
pub(crate) fn setting(key: &str, value: &str) -> Option<Severity> {
    let key = key.to_ascii_lowercase();
    let off = matches!(value, "" | "true" | "false" | "yes" | "no" | "0" | "1");
    match kind(&key)? {
        // `core.fsmonitor=true` is git's own, `pager.log=false` none at all.
        Key::Runs => (!off).then(|| if runs(value) { High } else { Medium }),
        Key::Marked => value.trim_start().starts_with('!').then_some(High),
        // `/dev/null` is no file of settings. A path that holds everywhere holds in every repository.
        Key::Names if value != "/dev/null" && !off => {
            Some(if value.starts_with(['/', '~', '$']) { High } else { Medium })
        }
        Key::File if value != "/dev/null" && !off => Some(Medium),
        Key::Names | Key::File => None,
        Key::Protocol => {
            let ext = key == "protocol.ext.allow" || key == "protocol.allow" && value == "always";
            (ext && value != "never").then_some(High)
        }
        Key::Checks => matches!(value, "false" | "0" | "no" | "off").then_some(High),
        Key::Leads => {
            let target = key
                .strip_prefix("url.")
                .map_or(value, |rest| rest.rsplit_once('.').map_or(rest, |(url, _)| url));
            if target.starts_with("ext::") {
                return Some(High);
            }
            let host = host(target)
                .or_else(|| target.split_once('@').and_then(|(_, rest)| rest.split([':', '/']).next()));
            let usual = host.is_some_and(|host| FORGES.contains(&host));
            Some(if usual { Low } else { Medium })
        }
    }
}

/// More than the name of an installed program.
fn runs(value: &str) -> bool {
    value.starts_with('!')
        || value.contains(['/', ';', '|', '$', '`', '&', '>', '<'])
        || ["sh -c", "-c ", "-e ", "ext::", "curl", "wget"].iter().any(|part| value.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_by_their_keys_and_values() {
        for (key, value, expected) in [
            ("core.sshCommand", "sh -c x", Some(High)),
            ("core.pager", "less", Some(Medium)),
            ("core.pager", "./p", Some(High)),
            ("core.fsmonitor", "true", None),
            ("alias.x", "!sh", Some(High)),
            ("alias.st", "status", None),
            ("diff.algorithm", "histogram", None),
            ("diff.x.textconv", "./x", Some(High)),
            ("filter.lfs.smudge", "git-lfs smudge -- %f", Some(Medium)),
            ("http.sslVerify", "false", Some(High)),
            ("protocol.ext.allow", "always", Some(High)),
            ("protocol.file.allow", "always", None),
            ("url.https://github.com/.insteadOf", "git@github.com:", Some(Low)),
            ("url.ext::sh -c x.insteadOf", "https://github.com/", Some(High)),
            ("core.hooksPath", "/dev/null", None),
            ("core.hooksPath", ".githooks", Some(Medium)),
            ("core.hooksPath", "${PWD}/.husky/_", Some(High)),
            ("gpg.ssh.allowedSignersFile", "~/.ssh/allowed_signers", Some(Medium)),
            ("user.email", "a@b", None),
            ("safe.directory", "*", None),
        ] {
            assert_eq!(setting(key, value), expected, "{key}={value}");
        }
    }
}
