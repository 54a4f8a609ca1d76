//! `RUN` and `ADD`: what a build runs and downloads by itself.

use super::lines::{self, Lines};
use super::words::Command;
use crate::mapped::Mapped;
use crate::scripts::{ShellText, ShellTextKind};

/// The commands of a Dockerfile, in its order. `ONBUILD` ones are of another build.
pub(crate) fn read(text: &str) -> Vec<ShellText> {
    let Lines { escape, instructions, heredocs, .. } = lines::read(text);
    let mut found = Vec::new();
    for (at, line) in instructions.iter().enumerate() {
        let Some(command) = Command::read(line, escape) else { continue };
        match command.name.as_str() {
            "from" => found.push(ShellText::new(Mapped::default(), ShellTextKind::Stage)),
            "run" => {
                let bodies = heredocs.iter().filter(|(of, _)| *of == at).map(|(_, body)| body.clone());
                found.extend(
                    run(&command, text, bodies).map(|text| ShellText::new(text, ShellTextKind::Script)),
                );
            }
            "add" => found.extend(add(&command)),
            _ => {}
        }
    }
    found
}

/// The shell form; a here-document that is the script; and the exec form that starts a shell.
fn run(
    command: &Command,
    text: &str,
    mut bodies: impl Iterator<Item = std::ops::Range<usize>>,
) -> Option<Mapped> {
    let rest = command.rest.text().trim_start();
    if rest.starts_with("<<") {
        let body = bodies.next()?;
        return Some(Mapped::at(text.get(body.clone())?, body.start));
    }
    if !rest.starts_with('[') {
        return Some(command.rest.clone());
    }
    let words: Vec<String> = serde_json::from_str(rest.trim_end()).ok()?;
    let [shell, option, script] = words.as_slice() else { return None };
    let is_shell =
        shell.rsplit('/').next().is_some_and(|name| matches!(name, "sh" | "bash" | "ash" | "dash"));
    if !is_shell || !option.starts_with('-') || !option.ends_with('c') {
        return None;
    }
    let start = command.rest.text().find(script.as_str());
    // A script with escapes stands nowhere as it is.
    Some(start.map_or_else(|| Mapped::nowhere(script), |at| command.rest.part(at..at + script.len())))
}

fn add(command: &Command) -> Vec<ShellText> {
    let words = command.words();
    let Some((to, from)) = words.split_last() else { return Vec::new() };
    let checked = command.flag("checksum").next().is_some();
    let executable = command.flag("chmod").any(|mode| {
        let digits = mode.text().chars().rev().take(3);
        digits.filter_map(|digit| digit.to_digit(8)).any(|bits| bits & 1 == 1)
    });
    let is_url = |word: &&Mapped| word.text().starts_with("https://") || word.text().starts_with("http://");
    let is_repository = |word: &&Mapped| {
        let url = word.text().split('#').next().unwrap_or_default();
        url.rsplit_once('.').is_some_and(|(_, kind)| kind == "git")
    };
    let urls = from.iter().filter(is_url).filter(|word| !is_repository(word));
    let kind = || ShellTextKind::Add { to: to.text().to_owned(), checked, executable };
    urls.map(|url| ShellText::new(url.clone(), kind())).collect()
}
