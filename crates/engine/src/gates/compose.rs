//! The gate for the services of a compose file whose images are pulled before it is started.

use proofmark_core::RuleMeta;
use proofmark_refs::rules::pulled_again;

use super::Scanned;
use crate::gate::{Answer, Gate, GateContext};

/// Says what compose would pull again after it was verified. How references are written is not judged here: they are pulled by
/// digest, whatever the file says.
#[derive(Debug)]
pub struct ComposeGate<'a> {
    scanned: &'a Scanned,
    replaced: bool,
}

impl<'a> ComposeGate<'a> {
    /// A gate over compose files; `replaced`: an override gives each service its digest.
    pub const fn new(scanned: &'a Scanned, replaced: bool) -> Self {
        Self { scanned, replaced }
    }
}

impl Gate for ComposeGate<'_> {
    fn id(&self) -> &'static str {
        "compose"
    }

    fn rules(&self) -> &'static [&'static RuleMeta] {
        proofmark_refs::RULES
    }

    /// None: the images are the subjects, and another gate's.
    fn requested(&self) -> usize {
        0
    }

    fn per_policy(&self) -> bool {
        false
    }

    fn run(&self, _context: &GateContext<'_>) -> Answer {
        let mut findings = Vec::new();
        for scan in &self.scanned.scans {
            // An override leaves what is built to its name.
            let stays = |at: usize| {
                let built = scan.compose.services.iter().any(|one| one.image == Some(at) && one.built);
                !self.replaced || built
            };
            findings.extend(
                pulled_again::check(scan).into_iter().filter(|(at, _)| stays(*at)).map(|(_, row)| row),
            );
        }
        Answer {
            findings,
            errors: self.scanned.errors.clone(),
            notes: self.scanned.notes.clone(),
            ..Answer::default()
        }
    }
}
