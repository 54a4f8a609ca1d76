//! Images of a Dockerfile or Containerfile.

mod built;
pub(crate) mod commands;
mod given;
mod lines;
mod platform;
mod stages;
mod words;

pub(crate) use built::scan_built;
pub(crate) use given::BuildArg;
pub use given::Given;
pub(crate) use stages::begins;
