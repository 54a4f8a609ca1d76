//! One image, stage by stage: admit, read, judge, report.

mod deep;
mod host;
mod lineage;

use proofmark_core::display::safe_short;
use proofmark_core::{
    Digest, DigestRef, Evidence, Finding, Observation, Platform, Refusal, Repository, RuleMeta, Signer,
    Subject, SubjectKind, Tag, Timestamp, Verdict,
};
use proofmark_oci::{
    Budget, Child, Children, Client, Examined, Found, ImageManifest, PathKind, PathReport, Plan, ReadError,
    Skipped, Target, media_type, select_platform,
};
use proofmark_policy::{ImageEntry, Policy};

use lineage::Bases;

use crate::attest::{self, Jury};
use crate::read;
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
    /// The platform of the machine that asks, of which the image's variant is chosen when it runs: without `platform`, rules
    /// about bases and attestations are judged for it alone, and all others as ever (verdicts.md 3).
    pub host: Option<Platform>,
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
    let mut judges = Judges::new(&context);
    let plan = judges.plan();
    let mut consider = |found| judges.consider(&found);
    let examined = setting
        .client
        .examine(&request.target, plan, &budget, &mut consider)
        .map_err(|error| unread(&error))?;
    subject.digest = Some(examined.digest.clone());
    deny(setting.policy, &names, &examined)?;
    let bases = Bases::default();
    let scope =
        Scope { setting, entry, names: &names, examined: &examined, budget: &budget, plan, bases: &bases };
    let verdicts = match &request.platform {
        None => scope.whole(&judges, request.host.as_ref())?,
        Some(platform) => scope.for_platform(&judges, platform)?,
    };
    let mut findings = report(verdicts, subject, request.target.repository(), &examined);
    findings.extend(bases.take_endings().map(|ending| ending.finding(subject)));
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

/// Who judges what is found: one pass feeds them all.
#[derive(Clone)]
struct Judges<'a> {
    signature: Option<Judge<'a>>,
    jury: Jury<'a>,
}

impl<'a> Judges<'a> {
    fn new(context: &'a OwnedContext<'a>) -> Self {
        let OwnedContext { setting, entry, names, .. } = *context;
        let Setting { policy, trust, now, .. } = *setting;
        let signature = entry.signed_by.as_ref().map(|threshold| Judge::new(context.as_context(), threshold));
        Self { signature, jury: Jury::new(attest::Context { policy, entry, trust, names, now }) }
    }

    /// The paths that can hold what they judge.
    fn plan(&self) -> Plan {
        let (signatures, attestations) = (self.signature.is_some(), !self.jury.is_empty());
        Plan { signatures, attestations, discover: signatures || attestations }
    }

    fn consider(&mut self, found: &Found) {
        // An envelope of the `.att` tag is no signature, whatever it says, and a legacy signature no attestation.
        let signature = self.signature.as_mut().filter(|_| found.media_type != media_type::DSSE);
        let attestation = !self.jury.is_empty() && found.media_type != media_type::SIMPLE_SIGNING;
        if signature.is_none() && !attestation {
            return;
        }
        let read = read::candidate(found);
        if let Some(judge) = signature {
            judge.consider(found, &read);
        }
        if attestation {
            self.jury.consider(found, &read);
        }
    }

    /// The signature's verdict; the tag of legacy attestations holds none.
    fn signature(&self, paths: &[PathReport], digest: &Digest, index: &Digest) -> Option<Judged> {
        let judge = self.signature.clone()?;
        let paths: Vec<PathReport> =
            paths.iter().filter(|report| report.path != PathKind::AttTag).cloned().collect();
        let (verdict, carrier) = judge.verdict(&paths, digest, index);
        Some(Judged { rule: &signature::META, verdict, carrier, child: None })
    }

    fn attestations(&self, paths: &[PathReport], digest: &Digest, index: &Digest) -> Vec<Judged> {
        let verdicts = self.jury.verdicts(paths, digest, index).into_iter();
        verdicts.map(|(rule, verdict, carrier)| Judged { rule, verdict, carrier, child: None }).collect()
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
            deny_digest(self.setting.policy, self.names, digest)?;
        }
        Ok(runnable)
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
