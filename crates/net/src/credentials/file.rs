//! Docker's `config.json` and Podman's `auth.json` (containers-auth.json(5)): one format with two ways to write keys.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proofmark_core::Redacted;
use serde::Deserialize;

use super::{Credential, CredentialError};

const MAX_FILE: u64 = 1024 * 1024;
/// The key under which Docker stores the credential for Docker Hub, in files and helpers.
const DOCKER_HUB_KEY: &str = "https://index.docker.io/v1/";

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    auths: BTreeMap<String, Auth>,
    #[serde(default, rename = "credHelpers")]
    helpers: BTreeMap<String, String>,
    #[serde(default, rename = "credsStore")]
    store: String,
}

#[derive(Deserialize)]
struct Auth {
    /// Base64 of `username:password`.
    #[serde(default, rename = "auth")]
    pair: String,
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
    #[serde(default, rename = "identitytoken")]
    identity_token: String,
    #[serde(default, rename = "registrytoken")]
    registry_token: String,
}

/// What a file says of one registry.
#[derive(Debug, Clone)]
pub(super) enum Entry {
    Stored(Credential),
    /// The name of a helper.
    Helper(String),
}

/// One file, read.
#[derive(Debug)]
pub(super) struct Store {
    /// By host, or by `host/path` of a repository or namespace.
    auths: BTreeMap<String, Entry>,
    helpers: BTreeMap<String, Entry>,
    default_helper: Option<Entry>,
}

impl Store {
    /// Reads a file of at most 1 MiB; one that does not exist is `None`.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, CredentialError> {
        let io = |error| CredentialError::Io { path: path.to_owned(), source: Arc::new(error) };
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io(error)),
        };
        let mut bytes = Vec::new();
        file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(io)?;
        if bytes.len() as u64 > MAX_FILE {
            return Err(CredentialError::TooLarge { path: path.to_owned() });
        }
        let malformed = |cause: String| CredentialError::Malformed { path: path.to_owned(), cause };
        Self::parse(&bytes).map(Some).map_err(malformed)
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        // serde reads a struct from an array too.
        if bytes.trim_ascii_start().first() != Some(&b'{') {
            return Err("not a JSON object".to_owned());
        }
        // The error's own text may quote a value, and values are secrets: only the place is told.
        let document: Document = serde_json::from_slice(bytes)
            .map_err(|e| format!("not a credential file (line {}, column {})", e.line(), e.column()))?;
        let mut auths = BTreeMap::new();
        for (key, auth) in document.auths {
            if let (Some(credential), Some(key)) = (auth.credential(&key)?, canonical_key(&key)) {
                auths.insert(key, Entry::Stored(credential));
            }
        }
        let helpers = document
            .helpers
            .into_iter()
            .filter_map(|(key, name)| Some((canonical_key(&key)?, Entry::Helper(name))))
            .collect();
        let default_helper = (!document.store.is_empty()).then_some(Entry::Helper(document.store));
        Ok(Self { auths, helpers, default_helper })
    }

    /// A helper for the host, else the longest key that covers the repository, else the helper for all hosts: the order
    /// of Docker, with Podman's repository keys. A file with `credsStore` has empty `auths` entries, which are no entries.
    pub(super) fn entry(&self, host: &str, repository: &str) -> Option<&Entry> {
        self.helpers.get(host).or_else(|| self.longest(host, repository)).or(self.default_helper.as_ref())
    }

    fn longest(&self, host: &str, repository: &str) -> Option<&Entry> {
        let full = if repository.is_empty() { host.to_owned() } else { format!("{host}/{repository}") };
        let mut key = full.as_str();
        loop {
            if let Some(entry) = self.auths.get(key) {
                return Some(entry);
            }
            if key.len() <= host.len() {
                return None;
            }
            key = key.rsplit_once('/')?.0;
        }
    }
}

impl Auth {
    fn credential(&self, key: &str) -> Result<Option<Credential>, String> {
        let secret = |text: &str| Redacted::new(text.to_owned());
        if !self.identity_token.is_empty() {
            return Ok(Some(Credential::IdentityToken(secret(&self.identity_token))));
        }
        if !self.registry_token.is_empty() {
            return Ok(Some(Credential::RegistryToken(secret(&self.registry_token))));
        }
        let bad =
            || format!("the entry for `{}` is malformed", proofmark_core::display::safe_short(key, 100));
        let (username, password) = if self.pair.is_empty() {
            (self.username.clone(), self.password.clone())
        } else {
            let decoded = STANDARD.decode(self.pair.trim()).map_err(|_| bad())?;
            let text = String::from_utf8(decoded).map_err(|_| bad())?;
            let (username, password) = text.split_once(':').ok_or_else(bad)?;
            // Old versions of Docker padded the password with NUL.
            (username.to_owned(), password.trim_end_matches('\0').to_owned())
        };
        if username.is_empty() && password.is_empty() {
            return Ok(None);
        }
        Credential::password(&username, &password).map(Some).ok_or_else(bad)
    }
}

/// `https://host/v1/` and `host/v2` are old ways to write `host`; any other path is a repository or a namespace of one.
/// `None` for any other path of a URL: Docker's login by browser keeps its tokens for the account under
/// `https://index.docker.io/v1/access-token` and `…/refresh-token`, which no registry must get.
fn canonical_key(key: &str) -> Option<String> {
    let (bare, had_scheme) = match key.split_once("://") {
        Some((_, bare)) => (bare, true),
        None => (key, false),
    };
    let bare = bare.trim_end_matches('/');
    let (host, path) = bare.split_once('/').unwrap_or((bare, ""));
    let host = match host.to_ascii_lowercase() {
        hub if matches!(hub.as_str(), "index.docker.io" | "registry-1.docker.io" | "auth.docker.io") => {
            "docker.io".to_owned()
        }
        other => other,
    };
    match path {
        "" | "v1" | "v2" => Some(host),
        _ if had_scheme => None,
        _ => Some(format!("{host}/{path}")),
    }
}

/// The name under which helpers know a host.
pub(super) fn server_address(host: &str) -> &str {
    if host == "docker.io" { DOCKER_HUB_KEY } else { host }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user<'a>(store: &'a Store, host: &str, repository: &str) -> Option<&'a str> {
        match store.entry(host, repository)? {
            Entry::Stored(Credential::Password { username, .. }) => Some(username),
            Entry::Stored(_) => Some("token"),
            Entry::Helper(name) => Some(name),
        }
    }

    #[test]
    fn reads_docker_and_podman_keys() {
        let auth = |name: &str| STANDARD.encode(format!("{name}:pw"));
        let text = serde_json::json!({
            "auths": {
                "https://index.docker.io/v1/": { "auth": auth("hub") },
                "https://old.corp/v2/": { "username": "old", "password": "pw" },
                "quay.io": { "auth": auth("host") },
                "quay.io/acme": { "auth": auth("namespace") },
                "quay.io/acme/app": { "auth": auth("repository") },
                "acr.corp": { "auth": "", "identitytoken": "t" },
                "stored.corp": {},
                "localhost:5000": { "auth": auth("local") },
            },
            "credHelpers": { "gcr.io": "gcloud" },
            "credsStore": "keychain",
            "HttpHeaders": { "User-Agent": "x" },
        });
        let store = Store::parse(text.to_string().as_bytes()).unwrap();
        for (host, repository, expected) in [
            ("docker.io", "library/a", "hub"),
            ("old.corp", "a", "old"),
            ("quay.io", "other/app", "host"),
            ("quay.io", "acme/app", "repository"),
            ("quay.io", "acme/app2", "namespace"),
            ("quay.io", "acmes/app", "host"),
            ("quay.io", "", "host"),
            ("acr.corp", "x", "token"),
            ("stored.corp", "x", "keychain"),
            ("gcr.io", "x", "gcloud"),
            ("localhost:5000", "x", "local"),
            ("localhost", "x", "keychain"),
        ] {
            assert_eq!(user(&store, host, repository), Some(expected), "{host}/{repository}");
        }
        let none = Store::parse(br#"{"auths":{"quay.io/acme":{"auth":"YTpi"}}}"#).unwrap();
        assert_eq!(user(&none, "quay.io", "other"), None);
        assert_eq!(user(&none, "quay.io.evil.com", "acme"), None);
    }

    /// What Docker's login by browser writes where there is no helper: the credential is the one of the bare address.
    #[test]
    fn tokens_of_an_account_are_no_credentials_of_a_registry() {
        let auth = |name: &str| serde_json::json!({ "auth": STANDARD.encode(format!("{name}:pw")) });
        let text = serde_json::json!({ "auths": {
            "https://index.docker.io/v1/": auth("right"),
            "https://index.docker.io/v1/access-token": auth("access"),
            "https://index.docker.io/v1/refresh-token": auth("refresh"),
        }});
        let store = Store::parse(text.to_string().as_bytes()).unwrap();
        assert_eq!(user(&store, "docker.io", "library/a"), Some("right"));
        let tokens =
            serde_json::json!({ "auths": { "https://index.docker.io/v1/access-token": auth("access") } });
        assert!(Store::parse(tokens.to_string().as_bytes()).unwrap().entry("docker.io", "a").is_none());
    }

    #[test]
    fn a_broken_file_is_told_without_its_values() {
        for bad in [
            r#"{"auths":{"h":{"auth":"sec ret"}}}"#,
            r#"{"auths":{"h":{"auth":"c2VjcmV0"}}}"#,
            r#"{"auths":"secret"}"#,
            "[]",
            "",
        ] {
            let text = Store::parse(bad.as_bytes()).unwrap_err();
            assert!(!text.contains("sec"), "{text}");
        }
        assert!(Store::parse(b"{}").unwrap().entry("h", "").is_none());
    }
}
