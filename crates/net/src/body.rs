//! Bodies, read within their cap and as they are sent: nothing is decompressed (REG-06).

use std::time::{Duration, Instant};

use reqwest::Response;

use crate::NetError;
use crate::classify::deepest;
use crate::transport::Sink;
use proofmark_core::{display, room};
use reqwest::header::{CONTENT_ENCODING, HeaderName, HeaderValue, TRANSFER_ENCODING};

/// What is allocated at once, whatever `Content-Length` promises.
const FIRST_CHUNK: u64 = 32 * 1024;
/// Bytes read of the body of an answer that is not a success: a registry's error text, and the connection stays usable.
const ERROR_BODY: u64 = 16 * 1024;
/// And how long it is waited for.
const ERROR_TIME: Duration = Duration::from_secs(2);

/// Whether the body's bytes are the content's. We ask for `identity` alone (RFC 9110 12.5.3), and nothing here decodes, so
/// any other coding makes bytes that neither hash nor parse as what they are, and look like an attack.
fn check_coding(response: &Response, host: &str) -> Result<(), NetError> {
    let plain = |value: &HeaderValue, fine: &[&str]| {
        let known =
            |coding: &str| coding.is_empty() || fine.iter().any(|fine| coding.eq_ignore_ascii_case(fine));
        value.to_str().is_ok_and(|text| text.split(',').all(|coding| known(coding.trim())))
    };
    let all = |name: HeaderName, fine: &'static [&str]| {
        response.headers().get_all(name).iter().find(move |value| !plain(value, fine))
    };
    // The chunks were taken apart when the answer was read.
    let found =
        all(CONTENT_ENCODING, &["identity"]).or_else(|| all(TRANSFER_ENCODING, &["chunked", "identity"]));
    found.map_or(Ok(()), |value| {
        let text = String::from_utf8_lossy(value.as_bytes());
        Err(NetError::Encoded { host: host.to_owned(), encoding: display::safe_short(&text, 60) })
    })
}

/// Reads a body of at most `limit` bytes; one byte more, promised or sent, is an error.
pub(crate) async fn read(mut response: Response, host: &str, limit: u64) -> Result<Vec<u8>, NetError> {
    check_coding(&response, host)?;
    let too_large = || NetError::TooLarge { host: host.to_owned(), limit };
    let expected = response.content_length();
    if expected.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let mut body = Vec::with_capacity(usize::try_from(expected.unwrap_or(0).min(FIRST_CHUNK)).unwrap_or(0));
    loop {
        let chunk = response.chunk().await.map_err(|e| NetError::Truncated {
            host: host.to_owned(),
            received: body.len() as u64,
            expected,
            cause: deepest(&e),
        })?;
        let Some(chunk) = chunk else { return Ok(body) };
        if body.len() as u64 + chunk.len() as u64 > limit {
            return Err(too_large());
        }
        if body.capacity() - body.len() < chunk.len() {
            // What was promised has begun to come: room for all of it, once. Doubling would move the longest bodies.
            let whole = expected.and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
            body.reserve_exact(room(whole).saturating_sub(body.len()));
        }
        body.extend_from_slice(&chunk);
    }
}

/// Hands a body of at most `limit` bytes over while it comes, but for the first `skip`; gives how many came. One byte more,
/// promised or sent, is an error.
pub(crate) async fn stream(
    mut response: Response,
    host: &str,
    limit: u64,
    sink: Sink<'_>,
    mut skip: u64,
) -> Result<u64, NetError> {
    check_coding(&response, host)?;
    let too_large = || NetError::TooLarge { host: host.to_owned(), limit };
    let expected = response.content_length();
    if expected.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let mut received = 0;
    loop {
        let chunk = response.chunk().await.map_err(|e| NetError::Truncated {
            host: host.to_owned(),
            received,
            expected,
            cause: deepest(&e),
        })?;
        let Some(chunk) = chunk else { return Ok(received) };
        received += chunk.len() as u64;
        if received > limit {
            return Err(too_large());
        }
        let left_out = usize::try_from(skip).unwrap_or(usize::MAX).min(chunk.len());
        skip -= left_out as u64;
        let wanted = chunk.get(left_out..).unwrap_or_default();
        // Of what is left out nothing is handed over; but that something comes is told.
        if sink(wanted).is_break() {
            return Ok(received);
        }
    }
}

/// Reads what there is of an error's body, up to a small cap and for a short time. The status is the answer, so a body that
/// is too long, slow or cut off does not turn a 404 into something else.
pub(crate) async fn read_error(mut response: Response, limit: u64, deadline: Instant) -> Vec<u8> {
    let limit = usize::try_from(limit.min(ERROR_BODY)).unwrap_or(0);
    let end = deadline.min(Instant::now() + ERROR_TIME);
    let mut body = Vec::new();
    while let Ok(Ok(Some(chunk))) = tokio::time::timeout_at(end.into(), response.chunk()).await {
        let room = limit.saturating_sub(body.len());
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            break;
        }
    }
    body
}
