//! One program for the tests over a whole platform: fewer programs to link, and one Sigstore for all of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by it")]

#[path = "../support/mod.rs"]
mod support;

mod attestations;
mod bases;
mod deep;
mod digests;
mod legacy;
mod limits;
mod mirrors;
mod newest;
mod random;
mod scans;
mod shapes;
mod signatures;
mod strangers;
mod trust;
mod unread;
mod unsupported;
mod words;
