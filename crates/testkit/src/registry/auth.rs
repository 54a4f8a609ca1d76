//! Authentication as registries ask for it (distribution specification, "token" and "Basic").

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::http::Answer;
use super::log::LoggedRequest;
use super::route::Route;

/// Where tokens are to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Realm {
    /// At this path of the registry itself.
    Own(&'static str),
    /// At this URL: another registry's `url("/token")`, or nowhere.
    Elsewhere(String),
}

/// Which kind of authentication is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scheme {
    /// A token for the repository, from a realm.
    Bearer(Realm),
    /// User and password with every request.
    Basic,
}

/// Who may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auth {
    /// How it is asked for.
    pub scheme: Scheme,
    /// The `service` of the challenge.
    pub service: &'static str,
    /// User and password; `None` gives everyone an anonymous token.
    pub user: Option<(String, String)>,
}

impl Auth {
    /// Anonymous tokens from the registry itself.
    pub const fn anonymous(service: &'static str, path: &'static str) -> Self {
        Self { scheme: Scheme::Bearer(Realm::Own(path)), service, user: None }
    }

    /// Only for this user.
    #[must_use]
    pub fn user(mut self, name: &str, password: &str) -> Self {
        self.user = Some((name.to_owned(), password.to_owned()));
        self
    }

    fn basic(&self) -> Option<String> {
        self.user
            .as_ref()
            .map(|(name, password)| format!("Basic {}", STANDARD.encode(format!("{name}:{password}"))))
    }

    /// Whether the request may read; otherwise the 401 with its challenge.
    pub(crate) fn check(&self, request: &LoggedRequest, base: &str) -> Result<(), Answer> {
        let given = request.header("authorization");
        let scope = format!("repository:{}:pull", request.repository);
        let wanted = match &self.scheme {
            Scheme::Basic => self.basic(),
            Scheme::Bearer(_) if request.route == Route::Ping => given.map(str::to_owned),
            Scheme::Bearer(_) => Some(format!("Bearer {}", token(&scope))),
        };
        if given.is_some() && given == wanted.as_deref() {
            return Ok(());
        }
        let challenge = match &self.scheme {
            Scheme::Basic => format!("Basic realm=\"{base}/\",service=\"{}\"", self.service),
            Scheme::Bearer(realm) => {
                let realm = match realm {
                    Realm::Own(path) => format!("{base}{path}"),
                    Realm::Elsewhere(url) => url.clone(),
                };
                format!("Bearer realm=\"{realm}\",service=\"{}\",scope=\"{scope}\"", self.service)
            }
        };
        Err(Answer::error(401, "UNAUTHORIZED").header("WWW-Authenticate", &challenge))
    }

    /// The token endpoint's answer.
    pub(crate) fn issue(&self, request: &LoggedRequest) -> Answer {
        let wanted = self.basic();
        if wanted.is_some() && request.header("authorization") != wanted.as_deref() {
            return Answer::error(401, "UNAUTHORIZED");
        }
        issue_anonymous(request)
    }
}

/// A token for the scope that was asked for.
pub(crate) fn issue_anonymous(request: &LoggedRequest) -> Answer {
    let token = token(&request.parameter("scope").unwrap_or_default());
    Answer::json(&json!({ "token": token, "access_token": token, "expires_in": 300 }))
}

fn token(scope: &str) -> String {
    STANDARD.encode(scope)
}
