//! TLS: each way to be untrusted is told apart, and none is a way to HTTP.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex};

use proofmark_core::Reason;
use proofmark_net::{CaBundle, HostRule, NetError, RedirectProblem, TlsProblem};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::support::{Server, accept, answer, config, get, redirect, request, transport};

/// A certificate authority of one's own.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// What a `ca-file` with this authority says.
    pub(crate) fn bundle(&self) -> CaBundle {
        CaBundle::from_pem(self.0.pem().as_bytes()).unwrap()
    }

    /// A server with a certificate for `name`.
    pub(crate) fn server(&self, name: &str) -> Arc<ServerConfig> {
        self.server_with(name, |_| ())
    }

    fn server_with(&self, name: &str, change: impl Fn(&mut CertificateParams)) -> Arc<ServerConfig> {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder =
            ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        Arc::new(
            builder.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap(),
        )
    }
}

/// Asks `https://registry.test`, for which `trusted` is the authority.
fn ask(port: u16, trusted: &Authority) -> Result<proofmark_net::Response, NetError> {
    let rule = HostRule { ca: Some(trusted.bundle()), ..HostRule::default() };
    get(&transport(config("registry.test", port, rule)), request(format!("https://registry.test:{port}/v2/")))
}

fn problem(port: u16, trusted: &Authority) -> TlsProblem {
    let error = ask(port, trusted).unwrap_err();
    assert_eq!(error.reason(), Reason::Unreachable);
    assert!(!error.help().is_empty());
    match error {
        NetError::Tls { problem, .. } => problem,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_ca_file_is_trusted_for_its_host() {
    let authority = Authority::new();
    let server = Server::start_tls(authority.server("registry.test"), |_| answer("200 OK", "", "{}"));
    assert_eq!(ask(server.port, &authority).unwrap().body, b"{}");
}

#[test]
fn unknown_authority() {
    let (authority, other) = (Authority::new(), Authority::new());
    let server = Server::start_tls(authority.server("registry.test"), |_| answer("200 OK", "", ""));
    assert_eq!(problem(server.port, &other), TlsProblem::UnknownCa);
    assert!(server.asked().is_empty());
    let help = ask(server.port, &other).unwrap_err().help();
    assert!(help.contains("ca-file"), "{help}");
}

#[test]
fn wrong_host() {
    let authority = Authority::new();
    let server = Server::start_tls(authority.server("other.test"), |_| answer("200 OK", "", ""));
    assert_eq!(problem(server.port, &authority), TlsProblem::WrongHost);
}

#[test]
fn expired_and_not_yet_valid() {
    let authority = Authority::new();
    let valid = |from: i32, to: i32| {
        let config = authority.server_with("registry.test", |params| {
            (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(to, 1, 1));
        });
        Server::start_tls(config, |_| answer("200 OK", "", ""))
    };
    assert_eq!(problem(valid(2001, 2002).port, &authority), TlsProblem::Expired);
    assert_eq!(problem(valid(4000, 4001).port, &authority), TlsProblem::NotYetValid);
}

/// What speaks HTTP where HTTPS is expected is not spoken to in HTTP.
#[test]
fn no_fallback_to_http() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let port = accept(move |mut stream| {
        let mut first = [0; 512];
        let n = stream.read(&mut first).unwrap_or(0);
        log.lock().unwrap().extend_from_slice(&first[..n]);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    });
    assert_eq!(problem(port, &Authority::new()), TlsProblem::NotTls);
    let seen = seen.lock().unwrap();
    assert!(!seen.is_empty() && !seen.windows(4).any(|w| w == b"GET "), "spoke HTTP");
}

/// An old server, or somebody in between who says that nothing newer is spoken.
#[test]
fn downgrade() {
    let port = accept(|mut stream| {
        let _ = stream.read(&mut [0; 2048]);
        // A fatal alert `protocol_version` (RFC 8446 6).
        let _ = stream.write_all(&[0x15, 3, 1, 0, 2, 2, 70]);
    });
    assert!(matches!(problem(port, &Authority::new()), TlsProblem::Downgrade(_)));
}

#[test]
fn never_from_https_to_http() {
    let authority = Authority::new();
    let target = Server::start(|_| answer("200 OK", "", ""));
    let to = target.url("/");
    let server = Server::start_tls(authority.server("registry.test"), move |_| redirect(&to));
    let error = ask(server.port, &authority).unwrap_err();
    assert!(matches!(error, NetError::Redirect { why: RedirectProblem::Downgrade, .. }), "{error}");
    assert!(target.asked().is_empty());
}

/// Where a registry is, is known behind TLS too: from an inner one a listed inner host is asked.
#[test]
fn an_inner_registry_may_send_us_to_listed_storage() {
    let authority = Authority::new();
    let to = "https://storage.test:9000/";
    let server = Server::start_tls(authority.server("registry.test"), move |_| redirect(to));
    let rule = HostRule { ca: Some(authority.bundle()), ..HostRule::default() };
    let mut config = config("registry.test", server.port, rule.clone());
    crate::support::add(&mut config, "storage.test", 9000, rule);
    config.names.insert("storage.test".to_owned(), vec!["fd00:ffff::1".parse().unwrap()]);
    let mut request = request(format!("https://registry.test:{}/", server.port));
    request.deadline = std::time::Instant::now() + std::time::Duration::from_secs(2);
    let asked = get(&transport(config), request);
    assert_eq!(server.asked().len(), 1);
    assert!(!matches!(asked, Err(NetError::Redirect { .. })), "{asked:?}");
}

/// A loopback registry with a `ca-file` speaks HTTPS, and is not asked by HTTP.
#[test]
fn a_loopback_host_with_a_ca_file_speaks_https() {
    let authority = Authority::new();
    let server = Server::start_tls(authority.server("localhost"), |_| answer("200 OK", "", "{}"));
    let rule = HostRule { ca: Some(authority.bundle()), ..HostRule::default() };
    let transport = transport(config("localhost", server.port, rule));
    let at = |scheme: &str| request(format!("{scheme}://localhost:{}/", server.port));
    assert_eq!(get(&transport, at("https")).unwrap().body, b"{}");
    assert!(matches!(get(&transport, at("http")), Err(NetError::PlainHttp { .. })));
}
