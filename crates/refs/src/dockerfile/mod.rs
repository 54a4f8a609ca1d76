//! Images of a Dockerfile or Containerfile.

mod given;
mod lines;
mod stages;
mod words;

pub use given::Given;
pub(crate) use given::{BuildArg, ways};
pub(crate) use stages::{arguments, begins, scan};
