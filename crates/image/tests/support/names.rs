//! Names of hosts that lead to registries of the loopback interface: stands for DNS and TLS, and for nothing else.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use proofmark_net::{BoxFuture, HttpTransport, NetError, Request, Response, Sink, Transport};

/// The real transport, asked for `http://127.0.0.1:PORT/…` where `https://NAME/…` was meant. Names without a registry
/// do not resolve.
pub(crate) struct Names {
    pub(crate) inner: HttpTransport,
    /// Host to `http://127.0.0.1:PORT`.
    pub(crate) known: BTreeMap<String, String>,
    /// Every URL that was asked for, as it was meant.
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
}

impl Names {
    /// The URL to ask for, and what of it stands for which origin.
    fn lead(&self, url: &str) -> Result<(String, Option<(String, String)>), NetError> {
        if url.starts_with("http://127.0.0.1:") {
            return Ok((url.to_owned(), None));
        }
        let rest = url.strip_prefix("https://").expect("a name is asked by HTTPS");
        let (host, path) = rest.split_once('/').expect("a path");
        let dns = || NetError::Dns { host: host.to_owned(), cause: "not a name of this test".to_owned() };
        let base = self.known.get(host).ok_or_else(dns)?;
        Ok((format!("{base}/{path}"), Some((base.clone(), format!("https://{host}")))))
    }
}

impl Names {
    async fn ask(&self, mut request: Request, sink: Option<Sink<'_>>) -> Result<Response, NetError> {
        self.asked.lock().unwrap().push(request.url.clone());
        let (url, meant) = self.lead(&request.url)?;
        request.url = url;
        let mut response = match sink {
            Some(sink) => self.inner.stream(request, sink).await?,
            None => self.inner.get(request).await?,
        };
        if let Some((base, origin)) = meant {
            response.url = response.url.replacen(&base, &origin, 1);
        }
        Ok(response)
    }
}

impl Transport for Names {
    fn get(&self, request: Request) -> BoxFuture<'_, Result<Response, NetError>> {
        Box::pin(self.ask(request, None))
    }

    fn stream<'a>(&'a self, request: Request, sink: Sink<'a>) -> BoxFuture<'a, Result<Response, NetError>> {
        Box::pin(self.ask(request, Some(sink)))
    }
}
