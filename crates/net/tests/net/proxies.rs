//! Proxies: used where they are set, and nowhere else.

use proofmark_net::{HostRule, HttpConfig, NetError, ProxyConfig, RedirectProblem};

use crate::support::{Server, add, answer, config, get, plain, redirect, request, transport};
use crate::tls::Authority;

fn through(proxy: &Server, no_proxy: &str) -> ProxyConfig {
    let url = format!("http://user:pass@127.0.0.1:{}", proxy.port);
    ProxyConfig { http: Some(url.clone()), https: Some(url), no_proxy: Some(no_proxy.to_owned()) }
}

#[test]
fn http_goes_through_the_proxy() {
    let proxy = Server::start(|_| answer("200 OK", "", "proxied"));
    let mut config = config("registry.test", 80, plain());
    config.proxies = through(&proxy, "");
    let response = get(&transport(config), request("http://registry.test/v2/")).unwrap();
    assert_eq!(response.body, b"proxied");
    let asked = &proxy.asked()[0];
    assert_eq!(asked.target(), "http://registry.test/v2/");
    assert_eq!(asked.header("proxy-authorization"), Some("Basic dXNlcjpwYXNz"));
}

#[test]
fn no_proxy_and_loopback_go_directly() {
    let proxy = Server::start(|_| answer("200 OK", "", "proxied"));
    let registry = Server::start(|_| answer("200 OK", "", "direct"));
    let mut config = config("registry.test", registry.port, plain());
    config.proxies = through(&proxy, "other.test,.test");
    let transport = transport(config);
    for url in [format!("http://registry.test:{}/", registry.port), registry.url("/")] {
        assert_eq!(get(&transport, request(url)).unwrap().body, b"direct");
    }
    assert!(proxy.asked().is_empty());
    assert!(registry.asked().iter().all(|asked| asked.header("proxy-authorization").is_none()));
}

/// HTTPS through a proxy is a tunnel: the proxy sees the host alone, and the certificate is still the registry's.
#[test]
fn https_is_tunnelled() {
    let authority = Authority::new();
    let server = Server::start_tls(authority.server("registry.test"), |_| answer("200 OK", "", "through"));
    let rule = HostRule { ca: Some(authority.bundle()), ..HostRule::default() };
    let mut config = config("registry.test", 443, rule);
    config.proxies = through(&server, "");
    let response = get(&transport(config), request("https://registry.test/v2/")).unwrap();
    assert_eq!(response.body, b"through");
    let asked = server.asked();
    assert!(asked[0].head.starts_with("CONNECT registry.test:443 "), "{:?}", asked[0]);
    assert_eq!((asked[1].target(), asked[1].header("proxy-authorization")), ("/v2/", None));
}

#[test]
fn a_proxy_that_refuses_is_named_without_its_password() {
    let proxy = Server::start(|_| answer("407 Proxy Authentication Required", "", ""));
    let authority = Authority::new();
    let mut config = config("registry.test", 80, plain());
    let rule = HostRule { ca: Some(authority.bundle()), ..HostRule::default() };
    add(&mut config, "secure.test", 443, rule);
    config.proxies = through(&proxy, "");
    let transport = transport(config);
    for url in ["http://registry.test/", "https://secure.test/"] {
        let error = get(&transport, request(url)).unwrap_err();
        assert!(matches!(error, NetError::Proxy { .. }), "{error:?}");
        assert!(error.to_string().contains("127.0.0.1") && !error.to_string().contains("pass@"), "{error}");
    }
}

#[test]
fn a_proxy_that_cannot_be_used_is_told_at_once() {
    let proxies =
        ProxyConfig { https: Some("socks5://user:secret@proxy:1080".to_owned()), ..ProxyConfig::default() };
    let config = HttpConfig { proxies, ..HttpConfig::default() };
    let error = proofmark_net::HttpTransport::new(config).unwrap_err();
    assert!(matches!(error, NetError::Proxy { .. }) && !error.to_string().contains("secret"), "{error}");
}

/// REG-11: an inner address is refused whoever would connect to it, listed or not: the proxy may be inside, and where the
/// registry is nobody knows.
#[test]
fn reg_11_inner_targets_are_refused_through_a_proxy_too() {
    for (to, place) in [
        ("https://10.0.0.1/", "private"),
        ("https://10.9.9.9/", "private"),
        ("https://169.254.169.254/", "link-local"),
        ("https://127.0.0.1/", "loopback"),
        ("https://localhost/", "loopback"),
        ("https://localhost./", "loopback"),
        ("https://metadata.localhost/", "loopback"),
    ] {
        let proxy = Server::start(move |_| redirect(to));
        let mut config = config("registry.test", 80, plain());
        for listed in ["10.9.9.9", "127.0.0.1", "localhost", "metadata.localhost"] {
            add(&mut config, listed, 443, HostRule::default());
        }
        config.proxies = through(&proxy, "");
        let error = get(&transport(config), request("http://registry.test/")).unwrap_err();
        let NetError::Redirect { why: RedirectProblem::Address(found), .. } = error else {
            panic!("{to}: {error}")
        };
        assert_eq!((found, proxy.asked().len()), (place, 1), "{to}");
    }
}
