//! Rules about closures: one folder a rule, `mod.rs` (the check), `doc.md` (its page), `cases/` (two states of a folder with
//! expected findings; `README.md` describes them).

#[path = "envrc-closure-changed/mod.rs"]
pub mod changed;
#[path = "envrc-new-ability/mod.rs"]
pub mod new_ability;

use proofmark_core::RuleMeta;

pub use changed::{Lock, check as judge_closure};

/// The rules of closures.
pub const CLOSURE_RULES: &[&RuleMeta] = &[&changed::META, &new_ability::META];
