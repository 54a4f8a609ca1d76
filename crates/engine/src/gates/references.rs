//! The gate for the references that the files of a repository hold: whether they are pinned, and still say what they said.

use std::collections::BTreeMap;

use proofmark_core::{ImageRef, Origin, Platform, Reason, RuleMeta};
use proofmark_image::Request;
use proofmark_oci::{Budget, Plan, Target};
use proofmark_refs::rules::{subject, tag_drift};
use proofmark_refs::{Drift, Scan, judge};
use proofmark_report::ReportError;

use crate::gate::{Answer, Gate, GateContext};
use crate::pool;

/// What was read of a repository.
#[derive(Debug, Clone, Default)]
pub struct Scanned {
    /// Every file that names images, or could not be read to its end, in the order of their paths.
    pub scans: Vec<Scan>,
    /// What could not be read or parsed.
    pub errors: Vec<ReportError>,
    /// What was left out, for people.
    pub notes: Vec<String>,
}

impl Scanned {
    /// Each distinct image, for each platform that is written beside it, with every place that names it.
    pub fn images(&self) -> Vec<(Request, Vec<Origin>)> {
        let mut index: BTreeMap<(String, Option<Platform>), usize> = BTreeMap::new();
        let mut images: Vec<(Request, Vec<Origin>)> = Vec::new();
        for found in self.scans.iter().flat_map(|scan| &scan.found) {
            let Some(image) = found.target.image() else { continue };
            let subject = subject(found);
            let at = *index.entry((subject.name.clone(), subject.platform.clone())).or_insert(images.len());
            if at == images.len() {
                let target = Target::Registry(image.clone());
                let request =
                    Request { written: subject.name, target, platform: subject.platform, host: None };
                images.push((request, Vec::new()));
            }
            if let Some((_, places)) = images.get_mut(at) {
                places.push(found.origin.clone());
            }
        }
        images
    }

    /// References that rest on the default of a variable.
    fn with_defaults(&self) -> usize {
        let found = self.scans.iter().flat_map(|scan| &scan.found);
        let images =
            found.filter(|found| !found.defaults.is_empty() && found.target.image().is_some()).count();
        let named = self.scans.iter().flat_map(|scan| &scan.named);
        images + named.filter(|named| !named.defaults.is_empty()).count()
    }

    /// References that rest on an environment file.
    fn set(&self) -> usize {
        let found = self.scans.iter().flat_map(|scan| &scan.found);
        found.filter(|found| !found.set.is_empty() && found.target.image().is_some()).count()
    }
}

/// Judges how images are named. It verifies none: [`super::ImageGate`] does.
#[derive(Debug)]
pub struct ReferenceGate<'a> {
    scanned: &'a Scanned,
}

impl<'a> ReferenceGate<'a> {
    /// A gate over what was read.
    pub const fn new(scanned: &'a Scanned) -> Self {
        Self { scanned }
    }

    /// The distinct references with tag and digest whose registry the policy lists: no other is asked anything.
    fn to_compare(&self, context: &GateContext<'_>) -> Vec<ImageRef> {
        let found = self.scanned.scans.iter().flat_map(|scan| &scan.found);
        let mut images: Vec<ImageRef> = found
            .filter_map(|found| found.target.image())
            .filter(|image| tag_drift::applies(image))
            .filter(|image| context.policy.registry_for(image.repository()).is_some())
            .cloned()
            .collect();
        images.sort();
        images.dedup();
        images
    }
}

impl Gate for ReferenceGate<'_> {
    fn id(&self) -> &'static str {
        "references"
    }

    fn rules(&self) -> &'static [&'static RuleMeta] {
        proofmark_refs::RULES
    }

    /// None: its rows are findings, and what an allow answers for is a subject of the images.
    fn requested(&self) -> usize {
        0
    }

    fn per_policy(&self) -> bool {
        false
    }

    fn run(&self, context: &GateContext<'_>) -> Answer {
        let images = self.to_compare(context);
        let asked = pool::run(&images, context.policy.limits.images_in_flight, |image| now(context, image));
        let tags: BTreeMap<&ImageRef, Tag> =
            images.iter().zip(asked).map(|(image, tag)| (image, tag.unwrap_or(Tag::Unanswered))).collect();
        let drift = |image: &ImageRef| match tags.get(image) {
            Some(Tag::Now(drift)) => drift.clone(),
            _ => Drift::Unknown,
        };
        let mut answer = Answer {
            errors: self.scanned.errors.clone(),
            notes: self.scanned.notes.clone(),
            ..Answer::default()
        };
        for scan in &self.scanned.scans {
            let judged = judge(scan, &drift, context.now);
            answer.findings.extend(judged.findings);
            answer.next_expiry = answer.next_expiry.into_iter().chain(judged.next_expiry).min();
        }
        answer.notes.extend(notes(&tags));
        let defaults = self.scanned.with_defaults();
        if defaults > 0 {
            let rest = if defaults == 1 { "rests" } else { "rest" };
            answer.notes.push(format!(
                "{} {rest} on the default of a variable: a build or run may give it another value",
                counted(defaults)
            ));
        }
        let set = self.scanned.set();
        if set > 0 {
            let rest = if set == 1 { "rests" } else { "rest" };
            answer.notes.push(format!(
                "{} {rest} on the value of a variable in .env: the environment of a run may give it another value",
                counted(set)
            ));
        }
        if self.scanned.errors.is_empty() && self.scanned.scans.iter().all(|scan| scan.places().is_empty()) {
            answer.notes.push("no file here names an image: none was checked".to_owned());
        }
        answer
    }
}

/// What a registry says of a tag.
enum Tag {
    Now(Drift),
    Offline,
    Unanswered,
}

/// Resolves the tag of a reference that has a digest too. No evidence is read.
fn now(context: &GateContext<'_>, image: &ImageRef) -> Tag {
    let target = Target::Registry(ImageRef::new(image.repository().clone(), image.tag().cloned(), None));
    let budget = Budget::new(&context.policy.limits);
    match context.client.examine(&target, Plan::NOTHING, &budget, &mut |_| {}) {
        Ok(examined) => Tag::Now(Drift::Now(examined.digest)),
        Err(error) => match error.reason() {
            Reason::NotFound => Tag::Now(Drift::Gone),
            Reason::Offline => Tag::Offline,
            _ => Tag::Unanswered,
        },
    }
}

fn counted(references: usize) -> String {
    format!("{references} reference{}", if references == 1 { "" } else { "s" })
}

fn notes(tags: &BTreeMap<&ImageRef, Tag>) -> Vec<String> {
    let count = |wanted: fn(&Tag) -> bool| tags.values().filter(|tag| wanted(tag)).count();
    let offline = count(|tag| matches!(tag, Tag::Offline));
    let unanswered = count(|tag| matches!(tag, Tag::Unanswered));
    let mut notes = Vec::new();
    if offline > 0 {
        notes.push(format!("image-tag-drift was not judged for {}: --offline", counted(offline)));
    }
    if unanswered > 0 {
        notes.push(format!(
            "image-tag-drift was not judged for {}: no answer from the registry",
            counted(unanswered)
        ));
    }
    notes
}
