//! Images of a Dockerfile or Containerfile.

mod lines;
mod stages;
mod words;

pub(crate) use stages::{BuildArg, Given, begins, scan};
