//! `proofmark pin update`: newer versions into the lock, for somebody to review.
//!
//! The lock is written, and the policy is not: until a person adds the version to allowlists/binaries.toml, `check` refuses the new pins.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use proofmark_core::Clock as _;
use proofmark_core::display::safe;
use proofmark_engine::Exit;
use proofmark_pin::recipe::{Release, releases};
use proofmark_pin::{Choice, Fetch as _, MAX_LISTING, choose};
use proofmark_policy::BinaryEntry;

use super::adding::{Adding, told};
use super::refused;
use crate::cli::PinUpdateArgs;
use crate::commands::verify::Surroundings;
use crate::diff::diff;
use crate::environment::SystemClock;
use crate::failure::Failure;
use crate::output::Output;
use crate::paths::plain;
use crate::{pins, policy_source};

/// Looks for newer versions of each tool; one that cannot be updated is told, and the others go on.
pub(crate) fn update(
    args: &PinUpdateArgs,
    surroundings: &Surroundings<'_>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    policy_source::on_disk(&args.how.policy)?;
    let now = SystemClock.now();
    let policy = policy_source::required(&args.how.policy, now)?;
    let mut adding = Adding::of(&policy, &args.how, surroundings, now)?;
    let tools = tools(args, &adding);
    if tools.is_empty() {
        return Err(Failure::usage(
            "pin-not-pinned",
            "nothing is pinned yet",
            "pin something first: proofmark pin add TOOL",
        ));
    }
    let (mut exit, mut said, mut lines) = (Exit::Clean, String::new(), String::new());
    for tool in &tools {
        let before = adding.lock.clone();
        match one(tool, args, &mut adding) {
            Ok((text, line)) => {
                said.push_str(&text);
                lines.push_str(&line);
            }
            Err(failure) => {
                // A tool is pinned for all of its platforms or for none.
                adding.lock = before;
                failure.write(&mut std::io::stderr().lock(), false);
                exit = if exit == Exit::Failed { exit } else { failure.exit };
            }
        }
    }
    adding.write(surroundings.environment)?;
    said.push_str(&changes(&adding, &lines, args.how.dry_run));
    if let Some(warning) = adding.network.warning().filter(|_| !surroundings.quiet) {
        warning.warn(&mut std::io::stderr().lock());
    }
    output.text(&said)?;
    Ok(exit)
}

/// Those that were named, else all that are pinned.
fn tools(args: &PinUpdateArgs, adding: &Adding<'_>) -> Vec<String> {
    if !args.tools.is_empty() {
        return args.tools.clone();
    }
    adding.lock.pins().map(|pin| pin.tool.clone()).collect::<BTreeSet<String>>().into_iter().collect()
}

/// Updates one tool; what was done, and the line of the policy that a reviewer writes.
fn one(tool: &str, args: &PinUpdateArgs, adding: &mut Adding<'_>) -> Result<(String, String), Failure> {
    let (recipe, _) = pins::recipe(tool, adding.policy)?;
    let row = adding.row(tool, &recipe)?;
    let Some(feed) = &recipe.versions else {
        return Ok((format!("{tool}: where its versions are listed is not known\n"), String::new()));
    };
    let pinned: BTreeSet<String> =
        adding.lock.pins().filter(|pin| pin.tool == tool).map(|pin| pin.version.clone()).collect();
    let bytes = adding.network.small(&feed.at, MAX_LISTING).map_err(|error| refused::fetch(&error))?;
    let unusable = |why: String| {
        let help = "try again later; if it stays so, mend `versions` in recipes/TOOL.toml beside the policy";
        Failure::unverifiable("versions-unreadable", format!("{}: {why}", feed.at), help)
    };
    let bytes = bytes.ok_or_else(|| unusable("it is not there".to_owned()))?;
    let all = releases(&bytes, feed.format).map_err(|error| unusable(error.to_string()))?;
    let known: Vec<&str> = pinned.iter().chain(&row.versions).map(String::as_str).collect();
    let Choice { take, held } = choose(&all, &known, args.cooldown, SystemClock.now());
    let mut said = String::new();
    for (version, why) in held {
        // Writing to a String cannot fail.
        let _ = writeln!(said, "{tool} {} waits: {why}", safe(&version));
    }
    let Some(Release { version, .. }) = take else {
        let _ = writeln!(said, "{tool}: nothing newer");
        return Ok((said, String::new()));
    };
    for platform in adding.platforms(row) {
        let added = adding.add(&recipe, &version, &platform, (true, false))?;
        said.push_str(&told(&added, args.how.dry_run));
    }
    Ok((said, line(row, &version)))
}

/// `versions` of the row with the new one in front.
fn line(row: &BinaryEntry, version: &str) -> String {
    let all: Vec<String> = std::iter::once(version)
        .chain(row.versions.iter().map(String::as_str))
        .map(|one| format!("\"{one}\""))
        .collect();
    format!("  {}, the row of {}: versions = [{}]\n", safe(&row.origin.to_string()), row.tool, all.join(", "))
}

/// What a reviewer looks at.
fn changes(adding: &Adding<'_>, lines: &str, dry_run: bool) -> String {
    let before = adding.before.clone().unwrap_or_default();
    let after = adding.lock.to_text();
    if before == after {
        return String::new();
    }
    let file = plain(&adding.path());
    let mut out = String::from("\n");
    out.push_str(&diff(&file, before.as_bytes(), after.as_bytes()));
    let _ = writeln!(
        out,
        "\n{} {}",
        safe(&file),
        if dry_run { "is as it was: nothing was written" } else { "holds them" }
    );
    if !lines.is_empty() {
        out.push_str(
            "until somebody has reviewed the new versions and written them down, check refuses them:\n",
        );
        out.push_str(lines);
    }
    out
}
