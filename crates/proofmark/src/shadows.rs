//! What the `.envrc` files of a repository put before other executables.

use std::path::{Path, PathBuf};

use proofmark_core::pattern::Glob;
use proofmark_core::{Digest, Origin};
use proofmark_engine::{ShadowedBy, Shadowing};
use proofmark_envrc::{Action, Callee, Limits, NoFiles, Place, Trace, Value, interpret};

use crate::auditing::is_envrc;
use crate::failure::Failure;
use crate::files::{open_file, read_all};
use crate::paths::plain;
use crate::pins::is_executable;
use crate::scanning::glob;
use crate::walk::walk_for;

/// Bytes of an `.envrc`, and of a file that is hashed.
const MAX_ENVRC: u64 = 1 << 20;
const MAX_FILE: u64 = 1 << 30;

/// Everything of these names that some `.envrc` puts first.
pub(crate) fn shadowing(
    tools: &[String],
    paths: &[PathBuf],
    excludes: &[String],
) -> Result<Vec<Shadowing>, Failure> {
    if tools.is_empty() {
        return Ok(Vec::new());
    }
    let globs = excludes.iter().map(|text| glob(text)).collect::<Result<Vec<Glob>, Failure>>()?;
    let mut all = Vec::new();
    for file in walk_for(paths, &globs, is_envrc)?.files {
        // What cannot be read is told by who audits it.
        let Ok(bytes) = open_file(&file.path).and_then(|one| read_all(one, MAX_ENVRC)) else { continue };
        let folder = file.path.parent().unwrap_or(Path::new(".")).to_owned();
        let shown = Path::new(&file.shown).parent().unwrap_or(Path::new("")).to_owned();
        let trace = interpret(&file.shown, &bytes, &NoFiles, &Limits::default());
        of_file(&trace, tools, (&folder, &shown), &mut all);
    }
    Ok(all)
}

fn of_file(trace: &Trace, tools: &[String], (folder, shown): (&Path, &Path), all: &mut Vec<Shadowing>) {
    for event in &trace.events {
        let mut push = |tool: &str, by: ShadowedBy| {
            let known = all.iter().any(|one| one.tool == tool && one.by == by);
            if let Some(origin) = origin(trace, event.place).filter(|_| !known) {
                all.push(Shadowing { tool: tool.to_owned(), by, origin });
            }
        };
        match &event.action {
            Action::Assign { name, value, .. } if name == "PATH" => {
                for dir in inside(value) {
                    for tool in tools {
                        let path = folder.join(&dir).join(tool);
                        if is_executable(&path) {
                            let sha256 = open_file(&path).and_then(|one| read_all(one, MAX_FILE)).ok();
                            let by = ShadowedBy::File {
                                path: plain(&shown.join(&dir).join(tool)),
                                sha256: sha256.map(|bytes| Digest::sha256(&bytes)),
                            };
                            push(tool, by);
                        }
                    }
                }
            }
            Action::Define { name, .. } if tools.contains(name) => push(name, ShadowedBy::Function),
            Action::Call(call) if call.callee == Callee::Builtin && call.name.as_known() == Some("alias") => {
                for text in call.arguments.iter().flat_map(Value::options) {
                    let shape = text.shape();
                    let Some((name, what)) = shape.split_once('=') else { continue };
                    let itself = what.split_whitespace().next() == Some(name);
                    if tools.iter().any(|tool| tool == name) && !itself {
                        push(name, ShadowedBy::Alias(what.to_owned()));
                    }
                }
            }
            _ => {}
        }
    }
}

/// Folders of the repository that a `PATH` names, from the folder of the file.
fn inside(value: &Value) -> Vec<String> {
    let mut dirs: Vec<String> = Vec::new();
    for text in value.options() {
        // What stands behind what there was hides nothing.
        for part in text.shape().split(':').take_while(|part| *part != "${PATH}") {
            if let Some(dir) = part.strip_prefix("${PWD}/").filter(|dir| !dir.contains(['$', '…'])) {
                dirs.push(dir.to_owned());
            }
        }
    }
    dirs.sort();
    dirs.dedup();
    dirs
}

fn origin(trace: &Trace, place: Place) -> Option<Origin> {
    let place = trace.in_file(place);
    let source = trace.sources.get(place.source)?;
    Some(place.span.origin(&source.path, &source.text))
}
