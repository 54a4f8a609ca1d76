//! Work on many subjects with a bounded number in flight, results in the order of the request.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex, PoisonError};

/// Calls `work` for each item on at most `threads` threads. A call that panics gives `None`: the caller
/// must make it an answer, never a success (SIG-18).
pub fn run<T: Sync, R: Send>(items: &[T], threads: usize, work: impl Fn(&T) -> R + Sync) -> Vec<Option<R>> {
    let next = AtomicUsize::new(0);
    let slots: Vec<Mutex<Option<R>>> = items.iter().map(|_| Mutex::new(None)).collect();
    let worker = || {
        while let Some((item, slot)) = {
            let index = next.fetch_add(1, Ordering::Relaxed);
            items.get(index).zip(slots.get(index))
        } {
            let result = catch_unwind(AssertUnwindSafe(|| work(item))).ok();
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = result;
        }
    };
    let threads = threads.clamp(1, items.len().max(1));
    if threads == 1 {
        worker();
    } else {
        // They end together: what a thread that ends has let go of is kept by the allocator for the next thread that
        // begins, and those that read what is large are to find what the last of their own left.
        let all_done = Barrier::new(threads);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    worker();
                    all_done.wait();
                });
            }
        });
    }
    slots.into_iter().map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_order_and_bounds_the_threads() {
        let running = AtomicUsize::new(0);
        let most = AtomicUsize::new(0);
        let items: Vec<usize> = (0..100).collect();
        let results = run(&items, 4, |item| {
            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::yield_now();
            running.fetch_sub(1, Ordering::SeqCst);
            item * 2
        });
        let want: Vec<Option<usize>> = items.iter().map(|item| Some(item * 2)).collect();
        assert_eq!(results, want);
        assert!(most.load(Ordering::SeqCst) <= 4);
    }

    /// SIG-18: a panic is an answer that is missing, for this subject alone.
    #[test]
    fn sig_18_a_panic_is_none() {
        let results = run(&[1, 2, 3], 2, |item| if *item == 2 { panic!("broken on purpose") } else { *item });
        assert_eq!(results, [Some(1), None, Some(3)]);
    }

    #[test]
    fn nothing_to_do() {
        assert!(run(&Vec::<u8>::new(), 8, |item| *item).is_empty());
    }
}
