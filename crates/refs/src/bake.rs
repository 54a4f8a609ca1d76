//! What `docker buildx bake` builds: `docker-bake.hcl`, and the same as JSON.
//!
//! Source: Docker documentation, "Bake file reference" (`target`: `context`, `dockerfile`, `dockerfile-inline`, `args`, `contexts`, `attest`,
//! `inherits`, `matrix`; `variable`), and "Override files": targets of one name are merged, as services of compose files are. What has to
//! be evaluated is told, but for variables with a default. Paths count from where bake is called, the directory of the file as a rule.

mod hcl;
mod json;
mod target;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use self::hcl::{Block, Expr};
use crate::compose::RawService;
use crate::emit::Hit;
use crate::environment::Environment;
use crate::expand::Expanded;
use crate::found::{Place, Unresolved};
use crate::limits::ScanLimits;
use crate::mapped::Mapped;
use crate::named::RawNamed;
use crate::problem::{ProblemKind, RawProblem};

/// What a file holds.
#[derive(Default)]
pub(crate) struct Baked {
    pub(crate) hits: Vec<Hit>,
    pub(crate) problems: Vec<RawProblem>,
    pub(crate) named: Vec<RawNamed>,
    pub(crate) targets: Vec<RawService>,
}

/// Whether a text has a target, as no other file in HCL.
pub(crate) fn is_bake(text: &str) -> bool {
    text.lines().any(|line| {
        line.trim_start().strip_prefix("target").is_some_and(|rest| rest.trim_start().starts_with('"'))
    })
}

/// Scans a file.
pub(crate) fn scan(text: &str, environment: &Environment, limits: &ScanLimits) -> Baked {
    let json = text.trim_start_matches('\u{feff}').trim_start().starts_with('{');
    let blocks = if json { json::parse(text, limits) } else { hcl::parse(text).map_err(not_read) };
    let blocks = match blocks {
        Ok(blocks) => blocks,
        Err(problem) => return Baked { problems: vec![problem], ..Baked::default() },
    };
    let (variables, baked) = (variables(text, &blocks), Baked::default());
    let mut scanner = Scanner { text, environment, variables, max: limits.found, baked };
    for block in blocks.iter().filter(|block| block.kind == "target") {
        scanner.target(block);
    }
    scanner.baked
}

fn not_read(at: usize) -> RawProblem {
    RawProblem::new(at..at, ProblemKind::Syntax("this is not read as a bake file"))
}

/// Variables whose default is a plain text. Whoever calls bake may give them another value.
fn variables(text: &str, blocks: &[Block]) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    for block in blocks.iter().filter(|block| matches!(block.kind.as_str(), "variable" | "")) {
        let plain = block.pairs.iter().rfind(|pair| pair.name == "default" || block.kind.is_empty());
        if let Some(Expr::Text(at)) = plain.map(|pair| &pair.value)
            && let Some(value) = text.get(at.clone()).filter(|value| !value.contains(['\\', '$', '%']))
        {
            variables.insert(block.label.clone(), value.to_owned());
        } else {
            variables.remove(&block.label);
        }
    }
    variables
}

/// Names that a matrix gives values to, so that they are no variables; or all, if it is not known which.
#[derive(Default)]
struct Shadow {
    all: bool,
    names: BTreeSet<String>,
}

struct Scanner<'a> {
    text: &'a str,
    /// What other targets give to the Dockerfiles that are written here.
    environment: &'a Environment,
    variables: BTreeMap<String, String>,
    max: usize,
    baked: Baked,
}

impl Scanner<'_> {
    /// The bytes of an expression.
    fn span(expr: &Expr, around: &Range<usize>) -> Range<usize> {
        match expr {
            Expr::Text(at) | Expr::Name(at) | Expr::Open(at) => at.clone(),
            Expr::Null | Expr::List(_) | Expr::Object(_) => around.clone(),
        }
    }

    /// The value of an expression; none for null. `shadowed`: names of a matrix, which are no variables.
    fn value(&self, expr: &Expr, around: &Range<usize>, shadowed: &Shadow) -> Option<Expanded> {
        let text = |at: &Range<usize>| self.text.get(at.clone()).unwrap_or_default();
        Some(match expr {
            Expr::Null => return None,
            Expr::Text(at) => self.template(text(at), at.start, shadowed),
            Expr::Name(at) => {
                let mut value = Expanded::default();
                self.variable(text(at), shadowed, &mut value);
                value
            }
            Expr::Open(_) | Expr::List(_) | Expr::Object(_) => {
                let at = Self::span(expr, around);
                let shown: String = text(&at).chars().take(80).collect();
                let open = Expanded::literal(Mapped::nowhere(&shown));
                Expanded { unresolved: Some(Unresolved::Expansion(shown)), ..open }
            }
        })
    }

    fn variable(&self, name: &str, shadowed: &Shadow, value: &mut Expanded) {
        let known = self.variables.get(name).filter(|_| !shadowed.all && !shadowed.names.contains(name));
        if let Some(known) = known {
            value.text.push_nowhere(known);
            value.names.push(name.to_owned());
        } else {
            value.text.push_nowhere("?");
            let simple = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
            let shown = name.chars().take(80).collect();
            let why = if simple { Unresolved::Variable(shown) } else { Unresolved::Expansion(shown) };
            value.unresolved.get_or_insert(why);
        }
    }

    /// A template with its variables. `$${` is written for `${`.
    fn template(&self, text: &str, start: usize, shadowed: &Shadow) -> Expanded {
        let mut value = Expanded::default();
        if text.contains('\\') && !text.contains('\n')
            || text.contains("%{")
            || text.len() > crate::emit::MAX_TEXT * 16
        {
            let shown = text.chars().take(80).collect();
            return Expanded {
                unresolved: Some(Unresolved::Expansion(shown)),
                ..Expanded::literal(Mapped::at(text, start))
            };
        }
        let mut at = 0;
        while let Some(open) = text[at..].find("${").map(|open| at + open) {
            if text[at..open].ends_with('$') {
                value.text.push(&text[at..open - 1], start + at);
                value.text.push("${", start + open);
                at = open + 2;
                continue;
            }
            value.text.push(&text[at..open], start + at);
            let close = text[open..].find('}').map_or(text.len(), |close| open + close);
            self.variable(text[open + 2..close].trim(), shadowed, &mut value);
            at = (close + 1).min(text.len());
        }
        value.text.push(&text[at..], start + at);
        value
    }

    fn push(&mut self, mut hit: Hit, names: Vec<String>) {
        hit.defaults = names;
        if self.baked.hits.len() <= self.max {
            self.baked.hits.push(hit);
        }
    }

    /// A value that names an image.
    fn image(&mut self, place: Place, expr: &Expr, around: &Range<usize>, value: Expanded) {
        let span = Self::span(expr, around);
        let text = self.text.get(span.clone()).unwrap_or_default();
        let hit = match value.unresolved.clone() {
            Some(why) => Hit::unresolved(place, why, span, text),
            None => Hit::new(place, &value.text, span, text),
        };
        self.push(hit, value.names);
    }

    /// A place of which it is not known what it names.
    fn open(&mut self, place: Place, at: Range<usize>, why: Unresolved) {
        let text = self.text.get(at.clone()).unwrap_or_default();
        let hit = Hit::unresolved(place, why, at, text);
        self.push(hit, Vec::new());
    }
}
