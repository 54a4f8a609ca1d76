//! One HTTP client for each kind of connection, made when it is first needed.
//!
//! Certificate authorities cost some mebibytes and milliseconds, so they are read when the first HTTPS host is asked and
//! never for a loopback registry. They are read by `rustls-native-certs` rather than trusted to a platform verifier, so
//! that "no authorities on this system" and "unknown authority" are two different messages.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use reqwest::{Client, Proxy, Url, redirect};
use rustls::{ClientConfig, RootCertStore};

use crate::NetError;
use crate::address::Guard;
use crate::hosts::{CaBundle, HostRules};
use crate::proxy::Proxies;
use crate::resolve::{LOOKUP_TIME, Lookups, NO_ANSWER, Resolver, StaticNames};
use crate::site::{Site, shown};

/// How long one connection may take to be made, name lookup included: a second try fits into the time of one image. Longer
/// than a lookup, so that a name that nobody answers for is told as that.
const CONNECT_TIMEOUT: Duration = LOOKUP_TIME.saturating_add(Duration::from_secs(1));
/// Header lines of one answer.
const MAX_HEADERS: usize = 64;
/// Idle connections kept for each host: the parallel reads of one image.
const IDLE_PER_HOST: usize = 4;

/// Whom a connection trusts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Trust {
    /// Nobody: HTTP alone.
    Nobody,
    /// The system's authorities.
    System,
    /// The system's, and the `ca-file` of this host.
    Host(String),
}

/// What two connections must share to share a client.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Kind {
    trust: Trust,
    guard: Guard,
    proxy: Option<Url>,
}

/// All clients of one transport.
pub(crate) struct Clients {
    hosts: Arc<HostRules>,
    proxies: Proxies,
    names: Arc<StaticNames>,
    lookups: Arc<Lookups>,
    roots: OnceLock<Result<Arc<RootCertStore>, String>>,
    made: Mutex<HashMap<Kind, Client>>,
}

impl Clients {
    pub(crate) fn new(hosts: Arc<HostRules>, proxies: Proxies, names: StaticNames) -> Self {
        let names = names.into_iter().map(|(name, ips)| (name.to_ascii_lowercase(), ips)).collect();
        Self {
            hosts,
            proxies,
            names: Arc::new(names),
            lookups: Arc::default(),
            roots: OnceLock::new(),
            made: Mutex::default(),
        }
    }

    /// What it means that time ran out for a site: that its name was still being looked up, or that it did not answer.
    pub(crate) fn late(&self, site: &Site) -> NetError {
        let host = site.key();
        if self.lookups.is_open(site.name()) {
            NetError::Dns { host, cause: NO_ANSWER.to_owned() }
        } else {
            NetError::Deadline { host }
        }
    }

    /// The proxy through which a site is reached.
    pub(crate) fn proxy_for(&self, site: &Site) -> Option<&Url> {
        self.proxies.proxy_for(site)
    }

    /// The client for a site, whose names are looked up under `guard`.
    ///
    /// Through a proxy it is the proxy that looks up names, and its own address is what we connect to: then the guard
    /// has judged literal addresses and `localhost`, and the rest is the proxy's to refuse.
    pub(crate) fn client(&self, site: &Site, guard: Guard) -> Result<Client, NetError> {
        let proxy = self.proxies.proxy_for(site).cloned();
        let extra = self.hosts.rule(site).and_then(|rule| rule.ca.as_ref());
        let trust = match (site.is_https(), extra) {
            (true, Some(_)) => Trust::Host(site.key()),
            (true, None) => Trust::System,
            (false, _) if proxy.as_ref().is_some_and(|url| url.scheme() == "https") => Trust::System,
            (false, _) => Trust::Nobody,
        };
        let guard = if proxy.is_some() { Guard::Open } else { guard };
        let kind = Kind { trust, guard, proxy };
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = made.get(&kind) {
            return Ok(client.clone());
        }
        let client = self.make(&kind, site, extra)?;
        made.insert(kind, client.clone());
        Ok(client)
    }

    fn make(&self, kind: &Kind, site: &Site, extra: Option<&CaBundle>) -> Result<Client, NetError> {
        let resolver = Resolver {
            names: Arc::clone(&self.names),
            lookups: Arc::clone(&self.lookups),
            guard: kind.guard,
        };
        let tls = self.tls(&kind.trust, site, extra)?;
        let mut builder = Client::builder()
            .tls_backend_preconfigured(tls)
            .user_agent(concat!("proofmark/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .http1_only()
            .http1_max_headers(MAX_HEADERS)
            .pool_max_idle_per_host(IDLE_PER_HOST)
            .connect_timeout(CONNECT_TIMEOUT)
            .dns_resolver(resolver);
        if let Some(url) = &kind.proxy {
            let bad = |_| NetError::Proxy { proxy: shown(url), cause: "not a proxy URL".to_owned() };
            builder = builder.proxy(Proxy::all(url.clone()).map_err(bad)?);
        }
        builder.build().map_err(|e| NetError::Connect { host: site.key(), cause: e.to_string() })
    }

    fn tls(&self, trust: &Trust, site: &Site, extra: Option<&CaBundle>) -> Result<ClientConfig, NetError> {
        let bad = |cause: String| NetError::NoRoots { host: site.key(), cause };
        let roots = match trust {
            Trust::Nobody => Arc::new(RootCertStore::empty()),
            Trust::System => self.system_roots().clone().map_err(bad)?,
            Trust::Host(_) => {
                // A machine without authorities can still trust a registry of its own.
                let mut store =
                    self.system_roots().as_ref().map_or_else(|_| RootCertStore::empty(), |r| (**r).clone());
                for certificate in extra.map(CaBundle::certificates).unwrap_or_default() {
                    store.add(certificate.clone()).map_err(|e| bad(e.to_string()))?;
                }
                Arc::new(store)
            }
        };
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| bad(e.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    fn system_roots(&self) -> &Result<Arc<RootCertStore>, String> {
        self.roots.get_or_init(|| {
            let found = rustls_native_certs::load_native_certs();
            let mut store = RootCertStore::empty();
            // Stores hold certificates that no verifier can use; the others count.
            store.add_parsable_certificates(found.certs);
            match (store.is_empty(), found.errors.first()) {
                (false, _) => Ok(Arc::new(store)),
                (true, Some(error)) => Err(error.to_string()),
                (true, None) => Err("none are installed".to_owned()),
            }
        })
    }
}
