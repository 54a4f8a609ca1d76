//! The only door to the network: bounded, credentials bound to hosts, offline and replay transports.
//!
//! Everything goes through [`Transport::get`]. [`HttpTransport`] is the real one; it authenticates, follows redirects by
//! hand, retries, and reads within caps. It knows nothing of images and decides nothing.

mod address;
mod auth;
mod auth_problem;
mod blocking;
mod body;
mod cache;
mod challenge;
mod classify;
mod clients;
mod credentials;
mod error;
mod hosts;
mod http;
mod proxy;
mod recording;
mod redirect;
mod resolve;
mod retry;
mod site;
mod token;
mod transport;
pub mod unnamed;
mod wire;

pub use auth_problem::AuthProblem;
pub use blocking::{Blocking, Detached};
pub use cache::{Cache, CacheState, Incoming};
pub use challenge::{Challenge, ChallengeError, parse_challenge};
pub use credentials::{
    Anonymous, Credential, CredentialError, CredentialSources, Credentials, StoredCredentials,
};
pub use error::{HeaderProblem, NetError, RedirectProblem, TlsProblem};
pub use hosts::{CaBundle, CaError, HostRule, HostRules};
pub use http::{HttpConfig, HttpTransport};
pub use proxy::ProxyConfig;
pub use recording::{Exchange, OfflineTransport, RecordingTransport, ReplayTransport};
pub use resolve::StaticNames;
pub use site::check_url;
pub use transport::{BoxFuture, Request, Response, Sink, Transport};
pub use wire::Stats;
