//! `proofmark pin add`: from the vendor to the lock.

use std::cmp::Ordering;
use std::fmt::Write as _;

use proofmark_core::Clock as _;
use proofmark_core::display::safe;
use proofmark_engine::Exit;
use proofmark_pin::version::compare;
use proofmark_policy::BinaryEntry;

use super::adding::{Adding, told};
use crate::cli::{PinAddArgs, ToolVersion};
use crate::commands::verify::Surroundings;
use crate::environment::SystemClock;
use crate::failure::Failure;
use crate::output::Output;
use crate::paths::plain;
use crate::{pins, policy_source};

/// Pins all that was asked for, or nothing.
pub(crate) fn add(
    args: &PinAddArgs,
    surroundings: &Surroundings<'_>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    policy_source::on_disk(&args.how.policy)?;
    let now = SystemClock.now();
    let policy = policy_source::required(&args.how.policy, now)?;
    let mut adding = Adding::of(&policy, &args.how, surroundings, now)?;
    let mut said = String::new();
    for ToolVersion { tool, version } in &args.tools {
        let (recipe, own) = pins::recipe(tool, &policy)?;
        let row = adding.row(tool, &recipe)?;
        let version = version.clone().unwrap_or_else(|| newest(row));
        if let Some(file) = own {
            // Writing to a String cannot fail.
            let _ = writeln!(said, "by the policy's own recipe {}", safe(&file));
        }
        for platform in adding.platforms(row) {
            let added = adding.add(&recipe, &version, &platform, (false, args.replace))?;
            said.push_str(&told(&added, args.how.dry_run));
        }
    }
    adding.write(surroundings.environment)?;
    let what = if args.how.dry_run { "is as it was: nothing was written" } else { "holds them" };
    let _ = writeln!(said, "{} {what}", safe(&plain(&adding.path())));
    if let Some(warning) = adding.network.warning().filter(|_| !surroundings.quiet) {
        warning.warn(&mut std::io::stderr().lock());
    }
    output.text(&said)?;
    Ok(Exit::Clean)
}

/// The newest version that the policy lists; of such as cannot be compared the first.
fn newest(row: &BinaryEntry) -> String {
    let newer = |best: &String, other: &String| compare(other, best) == Some(Ordering::Greater);
    let mut versions = row.versions.iter();
    let first = versions.next().cloned().unwrap_or_default();
    versions.fold(first, |best, other| if newer(&best, other) { other.clone() } else { best })
}
