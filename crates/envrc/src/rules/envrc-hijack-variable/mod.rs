//! `envrc-hijack-variable`: no variable makes programs load or run code.

use proofmark_core::{RuleMeta, Severity};

use crate::audit::{Audit, Hits, shortened};
use crate::known::variables::Decides;
use crate::value::Piece;

/// What is known of the rule before it runs.
pub static META: RuleMeta = super::meta(
    "envrc-hijack-variable",
    "No variable makes a program load or run code from here.",
    include_str!("doc.md"),
    Severity::High,
    &["T3.3"],
);

pub(crate) fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    super::set::check(audit, hits, Decides::Code);
    held(audit, hits);
}

/// Files that are looked into because variables name them.
const MAX_FILES: usize = 32;

/// Folders that a variable names, and the files in them that its program runs as it starts.
const FOLDERS: &[(&str, &[&str])] = &[
    ("GRADLE_USER_HOME", &["", "init.d"]),
    ("IPYTHONDIR", &["profile_default/startup"]),
    ("MIX_HOME", &[""]),
    ("PYTHONUSERBASE", &[""]),
    ("ZDOTDIR", &[""]),
    ("XDG_CONFIG_HOME", &["mise", "git", "direnv"]),
];

/// A command in the value of a variable, or in a file of the tree that it names: whatever program reads the variable, nobody
/// writes such a command there for another reason.
fn held(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    let mut seen: Vec<String> = Vec::new();
    for (place, name, value, exported) in audit.assigned() {
        if !exported || audit.is_child(place) || matches!(name, "PATH" | "PS1" | "PWD") {
            continue;
        }
        for text in value.options() {
            let known: String = text
                .pieces()
                .iter()
                .map(|piece| match piece {
                    Piece::Known(known) => known.as_str(),
                    Piece::Hole(_) => "x",
                })
                .collect();
            if let Some(hit) = crate::commands::in_value(&known) {
                let message = format!("{name} is a command of which {}", hit.message);
                hits.at(place, Severity::High, message);
            }
            for path in named(audit, name, &text.shape()) {
                if seen.len() < MAX_FILES && !seen.contains(&path) {
                    for hit in crate::commands::of_file(audit.files, &path) {
                        let sources =
                            vec![(audit.spot(place), format!("{name}=`{}`", shortened(&text.shape())))];
                        let message = format!("{name} names {path}, which holds a command: {}", hit.message);
                        hits.push(hit.spot, Severity::High, message, sources);
                    }
                    seen.push(path);
                }
            }
        }
    }
}

/// The files of the tree that a value names: one, a list, or a word of a command.
fn named(audit: &Audit<'_>, name: &str, shape: &str) -> Vec<String> {
    let mut all = Vec::new();
    for word in shape.split([':', ' ', '=', ',', '"', '\'']) {
        let inner = word.strip_prefix("${PWD}/").or_else(|| Some(word).filter(|word| word.contains('/')));
        let Some(path) =
            inner.filter(|path| !path.contains("${")).and_then(|path| crate::files::resolve("", path))
        else {
            continue;
        };
        let folders =
            FOLDERS.iter().find(|(variable, _)| *variable == name).map_or(&[][..], |(_, inner)| *inner);
        for inner in folders {
            let folder = crate::files::resolve(&path, if inner.is_empty() { "." } else { inner });
            let Some(folder) = folder else { continue };
            all.extend(audit.files.listed(&folder).into_iter().map(|file| format!("{folder}/{file}")));
        }
        all.push(path);
    }
    all
}
