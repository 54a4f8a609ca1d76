//! `proofmark image save`: a bundle for the other side of an air gap.
//!
//! An OCI layout with the images and everything that speaks for them, and beside it, in `proofmark/`, what they were
//! verified against: the digest of the policy, and the trusted roots and keys that it names. Nothing of that is believed on
//! the other side because it lies there: it is to be compared with what is known there.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use proofmark_core::{Clock, Digest, Timestamp};
use proofmark_engine::{Exit, GateContext, ImageGate, Options, run};
use proofmark_oci::check_target;
use proofmark_policy::Policy;
use proofmark_report::Report;
use serde_json::{Value, json};

use super::pull::{Brought, Wish, bring, policies, sealed};
use super::verify::Surroundings;
use crate::cli::{SaveArgs, SingleEntryArgs};
use crate::destination::{Destination, not_copied};
use crate::environment::SystemClock;
use crate::failure::Failure;
use crate::files::{Readers, read_bounded, write_atomically};
use crate::output::{Output, ended};
use crate::{archive, policy_source, references};

/// What the bundle says of itself, below the layout.
const BUNDLE: &str = "proofmark/bundle.json";
/// Where its roots and keys are.
const ROOTS: &str = "trust-roots/";
/// Bytes of a root or key.
const MAX_ROOT: u64 = 4 * 1024 * 1024;

/// Verifies, saves what may run, and reports; there is a bundle only if all of it is in it.
pub(crate) fn save(
    args: &SaveArgs,
    surroundings: &Surroundings<'_>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let now = SystemClock.now();
    let options = args.output.options("image save");
    match saved(args, surroundings, &options, now) {
        Ok((report, exit)) => ended(output.report(&report, &args.output, true), exit),
        Err(failure) => {
            output.failed(&failure, &args.output, &options, now, true);
            Err(failure)
        }
    }
}

fn saved(
    args: &SaveArgs,
    surroundings: &Surroundings<'_>,
    options: &Options,
    now: Timestamp,
) -> Result<(Report, Exit), Failure> {
    policy_source::on_disk(&args.policy)?;
    let requests = references::requests(&args.images, &args.reading)?;
    let target = Target::of(&args.to)?;
    let policies = policies(&args.policy, &SingleEntryArgs::default(), &requests, now, surroundings)?;
    let destination = Destination::Layout(&target.dir);
    let wish = Wish { requests: &requests, no_cache: args.reading.no_cache, dry_run: false };
    let gate = ImageGate::new(requests.clone());
    let judge = |contexts: &[GateContext<'_>]| run(&[&gate], contexts, options);
    let Brought { mut report, exit, pinned } =
        bring(&wish, &policies, &destination, surroundings, now, &judge)?;
    let images = requests.iter().filter_map(|request| {
        let name = request.target.tag().map(|tag| format!("{}:{tag}", request.target.repository()));
        Some(json!({ "name": name, "image": pinned.get(&(request.written.clone(), request.platform.clone()))? }))
    });
    if exit == Exit::Clean {
        match target.finish(&policies, &images.collect::<Vec<_>>()) {
            Ok(note) => report.notes.push(note),
            Err(failure) => report.errors.extend(failure.report_errors()),
        }
    } else if exit != Exit::Nothing {
        report
            .notes
            .push(format!("{} is no bundle: it holds all that was asked for, or is none", args.to.display()));
    }
    let exit = sealed(&mut report, exit);
    Ok((report, exit))
}

/// Where the bundle comes to be.
struct Target<'a> {
    /// What was asked for.
    asked: &'a Path,
    /// The directory that is filled; for an archive one beside it.
    dir: PathBuf,
    archive: bool,
}

impl<'a> Target<'a> {
    fn of(asked: &'a Path) -> Result<Self, Failure> {
        let archive = asked.extension().is_some_and(|ending| ending == "tar");
        let mut dir = asked.as_os_str().to_owned();
        if archive {
            dir.push(".partial");
        }
        let dir = PathBuf::from(dir);
        let finished = dir.join(BUNDLE);
        let there = if archive { asked } else { finished.as_path() };
        if there.symlink_metadata().is_ok() {
            return Err(Failure::usage(
                "save-target",
                format!("{} is there already", there.display()),
                "name another bundle with --to, or remove that one",
            ));
        }
        check_target(&dir).map_err(|error| not_copied(&error))?;
        for part in ["proofmark", "proofmark/trust-roots"] {
            plain_or_absent(&dir.join(part))?;
        }
        Ok(Self { asked, dir, archive })
    }

    /// Adds what the images were verified against, and makes the archive.
    fn finish(&self, policies: &[Policy], images: &[Value]) -> Result<String, Failure> {
        let unwritten = |error: &io::Error| {
            Failure::unverifiable(
                "not-saved",
                format!("{} could not be written: {error}", self.asked.display()),
                "check that the directory is writable and has room, then run it again: what is there is kept",
            )
        };
        let roots = self.roots(policies)?;
        self.describe(policies, images, &roots).map_err(|error| unwritten(&error))?;
        if self.archive {
            self.pack().map_err(|error| unwritten(&error))?;
        }
        let (images, roots) = (images.len(), roots.len());
        Ok(format!("saved {images} images with {roots} roots and keys in {}", self.asked.display()))
    }

    /// The files of `trust-roots/` that the user's policy was loaded from, as they were then. A machine's policy is that of
    /// this machine.
    fn roots(&self, policies: &[Policy]) -> Result<Vec<(String, Digest)>, Failure> {
        let Some(policy) = policies.first() else { return Ok(Vec::new()) };
        let beside = policy.path.parent().unwrap_or(Path::new(""));
        if self.archive {
            // What an interrupted run left there of another policy.
            let _ = fs::remove_dir_all(self.dir.join("proofmark"));
        }
        let mut copied = Vec::new();
        for (name, digest) in policy.files.iter().filter(|(name, _)| name.starts_with(ROOTS)) {
            let changed = |why: &str| {
                Failure::unverifiable(
                    "not-saved",
                    format!("{name} cannot be copied into the bundle: {why}"),
                    "leave the policy as it is while images are saved, then run it again",
                )
            };
            let bytes =
                read_bounded(&beside.join(name), MAX_ROOT).map_err(|error| changed(&error.to_string()))?;
            if !digest.matches(&bytes) {
                return Err(changed("it is not what the images were verified against"));
            }
            let to = self.dir.join("proofmark").join(name);
            to.parent()
                .map_or(Ok(()), fs::create_dir_all)
                .and_then(|()| write_atomically(&to, &bytes, Readers::AsBefore))
                .map_err(|error| changed(&error.to_string()))?;
            copied.push((name.clone(), digest.clone()));
        }
        Ok(copied)
    }

    /// Last of all: a directory with this file is a bundle.
    fn describe(&self, policies: &[Policy], images: &[Value], roots: &[(String, Digest)]) -> io::Result<()> {
        let policies = policies
            .iter()
            .map(|policy| json!({ "digest": policy.digest.to_string(), "from": policy.found.words() }));
        let roots = roots.iter().map(|(name, digest)| json!({ "file": name, "digest": digest.to_string() }));
        let document = json!({
            "schema": "proofmark-bundle/1",
            "policies": policies.collect::<Vec<Value>>(),
            "trust": roots.collect::<Vec<Value>>(),
            "images": images,
        });
        let text = serde_json::to_string_pretty(&document).map_err(io::Error::other)? + "\n";
        let path = self.dir.join(BUNDLE);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        write_atomically(&path, text.as_bytes(), Readers::AsBefore)
    }

    /// The archive appears whole; then the directory that it was made of goes.
    fn pack(&self) -> io::Result<()> {
        let beside = self.asked.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // Within the directory that the next run goes on with, under a name that it removes first.
        let unfinished = self.dir.join(format!("{}archive", archive::LEFT_OUT));
        let mut out = BufWriter::new(File::create(&unfinished)?);
        archive::write(&self.dir, &mut out)?;
        out.flush()?;
        out.get_ref().sync_all()?;
        fs::rename(&unfinished, self.asked)?;
        File::open(beside)?.sync_all()?;
        fs::remove_dir_all(&self.dir)
    }
}

/// In a layout that somebody else made, a link would lead what is written elsewhere.
fn plain_or_absent(path: &Path) -> Result<(), Failure> {
    match path.symlink_metadata() {
        Ok(meta) if !meta.is_dir() => Err(Failure::usage(
            "save-target",
            format!("{} is no directory", path.display()),
            "name another bundle with --to, or remove that one",
        )),
        _ => Ok(()),
    }
}
