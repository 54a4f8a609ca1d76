//! The gates for pinned executables: the lock of a repository beside the policy, and executables beside the lock.

use std::collections::BTreeSet;

use proofmark_core::{Finding, Origin, Platform, RuleMeta};
use proofmark_lock::{Lock, LockFailure};
use proofmark_pin::rules::{expired_key, lock_drift};
use proofmark_pin::{
    Look, embedded, executable, lock as judge_lock, lock_broken, lock_subjects, lock_without_policy,
};
use proofmark_policy::{How, Policy};

use crate::gate::{Answer, Gate, GateContext};
use crate::pins::{vendor_keys, with_demands};

/// A lock as it was read.
#[derive(Debug, Clone)]
pub struct Locked {
    /// Its path, as the user would write it.
    pub file: String,
    /// Its text.
    pub text: String,
    /// What it says, or what is wrong with it.
    pub lock: Result<Lock, LockFailure>,
}

impl Locked {
    /// Its first line.
    fn top(&self) -> Origin {
        let start = proofmark_core::Position { line: 1, column: 1 };
        let line_text = self.text.lines().next().unwrap_or_default().to_owned();
        Origin { file: self.file.clone(), start, end: start, line_text }
    }
}

/// Holds the lock of a repository beside each policy, without any executable.
#[derive(Debug)]
pub struct PinGate<'a> {
    locked: Option<&'a Locked>,
    subjects: usize,
    /// Whether some policy says what may be pinned.
    listed: bool,
}

impl<'a> PinGate<'a> {
    /// A gate over the lock, if there is one, under these policies.
    pub fn new(locked: Option<&'a Locked>, contexts: &[GateContext<'_>]) -> Self {
        let empty = Lock::default();
        let listed = contexts.iter().any(|context| context.policy.binaries.is_some());
        let subjects = match locked.map(|locked| &locked.lock) {
            Some(Err(_)) => 1,
            other => {
                let lock = other.and_then(|lock| lock.as_ref().ok()).unwrap_or(&empty);
                let under = |context: &GateContext<'_>| match &context.policy.binaries {
                    Some(_) => with_demands(context.policy, context.trust, context.now, |demands| {
                        lock_subjects(lock, demands)
                    }),
                    None => Vec::new(),
                };
                contexts.iter().flat_map(under).collect::<BTreeSet<String>>().len()
            }
        };
        Self { locked, subjects, listed }
    }
}

impl Gate for PinGate<'_> {
    fn id(&self) -> &'static str {
        "pins"
    }

    fn rules(&self) -> &'static [&'static RuleMeta] {
        proofmark_pin::RULES
    }

    fn requested(&self) -> usize {
        self.subjects
    }

    fn run(&self, context: &GateContext<'_>) -> Answer {
        let GateContext { policy, trust, now, .. } = *context;
        let empty = Lock::default();
        let lock = match self.locked.map(|locked| (&locked.lock, locked)) {
            Some((Err(failure), locked)) => return lock_broken(&locked.file, failure).into(),
            Some((Ok(lock), _)) => lock,
            None => &empty,
        };
        let mut rows = Vec::new();
        let own = policy.found != How::Machine;
        if policy.binaries.is_some() {
            rows.extend(with_demands(policy, trust, now, |demands| judge_lock(lock, demands, now)));
            rows.extend(keys(policy, context));
        }
        if let Some(locked) = self.locked.filter(|_| own) {
            rows.extend(lock_drift::edited(lock, &locked.text, &locked.file, &locked.top()));
            if !self.listed {
                rows.push(lock_without_policy(&locked.file, &locked.top()));
            }
        }
        rows.into()
    }
}

/// Keys of vendors that have ended, or will soon.
fn keys(policy: &Policy, context: &GateContext<'_>) -> Vec<Finding> {
    let keys = vendor_keys(policy, context.now);
    let found = keys.iter().filter_map(|(name, key)| {
        let signer = policy.vendors.get(*name)?;
        expired_key::check(name, &signer.file, key, &signer.origin, context.now)
    });
    found.collect()
}

/// Holds executables beside the lock and each policy.
pub struct ExecutableGate<'a> {
    looks: &'a [Box<dyn Look + 'a>],
    lock: &'a Lock,
    host: Option<Platform>,
}

impl<'a> ExecutableGate<'a> {
    /// A gate over these executables; `host` is the platform whose programs may be asked for their version.
    pub const fn new(looks: &'a [Box<dyn Look + 'a>], lock: &'a Lock, host: Option<Platform>) -> Self {
        Self { looks, lock, host }
    }
}

impl Gate for ExecutableGate<'_> {
    fn id(&self) -> &'static str {
        "executables"
    }

    fn rules(&self) -> &'static [&'static RuleMeta] {
        proofmark_pin::RULES
    }

    fn requested(&self) -> usize {
        self.looks.len()
    }

    fn run(&self, context: &GateContext<'_>) -> Answer {
        let GateContext { policy, trust, now, progress, .. } = *context;
        // A machine's policy that says nothing of executables asks nothing of them.
        if policy.found == How::Machine && policy.binaries.is_none() {
            return Answer::default();
        }
        let mut rows = with_demands(policy, trust, now, |demands| {
            let each = self.looks.iter().flat_map(|look| {
                let rows = executable(&**look, self.lock, demands, self.host.as_ref(), now);
                progress.done(look.shown(), self.looks.len());
                rows
            });
            each.collect::<Vec<Finding>>()
        });
        rows.extend(keys(policy, context));
        rows.into()
    }
}

/// Holds what programs carry of the locks that they were built from beside the lock of today and each policy.
#[derive(Debug)]
pub struct EmbeddedGate<'a> {
    carried: &'a Lock,
    lock: &'a Lock,
}

impl<'a> EmbeddedGate<'a> {
    /// A gate over what a program carries.
    pub const fn new(carried: &'a Lock, lock: &'a Lock) -> Self {
        Self { carried, lock }
    }
}

impl Gate for EmbeddedGate<'_> {
    fn id(&self) -> &'static str {
        "embedded-pins"
    }

    fn rules(&self) -> &'static [&'static RuleMeta] {
        proofmark_pin::RULES
    }

    fn requested(&self) -> usize {
        self.carried.pins().count()
    }

    fn run(&self, context: &GateContext<'_>) -> Answer {
        let GateContext { policy, trust, now, .. } = *context;
        // A machine's policy that says nothing of executables asks nothing of them.
        if policy.found == How::Machine && policy.binaries.is_none() {
            return Answer::default();
        }
        let mut rows =
            with_demands(policy, trust, now, |demands| embedded(self.carried, self.lock, demands, now));
        rows.extend(keys(policy, context));
        rows.into()
    }
}
