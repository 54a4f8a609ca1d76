//! One image, stage by stage: admit, read, judge, report.

mod deep;
mod lineage;

use std::cell::RefCell;

use proofmark_core::display::safe_short;
use proofmark_core::{
    Digest, DigestRef, Evidence, Finding, Observation, Platform, Refusal, Repository, RuleMeta, Signer,
    Subject, SubjectKind, Tag, Timestamp, Verdict,
};
use proofmark_oci::{
    Budget, Child, Children, Client, Examined, ImageManifest, PathReport, Plan, ReadError, Skipped, Target,
    select_platform,
};
use proofmark_policy::{ImageEntry, Policy};

use lineage::Ending;

use crate::rules::signature::{Judge, candidate::Context};
use crate::rules::{content, denied, digest, policy, registry, signature};
use crate::trust::Trust;

pub use deep::DeepCaps;
pub(crate) use lineage::configured_platform;
pub use lineage::{BaseOptions, check_base};

/// Characters of a mirror's error that are told.
const MAX_CAUSE: usize = 300;

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
}

/// A refusal, and the rule that speaks it.
type Refused = (&'static RuleMeta, Refusal);

/// The verdicts on one image: at least one finding, whatever happens.
pub fn verify(setting: &Setting<'_>, request: &Request) -> Vec<Finding> {
    let mut subject = Subject {
        reference: Some(request.target.to_string()),
        platform: request.platform.clone(),
        ..Subject::named(SubjectKind::Image, request.written.clone())
    };
    match judge(setting, request, &mut subject) {
        Ok(findings) => findings,
        Err((rule, refusal)) => {
            vec![Finding::from_verdict(rule, subject, &Verdict::refuse(refusal), String::new())]
        }
    }
}

fn judge(setting: &Setting<'_>, request: &Request, subject: &mut Subject) -> Result<Vec<Finding>, Refused> {
    let names = names(setting.policy, request.target.repository());
    let entry = admit(setting.policy, &names, &request.target)?;
    let budget = Budget::new(&setting.policy.limits);
    let tag = request.target.tag();
    let context = context(setting, entry, &names, tag.as_ref());
    let mut judge = entry.signed_by.as_ref().map(|threshold| Judge::new(context.as_context(), threshold));
    let plan = if judge.is_some() { Plan::SIGNATURES } else { Plan::NOTHING };
    let mut consider = |found| {
        if let Some(judge) = &mut judge {
            judge.consider(&found);
        }
    };
    let examined = setting
        .client
        .examine(&request.target, plan, &budget, &mut consider)
        .map_err(|error| unread(&error))?;
    subject.digest = Some(examined.digest.clone());
    deny(setting.policy, &names, &examined)?;
    let endings = RefCell::default();
    let scope = Scope {
        setting,
        entry,
        names: &names,
        examined: &examined,
        budget: &budget,
        plan,
        endings: &endings,
    };
    let verdicts = match &request.platform {
        None => scope.whole(judge)?,
        Some(platform) => scope.for_platform(judge, platform)?,
    };
    let mut findings = report(verdicts, subject, request.target.repository(), &examined);
    findings.extend(endings.take().into_iter().map(|ending: Ending| ending.finding(subject)));
    Ok(findings)
}

/// The name asked for, and its upstream's where the registry is a declared pull-through cache.
fn names(policy: &Policy, repository: &Repository) -> Vec<Repository> {
    let upstream = policy.upstream_name(repository);
    let mut names = vec![repository.clone()];
    if upstream != *repository {
        names.push(upstream);
    }
    names
}

/// What the policy says before anything is read (the first rows of the decision table).
fn admit<'p>(policy: &'p Policy, names: &[Repository], target: &Target) -> Result<&'p ImageEntry, Refused> {
    if let Some(digest) = target.digest() {
        deny_digest(policy, names, digest)?;
    }
    let own = target.repository();
    registry::check(policy, own).map_err(|refusal| (&registry::META, refusal))?;
    policy::check(policy, own).map_err(|refusal| (&policy::META, refusal))
}

fn deny_digest(policy: &Policy, names: &[Repository], digest: &Digest) -> Result<(), Refused> {
    for name in names {
        denied::check(policy, name, digest).map_err(|refusal| (&denied::META, refusal))?;
    }
    Ok(())
}

/// The digest that a tag led to, and what an index holds, may be denied as well.
fn deny(policy: &Policy, names: &[Repository], examined: &Examined) -> Result<(), Refused> {
    deny_digest(policy, names, &examined.digest)?;
    if let ImageManifest::Index { children, .. } = &examined.manifest {
        for child in children {
            deny_digest(policy, names, &child.digest)?;
        }
    }
    Ok(())
}

fn unread(error: &ReadError) -> Refused {
    (&content::META, content::refusal(error))
}

/// Owns what a [`Context`] borrows.
struct OwnedContext<'a> {
    setting: &'a Setting<'a>,
    entry: &'a ImageEntry,
    signers: Vec<&'a Signer>,
    names: &'a [Repository],
    tag: Option<&'a Tag>,
}

fn context<'a>(
    setting: &'a Setting<'a>,
    entry: &'a ImageEntry,
    names: &'a [Repository],
    tag: Option<&'a Tag>,
) -> OwnedContext<'a> {
    let wanted = entry.signed_by.iter().flat_map(|threshold| &threshold.of);
    let signers = wanted.filter_map(|name| setting.policy.signers.get(name)).collect();
    OwnedContext { setting, entry, signers, names, tag }
}

impl OwnedContext<'_> {
    fn as_context(&self) -> Context<'_> {
        Context {
            entry: self.entry,
            signers: &self.signers,
            trust: self.setting.trust,
            names: self.names,
            tag: self.tag,
            now: self.setting.now,
        }
    }
}

/// One rule's verdict, and the digest that carries its evidence.
struct Judged {
    rule: &'static RuleMeta,
    verdict: Verdict,
    carrier: Option<Digest>,
    child: Option<Child>,
}

/// What the judging of one image shares.
struct Scope<'a> {
    setting: &'a Setting<'a>,
    entry: &'a ImageEntry,
    names: &'a [Repository],
    examined: &'a Examined,
    budget: &'a Budget,
    plan: Plan,
    /// Approvals of base images that end soon.
    endings: &'a RefCell<Vec<Ending>>,
}

impl Scope<'_> {
    /// Without `--platform`: evidence on the reference's own digest (verdicts.md 3).
    fn whole(&self, judge: Option<Judge<'_>>) -> Result<Vec<Judged>, Refused> {
        let children = if self.examined.manifest.is_index() { self.children()? } else { Vec::new() };
        let mut judged = Vec::new();
        if let Some(judge) = judge {
            let (verdict, carrier) =
                judge.verdict(&self.examined.paths, &self.examined.digest, &self.examined.digest);
            judged.push(Judged { rule: &signature::META, verdict, carrier, child: None });
        }
        judged.extend(self.listed_whole()?);
        judged.extend(self.lineage(&children.iter().collect::<Vec<_>>(), &self.examined.digest));
        Ok(judged)
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
            deny_digest(self.setting.policy, self.names, digest)?;
        }
        Ok(runnable)
    }

    /// With `--platform`: evidence may stand on the child or on the index; every child that matches must satisfy.
    fn for_platform(&self, judge: Option<Judge<'_>>, platform: &Platform) -> Result<Vec<Judged>, Refused> {
        let children = self.children()?;
        let matching = select_platform(&children, platform).map_err(|error| unread(&error))?;
        let mut judged = Vec::new();
        for child in matching {
            judged.extend(self.lineage(&[child], &child.digest));
            if let Some(judge) = &judge {
                judged.push(self.signatures_of(judge.clone(), child));
            }
            judged.extend(self.listed(
                &self.carriers(child),
                std::slice::from_ref(&child.platform),
                Some(child),
            ));
        }
        Ok(judged)
    }

    /// The index's evidence is in `judge`; the child's own is added.
    fn signatures_of(&self, mut judge: Judge<'_>, child: &Child) -> Judged {
        let mut paths: Vec<PathReport> = self.examined.paths.clone();
        if child.digest != self.examined.digest {
            let Examined { place, .. } = self.examined;
            paths.extend(self.setting.client.discover(
                place,
                &child.digest,
                self.plan,
                self.budget,
                &mut |found| {
                    judge.consider(&found);
                },
            ));
        }
        let (verdict, carrier) = judge.verdict(&paths, &child.digest, &self.examined.digest);
        Judged { rule: &signature::META, verdict, carrier, child: Some(child.clone()) }
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

/// Turns verdicts into findings; `pinned` is the index if any evidence came from it, and only if all rules pass.
fn report(
    judged: Vec<Judged>,
    subject: &Subject,
    repository: &Repository,
    examined: &Examined,
) -> Vec<Finding> {
    let passed = !judged.is_empty() && judged.iter().all(|one| one.verdict.is_pass());
    let pinned = passed.then(|| {
        let carriers = || judged.iter().filter_map(|one| one.carrier.as_ref());
        let index = carriers().find(|digest| **digest == examined.digest);
        index.or_else(|| carriers().next()).unwrap_or(&examined.digest).clone()
    });
    let pinned = pinned.map(|digest| DigestRef { repository: repository.clone(), digest }.to_string());
    let finding = |one: Judged| {
        let verdict = with_skipped(one.verdict, &examined.skipped);
        let subject = Subject { pinned: pinned.clone(), ..subject.clone() };
        let message = match &one.child {
            Some(child) => {
                format!("read from {}, {} {}", examined.resolved_from, child.platform, child.digest)
            }
            None => format!("read from {}", examined.resolved_from),
        };
        Finding::from_verdict(one.rule, subject, &verdict, message)
    };
    judged.into_iter().map(finding).collect()
}

/// A mirror that lied or failed was passed over, and the image came from elsewhere: that is told with every answer.
fn with_skipped(verdict: Verdict, skipped: &[Skipped]) -> Verdict {
    let cause = |one: &Skipped| safe_short(&one.error.to_string(), MAX_CAUSE);
    if let Some(refusal) = verdict.refusal() {
        let observed = skipped.iter().map(|one| Observation {
            text: format!("the mirror was passed over: {}", cause(one)),
            place: Some(one.source.clone()),
            reason: Some(one.error.reason()),
            time: None,
        });
        return Verdict::refuse(refusal.clone().observing(observed));
    }
    let told = skipped.iter().map(|one| {
        Evidence::new("mirror-skipped", format!("{}: {}", one.source, cause(one)))
            .with("mirror", one.source.clone())
            .with("reason", one.error.reason().as_str())
            .with("cause", cause(one))
    });
    let mut evidence = verdict.evidence().into_iter().cloned();
    match evidence.next() {
        Some(first) => Verdict::pass(first, evidence.chain(told).collect()),
        None => verdict,
    }
}
