//! From the errors of the HTTP library to [`NetError`], by type where there is one.

use std::error::Error;

use proofmark_core::display;
use reqwest::Url;
use rustls::{AlertDescription, CertificateError, Error as TlsError};

use crate::resolve::ResolveError;
use crate::site::{Site, shown};
use crate::{NetError, RedirectProblem, TlsProblem};

/// Deepest chain of causes that is walked.
const MAX_DEPTH: usize = 16;

/// What a failed exchange means. `from` is the host that sent us here, if one did.
pub(crate) fn classify(
    error: &reqwest::Error,
    url: &Url,
    site: &Site,
    proxy: Option<&Url>,
    from: Option<&str>,
) -> NetError {
    let host = site.key();
    if let Some(problem) = find(error, |e| e.downcast_ref::<TlsError>()).map(tls_problem) {
        return NetError::Tls { host, problem };
    }
    match find(error, |e| e.downcast_ref::<ResolveError>()) {
        Some(ResolveError::Refused(place)) => {
            let why = RedirectProblem::Address(place.word());
            return NetError::Redirect { from: from.unwrap_or(&host).to_owned(), to: shown(url), why };
        }
        Some(other) if proxy.is_none() => return NetError::Dns { host, cause: safe(&other.to_string()) },
        _ => {}
    }
    let cause = deepest(error);
    if error.is_connect() {
        return match proxy {
            Some(proxy) => NetError::Proxy { proxy: shown(proxy), cause },
            None if error.is_timeout() => NetError::Connect { host, cause: "no answer in time".to_owned() },
            None => NetError::Connect { host, cause },
        };
    }
    if find(error, |e| e.downcast_ref::<hyper::Error>()).is_some_and(hyper::Error::is_parse) {
        return NetError::Protocol { host, cause };
    }
    NetError::Aborted { host, cause }
}

/// The text of the innermost cause: what the system or the peer said, without our own wrapping.
pub(crate) fn deepest(error: &reqwest::Error) -> String {
    let mut at: &dyn Error = error;
    for _ in 0..MAX_DEPTH {
        match at.source() {
            Some(next) => at = next,
            None => break,
        }
    }
    safe(&at.to_string())
}

fn safe(text: &str) -> String {
    display::safe_short(text, 200)
}

/// The first error of a type in the chain; `io::Error`s hide theirs, so these are opened.
fn find<'a, T>(
    error: &'a reqwest::Error,
    pick: impl Fn(&'a (dyn Error + 'static)) -> Option<&'a T>,
) -> Option<&'a T> {
    let mut at: Option<&(dyn Error + 'static)> = error.source();
    for _ in 0..MAX_DEPTH {
        let here = at?;
        if let Some(found) = pick(here) {
            return Some(found);
        }
        let inner = here.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        at = match inner {
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => here.source(),
        };
    }
    None
}

fn tls_problem(error: &TlsError) -> TlsProblem {
    match error {
        TlsError::InvalidCertificate(certificate) => certificate_problem(certificate),
        // What an HTTP server's plain text looks like to TLS.
        TlsError::InvalidMessage(_) => TlsProblem::NotTls,
        TlsError::PeerIncompatible(why) => TlsProblem::Downgrade(format!("{why:?}")),
        TlsError::AlertReceived(
            alert @ (AlertDescription::ProtocolVersion
            | AlertDescription::HandshakeFailure
            | AlertDescription::InsufficientSecurity
            | AlertDescription::InappropriateFallback),
        ) => TlsProblem::Downgrade(format!("alert {alert:?}")),
        TlsError::PeerMisbehaved(why) => {
            let text = format!("{why:?}");
            if text.contains("Downgrade") { TlsProblem::Downgrade(text) } else { TlsProblem::Other(text) }
        }
        other => TlsProblem::Other(safe(&other.to_string())),
    }
}

fn certificate_problem(error: &CertificateError) -> TlsProblem {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => TlsProblem::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            TlsProblem::NotYetValid
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            TlsProblem::WrongHost
        }
        CertificateError::UnknownIssuer | CertificateError::BadSignature => TlsProblem::UnknownCa,
        CertificateError::Revoked => TlsProblem::Revoked,
        other => TlsProblem::Other(safe(&other.to_string())),
    }
}
