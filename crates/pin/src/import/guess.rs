//! What the name of a download says of it.

use proofmark_core::Platform;
use proofmark_lock::unpack::ArchiveKind;

/// Suffixes of what is no executable and no archive that is unpacked.
const OTHERS: [&str; 22] = [
    ".pkg",
    ".deb",
    ".rpm",
    ".apk",
    ".msi",
    ".dmg",
    ".txt",
    ".json",
    ".sig",
    ".asc",
    ".pem",
    ".crt",
    ".cert",
    ".sbom",
    ".intoto.jsonl",
    ".sigstore",
    ".minisig",
    ".sha256",
    ".sha256sum",
    ".sha512",
    ".md5",
    ".7z",
];

/// How it is packed; `None`: it is something else than an executable.
pub(super) fn archive(url: &str) -> Option<ArchiveKind> {
    let name = file(url).to_ascii_lowercase();
    let ends = |suffix: &str| name.ends_with(suffix);
    if OTHERS.iter().any(|suffix| ends(suffix)) {
        return None;
    }
    let kinds = [
        (".tar.gz", ArchiveKind::TarGz),
        (".tgz", ArchiveKind::TarGz),
        (".tar.xz", ArchiveKind::TarXz),
        (".txz", ArchiveKind::TarXz),
        (".tar.zst", ArchiveKind::TarZst),
        (".tar", ArchiveKind::Tar),
        (".zip", ArchiveKind::Zip),
        (".gz", ArchiveKind::Gz),
        (".xz", ArchiveKind::Xz),
        (".zst", ArchiveKind::Zst),
    ];
    Some(kinds.iter().find(|(suffix, _)| ends(suffix)).map_or(ArchiveKind::None, |(_, kind)| *kind))
}

/// The last part of an address.
pub(super) fn file(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or_default()
}

/// The platform in a name such as `op_linux_amd64_v2.39.0.zip` or `linux-x64`.
pub(super) fn platform(name: &str) -> Option<Platform> {
    let lower = name.to_ascii_lowercase().replace("x86_64", "amd64").replace("x86-64", "amd64");
    let words: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let first = |table: &[(&str, &'static str)]| {
        words.iter().find_map(|word| table.iter().find(|(known, _)| known == word).map(|(_, means)| *means))
    };
    let os = first(&[
        ("linux", "linux"),
        ("darwin", "darwin"),
        ("macos", "darwin"),
        ("osx", "darwin"),
        ("apple", "darwin"),
        ("windows", "windows"),
        ("win", "windows"),
        ("freebsd", "freebsd"),
        ("openbsd", "openbsd"),
    ])?;
    let architecture = first(&[
        ("amd64", "amd64"),
        ("x64", "amd64"),
        ("64bit", "amd64"),
        ("arm64", "arm64"),
        ("aarch64", "arm64"),
        ("386", "386"),
        ("i386", "386"),
        ("i686", "386"),
        ("armv7", "arm/v7"),
        ("arm", "arm/v7"),
        ("ppc64le", "ppc64le"),
        ("s390x", "s390x"),
        ("riscv64", "riscv64"),
    ])?;
    Platform::parse(&format!("{os}/{architecture}")).map(|platform| platform.normalised())
}

/// The first version in an address: digits with dots between them, with or without a `v` in front.
pub(super) fn version(url: &str) -> Option<String> {
    let decoded = url.replace("%2F", "/").replace("%2f", "/");
    let words = decoded.split(['/', '_', '@']).filter_map(|part| {
        let at = part.char_indices().find(|(at, _)| begins(&part[*at..], &part[..*at])).map(|(at, _)| at);
        at.map(|at| part[at..].trim_start_matches('v'))
    });
    words.map(trimmed).find(|word| word.contains('.')).map(str::to_owned)
}

/// Whether a version begins here: digits, and none before them, nor a letter but one `v`.
fn begins(rest: &str, before: &str) -> bool {
    let digits = rest.strip_prefix('v').unwrap_or(rest);
    let apart = before.is_empty() || before.ends_with('-');
    apart && digits.as_bytes().first().is_some_and(u8::is_ascii_digit)
}

/// Without the suffix of a file, and without the platform behind it.
fn trimmed(word: &str) -> &str {
    let mut end = 0;
    for (at, part) in word.split('-').enumerate() {
        let numeric =
            part.split('.').all(|one| !one.is_empty() && one.bytes().all(|byte| byte.is_ascii_digit()));
        let pre = ["alpha", "beta", "rc", "pre"].iter().any(|known| part.starts_with(known));
        let good = if at == 0 { numeric } else { pre };
        if !good {
            break;
        }
        end += part.len() + usize::from(at > 0);
    }
    &word[..end]
}

/// What a file is called before its platform and version: `op` of `op_linux_amd64_v2.39.0.zip`.
pub(super) fn tool(url: &str) -> Option<String> {
    let name = file(url);
    let words: Vec<&str> = name.split(['_', '.']).collect();
    let first = words.first()?;
    let stop = |part: &&str| {
        platform_word(part) || part.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit())
    };
    let parts: Vec<&str> = first.split('-').take_while(|part| !stop(part)).collect();
    let name = parts.join("-").to_ascii_lowercase();
    (!name.is_empty()).then_some(name)
}

fn platform_word(word: &str) -> bool {
    ["linux", "darwin", "macos", "windows", "amd64", "arm64", "x86", "x64"]
        .contains(&word.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Address; tool, platform and version; and how it is packed.
    const REAL: &[(&str, &str, ArchiveKind)] = &[
        (
            "https://cache.agilebits.com/dist/1P/op2/pkg/v2.39.0/op_linux_amd64_v2.39.0.zip",
            "op linux/amd64 2.39.0",
            ArchiveKind::Zip,
        ),
        (
            "https://cache.agilebits.com/dist/1P/op2/pkg/v2.33.0-beta.01/op_darwin_arm64_v2.33.0-beta.01.zip",
            "op darwin/arm64 2.33.0-beta.01",
            ArchiveKind::Zip,
        ),
        (
            "https://github.com/direnv/direnv/releases/download/v2.37.1/direnv.linux-amd64",
            "direnv linux/amd64 2.37.1",
            ArchiveKind::None,
        ),
        (
            "https://github.com/sigstore/cosign/releases/download/v3.1.3/cosign-linux-arm64",
            "cosign linux/arm64 3.1.3",
            ArchiveKind::None,
        ),
        (
            "https://dl.k8s.io/release/v1.35.2/bin/linux/amd64/kubectl",
            "kubectl linux/amd64 1.35.2",
            ArchiveKind::None,
        ),
        ("https://get.helm.sh/helm-v4.2.4-linux-amd64.tar.gz", "helm linux/amd64 4.2.4", ArchiveKind::TarGz),
        (
            "https://github.com/anchore/syft/releases/download/v1.51.0/syft_1.51.0_linux_amd64.tar.gz",
            "syft linux/amd64 1.51.0",
            ArchiveKind::TarGz,
        ),
        (
            "https://github.com/kyverno/kyverno/releases/download/v1.19.1/kyverno-cli_v1.19.1_linux_x86_64.tar.gz",
            "kyverno-cli linux/amd64 1.19.1",
            ArchiveKind::TarGz,
        ),
        (
            "https://github.com/open-policy-agent/opa/releases/download/v1.19.1/opa_linux_amd64_static",
            "opa linux/amd64 1.19.1",
            ArchiveKind::None,
        ),
        (
            "https://github.com/jqlang/jq/releases/download/jq-1.8.1/jq-macos-arm64",
            "jq darwin/arm64 1.8.1",
            ArchiveKind::None,
        ),
    ];

    #[test]
    fn names_of_real_downloads() {
        for (url, named, kind) in REAL {
            let read = [tool(url), platform(url).map(|on| on.to_string()), version(url)];
            assert_eq!(read.map(Option::unwrap_or_default).join(" "), *named, "{url}");
            assert_eq!(archive(url), Some(*kind), "{url}");
        }
        for other in
            ["https://x.test/a.pkg", "https://x.test/a_linux_amd64.tar.gz.sig", "https://x.test/c.txt"]
        {
            assert_eq!(archive(other), None, "{other}");
        }
        assert_eq!(platform("https://x.test/tool.zip"), None);
        assert_eq!(version("https://x.test/latest/tool"), None);
    }
}
