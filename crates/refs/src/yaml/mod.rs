//! YAML as a tree whose nodes know their bytes; aliases stay aliases, so that a small file is a small tree.
//!
//! Source: YAML 1.2.2; merge keys, <https://yaml.org/type/merge.html>.

mod build;
mod emit;
mod plain;
mod tree;

pub(crate) use build::{OTHER_BREAKS, other_break, parse};
pub(crate) use emit::{Emitter, has_prefix, no_empty_default, outward};
pub(crate) use tree::{Id, Kind, Tree};
