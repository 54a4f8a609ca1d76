//! What is given to a build beside its Dockerfile: by compose, or by a dev container.
//!
//! Sources: compose specification, `build.md` (`args`, `additional_contexts`); dev container specification (`build.args`); Dockerfile
//! reference, "Understand how ARG and FROM interact": an argument that is given wins over the default of its `ARG`.

use std::collections::{BTreeMap, BTreeSet};

use proofmark_core::Origin;

use crate::expand::Expanded;
use crate::found::Unresolved;
use crate::mapped::Mapped;

/// Builds of one service in several files, of which each combination is looked at. Beyond, what is given in several ways
/// is not known.
const MAX_COMBINATIONS: usize = 64;

/// A build argument that is given beside the Dockerfile, as compose does: it wins over the default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BuildArg {
    pub(crate) name: String,
    pub(crate) value: Expanded,
    /// The place of the build, `file:line:column`; none: where the Dockerfile is.
    pub(crate) at: Option<String>,
}

impl BuildArg {
    /// One that stands in another file than the Dockerfile.
    pub(crate) fn of(name: &str, value: &Expanded) -> Self {
        let text = Mapped::nowhere(value.text.text());
        Self { name: name.to_owned(), value: Expanded { text, ..value.clone() }, at: None }
    }
}

/// What is given to a build beside its Dockerfile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given {
    pub(crate) args: Vec<BuildArg>,
    /// Names of additional contexts, lower case: such a name is no image, wherever it stands.
    pub(crate) contexts: BTreeSet<String>,
    /// Whether it is part of a build that another file completes: what is built is said there.
    pub(crate) partial: bool,
}

impl Given {
    /// Whether neither an argument nor a context is given.
    pub fn is_empty(&self) -> bool {
        self.args.is_empty() && self.contexts.is_empty()
    }

    /// Whether it is part of a build that another file completes.
    pub const fn is_partial(&self) -> bool {
        self.partial
    }

    /// Of an argument that is given twice, the last counts.
    pub(crate) fn arg(&self, name: &str) -> Option<&BuildArg> {
        self.args.iter().rev().find(|given| given.name == name)
    }

    /// What is given in another file than the Dockerfile, and where.
    pub(crate) fn placed(mut self, at: &Origin) -> Self {
        for arg in &mut self.args {
            arg.at = Some(at.to_string());
        }
        self
    }

    /// Those that the Dockerfile has an `ARG` for; no other shows in it.
    fn of(&self, used: &BTreeSet<String>) -> Self {
        let known = used.iter().filter_map(|name| self.arg(name).cloned());
        Self { args: known.collect(), contexts: self.contexts.clone(), partial: self.partial }
    }
}

/// The contexts that every build has, so that such a name is an image in none. What other files may add to a build counts for
/// nothing: it may be left out.
pub(crate) fn everywhere(builds: &[Vec<Given>]) -> BTreeSet<String> {
    builds.iter().map(|together| common(together)).reduce(|all, one| &all & &one).unwrap_or_default()
}

/// The contexts of what each file that says what is built gives to it.
fn common(together: &[Given]) -> BTreeSet<String> {
    let whole = together.iter().filter(|given| !given.partial).map(|given| given.contexts.clone());
    whole.reduce(|all, one| &all & &one).unwrap_or_default()
}

/// Every way in which arguments of `used` and contexts may be given: by each build alone, and by those of one list together, in
/// whatever order they are merged. Not more than one beyond `max`.
pub(crate) fn ways(builds: &[Vec<Given>], used: &BTreeSet<String>, max: usize) -> Vec<Given> {
    let mut ways: Vec<Given> = Vec::new();
    for together in builds {
        let mut each: Vec<Given> = together.iter().map(|given| given.of(used)).collect();
        let common = common(together);
        for part in each.iter_mut().filter(|given| given.partial) {
            part.contexts.extend(common.iter().cloned());
        }
        let merged = if each.len() > 1 { merged(&each) } else { Vec::new() };
        for mut way in each.into_iter().chain(merged) {
            way.partial = false;
            if ways.len() <= max && !way.is_empty() && !ways.contains(&way) {
                ways.push(way);
            }
        }
    }
    ways
}

fn merged(each: &[Given]) -> Vec<Given> {
    let mut values: BTreeMap<&str, Vec<BuildArg>> = BTreeMap::new();
    for arg in each.iter().flat_map(|given| &given.args) {
        let known = values.entry(&arg.name).or_default();
        if !known.iter().any(|known| known.value == arg.value) {
            known.push(arg.clone());
        }
    }
    let contexts: BTreeSet<String> = each.iter().flat_map(|given| given.contexts.iter().cloned()).collect();
    let count = values.values().try_fold(1_usize, |count, all| count.checked_mul(all.len()));
    let all = count.is_some_and(|count| count <= MAX_COMBINATIONS);
    let mut ways = vec![Given { contexts, ..Given::default() }];
    for (name, mut args) in values {
        if let [first, _, ..] = args.as_slice()
            && !all
        {
            args = vec![BuildArg { value: several(name), ..first.clone() }];
        }
        let with = |way: &Given, arg: &BuildArg| {
            let mut way = way.clone();
            way.args.push(arg.clone());
            way
        };
        ways = ways.iter().flat_map(|way| args.iter().map(|arg| with(way, arg))).collect();
    }
    ways
}

/// Set, to what is not known.
fn several(name: &str) -> Expanded {
    Expanded {
        unresolved: Some(Unresolved::Given(name.to_owned())),
        ..Expanded::literal(Mapped::nowhere("?"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(args: &[(&str, &str)]) -> Given {
        let arg = |(name, value): &(&str, &str)| BuildArg {
            name: (*name).to_owned(),
            value: Expanded::literal(Mapped::nowhere(value)),
            at: None,
        };
        Given { args: args.iter().map(arg).collect(), ..Given::default() }
    }

    fn shown(builds: &[Vec<Given>]) -> Vec<String> {
        let used = ["A", "B"].map(str::to_owned).into();
        let text = |way: &Given| {
            let args = way.args.iter().map(|arg| match &arg.value.unresolved {
                Some(_) => format!("{}?", arg.name),
                None => format!("{}={}", arg.name, arg.value.text.text()),
            });
            args.collect::<Vec<_>>().join(" ")
        };
        ways(builds, &used, 100).iter().map(text).collect()
    }

    #[test]
    fn each_alone_and_all_together() {
        assert!(shown(&[vec![given(&[("C", "1")])], vec![Given::default()]]).is_empty());
        assert_eq!(shown(&[vec![given(&[("A", "1"), ("A", "2"), ("C", "3")])]]), ["A=2"]);
        let two = vec![given(&[("A", "1")]), given(&[("B", "2")])];
        assert_eq!(shown(std::slice::from_ref(&two)), ["A=1", "B=2", "A=1 B=2"]);
        // Of builds that have nothing to do with one another, each alone.
        let apart: Vec<Vec<Given>> = two.into_iter().map(|one| vec![one]).collect();
        assert_eq!(shown(&apart), ["A=1", "B=2"]);
        let both = vec![given(&[("A", "1")]), given(&[("A", "2"), ("B", "3")])];
        assert_eq!(shown(&[both]), ["A=1", "A=2 B=3", "A=1 B=3"]);
    }

    #[test]
    fn contexts_that_every_build_has() {
        let with = |names: &[&str], partial: bool| Given {
            contexts: names.iter().map(|name| (*name).to_owned()).collect(),
            partial,
            ..Given::default()
        };
        let shown = |builds: &[Vec<Given>]| everywhere(builds).into_iter().collect::<Vec<_>>().join(" ");
        assert_eq!(shown(&[]), "");
        assert_eq!(shown(&[vec![with(&["a", "b"], false)], vec![with(&["b"], false)]]), "b");
        assert_eq!(shown(&[vec![with(&["a"], false)], vec![Given::default()]]), "");
        // What another file only adds to takes nothing away, and adds nothing that is certain.
        assert_eq!(shown(&[vec![with(&["a"], false), with(&["c"], true)]]), "a");
        assert_eq!(shown(&[vec![with(&[], false), with(&["c"], true)]]), "");
        let part = ways(
            &[vec![with(&["a"], false), Given { partial: true, ..given(&[("A", "1")]) }]],
            &["A".to_owned()].into(),
            100,
        );
        assert!(part.iter().all(|way| way.contexts.contains("a")), "{part:?}");
    }

    #[test]
    fn more_combinations_than_are_looked_at() {
        let many = (0..9).map(|n| {
            let value = n.to_string();
            given(&[("A", value.as_str()), ("B", value.as_str())])
        });
        let shown = shown(&[many.collect()]);
        assert_eq!(shown.len(), 10);
        assert_eq!(shown.last().map(String::as_str), Some("A? B?"));
    }
}
