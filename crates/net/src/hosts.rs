//! What the policy says of each host: how to speak to it, whom to trust there, where its credentials may go.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proofmark_core::Host;
use proofmark_core::registry::{CaFile, MirrorAt, RegistryEntry};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::site::Site;

/// Registries whose token service is on another host, and which that is. Everyone else's is on the registry's own host.
const BUILT_IN_REALMS: &[(&str, &str)] =
    &[("docker.io", "auth.docker.io"), ("registry.gitlab.com", "gitlab.com")];

/// A `ca-file` that cannot be used: it holds no certificate, or something that is none.
#[derive(Debug, thiserror::Error)]
#[error("ca-file {}: {cause}", path.display())]
pub struct CaError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong.
    pub cause: String,
}

/// Certificate authorities of a host of one's own, trusted there beside the system's.
#[derive(Debug, Clone)]
pub struct CaBundle(Arc<Vec<CertificateDer<'static>>>);

impl CaBundle {
    /// Parses PEM with at least one certificate, each of which can be an authority.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn from_pem(pem: &[u8]) -> Result<Self, String> {
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<_, _>>()
            .map_err(|e| format!("not PEM: {e}"))?;
        let mut store = rustls::RootCertStore::empty();
        for certificate in &certificates {
            store.add(certificate.clone()).map_err(|e| format!("not a certificate: {e}"))?;
        }
        if certificates.is_empty() {
            return Err("it holds no certificate".to_owned());
        }
        Ok(Self(Arc::new(certificates)))
    }

    pub(crate) fn certificates(&self) -> &[CertificateDer<'static>] {
        &self.0
    }
}

fn bundle(file: &CaFile) -> Result<CaBundle, CaError> {
    CaBundle::from_pem(&file.pem).map_err(|cause| CaError { path: file.path.clone(), cause })
}

/// What the policy says of one host.
#[derive(Debug, Clone, Default)]
pub struct HostRule {
    /// `true`: HTTP. `None`: HTTP for literal loopback hosts without `ca`, else HTTPS.
    pub plain_http: Option<bool>,
    /// Extra certificate authorities.
    pub ca: Option<CaBundle>,
    /// Token services to which this host's credentials may go.
    pub auth_realms: Vec<Host>,
}

/// The rules of all hosts that the policy lists. A host that is not listed is spoken to by HTTPS (a literal loopback
/// one by HTTP), with the system's authorities, and its credentials go to itself and its built-in realm.
#[derive(Debug, Clone, Default)]
pub struct HostRules {
    rules: BTreeMap<Host, HostRule>,
    mirrors: BTreeSet<Host>,
}

impl HostRules {
    /// No host is listed.
    pub fn new() -> Self {
        Self::default()
    }

    /// The rules of `allowlists/registries.toml`; parses the `ca-file`s, each once.
    pub fn from_registries(entries: &[RegistryEntry]) -> Result<Self, CaError> {
        let mut all = Self::new();
        let mut bundles: BTreeMap<&Path, CaBundle> = BTreeMap::new();
        for entry in entries {
            let ca = match &entry.ca_file {
                None => None,
                Some(file) => Some(match bundles.get(file.path.as_path()) {
                    Some(bundle) => bundle.clone(),
                    None => bundles.entry(&file.path).or_insert(bundle(file)?).clone(),
                }),
            };
            let rule = HostRule { plain_http: entry.plain_http, ca, auth_realms: entry.auth_realms.clone() };
            all.insert(entry.host.clone(), rule);
            for mirror in &entry.mirrors {
                let MirrorAt::Registry { base, .. } = &mirror.at else { continue };
                let bare = base.split_once("://").map_or(base.as_str(), |(_, host)| host);
                all.mirrors.extend(Host::parse(bare));
            }
        }
        Ok(all)
    }

    /// Adds or replaces the rule of one host.
    pub fn insert(&mut self, host: Host, rule: HostRule) {
        self.rules.insert(host, rule);
    }

    /// `http` or `https`: how `host` is spoken to. Never both, and never one after the other.
    pub fn scheme(&self, host: &Host) -> &'static str {
        let rule = self.rules.get(host);
        let plain = rule.and_then(|rule| rule.plain_http);
        let usual = host.is_loopback() && rule.is_none_or(|rule| rule.ca.is_none());
        if plain.unwrap_or(usual) { "http" } else { "https" }
    }

    /// Whether `http://` to this site is allowed.
    pub(crate) fn allows_plain(&self, site: &Site) -> bool {
        let rule = self.rule(site);
        let usual = site.is_loopback() && rule.is_none_or(|rule| rule.ca.is_none());
        rule.and_then(|rule| rule.plain_http).unwrap_or(usual)
    }

    /// The rule for a site. A rule without a port is for the scheme's own port.
    pub(crate) fn rule(&self, site: &Site) -> Option<&HostRule> {
        self.rules.iter().find(|(host, _)| is_one(site, host)).map(|(_, rule)| rule)
    }

    /// Whether the policy names this host: as a registry, a mirror, or a token service.
    pub(crate) fn is_listed(&self, site: &Site) -> bool {
        self.rule(site).is_some() || self.mirrors.iter().any(|host| site.is(host))
    }

    /// Whether the policy names `realm` as a token service of `registry`.
    pub(crate) fn is_listed_realm(&self, registry: &Site, realm: &Site) -> bool {
        self.rule(registry).is_some_and(|rule| rule.auth_realms.iter().any(|host| is_one(realm, host)))
    }
}

/// Whether the policy means this site by `host`: Docker Hub's token service is `docker.io` too (verdicts.md 1).
fn is_one(site: &Site, host: &Host) -> bool {
    site.is(host) || Host::parse(&site.key()).is_ok_and(|own| site.is_https() && own == *host)
}

/// Whether `realm` is the token service that `registry` is known to have, on another host.
pub(crate) fn is_built_in_realm(registry: &Site, realm: &Site) -> bool {
    let usual = |site: &Site| site.is_https() && site.explicit_port().is_none();
    usual(registry)
        && usual(realm)
        && BUILT_IN_REALMS.iter().any(|(host, service)| *host == registry.name() && *service == realm.name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::parse_url;

    fn site(text: &str) -> Site {
        parse_url(text).unwrap().1
    }

    fn host(text: &str) -> Host {
        Host::parse(text).unwrap()
    }

    #[test]
    fn only_loopback_and_listed_hosts_are_spoken_to_in_the_clear() {
        let mut rules = HostRules::new();
        rules.insert(host("plain.corp"), HostRule { plain_http: Some(true), ..HostRule::default() });
        rules.insert(host("127.0.0.1:7"), HostRule { plain_http: Some(false), ..HostRule::default() });
        for (url, plain) in [
            ("http://127.0.0.1:5000/", true),
            ("http://localhost/", true),
            ("http://[::1]:5000/", true),
            ("http://plain.corp/", true),
            ("http://plain.corp:5000/", false),
            ("http://127.0.0.1:7/", false),
            ("http://ghcr.io/", false),
            ("http://localhost.evil.com/", false),
            ("http://10.0.0.1/", false),
        ] {
            assert_eq!(rules.allows_plain(&site(url)), plain, "{url}");
        }
        assert_eq!(rules.scheme(&host("localhost:5000")), "http");
        assert_eq!(rules.scheme(&host("127.0.0.1:7")), "https");
        assert_eq!(rules.scheme(&host("ghcr.io")), "https");
    }

    /// `docker.io` and its token service are one host: what is listed for one holds for the other.
    #[test]
    fn docker_hub_is_one_host() {
        let mut rules = HostRules::new();
        let rule = HostRule { auth_realms: vec![host("auth.docker.io")], ..HostRule::default() };
        rules.insert(host("docker.io"), rule);
        let realm = site("https://auth.docker.io/token");
        assert!(rules.rule(&realm).is_some() && rules.is_listed(&realm));
        assert!(rules.is_listed_realm(&site("https://registry-1.docker.io/"), &realm));
        for other in
            ["https://auth.docker.io:444/", "http://auth.docker.io/", "https://auth.docker.io.evil.com/"]
        {
            assert!(rules.rule(&site(other)).is_none(), "{other}");
        }
    }

    /// REG-09: the realm table: credentials go to these and nowhere else.
    #[test]
    fn reg_09_realm_table() {
        let mut rules = HostRules::new();
        let rule = HostRule { auth_realms: vec![host("auth.corp")], ..HostRule::default() };
        rules.insert(host("registry.corp"), rule);
        let known = |registry: &str, realm: &str| {
            let (registry, realm) = (site(registry), site(realm));
            is_built_in_realm(&registry, &realm) || rules.is_listed_realm(&registry, &realm)
        };
        assert!(known("https://registry-1.docker.io/", "https://auth.docker.io/token"));
        assert!(known("https://registry.gitlab.com/", "https://gitlab.com/jwt/auth"));
        assert!(known("https://registry.corp/", "https://auth.corp/token"));
        assert!(!known("https://registry.corp/", "https://auth.corp:8443/token"));
        assert!(!known("https://other.corp/", "https://auth.corp/token"));
        assert!(!known("https://docker.io.evil.com/", "https://auth.docker.io/token"));
        assert!(!known("https://docker.io/", "https://gitlab.com/jwt/auth"));
        assert!(!known("https://docker.io/", "http://auth.docker.io/token"));
    }

    #[test]
    fn a_ca_file_holds_certificates() {
        assert_eq!(CaBundle::from_pem(b"").unwrap_err(), "it holds no certificate");
        let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(CaBundle::from_pem(broken).unwrap_err().starts_with("not a certificate"));
        let file = CaFile { path: "ca.pem".into(), pem: Arc::from(*b"") };
        assert_eq!(bundle(&file).unwrap_err().to_string(), "ca-file ca.pem: it holds no certificate");
    }
}
