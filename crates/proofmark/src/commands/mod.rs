//! The commands, one file each. They gather what the user said, call the engine, and print.

pub(crate) mod base;
pub(crate) mod check;
pub(crate) mod envrc;
pub(crate) mod explain;
pub(crate) mod generate;
pub(crate) mod image_digests;
pub(crate) mod image_pin;
pub(crate) mod init;
pub(crate) mod pin;
pub(crate) mod policy;
pub(crate) mod pull;
pub(crate) mod save;
pub(crate) mod scan;
pub(crate) mod tree;
pub(crate) mod trust;
pub(crate) mod trust_update;
pub(crate) mod verify;
