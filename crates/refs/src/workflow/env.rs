//! `env` of a workflow, a job and a step, where an expression names a variable of it, or a build is handed one by its name.
//!
//! Source: GitHub Docs, "Workflow syntax" (`env`: the nearest counts), "Workflow commands" (`GITHUB_ENV`), "Metadata syntax": a step
//! may give a variable another value for those behind it, which only `env` of the step itself wins over. An action has no `env` but
//! that of its steps; the runner passes over any other (`action_yaml.json`, `action-root`).

use crate::found::Unresolved;
use crate::yaml::{Id, Tree};

/// What lets a step write variables, or have another program run than it names.
const WRITING: [&str; 4] = ["GITHUB_ENV", "GITHUB_PATH", "BASH_ENV", "ACTIONS_ALLOW_UNSECURE_COMMANDS"];

/// Where a step finds its variables.
pub(super) struct Env {
    step: Id,
    /// Around it, the nearest first.
    around: Vec<Id>,
    /// Whether a step before may have written variables.
    written: bool,
}

/// What is known of a variable.
pub(super) enum Variable {
    /// Its text stands here.
    At(Id),
    /// It is set, to nothing.
    Empty,
    Unknown(Unresolved),
    /// Nothing here sets it.
    Unset,
}

impl Env {
    /// Of a step of this job, or of an action; `written`: a step before may have written variables.
    pub(super) fn of(tree: &Tree<'_>, step: Id, job: Id, written: bool) -> Self {
        let workflow = tree.root.filter(|root| !tree.get(*root, "jobs").is_empty());
        let around = workflow.map_or_else(Vec::new, |root| vec![job, root]);
        let named =
            !tree.spend(tree.source.len() / 4) || WRITING.iter().any(|name| tree.source.contains(name));
        Self { step, around, written: written || named }
    }

    /// What is known of a variable by its name.
    pub(super) fn variable(&self, tree: &Tree<'_>, name: &str) -> Variable {
        for level in std::iter::once(&self.step).chain(&self.around) {
            for env in tree.get(*level, "env").into_iter().rev() {
                let inserted = tree
                    .pairs(env)
                    .iter()
                    .any(|(key, _)| tree.scalar(*key).is_some_and(|key| key.contains("${{")));
                if tree.scalar(env).is_some() || inserted {
                    return Variable::Unknown(Unresolved::Variable(name.to_owned()));
                }
                let Some(id) = tree.last(env, name) else { continue };
                if self.written && *level != self.step {
                    return Variable::Unknown(Unresolved::Overwritten(name.to_owned()));
                }
                return match tree.scalar(id) {
                    None if tree.is_null(id) => Variable::Empty,
                    Some(text) if text.contains("${{") => {
                        Variable::Unknown(Unresolved::Expression(text.to_owned()))
                    }
                    Some(text) if tree.is_ambiguous(id) => {
                        Variable::Unknown(Unresolved::Number(text.to_owned()))
                    }
                    Some(_) => Variable::At(id),
                    None => Variable::Unknown(Unresolved::NotText),
                };
            }
        }
        Variable::Unset
    }

    /// The variable that an expression is, and what is known of it; nothing of another expression.
    pub(super) fn named(&self, tree: &Tree<'_>, expression: &str) -> Option<(String, Variable)> {
        let inner = expression.trim().strip_prefix("${{")?.strip_suffix("}}")?.trim();
        let name = inner.strip_prefix("env.").filter(|name| !name.contains("${{"))?;
        Some((inner.to_owned(), self.variable(tree, name)))
    }

    /// The variable that an expression is, and the text that it has here.
    pub(super) fn value(&self, tree: &Tree<'_>, expression: &str) -> Option<(String, Id)> {
        match self.named(tree, expression)? {
            (name, Variable::At(id)) => Some((name, id)),
            _ => None,
        }
    }

    /// Why an expression that is a variable has no value that is known, where that says more than the expression itself.
    pub(super) fn why(&self, tree: &Tree<'_>, expression: &str) -> Option<Unresolved> {
        match self.named(tree, expression)?.1 {
            Variable::Unknown(why @ (Unresolved::Overwritten(_) | Unresolved::Number(_))) => Some(why),
            _ => None,
        }
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
