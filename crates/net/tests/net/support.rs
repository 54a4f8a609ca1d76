//! A small server that answers as it is told, and remembers what it was asked.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use proofmark_core::Host;
use proofmark_net::{HostRule, HttpConfig, HttpTransport, NetError, Request, Response, Transport};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What a server does with one request.
pub(crate) enum Reply {
    /// Sends these bytes and closes.
    Bytes(Vec<u8>),
    /// Sends these bytes and then nothing, until the client goes.
    Stall(Vec<u8>),
    /// Sends these bytes, and then the letter x until the client goes.
    Endless(Vec<u8>),
}

/// One request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// Request line and headers.
    pub(crate) head: String,
    /// The body of a POST.
    pub(crate) body: String,
}

impl Asked {
    /// The request target.
    pub(crate) fn target(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or("")
    }

    /// The value of a header, its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

pub(crate) struct Server {
    pub(crate) port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
}

type Handler = dyn Fn(&Asked) -> Reply + Send + Sync;

impl Server {
    /// A server of plain HTTP.
    pub(crate) fn start(handler: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        Self::listen(None, handler)
    }

    /// A server of HTTPS. A `CONNECT` before is answered with 200, so that it is its own proxy too.
    pub(crate) fn start_tls(
        tls: Arc<ServerConfig>,
        handler: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::listen(Some(tls), handler)
    }

    fn listen(
        tls: Option<Arc<ServerConfig>>,
        handler: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, handler) = (Arc::clone(&asked), Arc::new(handler) as Arc<Handler>);
        let port = accept(move |stream| serve(stream, tls.as_ref(), &log, &*handler));
        Self { port, asked }
    }

    /// Everything that was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

/// Gives every connection to a thread of its own; returns the port.
pub(crate) fn accept(handle: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let handle = Arc::new(handle);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let handle = Arc::clone(&handle);
            thread::spawn(move || handle(stream));
        }
    });
    port
}

fn serve(mut stream: TcpStream, tls: Option<&Arc<ServerConfig>>, log: &Mutex<Vec<Asked>>, handler: &Handler) {
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let Some(tls) = tls else { return converse(&mut stream, log, handler) };
    let mut first = [0];
    if stream.peek(&mut first).is_ok() && first[0] == b'C' {
        let Some(connect) = read_request(&mut stream) else { return };
        log.lock().unwrap().push(connect);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
    }
    let connection = ServerConnection::new(Arc::clone(tls)).unwrap();
    converse(&mut StreamOwned::new(connection, stream), log, handler);
}

fn converse(stream: &mut (impl Read + Write), log: &Mutex<Vec<Asked>>, handler: &Handler) {
    let Some(asked) = read_request(stream) else { return };
    log.lock().unwrap().push(asked.clone());
    match handler(&asked) {
        Reply::Bytes(bytes) => {
            let _ = stream.write_all(&bytes).and_then(|()| stream.flush());
        }
        Reply::Stall(bytes) => {
            let _ = stream.write_all(&bytes).and_then(|()| stream.flush());
            let _ = stream.read(&mut [0]);
        }
        Reply::Endless(bytes) => {
            let _ = stream.write_all(&bytes);
            while stream.write_all(&[b'x'; 8192]).is_ok() {}
        }
    }
}

fn read_request(stream: &mut impl Read) -> Option<Asked> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    let mut asked = Asked { head: String::from_utf8(head).unwrap(), body: String::new() };
    let length: usize = asked.header("content-length").map_or(0, |text| text.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    asked.body = String::from_utf8(body).unwrap();
    Some(asked)
}

/// An answer with a right `Content-Length`; `headers` end in `\r\n` each.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> Reply {
    let length = body.len();
    Reply::Bytes(
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n{body}")
            .into(),
    )
}

pub(crate) fn redirect(to: &str) -> Reply {
    answer("307 Temporary Redirect", &format!("Location: {to}\r\n"), "")
}

pub(crate) fn request(url: impl Into<String>) -> Request {
    Request {
        url: url.into(),
        accept: "application/json".to_owned(),
        scope: Some("repository:acme/app:pull".to_owned()),
        max_bytes: 4096,
        from: 0,
        deadline: Instant::now() + Duration::from_secs(20),
    }
}

/// A config in which `name` is 127.0.0.1 and has this rule.
pub(crate) fn config(name: &str, port: u16, rule: HostRule) -> HttpConfig {
    let mut config = HttpConfig::default();
    add(&mut config, name, port, rule);
    config
}

/// Adds one more such name.
pub(crate) fn add(config: &mut HttpConfig, name: &str, port: u16, rule: HostRule) {
    config.names.insert(name.to_owned(), vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]);
    config.hosts.insert(Host::parse(&format!("{name}:{port}")).unwrap(), rule);
}

pub(crate) fn plain() -> HostRule {
    HostRule { plain_http: Some(true), ..HostRule::default() }
}

pub(crate) fn transport(config: HttpConfig) -> HttpTransport {
    HttpTransport::new(config).unwrap()
}

/// One GET on a runtime of its own.
pub(crate) fn get(transport: &dyn Transport, request: Request) -> Result<Response, NetError> {
    runtime().block_on(transport.get(request))
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}
