//! Running a pinned executable: what was verified is what runs.
//!
//! [`admit`] opens the file once. The way to it is walked link by link, each directory by its descriptor ([`Refusal::Owner`],
//! [`Refusal::Writable`]); the open descriptor is looked at, hashed and held against the pin and its signatures, and [`Admitted::run`] runs that
//! descriptor with `fexecve`. Whoever exchanges the file meanwhile exchanges a name, and the old bytes run.
//!
//! What this cannot see is written down in `docs/guide/pins-exec.md`: whoever may write to the inode can still write to it after the last
//! look, and whoever controls the loader's libraries is not asked about.

#[cfg(target_os = "linux")]
mod admit;
#[cfg(target_os = "linux")]
mod cache;
#[cfg(target_os = "linux")]
mod cause;
mod demanded;
#[cfg(not(target_os = "linux"))]
mod elsewhere;
mod environment;
#[cfg(target_os = "linux")]
mod failpoint;
mod kind;
#[cfg(target_os = "linux")]
mod opened;
#[cfg(target_os = "linux")]
mod record;
mod refusal;
mod search;
mod select;
mod shim;
#[cfg(target_os = "linux")]
mod walk;

#[cfg(target_os = "linux")]
pub use admit::{Admitted, Denied, Question, Remembered, admit, trusted};
#[cfg(target_os = "linux")]
pub use cache::Cache;
pub use demanded::held;
#[cfg(not(target_os = "linux"))]
pub use elsewhere::{Admitted, Cache, Denied, Question, Remembered, admit, trusted};
pub use environment::{Dropped, Variables, clean, hijack};
pub use kind::Kind;
pub use refusal::{Cause, Refusal};
pub use search::{in_directory, on_path};
pub use select::select;
pub use shim::{Shim, ShimError};
