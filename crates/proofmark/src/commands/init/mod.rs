//! `proofmark init`: a first policy from what a repository's files name and who signs it. It trusts nobody.

mod authorities;
mod place;
mod survey;

use std::fmt::Write as _;

use proofmark_core::Timestamp;
use proofmark_engine::Exit;
use proofmark_policy::{FILE_NAME, FirstPolicy, How, MemoryFiles, OwnerRule, Policy, Seen};
use proofmark_report::{ReportError, inert};

use super::verify::Surroundings;
use crate::cli::InitArgs;
use crate::environment::SystemClock;
use crate::failure::Failure;
use crate::output::Output;
use crate::policy_source::{broken, with_options};
use crate::scanning::{Reach, scan_files};
use authorities::Authorities;
use place::Place;

/// Writes a policy whose entries are comments, and says what was seen: 0; 3 if something could not be read; 4 if no image is named.
pub(crate) fn init(
    args: &InitArgs,
    surroundings: &Surroundings<'_>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let now = args.time.now(&SystemClock);
    let place = Place::of(&args.path)?;
    if !args.dry_run {
        place.is_free()?;
    }
    let authorities = Authorities::of(args, &place)?;
    let scanned = scan_files(std::slice::from_ref(&args.path), &args.files.exclude, Reach::Tree)?.scanned;
    let images = scanned.images();
    if images.is_empty() {
        output.text(&nothing(&scanned.errors))?;
        return Ok(if scanned.errors.is_empty() { Exit::Nothing } else { Exit::Unverifiable });
    }
    let images = survey::survey(&images, &authorities, args.no_cache, surroundings, now)?;
    let trust = authorities.files(&images);
    let policy = FirstPolicy { images, trust };
    let files = policy.files();
    loads(&files, now)?;
    let mut page = if args.dry_run { preview(&files) } else { place.write(&files)? };
    page.push_str(&summary(&policy, &scanned.errors, args.dry_run));
    output.text(&page)?;
    let whole = scanned.errors.is_empty() && policy.images.iter().all(|image| image.seen.iter().all(is_read));
    Ok(if whole { Exit::Clean } else { Exit::Unverifiable })
}

/// What is written must load: what it says comes from outside.
fn loads(files: &MemoryFiles, now: Timestamp) -> Result<(), Failure> {
    with_options(OwnerRule::Any, None, now, |options| {
        Policy::load_from(files, FILE_NAME, How::CommandLine, options)
    })
    .map(drop)
    .map_err(|failure| broken(&failure))
}

fn is_read(seen: &Seen) -> bool {
    matches!(seen, Seen::Image { .. })
}

fn nothing(errors: &[ReportError]) -> String {
    let mut text = String::from("no file names an image: there is nothing to write a policy for\n");
    told(&mut text, errors);
    text
}

fn told(text: &mut String, errors: &[ReportError]) {
    for error in errors {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "not read: {}", inert(&error.message));
    }
}

/// The files as they would be written.
fn preview(files: &MemoryFiles) -> String {
    let mut text = String::new();
    for (path, bytes) in files.0.iter().filter(|(path, _)| !path.starts_with("trust-roots/")) {
        let _ = writeln!(text, "--- {path}");
        let _ = writeln!(text, "{}", String::from_utf8_lossy(bytes));
    }
    text
}

/// What was seen, and what comes next.
fn summary(policy: &FirstPolicy, errors: &[ReportError], dry_run: bool) -> String {
    let seen = || policy.images.iter().flat_map(|image| &image.seen);
    let signed = seen().filter(|seen| matches!(seen, Seen::Image { by, .. } if !by.is_empty())).count();
    let unread = seen().filter(|seen| !is_read(seen)).count();
    let total = seen().count();
    let images = if total == 1 { "image" } else { "images" };
    let mut text = format!("{total} {images}: {signed} signed by somebody who is known here");
    if unread > 0 {
        let _ = write!(text, ", {unread} could not be read");
    }
    text.push('\n');
    for seen in seen() {
        if let Seen::Nothing { reference, cause } = seen {
            let _ = writeln!(text, "not read: {}: {}", inert(reference), inert(cause));
        }
    }
    told(&mut text, errors);
    if !dry_run {
        text.push_str(
            "nothing is trusted yet: look through proofmark.toml, and uncomment whom you expect; then: proofmark check\n",
        );
    }
    text
}
