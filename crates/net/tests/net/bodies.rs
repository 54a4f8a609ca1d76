//! Bounded reading: bytes, time, and nothing decompressed.

use std::time::{Duration, Instant};

use proofmark_core::Reason;
use proofmark_net::{HttpConfig, NetError};

use crate::support::{Reply, Server, answer, get, request, transport};

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

/// REG-06: an encoding that nobody asked for stays as it was sent, so the hash is over what was sent.
#[test]
fn reg_06_nothing_is_decompressed() {
    let gzip = "\u{1f}\u{0}not really gzip, and never looked at";
    let server = Server::start(move |_| answer("200 OK", "Content-Encoding: gzip\r\n", gzip));
    let response = get(&transport(HttpConfig::default()), request(server.url("/"))).unwrap();
    assert_eq!(response.body, gzip.as_bytes());
    assert_eq!(server.asked()[0].header("accept-encoding"), Some("identity"));
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
