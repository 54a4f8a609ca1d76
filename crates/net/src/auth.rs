//! Answering a 401: which challenge, with which credential, once for each host and scope.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use proofmark_core::display;
use reqwest::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use tokio::sync::Mutex as AsyncMutex;

use crate::challenge::{Challenge, parse_challenge};
use crate::hosts::HostRules;
use crate::site::Site;
use crate::wire::{Wire, until};
use crate::{AuthProblem, Credential, Credentials, NetError, token};

/// `WWW-Authenticate` lines that are read.
const MAX_LINES: usize = 8;

/// What is asked for, and until when.
#[derive(Clone, Copy)]
pub(crate) struct Job<'a> {
    pub(crate) registry: &'a Site,
    pub(crate) scope: Option<&'a str>,
    pub(crate) deadline: Instant,
}

/// An `Authorization` header that is good for one host and scope.
#[derive(Clone)]
pub(crate) struct Held {
    pub(crate) value: HeaderValue,
    /// When a token ends; a password does not.
    pub(crate) until: Option<Instant>,
    /// What it means if the registry refuses it.
    pub(crate) if_rejected: AuthProblem,
}

impl Held {
    fn is_fresh(&self) -> bool {
        self.until.is_none_or(|until| Instant::now() < until)
    }
}

type Slot = Arc<AsyncMutex<Option<Held>>>;

/// Remembers what each registry accepted. The lock of a slot is held while a token is fetched, so that parallel requests
/// wait for one token instead of fetching one each.
pub(crate) struct Authenticator {
    credentials: Arc<dyn Credentials>,
    slots: Mutex<HashMap<(String, String), Slot>>,
}

impl Authenticator {
    pub(crate) fn new(credentials: Arc<dyn Credentials>) -> Self {
        Self { credentials, slots: Mutex::default() }
    }

    fn slot(&self, job: &Job<'_>) -> Slot {
        let scheme = if job.registry.is_https() { "https" } else { "http" };
        let key = (format!("{scheme}://{}", job.registry.key()), job.scope.unwrap_or("").to_owned());
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(key).or_default())
    }

    /// What was good for this host and scope before, if it still is.
    pub(crate) async fn held(&self, job: &Job<'_>) -> Result<Option<Held>, NetError> {
        let slot = self.slot(job);
        let locked = async { Ok(slot.lock().await.clone()) };
        let held = until(job.deadline, &job.registry.key(), locked).await?;
        Ok(held.filter(Held::is_fresh))
    }

    /// What to answer to a 401 with these headers. `rejected` was sent and is not good.
    pub(crate) async fn answer(
        &self,
        wire: &Wire,
        hosts: &HostRules,
        job: &Job<'_>,
        headers: &HeaderMap,
        rejected: Option<&Held>,
    ) -> Result<Held, NetError> {
        let slot = self.slot(job);
        let work = async {
            let mut slot = slot.lock().await;
            let another =
                |held: &&Held| held.is_fresh() && rejected.is_none_or(|old| old.value != held.value);
            if let Some(held) = slot.as_ref().filter(another) {
                return Ok(held.clone());
            }
            let held = self.fetch(wire, hosts, job, headers).await?;
            *slot = Some(held.clone());
            Ok(held)
        };
        until(job.deadline, &job.registry.key(), work).await
    }

    async fn fetch(
        &self,
        wire: &Wire,
        hosts: &HostRules,
        job: &Job<'_>,
        headers: &HeaderMap,
    ) -> Result<Held, NetError> {
        let refuse = |problem| NetError::Unauthorized { host: job.registry.key(), problem };
        let challenge = choose(headers).map_err(refuse)?;
        let (credential, note) = self.stored(job).await;
        let password = |value: Option<HeaderValue>| {
            let value = value.ok_or_else(|| refuse(AuthProblem::NoCredentials { note: note.clone() }))?;
            Ok(Held { value, until: None, if_rejected: AuthProblem::Rejected })
        };
        match (&credential, challenge.scheme.as_str()) {
            (Some(Credential::RegistryToken(secret)), "bearer") => password(token::bearer(secret.reveal())),
            (_, "bearer") => token::fetch(wire, hosts, job, &challenge, credential.as_ref(), note).await,
            (credential, _) => password(credential.as_ref().and_then(token::basic)),
        }
    }

    /// The credential stored for the registry. An error is not the end: the anonymous way may be enough.
    async fn stored(&self, job: &Job<'_>) -> (Option<Credential>, Option<String>) {
        let credentials = Arc::clone(&self.credentials);
        let (host, repository) = (job.registry.key(), repository(job.scope).to_owned());
        let deadline = job.deadline;
        // Files and helpers block; a helper may take seconds.
        match tokio::task::spawn_blocking(move || credentials.find(&host, &repository, deadline)).await {
            Ok(Ok(found)) => (found, None),
            Ok(Err(error)) => (None, Some(display::safe_short(&error.to_string(), 300))),
            Err(_) => (None, Some("the credential store failed".to_owned())),
        }
    }
}

/// The repository of `repository:NAME:actions`.
fn repository(scope: Option<&str>) -> &str {
    scope
        .and_then(|scope| scope.strip_prefix("repository:"))
        .and_then(|rest| rest.rsplit_once(':'))
        .map_or("", |(name, _)| name)
}

/// The challenge that we can answer: Bearer, else Basic.
fn choose(headers: &HeaderMap) -> Result<Challenge, AuthProblem> {
    let mut all = Vec::new();
    for value in headers.get_all(WWW_AUTHENTICATE).iter().take(MAX_LINES) {
        let text = value.to_str().map_err(|_| AuthProblem::BadChallenge("not ASCII"))?;
        all.extend(parse_challenge(text).map_err(|error| AuthProblem::BadChallenge(error.0))?);
    }
    let of = |scheme: &str| all.iter().find(|challenge| challenge.scheme == scheme);
    of("bearer").or_else(|| of("basic")).cloned().ok_or(AuthProblem::NoUsableChallenge)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose_of(lines: &[&str]) -> Result<String, AuthProblem> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(WWW_AUTHENTICATE, line.parse().unwrap());
        }
        choose(&headers).map(|challenge| challenge.scheme)
    }

    #[test]
    fn bearer_before_basic() {
        assert_eq!(choose_of(&["Basic realm=a", "Bearer realm=b"]), Ok("bearer".to_owned()));
        assert_eq!(choose_of(&["Negotiate, Basic realm=a"]), Ok("basic".to_owned()));
        assert_eq!(choose_of(&["Negotiate"]), Err(AuthProblem::NoUsableChallenge));
        assert!(matches!(
            choose_of(&["Basic realm=a", "Bearer realm=\""]),
            Err(AuthProblem::BadChallenge(_))
        ));
    }

    #[test]
    fn repositories_of_scopes() {
        assert_eq!(repository(Some("repository:acme/app:pull")), "acme/app");
        assert_eq!(repository(Some("registry:catalog:*")), "");
        assert_eq!(repository(None), "");
    }
}
