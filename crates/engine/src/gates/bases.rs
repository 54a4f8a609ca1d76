//! The base rule alone, over images named on the command line.

use proofmark_core::{Finding, RuleMeta};
use proofmark_image::{BaseOptions, Request, Setting, check_base};

use super::images::panicked;
use crate::gate::{Answer, Gate, GateContext};
use crate::pool;

/// Looks up what images stand on, with a bounded number in flight.
#[derive(Debug)]
pub struct BaseGate {
    requests: Vec<Request>,
    options: BaseOptions,
}

impl BaseGate {
    /// A gate over these images.
    pub const fn new(requests: Vec<Request>, options: BaseOptions) -> Self {
        Self { requests, options }
    }
}

impl Gate for BaseGate {
    fn id(&self) -> &'static str {
        "image-base"
    }

    fn rules(&self) -> &'static [&'static RuleMeta] {
        proofmark_image::RULES
    }

    fn requested(&self) -> usize {
        self.requests.len()
    }

    fn run(&self, context: &GateContext<'_>) -> Answer {
        let setting = Setting {
            policy: context.policy,
            trust: context.trust,
            client: context.client,
            now: context.now,
        };
        let threads = context.policy.limits.images_in_flight;
        let answers = pool::run(&self.requests, threads, |request| {
            let findings = check_base(&setting, request, self.options);
            context.progress.done(&request.written, self.requests.len());
            findings
        });
        let answered = answers.into_iter().zip(&self.requests);
        let all: Vec<Finding> = answered
            .flat_map(|(findings, request)| findings.unwrap_or_else(|| vec![panicked(request)]))
            .collect();
        all.into()
    }
}
