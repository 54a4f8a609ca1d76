//! From nodes to references: aliases, interpolation, and which definitions may be rewritten.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::tree::{Id, Kind, Style, Tree};
use crate::compose::RawService;
use crate::dockerfile::Given;
use crate::emit::{Hit, HitKey, is_template};
use crate::environment::Environment;
use crate::expand::{Expanded, Known, Syntax, expand};
use crate::found::{Edit, NoEdit, Place, Target, Unresolved, WrittenPlatform};
use crate::mapped::Mapped;
use crate::named::RawNamed;
use crate::problem::RawProblem;

/// A scalar of more bytes is not looked into as a reference: aliases may bring it to any number of places.
const MAX_SCALAR: usize = 16 * 1024;

/// Collects the references of one document.
pub(crate) struct Emitter<'a> {
    pub(crate) tree: &'a Tree<'a>,
    pub(crate) hits: Vec<Hit>,
    pub(crate) problems: Vec<RawProblem>,
    /// Files that are named, and whether there are more.
    pub(crate) named: Vec<RawNamed>,
    pub(crate) more_named: bool,
    /// Compose interpolates its values, by this environment.
    environment: Option<&'a Environment>,
    /// References that are wanted; one more is kept, so that it shows that there are more.
    pub(crate) max: usize,
    /// The value too: references inside a text whose bytes stand nowhere in the file share the span of the whole text.
    seen: HashSet<(HitKey, String)>,
    /// The platform of what comes next.
    pub(crate) platform: Option<WrittenPlatform>,
    /// The hit that came last, or was there already.
    last: Option<HitKey>,
    /// What a compose file says of its services.
    pub(crate) services: Vec<RawService>,
    /// Whether it brings in other files.
    pub(crate) includes: bool,
    /// Values of matrices that were told, by job, place and name; and whether they were all.
    pub(crate) matrices: HashMap<(Id, Place, String), bool>,
    /// Texts that were read already.
    texts: HashSet<Id>,
    /// The scalar behind each hit, by the hit's index.
    scalars: HashMap<usize, Id>,
    /// How many aliases of a scalar are references.
    aliased: HashMap<Id, usize>,
}

impl<'a> Emitter<'a> {
    pub(crate) fn new(tree: &'a Tree<'a>, environment: Option<&'a Environment>, max: usize) -> Self {
        Self {
            tree,
            hits: Vec::new(),
            problems: Vec::new(),
            named: Vec::new(),
            more_named: false,
            environment,
            max,
            seen: HashSet::new(),
            platform: None,
            last: None,
            services: Vec::new(),
            includes: false,
            matrices: HashMap::new(),
            texts: HashSet::new(),
            scalars: HashMap::new(),
            aliased: HashMap::new(),
        }
    }

    /// Whether this is the first time that a text inside the document is read.
    pub(crate) fn first(&mut self, id: Id) -> bool {
        self.texts.insert(self.tree.resolve(id))
    }

    /// What stands at a value's place: an alias stands for itself, a block scalar without its header.
    pub(crate) fn span(&self, id: Id) -> Range<usize> {
        self.tree.node(id).span.clone()
    }

    /// The value of a scalar, interpolated where the format does so. `None` for null and collections.
    pub(crate) fn value(&self, id: Id) -> Option<Expanded> {
        self.read(id, trimmed)
    }

    /// The same with the blanks around it: in a path they count.
    pub(crate) fn as_written(&self, id: Id) -> Option<Expanded> {
        self.read(id, Mapped::clone)
    }

    fn read(&self, id: Id, part: impl Fn(&Mapped) -> Mapped) -> Option<Expanded> {
        let text = self.tree.scalar(id)?;
        if text.len() > MAX_SCALAR {
            let text = Mapped::nowhere(&crate::emit::cut(text));
            return Some(Expanded { unresolved: Some(Unresolved::TooLong), ..Expanded::literal(text) });
        }
        let mapped = part(&self.tree.mapped(id)?);
        if self.tree.node(self.tree.resolve(id)).tag.as_deref().is_some_and(|tag| tag.ends_with("binary")) {
            // Its value is what the text is decoded to.
            return Some(Expanded { unresolved: Some(Unresolved::NotText), ..Expanded::literal(mapped) });
        }
        if self.tree.is_ambiguous(id) {
            let unresolved = Some(Unresolved::Number(mapped.text().to_owned()));
            return Some(Expanded { unresolved, ..Expanded::literal(mapped) });
        }
        Some(match self.environment {
            Some(environment) => expand(&mapped, Syntax::Compose, &|name| environment.known(name)),
            None => Expanded::literal(mapped),
        })
    }

    /// What builds of other files give to the Dockerfile that is written in a service.
    pub(crate) fn inline(&self, service: &str) -> &'a [Vec<Given>] {
        self.environment.map_or(&[], |environment| environment.inline(service))
    }

    /// The value that the environment has for a variable.
    pub(crate) fn variable(&self, name: &str) -> Option<Expanded> {
        match self.environment?.known(name) {
            Known::Value(value) => Some(value.clone()),
            Known::Unset | Known::Opaque => None,
        }
    }

    /// Whether all of a value is known, and every variable in it has its value in the environment.
    pub(crate) fn is_set(&self, value: &Expanded) -> bool {
        let set = |name: &String| self.environment.is_some_and(|environment| environment.has(name));
        value.unresolved.is_none() && value.names.iter().all(set)
    }

    /// A value that names an image; null and empty name none.
    pub(crate) fn image(&mut self, place: Place, id: Id) {
        match self.value(id).map(no_empty_default) {
            Some(value) if value.text.text().is_empty() && value.unresolved.is_none() => {}
            Some(value) => self.expanded(place, id, value),
            None if self.tree.is_null(id) => {}
            None => self.not_text(place, id),
        }
    }

    /// A list or mapping where a text belongs.
    pub(crate) fn not_text(&mut self, place: Place, id: Id) {
        let rest = self.tree.source.get(self.span(id).start..).unwrap_or("");
        let why = if rest.starts_with("{{") { Unresolved::Template } else { Unresolved::NotText };
        let line = rest.lines().next().unwrap_or("").trim_end();
        let start = self.span(id).start;
        let first = line.chars().next().map_or(0, char::len_utf8);
        let text = if why == Unresolved::Template { line } else { &line[..first] };
        self.push(Hit::unresolved(place, why, start..start + text.len(), text), None);
    }

    /// A value behind a prefix such as `docker://`, in capitals too as GitHub's runner takes it; another value names no
    /// image.
    pub(crate) fn prefixed(&mut self, place: Place, id: Id, prefix: &str) {
        let Some(mut value) = self.value(id) else { return };
        let text = value.text.text();
        if has_prefix(text, prefix) {
            value.text = value.text.part(prefix.len()..text.len());
            self.expanded(place, id, value);
        }
    }

    /// A reference whose value is already known.
    pub(crate) fn expanded(&mut self, place: Place, id: Id, value: Expanded) {
        let span = self.written(id, &value);
        let text = self.tree.source.get(span.clone()).unwrap_or("");
        let mut hit = match value.unresolved.clone() {
            Some(_) if is_template(text) => Hit::unresolved(place, Unresolved::Template, span, text),
            Some(why) => Hit::unresolved(place, why, span, text),
            None => Hit::new(place, &value.text, span, text),
        };
        crate::emit::cut(value.text.text()).clone_into(&mut hit.value);
        let set = |name: &String| self.environment.is_some_and(|environment| environment.has(name));
        (hit.set, hit.defaults) = value.names.into_iter().partition(set);
        if let (Some(name), Target::Image(_)) = (hit.set.first(), &hit.target) {
            hit.edit = Edit::Refused(NoEdit::Environment(name.clone()));
        }
        self.push(hit, Some(id));
    }

    /// The bytes of a node, without quotes.
    pub(crate) fn inside(&self, id: Id) -> Range<usize> {
        let node = self.tree.node(id);
        match node.kind {
            Kind::Scalar { style: Style::Quoted, .. } if node.span.len() >= 2 => {
                node.span.start + 1..node.span.end - 1
            }
            _ => node.span.clone(),
        }
    }

    /// The bytes of a value as written: without quotes, and without what stands around it, unless variables are in it.
    fn written(&self, id: Id, value: &Expanded) -> Range<usize> {
        let node = self.tree.node(id);
        let Kind::Scalar { style, .. } = node.kind else { return node.span.clone() };
        let inside = match style {
            Style::Block => value.text.cover().unwrap_or_else(|| node.span.clone()),
            Style::Plain | Style::Quoted => self.inside(id),
        };
        if value.names.is_empty() && value.unresolved.is_none() {
            return value.text.cover().unwrap_or(inside);
        }
        inside
    }

    pub(crate) fn push(&mut self, mut hit: Hit, scalar: Option<Id>) {
        if hit.platform.is_none() {
            hit.platform.clone_from(&self.platform);
        }
        self.last = Some(hit.key());
        // A mapping that several others take over by a merge key is seen through each of them.
        if self.hits.len() > self.max || !self.seen.insert((hit.key(), hit.value.clone())) {
            return;
        }
        if let Some(id) = scalar {
            let target = self.tree.resolve(id);
            self.scalars.insert(self.hits.len(), target);
            if target != id {
                *self.aliased.entry(target).or_default() += 1;
            }
        }
        self.hits.push(hit);
    }

    /// The hit that came since this was last asked.
    pub(crate) fn take_last(&mut self) -> Option<HitKey> {
        self.last.take()
    }

    /// The references; a definition that is also used for something else is not rewritten.
    pub(crate) fn finish(mut self) -> (Vec<Hit>, Vec<RawProblem>) {
        let here: HashSet<Id> = self
            .scalars
            .iter()
            .filter(|(index, _)| !matches!(self.hits[**index].edit, Edit::At(_)))
            .map(|(_, id)| *id)
            .collect();
        for (index, id) in &self.scalars {
            let node = self.tree.node(*id);
            let others = node.aliases != self.aliased.get(id).copied().unwrap_or(0);
            let named = here.contains(id) || node.aliases == 0 || self.tree.in_extension(*id);
            if others || !named {
                let name = crate::emit::cut(self.tree.text(*id)).chars().take(80).collect();
                self.hits[*index].refuse(NoEdit::Shared(name));
            }
        }
        (self.hits, self.problems)
    }
}

/// A value that is empty only as long as a variable has none, such as `${IMAGE:+x}`: what it names then is not known.
pub(crate) fn no_empty_default(mut value: Expanded) -> Expanded {
    if value.text.text().is_empty() && value.unresolved.is_none() {
        value.unresolved = value.names.first().cloned().map(Unresolved::Variable);
    }
    value
}

/// Whether a text starts with a prefix, whatever the case.
pub(crate) fn has_prefix(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix))
}

fn trimmed(value: &Mapped) -> Mapped {
    let text = value.text();
    let start = text.len() - text.trim_start().len();
    value.part(start..start + text.trim().len())
}

/// Moves the spans of a text inside a scalar to the file; what does not stand there in one piece is not rewritten.
pub(crate) fn outward(hit: &mut Hit, outer: &Mapped, fallback: &Range<usize>) {
    let exact = |span: &Range<usize>| outer.exact_span(span.clone());
    let own = exact(&hit.span);
    hit.edit = match std::mem::replace(&mut hit.edit, Edit::Here) {
        Edit::Here if own.is_some() => Edit::Here,
        Edit::At(span) if exact(&span).is_some() => Edit::At(exact(&span).unwrap_or_default()),
        Edit::Here | Edit::At(_) | Edit::Insert { .. } => Edit::Refused(NoEdit::Escaped),
        refused @ Edit::Refused(_) => refused,
    };
    hit.span = own.or_else(|| outer.cover_span(hit.span.clone())).unwrap_or_else(|| fallback.clone());
}
