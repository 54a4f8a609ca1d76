//! The base rule alone, over images named on the command line.

use proofmark_core::RuleMeta;
use proofmark_image::{BaseOptions, Request, Setting, check_base};

use super::images::each;
use crate::gate::{Answer, Gate, GateContext};

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
        let judge = |setting: &Setting<'_>, request: &Request| check_base(setting, request, self.options);
        each(&self.requests, context, judge).concat().into()
    }
}
