//! The real way to the network.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use proofmark_core::display;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_RANGE, CONTENT_TYPE, HeaderMap, HeaderName, LINK, WWW_AUTHENTICATE};

use crate::address::Guard;
use crate::auth::{Authenticator, Held, Job};
use crate::clients::Clients;
use crate::hosts::HostRules;
use crate::proxy::Proxies;
use crate::redirect::{self, Hop, MAX_REDIRECTS, Sender};
use crate::resolve::StaticNames;
use crate::site::{parse_url, shown};
use crate::transport::{BoxFuture, Sink};
use crate::wire::{Ask, Counters, Wire, count, until};
use crate::{
    Anonymous, Credentials, HeaderProblem, NetError, ProxyConfig, RedirectProblem, Request, Response, Stats,
    Transport, body,
};

/// Longest `Content-Type`, and longest `Link` of all its lines together, that is handed over, in bytes.
const MAX_HEADER: usize = 8 * 1024;

/// What a transport needs to know. The default asks anonymously, directly, and speaks HTTP to loopback hosts alone.
#[derive(Clone)]
pub struct HttpConfig {
    /// What the policy says of each host.
    pub hosts: HostRules,
    /// Where credentials come from.
    pub credentials: Arc<dyn Credentials>,
    /// Proxies.
    pub proxies: ProxyConfig,
    /// Names whose addresses are given; all others are looked up. Redirects to them are guarded like any other.
    pub names: StaticNames,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            hosts: HostRules::new(),
            credentials: Arc::new(Anonymous),
            proxies: ProxyConfig::default(),
            names: StaticNames::new(),
        }
    }
}

/// Bounded HTTP. One for a run: it keeps connections, tokens and, once needed, certificate authorities.
///
/// Its futures need a tokio runtime with time and I/O enabled.
pub struct HttpTransport {
    wire: Wire,
    hosts: Arc<HostRules>,
    auth: Authenticator,
}

impl HttpTransport {
    /// Makes a transport; connects to nothing and reads no file.
    ///
    /// # Errors
    /// [`NetError::Proxy`] for a proxy URL that cannot be used.
    pub fn new(config: HttpConfig) -> Result<Self, NetError> {
        let hosts = Arc::new(config.hosts);
        let clients = Clients::new(Arc::clone(&hosts), Proxies::parse(&config.proxies)?, config.names);
        let wire = Wire { clients, counters: Counters::default() };
        Ok(Self { wire, hosts, auth: Authenticator::new(config.credentials) })
    }

    /// How much was done so far.
    pub fn stats(&self) -> Stats {
        self.wire.counters.snapshot()
    }

    async fn run(&self, request: &Request, sink: Option<Sink<'_>>) -> Result<Response, NetError> {
        let (hop, answer) = self.answer(request).await?;
        self.finish(request, &hop, answer, sink).await
    }

    /// The head of the answer, after authentication and redirects.
    async fn answer(&self, request: &Request) -> Result<(Hop, reqwest::Response), NetError> {
        let (url, site) = parse_url(&request.url)?;
        if !site.is_https() && !self.hosts.allows_plain(&site) {
            return Err(NetError::PlainHttp { host: site.key() });
        }
        let start = Hop { url, site, guard: Guard::Open };
        let job = Job { registry: &start.site, scope: request.scope.as_deref(), deadline: request.deadline };
        let held = self.auth.held(&job).await?;
        let (hop, answer) = self.follow(request, &start, held.as_ref()).await?;
        if !asks_for_credentials(&start, &hop, &answer) {
            return Ok((hop, answer));
        }
        let held = self.auth.answer(&self.wire, &self.hosts, &job, answer.headers(), held.as_ref()).await?;
        drop(answer);
        let (hop, answer) = self.follow(request, &start, Some(&held)).await?;
        if asks_for_credentials(&start, &hop, &answer) {
            return Err(NetError::Unauthorized { host: start.site.key(), problem: held.if_rejected });
        }
        Ok((hop, answer))
    }

    /// Sends a request and follows its redirects. Only the first hop gets the credential (CVE-2020-15157).
    async fn follow(
        &self,
        request: &Request,
        start: &Hop,
        held: Option<&Held>,
    ) -> Result<(Hop, reqwest::Response), NetError> {
        let mut hop = start.clone();
        let mut from: Option<String> = None;
        let mut sender = Sender { registry: &start.site, inside: true };
        for _ in 0..=MAX_REDIRECTS {
            let ask = Ask {
                hop: &hop,
                from: from.as_deref(),
                accept: &request.accept,
                from_byte: request.from,
                authorization: held.filter(|_| from.is_none()).map(|held| &held.value),
                form: None,
                deadline: request.deadline,
            };
            let answer = self.wire.ask(&ask).await?;
            if !redirect::is_redirect(answer.status()) {
                return Ok((hop, answer));
            }
            let peer = answer.remote_addr().map(|peer| peer.ip());
            sender.inside &= redirect::is_inside(peer, self.wire.clients.proxy_for(&hop.site).is_some());
            let next = redirect::next(&hop, answer.headers(), sender, &self.hosts)?;
            count(&self.wire.counters.redirects, 1);
            from = Some(hop.site.key());
            hop = next;
        }
        let from = from.unwrap_or_default();
        Err(NetError::Redirect { from, to: shown(&hop.url), why: RedirectProblem::TooMany(MAX_REDIRECTS) })
    }

    async fn finish(
        &self,
        request: &Request,
        hop: &Hop,
        answer: reqwest::Response,
        sink: Option<Sink<'_>>,
    ) -> Result<Response, NetError> {
        let host = hop.site.key();
        let status = answer.status();
        let content_type = header(answer.headers(), CONTENT_TYPE).map(|text| media_type(&text));
        let link = links(answer.headers()).map_err(|why| bad_header(&host, &LINK, why));
        let (max, deadline) = (request.max_bytes, request.deadline);
        let (link, body) = match sink {
            Some(sink) if status.is_success() => {
                let part = rest_of(&host, &answer, request.from)?;
                let streamed =
                    body::stream(answer, &host, max.saturating_sub(part), sink, request.from - part);
                let streamed = until(deadline, &host, streamed).await?;
                count(&self.wire.counters.bytes, streamed);
                (link?, Vec::new())
            }
            _ if status.is_success() => {
                (link?, until(deadline, &host, body::read(answer, &host, max)).await?)
            }
            // The status is the answer: nothing is listed that a link could continue.
            _ => (None, body::read_error(answer, max, deadline).await),
        };
        count(&self.wire.counters.bytes, body.len() as u64);
        Ok(Response { status: status.as_u16(), content_type, link, url: hop.url.to_string(), body })
    }
}

impl Transport for HttpTransport {
    fn get(&self, request: Request) -> BoxFuture<'_, Result<Response, NetError>> {
        Box::pin(async move { self.run(&request, None).await })
    }

    fn stream<'a>(&'a self, request: Request, sink: Sink<'a>) -> BoxFuture<'a, Result<Response, NetError>> {
        Box::pin(async move { self.run(&request, Some(sink)).await })
    }
}

impl std::fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let requests = self.wire.counters.requests.load(Ordering::Relaxed);
        f.debug_struct("HttpTransport").field("requests", &requests).finish_non_exhaustive()
    }
}

/// A 401 with a challenge, of the registry itself: what a redirect's target asks for is not ours to give.
fn asks_for_credentials(start: &Hop, hop: &Hop, answer: &reqwest::Response) -> bool {
    answer.status() == StatusCode::UNAUTHORIZED
        && hop.url == start.url
        && answer.headers().contains_key(WWW_AUTHENTICATE)
}

/// All values of `Link` as one list. One that cannot be read whole is an error: what it says may be that a list goes on,
/// and a list whose end was not seen must not look complete.
///
/// RFC 9110, 5.3: "A recipient MAY combine multiple field lines within a field section that have the same field name into
/// one field line, … by appending each subsequent field line value to the initial field line value in order, separated by
/// a comma".
fn links(headers: &HeaderMap) -> Result<Option<String>, HeaderProblem> {
    let mut all: Option<String> = None;
    for value in headers.get_all(LINK) {
        let text = value.to_str().map_err(|_| HeaderProblem::NotText)?;
        let joined = all.get_or_insert_default();
        if joined.len() + text.len() + 2 > MAX_HEADER {
            return Err(HeaderProblem::TooLong(MAX_HEADER));
        }
        if !joined.is_empty() {
            joined.push_str(", ");
        }
        joined.push_str(text);
    }
    Ok(all)
}

fn bad_header(host: &str, name: &HeaderName, why: HeaderProblem) -> NetError {
    NetError::Header { host: host.to_owned(), name: name.to_string(), why }
}

/// How much of the body the server left out: nothing, or what was asked for and no other part.
fn rest_of(host: &str, answer: &reqwest::Response, from: u64) -> Result<u64, NetError> {
    if answer.status() != StatusCode::PARTIAL_CONTENT {
        return Ok(0);
    }
    let range = header(answer.headers(), CONTENT_RANGE).unwrap_or_default();
    let first = range.strip_prefix("bytes ").and_then(|range| range.split_once('-')).map(|(first, _)| first);
    if from > 0 && first.and_then(|first| first.parse().ok()) == Some(from) {
        return Ok(from);
    }
    Err(bad_header(host, &CONTENT_RANGE, HeaderProblem::OtherPart))
}

/// A header's first value, if it is text of bearable length.
fn header(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let text = headers.get(name)?.to_str().ok()?;
    (text.len() <= MAX_HEADER).then(|| text.to_owned())
}

/// A `Content-Type` without parameters, lower case.
fn media_type(text: &str) -> String {
    let bare = text.split(';').next().unwrap_or_default().trim();
    display::safe(&bare.to_ascii_lowercase()).into_owned()
}
