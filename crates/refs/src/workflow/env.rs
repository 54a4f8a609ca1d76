//! `env` of a workflow, a job and a step, where an expression names a variable of it.
//!
//! Source: GitHub Docs, "Workflow syntax" (`env`: the nearest counts), "Workflow commands" (`GITHUB_ENV`). A step may give a variable
//! another value for those behind it: what stands in the file is a default.

use crate::yaml::{Id, Tree};

/// Where a step finds its variables, the nearest first.
pub(super) struct Env {
    levels: [Option<Id>; 3],
    /// No step writes variables, as far as can be seen.
    pub(super) kept: bool,
}

impl Env {
    pub(super) fn of(tree: &Tree<'_>, step: Id, job: Id) -> Self {
        let kept = tree.spend(tree.source.len() / 16) && !tree.source.contains("GITHUB_ENV");
        Self { levels: [Some(step), Some(job), tree.root], kept }
    }

    /// The variable that an expression is, and the text that it has here.
    pub(super) fn value(&self, tree: &Tree<'_>, expression: &str) -> Option<(String, Id)> {
        let inner = expression.trim().strip_prefix("${{")?.strip_suffix("}}")?.trim();
        let name = inner.strip_prefix("env.").filter(|_| self.kept)?;
        for level in self.levels.into_iter().flatten() {
            for env in tree.get(level, "env").into_iter().rev() {
                let inserted = tree
                    .pairs(env)
                    .iter()
                    .any(|(key, _)| tree.scalar(*key).is_some_and(|key| key.contains("${{")));
                if !tree.is_mapping(env) || inserted {
                    return None;
                }
                if let Some(id) = tree.last(env, name) {
                    let literal = tree.scalar(id).is_some_and(|text| !text.contains("${{"));
                    return literal.then(|| (inner.to_owned(), id));
                }
            }
        }
        None
    }

    /// A text with the values of such variables in it, and their names.
    pub(super) fn within(&self, tree: &Tree<'_>, text: &str) -> (String, Vec<String>) {
        let (mut out, mut names, mut rest) = (String::with_capacity(text.len()), Vec::new(), text);
        while let Some((before, after)) = rest.split_once("${{") {
            let Some((inner, behind)) = after.split_once("}}") else { break };
            out.push_str(before);
            let expression = format!("${{{{{inner}}}}}");
            match self.value(tree, &expression) {
                Some((name, id)) if out.len() < crate::emit::MAX_TEXT => {
                    out.push_str(tree.scalar(id).unwrap_or(""));
                    names.push(name);
                }
                _ => out.push_str(&expression),
            }
            rest = behind;
        }
        out.push_str(rest);
        (out, names)
    }
}
