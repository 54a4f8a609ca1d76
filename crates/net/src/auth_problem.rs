//! Why a registry gives nothing without, or with, a credential.

use std::fmt;

/// What is wrong with authentication.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthProblem {
    /// 401, without any challenge that we can answer.
    NoUsableChallenge,
    /// A `WWW-Authenticate` header that is no such header.
    BadChallenge(&'static str),
    /// The registry wants a password and none is stored for it.
    NoCredentials {
        /// Why a credential file or helper gave none, if it failed.
        note: Option<String>,
    },
    /// The realm is not one that may be asked at all.
    Realm {
        /// The realm, without its query.
        realm: String,
        /// Why not.
        why: &'static str,
    },
    /// A credential is stored, the realm is elsewhere and nobody allowed it to go there, and anonymously there is no token.
    ForeignRealm {
        /// The host of the realm.
        realm: String,
    },
    /// The token service said no.
    Refused {
        /// The host of the realm.
        realm: String,
        /// Its HTTP status.
        status: u16,
        /// Whether it was asked with a credential.
        with_credential: bool,
        /// Why a credential file or helper gave none, if it failed.
        note: Option<String>,
    },
    /// The token service's answer holds no token.
    BadToken {
        /// The host of the realm.
        realm: String,
        /// What is wrong.
        why: &'static str,
    },
    /// The registry refuses the token or password that it asked for.
    Rejected,
}

impl fmt::Display for AuthProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let note = |f: &mut fmt::Formatter<'_>, note: &Option<String>| match note {
            Some(note) => write!(f, " ({note})"),
            None => Ok(()),
        };
        match self {
            Self::NoUsableChallenge => {
                f.write_str("it refuses the request and offers no way to authenticate")
            }
            Self::BadChallenge(why) => write!(f, "its WWW-Authenticate header is malformed: {why}"),
            Self::NoCredentials { note: n } => {
                f.write_str("it asks for a user name and password, and none are stored for it")?;
                note(f, n)
            }
            Self::Realm { realm, why } => write!(f, "its token service {realm} is not asked: {why}"),
            Self::ForeignRealm { realm } => write!(
                f,
                "its token service {realm} gives no anonymous token, and the stored credential may not go to that host"
            ),
            Self::Refused { realm, status, with_credential, note: n } => {
                let how = if *with_credential { "with the stored credential" } else { "anonymously" };
                write!(f, "its token service {realm}, asked {how}, answers {status}")?;
                note(f, n)
            }
            Self::BadToken { realm, why } => {
                write!(f, "its token service {realm} answers without a token: {why}")
            }
            Self::Rejected => f.write_str("it refuses the token or password that it asked for"),
        }
    }
}

impl AuthProblem {
    /// One thing to do that would mend it.
    pub(crate) fn help(&self, host: &str) -> String {
        match self {
            Self::ForeignRealm { realm } => format!(
                "if that token service is right, allow it in allowlists/registries.toml: `auth-realms = [\"{realm}\"]` for `host = \"{host}\"`"
            ),
            Self::Realm { .. } | Self::BadChallenge(_) | Self::BadToken { .. } => {
                format!(
                    "tell the owner of {host} what it answers: `curl -sv https://{host}/v2/` (http:// where it has no TLS)"
                )
            }
            _ => format!("log in: `docker login {host}` or `podman login {host}`"),
        }
    }
}
