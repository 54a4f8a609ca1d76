//! What a list that somebody else keeps says of a download.

use std::collections::BTreeSet;

use proofmark_core::Digest;

/// What a list says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listed {
    /// It does not name the download.
    Nothing,
    /// It gives it this SHA-256.
    Sum(Digest),
    /// It gives it several.
    Several(Vec<Digest>),
}

/// The SHA-256 that stands in the line of a download: one that names its whole address, or its file where the file's name tells the
/// version. `SHA256SUMS`, hermit's manifests and most scripts are lists in this sense. A line that names two files is nobody's.
pub fn listed(text: &str, url: &str, version: &str) -> Listed {
    let file = url.rsplit('/').next().unwrap_or_default();
    let by_file = tells(file, version);
    let mut sums = BTreeSet::new();
    for line in text.lines() {
        let names =
            has_word(line, url, false) || (by_file && !line.contains("://") && has_word(line, file, true));
        if let (true, [sum]) = (names, sums_of(line).as_slice()) {
            sums.insert(sum.clone());
        }
    }
    let mut sums: Vec<Digest> =
        sums.iter().filter_map(|hex| Digest::parse(&format!("sha256:{hex}")).ok()).collect();
    match (sums.pop(), sums.is_empty()) {
        (None, _) => Listed::Nothing,
        (Some(sum), true) => Listed::Sum(sum),
        (Some(sum), false) => Listed::Several(sums.into_iter().chain([sum]).collect()),
    }
}

/// Whether an address or a file's name stands in a line, and is no part of a longer one; `path` lets a file stand behind its folder.
fn has_word(line: &str, word: &str, path: bool) -> bool {
    let longer = |c: char| c.is_ascii_alphanumeric() || "._-/+~%?#=&:".contains(c);
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        let after = line.get(at + word.len()..).and_then(|after| after.chars().next());
        // JSON and HCL have a colon behind a key's quote, YAML may have it behind the key.
        !before.is_some_and(|c| longer(c) && !(path && c == '/'))
            && !after.is_some_and(|c| longer(c) && c != ':')
    })
}

/// Whether a file's name tells the version: `1.2` does not stand in `x-1.2.3.zip`, nor in `x-11.2.zip`.
fn tells(file: &str, version: &str) -> bool {
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    file.match_indices(version).any(|(at, _)| {
        let mut before = file.get(..at).unwrap_or_default().chars().rev();
        let mut after = file.get(at + version.len()..).unwrap_or_default().chars();
        let goes_on = |first: Option<char>, second| digit(first) || (first == Some('.') && digit(second));
        !goes_on(before.next(), before.next()) && !goes_on(after.next(), after.next())
    })
}

/// Runs of 64 hexadecimal digits.
fn sums_of(line: &str) -> Vec<String> {
    line.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|run| run.len() == 64 && run.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .map(str::to_ascii_lowercase)
        .collect()
}

/// Who answers for an address: its host, and on hosts of many its first folder. Two addresses of one origin are one source.
pub fn origin(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let mut parts = rest.split('/');
    let host = parts.next().unwrap_or_default().to_ascii_lowercase();
    let host = host.split(':').next().unwrap_or_default();
    let owner = parts.next().unwrap_or_default().to_ascii_lowercase();
    match host {
        "github.com" | "raw.githubusercontent.com" => format!("github.com/{owner}"),
        "gitlab.com" | "codeberg.org" | "bitbucket.org" => format!("{host}/{owner}"),
        "files.pythonhosted.org" => "pypi.org".to_owned(),
        _ => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://cache.agilebits.com/dist/1P/op2/pkg/v2.39.0/op_linux_amd64_v2.39.0.zip";

    fn sum(byte: char) -> Digest {
        Digest::parse(&format!("sha256:{}", byte.to_string().repeat(64))).unwrap()
    }

    #[test]
    fn lines_of_lists() {
        let (a, b) = ("a".repeat(64), "b".repeat(64));
        let of = |text: &str| listed(text, URL, "2.39.0");
        for line in [
            format!("  \"{URL}\": \"{a}\","),
            format!("{a}  op_linux_amd64_v2.39.0.zip"),
            format!("{} *./op_linux_amd64_v2.39.0.zip", a.to_ascii_uppercase()),
            format!("echo '{a}  /tmp/op_linux_amd64_v2.39.0.zip' | sha256sum -c"),
        ] {
            assert_eq!(of(&format!("x\n{line}\r\ny\n")), Listed::Sum(sum('a')), "{line}");
        }
        for line in [
            // Another file, version, host or length, two sums, none.
            format!("{a}  op_linux_amd64_v2.39.0.zip.sig"),
            format!("{a}  old-op_linux_amd64_v2.39.0.zip"),
            format!("{a}  op_linux_amd64_v2.38.0.zip"),
            format!("\"https://mirror.test/op_linux_amd64_v2.39.0.zip\": \"{a}\""),
            format!("{}  op_linux_amd64_v2.39.0.zip", &a[1..]),
            format!("{a}{a}  op_linux_amd64_v2.39.0.zip"),
            format!("{a} {b} op_linux_amd64_v2.39.0.zip"),
            "op_linux_amd64_v2.39.0.zip".to_owned(),
        ] {
            assert_eq!(of(&line), Listed::Nothing, "{line}");
        }
        let two = format!("{a}  op_linux_amd64_v2.39.0.zip\n{b}  op_linux_amd64_v2.39.0.zip\n");
        assert_eq!(of(&two), Listed::Several(vec![sum('a'), sum('b')]));
        // A file whose name does not tell the version is found by its address alone: it may be of any version.
        let raw = "https://dl.k8s.io/release/v1.35.2/bin/linux/amd64/kubectl";
        assert_eq!(listed(&format!("{a}  kubectl"), raw, "1.35.2"), Listed::Nothing);
        assert_eq!(listed(&format!("{raw} {a}"), raw, "1.35.2"), Listed::Sum(sum('a')));
    }

    #[test]
    fn versions_in_names() {
        for (file, version, told) in [
            ("op_linux_amd64_v2.39.0.zip", "2.39.0", true),
            ("x-1.2.3.zip", "1.2", false),
            ("x-11.2.zip", "1.2", false),
            ("x-0.1.2.zip", "1.2", false),
            ("1.2", "1.2", true),
            ("kubectl", "1.35.2", false),
        ] {
            assert_eq!(tells(file, version), told, "{file} {version}");
        }
    }

    #[test]
    fn origins() {
        for (one, other, same) in [
            ("https://github.com/cli/cli/releases/x", "https://raw.githubusercontent.com/cli/lists/y", true),
            ("https://github.com/cli/cli/releases/x", "https://raw.githubusercontent.com/cashapp/y", false),
            ("https://pypi.org/pypi/x", "https://files.pythonhosted.org/packages/x", true),
            ("https://get.helm.sh/a", "https://GET.helm.sh:443/b", true),
            ("https://get.helm.sh/a", "https://helm.sh/b", false),
        ] {
            assert_eq!(origin(one) == origin(other), same, "{one} {other}");
        }
    }
}
