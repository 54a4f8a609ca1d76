//! Redirects: followed by hand, without credentials, never inwards.

use std::sync::Arc;
use std::time::{Duration, Instant};

use proofmark_core::Reason;
use proofmark_net::{
    Credential, CredentialError, Credentials, HostRule, HttpConfig, NetError, RedirectProblem, Response,
};

use crate::support::{Server, add, answer, config, get, plain, redirect, request, transport};

/// A password for every host that asks.
struct Generous;

impl Credentials for Generous {
    fn find(
        &self,
        _host: &str,
        _repository: &str,
        _deadline: Instant,
    ) -> Result<Option<Credential>, CredentialError> {
        Ok(Credential::password("user", "secret"))
    }
}

/// REG-09 (CVE-2020-15157): the credential stays with the first host, also for a redirect within it.
#[test]
fn reg_09_no_credential_is_redirected() {
    let storage = Server::start(|asked| {
        if asked.target() == "/asks" {
            answer("401 Unauthorized", "WWW-Authenticate: Basic realm=x\r\n", "")
        } else {
            answer("200 OK", "", "blob")
        }
    });
    let port = storage.port;
    let registry = Server::start(move |asked| match (asked.header("authorization"), asked.target()) {
        (None, "/within/2") => answer("200 OK", "", "within"),
        (None, _) => answer("401 Unauthorized", "WWW-Authenticate: Basic realm=\"r\"\r\n", ""),
        (Some(_), "/within") => redirect("/within/2"),
        (Some(_), "/asks") => redirect(&format!("http://127.0.0.1:{port}/asks")),
        (Some(_), _) => redirect(&format!("http://127.0.0.1:{port}/blob")),
    });
    let config = HttpConfig { credentials: Arc::new(Generous), ..HttpConfig::default() };
    let transport = transport(config);
    let ask = |path: &str| get(&transport, request(registry.url(path))).unwrap();
    let away = ask("/away");
    assert_eq!((away.body.as_slice(), away.url), (&b"blob"[..], storage.url("/blob")));
    assert_eq!(ask("/within").body, b"within");
    // A 401 of the target is an answer, and nothing is given to it.
    assert_eq!(ask("/asks").status, 401);
    assert_eq!(storage.asked().len(), 2);
    assert!(storage.asked().iter().all(|asked| asked.header("authorization").is_none()));
    let within: Vec<_> = registry.asked().into_iter().filter(|asked| asked.target() == "/within/2").collect();
    assert_eq!((within.len(), within[0].header("authorization")), (1, None));
}

#[test]
fn every_kind_of_redirect_is_followed() {
    for status in ["301 M", "302 F", "303 S", "307 T", "308 P"] {
        let server = Server::start(move |asked| match asked.target() {
            "/end" => answer("200 OK", "", "end"),
            _ => answer(status, "Location: /end\r\n", ""),
        });
        assert_eq!(get(&transport(HttpConfig::default()), request(server.url("/"))).unwrap().body, b"end");
    }
    let server = Server::start(|_| answer("304 Not Modified", "Location: /end\r\n", ""));
    assert_eq!(get(&transport(HttpConfig::default()), request(server.url("/"))).unwrap().status, 304);
}

#[test]
fn redirects_are_counted() {
    let server = Server::start(|asked| {
        let n: u32 = asked.target()[1..].parse().unwrap();
        if n == 0 { answer("200 OK", "", "end") } else { redirect(&format!("/{}", n - 1)) }
    });
    let transport = transport(HttpConfig::default());
    assert_eq!(get(&transport, request(server.url("/5"))).unwrap().body, b"end");
    let error = get(&transport, request(server.url("/6"))).unwrap_err();
    assert!(matches!(error, NetError::Redirect { why: RedirectProblem::TooMany(5), .. }), "{error}");
    assert_eq!(error.reason(), Reason::Limit);
    let circle = Server::start(|_| redirect("/"));
    let error = get(&transport, request(circle.url("/"))).unwrap_err();
    assert!(matches!(error, NetError::Redirect { why: RedirectProblem::TooMany(5), .. }), "{error}");
    assert_eq!(circle.asked().len(), 6);
}

/// Asks `registry.test`, which is not a loopback host by name, and is told to go to `to`.
fn sent_to(to: String, prepare: impl Fn(&mut HttpConfig)) -> Result<Response, NetError> {
    let registry = Server::start(move |_| redirect(&to));
    let mut config = config("registry.test", registry.port, plain());
    prepare(&mut config);
    let mut request = request(format!("http://registry.test:{}/v2/", registry.port));
    request.deadline = Instant::now() + Duration::from_secs(2);
    get(&transport(config), request)
}

fn why(result: Result<Response, NetError>) -> RedirectProblem {
    match result.unwrap_err() {
        NetError::Redirect { why, .. } => why,
        other => panic!("{other}"),
    }
}

/// REG-11: a registry elsewhere sends us to addresses of ours, by number and by name.
#[test]
fn reg_11_inner_targets() {
    let target = Server::start(|_| answer("200 OK", "", "secret"));
    let port = target.port;
    for to in ["https://169.254.169.254/latest/", "https://10.0.0.1/", "https://[::1]/", "https://0.0.0.0/"] {
        assert!(matches!(why(sent_to(to.to_owned(), |_| ())), RedirectProblem::Address(_)), "{to}");
    }
    let loopback = why(sent_to(target.url("/"), |_| ()));
    assert_eq!(loopback, RedirectProblem::Address("loopback"));
    // By name: the address is refused where it is looked up, so it is never connected to.
    for name in ["rebind.test", "localhost"] {
        let by_name = sent_to(format!("https://{name}:{port}/"), |config| {
            config.names.insert("rebind.test".to_owned(), vec!["127.0.0.1".parse().unwrap()]);
        });
        assert_eq!(why(by_name), RedirectProblem::Address("loopback"), "{name}");
    }
    let mixed = sent_to(format!("https://mixed.test:{port}/"), |config| {
        let both = ["8.8.8.8", "10.0.0.1"].map(|ip| ip.parse().unwrap());
        config.names.insert("mixed.test".to_owned(), both.to_vec());
    });
    assert_eq!(why(mixed), RedirectProblem::Address("private"));
    assert!(target.asked().is_empty());
}

/// A registry inside (here on this machine), with storage inside that the policy lists.
#[test]
fn listed_storage_may_be_inside() {
    let at = |ip: &str, listed: bool| {
        let to = "http://storage.test:9000/blob".to_owned();
        sent_to(to, |config| {
            if listed {
                add(config, "storage.test", 9000, plain());
            }
            config.names.insert("storage.test".to_owned(), vec![ip.parse().unwrap()]);
        })
    };
    assert_eq!(why(at("fd00:ffff::1", false)), RedirectProblem::PlainHttp);
    // Nobody is there, but it may be asked.
    let asked = at("fd00:ffff::1", true);
    assert!(!matches!(asked, Err(NetError::Redirect { .. })), "{asked:?}");
    // Listing a host does not open the addresses that nobody's storage has.
    assert_eq!(why(at("169.254.169.254", true)), RedirectProblem::Address("link-local"));
}

/// REG-11: that a policy lists a host of this machine does not let a registry elsewhere send us there.
#[test]
fn reg_11_listing_does_not_open_loopback() {
    let target = Server::start(|_| answer("200 OK", "", "secret"));
    let port = target.port;
    for name in ["127.0.0.1", "localhost", "storage.test"] {
        let refused = sent_to(format!("http://{name}:{port}/"), |config| add(config, name, port, plain()));
        assert_eq!(why(refused), RedirectProblem::Address("loopback"), "{name}");
    }
    assert!(target.asked().is_empty());
}

#[test]
fn targets_that_are_no_urls() {
    for to in ["http://", "file:///etc/passwd", "http://user:secret@127.0.0.1/", "gopher://x/"] {
        let error = sent_to(to.to_owned(), |_| ()).unwrap_err();
        assert!(matches!(error, NetError::Redirect { why: RedirectProblem::Url, .. }), "{to}: {error}");
        assert!(!error.to_string().contains("secret"));
    }
    let server = Server::start(|_| answer("302 Found", "", ""));
    let error = get(&transport(HttpConfig::default()), request(server.url("/"))).unwrap_err();
    assert!(matches!(error, NetError::Redirect { why: RedirectProblem::Url, .. }), "{error}");
}

/// A signature in a storage URL does not get into an error.
#[test]
fn a_refused_target_is_shown_without_its_query() {
    let error = sent_to("https://10.0.0.1/blob?X-Amz-Signature=secret".to_owned(), |_| ()).unwrap_err();
    assert!(
        error.to_string().contains("https://10.0.0.1/blob") && !error.to_string().contains("secret"),
        "{error}"
    );
    assert!(error.help().contains("registries.toml"));
}

/// A rule for one port says nothing of another.
#[test]
fn rules_are_for_one_port() {
    let other = Server::start(|_| answer("200 OK", "", ""));
    let to = format!("http://registry.test:{}/", other.port);
    assert_eq!(
        why(sent_to(to, |config| add(config, "other.test", 1, HostRule::default()))),
        RedirectProblem::PlainHttp
    );
}
