//! One image, stage by stage: admit, read, judge, report.

mod admit;
mod deep;
mod host;
mod judges;
mod lineage;
mod report;

use proofmark_core::{
    Digest, Finding, Platform, Refusal, Repository, RuleMeta, Subject, SubjectKind, Timestamp, Verdict,
};
use proofmark_oci::{
    Budget, Child, Children, Client, Examined, Found, PathReport, Plan, ReadError, Target, select_platform,
};
use proofmark_policy::{ImageEntry, Policy};

use judges::{Judged, Judges};
use lineage::Bases;

use crate::rules::{content, digest};
use crate::trust::Trust;

pub use deep::DeepCaps;
pub(crate) use lineage::configured_platform;
pub use lineage::{BaseOptions, check_base};

/// What images are judged with.
#[derive(Clone, Copy)]
pub struct Setting<'a> {
    /// The policy in effect.
    pub policy: &'a Policy,
    /// Its roots and keys.
    pub trust: &'a Trust,
    /// The reader of registries and layouts.
    pub client: &'a Client,
    /// Evaluation time.
    pub now: Timestamp,
}

/// One image to verify.
#[derive(Debug, Clone)]
pub struct Request {
    /// As the user wrote it.
    pub written: String,
    /// Where it is read.
    pub target: Target,
    /// The platform to judge it for.
    pub platform: Option<Platform>,
    /// The platform of the machine that asks, of which the image's variant is chosen when it runs: without `platform`, rules
    /// about bases and attestations are judged for it alone, and all others as ever (verdicts.md 3).
    pub host: Option<Platform>,
}

impl Request {
    /// The subject of its findings, as far as it is known before anything is read.
    fn subject(&self) -> Subject {
        Subject {
            reference: Some(self.target.to_string()),
            platform: self.platform.clone(),
            ..Subject::named(SubjectKind::Image, self.written.clone())
        }
    }
}

/// A refusal, and the rule that speaks it.
type Refused = (&'static RuleMeta, Refusal);

/// The verdicts on one image: at least one finding, whatever happens.
pub fn verify(setting: &Setting<'_>, request: &Request) -> Vec<Finding> {
    let mut subject = request.subject();
    match judge(setting, request, &mut subject) {
        Ok(findings) => findings,
        Err((rule, refusal)) => {
            vec![Finding::from_verdict(rule, subject, &Verdict::refuse(refusal), String::new())]
        }
    }
}

fn judge(setting: &Setting<'_>, request: &Request, subject: &mut Subject) -> Result<Vec<Finding>, Refused> {
    let names = admit::names(setting.policy, request.target.repository());
    let entry = admit::entry(setting.policy, &names, &request.target)?;
    let budget = Budget::new(&setting.policy.limits);
    let tag = request.target.tag();
    let context = judges::context(setting, entry, &names, tag.as_ref());
    let mut judges = Judges::new(&context);
    let plan = judges.plan();
    let mut consider = |found| judges.consider(&found);
    let examined = setting
        .client
        .examine(&request.target, plan, &budget, &mut consider)
        .map_err(|error| unread(&error))?;
    subject.digest = Some(examined.digest.clone());
    admit::deny(setting.policy, &names, &examined)?;
    let bases = Bases::default();
    let scope =
        Scope { setting, entry, names: &names, examined: &examined, budget: &budget, plan, bases: &bases };
    let verdicts = match &request.platform {
        None => scope.whole(&judges, request.host.as_ref())?,
        Some(platform) => scope.for_platform(&judges, platform)?,
    };
    let mut findings = report::findings(verdicts, subject, request.target.repository(), &examined);
    findings.extend(bases.take_endings().map(|ending| ending.finding(subject)));
    Ok(findings)
}

fn unread(error: &ReadError) -> Refused {
    (&content::META, content::refusal(error))
}

/// What the judging of one image shares.
struct Scope<'a> {
    setting: &'a Setting<'a>,
    entry: &'a ImageEntry,
    names: &'a [Repository],
    examined: &'a Examined,
    budget: &'a Budget,
    plan: Plan,
    /// What the rule about base images notes and is told, by the image's digest.
    bases: &'a Bases,
}

impl Scope<'_> {
    /// Without `--platform`: evidence on the reference's own digest (verdicts.md 3).
    fn whole(&self, judges: &Judges<'_>, host: Option<&Platform>) -> Result<Vec<Judged>, Refused> {
        let Examined { digest, paths, manifest, .. } = self.examined;
        let mut children = if manifest.is_index() { self.children()? } else { Vec::new() };
        if let Some(host) = host {
            children = host::may_run(children, host);
        }
        let mut judged: Vec<Judged> = judges.signature(paths, digest, digest).into_iter().collect();
        judged.extend(self.listed_whole()?);
        judged.extend(self.attested(judges, &children));
        judged.extend(self.lineage(&children.iter().collect::<Vec<_>>(), digest));
        Ok(judged)
    }

    /// Attestations of the image, or of every child that can run (verdicts.md 3).
    fn attested(&self, judges: &Judges<'_>, children: &[Child]) -> Vec<Judged> {
        let Examined { digest, paths, manifest, .. } = self.examined;
        if judges.jury.is_empty() {
            return Vec::new();
        }
        if !manifest.is_index() {
            self.bases.built_from(digest, judges.jury.built_from(paths, digest, digest));
            return judges.attestations(paths, digest, digest);
        }
        let mut judged = Vec::new();
        for child in children {
            // The index was resolved for no platform, so what may be run is all of it.
            let whole = |one: Judged| Judged { carrier: one.carrier.map(|_| digest.clone()), ..one };
            let plan = Plan { signatures: false, ..self.plan };
            let (judges, paths) = self.seen(judges.clone(), child, plan);
            self.bases.built_from(&child.digest, judges.jury.built_from(&paths, &child.digest, digest));
            let of_child = judges.attestations(&paths, &child.digest, digest).into_iter();
            judged.extend(of_child.map(whole).map(|one| Judged { child: Some(child.clone()), ..one }));
        }
        judged
    }

    /// What can run; an index without a runnable child is refused. So is a denied image however deep in it, and every
    /// index on the way there, whichever platform is asked for: what may be run may be the index.
    fn children(&self) -> Result<Vec<Child>, Refused> {
        let Examined { place, digest, manifest, .. } = self.examined;
        let Children { runnable, indexes } = self
            .setting
            .client
            .children(place, digest, manifest, self.budget)
            .map_err(|error| unread(&error))?;
        for digest in indexes.iter().chain(runnable.iter().map(|child| &child.digest)) {
            admit::deny_digest(self.setting.policy, self.names, digest)?;
            self.deny_twin(digest)?;
        }
        Ok(runnable)
    }

    /// What an index lists by one algorithm may be denied by the other: where a row says so, the bytes are read.
    fn deny_twin(&self, digest: &Digest) -> Result<(), Refused> {
        let Setting { policy, client, .. } = self.setting;
        if *digest == self.examined.digest || !policy.denies_by(digest.algorithm().other()) {
            return Ok(());
        }
        let twin = client.twin(&self.examined.place, digest, self.budget).map_err(|error| unread(&error))?;
        twin.map_or(Ok(()), |twin| admit::deny_digest(policy, self.names, &twin))
    }

    /// With `--platform`: evidence may stand on the child or on the index; every child that matches must satisfy.
    fn for_platform(&self, judges: &Judges<'_>, platform: &Platform) -> Result<Vec<Judged>, Refused> {
        let children = self.children()?;
        let matching = select_platform(&children, platform).map_err(|error| unread(&error))?;
        let mut judged = Vec::new();
        for child in matching {
            let (judges, paths) = self.seen(judges.clone(), child, self.plan);
            let mut of_child: Vec<Judged> =
                judges.signature(&paths, &child.digest, &self.examined.digest).into_iter().collect();
            of_child.extend(judges.attestations(&paths, &child.digest, &self.examined.digest));
            judged.extend(of_child.into_iter().map(|one| Judged { child: Some(child.clone()), ..one }));
            let index = &self.examined.digest;
            self.bases.built_from(&child.digest, judges.jury.built_from(&paths, &child.digest, index));
            judged.extend(self.lineage(&[child], &child.digest));
            judged.extend(self.listed(
                &self.carriers(child),
                std::slice::from_ref(&child.platform),
                Some(child),
            ));
        }
        Ok(judged)
    }

    /// The index's evidence is in `judges`; the child's own is added, with the paths on which it was looked for.
    fn seen<'j>(&self, mut judges: Judges<'j>, child: &Child, plan: Plan) -> (Judges<'j>, Vec<PathReport>) {
        let Examined { place, digest, paths, .. } = self.examined;
        let mut paths: Vec<PathReport> = paths.clone();
        if child.digest != *digest && plan.discover {
            let mut consider = |found: Found| judges.consider(&found);
            let client = self.setting.client;
            paths.extend(client.discover(place, &child.digest, plan, self.budget, &mut consider));
        }
        (judges, paths)
    }

    fn carriers(&self, child: &Child) -> Vec<Digest> {
        let mut digests = vec![self.examined.digest.clone()];
        if child.digest != self.examined.digest {
            digests.push(child.digest.clone());
        }
        digests
    }

    /// Without `--platform` the list must cover every platform that the image runs on.
    fn listed_whole(&self) -> Result<Option<Judged>, Refused> {
        let Some(list) = &self.entry.digests else { return Ok(None) };
        let needed =
            list.rows.iter().any(|row| row.digest == self.examined.digest && !row.platforms.is_empty());
        let children = if needed { self.children()? } else { Vec::new() };
        let platforms: Vec<Platform> = children.into_iter().map(|child| child.platform).collect();
        Ok(self.listed(std::slice::from_ref(&self.examined.digest), &platforms, None))
    }

    fn listed(&self, digests: &[Digest], platforms: &[Platform], child: Option<&Child>) -> Option<Judged> {
        let list = self.entry.digests.as_ref()?;
        let question = digest::Question { names: self.names, digests, platforms, now: self.setting.now };
        let (verdict, carrier) = digest::check(list, &question);
        Some(Judged { rule: &digest::META, verdict, carrier, child: child.cloned() })
    }
}
