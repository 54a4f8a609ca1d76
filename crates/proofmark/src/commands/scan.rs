//! `proofmark image scan`: every reference to an image in the files of a repository. It verifies nothing.

use std::fmt::Write as _;

use proofmark_core::Outcome;
use proofmark_engine::{Exit, Scanned, scan_report};
use proofmark_refs::{Found, Target, WrittenPlatform};
use proofmark_report::{Format, Report, inert, write_inert};
use serde_json::{Value, json};

use crate::cli::{PolicySource, ScanArgs};
use crate::environment::SystemClock;
use crate::failure::Failure;
use crate::output::{Output, ended};
use crate::revision;
use crate::scanning::{Reach, scan_files};

/// Lists the references; the report's formats hold what is found wrong with them.
pub(crate) fn scan(args: &ScanArgs, output: &mut Output) -> Result<Exit, Failure> {
    let now = args.output.time.now(&SystemClock);
    let options = args.output.options("image scan");
    let scanned = match scanned(args) {
        Ok(scanned) => scanned,
        Err(failure) => {
            output.failed(&failure, &args.output, &options, now, !args.json);
            return Err(failure);
        }
    };
    let (report, exit) = scan_report(&scanned, now, &options);
    let listing = args.json || args.output.format == Format::Plain;
    let mut written = output.report(&report, &args.output, !listing);
    if listing {
        let text = if args.json { json_listing(&scanned, &report)? } else { plain(&scanned, &report) };
        written = output.text(&text).and(written);
    }
    ended(written, exit)
}

/// What the files name; with the force of those allows alone that the revision has.
fn scanned(args: &ScanArgs) -> Result<Scanned, Failure> {
    let source = PolicySource { policy: None, policy_from: args.policy_from.clone() };
    let revision = revision::open(&args.path, &source)?;
    let mut files = scan_files(std::slice::from_ref(&args.path), &args.files.exclude, Reach::Tree)?;
    if let Some(revision) = &revision {
        revision::settle_allows(revision, &mut files.scanned, &files.sources)?;
    }
    Ok(files.scanned)
}

/// Every reference, file by file, then what is wrong, then the counts.
fn plain(scanned: &Scanned, report: &Report) -> String {
    let mut text = String::new();
    let found = || scanned.scans.iter().flat_map(proofmark_refs::Scan::places);
    for one in found() {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{} {} {}", inert(&one.origin.to_string()), one.place.as_str(), named(one));
    }
    for row in report.results.iter().filter(|row| row.rule.id == proofmark_refs::rules::allow::META.id) {
        let place = row.location.as_ref().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(text, "{} {}: {}", inert(&place), row.rule.id, inert(&row.message));
        let _ = writeln!(text, "  fix: {}", inert(&row.help));
    }
    for error in &report.errors {
        let place = error.location.as_ref().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(text, "{} error[{}]: {}", inert(&place), error.code, inert(&error.message));
        let _ = writeln!(text, "  help: {}\n  see: {}", inert(&error.help), error.see);
    }
    for note in &report.notes {
        let _ = writeln!(text, "note: {}", inert(note));
    }
    let _ = writeln!(text, "{}", counts(scanned, report));
    text
}

/// What a place names, or why that is not known, and what is worth knowing of it.
fn named(found: &Found) -> String {
    let mut text = match &found.target {
        Target::Image(image) => inert(&image.to_string()),
        Target::Unresolved(why) => format!("{} unresolved: {}", inert(&found.text), inert(&why.to_string())),
    };
    match &found.platform {
        Some(WrittenPlatform::Known(platform)) => text = format!("{text} ({})", inert(&platform.to_string())),
        Some(WrittenPlatform::Unresolved(written)) => text = format!("{text} ({})", inert(written)),
        None => {}
    }
    if !found.defaults.is_empty() {
        text = format!("{text}, by the default of {}", inert(&found.defaults.join(", ")));
    }
    if let Some(given) = &found.given {
        text = format!("{text}, {}", inert(&given.to_string()));
    }
    if !found.set.is_empty() && found.target.image().is_some() {
        text = format!("{text}, by the value of {} in .env", inert(&found.set.join(", ")));
    }
    text
}

/// The last line, in which everything that was found has its number.
fn counts(scanned: &Scanned, report: &Report) -> String {
    let found = || scanned.scans.iter().flat_map(proofmark_refs::Scan::places);
    let files = scanned.scans.iter().filter(|scan| !scan.places().is_empty()).count();
    let all = found().count();
    let unresolved = found().filter(|one| one.target.image().is_none()).count();
    let rule = |outcome: Outcome| {
        let unpinned = proofmark_refs::rules::unpinned::META.id;
        report.results.iter().filter(|row| row.rule.id == unpinned && row.outcome == outcome).count()
    };
    let (unpinned, allowed) = (rule(Outcome::Finding), rule(Outcome::Allowed));
    let plural = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    format!(
        "{} in {}: {unpinned} not pinned, {allowed} allowed, {unresolved} unresolved; {}",
        plural(all, "reference"),
        plural(files, "file"),
        plural(report.errors.len(), "error")
    )
}

/// One object, `proofmark-scan/1`: values uncut.
fn json_listing(scanned: &Scanned, report: &Report) -> Result<String, Failure> {
    let files = |scan: &proofmark_refs::Scan| {
        scan.places().into_iter().map(|found| reference(scan.kind.as_str(), found)).collect::<Vec<Value>>()
    };
    let value = json!({
        "schema": "proofmark-scan/1",
        "references": scanned.scans.iter().flat_map(files).collect::<Vec<Value>>(),
        "errors": report.errors,
        "notes": report.notes,
        "exit": report.exit(),
    });
    let mut text = Vec::new();
    write_inert(&value, &mut text).map_err(|error| {
        Failure::unverifiable(
            "report-not-written",
            format!("the listing could not be rendered: {error}"),
            "report this, with the file that it is about",
        )
    })?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn reference(kind: &str, found: &Found) -> Value {
    let (image, unresolved) = match &found.target {
        Target::Image(image) => (Some(image), None),
        Target::Unresolved(why) => (None, Some(why.to_string())),
    };
    let platform = found.platform.as_ref().map(|platform| match platform {
        WrittenPlatform::Known(platform) => platform.to_string(),
        WrittenPlatform::Unresolved(text) => text.clone(),
    });
    json!({
        "kind": kind,
        "place": found.place.as_str(),
        "text": found.text,
        "value": found.value,
        "reference": image.map(ToString::to_string),
        "pinned": image.is_some_and(|image| image.digest().is_some()),
        "unresolved": unresolved,
        "platform": platform,
        "defaults": found.defaults,
        "set": found.set,
        "given": found.given.as_ref().map(|given| json!({"name": given.name, "build": given.at})),
        "bytes": [found.span.start, found.span.end],
        "location": found.origin,
    })
}
