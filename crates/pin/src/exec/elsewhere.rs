//! Systems other than Linux: what was verified cannot be run by its descriptor there, and so nothing is run.

use std::convert::Infallible;
use std::ffi::OsStr;
use std::io::Read;
use std::path::Path;

use proofmark_core::{Digest, Timestamp};
use proofmark_lock::{Lock, Pin};

use super::Refusal;
use super::environment::Variables;
use crate::Rejection;

/// What is asked; see the same of Linux.
#[allow(missing_docs, missing_debug_implementations, reason = "as on Linux")]
#[derive(Clone, Copy)]
pub struct Question<'a> {
    pub tool: &'a str,
    pub pins: &'a [&'a Pin],
    pub lock: &'a Lock,
    pub judge: &'a dyn Fn(&Pin, &mut dyn Read) -> Result<(), Denied>,
    pub basis: &'a Digest,
    pub now: Timestamp,
    pub cache: Option<&'a Cache>,
}

/// Why the bytes of a file are not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "as on Linux")]
pub enum Denied {
    Rejected(Rejection),
    Policy(proofmark_core::Refusal),
}

/// What came of the cache: nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remembered {}

/// No executable may run.
#[derive(Debug)]
#[allow(missing_docs, reason = "as on Linux")]
pub struct Admitted {
    never: Infallible,
    pub version: String,
    pub remembered: Remembered,
}

impl Admitted {
    /// Never called.
    pub fn path(&self) -> &Path {
        match self.never {}
    }

    /// Never called.
    pub fn run(self, _name: &OsStr, _arguments: &[&OsStr], _variables: &Variables) -> Refusal {
        match self.never {}
    }
}

/// No cache.
#[derive(Debug)]
pub struct Cache(Infallible);

impl Cache {
    /// # Errors
    /// Always.
    pub fn open(_directory: &Path, _user: u32) -> Result<Self, Refusal> {
        Err(Refusal::Unsupported)
    }
}

/// # Errors
/// Always.
pub fn admit(_questions: &[Question<'_>], _path: &Path, _user: u32) -> Result<Admitted, Refusal> {
    Err(Refusal::Unsupported)
}

/// # Errors
/// Always.
pub fn trusted(_path: &Path, _user: u32) -> Result<(), Refusal> {
    Err(Refusal::Unsupported)
}
