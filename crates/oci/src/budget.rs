//! What may be spent on one image.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use proofmark_core::Limits;

use crate::error::Cap;

/// Bytes and time for one image (verdicts.md 4: 64 MiB and 20 s), shared by every read that is made for it.
#[derive(Debug)]
pub struct Budget {
    limits: Limits,
    left: Arc<AtomicU64>,
    started: Instant,
    deadline: Instant,
}

impl Budget {
    /// A fresh budget, whose time starts now.
    pub fn new(limits: &Limits) -> Self {
        let started = Instant::now();
        // A time beyond what the clock can count to is no limit that anyone meant: a day stands for it.
        let day = Duration::from_hours(24);
        let deadline = started.checked_add(limits.image_time).unwrap_or_else(|| started + day);
        let left = Arc::new(AtomicU64::new(limits.image_bytes));
        Self { left, limits: limits.clone(), started, deadline }
    }

    /// The caps that this budget was made from.
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// When to give up.
    pub const fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Bytes that may still be read.
    pub fn bytes_left(&self) -> u64 {
        self.left.load(Ordering::Relaxed)
    }

    /// Time since the budget was made.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// The same budget, for a thread of its own.
    pub(crate) fn share(&self) -> Self {
        let limits = self.limits.clone();
        Self { left: Arc::clone(&self.left), limits, started: self.started, deadline: self.deadline }
    }

    /// The same bytes, and half of the time that is left: what takes longer must not keep the rest from being read.
    pub(crate) fn half_the_time(&self) -> Self {
        let now = Instant::now();
        let deadline = now + self.deadline.saturating_duration_since(now) / 2;
        Self { deadline, ..self.share() }
    }

    /// Takes `bytes` out of the budget, all or nothing.
    ///
    /// # Errors
    /// [`Cap::Time`] or [`Cap::ImageBytes`].
    pub(crate) fn reserve(&self, bytes: u64) -> Result<(), Cap> {
        if Instant::now() >= self.deadline {
            return Err(Cap::Time);
        }
        self.left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes))
            .map(|_| ())
            .map_err(|_| Cap::ImageBytes(self.limits.image_bytes))
    }

    /// Accounts for bytes whose number was not known before they came.
    pub(crate) fn spend(&self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let _ = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| Some(left.saturating_sub(bytes)));
    }

    /// The most bytes that a body of unknown length may have: `cap`, or what is left.
    pub(crate) fn at_most(&self, cap: u64) -> Result<u64, Cap> {
        self.reserve(0)?;
        match self.bytes_left() {
            0 => Err(Cap::ImageBytes(self.limits.image_bytes)),
            left => Ok(cap.min(left)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_spent_all_or_nothing() {
        let budget = Budget::new(&Limits { image_bytes: 10, ..Limits::default() });
        assert_eq!(budget.at_most(4), Ok(4));
        assert_eq!(budget.reserve(7), Ok(()));
        assert_eq!(budget.reserve(4), Err(Cap::ImageBytes(10)));
        assert_eq!((budget.bytes_left(), budget.at_most(9)), (3, Ok(3)));
        budget.spend(100);
        assert_eq!(budget.at_most(1), Err(Cap::ImageBytes(10)));
    }

    #[test]
    fn ends_in_time() {
        let budget = Budget::new(&Limits { image_time: Duration::ZERO, ..Limits::default() });
        assert_eq!(budget.reserve(0), Err(Cap::Time));
        let budget = Budget::new(&Limits { image_bytes: 10, ..Limits::default() });
        let half = budget.half_the_time();
        assert!(half.deadline() + Duration::from_secs(9) < budget.deadline());
        half.spend(4);
        assert_eq!(budget.bytes_left(), 6, "the bytes are one budget");
        let endless = Budget::new(&Limits { image_time: Duration::MAX, ..Limits::default() });
        assert_eq!(endless.reserve(0), Ok(()));
    }
}
