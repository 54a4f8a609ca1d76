//! What every way to the network has in common.

use std::future::Future;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::time::Instant;

use crate::NetError;

/// A boxed future, so that [`Transport`] stays object-safe.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// One bounded GET. There is no other method: proofmark reads.
#[derive(Debug, Clone)]
pub struct Request {
    /// Absolute URL, `https://…` or `http://…`.
    pub url: String,
    /// The `Accept` header's value.
    pub accept: String,
    /// The token scope for Bearer authentication, such as `repository:acme/app:pull`.
    pub scope: Option<String>,
    /// The most bytes of body that are read: more is [`NetError::TooLarge`].
    pub max_bytes: u64,
    /// The first byte that is wanted, to go on where an answer broke off; 0: all of it. With [`Transport::stream`] alone: what
    /// comes before it is not handed over, whether or not the server leaves it out (RFC 9110 14.2).
    pub from: u64,
    /// When to give up.
    pub deadline: Instant,
}

/// A whole answer, body read and bounded. Nothing of it is trusted.
#[derive(Debug, Clone)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type` without parameters, lower case.
    pub content_type: Option<String>,
    /// `Link` of a success, its lines joined to one list. One that cannot be read is [`NetError::Header`], never absent.
    pub link: Option<String>,
    /// The URL that answered, after redirects.
    pub url: String,
    /// The body.
    pub body: Vec<u8>,
}

/// Takes a body piece by piece, and may end it.
pub type Sink<'a> = &'a mut (dyn FnMut(&[u8]) -> ControlFlow<()> + Send);

/// A way to the network, or to a recording of it.
pub trait Transport: Send + Sync {
    /// Sends one request: authenticates, follows allowed redirects, retries, reads the body within its cap.
    /// Any HTTP status is an answer; an error means that there is none.
    fn get(&self, request: Request) -> BoxFuture<'_, Result<Response, NetError>>;

    /// As [`Self::get`], but the body of a success goes to `sink` while it comes, and is empty in the answer. A sink that
    /// breaks off ends the reading: the answer is the one there is. A body that ends early is an error after all of it was
    /// handed over; nothing is sent again once the body has begun.
    ///
    /// Transports that hold whole answers anyway hand the body over in one piece.
    fn stream<'a>(&'a self, request: Request, sink: Sink<'a>) -> BoxFuture<'a, Result<Response, NetError>> {
        Box::pin(async move {
            let from = usize::try_from(request.from).unwrap_or(usize::MAX);
            let mut response = self.get(request).await?;
            if (200..300).contains(&response.status) {
                let body = std::mem::take(&mut response.body);
                let _ = sink(body.get(from..).unwrap_or_default());
            }
            Ok(response)
        })
    }
}
