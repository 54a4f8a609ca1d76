//! Commands that stand in files of other tools: recipes of make and just, scripts of a package.json.

use crate::audit::{Audit, Hit};
use crate::files::FileAnswer;

/// The files in which a tool finds its commands, the first that is there.
pub(super) fn files(base: &str, words: &[String]) -> Vec<String> {
    let named = words
        .iter()
        .zip(words.iter().skip(1))
        .find(|(option, _)| matches!(option.as_str(), "-f" | "--file" | "--justfile"));
    if let Some((_, path)) = named {
        return crate::files::resolve("", path).into_iter().collect();
    }
    let names: &[&str] = match base {
        "make" | "gmake" => &["GNUmakefile", "makefile", "Makefile"],
        "just" => &["justfile", "Justfile", ".justfile"],
        "npm" | "pnpm" | "yarn" | "bun" => &["package.json"],
        _ => &[],
    };
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// What its commands do that is told of an `.envrc` as High, in the places of the file. Which of them run is not known: a
/// target may be any.
pub(super) fn judged(audit: &Audit<'_>, path: &str) -> Vec<Hit> {
    let FileAnswer::Bytes(bytes) = audit.files.read(path) else { return Vec::new() };
    let Ok(text) = std::str::from_utf8(&bytes) else { return Vec::new() };
    let script = if text.trim_start().starts_with('{') { scripts(text) } else { recipes(text) };
    let mut hits = audit.look_into(path, script.as_bytes()).unwrap_or_default();
    // What make puts into its commands is not known, so that only what flows is told; and what was told of the recipes of
    // another tool that these run.
    hits.retain(|hit| {
        hit.severity >= proofmark_core::Severity::High
            && matches!(hit.rule, "envrc-remote-code" | "envrc-exfiltration" | "envrc-repository-code")
    });
    hits
}

/// Indented lines, at their places; everything else is blank.
fn recipes(text: &str) -> String {
    let mut script = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        if line.starts_with(['\t', ' ']) {
            let body = line.trim_start_matches(['\t', ' ', '@', '-', '+']);
            script.push_str(&" ".repeat(line.len() - body.len()));
            script.push_str(&body.replace("$$", " $"));
        } else {
            blank(&mut script, line);
        }
    }
    script
}

/// `"name": "command",` at its place.
fn scripts(text: &str) -> String {
    let mut script = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let body = line.trim_end().trim_end_matches(',');
        let command = body.strip_suffix('"').and_then(|body| body.split_once("\": \""));
        match command {
            Some((name, command)) => {
                script.push_str(&" ".repeat(name.len() + 4));
                script.push_str(command);
                blank(&mut script, &line[name.len() + 4 + command.len()..]);
            }
            None => blank(&mut script, line),
        }
    }
    script
}

fn blank(script: &mut String, line: &str) {
    script.extend(line.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_stay_where_they_are() {
        let text = "all: x\n\t@echo $$HOME\nX = 1\n";
        assert_eq!(recipes(text), "      \n  echo  $HOME\n     \n");
        let json = "{\n  \"scripts\": {\n    \"a\": \"curl x | sh\",\n  }\n}\n";
        let script = scripts(json);
        assert_eq!(script.len(), json.len());
        assert_eq!(script.find("curl"), json.find("curl"));
        assert_eq!(script.trim(), "curl x | sh");
    }
}
