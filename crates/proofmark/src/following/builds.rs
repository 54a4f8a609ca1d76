//! Which Dockerfiles are built, and what compose files, dev containers and workflows give to them.
//!
//! Compose merges what several files say of a service (`-f a -f b`, overrides, `extends`): the context may stand in one, the Dockerfile
//! in another, arguments in each. Which of them are used together is known to who calls compose alone; so every context
//! of a service is looked into for every Dockerfile of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use proofmark_refs::{Environment, FileKind, Given, NamedBuild, NamedFile, NamedKind};

use super::services::{Key, Services};
use super::{Following, Leads};
use crate::paths::{lexical, plain, unread, written};
use crate::scanning::{Read, Reading};
use crate::walk::Candidate;

/// Pairs of a context and a Dockerfile that are looked for.
const MAX_PAIRS: usize = 100_000;

/// Services that services extend, all together: who writes chains of a thousand wants this to take long.
const MAX_LINEAGE: usize = 200_000;

/// The file that a build reads if none is named.
const DOCKERFILE: &str = "Dockerfile";

/// What the files that may be merged say of one service.
#[derive(Default)]
struct Service {
    /// Without links in the directory that they count from; and as they are shown.
    contexts: BTreeMap<PathBuf, PathBuf>,
    dockerfiles: BTreeSet<String>,
    given: Vec<Given>,
    names: Vec<Name>,
    /// The services with a Dockerfile that is written in them, by the scan.
    inlines: BTreeSet<(usize, String)>,
}

/// What one file says of it.
struct Name {
    /// The scan, and the place in it.
    at: (usize, usize),
    /// None: another file may give it.
    contexts: Option<Vec<PathBuf>>,
    dockerfile: Option<String>,
}

impl Name {
    /// Whether a Dockerfile that is there is what it means: what it does not say, another file does.
    fn is_met(&self, context: &PathBuf, dockerfile: &str) -> bool {
        self.contexts.as_ref().is_none_or(|own| own.contains(context))
            && self.dockerfile.as_ref().is_none_or(|own| own == dockerfile)
    }
}

impl Following<'_> {
    /// Dockerfiles that were not read yet. And reads those again that builds give arguments to: whether one was.
    pub(super) fn builds(&mut self, reads: &mut [Read], reading: &mut Reading) -> (Vec<Candidate>, bool) {
        let (mut files, mut changed, mut pairs) = (Vec::new(), false, 0);
        let mut builds: HashMap<PathBuf, Vec<Vec<Given>>> = HashMap::new();
        let mut inlines: BTreeMap<usize, BTreeMap<String, Vec<Vec<Given>>>> = BTreeMap::new();
        let Some(services) = self.services(reads) else {
            let shown = reads.iter().find(|read| !read.scan.compose.services.is_empty());
            let shown = shown.map_or_else(PathBuf::new, |read| PathBuf::from(&read.file.shown));
            self.tell_once(&shown, &format!("services extend {MAX_LINEAGE} others, all together"), reading);
            return (Vec::new(), false);
        };
        for service in services {
            for (at, name) in &service.inlines {
                push(inlines.entry(*at).or_default().entry(name.clone()).or_default(), &service.given);
            }
            for (context, shown) in &service.contexts {
                for dockerfile in &service.dockerfiles {
                    pairs += 1;
                    if pairs > MAX_PAIRS {
                        let why = format!("more than {MAX_PAIRS} pairs of a context and a Dockerfile");
                        self.tell_once(&shown.join(dockerfile), &why, reading);
                        return (Vec::new(), false);
                    }
                    let (whole, shown) = (lexical(&context.join(dockerfile)), shown.join(dockerfile));
                    let Some(real) = self.dockerfile(&whole) else { continue };
                    if let Leads::To(found) =
                        self.read(vec![(real.clone(), plain(&shown))], FileKind::Dockerfile)
                    {
                        files.extend(found);
                    }
                    for named in service.names.iter().filter(|name| name.is_met(context, dockerfile)) {
                        self.open.remove(&named.at);
                    }
                    push(builds.entry(real).or_default(), &service.given);
                }
            }
        }
        files.sort();
        for (at, read) in reads.iter_mut().enumerate() {
            let environment = match (read.scan.kind, inlines.remove(&at)) {
                (FileKind::Dockerfile, _) => of_builds(builds.remove(&read.file.path).unwrap_or_default()),
                (_, None) if !read.environment.has_inlines() => continue,
                (_, inlines) => read.environment.with_inlines(inlines.unwrap_or_default()),
            };
            if environment == read.environment {
                continue;
            }
            if let Some(scan) = reading.again(read, &environment) {
                (read.scan, read.environment) = (scan, environment);
                changed = true;
            }
        }
        (files, changed)
    }

    fn tell_once(&mut self, shown: &Path, why: &str, reading: &mut Reading) {
        if !std::mem::replace(&mut self.tired, true) {
            let help = "give services of different projects different names, or leave some out: --exclude";
            reading.errors.push(unread("file-not-read", &plain(shown), why, help));
        }
    }

    /// Where a Dockerfile lies. BuildKit takes one in lower case for `Dockerfile` (`frontend/dockerui`, `DefaultDockerfileName`).
    fn dockerfile(&mut self, whole: &PathBuf) -> Option<PathBuf> {
        if let Some(known) = self.dockerfiles.get(whole) {
            return known.clone();
        }
        let lower = || whole.ends_with(DOCKERFILE).then(|| whole.with_file_name("dockerfile"));
        let real = std::fs::canonicalize(whole)
            .or_else(|error| lower().ok_or(error).and_then(std::fs::canonicalize));
        let real = real.ok().filter(|real| real.is_file() && self.is_inside(real));
        self.dockerfiles.insert(whole.clone(), real.clone());
        real
    }

    /// Each service that is built, with what the files that may be merged say of it; `None`: they extend too many others.
    fn services(&self, reads: &[Read]) -> Option<Vec<Service>> {
        let mut of = Services::of(self, reads);
        let mut builds: BTreeMap<Key, Vec<(usize, usize)>> = BTreeMap::new();
        let mut inlines: BTreeMap<Key, Vec<(usize, usize)>> = BTreeMap::new();
        let mut keys: BTreeSet<Key> = BTreeSet::new();
        for (at, _) in of.bases.clone() {
            let Read { file, scan, .. } = &reads[at];
            for (number, service) in scan.compose.services.iter().enumerate() {
                let key = of.key(file, &service.name);
                if !service.inline.is_empty() {
                    inlines.entry(key.clone()).or_default().push((at, number));
                }
                keys.insert(key);
            }
            for (name, named) in scan.named.iter().enumerate() {
                if let Some(build) = &named.build {
                    // Of a build of a workflow no other file says more.
                    let alone = matches!(named.kind, NamedKind::Workspace { .. });
                    let name_of = if alone { format!("\n{at} {name}") } else { build.service.clone() };
                    let key = of.key(file, &name_of);
                    builds.entry(key.clone()).or_default().push((at, name));
                    keys.insert(key);
                }
            }
        }
        let directories: BTreeMap<usize, Vec<(PathBuf, PathBuf)>> =
            of.bases.iter().map(|(at, base)| (*at, self.directories(&reads[*at].file, base))).collect();
        let (mut services, mut extended) = (Vec::new(), 0);
        for key in keys {
            let mut service = Service::default();
            let lineage = of.lineage(&key);
            extended += lineage.len();
            if extended > MAX_LINEAGE {
                return None;
            }
            for (at, number) in lineage.iter().flat_map(|key| inlines.get(key).into_iter().flatten()) {
                let inline = &reads[*at].scan.compose.services[*number];
                service.inlines.insert((*at, inline.name.clone()));
                inline.inline.iter().for_each(|given| service.give(given));
            }
            for (at, name) in lineage.iter().flat_map(|key| builds.get(key).into_iter().flatten()) {
                let NamedFile { build, kind, .. } = &reads[*at].scan.named[*name];
                let (Some(build), Some(all)) = (build, directories.get(at)) else { continue };
                if let NamedKind::Workspace { .. } = kind {
                    let roots = all.first().map(|(base, _)| self.repositories(&reads[*at].file, base));
                    service.add((*at, *name), build, &roots.unwrap_or_default());
                } else {
                    service.add((*at, *name), build, all);
                }
            }
            services.push((key.1, service));
        }
        complete(&mut services);
        Some(services.into_iter().map(|(_, service)| service).collect())
    }

    /// Where the paths of a file count from, without links; and as they are shown.
    fn directories(&self, file: &Candidate, base: &Path) -> Vec<(PathBuf, PathBuf)> {
        let projects = self.projects.get(&file.path).into_iter().flatten();
        let projects = projects.map(|(base, written)| (base.clone(), written.clone()));
        std::iter::once((base.to_owned(), written(file))).chain(projects).collect()
    }
}

/// A file that only adds to a service, and none of those that may be used with it says what is built: it adds to the services of that
/// name wherever they are, as who calls compose may name any files together.
fn complete(services: &mut [(String, Service)]) {
    let mut added: BTreeMap<String, Vec<Given>> = BTreeMap::new();
    for (name, service) in services.iter().filter(|(_, service)| service.only_adds()) {
        added.entry(name.clone()).or_default().extend(service.given.iter().cloned());
    }
    for (name, service) in services.iter_mut().filter(|(_, service)| !service.only_adds()) {
        added.get(name).into_iter().flatten().for_each(|given| service.give(given));
    }
}

/// What is given to one build more. Builds that give nothing are told apart from no build, but not from one another.
fn push(builds: &mut Vec<Vec<Given>>, given: &[Given]) {
    let nothing = |given: &[Given]| given.iter().all(Given::is_empty);
    if !(nothing(given) && builds.iter().any(|known| nothing(known))) {
        builds.push(given.to_vec());
    }
}

/// What is known beside a Dockerfile; nothing, if no build gives it anything.
fn of_builds(builds: Vec<Vec<Given>>) -> Environment {
    let given = builds.iter().flatten().any(|given| !given.is_empty());
    if given { Environment::of_builds(builds) } else { Environment::default() }
}

impl Service {
    fn add(&mut self, at: (usize, usize), build: &NamedBuild, directories: &[(PathBuf, PathBuf)]) {
        let context = build.context.as_deref().unwrap_or(".");
        let mut contexts = Vec::new();
        for (base, shown) in directories {
            let whole = lexical(&base.join(context));
            contexts.push(whole.clone());
            self.contexts.insert(whole, shown.join(context));
        }
        let contexts = build.context.is_some().then_some(contexts);
        self.names.push(Name { at, contexts, dockerfile: build.dockerfile.clone() });
        self.dockerfiles.insert(build.dockerfile.clone().unwrap_or_else(|| DOCKERFILE.to_owned()));
        self.give(&build.given);
    }

    /// Whether nothing says what is built.
    fn only_adds(&self) -> bool {
        self.given.iter().all(Given::is_partial)
    }

    fn give(&mut self, given: &Given) {
        if !self.given.contains(given) {
            self.given.push(given.clone());
        }
    }
}
