//! What a program carries of the lock that it was built from: a section of an ELF, Mach-O or PE file.

use std::path::Path;

use object::{Object as _, ObjectSection as _, ReadCache};
use proofmark_core::display::safe;
use proofmark_lock::{EmbeddedError, Lock, MACH_O_SECTION, MAX_LOCK, SECTION};

use crate::failure::Failure;
use crate::files::open_file;
use crate::paths::plain;

/// The lock in a program.
pub(crate) fn embedded(program: &Path) -> Result<Lock, Failure> {
    let file = plain(program);
    let opened = open_file(program).map_err(|error| {
        let help = "name a program that you may read";
        Failure::unverifiable("file-unreadable", format!("{file} cannot be read: {error}"), help)
    })?;
    // Of a large program the headers and one section are read.
    let cache = ReadCache::new(opened);
    let object = object::File::parse(&cache).map_err(|error| {
        let help = "name a program for Linux, macOS or Windows that was built with proofmark-build";
        Failure::unverifiable("no-program", format!("{file} is no program: {error}"), help)
    })?;
    let sections = object
        .sections()
        .filter(|section| section.name().is_ok_and(|name| name == SECTION || name == MACH_O_SECTION));
    let mut bytes = Vec::new();
    for section in sections {
        if bytes.len() as u64 + section.size() > MAX_LOCK as u64 {
            return Err(damaged(&file, &EmbeddedError::Limit));
        }
        bytes.extend(section.data().map_err(|_| damaged(&file, &EmbeddedError::Damaged(0)))?);
    }
    Lock::from_section(&bytes, &file).map_err(|error| damaged(&file, &error))
}

fn damaged(file: &str, error: &EmbeddedError) -> Failure {
    let message = format!("{file}: {}", safe(&error.to_string()));
    match error {
        EmbeddedError::Empty => Failure::unverifiable(
            "nothing-embedded",
            format!("{file} carries no pins"),
            "build it with `embed_pins()` in its build script and `proofmark_build::embed!()` in the program",
        ),
        EmbeddedError::Disagree { .. } => {
            Failure::unverifiable("embedded-damaged", message, "build all its parts from one lock")
        }
        _ => Failure::unverifiable(
            "embedded-damaged",
            message,
            "somebody changed the program after it was built: build it again, and find out who",
        ),
    }
}
