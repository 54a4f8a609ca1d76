//! A bake file as JSON, by the same blocks.

use std::cell::Cell;

use super::hcl::{Block, Expr, Pair};
use crate::limits::ScanLimits;
use crate::problem::{ProblemKind, RawProblem};
use crate::yaml::{self, Id, Kind, Tree};

/// Nesting that is followed.
const MAX_DEPTH: usize = 32;

pub(super) fn parse(text: &str, limits: &ScanLimits) -> Result<Vec<Block>, RawProblem> {
    let steps = Cell::new(limits.steps);
    let mut parsed = yaml::parse(text, limits, &steps);
    if let Some((_, problem)) = parsed.broken.into_iter().next() {
        return Err(problem);
    }
    if !parsed.problems.is_empty() {
        return Err(parsed.problems.swap_remove(0));
    }
    let Some(tree) = parsed.trees.first() else { return Ok(Vec::new()) };
    let Some(root) = tree.root else { return Ok(Vec::new()) };
    let mut blocks = Vec::new();
    for (kind, labelled) in tree.pairs(root) {
        for (label, body) in tree.pairs(labelled) {
            let text = |id: Id| tree.scalar(id).unwrap_or_default().to_owned();
            let Expr::Object(pairs) = expression(tree, body, 0) else { continue };
            blocks.push(Block {
                kind: text(kind),
                label: text(label),
                at: tree.node(label).span.clone(),
                pairs,
            });
        }
    }
    if steps.get() == 0 {
        return Err(RawProblem::new(
            0..0,
            ProblemKind::Limit { what: "steps through aliases", cap: limits.steps },
        ));
    }
    Ok(blocks)
}

fn expression(tree: &Tree<'_>, id: Id, depth: usize) -> Expr {
    let span = tree.node(id).span.clone();
    if depth > MAX_DEPTH {
        return Expr::Open(span);
    }
    match &tree.node(id).kind {
        // What is written with escapes is read as it stands, and told.
        Kind::Scalar { .. } if tree.text(id).starts_with('"') && span.len() >= 2 => {
            Expr::Text(span.start + 1..span.end - 1)
        }
        Kind::Scalar { .. } if tree.is_null(id) => Expr::Null,
        Kind::Scalar { .. } | Kind::Alias(_) => Expr::Open(span),
        Kind::Sequence(items) => {
            Expr::List(items.iter().map(|item| expression(tree, *item, depth + 1)).collect())
        }
        Kind::Mapping(pairs) => {
            let pair = |(key, value): &(Id, Id)| Pair {
                name: tree.scalar(*key).unwrap_or_default().to_owned(),
                at: tree.node(*key).span.clone(),
                value: expression(tree, *value, depth + 1),
            };
            Expr::Object(pairs.iter().map(pair).collect())
        }
    }
}
