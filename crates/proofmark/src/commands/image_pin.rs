//! `proofmark image pin`: from `tag` to `tag@digest` in place. What the policy refuses is not pinned.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use proofmark_core::{ImageRef, Outcome, Subject, Timestamp};
use proofmark_engine::{Exit, Scanned};
use proofmark_refs::rules::{subject, tag_drift, unpinned};
use proofmark_refs::{Drift, Edit, Found, Place, Scan, ScanLimits, Target, judge, pin, scan_with};
use proofmark_report::inert;

use super::image_digests::{Answer, digests};
use super::verify::Surroundings;
use crate::cli::ImagePinArgs;
use crate::diff::diff;
use crate::environment::SystemClock;
use crate::failure::Failure;
use crate::files::{Readers, write_atomically};
use crate::output::Output;
use crate::policy_source;
use crate::scanning::{Files, Reach, Source, read_again, scan_files};

/// Pins what can be pinned, and says what is left and why.
pub(crate) fn image_pin(
    args: &ImagePinArgs,
    surroundings: &Surroundings<'_>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    policy_source::on_disk(&args.policy)?;
    let now = args.time.now(&SystemClock);
    let files = scan_files(&args.paths, &args.files.exclude, Reach::Asked)?;
    let mut page = Page::default();
    let wanted: Vec<Vec<&Found>> =
        files.scanned.scans.iter().map(|scan| wanted(scan, args.update, now, &mut page)).collect();
    if args.check {
        for found in wanted.iter().flatten() {
            page.would(found);
        }
    } else {
        let images = images(&wanted);
        let answers =
            if images.is_empty() { BTreeMap::new() } else { digests(args, &images, surroundings, now)? };
        let mut seen = BTreeSet::new();
        for ((scan, source), found) in files.scanned.scans.iter().zip(&files.sources).zip(&wanted) {
            // A link and the file that it leads to are one file. One that is read as two kinds is changed as one of them, and
            // told of the other.
            let real = std::fs::canonicalize(&source.path).unwrap_or_else(|_| source.path.clone());
            if seen.insert((real, scan.kind)) {
                rewrite(args, scan, source, &page.with_digest(found, &answers), &mut page);
            }
        }
    }
    page.unread(&files);
    let exit = page.exit();
    output.text(&page.finish(args))?;
    Ok(exit)
}

/// The references of a file that a digest is missing from, or with `--update` also those with a tag and a digest. One that an
/// allow answers for stays as it is, and one that cannot be rewritten is told.
fn wanted<'a>(scan: &'a Scan, update: bool, now: Timestamp, page: &mut Page) -> Vec<&'a Found> {
    let judged = judge(scan, &|_| Drift::Unknown, now).findings;
    let open: BTreeSet<_> = judged
        .iter()
        .filter(|row| row.rule.id == unpinned::META.id && row.outcome == Outcome::Finding)
        .filter_map(|row| row.location.clone())
        .collect();
    let mut wanted = Vec::new();
    for found in &scan.found {
        let Target::Image(image) = &found.target else { continue };
        let newer = update && tag_drift::applies(image);
        match &found.edit {
            _ if !newer && !open.contains(&found.origin) => {}
            Edit::Refused(why) => page.left(found, &format!("it is not rewritten: {why}")),
            _ => wanted.push(found),
        }
    }
    wanted
}

/// Each image once, by the name under which its rows stand.
fn images(wanted: &[Vec<&Found>]) -> Vec<Subject> {
    let mut images: Vec<Subject> = wanted.iter().flatten().filter_map(|found| by_tag(found)).collect();
    images.sort_by(|a, b| (&a.name, &a.platform).cmp(&(&b.name, &b.platform)));
    images.dedup();
    images
}

/// The subject of a reference as its tag alone names it: with `--update` the digest beside it is what is looked for anew.
fn by_tag(found: &Found) -> Option<Subject> {
    let image = found.target.image()?;
    let tagged = proofmark_core::ImageRef::new(image.repository().clone(), image.tag().cloned(), None);
    Some(Subject { name: tagged.to_string(), reference: Some(tagged.to_string()), ..subject(found) })
}

/// Changes one file, whole or not at all.
fn rewrite(
    args: &ImagePinArgs,
    before: &Scan,
    Source { path, environment, .. }: &Source,
    pins: &[(&Found, proofmark_core::Digest)],
    page: &mut Page,
) {
    let Some((first, _)) = pins.first() else { return };
    let shown = first.origin.file.as_str();
    let limits = ScanLimits::default();
    let bytes = match read_again(path) {
        Ok(bytes) if is_as_before(scan_with(shown, &bytes, before.kind, &limits, environment), before) => {
            bytes
        }
        Ok(_) => return page.trouble(shown, "it was changed while it was looked at"),
        Err(error) => return page.trouble(shown, &error.to_string()),
    };
    let mut pins = pins.to_vec();
    let all = |pins: &[(&Found, proofmark_core::Digest)]| {
        let borrowed: Vec<_> = pins.iter().map(|(found, digest)| (*found, digest)).collect();
        pin(shown, &bytes, before.kind, &limits, &borrowed)
    };
    let mut pinned = all(&pins);
    if pinned.is_err() {
        // One that cannot be written does not keep the others from it.
        pins.retain(|one| {
            let alone = all(std::slice::from_ref(one)).is_ok();
            if !alone {
                page.unwritable(one.0, &one.1);
            }
            alone
        });
        pinned = all(&pins);
    }
    let pinned = match pinned {
        Ok(pinned) => pinned,
        Err(error) => return page.trouble(shown, &error.to_string()),
    };
    if pinned == bytes {
        return;
    }
    if args.dry_run {
        page.text.push_str(&diff(shown, &bytes, &pinned));
    } else if let Err(error) = write_atomically(path, &pinned, Readers::AsBefore) {
        return page.trouble(shown, &format!("it could not be written: {error}"));
    }
    for (found, digest) in &pins {
        if found.target.image().and_then(|image| image.digest()) != Some(digest) {
            page.pinned(found, digest, args.dry_run);
        }
    }
    page.files += 1;
}

/// Whether a file still says what it did; that one of the files which it names was not read is not its own.
fn is_as_before(mut now: Scan, before: &Scan) -> bool {
    now.unread.clone_from(&before.unread);
    now == *before
}

/// What is printed, and what it amounts to.
#[derive(Debug, Default)]
struct Page {
    text: String,
    pinned: usize,
    files: usize,
    would: usize,
    /// The policy refuses it, or a rewrite would be wrong.
    refused: usize,
    /// It could not be resolved, read or written.
    trouble: usize,
}

impl Page {
    /// Where the text alone does not name the image (a variable, a tag of a kustomization) the image is named beside it.
    fn line(&mut self, found: &Found, says: &str) {
        let image = found.target.image().filter(|image| ImageRef::parse(&found.text).as_ref() != Ok(*image));
        let named = image.map(|image| format!(" ({})", inert(&image.to_string()))).unwrap_or_default();
        let (place, text) = (found.origin.to_string(), inert(&found.text));
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "{} {text}{named} {says}", inert(&place));
    }

    fn would(&mut self, found: &Found) {
        self.would += 1;
        self.line(found, "is not pinned");
    }

    fn pinned(&mut self, found: &Found, digest: &proofmark_core::Digest, dry: bool) {
        self.pinned += 1;
        if !dry {
            self.line(found, &format!("is pinned to {digest}"));
        }
    }

    fn left(&mut self, found: &Found, why: &str) {
        self.refused += 1;
        self.line(found, &format!("is left: {}", inert(why)));
    }

    /// The place is one that a rewrite would break.
    fn unwritable(&mut self, found: &Found, digest: &proofmark_core::Digest) {
        let how = match found.place {
            Place::KustomizeImage => format!("write digest: {digest} beside its name"),
            _ => format!("write @{digest} behind it"),
        };
        self.left(found, &format!("it is written so that a change of it could change more; {how}"));
    }

    fn trouble(&mut self, shown: &str, why: &str) {
        self.trouble += 1;
        let _ = writeln!(self.text, "{} is left as it was: {}", inert(shown), inert(why));
    }

    /// Those whose digest is known and may be written; the others are told.
    fn with_digest<'a>(
        &mut self,
        found: &[&'a Found],
        answers: &BTreeMap<(String, Option<proofmark_core::Platform>), Answer>,
    ) -> Vec<(&'a Found, proofmark_core::Digest)> {
        let mut pins = Vec::new();
        for found in found {
            let subject = by_tag(found);
            let answer = subject.and_then(|subject| answers.get(&(subject.name, subject.platform)));
            match answer {
                Some(Answer::Digest(digest)) => pins.push((*found, digest.clone())),
                Some(Answer::Refused(why)) => self.left(found, &format!("the policy refuses it: {why}")),
                Some(Answer::Unknown(why)) => {
                    self.trouble += 1;
                    self.line(found, &format!("is left: {}", inert(why)));
                }
                None => {
                    self.trouble += 1;
                    self.line(found, "is left: it has no answer");
                }
            }
        }
        pins
    }

    /// What could not be looked into may hold what is not pinned.
    fn unread(&mut self, files: &Files) {
        let Scanned { errors, notes, .. } = &files.scanned;
        for error in errors {
            let place = error.location.as_ref().map(ToString::to_string).unwrap_or_default();
            let _ = writeln!(self.text, "{} error[{}]: {}", inert(&place), error.code, inert(&error.message));
            let _ = writeln!(self.text, "  help: {}\n  see: {}", inert(&error.help), error.see);
        }
        self.trouble += errors.len();
        for note in notes {
            let _ = writeln!(self.text, "note: {}", inert(note));
        }
    }

    /// Nothing to pin is clean: this command leaves nothing unpinned, and judges nothing.
    const fn exit(&self) -> Exit {
        if self.refused > 0 || self.would > 0 {
            Exit::Failed
        } else if self.trouble > 0 {
            Exit::Unverifiable
        } else {
            Exit::Clean
        }
    }

    fn finish(mut self, args: &ImagePinArgs) -> String {
        let Self { pinned, files, would, refused, trouble, .. } = self;
        let plural =
            |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
        let done = if args.check {
            format!("{} to pin", plural(would, "reference"))
        } else if args.dry_run {
            format!("{} in {} would be pinned", plural(pinned, "reference"), plural(files, "file"))
        } else {
            format!("{} in {} pinned", plural(pinned, "reference"), plural(files, "file"))
        };
        let _ = writeln!(self.text, "{done}, {refused} left, {}", plural(trouble, "error"));
        self.text
    }
}
