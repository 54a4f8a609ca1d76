//! Image references, normalised as Docker does (distribution/reference), compared by part and never by prefix.

use std::fmt;

use crate::{Digest, DigestError};

/// Why a text is not an image reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReferenceError {
    /// Nothing there.
    #[error("the reference is empty")]
    Empty,
    /// Longer than any registry accepts.
    #[error("the reference is longer than {0} characters")]
    TooLong(usize),
    /// A scheme such as `https://`.
    #[error("a reference has no scheme: write it without `{0}://`")]
    Scheme(String),
    /// User information before the host.
    #[error("a reference has no `user@` part")]
    UserInfo,
    /// A host with characters that no host has.
    #[error("`{0}` is not a registry host")]
    Host(String),
    /// A repository with characters that no registry accepts.
    #[error(
        "`{0}` is not a repository name: lower-case letters, digits, and single `.`, `_`, `__` or `-` between them"
    )]
    Repository(String),
    /// Upper case in the repository: the commonest mistake.
    #[error("a repository name is lower case: `{0}`")]
    UpperCase(String),
    /// A tag with characters that no registry accepts.
    #[error(
        "`{0}` is not a tag: at most 128 letters, digits, `_`, `.` and `-`, not starting with `.` or `-`"
    )]
    Tag(String),
    /// A digest that is not one.
    #[error("the digest is malformed: {0}")]
    Digest(#[from] DigestError),
    /// 64 hexadecimal digits alone are an image ID, not a name.
    #[error("64 hexadecimal digits name a local image, not one in a registry")]
    ImageId,
}

const MAX_REFERENCE: usize = 1024;
const MAX_REPOSITORY: usize = 255;
const DOCKER_HUB: &str = "docker.io";

/// `host` or `host:port`, lower case. All names of Docker Hub are `docker.io`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Host(String);

impl Host {
    /// Parses a host as written in a reference or in `registries.toml`.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let bad = || ReferenceError::Host(text.to_owned());
        let (name, port) = split_port(text).ok_or_else(bad)?;
        let lower = name.to_ascii_lowercase();
        let valid = if let Some(inside) = lower.strip_prefix('[') {
            inside.strip_suffix(']').is_some_and(|ip| ip.parse::<std::net::Ipv6Addr>().is_ok())
        } else {
            !lower.is_empty() && lower.len() <= 253 && lower.split('.').all(is_label)
        };
        if !valid {
            return Err(bad());
        }
        let canonical = match lower.as_str() {
            "docker.io" | "index.docker.io" | "registry-1.docker.io" | "auth.docker.io" => DOCKER_HUB,
            other => other,
        };
        Ok(Self(match port {
            None => canonical.to_owned(),
            Some(port) => format!("{canonical}:{port}"),
        }))
    }

    /// `host[:port]`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host without the port; an IPv6 address without brackets.
    pub fn name(&self) -> &str {
        let name = split_port(&self.0).map_or(self.0.as_str(), |(name, _)| name);
        name.trim_start_matches('[').trim_end_matches(']')
    }

    /// The port, if one was written.
    pub fn port(&self) -> Option<u16> {
        split_port(&self.0).and_then(|(_, port)| port)
    }

    /// Whether this is a literal loopback host: `localhost`, `127.0.0.0/8` or `[::1]`.
    pub fn is_loopback(&self) -> bool {
        let name = self.name();
        name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// Whether this is Docker Hub.
    pub fn is_docker_hub(&self) -> bool {
        self.0 == DOCKER_HUB
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn split_port(text: &str) -> Option<(&str, Option<u16>)> {
    let tail = text.rfind(']').map_or(0, |end| end + 1);
    match text[tail..].find(':') {
        None if tail > 0 && tail != text.len() => None,
        None => Some((text, None)),
        Some(at) => {
            let (name, port) = (&text[..tail + at], &text[tail + at + 1..]);
            if port.starts_with('0') || !port.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            port.parse().ok().map(|port| (name, Some(port)))
        }
    }
}

fn is_label(label: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !label.is_empty()
        && label.len() <= 63
        && label.bytes().all(inner)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// `host[:port]/repository`, normalised.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Repository {
    host: Host,
    path: String,
}

impl Repository {
    /// A repository of parts that are checked.
    pub fn new(host: Host, path: &str) -> Result<Self, ReferenceError> {
        check_path(path)?;
        // Written out, such a name would be read as one of Docker Hub: `acme/app` is `docker.io/acme/app`.
        if !is_host_like(host.as_str()) {
            return Err(ReferenceError::Host(host.0));
        }
        let path = if host.is_docker_hub() && !path.contains('/') {
            format!("library/{path}")
        } else {
            path.to_owned()
        };
        // `library/` counts as well: what is printed must be read back.
        if path.len() > MAX_REPOSITORY {
            return Err(ReferenceError::Repository(path));
        }
        Ok(Self { host, path })
    }

    /// Parses `host/repository` or a short Docker name, without tag and digest.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let reference = ImageRef::parse(text)?;
        if reference.tag.is_some() || reference.digest.is_some() {
            return Err(ReferenceError::Repository(text.to_owned()));
        }
        Ok(reference.repository)
    }

    /// The registry.
    pub const fn host(&self) -> &Host {
        &self.host
    }

    /// The path within the registry.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host, self.path)
    }
}

fn check_path(path: &str) -> Result<(), ReferenceError> {
    let bad = || ReferenceError::Repository(path.to_owned());
    if path.bytes().any(|b| b.is_ascii_uppercase()) {
        return Err(ReferenceError::UpperCase(path.to_owned()));
    }
    if path.len() > MAX_REPOSITORY || !path.split('/').all(is_component) {
        return Err(bad());
    }
    Ok(())
}

/// distribution-spec: `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`.
fn is_component(component: &str) -> bool {
    let alphanumeric = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = component.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    if !alphanumeric(*first) || !alphanumeric(*last) {
        return false;
    }
    let mut separators = component.split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    separators.all(|s| matches!(s, "" | "." | "_" | "__") || s.bytes().all(|b| b == b'-'))
}

/// A tag: `[A-Za-z0-9_][A-Za-z0-9._-]{0,127}` (distribution-spec).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(String);

impl Tag {
    /// Parses a tag.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        let ok = text.len() <= 128
            && text.bytes().next().is_some_and(word)
            && text.bytes().all(|b| word(b) || b == b'.' || b == b'-');
        if ok { Ok(Self(text.to_owned())) } else { Err(ReferenceError::Tag(text.to_owned())) }
    }

    /// The tag's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a user names: repository, and a tag or a digest or both. Without either, the tag is `latest`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageRef {
    repository: Repository,
    tag: Option<Tag>,
    digest: Option<Digest>,
}

impl ImageRef {
    /// Parses a reference with Docker's normalisation: `postgres` is `docker.io/library/postgres`.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        if text.is_empty() {
            return Err(ReferenceError::Empty);
        }
        if text.len() > MAX_REFERENCE {
            return Err(ReferenceError::TooLong(MAX_REFERENCE));
        }
        if let Some((scheme, _)) = text.split_once("://") {
            return Err(ReferenceError::Scheme(scheme.to_owned()));
        }
        let (name, digest) = match text.split_once('@') {
            Some((_, tail)) if tail.contains('/') => return Err(ReferenceError::UserInfo),
            Some((name, digest)) => (name, Some(Digest::parse(digest)?)),
            None => (text, None),
        };
        let (name, tag) = split_tag(name)?;
        if tag.is_none() && name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(ReferenceError::ImageId);
        }
        let (host, path) = split_host(name)?;
        Ok(Self { repository: Repository::new(host, path)?, tag, digest })
    }

    /// A reference of checked parts.
    pub const fn new(repository: Repository, tag: Option<Tag>, digest: Option<Digest>) -> Self {
        Self { repository, tag, digest }
    }

    /// The repository.
    pub const fn repository(&self) -> &Repository {
        &self.repository
    }

    /// The tag, if one was written.
    pub const fn tag(&self) -> Option<&Tag> {
        self.tag.as_ref()
    }

    /// The tag to resolve: the one written, or `latest`.
    pub fn tag_or_latest(&self) -> Tag {
        self.tag.clone().unwrap_or_else(|| Tag("latest".to_owned()))
    }

    /// The digest, if one was written: it decides, the tag is not resolved (design 2.2).
    pub const fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }
}

impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.repository)?;
        match (&self.tag, &self.digest) {
            (None, None) => f.write_str(":latest"),
            (tag, digest) => {
                if let Some(tag) = tag {
                    write!(f, ":{tag}")?;
                }
                if let Some(digest) = digest {
                    write!(f, "@{digest}")?;
                }
                Ok(())
            }
        }
    }
}

fn split_tag(name: &str) -> Result<(&str, Option<Tag>), ReferenceError> {
    let start = name.rfind('/').map_or(0, |at| at + 1);
    match name[start..].find(':') {
        None => Ok((name, None)),
        Some(at) => Ok((&name[..start + at], Some(Tag::parse(&name[start + at + 1..])?))),
    }
}

/// Whether the first part of a name is a host, and no namespace of Docker Hub.
fn is_host_like(first: &str) -> bool {
    first.contains(['.', ':', '[']) || first == "localhost"
}

/// Docker's rule: the first part is a host if it holds `.` or `:`, or is `localhost`.
fn split_host(name: &str) -> Result<(Host, &str), ReferenceError> {
    if let Some((first, rest)) = name.split_once('/') {
        let upper = first.bytes().any(|b| b.is_ascii_uppercase());
        if is_host_like(&first.to_ascii_lowercase()) {
            return Ok((Host::parse(first)?, rest));
        }
        // Docker takes it for a host, which no normalised name could then be told from a namespace.
        if upper {
            return Err(ReferenceError::UpperCase(name.to_owned()));
        }
    }
    Ok((Host::parse(DOCKER_HUB)?, name))
}

/// A repository with a digest: the only thing that evidence is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DigestRef {
    /// The repository.
    pub repository: Repository,
    /// The digest.
    pub digest: Digest,
}

impl fmt::Display for DigestRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.repository, self.digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalises_as_docker_does() {
        let hex = "a".repeat(64);
        let digest = format!("sha256:{hex}");
        for (text, full) in [
            ("postgres", "docker.io/library/postgres:latest".to_owned()),
            ("postgres:16", "docker.io/library/postgres:16".to_owned()),
            ("index.docker.io/postgres:16", "docker.io/library/postgres:16".to_owned()),
            ("acme/app", "docker.io/acme/app:latest".to_owned()),
            ("ghcr.io/org/app:v1", "ghcr.io/org/app:v1".to_owned()),
            ("GHCR.IO/org/app", "ghcr.io/org/app:latest".to_owned()),
            ("localhost:5000/x", "localhost:5000/x:latest".to_owned()),
            ("localhost/x", "localhost/x:latest".to_owned()),
            ("[::1]:5000/x", "[::1]:5000/x:latest".to_owned()),
            ("ghcr.io:443/x", "ghcr.io:443/x:latest".to_owned()),
            (&format!("a/b:t@{digest}"), format!("docker.io/a/b:t@{digest}")),
            (&format!("a/b@{digest}"), format!("docker.io/a/b@{digest}")),
        ] {
            assert_eq!(ImageRef::parse(text).unwrap().to_string(), full, "{text}");
        }
    }

    /// REF-07: names that imitate an allowed one, or that two parsers read differently.
    #[test]
    fn ref_07_refuses_ambiguous_names() {
        let hex = "a".repeat(64);
        for bad in [
            "",
            "https://ghcr.io/x",
            "user@ghcr.io/x",
            "ghcr.io./x",
            "ghcr..io/x",
            "gһcr.io/x",
            "ghcr.io/X",
            "ghcr.io/x:",
            "ghcr.io/x@sha256:00",
            "ghcr.io/a//b",
            "ghcr.io/../b",
            "ghcr.io/",
            "/x",
            "ghcr.io/a b",
            "ghcr.io:0443/x",
            "ghcr.io:99999/x",
            "ghcr.io/x:a:b",
            &hex,
            "ghcr.io/-x",
            "[::1/x",
            "x\u{0}",
            "ghcr.io/a___b",
        ] {
            assert!(ImageRef::parse(bad).is_err(), "{bad:?}");
        }
        let evil = ImageRef::parse("ghcr.io.evil.com/x").unwrap();
        assert_eq!(evil.repository().host().as_str(), "ghcr.io.evil.com");
    }

    /// The longest name that Docker's `library/` still leaves readable, and one more.
    #[test]
    fn a_normalised_name_reads_back() {
        let longest = "a".repeat(MAX_REPOSITORY - "library/".len());
        let reference = ImageRef::parse(&longest).unwrap();
        assert_eq!(ImageRef::parse(&reference.to_string()).unwrap().to_string(), reference.to_string());
        assert!(ImageRef::parse(&format!("{longest}a")).is_err());
    }

    #[test]
    fn hosts() {
        let host = Host::parse("LocalHost:5000").unwrap();
        assert_eq!((host.name(), host.port(), host.is_loopback()), ("localhost", Some(5000), true));
        assert!(Host::parse("127.0.0.2").unwrap().is_loopback());
        assert!(!Host::parse("127.0.0.1.evil.com").unwrap().is_loopback());
        assert_eq!(Host::parse("[::1]:5").unwrap().name(), "::1");
        for hub in
            ["docker.io", "index.docker.io", "registry-1.docker.io", "auth.docker.io", "INDEX.docker.io"]
        {
            assert_eq!(Host::parse(hub).unwrap().as_str(), "docker.io", "{hub}");
        }
    }
}
