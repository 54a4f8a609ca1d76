//! Caps on what the interpretation of one file may cost.

use thiserror::Error;

/// The budgets of one interpretation, everything that the file loads included. Reaching one ends it: see [`Problem`].
///
/// [`Problem`]: crate::Problem
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Of each text that is read: the file, what it sources, what it evaluates.
    pub shell: proofmark_shell::Limits,
    /// Commands, parts of words and copied variables, each time that they are come to.
    pub steps: usize,
    /// Commands, substitutions, functions and loaded texts inside one another. Bounds the stack.
    pub depth: usize,
    /// Bytes of all values that are made.
    pub bytes: usize,
    /// Texts that are read: loaded files, evaluated strings.
    pub sources: usize,
    /// Events that are recorded.
    pub events: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            shell: proofmark_shell::Limits::default(),
            steps: 50_000,
            depth: 80,
            bytes: 32 * 1024 * 1024,
            sources: 256,
            events: 50_000,
        }
    }
}

/// Which cap of [`Limits`] was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Cap {
    /// `steps`
    #[error("more steps than are followed")]
    Steps,
    /// `depth`
    #[error("commands, functions and loaded texts are nested too deep")]
    Depth,
    /// `bytes`
    #[error("more bytes of values than are kept")]
    Bytes,
    /// `sources`
    #[error("more texts are loaded or evaluated than are read")]
    Sources,
    /// `events`
    #[error("it does more than is recorded")]
    Events,
    /// Ways in which one command's words may come out: 16.
    #[error("a command has more possible forms than are followed")]
    Forms,
}
