//! Token authentication (distribution-spec "Token Authentication"; CVE-2025-27403, CVE-2020-15157, CVE-2019-10214): the
//! registry names the token service, so the registry could name anyone. A credential goes only where it belongs.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;
use reqwest::{StatusCode, Url};
use serde::Deserialize;

use crate::auth::{Held, Job};
use crate::challenge::Challenge;
use crate::hosts::{HostRules, is_built_in_realm};
use crate::redirect::{self, Hop, Sender};
use crate::site::{Site, parse_url, shown};
use crate::wire::{Ask, Wire, count, until};
use crate::{AuthProblem, Credential, NetError, RedirectProblem, body};

/// Largest answer of a token service; real ones have 1 to 8 KiB.
const MAX_ANSWER: u64 = 64 * 1024;
/// Longest token that is sent on, in bytes.
const MAX_TOKEN: usize = 32 * 1024;
/// distribution: "If omitted, this defaults to 60 seconds."
const DEFAULT_LIFETIME: u64 = 60;
/// A token is asked for anew this long before its end.
const MARGIN: Duration = Duration::from_secs(5);
const MAX_LIFETIME: u64 = 3600;

#[derive(Deserialize)]
struct Answer {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<u64>,
}

/// A token service that may be asked.
struct Realm {
    hop: Hop,
    /// Whether the registry's credential may go there.
    trusted: bool,
}

/// Fetches a token for a job: with the credential where it may go, else anonymously.
pub(crate) async fn fetch(
    wire: &Wire,
    hosts: &HostRules,
    job: &Job<'_>,
    challenge: &Challenge,
    credential: Option<&Credential>,
    note: Option<String>,
) -> Result<Held, NetError> {
    let refuse = |problem| NetError::Unauthorized { host: job.registry.key(), problem };
    let realm = realm(challenge, job.registry, hosts).map_err(refuse)?;
    let place = realm.hop.site.key();
    let sent = credential.filter(|_| realm.trusted);
    let withheld = credential.is_some() && !realm.trusted;
    let (status, body) = ask(wire, job, challenge, realm.hop, sent).await?;
    if !status.is_success() {
        let code = status.as_u16();
        if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            return Err(NetError::TokenStatus { host: job.registry.key(), realm: place, status: code });
        }
        return Err(refuse(if withheld {
            AuthProblem::ForeignRealm { realm: place }
        } else {
            AuthProblem::Refused { realm: place, status: code, with_credential: sent.is_some(), note }
        }));
    }
    let (token, lifetime) =
        read(&body).map_err(|why| refuse(AuthProblem::BadToken { realm: place.clone(), why }))?;
    let if_rejected = match (withheld, sent) {
        (true, _) => AuthProblem::ForeignRealm { realm: place },
        (false, None) => AuthProblem::NoCredentials { note },
        (false, Some(_)) => AuthProblem::Rejected,
    };
    Ok(Held { value: token, until: Some(Instant::now() + lifetime), if_rejected })
}

/// Whether and how the token service may be asked.
fn realm(challenge: &Challenge, registry: &Site, hosts: &HostRules) -> Result<Realm, AuthProblem> {
    let text = challenge.parameter("realm").unwrap_or_default();
    let (url, site) = parse_url(text).map_err(|error| match error {
        NetError::InvalidUrl { url, why } => AuthProblem::Realm { realm: url, why },
        _ => AuthProblem::Realm { realm: String::new(), why: "not a URL" },
    })?;
    let refuse = |why| AuthProblem::Realm { realm: shown(&url), why };
    if !site.is_https() && (registry.is_https() || !hosts.allows_plain(&site)) {
        return Err(refuse("it does not use HTTPS"));
    }
    let listed = hosts.is_listed_realm(registry, &site);
    let trusted = site == *registry || listed || is_built_in_realm(registry, &site);
    // A realm is no redirect: one that the policy lists may be inside, wherever the registry is.
    let sender = Sender { registry, inside: true };
    let guard = if listed { crate::address::Guard::Open } else { redirect::guard(sender, &site, hosts) };
    if redirect::refused(&site, guard).is_some() {
        return Err(refuse(INNER));
    }
    Ok(Realm { hop: Hop { url, site, guard }, trusted })
}

const INNER: &str =
    "it is at an address that no stranger may make us ask; list it in `auth-realms` if it is right";

async fn ask(
    wire: &Wire,
    job: &Job<'_>,
    challenge: &Challenge,
    mut hop: Hop,
    credential: Option<&Credential>,
) -> Result<(StatusCode, Vec<u8>), NetError> {
    let registry = job.registry.key();
    let service = challenge.parameter("service");
    let scope = scope(job.scope, challenge.parameter("scope"));
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    pairs.extend(service.map(|service| ("service", service)));
    pairs.extend(scope.map(|scope| ("scope", scope)));
    let (mut form, mut authorization) = (None, None);
    match credential {
        Some(Credential::IdentityToken(token)) => {
            // distribution, "OAuth2 token": grant_type, service, client_id, scope, refresh_token.
            pairs.extend([
                ("grant_type", "refresh_token"),
                ("client_id", "proofmark"),
                ("refresh_token", token.reveal()),
            ]);
            form = Some(encode(&pairs));
        }
        other => {
            authorization = other.and_then(basic);
            hop.url.query_pairs_mut().extend_pairs(pairs);
        }
    }
    let place = hop.site.key();
    let ask = Ask {
        from_byte: 0,
        hop: &hop,
        from: Some(&registry),
        accept: "application/json",
        authorization: authorization.as_ref(),
        form,
        deadline: job.deadline,
    };
    count(&wire.counters.tokens, 1);
    let wrap = |error| on_the_way(&registry, error);
    let answer = wire.ask(&ask).await.map_err(wrap)?;
    let status = answer.status();
    if !status.is_success() {
        return Ok((status, Vec::new()));
    }
    let read = body::read(answer, &place, MAX_ANSWER);
    Ok((status, until(job.deadline, &place, read).await.map_err(wrap)?))
}

/// An error on the way to the token service, told as one of the registry.
fn on_the_way(registry: &str, error: NetError) -> NetError {
    match error {
        NetError::Redirect { to, why: RedirectProblem::Address(_), .. } => NetError::Unauthorized {
            host: registry.to_owned(),
            problem: AuthProblem::Realm { realm: to, why: INNER },
        },
        source => NetError::TokenService { host: registry.to_owned(), source: Box::new(source) },
    }
}

/// The caller's scope; else the registry's, if it asks for reading one thing and nothing else: a token that could push
/// is not fetched for whoever asks for it.
fn scope<'a>(wanted: Option<&'a str>, asked: Option<&'a str>) -> Option<&'a str> {
    wanted.or_else(|| asked.filter(|scope| !scope.contains(' ') && scope.ends_with(":pull")))
}

fn encode(pairs: &[(&str, &str)]) -> String {
    let Ok(mut url) = Url::parse("http://form/") else { return String::new() };
    url.query_pairs_mut().extend_pairs(pairs);
    url.query().unwrap_or_default().to_owned()
}

/// RFC 7617.
pub(crate) fn basic(credential: &Credential) -> Option<HeaderValue> {
    let Credential::Password { username, password } = credential else { return None };
    let pair = STANDARD.encode(format!("{username}:{}", password.reveal()));
    secret_header("Basic", &pair)
}

/// RFC 6750 2.1. `None`: the token has characters that no header has.
pub(crate) fn bearer(token: &str) -> Option<HeaderValue> {
    let visible =
        token.len() <= MAX_TOKEN && !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic());
    visible.then(|| secret_header("Bearer", token)).flatten()
}

fn secret_header(scheme: &str, secret: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(&format!("{scheme} {secret}")).ok()?;
    // Kept out of debug output.
    value.set_sensitive(true);
    Some(value)
}

fn read(body: &[u8]) -> Result<(HeaderValue, Duration), &'static str> {
    // serde reads a struct from an array too.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err("not a JSON object");
    }
    let answer: Answer = serde_json::from_slice(body).map_err(|_| "not the JSON of a token")?;
    let token = answer.token.or(answer.access_token).filter(|t| !t.is_empty()).ok_or("no token in it")?;
    let value = bearer(&token).ok_or("the token has characters that no token has, or is too long")?;
    let seconds = answer.expires_in.unwrap_or(DEFAULT_LIFETIME).min(MAX_LIFETIME);
    Ok((value, Duration::from_secs(seconds).saturating_sub(MARGIN)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        let (value, lifetime) = read(br#"{"token":"abc","expires_in":300,"issued_at":"x"}"#).unwrap();
        assert_eq!((value.to_str().unwrap(), lifetime), ("Bearer abc", Duration::from_secs(295)));
        assert!(value.is_sensitive());
        assert_eq!(read(br#"{"access_token":"a"}"#).unwrap().1, Duration::from_secs(55));
        assert_eq!(
            read(br#"{"token":"a","expires_in":18446744073709551615}"#).unwrap().1,
            Duration::from_secs(3595)
        );
        for bad in [
            r"{}",
            r#"{"token":""}"#,
            r#"{"token":"a b"}"#,
            r#"{"token":"a\r\nX: y"}"#,
            r#"{"token":"a","token":"b"}"#,
            r#"{"token":"a","expires_in":-1}"#,
            "[]",
            r#"["a","b",1]"#,
            "",
            "null",
        ] {
            assert!(read(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_stranger_does_not_choose_a_wide_scope() {
        assert_eq!(scope(Some("repository:a:pull"), Some("repository:b:pull")), Some("repository:a:pull"));
        assert_eq!(scope(None, Some("repository:b:pull")), Some("repository:b:pull"));
        for wide in [
            "repository:b:pull,push",
            "repository:b:*",
            "registry:catalog:*",
            "repository:a:push repository:b:pull",
        ] {
            assert_eq!(scope(None, Some(wide)), None, "{wide}");
        }
    }

    /// REG-09: realms that are never asked, whoever names them.
    #[test]
    fn reg_09_realms() {
        let at = |registry: &str, text: &str| {
            let challenge = Challenge {
                scheme: "bearer".into(),
                parameters: vec![("realm".to_owned(), text.to_owned())],
            };
            realm(&challenge, &parse_url(registry).unwrap().1, &HostRules::new()).map(|realm| realm.trusted)
        };
        for bad in [
            "",
            "/token",
            "http://ghcr.io/token",
            "https://10.0.0.1/t",
            "https://169.254.169.254/",
            "file:///x",
            "https://u:p@ghcr.io/",
            "http://127.0.0.1/token",
        ] {
            assert!(matches!(at("https://ghcr.io/", bad), Err(AuthProblem::Realm { .. })), "{bad}");
        }
        assert_eq!(at("https://ghcr.io/", "https://ghcr.io/token"), Ok(true));
        assert_eq!(at("https://ghcr.io/", "https://ghcr.io:8443/token"), Ok(false));
        assert_eq!(at("https://ghcr.io/", "https://auth.evil.com/token"), Ok(false));
        assert_eq!(at("https://registry-1.docker.io/", "https://auth.docker.io/token"), Ok(true));
        assert_eq!(at("http://127.0.0.1:5000/", "http://127.0.0.1:5001/token"), Ok(false));
    }
}
