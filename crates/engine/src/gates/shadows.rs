//! The gate for what stands before pinned tools.

use proofmark_core::RuleMeta;
use proofmark_lock::Lock;

use super::Locked;
use crate::gate::{Answer, Gate, GateContext};
use crate::shadows::{RULES, Shadowing, judge};

/// Holds what has tools' names in a repository beside each policy. Its rows are no verdicts: no subject is counted.
#[derive(Debug)]
pub struct ShadowGate<'a> {
    all: &'a [Shadowing],
    lock: Option<&'a Lock>,
}

impl<'a> ShadowGate<'a> {
    /// A gate over what was found, and the lock of the repository.
    pub fn new(all: &'a [Shadowing], locked: Option<&'a Locked>) -> Self {
        Self { all, lock: locked.and_then(|locked| locked.lock.as_ref().ok()) }
    }
}

impl Gate for ShadowGate<'_> {
    fn id(&self) -> &'static str {
        "shadows"
    }

    fn rules(&self) -> &'static [&'static RuleMeta] {
        RULES
    }

    fn requested(&self) -> usize {
        0
    }

    fn run(&self, context: &GateContext<'_>) -> Answer {
        judge(self.all, context.policy, self.lock).into()
    }
}
