//! What direnv trusts on a machine: its approvals, `direnv.toml`, startup files and downloads.
//!
//! [`read_store`] reads what direnv would, through [`Disk`]; [`judge_store`] says what is wrong with it. Pure: nothing is
//! written, run or fetched. The model is of direnv 2.32, beside which `cargo xtask direnv` holds it; what versions up to 2.37
//! do otherwise is said where it matters (the store of denials, `require_allowed`).

mod disk;
mod hash;
mod model;
mod path;
mod permitted;
mod read;
mod roots;
pub mod rules;
mod settings;

pub use disk::{Disk, DiskAnswer, FileFacts, FileKind};
pub use hash::{approval_name, denial_name};
pub use model::{
    Approval, ApprovalState, ApprovalStore, Cached, CachedState, Odd, StartupFile, Store, StoreProblem,
};
pub use permitted::{Permitted, PermittedFolder, PermittedStartup};
pub use read::{StoreLimits, read_store};
pub use roots::{Roots, RootsError, Variables};
pub use rules::{STORE_RULES, StoreContext, StoreFinding, judge_store};
pub use settings::{Setting, Settings, Whitelisted};
