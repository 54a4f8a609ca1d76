//! Where `image pull` brings what was verified: a layout, or an engine.

use std::fmt::Write as _;
use std::path::Path;

use proofmark_core::Digest;
use proofmark_image::Request;
use proofmark_oci::{Client, Copied, CopyError, CopyRequest, Place, Target, check_target};
use proofmark_report::inert;

use crate::cli::{LayoutDir, PullArgs};
use crate::commands::verify::Surroundings;
use crate::engine::Engine;
use crate::failure::Failure;
use crate::progress::ByteBar;

/// Where images are brought.
pub(crate) enum Destination<'a> {
    /// An OCI layout directory.
    Layout(&'a Path),
    /// A container engine.
    Engine(Engine),
}

impl<'a> Destination<'a> {
    /// What the arguments say, if that can be used. Nothing is asked of a network and nothing is written.
    pub(crate) fn of(
        args: &'a PullArgs,
        requests: &[Request],
        surroundings: &Surroundings<'_>,
    ) -> Result<Self, Failure> {
        if let Some(LayoutDir(dir)) = &args.to {
            check_target(dir).map_err(|error| not_copied(&error))?;
            return Ok(Self::Layout(dir));
        }
        let layout = requests.iter().find(|request| matches!(request.target, Target::Layout { .. }));
        if let Some(request) = layout {
            return Err(unusable(format!(
                "an engine pulls from a registry, and {} is a layout",
                request.written
            )));
        }
        if surroundings.offline {
            return Err(unusable("an engine uses the network, and --offline says never".to_owned()));
        }
        Engine::find(args.engine, surroundings.environment).map(Self::Engine)
    }

    /// Brings one image by its digest, and says so in one line; or says what would be done.
    pub(crate) fn fetch(
        &self,
        (request, digest): (&Request, &Digest),
        client: &Client,
        dry_run: bool,
        surroundings: &Surroundings<'_>,
    ) -> Result<String, Failure> {
        let repository = request.target.repository();
        let pinned = format!("{repository}@{digest}");
        let name = request.target.tag().map(|tag| format!("{repository}:{tag}"));
        let named = name.as_ref().map(|name| format!(" as {name}")).unwrap_or_default();
        let platform = request.platform.as_ref();
        match self {
            Self::Engine(engine) if dry_run => {
                let commands = engine.commands(&pinned, platform, name.as_deref());
                Ok(format!("would run, with {}: {commands}", engine.shown()))
            }
            Self::Engine(engine) => {
                engine.fetch(&pinned, platform, name.as_deref())?;
                Ok(format!("pulled {pinned}{named}, with {}", engine.shown()))
            }
            Self::Layout(dir) if dry_run => {
                Ok(format!("would copy {pinned} to oci:{}{named}", dir.display()))
            }
            Self::Layout(dir) => {
                let place = place(&request.target);
                let to = CopyRequest { place: &place, digest, platform, name: name.as_deref(), to: dir };
                let bar = ByteBar::new(&request.written, surroundings.progress, surroundings.environment);
                let copied = client.copy(&to, &bar);
                bar.finish();
                let failed = |error: CopyError| Failure {
                    message: format!("{pinned}: {error}"),
                    ..not_copied(&error)
                };
                let copied = copied.map_err(failed)?;
                Ok(format!("copied {pinned} to oci:{}{named}: {}", dir.display(), told(&copied)))
            }
        }
    }
}

/// Where the image is read again: by its digest.
fn place(target: &Target) -> Place {
    let repository = target.repository().clone();
    match target {
        Target::Registry(_) => Place::registry(repository),
        Target::Layout { dir, .. } => Place::layout(dir.clone(), repository),
    }
}

/// What was copied, in one line.
fn told(copied: &Copied) -> String {
    let Copied { fetched, bytes, kept, evidence, left_out } = copied;
    let plural = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let mut text = format!(
        "{} of {bytes} bytes fetched, {kept} there already, {} of signatures and attestations",
        plural(*fetched, "blob"),
        plural(*evidence, "manifest")
    );
    for left in left_out {
        // Writing to a String cannot fail.
        let _ = write!(text, "; left out: {}", inert(left));
    }
    text
}

fn unusable(why: String) -> Failure {
    Failure::usage("pull-target", why, "copy without an engine: --to oci:DIR")
}

pub(crate) fn not_copied(error: &CopyError) -> Failure {
    if error.is_about_the_target() {
        return Failure::usage("pull-target", error.to_string(), error.help());
    }
    Failure::unverifiable("not-pulled", error.to_string(), error.help())
}
