//! `envrc-remote-code`: nothing that another machine answers runs here.

use proofmark_core::{RuleMeta, Severity};

use crate::audit::{Audit, Hits, shortened};
use crate::known::network::{Reaches, reaches};
use crate::trace::{Action, Call};
use crate::value::{OriginKind, Piece, Place, Value};

mod given;

/// What is known of the rule before it runs.
pub static META: RuleMeta = super::meta(
    "envrc-remote-code",
    "Nothing that another machine answers is run.",
    include_str!("doc.md"),
    Severity::High,
    &["T3.3"],
);

/// What asks another machine in code of Python, Node, Perl, Ruby, PHP, Lua and awk.
const ASKS: &[&str] = &[
    "urllib",
    "urlopen",
    "requests.",
    "httpx",
    "http.client",
    "aiohttp",
    "socket",
    "ftplib",
    "require(\"http",
    "require('http",
    "require(\"net\")",
    "require('net')",
    "require(\"node:http",
    "require('node:http",
    "http.get",
    "https.get",
    "fetch(",
    "axios",
    "LWP",
    "HTTP::Tiny",
    "IO::Socket",
    "Net::HTTP",
    "open-uri",
    "URI.open",
    "TCPSocket",
    "file_get_contents",
    "fsockopen",
    "curl_",
    "include \"http",
    "include 'http",
    "include(\"http",
    "require \"http",
    "luasocket",
    "/inet/tcp",
    "Deno.connect",
    "import(\"http",
    "import('http",
    "urllib2",
    "urlretrieve",
    "XMLHttpRequest",
    "WebSocket",
    "http.request",
    "https.request",
    "net.connect",
    "Bun.connect",
    "asyncio.open_connection",
    "wget",
    "curl ",
];

/// What runs text in such code.
const RUNS: &[&str] = &[
    "exec",
    "eval",
    "system",
    "popen",
    "subprocess",
    "spawn",
    "include",
    "require_once",
    "compile",
    "`",
    "Function(",
    "vm.run",
    "import(",
    "instance_eval",
    "loadstring",
    "load(",
    "runInThisContext",
    "do ",
    "marshal",
    "pickle",
    "ctypes",
];

pub(crate) fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (place, by, code) in audit.code() {
        evaluated(hits, place, by, code);
    }
    for event in audit.events() {
        if let Action::Call(call) = &event.action {
            called(hits, event.place, call);
            unpacked(audit, hits, event.place, call);
            given::downloaded(audit, hits, event.place, call);
        }
    }
    for (place, by, path, _) in audit.loads() {
        let network = path.origins().into_iter().filter(|one| one.kind == OriginKind::Network).collect();
        let url =
            path.shapes().iter().any(|shape| shape.starts_with("http://") || shape.starts_with("https://"));
        if !is_empty(&network) || url {
            hits.flow(place, Severity::High, format!("{by} loads what another machine answers"), &network);
        }
    }
}

fn is_empty(origins: &std::collections::BTreeSet<crate::Origin>) -> bool {
    origins.is_empty()
}

fn evaluated(hits: &mut Hits<'_>, place: Place, by: &str, code: &Value) {
    let origins: std::collections::BTreeSet<_> =
        code.origins().into_iter().filter(|one| one.kind == OriginKind::Network).collect();
    // The answer as a part of a word is data; as a part of code it is code.
    if !origins.is_empty() {
        hits.flow(place, Severity::High, format!("{by} runs what another machine answers"), &origins);
        return;
    }
    if crate::tables::is_shell(by) || matches!(by, "eval" | "source" | "trap" | "env") {
        return;
    }
    for text in code.options() {
        let known: String = text
            .pieces()
            .iter()
            .map(|piece| match piece {
                Piece::Known(known) => known.as_str(),
                Piece::Hole(_) => "",
            })
            .collect();
        if ASKS.iter().any(|word| known.contains(word)) && RUNS.iter().any(|word| known.contains(word)) {
            hits.at(
                place,
                Severity::High,
                format!("code of {by} asks another machine and runs text: `{}`", shortened(&known)),
            );
        }
    }
}

/// Programs that run what they read, or what a URL names.
fn called(hits: &mut Hits<'_>, place: Place, call: &Call) {
    let base = call.base();
    let words = call.words();
    let network: std::collections::BTreeSet<_> =
        call.stdin.origins().into_iter().filter(|one| one.kind == OriginKind::Network).collect();
    given::check(hits, place, call, &words);
    let runs_input = match base.as_str() {
        "make" | "gmake" | "ninja" => {
            words.windows(2).any(|pair| pair[0].ends_with('f') && pair[1] == "-")
                || words.iter().any(|word| word == "-f-")
        }
        "awk" | "gawk" | "mawk" => words
            .iter()
            .any(|word| word.contains("system(") || word.contains("| getline") || word.contains("\"sh\"")),
        "sed" => words.iter().any(|word| word.ends_with("/e") || word == "e"),
        "parallel" | "crontab" | "at" | "batch" | "patch" | "psql" | "ansible-playbook" | "vim" | "ex"
        | "ed" | "gdb" | "bc" => true,
        "kubectl" | "terraform" | "docker" | "podman" => {
            words.iter().any(|word| word == "-" || word == "load")
        }
        "git" => words.iter().any(|word| matches!(word.as_str(), "am" | "apply" | "fast-import")),
        _ => false,
    };
    if runs_input && !network.is_empty() {
        hits.flow(
            place,
            Severity::High,
            format!("{base} runs what another machine answers: `{}`", call.shown()),
            &network,
        );
    }
    fetched(hits, place, call, &words);
    unhashed(hits, place, call, &words);
    substituted(hits, place, call, &words);
    let url = words
        .iter()
        .find(|word| word.contains("://") && !crate::known::network::is_local(&[(*word).clone()]));
    let Some(url) = url.filter(|url| !url.starts_with("file://") && !url.starts_with("file+file://")) else {
        return;
    };
    let message = format!("{base} runs what is at {}: `{}`", shortened(url), call.shown());
    let severity = match base.as_str() {
        "deno" | "bun" | "osascript" | "php" | "node" | "ruby" | "perl" | "ansible-pull" | "chezmoi"
        | "systemctl" | "launchctl" => Severity::High,
        "nix" | "nix-shell" | "nix-env" | "nix-build" | "use_nix" | "use_flake" | "use" => nix(&words, url),
        "pip" | "pip3" | "pipx" | "uvx" | "npx" | "bunx" | "gem" | "cpan" | "luarocks" | "npm" | "yarn"
        | "pnpm" | "go" | "cargo" | "uv" | "helm" | "poetry" | "brew" | "python" | "python3" => {
            packages(&words, url)
        }
        "docker" | "podman" | "kubectl" | "terraform" | "ansible-galaxy" | "conda" | "mamba" => {
            Severity::Medium
        }
        _ => return,
    };
    hits.at(place, severity, message);
}

/// Packages and flakes by their names alone: which code they are is decided when they are fetched.
fn fetched(hits: &mut Hits<'_>, place: Place, call: &Call, words: &[String]) {
    let base = call.base();
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    let runs = match base.as_str() {
        "npx" | "bunx" | "uvx" => true,
        "pipx" => has(&["run"]),
        "pnpm" | "yarn" => has(&["dlx"]),
        "go" => has(&["run", "install"]) && words.iter().any(|word| word.contains('@')),
        "npm" => has(&["exec", "x"]),
        _ => false,
    };
    if runs {
        hits.at(place, Severity::Medium, format!("{base} fetches a package and runs it: `{}`", call.shown()));
    }
    let flake = |word: &&String| {
        let named =
            ["github:", "gitlab:", "sourcehut:", "git+ssh:"].iter().any(|start| word.starts_with(start));
        named && !has_commit(word)
    };
    if let Some(word) =
        words.iter().find(flake).filter(|_| base.contains("flake") || base == "use" || base == "nix")
    {
        hits.at(
            place,
            Severity::Low,
            format!("{base} takes {}, whatever it is at the time", shortened(word)),
        );
    }
}

/// Binaries that another machine built, or builders that see what is built.
fn substituted(hits: &mut Hits<'_>, place: Place, call: &Call, words: &[String]) {
    let nix = matches!(
        call.base().as_str(),
        "nix"
            | "nix-shell"
            | "nix-build"
            | "nix-env"
            | "use_nix"
            | "use_flake"
            | "use"
            | "nixos-rebuild"
            | "nix-store"
    );
    let asks = |word: &String| {
        [
            "substituters",
            "trusted-public-keys",
            "require-sigs",
            "sandbox",
            "--no-check-sigs",
            "post-build-hook",
            "allow-import-from-derivation",
        ]
        .iter()
        .any(|name| word.contains(name))
    };
    let far = words.iter().any(|word| word.contains("://") || word == "false" || word == "--no-check-sigs");
    if nix && far && words.iter().any(asks) {
        hits.at(
            place,
            Severity::High,
            format!("Nix takes binaries from another machine, or checks less: `{}`", call.shown()),
        );
    }
}

/// An expression or a flake of another machine is code that runs as it is evaluated.
fn nix(words: &[String], url: &str) -> Severity {
    let pinned =
        url.contains("rev=") || url.contains("sha256") || url.contains("narHash=") || has_commit(url);
    if pinned {
        return Severity::Low;
    }
    let impure = words.iter().any(|word| word == "--impure");
    if impure
        || url.contains("fetchTarball")
        || url.starts_with("http://")
        || url.ends_with(".tar.gz")
        || url.contains("import (")
    {
        return Severity::High;
    }
    Severity::Medium
}

/// A package of its own address is code that runs as it is installed. Forges and indexes are where packages are.
fn packages(words: &[String], url: &str) -> Severity {
    const KNOWN: &[&str] = &[
        "github.com",
        "gitlab.com",
        "bitbucket.org",
        "codeberg.org",
        "git.sr.ht",
        "pypi.org",
        "registry.npmjs.org",
        "download.pytorch.org",
        "crates.io",
    ];
    let plain = url.starts_with("http://") || url.contains("+http://");
    let host = crate::known::network::host(url).unwrap_or("");
    let index = words.iter().any(|word| {
        word.contains("index-url") || word.contains("registry") || word == "-i" || word.contains("find-links")
    });
    let unchecked = words.iter().any(|word| {
        word.contains("trusted-host")
            || word == "--insecure"
            || word.contains("strict-ssl=false")
            || word == "--no-verify-ssl"
    });
    if plain
        || unchecked
        || !index && !KNOWN.iter().any(|known| host == *known || host.ends_with(&format!(".{known}")))
    {
        return Severity::High;
    }
    Severity::Medium
}

/// Forty hexadecimal digits: a commit.
fn has_commit(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_hexdigit()).any(|part| part.len() == 40)
}

/// direnv's own downloads hold to the hash of SHA-2 that stands beside them.
fn unhashed(hits: &mut Hits<'_>, place: Place, call: &Call, words: &[String]) {
    let base = call.base();
    if !matches!(base.as_str(), "source_url" | "fetchurl") {
        return;
    }
    let hash = words.get(1).map_or("", String::as_str);
    let good = ["sha256-", "sha384-", "sha512-"].iter().any(|name| hash.starts_with(name));
    if !good && (base == "source_url" || !hash.is_empty()) {
        let what = if hash.is_empty() { "no hash".to_owned() } else { format!("`{}`", shortened(hash)) };
        hits.at(
            place,
            Severity::High,
            format!("{base} with {what} in the place of a hash of SHA-2 takes whatever it gets"),
        );
    }
    if words.first().is_some_and(|url| url.starts_with("http://")) {
        hits.at(place, Severity::Medium, format!("{base} asks without encryption"));
    }
}

/// Programs of a network answer, unpacked where commands are looked for.
fn unpacked(audit: &Audit<'_>, hits: &mut Hits<'_>, place: Place, call: &Call) {
    let base = call.base();
    if !matches!(base.as_str(), "tar" | "bsdtar" | "unzip" | "cpio" | "7z" | "ar")
        || reaches(call) == Some(Reaches::Client)
    {
        return;
    }
    let network: std::collections::BTreeSet<_> =
        call.given().into_iter().filter(|one| one.kind == OriginKind::Network).collect();
    if network.is_empty() {
        return;
    }
    let words = call.words();
    let target = words
        .iter()
        .zip(words.iter().skip(1))
        .find(|(option, _)| matches!(option.as_str(), "-C" | "-d" | "--directory"));
    let folder =
        target.map_or("", |(_, folder)| folder.trim_start_matches("./").trim_start_matches("${PWD}/"));
    let added = |path: &str| {
        path.split(':')
            .any(|entry| entry.strip_prefix("${PWD}/").is_some_and(|entry| entry.starts_with(folder)))
    };
    let in_path = audit
        .assigned()
        .any(|(_, name, value, _)| name == "PATH" && value.shapes().iter().any(|path| added(path)));
    let severity = if in_path { Severity::High } else { Severity::Medium };
    let what = if in_path { ", into a folder of PATH" } else { "" };
    hits.flow(
        place,
        severity,
        format!("{base} unpacks what another machine answers{what}, and no hash is compared"),
        &network,
    );
}
