//! Programs that reach other machines, and what they are told to do there.

use crate::tables;
use crate::trace::Call;

/// How a command reaches the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reaches {
    /// It sends what it is told to, and prints the answer.
    Client,
    /// It asks a name server or sends probes: what it is told goes out as a name.
    Names,
    /// It keeps a copy of a repository in step.
    Repository,
    /// It puts or gets what a service stores.
    Service,
}

/// Clients that [`tables::is_network`] does not name.
const CLIENTS: &[&str] = &[
    "GET",
    "HEAD",
    "POST",
    "ab",
    "autossh",
    "b2",
    "bore",
    "chisel",
    "cloudflared",
    "croc",
    "elinks",
    "finger",
    "frpc",
    "gist",
    "grpcurl",
    "hurl",
    "ipfs",
    "ldapsearch",
    "links2",
    "mail",
    "mailx",
    "mosh",
    "mosquitto_pub",
    "mosquitto_sub",
    "msmtp",
    "mutt",
    "nats",
    "ngrok",
    "ntfy",
    "pastebinit",
    "sendmail",
    "smbclient",
    "ssh-copy-id",
    "sshpass",
    "swaks",
    "transfer",
    "whois",
    "wormhole",
    "wscat",
    "yt-dlp",
    "magic-wormhole",
    "lwp-request",
    "lwp-download",
    "curl-impersonate",
    "zsh-zftp",
    "ftps",
    "pwsh",
    "powershell",
    "rclone",
    "s3cmd",
    "s4cmd",
    "azcopy",
    "kermit",
    "uucp",
    "rsh",
    "rcp",
    "rlogin",
    "websocket",
    "nmap",
    "masscan",
    "slack",
    "telegram-send",
    "notmuch-send",
];

const NAMES: &[&str] = &[
    "arping",
    "delv",
    "dig",
    "dnsx",
    "dog",
    "doggo",
    "drill",
    "fping",
    "getent",
    "host",
    "hping3",
    "kdig",
    "mtr",
    "nslookup",
    "ping",
    "ping6",
    "q",
    "resolvectl",
    "resolveip",
    "systemd-resolve",
    "tracepath",
    "traceroute",
    "avahi-resolve",
    "nping",
    "adnshost",
];

/// How this command reaches the network, if it does.
pub(crate) fn reaches(call: &Call) -> Option<Reaches> {
    if call.callee == crate::Callee::Function {
        return None;
    }
    let base = call.base();
    let words = call.words();
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    let first = |wanted: &[&str]| operands(&words).next().is_some_and(|word| wanted.contains(&word));
    match base.as_str() {
        "openssl" => first(&["s_client", "ocsp", "s_time"]).then_some(Reaches::Client),
        "getent" => has(&["hosts", "ahosts", "ahostsv4", "ahostsv6"]).then_some(Reaches::Names),
        name if NAMES.contains(&name) => Some(Reaches::Names),
        name if tables::is_network(name) || CLIENTS.contains(&name) => Some(Reaches::Client),
        "git" => has(&[
            "push",
            "pull",
            "fetch",
            "clone",
            "ls-remote",
            "send-email",
            "archive",
            "submodule",
            "remote",
        ])
        .then_some(Reaches::Repository)
        .filter(|_| !has(&["archive", "remote", "submodule"]) || has(&["--remote", "update", "--recursive"])),
        "svn" | "hg" | "bzr" | "fossil" | "darcs" => {
            first(&["checkout", "co", "clone", "pull", "push", "update", "up", "commit", "ci"])
                .then_some(Reaches::Repository)
        }
        "aws" => (has(&[
            "cp",
            "sync",
            "mv",
            "put-object",
            "send-message",
            "publish",
            "invoke",
            "put-parameter",
            "send-email",
        ]) || words.iter().any(|word| word.starts_with("--endpoint-url")))
        .then_some(Reaches::Service),
        "gsutil" | "mc" | "oras" | "skopeo" | "crane" | "regctl" | "twine" | "jf" | "jfrog" | "vercel"
        | "netlify" | "wrangler" | "firebase" | "heroku" | "fly" | "flyctl" | "surge" | "ossutil"
        | "coscmd" | "glab" | "hub" | "tea" => Some(Reaches::Service),
        "gcloud" => has(&["storage", "scp", "cp", "ssh", "publish"]).then_some(Reaches::Service),
        "az" => has(&["upload", "upload-batch", "storage", "invoke"]).then_some(Reaches::Service),
        "gh" => first(&["gist", "api", "issue", "release", "repo", "pr", "secret", "workflow", "variable"])
            .then_some(Reaches::Service),
        "npm" | "pnpm" | "yarn" | "cargo" | "gem" | "poetry" | "uv" => {
            first(&["publish", "push"]).then_some(Reaches::Service)
        }
        "docker" | "podman" | "nerdctl" | "buildah" | "helm" => {
            first(&["push", "login"]).then_some(Reaches::Service)
        }
        "gpg" | "gpg2" => has(&["--send-keys", "--recv-keys", "--refresh-keys", "--search-keys"])
            .then_some(Reaches::Service),
        "logger" => has(&["-n", "--server"]).then_some(Reaches::Client),
        "kubectl" => first(&["cp", "exec", "run", "apply", "create", "port-forward", "proxy"])
            .then_some(Reaches::Service),
        "vault" | "consul" | "etcdctl" => {
            first(&["write", "put", "kv"]).then_some(Reaches::Service).filter(|_| has(&["put", "write"]))
        }
        "redis-cli" | "mysql" | "mongosh" | "mongo" | "nats-pub" | "kcat" | "kafkacat" => {
            (has(&["-h", "-b", "--host"]) || words.iter().any(|word| word.contains("://")))
                .then_some(Reaches::Client)
        }
        _ => None,
    }
}

/// Words that are no options.
pub(crate) fn operands(words: &[String]) -> impl Iterator<Item = &str> {
    words.iter().map(String::as_str).filter(|word| !word.starts_with('-'))
}

/// What is asked is this machine.
pub(crate) fn is_local(words: &[String]) -> bool {
    const HERE: &[&str] = &["localhost", "127.0.0.1", "[::1]", "0.0.0.0", "host.docker.internal", "::1"];
    let hosts: Vec<&str> = words.iter().filter_map(|word| host(word)).collect();
    !hosts.is_empty() && hosts.iter().all(|host| HERE.contains(host) || host.ends_with(".localhost"))
}

/// The host of a URL, or of `host:port`, or the word itself where it looks like a host.
pub(crate) fn host(word: &str) -> Option<&str> {
    let rest = match word.split_once("://") {
        Some((_, rest)) => rest,
        None if word.starts_with("localhost") || word.starts_with("127.0.0.1") => word,
        None => return None,
    };
    let rest = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    if rest.starts_with('[') {
        return rest.split_inclusive(']').next();
    }
    rest.split(':').next()
}

/// A URL, or an address of another machine.
pub(crate) fn names_another_machine(text: &str) -> bool {
    host(text).is_some_and(|host| !is_local(&[format!("x://{host}")])) || is_address(text)
}

fn is_address(text: &str) -> bool {
    let numbers: Vec<&str> = text.split(['/', ':']).next().unwrap_or("").split('.').collect();
    numbers.len() == 4
        && numbers.iter().all(|number| number.parse::<u8>().is_ok())
        && !text.starts_with("127.")
        && !text.starts_with("0.0.0.0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        assert_eq!(host("https://u:p@h.example:8/x"), Some("h.example"));
        assert_eq!(host("plain"), None);
        assert!(is_local(&["http://localhost:8500/".to_owned()]));
        assert!(!is_local(&["https://localhost.evil.example/".to_owned()]));
        assert!(names_another_machine("198.51.100.7/x") && !names_another_machine("1.2.3"));
    }
}
