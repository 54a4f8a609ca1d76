//! One test for each thing that can be wrong: exactly that step refuses, with the reason of verdicts.md 5.
#![allow(clippy::unwrap_used)]

#[path = "../support/mod.rs"]
mod support;

mod clock;
mod oids;
mod readings;
mod signers;
mod table;
mod times;
mod tokens;
mod unsupported;
