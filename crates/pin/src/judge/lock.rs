//! The lock beside the policy: without any executable, and without a network.

use proofmark_core::{Finding, Origin, Timestamp};
use proofmark_lock::{Lock, LockFailure, Pin};

use crate::demand::{Demand, name_of};
use crate::rules::{lock_drift, missing, unsigned};

/// What is judged: every pin, and every platform of a tool for which there is none.
pub fn lock_subjects(lock: &Lock, demands: &[Demand<'_>]) -> Vec<String> {
    let missing = demands.iter().flat_map(|demand| missing::subjects(demand, lock));
    lock.pins().map(name_of).chain(missing).collect()
}

/// Holds a lock beside what the policy asks: a verdict for every subject of [`lock_subjects`].
pub fn lock(lock: &Lock, demands: &[Demand<'_>], now: Timestamp) -> Vec<Finding> {
    let mut rows: Vec<Finding> = demands.iter().flat_map(|demand| missing::platforms(demand, lock)).collect();
    rows.extend(lock.pins().flat_map(|pin| one(pin, demands, now)));
    rows
}

/// One pin beside what the policy asks.
pub(super) fn one(pin: &Pin, demands: &[Demand<'_>], now: Timestamp) -> Vec<Finding> {
    let demand = demands.iter().find(|demand| demand.tool == pin.tool);
    let mut rows = vec![lock_drift::verdict(pin, demand)];
    if let Some(demand) = demand {
        rows.extend(missing::sources(pin, demand));
        rows.extend(unsigned::by_lock(pin, demand, now));
    }
    rows
}

/// A lock that cannot be read is refused as a whole: each error is a row of the one subject.
pub fn lock_broken(file: &str, failure: &LockFailure) -> Vec<Finding> {
    failure.errors.iter().map(|error| lock_drift::broken(file, error)).collect()
}

/// A lock that no policy speaks of.
pub fn lock_without_policy(file: &str, origin: &Origin) -> Finding {
    lock_drift::without_policy(file, origin)
}
