//! Bounded reading: bytes, time, and nothing decompressed.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use proofmark_core::Reason;
use proofmark_net::{HeaderProblem, HttpConfig, NetError, Transport as _};

use crate::support::{Reply, Server, answer, get, request, runtime, transport};

fn fetch(reply: impl Fn() -> Reply + Send + Sync + 'static) -> Result<proofmark_net::Response, NetError> {
    let server = Server::start(move |_| reply());
    get(&transport(HttpConfig::default()), request(server.url("/v2/")))
}

fn ok(headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nConnection: close\r\n{headers}\r\n{body}").into()
}

#[test]
fn hands_over_what_was_sent() {
    let response = fetch(|| {
        let headers = "Content-Type: Application/JSON; charset=utf-8\r\nLink: </v2/next>; rel=\"next\"\r\n";
        answer("200 OK", headers, "{}")
    });
    let response = response.unwrap();
    assert_eq!((response.status, response.body.as_slice()), (200, &b"{}"[..]));
    assert_eq!(response.content_type.as_deref(), Some("application/json"));
    assert_eq!(response.link.as_deref(), Some("</v2/next>; rel=\"next\""));
    assert!(response.url.ends_with("/v2/"));
}

/// REG-05: a body that says it is too long is not read at all.
#[test]
fn reg_05_too_long_by_its_own_word() {
    let error = fetch(|| Reply::Stall(ok("Content-Length: 10737418240\r\n", ""))).unwrap_err();
    assert!(matches!(error, NetError::TooLarge { limit: 4096, .. }), "{error}");
    assert_eq!(error.reason(), Reason::Limit);
}

/// REG-05: one byte more than allowed is too long; exactly what is allowed is not.
#[test]
fn reg_05_the_cap_is_exact() {
    let body = |length| Reply::Bytes(ok("", &"a".repeat(length)));
    assert_eq!(fetch(move || body(4096)).unwrap().body.len(), 4096);
    assert!(matches!(fetch(move || body(4097)), Err(NetError::TooLarge { .. })));
}

/// REG-05: endless bodies, with chunks and without, end at the cap.
#[test]
fn reg_05_endless() {
    assert!(matches!(fetch(|| Reply::Endless(ok("", ""))), Err(NetError::TooLarge { .. })));
    let chunked = || Reply::Endless(ok("Transfer-Encoding: chunked\r\n", "ffffffff\r\n"));
    assert!(matches!(fetch(chunked), Err(NetError::TooLarge { .. })));
}

#[test]
fn truncated() {
    let error = fetch(|| Reply::Bytes(ok("Content-Length: 100\r\n", "short"))).unwrap_err();
    assert!(matches!(error, NetError::Truncated { received: 5, expected: Some(100), .. }), "{error:?}");
    assert_eq!(error.reason(), Reason::Unreachable);
    let error = fetch(|| Reply::Bytes(ok("Transfer-Encoding: chunked\r\n", "5\r\nshort\r\n"))).unwrap_err();
    assert!(matches!(error, NetError::Truncated { received: 5, expected: None, .. }), "{error:?}");
}

/// What follows the promised length belongs to no answer.
#[test]
fn longer_than_its_content_length() {
    let response = fetch(|| Reply::Bytes(ok("Content-Length: 2\r\n", "{}garbage"))).unwrap();
    assert_eq!(response.body, b"{}");
    let error = fetch(|| Reply::Bytes(ok("Content-Length: 2\r\nContent-Length: 3\r\n", "{}g"))).unwrap_err();
    assert_eq!(error.reason(), Reason::Unreachable, "{error}");
}

/// REG-05: a server that dribbles or says nothing ends at the deadline.
#[test]
fn reg_05_slow() {
    for bytes in [Vec::new(), b"HTTP/1.1 200 OK\r\nX: ".to_vec(), ok("Content-Length: 100\r\n", "a")] {
        let server = Server::start(move |_| Reply::Stall(bytes.clone()));
        let mut request = request(server.url("/"));
        request.deadline = Instant::now() + Duration::from_millis(200);
        let error = get(&transport(HttpConfig::default()), request).unwrap_err();
        assert!(matches!(error, NetError::Deadline { .. }), "{error}");
        assert_eq!(error.reason(), Reason::Limit);
    }
}

/// REG-06: nothing is decompressed, so what was compressed is not the content: it is told as that, not as content that lies.
#[test]
fn reg_06_a_coding_that_nobody_asked_for() {
    for header in [
        "Content-Encoding: gzip",
        "Content-Encoding: identity, br",
        "Content-Encoding: identity\r\nContent-Encoding: zstd",
        "Content-Encoding: g\u{e9}zip",
        "Transfer-Encoding: gzip, chunked",
    ] {
        let headers = format!("{header}\r\n");
        let server = Server::start(move |_| Reply::Bytes(ok(&headers, "5\r\nbytes\r\n0\r\n\r\n")));
        let error = get(&transport(HttpConfig::default()), request(server.url("/"))).unwrap_err();
        assert!(matches!(error, NetError::Encoded { .. }), "{header}: {error:?}");
        assert_eq!(error.reason(), Reason::Unreachable);
        assert!(error.to_string().contains("compressed the body"), "{error}");
        assert!(error.help().contains("127.0.0.1"), "{}", error.help());
        assert_eq!(server.asked()[0].header("accept-encoding"), Some("identity"));
    }
    for header in ["Content-Encoding: identity", "Content-Encoding: ", "Content-Encoding: IDENTITY, identity"]
    {
        let headers = format!("{header}\r\n");
        let server = Server::start(move |_| answer("200 OK", &headers, "bytes"));
        assert_eq!(get(&transport(HttpConfig::default()), request(server.url("/"))).unwrap().body, b"bytes");
    }
    // The status of an error is the answer, whatever its page is.
    let server = Server::start(|_| answer("404 Not Found", "Content-Encoding: gzip\r\n", "page"));
    assert_eq!(get(&transport(HttpConfig::default()), request(server.url("/"))).unwrap().status, 404);
}

/// A list may go on in any line of `Link`: all are handed over.
#[test]
fn links_of_all_lines_are_one_list() {
    let server = Server::start(|_| {
        answer("200 OK", "Link: </a>; rel=\"prev\"\r\nX: y\r\nlink: </v2/b>; rel=\"next\"\r\n", "{}")
    });
    let response = get(&transport(HttpConfig::default()), request(server.url("/"))).unwrap();
    assert_eq!(response.link.as_deref(), Some(r#"</a>; rel="prev", </v2/b>; rel="next""#));
    assert_eq!(fetch(|| answer("200 OK", "", "{}")).unwrap().link, None);
}

/// A `Link` that cannot be read is not one that is not there: a list would look complete.
#[test]
fn a_link_that_cannot_be_read_is_an_error() {
    let next = "</v2/b>; rel=\"next\"";
    let long = format!("Link: </{}>; rel=\"prev\"\r\nLink: {next}\r\n", "a".repeat(8 * 1024));
    let many = format!("Link: </{}>; rel=\"prev\"\r\n", "a".repeat(1000)).repeat(9);
    let foreign = format!("Link: </\u{e9}>; rel=\"prev\"\r\nLink: {next}\r\n");
    for (headers, problem, reason) in [
        (long, HeaderProblem::TooLong(8192), Reason::Limit),
        (many, HeaderProblem::TooLong(8192), Reason::Limit),
        (foreign, HeaderProblem::NotText, Reason::Unreachable),
    ] {
        let page = headers.clone();
        let error = fetch(move || answer("200 OK", &page, "{}")).unwrap_err();
        assert!(matches!(&error, NetError::Header { why, .. } if *why == problem), "{error:?}");
        assert_eq!(error.reason(), reason);
        assert!(!error.help().is_empty());
        assert_eq!(fetch(move || answer("404 Not Found", &headers, "")).unwrap().status, 404);
    }
}

/// The status of an error is the answer, however long, slow or broken the page that comes with it.
#[test]
fn error_pages_do_not_hide_the_status() {
    let not_found =
        |tail: &str| format!("HTTP/1.1 404 Not Found\r\nConnection: close\r\n{tail}").into_bytes();
    let endless = not_found("\r\n");
    assert_eq!(fetch(move || Reply::Endless(endless.clone())).unwrap().status, 404);
    let cut = not_found("Content-Length: 100\r\n\r\ncut");
    let response = fetch(move || Reply::Bytes(cut.clone())).unwrap();
    assert_eq!((response.status, response.body.as_slice()), (404, &b"cut"[..]));
}

#[test]
fn not_http() {
    for bytes in ["SSH-2.0-OpenSSH_9.9\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\nbad header\r\n\r\n"]
    {
        let error = fetch(move || Reply::Bytes(bytes.into())).unwrap_err();
        assert!(matches!(error, NetError::Protocol { .. }), "{error:?}");
    }
    let many = "X: y\r\n".repeat(1000);
    let error = fetch(move || Reply::Bytes(ok(&many, ""))).unwrap_err();
    assert!(matches!(error, NetError::Protocol { .. }), "{error:?}");
    let huge = format!("X: {}\r\n", "y".repeat(1024 * 1024));
    let error = fetch(move || Reply::Bytes(ok(&huge, ""))).unwrap_err();
    assert_eq!(error.reason(), Reason::Unreachable, "{error:?}");
}

#[test]
fn urls_that_are_not_asked_for() {
    let transport = transport(HttpConfig::default());
    for bad in ["ftp://127.0.0.1/", "http://user:pw@127.0.0.1/", "127.0.0.1/v2/"] {
        assert!(matches!(get(&transport, request(bad)), Err(NetError::InvalidUrl { .. })), "{bad}");
    }
    let error = get(&transport, request("http://ghcr.io/v2/")).unwrap_err();
    assert!(matches!(error, NetError::PlainHttp { .. }), "{error}");
    assert!(error.help().contains("plain-http"));
    assert_eq!(transport.stats().requests, 0);
}

/// What a sink was given of a body, and how the request ended. The sink breaks off after `most` bytes.
fn stream(
    most: usize,
    reply: impl Fn() -> Reply + Send + Sync + 'static,
) -> (Result<proofmark_net::Response, NetError>, Vec<u8>) {
    let server = Server::start(move |_| reply());
    let http = transport(HttpConfig::default());
    let mut body = Vec::new();
    let mut sink = |piece: &[u8]| {
        body.extend_from_slice(piece);
        if body.len() >= most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let result = runtime().block_on(http.stream(request(server.url("/v2/")), &mut sink));
    (result, body)
}

#[test]
fn streams_what_was_sent() {
    let (response, body) = stream(usize::MAX, || answer("200 OK", "Content-Type: a/b\r\n", "layer"));
    let response = response.unwrap();
    assert_eq!((response.status, body.as_slice(), response.body.len()), (200, &b"layer"[..], 0));
    assert_eq!(response.content_type.as_deref(), Some("a/b"));
}

/// An error's body is an answer's, and never content.
#[test]
fn streams_no_error_text() {
    let (response, body) = stream(usize::MAX, || answer("404 Not Found", "", "nothing here"));
    let response = response.unwrap();
    assert_eq!((response.status, body.len(), response.body.as_slice()), (404, 0, &b"nothing here"[..]));
}

/// REG-05: streams end at the cap, by their own word and without one, and where the sink breaks off.
#[test]
fn reg_05_streams_are_bounded() {
    let (result, body) = stream(usize::MAX, || Reply::Stall(ok("Content-Length: 10737418240\r\n", "begun")));
    assert!(matches!(result, Err(NetError::TooLarge { limit: 4096, .. })) && body.is_empty());
    let (result, body) = stream(usize::MAX, || Reply::Endless(ok("", "")));
    assert!(matches!(result, Err(NetError::TooLarge { .. })) && body.len() <= 4096);
    let (result, body) = stream(1, || Reply::Stall(ok("", "abc")));
    assert!(result.is_ok() && body == b"abc", "what follows is not waited for: {result:?}");
    let (result, body) = stream(usize::MAX, || Reply::Bytes(ok("Content-Length: 100\r\n", "short")));
    assert!(matches!(result, Err(NetError::Truncated { received: 5, .. })), "{result:?}");
    assert_eq!(body, b"short");
}
