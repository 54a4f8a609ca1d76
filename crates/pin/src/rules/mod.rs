//! Rules about pinned executables: one folder a rule, `mod.rs` (the check), `doc.md` (its page), `cases/` (locks, policies and
//! executables with expected findings; `README.md` describes them).

#[path = "pin-downgrade/mod.rs"]
pub mod downgrade;
#[path = "pin-expired-key/mod.rs"]
pub mod expired_key;
#[path = "pin-lock-drift/mod.rs"]
pub mod lock_drift;
#[path = "pin-mismatch/mod.rs"]
pub mod mismatch;
#[path = "pin-missing/mod.rs"]
pub mod missing;
#[path = "pin-unsigned/mod.rs"]
pub mod unsigned;
#[path = "pin-writable/mod.rs"]
pub mod writable;

use proofmark_core::RuleMeta;

/// The rules of this crate, in the order of the documentation.
pub const RULES: &[&RuleMeta] = &[
    &missing::META,
    &lock_drift::META,
    &mismatch::META,
    &unsigned::META,
    &downgrade::META,
    &expired_key::META,
    &writable::META,
];
