//! A file to its references.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::allow::{Allow, allows};
use crate::compose::{Compose, RawService, Service};
use crate::detect::FileKind;
use crate::emit::{Hit, HitKey, cut, is_template};
use crate::environment::Environment;
use crate::found::{Found, Place, Unresolved};
use crate::limits::ScanLimits;
use crate::named::{NamedFile, RawNamed};
use crate::problem::{Problem, ProblemKind, RawProblem};
use crate::shape::Shape;
use crate::text::{Locator, decode};
use crate::yaml::{self, Emitter, Tree};
use crate::{bake, compose, devcontainer, dockerfile, environment, jsonc, kubernetes, workflow};

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// As which kind it was read.
    pub kind: FileKind,
    /// References in the order of the file.
    pub found: Vec<Found>,
    /// What could not be read, in the order of the file. Not empty: the references may not be all.
    pub problems: Vec<Problem>,
    /// Comments that allow something, in the order of the file.
    pub allows: Vec<Allow>,
    /// What a compose file says of its services; empty for every other.
    pub compose: Compose,
    /// Files that it names and that may name images, in the order of the file.
    pub named: Vec<NamedFile>,
    /// Places of those that were not read. A scan knows of none: whoever reads files says so ([`NamedFile::unread`]).
    pub unread: Vec<Found>,
}

/// Scans one file. `path` is shown in origins and nothing else. Never fails: what cannot be read is a [`Problem`].
pub fn scan(path: &str, bytes: &[u8], kind: FileKind, limits: &ScanLimits) -> Scan {
    scan_with(path, bytes, kind, limits, &Environment::default())
}

/// Scans one file whose variables, where compose interpolates, have the values of an environment.
pub fn scan_with(
    path: &str,
    bytes: &[u8],
    kind: FileKind,
    limits: &ScanLimits,
    environment: &Environment,
) -> Scan {
    let mut collected = Collected::default();
    let text = read(bytes, kind, limits, &mut collected.problems);
    if let Some(text) = &text {
        match kind {
            FileKind::Dockerfile => {
                let (hits, problems) = dockerfile::scan_built(text, environment.builds(), true, limits.found);
                collected.hits = hits;
                collected.problems.extend(problems);
            }
            FileKind::Environment => match environment::compose_files(text) {
                Ok((named, hits)) => (collected.named, collected.hits) = (named, hits),
                Err(problem) => collected.problems.push(problem),
            },
            FileKind::Bake => {
                let bake::Baked { hits, problems, named, targets } = bake::scan(text, environment, limits);
                (collected.hits, collected.named, collected.services) = (hits, named, targets);
                collected.problems.extend(problems);
            }
            FileKind::Devcontainer => {
                documents(&jsonc::blank_comments(text), kind, limits, environment, &mut collected);
            }
            _ => documents(text, kind, limits, environment, &mut collected),
        }
    }
    collected.finish(path, text.as_deref().unwrap_or(""), kind, limits)
}

#[derive(Default)]
struct Collected {
    hits: Vec<Hit>,
    problems: Vec<RawProblem>,
    services: Vec<RawService>,
    includes: bool,
    named: Vec<RawNamed>,
}

/// The bytes as text, if they may be read at all.
fn read<'a>(
    bytes: &'a [u8],
    kind: FileKind,
    limits: &ScanLimits,
    problems: &mut Vec<RawProblem>,
) -> Option<Cow<'a, str>> {
    if bytes.len() > limits.bytes {
        problems.push(RawProblem::new(0..0, ProblemKind::Limit { what: "bytes", cap: limits.bytes }));
        return None;
    }
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        problems.push(RawProblem::new(0..0, ProblemKind::NotUtf8));
        return None;
    }
    let (text, bad) = decode(bytes);
    // BuildKit takes any bytes in comments and commands; a reference cannot hold them.
    if let Some(at) = bad.filter(|_| kind != FileKind::Dockerfile) {
        problems.push(RawProblem::new(at..at, ProblemKind::NotUtf8));
    }
    Some(text)
}

fn documents(
    text: &str,
    kind: FileKind,
    limits: &ScanLimits,
    environment: &Environment,
    collected: &mut Collected,
) {
    let steps = Cell::new(limits.steps);
    let parsed = yaml::parse(text, limits, &steps);
    for tree in &parsed.trees {
        if collected.hits.len() > limits.found {
            break;
        }
        document(tree, kind, limits, environment, collected);
    }
    collected.problems.extend(parsed.problems);
    for (range, problem) in parsed.broken {
        lines(text, &range, kind, limits.found, &mut collected.hits);
        collected.problems.push(problem);
    }
    if steps.get() == 0 {
        let kind = ProblemKind::Limit { what: "steps through aliases", cap: limits.steps };
        collected.problems.push(RawProblem::new(0..0, kind));
    }
}

/// One document, as what its file is and as what it is itself.
fn document<'a>(
    tree: &'a Tree<'a>,
    kind: FileKind,
    limits: &ScanLimits,
    environment: &'a Environment,
    collected: &mut Collected,
) {
    let before = collected.hits.len();
    for (index, kind) in Shape::of(tree).kinds(kind).into_iter().enumerate() {
        let environment = (kind == FileKind::Compose).then_some(environment);
        let mut emitter = Emitter::new(tree, environment, limits.found);
        match kind {
            FileKind::Compose => compose::scan(&mut emitter),
            FileKind::Kustomization => kubernetes::scan_kustomization(&mut emitter, limits),
            FileKind::Devcontainer => devcontainer::scan(&mut emitter),
            FileKind::Workflow => workflow::scan(&mut emitter),
            FileKind::Kubernetes | FileKind::Dockerfile | FileKind::Environment | FileKind::Bake => {
                kubernetes::scan_object(&mut emitter, limits);
            }
        }
        collected.named.append(&mut emitter.named);
        collected.includes |= emitter.includes;
        collected.services.append(&mut emitter.services);
        let (mut hits, problems) = emitter.finish();
        if index > 0 {
            let known: HashSet<(Range<usize>, String)> =
                collected.hits.iter().skip(before).map(|hit| (hit.span.clone(), hit.value.clone())).collect();
            hits.retain(|hit| !known.contains(&(hit.span.clone(), hit.value.clone())));
        }
        collected.hits.extend(hits);
        collected.problems.extend(problems);
    }
}

/// Bytes of a line that are looked at, where all that is known of it is that it is a line.
const MAX_LINE: usize = 2048;

/// Lines of a document that cannot be parsed and look like references: shown as such, never dropped.
pub(crate) fn lines(text: &str, range: &Range<usize>, kind: FileKind, max: usize, hits: &mut Vec<Hit>) {
    let mut at = range.start;
    for whole in text.get(range.clone()).unwrap_or("").split_inclusive('\n') {
        let line = &whole[..whole.floor_char_boundary(MAX_LINE)];
        if hits.len() > max {
            return;
        }
        for key in ["image", "newName", "reference", "container", "uses"] {
            if key == "container" && kind != FileKind::Workflow {
                continue;
            }
            for (found, _) in line.match_indices(key) {
                if let Some(value) = value_of(line, found, found + key.len())
                    && (key != "uses" || line[value.clone()].to_ascii_lowercase().contains("docker://"))
                {
                    let text = &line[value.clone()];
                    let why = if is_template(text) { Unresolved::Template } else { Unresolved::Unparsed };
                    hits.push(Hit::unresolved(Place::Unparsed, why, at + value.start..at + value.end, text));
                }
            }
        }
        at += whole.len();
    }
}

/// The value behind a word of a line, if the word is a key: `image: x`, `- "image": 'x',`, `{image: x, …}`.
fn value_of(line: &str, start: usize, end: usize) -> Option<Range<usize>> {
    let before = &line[..start];
    let unquoted = before.trim_end_matches(['"', '\'']);
    let first = unquoted.chars().all(|c| matches!(c, ' ' | '\t' | '-' | '{'));
    if !(first || unquoted.trim_end().ends_with([',', '{'])) {
        return None;
    }
    let rest = line[end..].trim_start_matches(['"', '\'']).trim_start().strip_prefix(':')?;
    let value = rest.trim_start_matches([' ', '\t']);
    let start = line.len() - value.len();
    // The quotes of a template's actions are not those of the value.
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\'') && !is_template(value));
    if let Some(length) = quote.and_then(|quote| value[1..].find(quote)) {
        return (length > 0).then_some(start + 1..start + 1 + length);
    }
    // In flow style the value ends with its item, but a template has braces of its own.
    let flow = !first || before.contains('{');
    let stop = if flow && !value.starts_with('{') { value.find([',', '}']) } else { None };
    let value = &value[..stop.unwrap_or(value.len())];
    let value = value.split(" #").next().unwrap_or("").trim_end_matches([' ', '\t', '\r', '\n', ',']);
    let whole = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    let (value, start) = whole.map_or((value, start), |inside| (inside, start + 1));
    (!value.is_empty() && !value.starts_with(['|', '>', '#'])).then_some(start..start + value.len())
}

impl Scan {
    /// Every place of the file that names an image, or a file that was not read, in the order of the file.
    pub fn places(&self) -> Vec<&Found> {
        let mut places: Vec<&Found> = self.found.iter().chain(&self.unread).collect();
        if !self.unread.is_empty() {
            places.sort_by_key(|found| found.span.start);
        }
        places
    }
}

impl Collected {
    fn finish(mut self, path: &str, text: &str, kind: FileKind, limits: &ScanLimits) -> Scan {
        self.hits.sort_by_key(|hit| (hit.span.start, hit.span.end, hit.place));
        if self.hits.len() > limits.found {
            self.hits.truncate(limits.found);
            let at = self.hits.last().map_or(0, |hit| hit.span.end);
            let limit = ProblemKind::Limit { what: "references", cap: limits.found };
            self.problems.push(RawProblem::new(at..at, limit));
        }
        self.problems.sort_by_key(|problem| problem.span.start);
        if self.problems.len() > limits.problems {
            self.problems.truncate(limits.problems.saturating_sub(1));
            let limit = ProblemKind::Limit { what: "problems", cap: limits.problems };
            let at = self.problems.last().map_or(0, |problem| problem.span.start);
            self.problems.push(RawProblem::new(at..at, limit));
        }
        let compose =
            compose_of(self.services, self.includes, &self.hits, text, &mut Locator::new(path, text));
        let mut locator = Locator::new(path, text);
        let found: Vec<Found> = self.hits.into_iter().map(|hit| locate(hit, text, &mut locator)).collect();
        let allows = allows(path, text, kind, &found);
        let mut locator = Locator::new(path, text);
        let problems = self
            .problems
            .into_iter()
            .map(|problem| Problem { origin: locator.origin(&problem.span), kind: problem.kind })
            .map(|mut problem| {
                // What else an environment file holds may be secret.
                if kind == FileKind::Environment {
                    problem.origin.line_text.clear();
                }
                problem
            })
            .collect();
        let mut locator = Locator::new(path, text);
        self.named.sort_by(|a, b| (a.span.start, a.kind, &a.path).cmp(&(b.span.start, b.kind, &b.path)));
        let named = self.named.into_iter().map(|one| {
            let origin = locator.origin(&one.span);
            one.locate(text, origin)
        });
        let mut named: Vec<NamedFile> = named.collect();
        named.dedup();
        Scan { kind, found, problems, allows, compose, named, unread: Vec::new() }
    }
}

/// The services, with the place of each image among the references.
fn compose_of(
    services: Vec<RawService>,
    includes: bool,
    hits: &[Hit],
    text: &str,
    locator: &mut Locator<'_>,
) -> Compose {
    let at: HashMap<HitKey, usize> = hits.iter().enumerate().map(|(at, hit)| (hit.key(), at)).collect();
    let mut placed = |raw: RawService| Service {
        image: raw.image.and_then(|key| at.get(&key).copied()),
        local: raw.local.map(|hit| Box::new(locate(hit, text, locator))),
        ..raw.service
    };
    let services: Vec<Service> = services.into_iter().map(&mut placed).collect();
    let variables = (includes || !services.is_empty()) && (text.contains('$') || text.contains("args"));
    Compose { services, includes, variables }
}

fn locate(hit: Hit, text: &str, locator: &mut Locator<'_>) -> Found {
    Found {
        origin: locator.origin(&hit.span),
        // As the file has it: a dev container was read without its comments.
        text: text.get(hit.span.clone()).map_or(hit.text, cut),
        value: hit.value,
        span: hit.span,
        place: hit.place,
        platform: hit.platform,
        target: hit.target,
        defaults: hit.defaults,
        set: hit.set,
        given: hit.given,
        edit: hit.edit,
    }
}
