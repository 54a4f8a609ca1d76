//! The report model and its emitters.
//!
//! [`Report`] is plain data that an engine fills; [`emit`] renders it. Nothing here judges: outcomes are counted by
//! [`Report::tally`], and the exit code is decided elsewhere and put in by [`Report::seal`]. No emitter knows a rule.
//!
//! Texts of a report come from registries, certificates and files of strangers. Every emitter makes them inert for the
//! place they go to: a terminal, a log that reads commands, Markdown, XML, JSON.

mod format;
mod github;
mod json;
mod junit;
mod markdown;
mod model;
mod page;
mod place;
mod plain;
mod rank;
mod reasons;
mod sarif;
mod schema;
mod tally;
mod text;

pub use format::{Format, Style, UnknownFormat, emit};
pub use json::write_inert;
pub use model::{Base, PolicyRef, Report, ReportError, RootRef, Run, Tool};
pub use page::{Page, docs_url, explain_command, page_of};
pub use reasons::reason_page;
pub use schema::{SCHEMA_ID, report_schema};
pub use tally::{RunVerdict, Summary, Tally};
pub use text::inert;
