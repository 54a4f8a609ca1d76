//! Why there is no answer, and what to do about it.

use proofmark_core::Reason;

use crate::AuthProblem;

/// Why there is no answer. Each variant knows its reason and what would help.
///
/// Texts that come from outside (causes, redirect targets) are cut and escaped when the error is made.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum NetError {
    /// `--offline` was given.
    #[error("the network is not used: --offline")]
    Offline,
    /// The body is longer than the request allows.
    #[error("{host}: the answer is longer than {limit} bytes")]
    TooLarge {
        /// The host that answered.
        host: String,
        /// The cap.
        limit: u64,
    },
    /// The deadline passed.
    #[error("{host}: no whole answer within the time limit")]
    Deadline {
        /// The host that was asked.
        host: String,
    },
    /// The URL cannot be asked for.
    #[error("{url}: {why}")]
    InvalidUrl {
        /// The URL, without its query.
        url: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// `http://` to a host that the policy does not let be spoken to in the clear.
    #[error("{host}: refusing to speak HTTP in the clear")]
    PlainHttp {
        /// The host.
        host: String,
    },
    /// The name has no address, or no name server answered.
    #[error("{host}: the name cannot be resolved: {cause}")]
    Dns {
        /// The host.
        host: String,
        /// What the resolver said.
        cause: String,
    },
    /// No connection.
    #[error("{host}: cannot connect: {cause}")]
    Connect {
        /// The host.
        host: String,
        /// What the system said.
        cause: String,
    },
    /// No trusted connection. There is no fallback to HTTP.
    #[error("{host}: {problem}")]
    Tls {
        /// The host.
        host: String,
        /// What is wrong.
        problem: TlsProblem,
    },
    /// The registry sent us elsewhere, and we do not go there.
    #[error("{from}: redirect to {to} refused: {why}")]
    Redirect {
        /// The host that redirected.
        from: String,
        /// Where to, without its query: it may hold a signature.
        to: String,
        /// Why not.
        why: RedirectProblem,
    },
    /// The body ended before its end.
    #[error("{host}: the answer was cut off after {received} bytes{}: {cause}", expected.map_or(String::new(), |n| format!(" of {n}")))]
    Truncated {
        /// The host that answered.
        host: String,
        /// Bytes that arrived.
        received: u64,
        /// `Content-Length`, if one was sent.
        expected: Option<u64>,
        /// What the connection said.
        cause: String,
    },
    /// The connection ended before an answer began.
    #[error("{host}: the connection was closed without an answer: {cause}")]
    Aborted {
        /// The host.
        host: String,
        /// What the connection said.
        cause: String,
    },
    /// The answer is not HTTP, or its head is larger than allowed.
    #[error("{host}: the answer is not valid HTTP: {cause}")]
    Protocol {
        /// The host.
        host: String,
        /// What is wrong.
        cause: String,
    },
    /// The body was encoded on its way, which nobody asked for: its bytes are not the content.
    #[error("{host}: the registry or a proxy compressed the body ({encoding}), which was not asked for")]
    Encoded {
        /// The host that answered.
        host: String,
        /// `Content-Encoding` or `Transfer-Encoding`, escaped.
        encoding: String,
    },
    /// A header that says whether the answer is whole cannot be read.
    #[error("{host}: its {name} header {why}")]
    Header {
        /// The host that answered.
        host: String,
        /// The header.
        name: String,
        /// What is wrong with it.
        why: HeaderProblem,
    },
    /// The registry asks for credentials that it does not get, or refuses those that it got.
    #[error("{host}: {problem}")]
    Unauthorized {
        /// The registry.
        host: String,
        /// What is wrong.
        problem: AuthProblem,
    },
    /// The registry's token service did not answer.
    #[error("{host}: no token from its token service: {source}")]
    TokenService {
        /// The registry.
        host: String,
        /// What happened on the way to the token service.
        source: Box<NetError>,
    },
    /// The registry's token service answered with an error of its own, again and again.
    #[error("{host}: no token: its token service {realm} answers {status}")]
    TokenStatus {
        /// The registry.
        host: String,
        /// The host of the token service.
        realm: String,
        /// Its HTTP status: 429 or 5xx.
        status: u16,
    },
    /// The proxy did not let the request through.
    #[error("proxy {proxy}: {cause}")]
    Proxy {
        /// The proxy, without user information.
        proxy: String,
        /// What happened.
        cause: String,
    },
    /// No certificate authority can be read, so no HTTPS host can be trusted.
    #[error("{host}: the system's certificate authorities cannot be read: {cause}")]
    NoRoots {
        /// The host that was asked.
        host: String,
        /// What happened.
        cause: String,
    },
    /// A replayed run asked for something that was not recorded.
    #[error("{url}: not in the recording")]
    NotRecorded {
        /// The URL, without its query.
        url: String,
    },
}

/// What is wrong with a TLS connection (RFC 5280, RFC 9525).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsProblem {
    /// The certificate's time is over.
    #[error("its TLS certificate has expired")]
    Expired,
    /// The certificate's time has not come.
    #[error("its TLS certificate is not valid yet")]
    NotYetValid,
    /// The certificate is for another host.
    #[error("its TLS certificate is for another host")]
    WrongHost,
    /// Nobody whom the system or `ca-file` trusts has issued the certificate.
    #[error("its TLS certificate is from an unknown certificate authority")]
    UnknownCa,
    /// The certificate was revoked.
    #[error("its TLS certificate is revoked")]
    Revoked,
    /// What answers does not speak TLS: HTTP on an HTTPS port, or somebody in between.
    #[error("it does not speak TLS where HTTPS is expected")]
    NotTls,
    /// No common version or cipher: an old server, or somebody who downgrades.
    #[error("it offers no TLS version or cipher that is safe ({0})")]
    Downgrade(String),
    /// Anything else.
    #[error("TLS failed: {0}")]
    Other(String),
}

/// Why a redirect is not followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RedirectProblem {
    /// From HTTPS to HTTP.
    #[error("it leads from HTTPS to HTTP")]
    Downgrade,
    /// To HTTP on a host that may not be spoken to in the clear.
    #[error("its target speaks HTTP, and the policy does not list it so")]
    PlainHttp,
    /// To an address that nobody outside may make us ask.
    #[error("its target is a {0} address")]
    Address(&'static str),
    /// Too many, or in a circle.
    #[error("more than {0} redirects in a row")]
    TooMany(usize),
    /// Not an HTTP URL.
    #[error("its target is not a usable URL")]
    Url,
}

/// Why a header is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderProblem {
    /// Longer than this many bytes, its lines together.
    #[error("is longer than {0} bytes")]
    TooLong(usize),
    /// Not visible ASCII.
    #[error("is not ASCII text")]
    NotText,
    /// The part of a body that it announces is not the one that was asked for.
    #[error("names another part than was asked for")]
    OtherPart,
}

impl NetError {
    /// The reason that a verdict gives. All of them are of the kind Unverifiable: no network error is a Fail.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Offline => Reason::Offline,
            Self::TooLarge { .. }
            | Self::Deadline { .. }
            | Self::Header { why: HeaderProblem::TooLong(_), .. }
            | Self::Redirect { why: RedirectProblem::TooMany(_), .. } => Reason::Limit,
            Self::Unauthorized { .. } => Reason::Unauthorized,
            Self::TokenService { source, .. } => source.reason(),
            _ => Reason::Unreachable,
        }
    }

    /// One thing to do that would mend it.
    pub fn help(&self) -> String {
        match self {
            Self::Offline => "run it once without --offline, or give an OCI layout".to_owned(),
            Self::TooLarge { .. } => {
                "if the host is right, raise the byte limits under `[limits]`".to_owned()
            }
            Self::Deadline { host } => {
                format!(
                    "check the way to {host}: `curl -sv https://{host}/v2/` (http:// where it has no TLS); or raise the time under `[limits]`"
                )
            }
            Self::InvalidUrl { .. } => "write the registry as `host` or `host:port`".to_owned(),
            Self::PlainHttp { host } => format!(
                "if {host} has no TLS, say so in allowlists/registries.toml: `plain-http = true` for `host = \"{host}\"`"
            ),
            Self::Dns { host, .. } => format!("check the name: `getent hosts {}`", without_port(host)),
            Self::Connect { host, .. } | Self::Aborted { host, .. } | Self::Truncated { host, .. } => {
                format!("check that {host} is up and that a proxy, if one is needed, is set in HTTPS_PROXY")
            }
            Self::Encoded { host, .. } => format!(
                "have whoever runs {host}, or the proxy before it, send content as it is stored: no compression for /v2/"
            ),
            Self::Protocol { host, .. } | Self::Header { host, .. } => {
                format!(
                    "check what answers on {host}: `curl -sv https://{host}/v2/` (http:// where it has no TLS)"
                )
            }
            Self::Tls { host, problem } => tls_help(host, problem),
            Self::Redirect { to, why, .. } => redirect_help(to, why),
            Self::Unauthorized { host, problem } => problem.help(host),
            Self::TokenService { source, .. } => source.help(),
            Self::TokenStatus { realm, .. } => format!("try again later, or ask the owner of {realm}"),
            Self::Proxy { .. } => {
                "check HTTPS_PROXY, HTTP_PROXY and NO_PROXY, and the proxy's user name and password"
                    .to_owned()
            }
            Self::NoRoots { .. } => {
                "install the system's certificate authorities (package ca-certificates)".to_owned()
            }
            Self::NotRecorded { .. } => "make the recording again".to_owned(),
        }
    }
}

fn tls_help(host: &str, problem: &TlsProblem) -> String {
    match problem {
        TlsProblem::UnknownCa => format!(
            "if {host} has a certificate authority of its own, name it in allowlists/registries.toml: `ca-file = \"ca.pem\"` for `host = \"{host}\"`"
        ),
        TlsProblem::NotTls => format!(
            "if {host} has no TLS, say so in allowlists/registries.toml: `plain-http = true` for `host = \"{host}\"`"
        ),
        TlsProblem::NotYetValid => "check this machine's clock, then the host's certificate".to_owned(),
        _ => {
            let address = if host.contains(':') { host.to_owned() } else { format!("{host}:443") };
            format!(
                "look at the certificate: `openssl s_client -connect {address}`, and tell the host's owner"
            )
        }
    }
}

fn redirect_help(to: &str, why: &RedirectProblem) -> String {
    match why {
        RedirectProblem::Address(_) => format!(
            "if {to} is storage of a registry inside, list its host in allowlists/registries.toml; loopback and link-local addresses are never asked"
        ),
        RedirectProblem::PlainHttp => {
            "list the target's host in allowlists/registries.toml with `plain-http = true`, or give it TLS"
                .to_owned()
        }
        _ => "tell the registry's owner where it redirects".to_owned(),
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}
