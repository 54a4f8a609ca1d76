//! Reading a lock: all errors at once, each at its place.

mod proof;
mod table;
mod values;

use std::collections::BTreeMap;
use std::ops::Range;

use proofmark_core::Source;
use toml::de::DeTable;

use crate::error::{Code, LockFailure};
use crate::model::{Lock, Pin};
use crate::unpack::ArchiveKind;
use crate::{MAX_LOCK, MAX_PINS};
use proof::{evidence, sources, unsigned};
use table::{Errors, Row};
use values::{choice, digest, executable, member, mode, platform};
pub use values::{is_tool_name, is_url, is_version};

const KEYS: &[&str] = &["version", "pin"];
const PIN: &[&str] = &[
    "tool",
    "version",
    "platform",
    "url",
    "size",
    "sha256",
    "archive",
    "member",
    "executable-sha256",
    "executable-size",
    "mode",
    "unsigned",
    "checksums",
    "added",
    "by",
    "source",
    "evidence",
];

impl Lock {
    /// Reads a lock; `file` is its path as it is shown.
    ///
    /// # Errors
    /// [`LockFailure`] with every error that was found. A lock with an error says nothing.
    pub fn parse(bytes: &[u8], file: &str) -> Result<Self, LockFailure> {
        let mut errors = Errors::default();
        let lock = read(bytes, file, &mut errors);
        errors.finish(lock)
    }
}

fn read(bytes: &[u8], file: &str, errors: &mut Errors) -> Lock {
    let nothing = Source::new(file, "");
    if bytes.len() > MAX_LOCK {
        errors.push(
            Code::Limit,
            &nothing,
            0..0,
            format!("the lock is longer than {MAX_LOCK} bytes"),
            "remove old pins",
        );
        return Lock::default();
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => Source::new(file, text),
        Err(error) => {
            let message = format!("the lock is not UTF-8: byte {}", error.valid_up_to());
            errors.push(Code::Syntax, &nothing, 0..0, message, "take it from version control again");
            return Lock::default();
        }
    };
    if conflicts(&text, errors) {
        return Lock::default();
    }
    match DeTable::parse(text.text()) {
        Ok(document) => pins(document.get_ref(), &text, errors),
        Err(error) => {
            let message = format!("not TOML: {}", error.message());
            errors.push(
                Code::Syntax,
                &text,
                error.span().unwrap_or(0..0),
                message,
                "take it from version control again",
            );
            Lock::default()
        }
    }
}

/// The marks that git leaves in a file whose sides it cannot merge.
fn conflicts(source: &Source, errors: &mut Errors) -> bool {
    let mut at = 0;
    let mut any = false;
    for line in source.text().split_inclusive('\n') {
        let marked = ["<<<<<<<", "|||||||", ">>>>>>>"].iter().any(|mark| line.starts_with(mark));
        if marked || line.trim_ascii_end() == "=======" {
            any = true;
            let help = "take one side (git checkout --ours or --theirs proofmark.lock) and run `proofmark pin add` for the other's pins";
            errors.push(
                Code::Conflict,
                source,
                at..at + line.trim_ascii_end().len(),
                "two sides of a merge stand here",
                help,
            );
        }
        at += line.len();
    }
    any
}

fn pins(document: &DeTable<'_>, source: &Source, errors: &mut Errors) -> Lock {
    let mut root = Row::new(document, 0..0, source, "the lock", errors);
    root.known(KEYS);
    match root.number("version", true) {
        Some((1, _)) | None => {}
        Some((version, span)) => {
            let message = format!("this build reads locks of version 1, and not of version {version}");
            root.error(Code::Version, span, message, "use the proofmark that wrote it");
            return Lock::default();
        }
    }
    let rows = root.rows("pin", MAX_PINS);
    let mut seen: BTreeMap<_, (Pin, Range<usize>)> = BTreeMap::new();
    for (table, span) in rows {
        let mut row = Row::new(table, span.clone(), source, "a pin", errors);
        let Some(pin) = pin(&mut row) else { continue };
        match seen.get(&pin.key()) {
            Some((other, first)) => twice(source, errors, (&pin, span), (other, first.clone())),
            None => drop(seen.insert(pin.key(), (pin, span))),
        }
    }
    let mut lock = Lock::default();
    for (pin, _) in seen.into_values() {
        lock.insert(pin);
    }
    lock
}

/// Two pins of one tool, version and platform: told apart, since the one is a slip and the other may be an attack.
fn twice(source: &Source, errors: &mut Errors, pin: (&Pin, Range<usize>), other: (&Pin, Range<usize>)) {
    let line = source.origin(&other.1).start.line;
    let (pin, span) = pin;
    let name = format!("{} {} for {}", pin.tool, pin.version, pin.platform);
    if pin == other.0 {
        let message = format!("{name} is pinned in line {line} already");
        errors.push(Code::Duplicate, source, span, message, "remove one of the two");
        return;
    }
    let difference = if pin.sha256 == other.0.sha256 {
        "says something else".to_owned()
    } else {
        format!("has SHA-256 {}, not {}", other.0.sha256.hex(), pin.sha256.hex())
    };
    let message = format!("{name} is pinned in line {line} too, and {difference}");
    errors.push(Code::Disagree, source, span, message, "find out which is right, and remove the other");
}

fn pin(row: &mut Row<'_, '_>) -> Option<Pin> {
    row.known(PIN);
    let tool = row.checked("tool", is_tool_name, "letters a-z, digits, `.`, `_` and `-`");
    let version = row.checked("version", is_version, "letters, digits, `.`, `_`, `+`, `~` and `-`");
    let platform = row.text("platform", true).and_then(|(text, span)| platform(row, text, span));
    let url = row.checked("url", is_url, "https://HOST/PATH without a user");
    let sha256 = digest(row, "sha256", true);
    let archive = choice(row, "archive", &ArchiveKind::ALL);
    let member = member(row, archive);
    let executable = executable(row);
    let mode = row.text("mode", true).and_then(|(text, span)| mode(row, text, span));
    let (checksums, evidence) = evidence(row);
    let unsigned = unsigned(row, evidence.as_deref());
    let sources = sources(row);
    let added = row.date("added");
    let by = row.checked("by", |text| !text.is_empty(), "who added it");
    let size = row.length("size");
    Some(Pin {
        tool: tool?,
        version: version?,
        platform: platform?,
        url: url?,
        size: size.ok()?,
        sha256: sha256.ok()??,
        archive: archive?,
        member: member.ok()?,
        executable: executable.ok()?,
        mode: mode?,
        evidence: evidence?,
        checksums: checksums.ok()?,
        unsigned: unsigned.ok()?,
        sources: sources?,
        added: added?,
        by: by?,
        origin: Some(row.origin("tool")),
    })
}

#[cfg(test)]
mod tests;
