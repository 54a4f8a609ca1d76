//! What a file does in a few words each: what two versions of it are told apart by.

use std::collections::{BTreeMap, BTreeSet};

use proofmark_core::Origin;

use crate::audit::shortened;
use crate::closure::{Closure, Content, Member, MemberKind};
use crate::finding::{beginning, path_of};
use crate::trace::{Action, Call, Callee, Event, Trace};
use crate::value::{Place, Value};

/// Abilities of one file.
const MAX_ABILITIES: usize = 2_000;

/// One thing that a file does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ability {
    /// A sentence without its subject: `exports HTTPS_PROXY`, `runs curl`.
    pub what: String,
    /// Where it does so first; of what lies in a folder the file itself.
    pub at: Origin,
}

/// Everything that a file does, each once, in the order of the words. `folder` is that of the file, as the user would write it.
pub(crate) fn abilities(trace: &Trace, closure: &Closure, folder: Option<&str>) -> Vec<Ability> {
    let mut found: BTreeMap<String, Origin> = BTreeMap::new();
    for event in &trace.events {
        for what in of_event(trace, event) {
            if found.len() < MAX_ABILITIES {
                found.entry(what).or_insert_with(|| origin(trace, event.place, folder));
            }
        }
    }
    for member in &closure.members {
        if let Some(what) = of_member(member) {
            found.entry(what).or_insert_with(|| beginning(&path_of(folder, &member.path)));
        }
    }
    found.into_iter().map(|(what, at)| Ability { what, at }).collect()
}

fn of_member(member: &Member) -> Option<String> {
    let path = &member.path;
    if member.content == Content::Absent {
        return None;
    }
    match member.kind {
        MemberKind::Program => Some(format!("can run {path} by its name or path")),
        MemberKind::Recipe => Some(format!("does what {path} says")),
        MemberKind::Above | MemberKind::Script => Some(format!("loads {path}")),
        MemberKind::Variables => Some(format!("loads the variables of {path}")),
        MemberKind::Download => Some(format!("downloads {path}")),
        MemberKind::Envrc | MemberKind::Folder | MemberKind::Startup => None,
    }
}

fn of_event(trace: &Trace, event: &Event) -> Vec<String> {
    match &event.action {
        Action::Call(call) => called(call),
        Action::Assign { name, value, exported: true }
            if !trace.is_child(event.place) && !name.contains("${") =>
        {
            if name == "PATH" {
                path_entries(value)
            } else {
                vec![format!("exports {name}")]
            }
        }
        Action::Define { name, .. } if !trace.is_child(event.place) => {
            vec![format!("defines the function {name}")]
        }
        Action::Code { by, code } => {
            let from: BTreeSet<String> = code.origins().iter().map(|one| one.kind.words()).collect();
            from.iter().map(|from| format!("runs {from} as code ({by})")).collect()
        }
        Action::Load { by, path, .. } => path
            .shapes()
            .iter()
            .filter(|shape| shape.contains("${") || shape.starts_with(['/', '~']))
            .map(|shape| format!("loads {} ({by})", shortened(shape)))
            .collect(),
        Action::Run { path, .. } => vec![format!("runs {path}")],
        Action::Open { writes: true, path, .. } => path
            .shapes()
            .iter()
            .filter(|shape| *shape != "/dev/null" && !shape.starts_with("/dev/std"))
            .map(|shape| format!("writes {}", shortened(shape)))
            .collect(),
        _ => Vec::new(),
    }
}

fn called(call: &Call) -> Vec<String> {
    let mut all = Vec::new();
    let base = call.base();
    match call.callee {
        Callee::External => all.push(format!("runs {}", shortened(&base))),
        Callee::Unknown => all.push(format!("runs a command whose name is not known: {}", shortened(&base))),
        Callee::Stdlib if matches!(base.as_str(), "use" | "layout") => {
            all.push(format!("calls {}", call.shown()));
        }
        Callee::Stdlib | Callee::Builtin | Callee::Function => {}
    }
    if call.callee != Callee::Function {
        all.extend(call.words().iter().flat_map(|word| hosts(word)).map(|host| format!("names {host}")));
    }
    all
}

/// `https://host` of each address in a word.
fn hosts(word: &str) -> Vec<String> {
    let mut all = Vec::new();
    for (at, _) in word.match_indices("://") {
        let scheme = word[..at].rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        let rest = &word[at + 3..];
        let end = rest.find(|c: char| c.is_whitespace() || "/?#'\"|;)".contains(c)).unwrap_or(rest.len());
        if !scheme.is_empty() && end > 0 {
            all.push(format!("{scheme}://{}", shortened(&rest[..end])));
        }
    }
    all
}

fn path_entries(value: &Value) -> Vec<String> {
    let entries = value.options().iter().flat_map(|text| text.split(':'));
    let shapes: BTreeSet<String> = entries.map(|entry| entry.shape()).collect();
    let own = |shape: &&String| !shape.is_empty() && *shape != "${PATH}";
    shapes
        .iter()
        .filter(own)
        .map(|shape| format!("has {} in PATH", shortened(shape.trim_start_matches("${PWD}/"))))
        .collect()
}

fn origin(trace: &Trace, place: Place, folder: Option<&str>) -> Origin {
    let place = trace.in_file(place);
    match trace.sources.get(place.source) {
        Some(source) => place.span.origin(&path_of(folder, &source.path), &source.text),
        None => beginning(&path_of(folder, "")),
    }
}

/// What is done now and was not before.
pub fn gained<'a>(before: &[String], after: &'a [Ability]) -> Vec<&'a Ability> {
    after.iter().filter(|ability| !before.contains(&ability.what)).collect()
}

/// What was done before and is not now.
pub fn lost<'a>(before: &'a [String], after: &[Ability]) -> Vec<&'a str> {
    let kept = |what: &&String| after.iter().any(|ability| ability.what == **what);
    before.iter().filter(|what| !kept(what)).map(String::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_words() {
        assert_eq!(hosts("https://a.acme.example/x?y=https://b"), ["https://a.acme.example", "https://b"]);
        assert_eq!(hosts("--url='ssh://git@h:22'"), ["ssh://git@h:22"]);
        assert!(hosts("://x a:// b").is_empty());
    }
}
