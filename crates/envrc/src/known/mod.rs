//! What rules know of programs and variables, as tables.

pub(crate) mod network;
pub(crate) mod programs;
pub(crate) mod secrets;
pub(crate) mod variables;
