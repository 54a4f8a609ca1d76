//! Removing files of direnv's stores: each one that was confirmed, and nothing that a link leads to.

use std::collections::BTreeMap;
use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};

use proofmark_envrc::store::{Roots, StoreFinding};
use proofmark_report::inert;

use crate::failure::Failure;

/// Bytes of an answer.
const MAX_ANSWER: u64 = 256;

/// Files that a help names.
const MAX_NAMED: usize = 20;

/// The command, for a help.
const COMMAND: &str = "proofmark envrc status --fix";

/// How a removal ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Removed {
    /// It is gone now.
    Done,
    /// It was gone already.
    Gone,
}

/// The files that may go: those that `--yes` names, else those for which the user says so on the terminal.
pub(crate) fn confirmed(judged: &[StoreFinding], yes: &[String]) -> Result<Vec<Vec<u8>>, Failure> {
    let mut offered: BTreeMap<&[u8], Vec<&StoreFinding>> = BTreeMap::new();
    for row in judged {
        for file in &row.removable {
            offered.entry(file).or_default().push(row);
        }
    }
    if !yes.is_empty() {
        return named(&offered, yes);
    }
    if offered.is_empty() {
        return Ok(Vec::new());
    }
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        let names = offered.keys().take(MAX_NAMED).map(|file| format!("--yes {}", short(file)));
        let words: Vec<String> = std::iter::once(COMMAND.to_owned()).chain(names).collect();
        let message = format!(
            "--fix asks before it removes a file, and there is no terminal to ask on; it would ask about {}",
            offered.len()
        );
        return Err(Failure::usage("confirmation-needed", message, words.join(" ")));
    }
    let mut files = Vec::new();
    for (file, rows) in &offered {
        if asked(file, rows)? {
            files.push(file.to_vec());
        }
    }
    Ok(files)
}

/// What `--yes` names, each of which must be offered.
fn named(offered: &BTreeMap<&[u8], Vec<&StoreFinding>>, yes: &[String]) -> Result<Vec<Vec<u8>>, Failure> {
    let mut files = Vec::new();
    for name in yes {
        let mut found = offered.keys().filter(|file| short(file) == *name || **file == name.as_bytes());
        let Some(file) = found.next() else {
            let message = format!("nothing reported here is the file {name}");
            let help = "proofmark envrc status shows what can be removed";
            return Err(Failure::usage("not-removable", message, help));
        };
        files.push(file.to_vec());
    }
    files.dedup();
    Ok(files)
}

/// The path from the folder of its store: a hash alone could be of either.
fn short(file: &[u8]) -> String {
    let text = String::from_utf8_lossy(file);
    let of = |store: &str| text.rfind(&format!("/{store}/")).map(|at| text[at + 1..].to_owned());
    ["allowed-required", "allow", "cas"].into_iter().find_map(of).unwrap_or_else(|| text.into_owned())
}

fn asked(file: &[u8], rows: &[&StoreFinding]) -> Result<bool, Failure> {
    let reason = |row: &&StoreFinding| {
        let (rule, subject) = (row.finding.rule.id, inert(&row.finding.subject.name));
        format!("{rule}: {subject}\n  {}\n", inert(&row.finding.message))
    };
    let reasons: Vec<String> = rows.iter().map(reason).collect();
    let question = format!("{}remove {}? [y/N] ", reasons.concat(), inert(&String::from_utf8_lossy(file)));
    let mut line = String::new();
    let answered = io::stderr().write_all(question.as_bytes()).and_then(|()| {
        io::stderr().flush()?;
        io::stdin().lock().take(MAX_ANSWER).read_line(&mut line)
    });
    answered.map_err(|error| {
        let message = format!("the terminal could not be asked: {error}");
        Failure::usage("confirmation-needed", message, format!("{COMMAND} --yes {}", short(file)))
    })?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}

/// Removes one file of a store. Below direnv's own folder no link is followed: what lies elsewhere stays.
#[cfg(unix)]
pub(crate) fn remove(roots: &Roots, file: &[u8]) -> Result<Removed, Failure> {
    use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, openat, statat, unlinkat};
    let below = |root: &[u8]| Some((root.to_vec(), file.strip_prefix(root)?.strip_prefix(b"/")?.to_vec()));
    let failed = |why: &dyn std::fmt::Display| {
        let message = format!("{} could not be removed: {why}", String::from_utf8_lossy(file));
        Failure::unverifiable("store-not-changed", message, "check the permissions of its folder")
    };
    let (root, rest) = below(&roots.data)
        .or_else(|| below(&roots.cache))
        .ok_or_else(|| failed(&"it is in no folder of direnv's"))?;
    let steps: Vec<&[u8]> = rest.split(|byte| *byte == b'/').collect();
    let Some((name, folders)) = steps.split_last() else { return Err(failed(&"it has no name")) };
    let removed = || {
        let folder = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC;
        let mut at = openat(CWD, root.as_slice(), folder, Mode::empty())?;
        for step in folders {
            at = openat(&at, *step, folder | OFlags::NOFOLLOW, Mode::empty())?;
        }
        let kind = FileType::from_raw_mode(statat(&at, *name, AtFlags::SYMLINK_NOFOLLOW)?.st_mode);
        let flags = if kind == FileType::Directory { AtFlags::REMOVEDIR } else { AtFlags::empty() };
        unlinkat(&at, *name, flags)
    };
    match removed() {
        Ok(()) => Ok(Removed::Done),
        Err(rustix::io::Errno::NOENT) => Ok(Removed::Gone),
        Err(error) => Err(failed(&io::Error::from(error))),
    }
}

/// Elsewhere nothing tells a link from a folder at the moment of removal.
#[cfg(not(unix))]
pub(crate) fn remove(_roots: &Roots, file: &[u8]) -> Result<Removed, Failure> {
    let message = format!("{} could not be removed: not supported here", String::from_utf8_lossy(file));
    Err(Failure::unverifiable("store-not-changed", message, "remove it by hand"))
}
