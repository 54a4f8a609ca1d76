//! The base rule over an image and its children, and alone.

use std::cell::RefCell;
use std::collections::BTreeMap;

use proofmark_core::{
    Digest, Finding, Outcome, Platform, Reason, Refusal, RuleMeta, Severity, Subject, Timestamp, Verdict,
};
use proofmark_oci::{Budget, Child, Configured, ImageManifest, Plan, ReadError, select_platform};
use proofmark_policy::{ApprovedBase, BaseRule};

use super::deep::{Deep, DeepCaps};
use super::judges::Judged;
use super::{Refused, Request, Scope, Setting, admit, report, unread};
use crate::base::BuiltFrom;
use crate::rules::{base, content};

/// How the base rule is asked alone.
#[derive(Debug, Clone, Copy)]
pub struct BaseOptions {
    /// An approval that ends within so many seconds is told.
    pub warn_within: i64,
    /// Whether layers are unpacked and hashed against the diff IDs, and what that may cost.
    pub deep: Option<DeepCaps>,
    /// Whether the provenance that the policy's entry asks for must name the base: it is read for that by `verify` alone.
    pub with_provenance: bool,
}

impl Default for BaseOptions {
    fn default() -> Self {
        Self { warn_within: 14 * 24 * 60 * 60, deep: None, with_provenance: false }
    }
}

/// An approval that ends soon.
pub(super) struct Ending {
    message: String,
    base: ApprovedBase,
}

impl Ending {
    /// As a row of the report: no verdict.
    pub(super) fn finding(self, subject: &Subject) -> Finding {
        Finding {
            rule: &base::META,
            subject: subject.clone(),
            severity: Severity::Low,
            outcome: Outcome::Finding,
            reason: None,
            message: self.message,
            expected: None,
            observed: Vec::new(),
            evidence: Vec::new(),
            location: Some(self.base.origin),
            help: "rebuild on a newer base, or review this one again and set a later not-after".to_owned(),
        }
    }
}

/// What the rule notes and is told while one image is judged.
#[derive(Default)]
pub(super) struct Bases {
    /// Approvals that end soon.
    endings: RefCell<Vec<Ending>>,
    /// What accepted provenance says that an image was built from, by the image's digest.
    built_from: RefCell<BTreeMap<Digest, BuiltFrom>>,
}

impl Bases {
    pub(super) fn built_from(&self, digest: &Digest, said: Option<BuiltFrom>) {
        self.built_from.borrow_mut().extend(said.map(|said| (digest.clone(), said)));
    }

    pub(super) fn take_endings(&self) -> impl Iterator<Item = Ending> {
        self.endings.take().into_iter()
    }
}

/// The verdicts of the base rule alone: `image base check`. Nothing is pinned, as nothing says who made the image.
pub fn check_base(setting: &Setting<'_>, request: &Request, options: BaseOptions) -> Vec<Finding> {
    let mut subject = request.subject();
    match judge(setting, request, options, &mut subject) {
        Ok(mut findings) => {
            for finding in &mut findings {
                finding.subject.pinned = None;
            }
            findings
        }
        Err((rule, refusal)) => {
            vec![Finding::from_verdict(rule, subject, &Verdict::refuse(refusal), String::new())]
        }
    }
}

fn judge(
    setting: &Setting<'_>,
    request: &Request,
    options: BaseOptions,
    subject: &mut Subject,
) -> Result<Vec<Finding>, Refused> {
    let repository = request.target.repository();
    let names = admit::names(setting.policy, repository);
    let entry = admit::entry(setting.policy, &names, &request.target)?;
    let budget = Budget::new(&setting.policy.limits);
    let (plan, nothing) = (Plan::NOTHING, &mut |_| {});
    let examined = setting.client.examine(&request.target, plan, &budget, nothing).map_err(|e| unread(&e))?;
    subject.digest = Some(examined.digest.clone());
    admit::deny(setting.policy, &names, &examined)?;
    let bases = Bases::default();
    let scope =
        Scope { setting, entry, names: &names, examined: &examined, budget: &budget, plan, bases: &bases };
    let strict = BaseRule { scratch: false, origin: entry.origin.clone() };
    let rule = entry.base.as_ref().unwrap_or(&strict);
    let children = if request.platform.is_some() || examined.manifest.is_index() {
        scope.children()?
    } else {
        Vec::new()
    };
    let wanted: Vec<&Child> = match &request.platform {
        Some(platform) => select_platform(&children, platform).map_err(|error| unread(&error))?,
        None => children.iter().collect(),
    };
    let judged = scope.stands_on(rule, &wanted, &examined.digest, options);
    let mut findings = report::findings(judged, subject, repository, &examined);
    findings.extend(bases.take_endings().map(|ending| ending.finding(subject)));
    Ok(findings)
}

impl Scope<'_> {
    /// The base rule of the policy's entry, if it has one, over what would run: these children, or the image itself if it
    /// is no index. `carrier` is what the verdicts are about: the image asked for, or one child with `--platform`.
    pub(super) fn lineage(&self, children: &[&Child], carrier: &Digest) -> Vec<Judged> {
        match &self.entry.base {
            Some(rule) => {
                let options = BaseOptions { with_provenance: true, ..BaseOptions::default() };
                self.stands_on(rule, children, carrier, options)
            }
            None => Vec::new(),
        }
    }

    fn stands_on(
        &self,
        rule: &BaseRule,
        children: &[&Child],
        carrier: &Digest,
        options: BaseOptions,
    ) -> Vec<Judged> {
        let (own, manifest) = (&self.examined.digest, &self.examined.manifest);
        let images: Vec<(&Digest, Option<&Child>)> = match children {
            [] => vec![(own, None)],
            some => some.iter().map(|child| (&child.digest, Some(*child))).collect(),
        };
        let known = |digest: &Digest| (digest == own).then_some(manifest);
        let wanted: Vec<(&Digest, Option<&ImageManifest>)> =
            images.iter().map(|(digest, _)| (*digest, known(digest))).collect();
        let (client, place) = (self.setting.client, &self.examined.place);
        let read = client.configured(place, &wanted, self.budget);
        let mut deep = options.deep.map(|caps| Deep::new(client, place, caps));
        let judged = |((_, child), read): ((_, Option<&Child>), Result<Configured, ReadError>)| {
            let (rule, verdict) = match read {
                Err(error) => (&content::META, Verdict::refuse(content::refusal(&error))),
                Ok(image) => unpacked(self.image(rule, &image, child, options), deep.as_mut(), &image),
            };
            Judged { rule, verdict, carrier: Some(carrier.clone()), child: child.cloned() }
        };
        images.into_iter().zip(read).map(judged).collect()
    }

    /// One image whose bytes were hashed.
    fn image(
        &self,
        rule: &BaseRule,
        image: &Configured,
        child: Option<&Child>,
        options: BaseOptions,
    ) -> (&'static RuleMeta, Verdict) {
        let platform = match configured_platform(image, child) {
            Ok(platform) => platform,
            Err(refusal) => return (&content::META, Verdict::refuse(*refusal)),
        };
        let digest = child.map_or(&self.examined.digest, |child| &child.digest);
        let said = self.bases.built_from.borrow();
        let demanded = self.entry.attestation.provenance.as_ref().filter(|_| options.with_provenance);
        let nothing = demanded.map(|rule| BuiltFrom::nothing(&rule.signed_by));
        let built_from = nothing.as_ref().map(|nothing| said.get(digest).unwrap_or(nothing));
        let question = base::Question {
            bases: &self.setting.policy.bases,
            rule,
            platform: &platform,
            diff_ids: &image.config.diff_ids,
            annotations: &image.annotations,
            built_from,
            now: self.setting.now,
        };
        let (verdict, found) = base::check(&question);
        let ending = found.and_then(|base| ending(base, &platform, self.setting.now, options));
        self.bases.endings.borrow_mut().extend(ending);
        (&base::META, verdict)
    }
}

/// A base that matches is believed of the layers themselves only if they are unpacked.
fn unpacked(
    (rule, verdict): (&'static RuleMeta, Verdict),
    deep: Option<&mut Deep<'_>>,
    image: &Configured,
) -> (&'static RuleMeta, Verdict) {
    let Some(deep) = deep else { return (rule, verdict) };
    let mut evidence = verdict.evidence().into_iter().cloned();
    let Some(first) = evidence.next() else { return (rule, verdict) };
    match deep.check(image) {
        Ok(unpacked) => (rule, Verdict::pass(first, evidence.chain([unpacked]).collect())),
        Err(refusal) => (&content::META, Verdict::refuse(*refusal)),
    }
}

fn ending(base: &ApprovedBase, platform: &Platform, now: Timestamp, options: BaseOptions) -> Option<Ending> {
    const DAY: i64 = 24 * 60 * 60;
    let left = base.not_after?.as_second().saturating_sub(now.as_second());
    (left <= options.warn_within).then(|| Ending {
        message: format!("the approval of {} for {platform} ends in {} days", base.name, left / DAY),
        base: base.clone(),
    })
}

/// The configuration's platform, once the image is seen to be of one piece: as many layers as diff IDs, and the platform
/// that the index says. What the two disagree on, a runtime and we could read differently.
pub(crate) fn configured_platform(
    image: &Configured,
    child: Option<&Child>,
) -> Result<Platform, Box<Refusal>> {
    let malformed = |message: String| {
        let help = "rebuild and push the image again with a current builder";
        Err(Box::new(Refusal::new(Reason::Malformed, message, help)))
    };
    let (layers, diff_ids) = (image.layers.len() + image.left_out, image.config.diff_ids.len());
    if layers != diff_ids {
        return malformed(format!(
            "the manifest has {layers} layers, and its configuration {diff_ids} diff IDs"
        ));
    }
    let Some(own) = image.config.platform.clone() else {
        return malformed("the configuration names no platform".to_owned());
    };
    let Some(listed) = child.map(|child| &child.platform) else { return Ok(own) };
    if (&own.os, &own.architecture) != (&listed.os, &listed.architecture) {
        return malformed(format!(
            "the index lists the image for {listed}, and its configuration is for {own}"
        ));
    }
    let clash =
        |one: &Option<String>, other: &Option<String>| one.is_some() && other.is_some() && one != other;
    let both = own.variant.is_some() && listed.variant.is_some();
    if both && own.normalised().variant != listed.normalised().variant
        || clash(&own.os_version, &listed.os_version)
    {
        return malformed(format!(
            "the index lists the image for {listed}, and its configuration is for {own}"
        ));
    }
    // What one of them leaves open, the other says.
    let variant = own.variant.clone().or_else(|| listed.variant.clone());
    let os_version = own.os_version.clone().or_else(|| listed.os_version.clone());
    Ok(Platform { variant, os_version, ..own })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn platform(text: &str) -> Platform {
        Platform::parse(text).expect("a platform")
    }

    fn image(own: Option<&str>, layers: usize, left_out: usize, diff_ids: usize) -> Configured {
        let digest = Digest::sha256(b"a layer");
        let layer = proofmark_oci::Descriptor {
            media_type: String::new(),
            digest: digest.clone(),
            size: 0,
            platform: None,
            artifact_type: None,
            annotations: BTreeMap::new(),
        };
        Configured {
            config: proofmark_oci::ImageConfig {
                platform: own.map(platform),
                diff_ids: vec![digest; diff_ids],
            },
            layers: vec![layer; layers],
            left_out,
            annotations: BTreeMap::new(),
        }
    }

    #[test]
    fn a_diff_id_for_each_layer_those_that_were_left_out_as_well() {
        let of = |layers, left_out, diff_ids| {
            configured_platform(&image(Some("linux/amd64"), layers, left_out, diff_ids), None).is_ok()
        };
        assert!(of(1, 0, 1) && of(2, 3, 5));
        assert!(!of(3, 2, 1) && !of(1, 0, 2) && !of(2, 0, 1) && !of(0, 0, 1));
    }

    #[test]
    fn two_platforms_of_one_image_agree_and_complete_each_other() {
        let both = |own: &str, listed: &str| {
            let child = Child { digest: Digest::sha256(b"a child"), platform: platform(listed) };
            configured_platform(&image(Some(own), 1, 0, 1), Some(&child)).map(|platform| platform.to_string())
        };
        for (own, listed, said) in [
            ("linux/arm64", "linux/arm64/v8", Some("linux/arm64/v8")),
            ("linux/arm64/v8", "linux/arm64", Some("linux/arm64/v8")),
            ("linux/arm/v7", "linux/arm/7", Some("linux/arm/v7")),
            ("linux/arm/v6", "linux/arm/v7", None),
            ("linux/amd64", "linux/arm64", None),
            ("windows/amd64", "linux/amd64", None),
            ("windows/amd64:10.0.1", "windows/amd64", Some("windows/amd64:10.0.1")),
            ("windows/amd64", "windows/amd64:10.0.1", Some("windows/amd64:10.0.1")),
            ("windows/amd64:10.0.1", "windows/amd64:10.0.2", None),
        ] {
            let answer = both(own, listed);
            assert_eq!(answer.as_deref().ok(), said, "{own} listed as {listed}: {answer:?}");
        }
        assert!(configured_platform(&image(None, 1, 0, 1), None).is_err());
    }
}
