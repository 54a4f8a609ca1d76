//! What an `.envrc` does, without running it.
//!
//! [`interpret`] follows a file by the syntax of `proofmark-shell`: variables, arrays, functions, substitutions, pipelines,
//! here-documents, files that it loads from its own folder, and the functions of direnv's standard library. A [`Trace`] says
//! what is done, where, and with which [`Value`]s; what is not known says where it comes from ([`Origin`]).
//!
//! Pure: other files come through [`Files`]. What is not followed is a [`Problem`], never silence. All ways are followed and
//! joined: no condition, `exit` or `return` makes a line disappear, they only change its [`Reach`].
//!
//! What cannot be seen here: what a program does, and what code does that is not known (an [`Action::Code`] with holes is
//! recorded, but the variables that it may set are not forgotten); aliases; what `IFS` changes when its value is not known;
//! extended globs in the patterns of expansions; braces in a word
//! whose `${…}` has braces in its operand.

mod ability;
mod audit;
pub mod closure;
mod commands;
mod difference;
mod dotenv;
mod downloads;
mod files;
mod finding;
mod known;
mod limits;
mod machine;
pub mod rules;
mod state;
pub mod store;
mod tables;
mod trace;
mod value;
mod variables;

pub use ability::{Ability, gained, lost};
pub use audit::{Hit, Spot, audit, judge_trace};
pub use difference::added;
pub use dotenv::{
    Dotenv, DotenvAssignment, DotenvError, DotenvLimits, DotenvPiece, DotenvValue, Quotes, parse_dotenv,
};
pub use downloads::{Download, Watch};
pub use files::{Facts, FileAnswer, Files, NoFiles};
pub use finding::{Judged, judge, worst};
pub use limits::{Cap, Limits};
pub use machine::interpret;
pub use rules::RULES;
pub use trace::{Action, Call, Callee, Event, Loaded, Problem, Reach, Source, SourceKind, Trace};
pub use value::{Origin, OriginKind, Piece, Place, Text, Value};
