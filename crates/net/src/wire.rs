//! One request on the wire: tries, waits and the deadline. No redirect is followed and no credential chosen here.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use reqwest::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderValue, RANGE};
use reqwest::{Method, Response, StatusCode};

use crate::classify::classify;
use crate::clients::Clients;
use crate::redirect::Hop;
use crate::site::shown;
use crate::{NetError, retry};

/// How much one transport has done; for reports, benchmarks and tests of the request budget.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Requests sent, of any kind.
    pub requests: u64,
    /// Of these, requests for a token.
    pub tokens: u64,
    /// Of these, second and third tries.
    pub retries: u64,
    /// Redirects followed.
    pub redirects: u64,
    /// Bytes of body handed over.
    pub bytes: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) requests: AtomicU64,
    pub(crate) tokens: AtomicU64,
    pub(crate) retries: AtomicU64,
    pub(crate) redirects: AtomicU64,
    pub(crate) bytes: AtomicU64,
}

impl Counters {
    pub(crate) fn snapshot(&self) -> Stats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            requests: read(&self.requests),
            tokens: read(&self.tokens),
            retries: read(&self.retries),
            redirects: read(&self.redirects),
            bytes: read(&self.bytes),
        }
    }
}

/// Adds to a counter.
pub(crate) fn count(counter: &AtomicU64, by: u64) {
    counter.fetch_add(by, Ordering::Relaxed);
}

/// One request, ready to be sent.
pub(crate) struct Ask<'a> {
    pub(crate) hop: &'a Hop,
    /// The host that sent us here, if one did.
    pub(crate) from: Option<&'a str>,
    pub(crate) accept: &'a str,
    pub(crate) authorization: Option<&'a HeaderValue>,
    /// The first byte that is wanted.
    pub(crate) from_byte: u64,
    /// A form makes it a POST, which is sent once.
    pub(crate) form: Option<String>,
    pub(crate) deadline: Instant,
}

/// Sends requests.
pub(crate) struct Wire {
    pub(crate) clients: Clients,
    pub(crate) counters: Counters,
}

impl Wire {
    /// Sends a request until there is an answer worth having: at most three times, and never past the deadline.
    pub(crate) async fn ask(&self, ask: &Ask<'_>) -> Result<Response, NetError> {
        let tries = if ask.form.is_some() { 1 } else { retry::TRIES };
        let mut before = None;
        for tried in 1.. {
            let result = until(ask.deadline, &ask.hop.site.key(), self.once(ask)).await;
            let wait = match &result {
                // That nobody answered says more than that time ran out while trying again.
                Err(NetError::Deadline { .. }) => {
                    return Err(before.unwrap_or_else(|| self.clients.late(&ask.hop.site)));
                }
                _ if tried >= tries => return result,
                Ok(answer) if retry::is_transient(answer.status()) => {
                    retry::wait(tried, Some(answer.headers()))
                }
                Err(NetError::Connect { .. } | NetError::Aborted { .. }) => retry::wait(tried, None),
                _ => return result,
            };
            // Half of what is left is for the next try and for what follows it: a longer wait helps nobody, and this answer
            // is the last.
            if wait >= ask.deadline.saturating_duration_since(Instant::now()) / 2 {
                return result;
            }
            before = result.err();
            count(&self.counters.retries, 1);
            tokio::time::sleep(wait).await;
        }
        Err(NetError::Deadline { host: ask.hop.site.key() })
    }

    async fn once(&self, ask: &Ask<'_>) -> Result<Response, NetError> {
        let Hop { url, site, guard } = ask.hop;
        let client = self.clients.client(site, *guard)?;
        let accept = HeaderValue::from_str(ask.accept).map_err(|_| NetError::InvalidUrl {
            url: shown(url),
            why: "its Accept header has characters that no header has",
        })?;
        let method = if ask.form.is_some() { Method::POST } else { Method::GET };
        let mut request = client
            .request(method, url.clone())
            .header(ACCEPT, accept)
            .header(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if ask.from_byte > 0 {
            request = request.header(RANGE, format!("bytes={}-", ask.from_byte));
        }
        if let Some(value) = ask.authorization {
            request = request.header(AUTHORIZATION, value.clone());
        }
        if let Some(form) = &ask.form {
            let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
            request = request.header(CONTENT_TYPE, kind).body(form.clone());
        }
        count(&self.counters.requests, 1);
        let proxy = self.clients.proxy_for(site);
        let answer = request.send().await.map_err(|error| classify(&error, url, site, proxy, ask.from))?;
        match proxy {
            Some(proxy) if answer.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
                Err(NetError::Proxy {
                    proxy: shown(proxy),
                    cause: "it asks for a user name and password".to_owned(),
                })
            }
            _ => Ok(answer),
        }
    }
}

/// A future, or the error that the deadline passed.
pub(crate) async fn until<T>(
    deadline: Instant,
    host: &str,
    work: impl Future<Output = Result<T, NetError>>,
) -> Result<T, NetError> {
    let late = |_| Err(NetError::Deadline { host: host.to_owned() });
    tokio::time::timeout_at(deadline.into(), work).await.unwrap_or_else(late)
}
