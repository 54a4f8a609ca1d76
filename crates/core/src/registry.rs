//! What the policy says of registries, in the words that the reader of registries understands (verdicts.md 1, "Registries").

use crate::pattern::Glob;
use crate::{Host, Origin, Repository};

/// Where a mirror stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MirrorAt {
    /// A registry, `https://host[:port][/prefix]` (or `http://` for a literal loopback host).
    Registry {
        /// Scheme and host, such as `https://mirror.corp`.
        base: String,
        /// Path before the repository, without slashes at its ends; may be empty.
        prefix: String,
    },
    /// An OCI layout directory, resolved against the policy's directory.
    Layout(std::path::PathBuf),
}

/// A copy of a registry that is asked first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirror {
    /// Where it stands.
    pub at: MirrorAt,
    /// Whether what is absent there is absent: otherwise the origin is asked too.
    pub authoritative: bool,
}

/// A pull-through cache that people name directly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyOf {
    /// Path before the upstream repository, such as `hub`.
    pub path: String,
    /// The registry it passes on.
    pub upstream: Host,
}

/// A PEM file with certificate authorities, as it was when the policy was read: its bytes are part of the policy's digest.
#[derive(Clone, PartialEq, Eq)]
pub struct CaFile {
    /// The file, as it is shown.
    pub path: std::path::PathBuf,
    /// Its content.
    pub pem: std::sync::Arc<[u8]>,
}

impl std::fmt::Debug for CaFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CaFile").field("path", &self.path).field("bytes", &self.pem.len()).finish()
    }
}

/// One `[[registry]]` of `allowlists/registries.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryEntry {
    /// The host as references name it.
    pub host: Host,
    /// Repositories allowed there; empty allows all.
    pub repositories: Vec<Glob>,
    /// Mirrors, asked in this order.
    pub mirrors: Vec<Mirror>,
    /// The registry that this one is a pull-through cache of.
    pub proxy_of: Option<ProxyOf>,
    /// `true`: HTTP. `None`: HTTP for literal loopback hosts without `ca_file`, else HTTPS.
    pub plain_http: Option<bool>,
    /// Certificate authorities for this host.
    pub ca_file: Option<CaFile>,
    /// Hosts of token services to which this registry's credentials may go.
    pub auth_realms: Vec<Host>,
    /// Where the allowlist says so.
    pub origin: Origin,
}

impl RegistryEntry {
    /// Whether this entry is about the repository: host, repositories, and below the path of a pull-through cache.
    /// Several entries may share a host; the first that allows a repository is its own, mirrors and all.
    pub fn allows(&self, repository: &Repository) -> bool {
        self.host == *repository.host()
            && (self.proxy_of.is_none() || self.upstream(repository).is_some())
            && (self.repositories.is_empty()
                || self.repositories.iter().any(|glob| glob.matches(repository.path())))
    }

    /// What a pull-through cache calls upstream: `harbor.corp/hub/library/postgres` is `docker.io/library/postgres`.
    pub fn upstream(&self, repository: &Repository) -> Option<Repository> {
        let proxy = self.proxy_of.as_ref()?;
        let rest = match proxy.path.as_str() {
            "" => repository.path(),
            path => repository.path().strip_prefix(path)?.strip_prefix('/')?,
        };
        Repository::new(proxy.upstream.clone(), rest).ok()
    }

    /// Whether this registry is spoken to in the clear.
    pub fn is_plain_http(&self) -> bool {
        self.plain_http.unwrap_or_else(|| self.host.is_loopback() && self.ca_file.is_none())
    }
}
