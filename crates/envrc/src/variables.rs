//! Files of variables: those that `dotenv` loads, and those whose lines become variables by `export $(…)` and its like.
//! Only names and values are looked for here; what the files mean to direnv is its own reader's.

use proofmark_shell::Span;

use crate::audit::{Audit, Spot, inside};
use crate::files::FileAnswer;
use crate::trace::{Action, Loaded};
use crate::value::OriginKind;

/// Lines of one file that are looked at.
const MAX_LINES: usize = 4096;

/// Every variable of every file of the folder that is loaded so, with its place.
pub(crate) fn of_files(audit: &Audit<'_>) -> Vec<(Spot, String, String)> {
    let mut paths: Vec<String> = Vec::new();
    for event in audit.events() {
        match &event.action {
            Action::Load { by, path, outcome: Loaded::NotFollowed } if by.starts_with("dotenv") => {
                paths.extend(path.options().iter().filter_map(inside));
            }
            // What `op inject` and its like print of a template runs or becomes variables.
            Action::Call(call)
                if matches!(
                    call.base().as_str(),
                    "op" | "envsubst" | "sops" | "consul-template" | "vault"
                ) =>
            {
                let words = call.words();
                let inject = words.iter().any(|word| matches!(word.as_str(), "inject" | "run"));
                let named = words
                    .iter()
                    .zip(words.iter().skip(1))
                    .filter(|(option, _)| matches!(option.as_str(), "-i" | "--in-file" | "--env-file"));
                let joined = words.iter().filter_map(|word| {
                    word.strip_prefix("--env-file=").or_else(|| word.strip_prefix("--in-file="))
                });
                if inject {
                    paths.extend(
                        named
                            .map(|(_, path)| path.as_str())
                            .chain(joined)
                            .filter_map(|path| crate::files::resolve("", path)),
                    );
                }
            }
            // A name that is not known is given by what the value comes from.
            Action::Assign { name, value, exported: true } if name.contains("${") => {
                for origin in value.origins() {
                    if let OriginKind::File(shape) = origin.kind {
                        let path = shape.strip_prefix("${PWD}/").unwrap_or(&shape).to_owned();
                        paths.extend(crate::files::resolve("", &path));
                    }
                }
            }
            _ => {}
        }
    }
    paths.sort();
    paths.dedup();
    let mut all = Vec::new();
    for path in paths {
        if let FileAnswer::Bytes(bytes) = audit.files.read(&path) {
            let text = String::from_utf8_lossy(&bytes);
            all.extend(variables(&text).into_iter().map(|(span, name, value)| {
                (Spot { path: path.clone(), span }, name.to_owned(), value.to_owned())
            }));
        }
    }
    all
}

/// `NAME=value`, with `export` or without, a line each.
fn variables(text: &str) -> Vec<(Span, &str, &str)> {
    let mut all = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n').take(MAX_LINES) {
        let start = at;
        at += line.len();
        let body = line.trim();
        let body = body.strip_prefix("export ").unwrap_or(body).trim_start();
        let Some((name, value)) = body.split_once(['=', ':']) else { continue };
        let name = name.trim_end();
        let word = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if word && !name.as_bytes().first().is_some_and(u8::is_ascii_digit) {
            let value = value.trim().trim_matches(['\'', '"']);
            all.push((Span::new(start, start + line.trim_end().len()), name, value));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_variables() {
        let found = variables("# A=1\nexport B='two'\nC = 3\n1D=4\nno line\nE: five");
        let names: Vec<(&str, &str)> = found.iter().map(|(_, name, value)| (*name, *value)).collect();
        assert_eq!(names, [("B", "two"), ("C", "3"), ("E", "five")]);
        assert_eq!(found[0].0, Span::new(6, 20));
    }
}
