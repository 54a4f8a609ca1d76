//! Settings of git that are written.

use proofmark_core::Severity;

use crate::audit::Hits;
use crate::value::Place;

/// A setting of git that names a program, or that holds for everything of the user.
pub(super) fn settings(hits: &mut Hits<'_>, place: Place, words: &[String], shown: &str) {
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    if !has(&["config"]) {
        if has(&["init"]) && words.iter().any(|word| word.starts_with("--template")) {
            hits.at(
                place,
                Severity::High,
                format!("a repository is made with hooks of another place: `{shown}`"),
            );
        }
        return;
    }
    let after: Vec<&str> =
        words.iter().skip_while(|word| *word != "config").skip(1).map(String::as_str).collect();
    let reads = after.iter().any(|word| {
        word.starts_with("--get")
            || matches!(
                *word,
                "--list" | "-l" | "get" | "list" | "--unset" | "unset" | "--unset-all" | "--show-origin"
            )
    });
    let operands: Vec<&str> =
        after.iter().copied().filter(|word| !word.starts_with('-') && *word != "set").collect();
    if reads || operands.len() < 2 {
        return;
    }
    let (key, value) = (operands[0].to_ascii_lowercase(), operands[1]);
    let wide = has(&["--global", "--system"])
        || after.iter().any(|word| word.starts_with("--file") || *word == "-f");
    // A folder of hooks or settings in the tree is what repositories do to have any.
    let own = matches!(key.as_str(), "core.hookspath" | "include.path")
        && !wide
        && !value.starts_with(['/', '~', '$']);
    let found = crate::known::git::setting(&key, value);
    let severity = match found {
        _ if own => Severity::Medium,
        // What a repository's own settings say of another machine is where it comes from.
        Some(severity) if is_address(&key) && !wide => severity.min(Severity::Low),
        Some(Severity::Medium) if wide && (key.starts_with("url.") || key.starts_with("http.")) => {
            Severity::High
        }
        Some(Severity::Medium) if is_file(&key) && value.contains(['/', '$']) => Severity::High,
        Some(severity) => severity.max(Severity::Medium),
        None if wide => Severity::Medium,
        None => Severity::Low,
    };
    let why = if crate::known::git::is_sharp(&key) {
        "it names a program that git runs, or another machine"
    } else {
        "it stays when the folder is left"
    };
    hits.at(place, severity, format!("a setting of git is written, and {why}: `{shown}`"));
}

fn is_address(key: &str) -> bool {
    (key.starts_with("remote.") || key.starts_with("submodule.")) && key.ends_with("url")
}

/// A file of settings or a folder of hooks, from which programs come.
fn is_file(key: &str) -> bool {
    matches!(key, "core.hookspath" | "include.path" | "init.templatedir") || key.starts_with("includeif.")
}
