//! The gate for container images: named on the command line, in a list, or in the files of a repository.

use proofmark_core::{Finding, Origin, Reason, Refusal, RuleMeta, Subject, SubjectKind, Verdict};
use proofmark_image::{Request, Setting, rules};

use crate::gate::{Answer, Gate, GateContext};
use crate::pool;

/// Verifies images together, with a bounded number in flight.
#[derive(Debug)]
pub struct ImageGate {
    requests: Vec<Request>,
    /// Where each of them stands; none: it was asked for on the command line.
    places: Vec<Vec<Origin>>,
}

impl ImageGate {
    /// A gate over these images.
    pub const fn new(requests: Vec<Request>) -> Self {
        Self { requests, places: Vec::new() }
    }

    /// A gate over images that files name: each is verified once, and its rows stand at each of its places.
    pub fn located(images: Vec<(Request, Vec<Origin>)>) -> Self {
        let (requests, places) = images.into_iter().unzip();
        Self { requests, places }
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

    fn run(&self, context: &GateContext<'_>) -> Answer {
        let rows = each(&self.requests, context, proofmark_image::verify).into_iter();
        let all: Vec<Finding> =
            rows.enumerate().flat_map(|(at, rows)| self.at_its_places(at, rows)).collect();
        all.into()
    }
}

impl ImageGate {
    /// The rows of an image, once for each place that names it.
    fn at_its_places(&self, at: usize, rows: Vec<Finding>) -> Vec<Finding> {
        match self.places.get(at) {
            None => rows,
            Some(places) => places
                .iter()
                .flat_map(|place| {
                    rows.iter().map(|row| Finding { location: Some(place.clone()), ..row.clone() })
                })
                .collect(),
        }
    }
}

/// The rows of each image, judged together with a bounded number in flight.
pub(super) fn each(
    requests: &[Request],
    context: &GateContext<'_>,
    judge: impl Fn(&Setting<'_>, &Request) -> Vec<Finding> + Sync,
) -> Vec<Vec<Finding>> {
    let GateContext { policy, trust, client, now, progress } = *context;
    let setting = Setting { policy, trust, client, now };
    let answers = pool::run(requests, policy.limits.images_in_flight, |request| {
        let findings = judge(&setting, request);
        progress.done(&request.written, requests.len());
        findings
    });
    let answered = answers.into_iter().zip(requests);
    answered.map(|(findings, request)| findings.unwrap_or_else(|| vec![panicked(request)])).collect()
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
