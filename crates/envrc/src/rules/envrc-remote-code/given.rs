//! Programs that load what they are given: rules, packages, archives of another machine.

use proofmark_core::Severity;

use crate::audit::{Audit, Hits, shortened};
use crate::known::network::host;
use crate::trace::Call;
use crate::value::{OriginKind, Place, Value};

/// Rules of make that are read from a pipe of the network, and archives and packages that a program fetches and loads.
pub(super) fn check(hits: &mut Hits<'_>, place: Place, call: &Call, words: &[String]) {
    let base = call.base();
    let reads_rules =
        matches!(base.as_str(), "make" | "gmake" | "just" | "ninja" | "ansible-playbook" | "psql" | "vim");
    let network: std::collections::BTreeSet<_> = call
        .arguments
        .iter()
        .flat_map(Value::origins)
        .filter(|one| one.kind == OriginKind::Network)
        .collect();
    if reads_rules && !network.is_empty() {
        hits.flow(
            place,
            Severity::High,
            format!("{base} runs what another machine answers: `{}`", call.shown()),
            &network,
        );
    }
    let plain = words.iter().find(|word| {
        (word.contains("http://") || word.contains("git://"))
            && !crate::known::network::is_local(std::slice::from_ref(*word))
    });
    let loads = match base.as_str() {
        "mix" => words.iter().any(|word| word.ends_with(".install")),
        "git" => words
            .iter()
            .any(|word| matches!(word.as_str(), "archive" | "clone" | "submodule" | "pull" | "fetch")),
        "gem" | "composer" | "opam" | "cabal" | "luarocks" | "R" | "Rscript" | "conan" | "vcpkg" | "asdf"
        | "mise" | "code" | "apt" | "apt-get" | "dpkg" | "rpm" | "dnf" | "yum" | "installer" => true,
        _ => false,
    };
    if let Some(url) = plain.filter(|_| loads) {
        let message =
            format!("{base} takes what it loads from {}, which nothing protects on its way", shortened(url));
        hits.at(place, Severity::High, message);
    }
    let registry = words
        .iter()
        .zip(words.iter().skip(1))
        .find(|(option, _)| option.contains("registry") || option.contains("index-url"))
        .map(|(_, url)| url)
        .filter(|url| url.starts_with("https://") && !is_of(url, &["npmjs.org", "pypi.org"]));
    if let Some(url) = registry.filter(|_| matches!(base.as_str(), "npx" | "bunx" | "uvx" | "pipx")) {
        hits.at(
            place,
            Severity::High,
            format!("{base} runs a package of {}: `{}`", shortened(url), call.shown()),
        );
    }
    let replaced = words.windows(3).find_map(|three| match three {
        [option, input, url] if option == "--override-input" => Some((input, url)),
        _ => None,
    });
    let strange = |url: &str| {
        host(url).is_some_and(|host| !host.is_empty()) && !url.contains("file://") && !is_of(url, FORGES)
    };
    if let Some((input, url)) = replaced.filter(|(_, url)| strange(url)) {
        let message = format!("the input {} of a flake is replaced by {}", shortened(input), shortened(url));
        hits.at(place, Severity::High, message);
    }
    let packagist =
        |word: &String| !word.starts_with("https://") || is_of(word, &["packagist.org", "github.com"]);
    if base == "composer"
        && words.iter().any(|word| word.contains("repositor"))
        && !words.iter().all(packagist)
    {
        let message = format!("{base} takes every package from elsewhere from now on: `{}`", call.shown());
        hits.at(place, Severity::High, message);
    }
    unsigned(hits, place, call, words);
}

/// Where flakes are kept as a rule.
const FORGES: &[&str] = &["github.com", "gitlab.com", "codeberg.org", "git.sr.ht"];

/// The address is one of these hosts, or of a name below one.
fn is_of(url: &str, hosts: &[&str]) -> bool {
    host(url).is_some_and(|host| {
        hosts
            .iter()
            .any(|known| host.strip_suffix(known).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
    })
}

/// A package whose signature or certificate is not looked at.
fn unsigned(hits: &mut Hits<'_>, place: Place, call: &Call, words: &[String]) {
    const OFF: &[&str] = &[
        "--disable-gpg-verify",
        "--no-gpg-checks",
        "--nogpgcheck",
        "--allow-unauthenticated",
        "--ignore-certs",
        "--no-gpg-check",
        "--allow-untrusted",
    ];
    if let Some(option) = words.iter().find(|word| OFF.contains(&word.as_str())) {
        hits.at(
            place,
            Severity::High,
            format!("{option} of {}: nobody vouches for what is installed", call.base()),
        );
    }
}

/// Programs that run, as they install it, what a file holds.
const INSTALLERS: &[&str] = &[
    "brew",
    "dpkg",
    "apt",
    "apt-get",
    "rpm",
    "dnf",
    "yum",
    "installer",
    "pip",
    "pip3",
    "npm",
    "gem",
    "code",
    "java",
    "go",
    "snap",
    "flatpak",
    "cargo",
    "luarocks",
    "R",
    "mix",
    "helm",
];

/// A file that a client has just fetched is installed.
pub(super) fn downloaded(audit: &Audit<'_>, hits: &mut Hits<'_>, place: Place, call: &Call) {
    let base = call.base();
    if !INSTALLERS.contains(&base.as_str()) {
        return;
    }
    let words = call.words();
    let path = |word: &&String| word.contains('/') && !word.contains("://") && !word.starts_with('-');
    for word in words.iter().filter(path) {
        let fetched = audit.calls().find(|(_, other)| {
            crate::tables::is_network(&other.base()) && other.words().iter().any(|one| one == word)
        });
        if let Some((from, client)) = fetched {
            let sources = vec![(audit.spot(from), format!("`{}`", client.shown()))];
            let message = format!("{base} installs what another machine answered: `{}`", call.shown());
            hits.push(audit.spot(place), Severity::High, message, sources);
            return;
        }
    }
}
