//! `build-args` of an action that builds: a line for each, `NAME=value`, or `NAME` of a variable that the step has.
//!
//! Source: `docker/build-push-action` (`build-args`, a list of CSV records); Docker documentation, `buildx build` (`--build-arg`: without a
//! value it is that of the environment); GitHub Docs, "Evaluate expressions": a value may be of any number of lines.

use super::env::Variable;
use super::inputs::{Inputs, shown};
use super::matrix::with_matrix;
use crate::building::image_argument;
use crate::dockerfile::{BuildArg, Given};
use crate::emit::{Hit, cut};
use crate::expand::Expanded;
use crate::found::{NoEdit, Place, Unresolved};
use crate::mapped::Mapped;
use crate::yaml::{Emitter, Id, Tree};

/// What an argument that is given costs, in steps: it is kept for every way and every path.
pub(super) const ARGUMENT_STEPS: usize = 256;

/// Ways in which the values of a matrix are given to one build.
const MAX_WAYS: usize = 64;

/// A line of the input.
struct Written<'a> {
    id: Id,
    text: &'a Mapped,
    /// Lines of its texts that are told of already.
    told: usize,
}

impl Written<'_> {
    /// An image that the line comes to.
    fn tell(&self, emitter: &mut Emitter<'_>, place: Place, value: &Expanded) {
        let span = self.text.exact().unwrap_or_else(|| emitter.inside(self.id));
        let text = emitter.tree.source.get(span.clone()).unwrap_or_default();
        let mut hit = match value.unresolved.clone() {
            Some(why) => Hit::unresolved(place, why, span, text),
            None => Hit::new(place, &Mapped::nowhere(value.text.text()), span, text),
        };
        hit.refuse(NoEdit::Composed);
        emitter.push(hit, None);
    }
}

impl Inputs {
    /// Each way in which arguments are given. `None`: they cost too much, which is told.
    pub(super) fn arguments(&self, emitter: &mut Emitter<'_>) -> Option<Vec<Given>> {
        let mut ways = vec![Given::default()];
        self.records(emitter);
        for (id, line) in self.lines(emitter, "build-args") {
            if !emitter.tree.spend(ways.len().saturating_mul(ARGUMENT_STEPS)) {
                return None;
            }
            let text = line.text();
            let (name, value) =
                text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
            if name.contains("${{") {
                ways = self.open(emitter, ways, id, &line);
            } else if let Some(value) = value {
                let texts = self.texts(emitter.tree, &ways, value, name);
                ways = self.joined(emitter, ways, &texts, &Written { id, text: &line, told: 1 });
                let value = Expanded::literal(line.part(name.len() + 1..text.len()));
                if let Some((place, value)) = image_argument(Place::WorkflowBuildArg, name, value) {
                    self.image(emitter, place, id, value.text);
                }
            } else {
                let argument = self.handed_on(emitter, id, name);
                for way in &mut ways {
                    way.args.extend(argument.clone());
                }
            }
        }
        Some(ways)
    }

    /// A record in quotes may be of several lines, and one argument: whose values the lines are is not known then.
    fn records(&self, emitter: &mut Emitter<'_>) {
        for id in emitter.tree.get_folded(self.with, "build-args") {
            let Some(whole) = emitter.tree.mapped(id) else { continue };
            let mut at = 0;
            for line in whole.text().split_inclusive('\n') {
                let start = at + (line.len() - line.trim_start().len());
                if line.trim_start().starts_with('"') && line.matches('"').count() % 2 == 1 {
                    // Its name: the value may be a reference of its own.
                    let end = line.find('=').unwrap_or(line.trim_end().len());
                    any(emitter, id, &whole.part(start..at + end));
                }
                at += line.len();
            }
        }
    }

    /// The lines that `NAME=value` may be, with the values of variables and of the matrix.
    fn texts(&self, tree: &Tree<'_>, ways: &[Given], value: &str, name: &str) -> Vec<String> {
        let (value, _) = self.env.within(tree, value);
        let values = with_matrix(tree, &value, self.job).map(|(values, _)| values);
        let values = values.filter(|values| values.len().saturating_mul(ways.len()) <= MAX_WAYS);
        values.unwrap_or_else(|| vec![value]).iter().map(|value| format!("{name}={value}")).collect()
    }

    /// A line of which an expression gives the name too: what it is if that is known.
    fn open(&self, emitter: &mut Emitter<'_>, ways: Vec<Given>, id: Id, line: &Mapped) -> Vec<Given> {
        let tree = emitter.tree;
        let (text, _) = self.env.within(tree, line.text());
        let texts = with_matrix(tree, &text, self.job).map(|(texts, _)| texts);
        let Some(texts) = texts.filter(|texts| texts.len().saturating_mul(ways.len()) <= MAX_WAYS) else {
            any(emitter, id, line);
            return ways;
        };
        self.joined(emitter, ways, &texts, &Written { id, text: line, told: 0 })
    }

    /// What is given with one line more: with each text that it may be, each of as many lines as it has.
    fn joined(
        &self,
        emitter: &mut Emitter<'_>,
        ways: Vec<Given>,
        texts: &[String],
        of: &Written<'_>,
    ) -> Vec<Given> {
        let mut each: Vec<Vec<BuildArg>> = Vec::new();
        for text in texts {
            let mut arguments = Vec::new();
            for (at, one) in text.lines().map(str::trim).enumerate() {
                let (name, value) =
                    one.split_once('=').map_or((one, None), |(name, value)| (name, Some(value)));
                if name.contains("${{") {
                    any(emitter, of.id, of.text);
                } else if let Some(value) = value {
                    let argument = self.argument(emitter.tree, name, value);
                    if at >= of.told
                        && let Some((place, value)) =
                            image_argument(Place::WorkflowBuildArg, name, argument.value.clone())
                    {
                        of.tell(emitter, place, &value);
                    }
                    arguments.push(argument);
                } else if !name.is_empty() {
                    arguments.extend(self.handed_on(emitter, of.id, name));
                }
            }
            if !each.contains(&arguments) {
                each.push(arguments);
            }
        }
        let mut more = Vec::with_capacity(ways.len() * each.len());
        for mut way in ways {
            for arguments in each.iter().skip(1) {
                let mut other = way.clone();
                other.args.extend(arguments.iter().cloned());
                more.push(other);
            }
            // Most are given one value: what came before is not copied.
            way.args.extend(each.first().into_iter().flatten().cloned());
            more.push(way);
        }
        more
    }

    /// An argument: what an expression gives is not known.
    fn argument(&self, tree: &Tree<'_>, name: &str, value: &str) -> BuildArg {
        let why = || self.env.why(tree, value).unwrap_or_else(|| Unresolved::Expression(value.to_owned()));
        let open = value.contains("${{").then(|| shown(value, why()));
        BuildArg::of(name, &Expanded { unresolved: open, ..Expanded::literal(Mapped::nowhere(value)) })
    }

    /// An argument that has the value of a variable of the step. What sets the variable, if nothing does that stands here, is not known.
    fn handed_on(&self, emitter: &mut Emitter<'_>, id: Id, name: &str) -> Option<BuildArg> {
        let tree = emitter.tree;
        let (mut place, before) = (id, emitter.hits.len());
        let value = match self.env.variable(tree, name) {
            Variable::At(at) => {
                place = at;
                Expanded::literal(tree.mapped(at)?)
            }
            Variable::Empty => Expanded::default(),
            Variable::Unknown(why) => unknown(name, shown(name, why)),
            Variable::Unset => unknown(name, shown(name, Unresolved::Variable(name.to_owned()))),
        };
        if let Some((kind, value)) = image_argument(Place::WorkflowBuildArg, name, value.clone()) {
            emitter.expanded(kind, place, value);
            for hit in emitter.hits.iter_mut().skip(before) {
                hit.refuse(NoEdit::Shared(cut(name)));
            }
        }
        Some(BuildArg::of(name, &value))
    }
}

/// Not empty, so that it does not count as unset.
fn unknown(name: &str, why: Unresolved) -> Expanded {
    Expanded { unresolved: Some(why), ..Expanded::literal(Mapped::nowhere(name)) }
}

/// What may be any argument: told where it stands.
pub(super) fn any(emitter: &mut Emitter<'_>, id: Id, line: &Mapped) {
    let why = shown(line.text(), Unresolved::AnyArgument(line.text().to_owned()));
    emitter.expanded(
        Place::WorkflowBuildArg,
        id,
        Expanded { unresolved: Some(why), ..Expanded::literal(line.clone()) },
    );
}
