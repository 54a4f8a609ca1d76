//! The reader of registries against registries in memory, hostile and everyday ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, missing_docs)]

mod discovery;
mod graph;
mod hostile;
mod layout;
mod mirrors;
mod parsers;
mod reference;
mod shapes;
mod strangers;
mod support;
