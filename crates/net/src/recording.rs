//! Transports that do not touch the network, and one that remembers what the network said.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use proofmark_core::display;

use crate::{BoxFuture, NetError, Request, Response, Transport};

/// `--offline`: every request is refused, loopback too.
#[derive(Debug, Clone, Copy, Default)]
pub struct OfflineTransport;

impl Transport for OfflineTransport {
    fn get(&self, _request: Request) -> BoxFuture<'_, Result<Response, NetError>> {
        Box::pin(std::future::ready(Err(NetError::Offline)))
    }
}

/// One request and what came of it.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// The URL that was asked for.
    pub url: String,
    /// The answer, or why there is none.
    pub result: Result<Response, NetError>,
}

/// Answers from a recording. Caps are kept: a body longer than the request allows is [`NetError::TooLarge`].
#[derive(Debug, Clone, Default)]
pub struct ReplayTransport {
    answers: BTreeMap<String, Result<Response, NetError>>,
}

impl ReplayTransport {
    /// An empty recording: every request is [`NetError::NotRecorded`].
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds or replaces the answer for a URL.
    #[must_use]
    pub fn with(mut self, url: impl Into<String>, result: Result<Response, NetError>) -> Self {
        self.answers.insert(url.into(), result);
        self
    }

    fn answer(&self, request: &Request) -> Result<Response, NetError> {
        let Some(result) = self.answers.get(&request.url) else {
            let url = display::safe_short(request.url.split('?').next().unwrap_or_default(), 200);
            return Err(NetError::NotRecorded { url });
        };
        let response = result.clone()?;
        if (200..300).contains(&response.status) && response.body.len() as u64 > request.max_bytes {
            let host = response.url.split('/').nth(2).unwrap_or_default().to_owned();
            return Err(NetError::TooLarge { host, limit: request.max_bytes });
        }
        Ok(response)
    }
}

impl FromIterator<Exchange> for ReplayTransport {
    /// A recording of exchanges; of several with one URL the last counts.
    fn from_iter<I: IntoIterator<Item = Exchange>>(exchanges: I) -> Self {
        Self { answers: exchanges.into_iter().map(|exchange| (exchange.url, exchange.result)).collect() }
    }
}

impl Transport for ReplayTransport {
    fn get(&self, request: Request) -> BoxFuture<'_, Result<Response, NetError>> {
        Box::pin(std::future::ready(self.answer(&request)))
    }
}

/// Passes requests on and remembers what came of them, in the order of their answers. Bodies are kept: for tests and bug
/// reports, not for large runs. Credentials are not in it: they are added below this transport.
pub struct RecordingTransport {
    inner: Arc<dyn Transport>,
    exchanges: Mutex<Vec<Exchange>>,
}

impl RecordingTransport {
    /// Records what `inner` answers.
    pub fn new(inner: Arc<dyn Transport>) -> Self {
        Self { inner, exchanges: Mutex::default() }
    }

    /// What was recorded so far.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Transport for RecordingTransport {
    fn get(&self, request: Request) -> BoxFuture<'_, Result<Response, NetError>> {
        Box::pin(async move {
            let url = request.url.clone();
            let result = self.inner.get(request).await;
            let exchange = Exchange { url, result: result.clone() };
            self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
            result
        })
    }
}

impl std::fmt::Debug for RecordingTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordingTransport")
            .field("exchanges", &self.exchanges().len())
            .finish_non_exhaustive()
    }
}
