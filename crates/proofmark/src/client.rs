//! The reader of registries: network, credentials, proxies and cache, as the environment has them.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use proofmark_core::Limits;
use proofmark_core::registry::RegistryEntry;
use proofmark_net::{
    Anonymous, Cache, CacheState, CredentialSources, Credentials, HostRules, HttpConfig, HttpTransport,
    OfflineTransport, ProxyConfig, StoredCredentials, Transport,
};
use proofmark_oci::{Client, ClientConfig, ContentCache};

use crate::commands::verify::Surroundings;
use crate::environment::Environment;
use crate::failure::Failure;

/// Bytes of the download cache.
const CACHE_BYTES: u64 = 256 * 1024 * 1024;

/// How long a credential helper may run.
const HELPER_TIME: Duration = Duration::from_secs(10);

/// A reader for these registries, of at most so many images at once; connects to nothing yet.
pub(crate) fn build(
    registries: &[RegistryEntry],
    limits: &Limits,
    no_cache: bool,
    callers: usize,
    surroundings: &Surroundings<'_>,
) -> Result<Client, Failure> {
    let environment = surroundings.environment;
    let transport: Arc<dyn Transport> = if surroundings.offline {
        Arc::new(OfflineTransport)
    } else {
        Arc::new(authenticated(registries, environment)?)
    };
    let config = ClientConfig {
        transport,
        registries: registries.to_vec(),
        cache: if no_cache { None } else { cache(environment) },
        limits: limits.clone(),
        callers,
    };
    Client::new(config).map_err(|error| {
        Failure::unverifiable(
            "client-unavailable",
            error.to_string(),
            "free some threads or memory, then try again",
        )
    })
}

/// For registries: with the credentials that are stored for them.
fn authenticated(registries: &[RegistryEntry], environment: &Environment) -> Result<HttpTransport, Failure> {
    http(registries, Arc::new(StoredCredentials::new(credential_sources(environment))), environment)
}

/// For what is public. A host that asks for a credential there gets none, whatever is stored for its name (REG-10,
/// CVE-2026-48501).
pub(crate) fn anonymous(environment: &Environment) -> Result<HttpTransport, Failure> {
    http(&[], Arc::new(Anonymous), environment)
}

/// As [`anonymous`], with what the policy says of hosts: authorities of one's own.
pub(crate) fn without_credentials(
    registries: &[RegistryEntry],
    environment: &Environment,
) -> Result<HttpTransport, Failure> {
    http(registries, Arc::new(Anonymous), environment)
}

fn http(
    registries: &[RegistryEntry],
    credentials: Arc<dyn Credentials>,
    environment: &Environment,
) -> Result<HttpTransport, Failure> {
    let hosts = HostRules::from_registries(registries).map_err(|error| {
        Failure::usage("ca-file-unusable", error.to_string(), "mend ca-file in allowlists/registries.toml")
    })?;
    let config = HttpConfig {
        hosts,
        credentials,
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

/// The files of `podman login` and `docker login`, in Podman's order (containers-auth.json(5)): what a variable names
/// comes before what merely lies there, so that a stale entry does not win over the file of this job.
fn credential_sources(environment: &Environment) -> CredentialSources {
    let below = |directory: &Option<PathBuf>, file: &str| directory.as_ref().map(|dir| dir.join(file));
    let of_user = || {
        let files = [
            environment.registry_auth_file.clone(),
            below(&environment.docker_config, "config.json"),
            below(&environment.runtime_dir, "containers/auth.json"),
            below(&environment.config_home, "containers/auth.json"),
            // DOCKER_CONFIG stands for this one.
            below(&environment.home, ".docker/config.json").filter(|_| environment.docker_config.is_none()),
        ];
        files.into_iter().flatten().collect()
    };
    let files = environment.credential_files.clone().unwrap_or_else(of_user);
    let helper_dirs: Vec<PathBuf> =
        environment.path.as_ref().map(|path| std::env::split_paths(path).collect()).unwrap_or_default();
    CredentialSources { files, helper_dirs, helper_time: HELPER_TIME }
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
    Some(not_kept(&cause))
}

/// That what is downloaded is not kept.
pub(crate) fn not_kept(cause: &str) -> Failure {
    Failure::unverifiable(
        "cache-unusable",
        format!("{cause}; what is downloaded is not kept"),
        "make room there or mend its permissions, name another place in XDG_CACHE_HOME, or give --no-cache",
    )
}
