//! Token and password authentication: what goes where.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use proofmark_core::{Host, Reason, Redacted};
use proofmark_net::{
    AuthProblem, Credential, CredentialError, Credentials, HostRule, HttpConfig, HttpTransport, NetError,
    Transport,
};

use crate::support::{Asked, Reply, Server, answer, get, redirect, request, runtime, transport};

/// One credential for one host.
struct One(String, Credential);

impl Credentials for One {
    fn find(
        &self,
        host: &str,
        repository: &str,
        _deadline: Instant,
    ) -> Result<Option<Credential>, CredentialError> {
        assert_eq!(repository, "acme/app");
        Ok((host == self.0).then(|| self.1.clone()))
    }
}

/// `user:secret` in the header's form.
const BASIC: &str = "Basic dXNlcjpzZWNyZXQ=";

fn with_password(server: &Server) -> HttpConfig {
    with(server, Credential::password("user", "secret").unwrap())
}

fn with(server: &Server, credential: Credential) -> HttpConfig {
    let host = format!("127.0.0.1:{}", server.port);
    HttpConfig { credentials: Arc::new(One(host, credential)), ..HttpConfig::default() }
}

fn unauthorized(challenge: &str) -> Reply {
    answer("401 Unauthorized", &format!("WWW-Authenticate: {challenge}\r\n"), "{}")
}

/// A registry that wants `Bearer good` and names this realm; the realm may be on the registry itself (`/token`).
fn registry(realm: Option<String>, token: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Server {
    Server::start(move |asked| {
        if asked.target().starts_with("/token") {
            return token(asked);
        }
        if asked.header("authorization") == Some("Bearer good") {
            return answer("200 OK", "", "manifest");
        }
        let own = format!("http://{}/token", asked.header("host").unwrap());
        let realm = realm.as_deref().unwrap_or(&own);
        unauthorized(&format!("Bearer realm=\"{realm}\",service=\"s\",scope=\"repository:other:pull,push\""))
    })
}

fn good(_: &Asked) -> Reply {
    answer("200 OK", "Content-Type: application/json\r\n", r#"{"token":"good","expires_in":300}"#)
}

fn problem(transport: &HttpTransport, server: &Server) -> AuthProblem {
    let error = get(transport, request(server.url("/v2/"))).unwrap_err();
    assert_eq!(error.reason(), Reason::Unauthorized);
    assert!(!error.help().is_empty() && !error.to_string().contains("secret"), "{error}");
    match error {
        NetError::Unauthorized { problem, .. } => problem,
        other => panic!("{other:?}"),
    }
}

#[test]
fn anonymous_token() {
    let server = registry(None, good);
    let transport = transport(HttpConfig::default());
    assert_eq!(get(&transport, request(server.url("/v2/"))).unwrap().body, b"manifest");
    let asked = server.asked();
    assert_eq!(asked.len(), 3);
    // The scope is ours, not the one that the registry would like.
    assert_eq!(asked[1].target(), "/token?service=s&scope=repository%3Aacme%2Fapp%3Apull");
    assert_eq!(asked[1].header("authorization"), None);
    // The token is kept for the next request of the same scope.
    assert_eq!(get(&transport, request(server.url("/v2/2"))).unwrap().body, b"manifest");
    assert_eq!((transport.stats().requests, transport.stats().tokens), (4, 1));
}

#[test]
fn parallel_requests_share_one_token() {
    let server = registry(None, good);
    let transport = transport(HttpConfig::default());
    runtime().block_on(async {
        let (a, b) =
            (transport.get(request(server.url("/v2/a"))), transport.get(request(server.url("/v2/b"))));
        let (a, b) = tokio::join!(a, b);
        assert_eq!((a.unwrap().body, b.unwrap().body), (b"manifest".to_vec(), b"manifest".to_vec()));
    });
    assert_eq!(transport.stats().tokens, 1);
}

#[test]
fn the_credential_goes_to_a_realm_on_its_own_host() {
    let server = registry(None, |asked| match asked.header("authorization") {
        Some(BASIC) => good(asked),
        _ => answer("401 Unauthorized", "", ""),
    });
    let transport = transport(with_password(&server));
    assert_eq!(get(&transport, request(server.url("/v2/"))).unwrap().body, b"manifest");
    let sent: Vec<_> =
        server.asked().iter().map(|asked| asked.header("authorization").map(str::to_owned)).collect();
    assert_eq!(sent, [None, Some(BASIC.to_owned()), Some("Bearer good".to_owned())]);
}

/// REG-09 (CVE-2025-27403): the registry names a token service elsewhere. It gets no credential.
#[test]
fn reg_09_a_foreign_realm_gets_no_credential() {
    let elsewhere = Server::start(|asked| match asked.header("authorization") {
        Some(_) => answer("200 OK", "", r#"{"token":"good"}"#),
        None => answer("401 Unauthorized", "", ""),
    });
    let server = registry(Some(elsewhere.url("/token")), good);
    let realm = format!("127.0.0.1:{}", elsewhere.port);
    let problem = problem(&transport(with_password(&server)), &server);
    assert_eq!(problem, AuthProblem::ForeignRealm { realm: realm.clone() });
    assert_eq!(elsewhere.asked()[0].header("authorization"), None);

    // The policy can allow it, and only for this registry.
    let mut config = with_password(&server);
    let rule = HostRule { auth_realms: vec![Host::parse(&realm).unwrap()], ..HostRule::default() };
    config.hosts.insert(Host::parse(&format!("127.0.0.1:{}", server.port)).unwrap(), rule);
    assert_eq!(get(&transport(config), request(server.url("/v2/"))).unwrap().body, b"manifest");
    assert_eq!(elsewhere.asked()[1].header("authorization"), Some(BASIC));
}

/// REG-09: a foreign realm is good enough for a token that anyone gets.
#[test]
fn reg_09_an_anonymous_token_may_come_from_elsewhere() {
    let elsewhere = Server::start(good);
    let server = registry(Some(elsewhere.url("/token")), good);
    let response = get(&transport(with_password(&server)), request(server.url("/v2/"))).unwrap();
    assert_eq!(response.body, b"manifest");
    assert_eq!(elsewhere.asked()[0].header("authorization"), None);
}

/// REG-09: if that token is then refused, the reason is the realm, not the password.
#[test]
fn reg_09_a_foreign_realm_is_named_when_its_token_is_refused() {
    let elsewhere = Server::start(|_| answer("200 OK", "", r#"{"token":"bad"}"#));
    let server = registry(Some(elsewhere.url("/token")), good);
    let transport = transport(with_password(&server));
    assert!(matches!(problem(&transport, &server), AuthProblem::ForeignRealm { .. }));
    assert_eq!(transport.stats().requests, 3);
}

/// REG-11: realms at addresses that nobody may make us ask, and realms that are not HTTPS.
#[test]
fn reg_11_realms_that_are_not_asked() {
    for realm in
        ["http://169.254.169.254/", "https://169.254.169.254/", "https://10.0.0.1/t", "http://ghcr.io/t", "x"]
    {
        let server = registry(Some(realm.to_owned()), good);
        let transport = transport(with_password(&server));
        assert!(matches!(problem(&transport, &server), AuthProblem::Realm { .. }), "{realm}");
        assert_eq!(transport.stats().requests, 1);
    }
}

/// REG-11: the same by name: refused where the name is looked up. Without certificate authorities none is looked up.
#[test]
fn reg_11_a_realm_whose_name_is_inside() {
    let server = registry(Some("https://inside.test/token".to_owned()), good);
    let mut config = with_password(&server);
    config.names.insert("inside.test".to_owned(), vec!["10.0.0.1".parse().unwrap()]);
    match get(&transport(config), request(server.url("/v2/"))).unwrap_err() {
        NetError::Unauthorized { problem: AuthProblem::Realm { realm, .. }, .. } => {
            assert_eq!(realm, "https://inside.test/token");
        }
        NetError::TokenService { source, .. } => {
            assert!(matches!(*source, NetError::NoRoots { .. }), "{source}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_token_service_is_not_followed_elsewhere() {
    let elsewhere = Server::start(good);
    let to = elsewhere.url("/token");
    let server = registry(None, move |_| redirect(&to));
    let problem = problem(&transport(with_password(&server)), &server);
    assert!(
        matches!(problem, AuthProblem::Refused { status: 307, with_credential: true, .. }),
        "{problem:?}"
    );
    assert!(elsewhere.asked().is_empty());
}

#[test]
fn token_services_that_misbehave() {
    let refused = registry(None, |_| answer("403 Forbidden", "", ""));
    let anonymous = transport(HttpConfig::default());
    let expected = AuthProblem::Refused {
        realm: format!("127.0.0.1:{}", refused.port),
        status: 403,
        with_credential: false,
        note: None,
    };
    assert_eq!(problem(&anonymous, &refused), expected);
    for body in ["", "{}", "[]", r#"{"token":"a\nb"}"#] {
        let server = registry(None, move |_| answer("200 OK", "", body));
        assert!(matches!(problem(&anonymous, &server), AuthProblem::BadToken { .. }), "{body}");
    }
    let down = registry(None, |_| answer("503 S", "", ""));
    let error = get(&anonymous, request(down.url("/v2/"))).unwrap_err();
    assert!(matches!(error, NetError::TokenStatus { status: 503, .. }), "{error:?}");
    assert_eq!(error.reason(), Reason::Unreachable);
    let endless = registry(None, |_| Reply::Endless(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()));
    let error = get(&anonymous, request(endless.url("/v2/"))).unwrap_err();
    assert!(matches!(error, NetError::TokenService { .. }), "{error:?}");
    assert_eq!(error.reason(), Reason::Limit);
}

/// A token that is refused is asked for once more, and then it is over.
#[test]
fn one_try_with_a_new_token() {
    let count = AtomicUsize::new(0);
    let server = registry(None, move |_| {
        let n = count.fetch_add(1, Ordering::SeqCst);
        answer("200 OK", "", &format!(r#"{{"token":"bad{n}"}}"#))
    });
    let transport = transport(with_password(&server));
    assert_eq!(problem(&transport, &server), AuthProblem::Rejected);
    assert_eq!(server.asked().len(), 3);
    // The old token is sent, refused, and replaced.
    assert_eq!(problem(&transport, &server), AuthProblem::Rejected);
    assert_eq!(server.asked().len(), 6);
}

#[test]
fn basic() {
    let server = Server::start(|asked| match asked.header("authorization") {
        Some(BASIC) => answer("200 OK", "", "manifest"),
        _ => unauthorized("Basic realm=\"registry\""),
    });
    let known = transport(with_password(&server));
    assert_eq!(get(&known, request(server.url("/v2/"))).unwrap().body, b"manifest");
    assert_eq!(get(&known, request(server.url("/v2/"))).unwrap().body, b"manifest");
    assert_eq!(known.stats().requests, 3);
    let stranger = transport(HttpConfig::default());
    assert_eq!(problem(&stranger, &server), AuthProblem::NoCredentials { note: None });
}

#[test]
fn identity_and_registry_tokens() {
    let server = registry(None, |asked| {
        assert!(asked.head.starts_with("POST /token HTTP"), "{}", asked.head);
        assert_eq!(asked.header("authorization"), None);
        assert_eq!(
            asked.body,
            "service=s&scope=repository%3Aacme%2Fapp%3Apull&grant_type=refresh_token&client_id=proofmark&refresh_token=a%26b"
        );
        answer("200 OK", "", r#"{"access_token":"good"}"#)
    });
    let identity = Credential::IdentityToken(Redacted::new("a&b".to_owned()));
    assert_eq!(
        get(&transport(with(&server, identity)), request(server.url("/v2/"))).unwrap().body,
        b"manifest"
    );
    let direct = Credential::RegistryToken(Redacted::new("good".to_owned()));
    let transport = transport(with(&server, direct));
    assert_eq!(get(&transport, request(server.url("/v2/"))).unwrap().body, b"manifest");
    assert_eq!(transport.stats().tokens, 0);
}

/// A 401 that asks for nothing is an answer like any other; one that asks for what cannot be given says so.
#[test]
fn other_challenges() {
    let bare = Server::start(|_| answer("401 Unauthorized", "", ""));
    let transport = transport(HttpConfig::default());
    assert_eq!(get(&transport, request(bare.url("/v2/"))).unwrap().status, 401);
    let negotiate = Server::start(|_| unauthorized("Negotiate"));
    assert_eq!(problem(&transport, &negotiate), AuthProblem::NoUsableChallenge);
    let broken = Server::start(|_| unauthorized("Bearer realm=\"a\", realm=\"b\""));
    assert_eq!(problem(&transport, &broken), AuthProblem::BadChallenge("a parameter is given twice"));
}

/// A credential store that fails is named when the anonymous way fails too.
#[test]
fn a_failing_store_is_told() {
    struct Failing;
    impl Credentials for Failing {
        fn find(&self, _: &str, _: &str, _: Instant) -> Result<Option<Credential>, CredentialError> {
            Err(CredentialError::Helper { name: "x".to_owned(), cause: "it took too long".to_owned() })
        }
    }
    let server = Server::start(|_| unauthorized("Basic realm=r"));
    let transport = transport(HttpConfig { credentials: Arc::new(Failing), ..HttpConfig::default() });
    let AuthProblem::NoCredentials { note: Some(note) } = problem(&transport, &server) else { panic!() };
    assert!(note.contains("docker-credential-x"), "{note}");
}

/// What a credential store starts must end before the request does: it is told when that is.
#[test]
fn a_store_is_told_the_deadline() {
    struct Noting(Mutex<Vec<Instant>>);
    impl Credentials for Noting {
        fn find(&self, _: &str, _: &str, deadline: Instant) -> Result<Option<Credential>, CredentialError> {
            self.0.lock().unwrap().push(deadline);
            Ok(None)
        }
    }
    let server = Server::start(|_| unauthorized("Basic realm=r"));
    let noting = Arc::new(Noting(Mutex::default()));
    let credentials: Arc<dyn Credentials> = noting.clone();
    let transport = transport(HttpConfig { credentials, ..HttpConfig::default() });
    let request = request(server.url("/v2/"));
    let deadline = request.deadline;
    assert!(crate::support::get(&transport, request).is_err());
    assert_eq!(*noting.0.lock().unwrap(), [deadline]);
}
