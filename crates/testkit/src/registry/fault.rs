//! What is wrong with some answers.

use super::route::Route;

/// How an answer is spoilt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// This status, with an OCI error body.
    Status(u16),
    /// 429 with `Retry-After` in seconds.
    RateLimited(u64),
    /// `Docker-Content-Digest` says this (REF-02).
    DigestHeader(String),
    /// One bit of the body.
    BitFlip,
    /// Another body with another content type, and status 200.
    Body(&'static str, Vec<u8>),
    /// The declared length, but only so many bytes, then the end.
    Truncated(usize),
    /// Zeros without end, chunked.
    Endless,
    /// Zeros without end, after this `Content-Length`.
    Declared(u64),
    /// So many bytes a second (slow loris).
    Slow(u64),
    /// `Content-Length` is off by so much.
    WrongLength(i64),
    /// `Content-Encoding: gzip` over a few bytes that become so many.
    GzipBomb(usize),
    /// JSON of this depth.
    DeepJson(usize),
    /// Another `Content-Type`.
    ContentType(&'static str),
    /// This header in addition, such as a `Link`.
    Header(&'static str, String),
    /// 307 to this base, with the request's path and query behind it.
    Redirect(String),
    /// 307 to exactly this URL.
    RedirectTo(String),
    /// A `Link` to the same page: paging never ends.
    PagingLoop,
    /// The connection is closed without an answer.
    Reset,
    /// No answer, and the connection stays open.
    Silent,
}

/// An effect, and the requests that it is for.
///
/// ```
/// use proofmark_testkit::registry::{Effect, Fault, Route};
/// let outage = Fault::on(Route::Referrers, Effect::Status(500));
/// let hiccup = Fault::on(Route::Blobs, Effect::RateLimited(0)).times(1);
/// let late = Fault::on(Route::Tag("1".into()), Effect::Status(404)).after(2);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The requests.
    pub on: Route,
    /// What happens to them.
    pub effect: Effect,
    /// How many more are spared.
    pub(crate) spare: usize,
    /// How many more are hit; `None` is all.
    pub(crate) left: Option<usize>,
}

impl Fault {
    /// On every such request.
    pub const fn on(on: Route, effect: Effect) -> Self {
        Self { on, effect, spare: 0, left: None }
    }

    /// Only so often.
    #[must_use]
    pub const fn times(mut self, times: usize) -> Self {
        self.left = Some(times);
        self
    }

    /// Not before so many such requests were answered well.
    #[must_use]
    pub const fn after(mut self, spare: usize) -> Self {
        self.spare = spare;
        self
    }

    /// Whether it hits this request; counts.
    pub(crate) fn strike(&mut self, route: &Route) -> bool {
        if !self.on.covers(route) {
            return false;
        }
        if self.spare > 0 {
            self.spare -= 1;
            return false;
        }
        match &mut self.left {
            None => true,
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_decide_which_requests_are_hit() {
        let mut fault = Fault::on(Route::Blobs, Effect::Reset).after(1).times(2);
        let blob = Route::Blob("x".to_owned());
        assert!(!fault.strike(&Route::Ping));
        let hits: Vec<bool> = (0..5).map(|_| fault.strike(&blob)).collect();
        assert_eq!(hits, [false, true, true, false, false]);
    }
}
