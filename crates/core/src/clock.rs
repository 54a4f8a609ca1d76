//! Evaluation time, handed in: only the binary reads the system clock.

use jiff::Timestamp;

/// Where evaluation time comes from.
pub trait Clock: Send + Sync {
    /// The moment at which validity, age and expiry are judged.
    fn now(&self) -> Timestamp;
}

/// A clock that always tells the same time: `--now`, and tests.
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(pub Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}
