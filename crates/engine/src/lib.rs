//! Gates, the rule registry, exceptions, and the exit decision.
//!
//! The way of the data: [`run`] hands subjects to [`Gate`]s, applies exceptions to their findings, counts, and
//! decides the [`Exit`]. Nothing here prints.

mod downloads;
mod exceptions;
mod exit;
mod gate;
mod gates;
mod lint;
mod pinned;
pub mod pins;
mod pool;
mod registry;
mod run;
mod shadows;
mod store;
pub mod trust_update;

pub use downloads::ScriptFile;
pub use exit::{Exit, decide};
pub use gate::{Answer, Gate, GateContext, Progress, Silent};
pub use gates::{
    Audited, BaseGate, ComposeGate, DownloadGate, EmbeddedGate, EnvrcGate, ExecutableGate, ImageGate, Locked,
    PinGate, ReferenceGate, Scanned, ShadowGate,
};
pub use pool::run as in_parallel;
pub use registry::{exception_rules, rules};
pub use run::{Basis, Options, envrc_report, failed_report, policy_report, run, scan_report};
pub use shadows::{ShadowedBy, Shadowing};
pub use store::{StoreStatus, locks_of, permitted, store_report};
