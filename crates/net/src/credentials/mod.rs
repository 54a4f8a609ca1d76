//! Stored credentials: whose they are, and where they come from. They are read when a registry asks, and not before.

mod file;
mod helper;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use proofmark_core::Redacted;

use file::{Entry, Store};
use helper::Helpers;

/// What is stored for one registry.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credential {
    /// User name and password.
    Password {
        /// User name, without `:`.
        username: String,
        /// Password or access token.
        password: Redacted<String>,
    },
    /// An OAuth 2 refresh token, which the token service changes for an access token (Docker's `identitytoken`).
    IdentityToken(Redacted<String>),
    /// An access token for the registry itself (Docker's `registrytoken`).
    RegistryToken(Redacted<String>),
}

impl Credential {
    /// A user name and password that HTTP can carry: a `:` in the name would move the boundary (RFC 7617 2).
    pub fn password(username: &str, password: &str) -> Option<Self> {
        let clean = |text: &str| !text.chars().any(char::is_control);
        let valid = !username.is_empty() && !username.contains(':') && clean(username) && clean(password);
        valid.then(|| Self::Password {
            username: username.to_owned(),
            password: Redacted::new(password.to_owned()),
        })
    }
}

/// Why a credential cannot be read. The anonymous way is still tried, and the report says this if it fails.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: Arc<std::io::Error>,
    },
    /// The file is longer than 1 MiB.
    #[error("{}: longer than 1 MiB", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// The file is not what `docker login` or `podman login` writes.
    #[error("{}: {cause}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong; never holds a value of the file.
        cause: String,
    },
    /// A credential helper did not give what it should.
    #[error("credential helper `docker-credential-{name}`: {cause}")]
    Helper {
        /// The helper's name, escaped.
        name: String,
        /// What happened; never holds its output.
        cause: String,
    },
}

/// Where credentials come from.
pub trait Credentials: Send + Sync {
    /// The credential stored for `repository` (such as `acme/app`; may be empty) of `host` (`host[:port]`, Docker Hub as
    /// `docker.io`). May start a helper and so take some seconds; whatever it started is ended before the deadline.
    fn find(
        &self,
        host: &str,
        repository: &str,
        deadline: Instant,
    ) -> Result<Option<Credential>, CredentialError>;
}

/// No credentials: every registry is asked anonymously.
#[derive(Debug, Clone, Copy, Default)]
pub struct Anonymous;

impl Credentials for Anonymous {
    fn find(
        &self,
        _host: &str,
        _repository: &str,
        _deadline: Instant,
    ) -> Result<Option<Credential>, CredentialError> {
        Ok(None)
    }
}

/// Where the files and helpers are; the binary finds them in the environment.
#[derive(Debug, Clone)]
pub struct CredentialSources {
    /// Podman's `auth.json` and Docker's `config.json`, in order: the first that has something for the host is used. A file
    /// that does not exist is skipped.
    pub files: Vec<PathBuf>,
    /// Directories in which helpers are looked for: `PATH`. Relative ones are skipped.
    pub helper_dirs: Vec<PathBuf>,
    /// How long a helper may run, if the deadline of the request leaves so much.
    pub helper_time: Duration,
}

impl Default for CredentialSources {
    /// No file, no helper, ten seconds.
    fn default() -> Self {
        Self { files: Vec::new(), helper_dirs: Vec::new(), helper_time: Duration::from_secs(10) }
    }
}

/// Credentials of `docker login` and `podman login`.
#[derive(Debug)]
pub struct StoredCredentials {
    files: Vec<PathBuf>,
    stores: Vec<OnceLock<Option<Store>>>,
    helpers: Helpers,
}

impl StoredCredentials {
    /// Credentials from these files; reads none of them yet.
    pub fn new(sources: CredentialSources) -> Self {
        let CredentialSources { files, helper_dirs, helper_time } = sources;
        let stores = files.iter().map(|_| OnceLock::new()).collect();
        Self { files, stores, helpers: Helpers::new(helper_dirs, helper_time) }
    }

    fn store(&self, at: usize) -> Result<Option<&Store>, CredentialError> {
        let (Some(path), Some(cell)) = (self.files.get(at), self.stores.get(at)) else {
            return Ok(None);
        };
        if let Some(read) = cell.get() {
            return Ok(read.as_ref());
        }
        let read = Store::read(path)?;
        Ok(cell.get_or_init(|| read).as_ref())
    }
}

impl Credentials for StoredCredentials {
    /// A file or helper that fails does not hide what a later file has; its error is told if none has anything.
    fn find(
        &self,
        host: &str,
        repository: &str,
        deadline: Instant,
    ) -> Result<Option<Credential>, CredentialError> {
        let mut failed = None;
        for at in 0..self.stores.len() {
            let found = self.store(at).and_then(|store| {
                match store.and_then(|store| store.entry(host, repository)) {
                    None => Ok(None),
                    Some(Entry::Stored(credential)) => Ok(Some(credential.clone())),
                    Some(Entry::Helper(name)) => self.helpers.ask(name, file::server_address(host), deadline),
                }
            });
            match found {
                Ok(Some(credential)) => return Ok(Some(credential)),
                Ok(None) => {}
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or(Ok(None), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A user name that holds the separator, or text that would end a header, is no credential.
    #[test]
    fn passwords_are_checked() {
        assert!(Credential::password("user", "p:w").is_some());
        for (user, password) in [("", "p"), ("a:b", "p"), ("a\n", "p"), ("a", "p\r\nX: y")] {
            assert!(Credential::password(user, password).is_none());
        }
        let credential = Credential::password("user", "secret").unwrap();
        assert!(!format!("{credential:?}").contains("secret"));
    }
}
