//! The gate for container images named on the command line or in a list.

use proofmark_core::{Finding, Reason, Refusal, RuleMeta, Subject, SubjectKind, Verdict};
use proofmark_image::{Request, Setting, rules};

use crate::gate::{Gate, GateContext};
use crate::pool;

/// Verifies images together, with a bounded number in flight.
#[derive(Debug)]
pub struct ImageGate {
    requests: Vec<Request>,
}

impl ImageGate {
    /// A gate over these images.
    pub const fn new(requests: Vec<Request>) -> Self {
        Self { requests }
    }
}

impl Gate for ImageGate {
    fn id(&self) -> &'static str {
        "image"
    }

    fn rules(&self) -> &'static [&'static RuleMeta] {
        proofmark_image::RULES
    }

    fn requested(&self) -> usize {
        self.requests.len()
    }

    fn run(&self, context: &GateContext<'_>) -> Vec<Finding> {
        let setting = Setting {
            policy: context.policy,
            trust: context.trust,
            client: context.client,
            now: context.now,
        };
        let threads = context.policy.limits.images_in_flight;
        let answers = pool::run(&self.requests, threads, |request| {
            let findings = proofmark_image::verify(&setting, request);
            context.progress.done(&request.written, self.requests.len());
            findings
        });
        let answered = answers.into_iter().zip(&self.requests);
        answered.flat_map(|(findings, request)| findings.unwrap_or_else(|| vec![panicked(request)])).collect()
    }
}

/// A worker that panicked is Unverifiable, never lost and never a pass (design 6, "exit").
fn panicked(request: &Request) -> Finding {
    let refusal = Refusal::new(
        Reason::Unsupported,
        "proofmark itself failed on this image; it was not verified",
        "report this, with the reference and the version of proofmark",
    );
    let subject = Subject::named(SubjectKind::Image, request.written.clone());
    Finding::from_verdict(&rules::content::META, subject, &Verdict::refuse(refusal), String::new())
}
