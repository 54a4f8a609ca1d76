//! How long something that is streamed may take.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The end of the whole, and of waiting for the next piece.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// When to give up.
    pub(crate) deadline: Instant,
    /// How long nothing may come; none: up to the deadline.
    pub(crate) idle: Option<Duration>,
}

/// How often it is looked, within the time of `idle`, whether something came.
const LOOKS: u32 = 4;

impl Pace {
    /// What becomes of `work`, which counts in `came` what comes; `None` if it takes too long.
    pub(crate) async fn within<T>(self, work: impl Future<Output = T>, came: &AtomicU64) -> Option<T> {
        let moving = async {
            let mut work = std::pin::pin!(work);
            let Some(idle) = self.idle else { return Some(work.await) };
            let mut silent = 0;
            while silent < LOOKS {
                let before = came.load(Ordering::Relaxed);
                if let Ok(done) = tokio::time::timeout(idle / LOOKS, &mut work).await {
                    return Some(done);
                }
                silent = if came.load(Ordering::Relaxed) == before { silent + 1 } else { 0 };
            }
            None
        };
        tokio::time::timeout_at(self.deadline.into(), moving).await.unwrap_or(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(idle: Option<u64>, deadline: u64, steps: u64) -> Option<u64> {
        let came = AtomicU64::new(0);
        let pace = Pace {
            deadline: Instant::now() + Duration::from_millis(deadline),
            idle: idle.map(Duration::from_millis),
        };
        let work = async {
            for _ in 0..steps {
                tokio::time::sleep(Duration::from_millis(50)).await;
                came.fetch_add(1, Ordering::Relaxed);
            }
            steps
        };
        let runtime = proofmark_net::Detached::new("test").unwrap();
        runtime.block_on(pace.within(work, &came))
    }

    #[test]
    fn what_goes_on_is_waited_for_and_what_stalls_is_not() {
        assert_eq!(within(Some(2_000), 60_000, 50), Some(50), "longer in all than nothing may come");
        assert_eq!(within(Some(5), 60_000, 20), None, "nothing comes for a while");
        assert_eq!(within(None, 200, 20), None, "the end of the whole");
        assert_eq!(within(None, 60_000, 2), Some(2));
    }
}
