//! `proofmark trust show` and `diff`; `update` stands beside it.

use std::fmt::Write as _;
use std::path::Path;

use proofmark_core::Timestamp;
use proofmark_core::display::safe;
use proofmark_engine::Exit;
use proofmark_image::{AuthorityFacts, Change, RootSource, Trust, TrustRoot};

use super::verify::Surroundings;
use crate::cli::{PolicySource, TrustCommand};
use crate::commands::trust_update;
use crate::environment::SystemClock;
use crate::failure::Failure;
use crate::files::read_bounded;
use crate::output::Output;
use crate::policy_source;

/// Bytes of a trusted root.
const MAX_ROOT: u64 = 4 * 1024 * 1024;

/// Runs a command about trusted roots.
pub(crate) fn run(
    command: &TrustCommand,
    surroundings: &Surroundings<'_>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    match command {
        TrustCommand::Show { time, source } => show(source, time.now(&SystemClock), output),
        TrustCommand::Diff { file, root, time, source } => {
            diff(file, root, source, time.now(&SystemClock), output)
        }
        TrustCommand::Update(args) => trust_update::update(args, surroundings, output),
    }
}

/// The roots of the policy in effect, then the built-in ones that it does not replace.
fn roots(source: &PolicySource, now: Timestamp) -> Result<Vec<TrustRoot>, Failure> {
    let unusable = |error: proofmark_image::TrustError| {
        Failure::usage("trust-unusable", error.to_string(), "proofmark policy lint shows the line")
    };
    let mut roots: Vec<TrustRoot> = Vec::new();
    if let Some(policy) = policy_source::optional(source, now)? {
        let trust = Trust::new(&policy).map_err(unusable)?;
        roots.extend(trust.roots().map(|(_, root)| root.clone()));
    }
    let builtin = Trust::builtin().map_err(unusable)?;
    for (name, root) in builtin.roots() {
        if !roots.iter().any(|known| known.name() == name) {
            roots.push(root.clone());
        }
    }
    Ok(roots)
}

fn show(source: &PolicySource, now: Timestamp, output: &mut Output) -> Result<Exit, Failure> {
    let mut text = String::new();
    for root in roots(source, now)? {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}", root.name());
        let _ = writeln!(text, "  {}", origin(root.source(), now));
        let _ = writeln!(text, "  {}", root.digest());
        if root.is_expired(now) {
            text.push_str("  expired: some kind of authority has no member that is valid now\n");
        }
        for authority in root.authorities() {
            let _ = writeln!(text, "  {}", line(authority, now));
        }
        text.push('\n');
    }
    text.push_str("A root older than 180 days may lack new logs and authorities: proofmark trust update\n");
    output.text(&text)?;
    Ok(Exit::Clean)
}

fn origin(source: &RootSource, now: Timestamp) -> String {
    let (place, fetched) = match source {
        RootSource::BuiltIn { fetched } => ("built in".to_owned(), fetched),
        RootSource::File { path, fetched } => (safe(path).into_owned(), fetched),
    };
    let Some(day) = fetched else { return format!("{place}, age unknown") };
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let days = today.since(*day).map_or(0, |span| span.get_days());
    match days {
        // Before it was fetched, with a `--now` of the past.
        days if days < 0 => format!("{place}, fetched {day}"),
        1 => format!("{place}, fetched {day}, 1 day ago"),
        days => format!("{place}, fetched {day}, {days} days ago"),
    }
}

fn line(authority: &AuthorityFacts, now: Timestamp) -> String {
    let end = |time: Option<Timestamp>| match time {
        Some(time) => time.to_zoned(jiff::tz::TimeZone::UTC).date().to_string(),
        None => "open".to_owned(),
    };
    let window = &authority.window;
    let state = if window.contains(now) { "" } else { ", not valid now" };
    format!(
        "{}: {} ({} to {}{state}) {}",
        authority.kind.as_str(),
        safe(&authority.name),
        end(window.from),
        end(window.until),
        authority.id.get(..16).unwrap_or(&authority.id),
    )
}

/// Compares a file with the root in use. Exit 1 where they differ, as diff does.
fn diff(
    file: &Path,
    name: &str,
    source: &PolicySource,
    now: Timestamp,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let ours = roots(source, now)?.into_iter().find(|root| root.name() == name).ok_or_else(|| {
        Failure::usage(
            "root-unknown",
            format!("no trusted root is named {}", safe(name)),
            "proofmark trust show names every root",
        )
    })?;
    let bytes = read_bounded(file, MAX_ROOT).map_err(|error| {
        Failure::usage(
            "file-unreadable",
            format!("{} cannot be read: {error}", file.display()),
            "check the path",
        )
    })?;
    // By the file's own name: the root in use is not the one that is wrong.
    let shown = file.display().to_string();
    let path = RootSource::File { path: shown.clone(), fetched: None };
    let theirs = TrustRoot::parse(&shown, &bytes, path)
        .map_err(|error| Failure::usage("root-malformed", error.to_string(), "give a trusted_root.json"))?;
    let changes = ours.diff(&theirs);
    output.text(&changes_text(&changes, now))?;
    Ok(if changes.is_empty() { Exit::Clean } else { Exit::Failed })
}

/// One line a change.
pub(super) fn changes_text(changes: &[Change], now: Timestamp) -> String {
    if changes.is_empty() {
        return "no difference\n".to_owned();
    }
    let one = |change: &Change| match change {
        Change::Added(after) => format!("+ {}\n", line(after, now)),
        Change::Removed(before) => format!("- {}\n", line(before, now)),
        Change::Changed { before, after } => format!("- {}\n+ {}\n", line(before, now), line(after, now)),
    };
    changes.iter().map(one).collect()
}
