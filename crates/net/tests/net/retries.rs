//! When a request is sent again.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use proofmark_core::Reason;
use proofmark_net::{HttpConfig, NetError, Stats};

use crate::support::{Reply, Server, accept, answer, get, request, transport};

/// Answers with each of `replies` in turn, and with the last for ever.
fn in_turn(replies: &'static [(&'static str, &'static str)]) -> Server {
    let next = AtomicUsize::new(0);
    Server::start(move |_| {
        let (status, headers) = replies[next.fetch_add(1, Ordering::SeqCst).min(replies.len() - 1)];
        answer(status, headers, "body")
    })
}

fn ask(server: &Server, deadline: Duration) -> (Result<u16, NetError>, Stats) {
    let transport = transport(HttpConfig::default());
    let mut request = request(server.url("/"));
    request.deadline = Instant::now() + deadline;
    (get(&transport, request).map(|response| response.status), transport.stats())
}

const LONG: Duration = Duration::from_secs(20);

#[test]
fn a_passing_error_passes() {
    let server = in_turn(&[("500 E", ""), ("503 E", ""), ("200 OK", "")]);
    let (status, stats) = ask(&server, LONG);
    assert_eq!(status.unwrap(), 200);
    assert_eq!((stats.requests, stats.retries, server.asked().len()), (3, 2, 3));
}

/// An error that stays is the answer, after three tries.
#[test]
fn five_hundred_three_times() {
    let server = in_turn(&[("500 E", "")]);
    assert_eq!(ask(&server, LONG).0.unwrap(), 500);
    assert_eq!(server.asked().len(), 3);
}

#[test]
fn final_answers_are_final() {
    for (status, code) in [("404 N", 404), ("403 F", 403), ("501 N", 501), ("400 B", 400), ("418 T", 418)] {
        let replies: &'static [_] = Box::leak(Box::new([(status, "")]));
        let server = in_turn(replies);
        assert_eq!(ask(&server, LONG).0.unwrap(), code);
        assert_eq!(server.asked().len(), 1);
    }
}

#[test]
fn too_many_requests_is_asked_again_when_the_server_says() {
    let server = in_turn(&[("429 T", "Retry-After: 0\r\n"), ("200 OK", "")]);
    assert_eq!(ask(&server, LONG).0.unwrap(), 200);
    let dated = in_turn(&[
        ("429 T", "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nRetry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n"),
        ("200 OK", ""),
    ]);
    assert_eq!(ask(&dated, LONG).0.unwrap(), 200);
}

/// Nobody waits past the deadline, nor so long that the next try has no time: the 429 is the answer, at once.
#[test]
fn a_long_retry_after_is_not_waited_for() {
    for headers in ["Retry-After: 3600\r\n", "Retry-After: 19\r\n", "Retry-After: 11\r\n"] {
        let start = Instant::now();
        let replies: &'static [_] = Box::leak(Box::new([("429 T", headers), ("200 OK", "")]));
        let server = in_turn(replies);
        assert_eq!(ask(&server, LONG).0.unwrap(), 429);
        assert_eq!(server.asked().len(), 1);
        assert!(start.elapsed() < Duration::from_secs(8), "{headers}");
    }
    // One that leaves half of the time is.
    let server = in_turn(&[("429 T", "Retry-After: 1\r\n"), ("200 OK", "")]);
    assert_eq!(ask(&server, LONG).0.unwrap(), 200);
}

#[test]
fn a_closed_connection_is_tried_again_and_told() {
    let server = Server::start(|_| Reply::Bytes(Vec::new()));
    let (result, stats) = ask(&server, LONG);
    let error = result.unwrap_err();
    assert!(matches!(error, NetError::Aborted { .. }), "{error:?}");
    assert_eq!((error.reason(), stats.requests), (Reason::Unreachable, 3));
}

/// What went wrong first is told, not that time ran out while it was tried again.
#[test]
fn the_first_cause_outlives_the_deadline() {
    let first = std::sync::atomic::AtomicBool::new(true);
    let server = Server::start(move |_| {
        if first.swap(false, Ordering::SeqCst) { Reply::Bytes(Vec::new()) } else { Reply::Stall(Vec::new()) }
    });
    let error = ask(&server, Duration::from_secs(2)).0.unwrap_err();
    assert!(matches!(error, NetError::Aborted { .. }), "{error:?}");
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn nobody_listens() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let transport = transport(HttpConfig::default());
    let error = get(&transport, request(format!("http://127.0.0.1:{port}/"))).unwrap_err();
    assert!(matches!(error, NetError::Connect { .. }), "{error:?}");
    assert!(error.to_string().contains("refused"), "{error}");
    assert_eq!((error.reason(), transport.stats().requests), (Reason::Unreachable, 3));
}

#[test]
fn a_name_without_address() {
    let mut config = HttpConfig::default();
    config.names.insert("nowhere.test".to_owned(), Vec::new());
    let error = get(&transport(config), request("https://nowhere.test/v2/")).unwrap_err();
    // Without certificate authorities on the machine, no HTTPS name is looked up at all.
    assert!(matches!(error, NetError::Dns { .. } | NetError::NoRoots { .. }), "{error:?}");
    assert_eq!(error.reason(), Reason::Unreachable);
}

/// Connections are kept: a second request to a server that allows it does not connect again.
#[test]
fn connections_are_kept() {
    use std::io::{Read, Write};
    use std::sync::Arc;
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&connections);
    let port = accept(move |mut stream| {
        counter.fetch_add(1, Ordering::SeqCst);
        let mut buffer = [0; 4096];
        while stream.read(&mut buffer).is_ok_and(|n| n > 0) {
            stream.write_all(b"HTTP/1.1 404 N\r\nContent-Length: 2\r\n\r\n{}").unwrap();
        }
    });
    let transport = transport(HttpConfig::default());
    crate::support::runtime().block_on(async {
        for _ in 0..3 {
            let request = request(format!("http://127.0.0.1:{port}/"));
            assert_eq!(proofmark_net::Transport::get(&transport, request).await.unwrap().status, 404);
        }
    });
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}
