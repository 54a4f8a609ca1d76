//! TLS from end to end: each way to be untrusted is `unreachable` with its own words and next step, and nothing is asked.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;

use proofmark_testkit::registry::{Behaviour, ImageSpec, Registry};
use proofmark_testkit::sigstore::{SignRequest, World, WorldOptions};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::support::Sandbox;

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| World::new(WorldOptions::default()))
}

pub(crate) type Authority = CertifiedIssuer<'static, KeyPair>;

pub(crate) fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A server certificate for `name`, valid in these years.
pub(crate) fn certified(authority: &Authority, name: &str, (from, to): (i32, i32)) -> Arc<ServerConfig> {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(to, 1, 1));
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, authority).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    Arc::new(builder.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap())
}

/// Gives every connection to a thread of its own; returns the port.
pub(crate) fn listen(handle: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
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

/// TLS before a registry that speaks none.
fn before(registry: &Registry, tls: Arc<ServerConfig>) -> u16 {
    let behind = registry.host();
    listen(move |stream| {
        let connection = ServerConnection::new(Arc::clone(&tls)).unwrap();
        let mut client = StreamOwned::new(connection, stream);
        let mut registry = TcpStream::connect(&behind).unwrap();
        while let Some(request) = head(&mut client) {
            registry.write_all(request.as_bytes()).unwrap();
            let Some(answer) = head(&mut registry) else { return };
            let mut lines = answer.lines().filter_map(|line| line.split_once(": "));
            let length = lines.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
            let mut body = vec![0; length.map_or(0, |(_, length)| length.parse().unwrap())];
            registry.read_exact(&mut body).unwrap();
            if client.write_all(answer.as_bytes()).and_then(|()| client.write_all(&body)).is_err() {
                return;
            }
        }
    })
}

/// A request or an answer up to its body; `None` at the end of the connection, or if there never was one.
pub(crate) fn head(stream: &mut impl Read) -> Option<String> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    String::from_utf8(head).ok()
}

fn signed() -> Registry {
    let registry = Registry::start(Behaviour::plain()).unwrap();
    let image = registry.push_image("acme/agent", &ImageSpec::named("agent"));
    registry.tag("acme/agent", "1", &image.digest);
    registry.attach_bundle("acme/agent", &image, &world().sign(&SignRequest::image(&image.digest)));
    registry
}

/// Verifies the image at `localhost:PORT` by HTTPS, where this authority is trusted; the exit code and the one result.
fn judged(port: u16, trusted: Option<&Authority>) -> (i32, serde_json::Value) {
    let sandbox = Sandbox::for_world(world(), &[]);
    let ca = match trusted {
        Some(authority) => {
            sandbox.write("trust-roots/registry-ca.pem", authority.pem());
            "ca-file = \"trust-roots/registry-ca.pem\"\n"
        }
        None => "plain-http = false\n",
    };
    let host = format!("localhost:{port}");
    sandbox.write(
        "allowlists/registries.toml",
        format!("[[registry]]\nhost = \"{host}\"\nrepositories = [\"**\"]\n{ca}"),
    );
    let run = sandbox.verify(["--format", "json", &format!("{host}/acme/agent:1")]);
    let report = run.report();
    assert_eq!(report["summary"]["exit"], run.code, "{}", run.transcript());
    (run.code, report["results"][0].clone())
}

/// Holds that the verdict is `unreachable` in these words, with a next step that holds this text.
#[track_caller]
fn untrusted((exit, result): (i32, serde_json::Value), words: &str, help: &str) {
    assert_eq!((exit, result["reason"].as_str()), (3, Some("unreachable")), "{result:#}");
    assert!(result.to_string().contains(words), "`{words}` is missing: {result:#}");
    assert!(
        result["help"].as_str().is_some_and(|text| text.contains(help)),
        "`{help}` is missing: {result:#}"
    );
}

pub(crate) const VALID: (i32, i32) = (2000, 4000);

#[test]
fn a_ca_file_is_trusted() {
    let (registry, authority) = (signed(), authority());
    let port = before(&registry, certified(&authority, "localhost", VALID));
    let (exit, result) = judged(port, Some(&authority));
    assert_eq!((exit, result["verdict"].as_str()), (0, Some("pass")), "{result:#}");
}

#[test]
fn certificates_that_are_not_trusted() {
    let (registry, ours, other) = (signed(), authority(), authority());
    let shown = |name: &str, years| before(&registry, certified(&ours, name, years));
    let ask = |port, trusted| judged(port, Some(trusted));
    untrusted(
        ask(shown("localhost", (2000, 2001)), &ours),
        "TLS certificate has expired",
        "openssl s_client",
    );
    untrusted(ask(shown("localhost", (3998, 3999)), &ours), "TLS certificate is not valid yet", "clock");
    untrusted(
        ask(shown("other.test", VALID), &ours),
        "TLS certificate is for another host",
        "openssl s_client",
    );
    untrusted(ask(shown("localhost", VALID), &other), "an unknown certificate authority", "ca-file");
    assert!(registry.requests().is_empty(), "an untrusted registry was asked");
}

/// Without a `ca-file` the system's authorities decide, and they know nothing of ours.
#[test]
fn the_systems_authorities_alone() {
    let (registry, ours) = (signed(), authority());
    let port = before(&registry, certified(&ours, "localhost", VALID));
    let (exit, result) = judged(port, None);
    assert_eq!((exit, result["reason"].as_str()), (3, Some("unreachable")), "{result:#}");
    // A machine without any says so.
    let text = result.to_string();
    assert!(text.contains("unknown certificate authority") || text.contains("cannot be read"), "{result:#}");
    assert!(registry.requests().is_empty(), "an untrusted registry was asked");
}

#[test]
fn downgrades() {
    let ours = authority();
    // A fatal alert `protocol_version` (RFC 8446 6): nothing newer is spoken, says somebody.
    let old = listen(|mut stream| {
        let _ = stream.read(&mut [0; 2048]);
        let _ = stream.write_all(&[0x15, 3, 1, 0, 2, 2, 70]);
    });
    untrusted(judged(old, Some(&ours)), "no TLS version or cipher that is safe", "openssl s_client");
    // HTTP where HTTPS is meant: nothing is asked in the clear.
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    let plain = listen(move |mut stream| {
        let mut first = [0; 512];
        let read = stream.read(&mut first).unwrap_or(0);
        log.lock().unwrap().extend_from_slice(&first[..read]);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    });
    untrusted(judged(plain, Some(&ours)), "does not speak TLS where HTTPS is expected", "plain-http = true");
    let asked = asked.lock().unwrap();
    assert!(!asked.is_empty() && !asked.windows(4).any(|bytes| bytes == b"GET "), "spoke HTTP");
}
