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

    /// The same platform under the one name that containerd's normalisation gives it: `arm64/v8` is `arm64`, `arm` is
    /// `arm/v7`, `amd64/v1` is `amd64`.
    #[must_use]
    pub fn normalised(&self) -> Self {
        let variant = match (self.architecture.as_str(), self.variant.as_deref()) {
            ("arm64", Some("v8" | "8")) | ("amd64", Some("v1")) => None,
            ("arm", None | Some("7")) => Some("v7".to_owned()),
            _ => self.variant.clone(),
        };
        Self { variant, ..self.clone() }
    }

    /// Whether an image of this platform can run: not the `unknown/unknown` of attestation manifests.
    pub fn is_runnable(&self) -> bool {
        !(self.os == "unknown" && self.architecture == "unknown")
    }

    /// Whether an image of this platform answers a request for `wanted`: what the request leaves open matches all.
    pub fn satisfies(&self, wanted: &Self) -> bool {
        let open = |have: &Option<String>, want: &Option<String>| want.is_none() || have == want;
        self.os == wanted.os
            && self.architecture == wanted.architecture
            && (open(&self.variant, &wanted.variant) || self.default_variant(wanted))
            && open(&self.os_version, &wanted.os_version)
            && wanted.os_features.iter().all(|f| self.os_features.contains(f))
    }

    /// `arm64` without a variant is `arm64/v8` (containerd's normalisation).
    fn default_variant(&self, wanted: &Self) -> bool {
        self.architecture == "arm64" && self.variant.is_none() && wanted.variant.as_deref() == Some("v8")
    }
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
        let windows = Platform::parse("windows/amd64:10.0.20348.1").unwrap();
        assert!(windows.satisfies(&Platform::parse("windows/amd64").unwrap()));
        assert!(!windows.satisfies(&Platform::parse("windows/amd64:10.0.17763.1").unwrap()));
        for (one, other) in [
            ("linux/arm64/v8", "linux/arm64"),
            ("linux/arm", "linux/arm/v7"),
            ("linux/amd64/v1", "linux/amd64"),
        ] {
            let normal = |text: &str| Platform::parse(text).unwrap().normalised();
            assert_eq!(normal(one), normal(other), "{one}");
            assert_ne!(normal(one), normal("linux/arm/v6"), "{one}");
        }
        assert_ne!(Platform::parse("linux/amd64/v3").unwrap().normalised().variant, None);
        for bad in ["", "linux", "linux/", "/amd64", "a/b/c/d", "linux/amd64:", "li nux/amd64"] {
            assert_eq!(Platform::parse(bad), None, "{bad}");
        }
    }
}
