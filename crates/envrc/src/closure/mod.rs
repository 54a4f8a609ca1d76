//! Everything that an `.envrc` makes the shell load, hashed as a whole: direnv's approval covers the one file alone.
//!
//! [`examine`] follows a file, judges it, and collects what it loads: each [`Member`] has a path, a kind and a [`Content`], and a
//! file that is looked for and is not there is a member too. What cannot be pinned down (a name that is computed, a folder that
//! a package manager fills) is listed as open, and never taken for covered. [`compare`] tells two closures apart.
//!
//! Paths are written from the folder of the file: `a/b`, `../a`; `~/a` from the home directory; `/a` from the root.

mod again;
mod collect;
mod compare;
mod ground;
mod member;
mod place;
mod recipes;
mod recorder;
pub mod rules;

pub use again::held_now;
pub use collect::{Examined, closure_of, examine};
pub use compare::{MemberChange, compare};
pub use ground::{Ground, Held};
pub use member::{Closure, Content, Member, MemberKind, Unheld};
pub use rules::{CLOSURE_RULES, Lock, judge_closure};
