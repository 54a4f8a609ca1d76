//! The platform an image runs on (OCI image-spec, image index, `platform`).

use serde::{Deserialize, Serialize};

/// Operating system and architecture, with what Windows and ARM add.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Platform {
    /// `linux`, `windows`, …
    pub os: String,
    /// `amd64`, `arm64`, …
    pub architecture: String,
    /// `v7`, `v8`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Windows build, such as `10.0.20348.2402`.
    #[serde(default, rename = "os.version", skip_serializing_if = "Option::is_none")]
    pub os_version: Option<String>,
    /// Windows features, such as `win32k`.
    #[serde(default, rename = "os.features", skip_serializing_if = "Vec::is_empty")]
    pub os_features: Vec<String>,
}

impl Platform {
    /// Parses `os/arch[/variant][:os.version]`, as `--platform` takes it.
    pub fn parse(text: &str) -> Option<Self> {
        let (path, os_version) = match text.split_once(':') {
            Some((path, version)) if !version.is_empty() => (path, Some(version.to_owned())),
            Some(_) => return None,
            None => (text, None),
        };
        let parts: Vec<&str> = path.split('/').collect();
        let ok = |s: &str| {
            !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
        };
        if !(2..=3).contains(&parts.len()) || !parts.iter().all(|part| ok(part)) {
            return None;
        }
        Some(Self {
            os: parts[0].to_owned(),
            architecture: parts[1].to_owned(),
            variant: parts.get(2).map(|v| (*v).to_owned()),
            os_version,
            os_features: Vec::new(),
        })
    }

    /// The same platform under the one name that runtimes give it, whatever its case: `x86_64` is `amd64`, `arm64/v8` is
    /// `arm64`, `arm` is `arm/v7` (containerd's `platforms`, `Normalize`). An absent operating system stays absent.
    #[must_use]
    pub fn normalised(&self) -> Self {
        let mut os = self.os.to_ascii_lowercase();
        if os == "macos" {
            "darwin".clone_into(&mut os);
        }
        let variant = self.variant.as_deref().map(str::to_ascii_lowercase);
        let (architecture, variant) = one_name(&self.architecture.to_ascii_lowercase(), variant.as_deref());
        Self { os, architecture, variant, ..self.clone() }
    }

    /// Whether an image of this platform can run: not the `unknown/unknown` of attestation manifests.
    pub fn is_runnable(&self) -> bool {
        !(self.os == "unknown" && self.architecture == "unknown")
    }

    /// Whether this is the platform `wanted`, under any of its names: what `wanted` leaves open matches all.
    pub fn satisfies(&self, wanted: &Self) -> bool {
        let (have, want) = (self.normalised(), wanted.normalised());
        have.os == want.os
            && have.architecture == want.architecture
            && (wanted.variant.is_none() || have.variant == want.variant)
            && (want.os_version.is_none() || have.os_version == want.os_version)
            && want.os_features.iter().all(|f| have.os_features.contains(f))
    }

    /// Whether a runtime that is asked for `wanted` could take an image that an index lists so. An operating system that is
    /// not named is the machine's own to it.
    pub fn could_be_taken_as(&self, wanted: &Self) -> bool {
        if self.os.is_empty() {
            return Self { os: wanted.os.clone(), ..self.clone() }.satisfies(wanted);
        }
        self.satisfies(wanted)
    }
}

/// Architecture and variant, both in lower case, under the names that `Normalize` gives.
fn one_name(architecture: &str, variant: Option<&str>) -> (String, Option<String>) {
    let (architecture, variant) = match (architecture, variant) {
        ("i386", _) => ("386", None),
        ("x86_64" | "x86-64" | "amd64", None | Some("v1")) => ("amd64", None),
        ("x86_64" | "x86-64", variant) => ("amd64", variant),
        ("aarch64" | "arm64", None | Some("8" | "v8" | "v8.0")) => ("arm64", None),
        ("aarch64" | "arm64", Some("9" | "9.0" | "v9.0")) => ("arm64", Some("v9")),
        ("aarch64", variant) => ("arm64", variant),
        ("armhf", _) | ("arm", None | Some("7")) => ("arm", Some("v7")),
        ("armel", _) | ("arm", Some("6")) => ("arm", Some("v6")),
        ("arm", Some("5")) => ("arm", Some("v5")),
        ("arm", Some("8")) => ("arm", Some("v8")),
        other => other,
    };
    (architecture.to_owned(), variant.map(str::to_owned))
}

impl std::fmt::Display for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        if let Some(variant) = &self.variant {
            write!(f, "/{variant}")?;
        }
        if let Some(version) = &self.os_version {
            write!(f, ":{version}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_and_compares() {
        let arm = Platform::parse("linux/arm64/v8").unwrap();
        assert_eq!(arm.to_string(), "linux/arm64/v8");
        assert!(Platform::parse("linux/arm64").unwrap().satisfies(&arm));
        assert!(
            !Platform::parse("linux/arm/v7").unwrap().satisfies(&Platform::parse("linux/arm/v6").unwrap())
        );
        for (text, runnable) in [
            ("unknown/unknown", false),
            ("linux/unknown", true),
            ("unknown/amd64", true),
            ("linux/amd64", true),
        ] {
            assert_eq!(Platform::parse(text).unwrap().is_runnable(), runnable, "{text}");
        }
        let windows = Platform::parse("windows/amd64:10.0.20348.1").unwrap();
        assert!(windows.satisfies(&Platform::parse("windows/amd64").unwrap()));
        assert!(!windows.satisfies(&Platform::parse("windows/amd64:10.0.17763.1").unwrap()));
        for bad in ["", "linux", "linux/", "/amd64", "a/b/c/d", "linux/amd64:", "li nux/amd64"] {
            assert_eq!(Platform::parse(bad), None, "{bad}");
        }
    }

    /// The names of containerd's `platforms`, `normalizeOS` and `normalizeArch`, row by row.
    #[test]
    fn a_platform_has_one_name() {
        let normal = |text: &str| Platform::parse(text).unwrap().normalised().to_string();
        for (names, one) in [
            (&["linux/amd64", "linux/x86_64", "Linux/X86-64", "LINUX/AMD64/V1"][..], "linux/amd64"),
            (&["linux/amd64/v3", "linux/x86_64/v3"], "linux/amd64/v3"),
            (
                &["linux/arm64", "linux/aarch64", "linux/arm64/v8", "linux/aarch64/8", "linux/arm64/v8.0"],
                "linux/arm64",
            ),
            (
                &[
                    "linux/arm64/v9",
                    "linux/aarch64/9",
                    "linux/arm64/9.0",
                    "linux/arm64/v9.0",
                    "linux/aarch64/v9",
                ],
                "linux/arm64/v9",
            ),
            (&["linux/arm", "linux/arm/7", "linux/arm/v7", "linux/armhf", "linux/armhf/v6"], "linux/arm/v7"),
            (&["linux/armel", "linux/arm/6", "linux/arm/v6"], "linux/arm/v6"),
            (&["linux/arm/5", "linux/arm/v5"], "linux/arm/v5"),
            (&["linux/arm/8", "linux/arm/v8"], "linux/arm/v8"),
            (&["linux/386", "linux/i386", "linux/i386/v2"], "linux/386"),
            (&["darwin/arm64", "macOS/aarch64"], "darwin/arm64"),
            (&["linux/riscv64/rva23", "linux/RISCV64/RVA23"], "linux/riscv64/rva23"),
        ] {
            for name in names {
                assert_eq!(normal(name), one, "{name}");
            }
        }
    }

    /// What a runtime could take must be judged, under whatever name an index lists it.
    #[test]
    fn every_name_of_a_platform_answers_for_it() {
        let of = |text: &str| Platform::parse(text).unwrap();
        let without_os = Platform { os: String::new(), ..of("linux/x86_64") };
        for (have, wanted, is) in [
            ("linux/x86_64", "linux/amd64", true),
            ("linux/amd64", "LINUX/x86-64", true),
            ("linux/arm", "linux/arm/v7", true),
            ("linux/arm/v7", "linux/arm", true),
            ("linux/arm/v6", "linux/arm", true),
            ("linux/arm", "linux/arm/v6", false),
            ("linux/amd64/v3", "linux/amd64", true),
            ("linux/amd64/v3", "linux/amd64/v1", false),
            ("linux/amd64", "linux/amd64/v1", true),
            ("linux/arm64", "linux/amd64", false),
            ("windows/amd64", "linux/amd64", false),
        ] {
            assert_eq!(of(have).satisfies(&of(wanted)), is, "{have} {wanted}");
            assert_eq!(of(have).could_be_taken_as(&of(wanted)), is, "{have} {wanted}");
        }
        assert!(
            without_os.could_be_taken_as(&of("linux/amd64"))
                && without_os.could_be_taken_as(&of("windows/amd64"))
        );
        assert!(
            !without_os.could_be_taken_as(&of("linux/arm64")) && !without_os.satisfies(&of("linux/amd64"))
        );
    }
}
