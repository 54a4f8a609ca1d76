//! Offline, recorded and replayed.

use std::sync::Arc;

use proofmark_core::Reason;
use proofmark_net::{HttpConfig, NetError, OfflineTransport, RecordingTransport, ReplayTransport};

use crate::support::{Server, answer, get, request, transport};

#[test]
fn offline_asks_nobody() {
    let server = Server::start(|_| answer("200 OK", "", ""));
    let error = get(&OfflineTransport, request(server.url("/"))).unwrap_err();
    assert!(matches!(error, NetError::Offline));
    assert_eq!(error.reason(), Reason::Offline);
    assert!(server.asked().is_empty());
}

#[test]
fn a_recording_replays() {
    let server = Server::start(|asked| match asked.target() {
        "/found" => answer("200 OK", "Content-Type: text/plain\r\n", "body"),
        _ => answer("404 Not Found", "", "a page that is longer than any cap"),
    });
    let recording = RecordingTransport::new(Arc::new(transport(HttpConfig::default())));
    let urls = [server.url("/found"), server.url("/lost"), "http://ghcr.io/".to_owned()];
    let live: Vec<_> = urls.iter().map(|url| format!("{:?}", get(&recording, request(url)))).collect();
    let replay: ReplayTransport = recording.exchanges().into_iter().collect();
    let replayed: Vec<_> = urls.iter().map(|url| format!("{:?}", get(&replay, request(url)))).collect();
    assert_eq!(live, replayed);
    assert_eq!(server.asked().len(), 2);

    let mut capped = request(server.url("/found"));
    capped.max_bytes = 3;
    assert!(matches!(get(&replay, capped), Err(NetError::TooLarge { limit: 3, .. })));
    let mut lost = request(server.url("/lost"));
    lost.max_bytes = 3;
    assert_eq!(get(&replay, lost).unwrap().status, 404);
    let error = get(&replay, request("http://127.0.0.1:1/other?token=secret")).unwrap_err();
    assert!(
        matches!(error, NetError::NotRecorded { .. }) && !error.to_string().contains("secret"),
        "{error}"
    );
}
