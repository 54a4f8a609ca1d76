//! The whole program: what it prints, where, and how it ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test fails by it")]
#![cfg(unix)]

mod adding;
mod allowing;
mod attacked;
mod bad_input;
mod bases;
mod building;
mod built;
mod cache;
mod composing;
mod direnv;
mod doctor;
mod embedded;
mod envrc;
mod envrc_diff;
mod envrc_lock;
mod escapes;
mod example;
mod failures;
mod files;
mod findings;
mod fixes;
mod following;
mod init;
mod interrupts;
mod keys;
mod network;
mod node;
mod outputs;
mod pages;
mod pin_exec;
mod pinning;
mod pins;
mod places;
mod pulling;
mod registries;
mod repository;
mod revision;
mod saving;
mod single;
mod stranger;
mod support;
mod tls;
mod trees;
