//! The transport against hostile servers on real sockets, and the files around it.

#![allow(clippy::unwrap_used, reason = "clippy allows it in test functions, but not in what they share")]

mod auth;
mod bodies;
mod cache;
mod credentials;
mod proxies;
mod recordings;
mod redirects;
mod retries;
mod support;
mod tls;
