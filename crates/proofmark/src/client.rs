//! The reader of registries: network, credentials, proxies and cache, as the environment has them.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use proofmark_core::Limits;
use proofmark_core::registry::RegistryEntry;
use proofmark_net::{
    Cache, CacheState, CredentialSources, HostRules, HttpConfig, HttpTransport, OfflineTransport,
    ProxyConfig, StoredCredentials, Transport,
};
use proofmark_oci::{Client, ClientConfig, ContentCache};

use crate::commands::verify::Surroundings;
use crate::environment::Environment;
use crate::failure::Failure;

/// Bytes of the download cache.
const CACHE_BYTES: u64 = 256 * 1024 * 1024;

/// How long a credential helper may run.
const HELPER_TIME: Duration = Duration::from_secs(10);

/// A reader for these registries; connects to nothing yet.
pub(crate) fn build(
    registries: &[RegistryEntry],
    limits: &Limits,
    no_cache: bool,
    surroundings: &Surroundings<'_>,
) -> Result<Client, Failure> {
    let environment = surroundings.environment;
    let transport: Arc<dyn Transport> = if surroundings.offline {
        Arc::new(OfflineTransport)
    } else {
        Arc::new(http(registries, environment)?)
    };
    let config = ClientConfig {
        transport,
        registries: registries.to_vec(),
        cache: if no_cache { None } else { cache(environment) },
        limits: limits.clone(),
    };
    Client::new(config).map_err(|error| {
        Failure::unverifiable(
            "client-unavailable",
            error.to_string(),
            "free some threads or memory, then try again",
        )
    })
}

pub(crate) fn http(
    registries: &[RegistryEntry],
    environment: &Environment,
) -> Result<HttpTransport, Failure> {
    let hosts = HostRules::from_registries(registries).map_err(|error| {
        Failure::usage("ca-file-unusable", error.to_string(), "mend ca-file in allowlists/registries.toml")
    })?;
    let config = HttpConfig {
        hosts,
        credentials: Arc::new(StoredCredentials::new(credential_sources(environment))),
        proxies: ProxyConfig {
            http: environment.http_proxy.clone(),
            https: environment.https_proxy.clone(),
            no_proxy: environment.no_proxy.clone(),
        },
        ..HttpConfig::default()
    };
    HttpTransport::new(config).map_err(|error| {
        Failure::usage("proxy-unusable", error.to_string(), "mend http_proxy, https_proxy and no_proxy")
    })
}

/// Docker's file, then Podman's, as `docker login` and `podman login` write them.
fn credential_sources(environment: &Environment) -> CredentialSources {
    let docker = match (&environment.docker_config, &environment.home) {
        (Some(dir), _) => Some(dir.join("config.json")),
        (None, Some(home)) => Some(home.join(".docker/config.json")),
        (None, None) => None,
    };
    let podman = match (&environment.registry_auth_file, &environment.runtime_dir) {
        (Some(file), _) => Some(file.clone()),
        (None, Some(dir)) => Some(dir.join("containers/auth.json")),
        (None, None) => None,
    };
    let helper_dirs: Vec<PathBuf> =
        environment.path.as_ref().map(|path| std::env::split_paths(path).collect()).unwrap_or_default();
    CredentialSources {
        files: docker.into_iter().chain(podman).collect(),
        helper_dirs,
        helper_time: HELPER_TIME,
    }
}

/// The cache of this run. All policies share it, so that its trouble is told once.
static CACHE: OnceLock<Arc<Cache>> = OnceLock::new();

fn cache(environment: &Environment) -> Option<Arc<dyn ContentCache>> {
    let dir = environment.cache_home.as_ref()?.join("proofmark");
    let cache = CACHE.get_or_init(|| Arc::new(Cache::open(dir, CACHE_BYTES)));
    Some(cache.clone())
}

/// Why nothing more is kept in the cache, if so. No verdict depends on it, so it is no error.
pub(crate) fn cache_warning() -> Option<Failure> {
    let CacheState::Off { cause } = CACHE.get()?.state() else { return None };
    Some(Failure::unverifiable(
        "cache-unusable",
        format!("{cause}; what is downloaded is not kept"),
        "make room there or mend its permissions, name another place in XDG_CACHE_HOME, or give --no-cache",
    ))
}
