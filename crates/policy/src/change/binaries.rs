//! The tools that may be pinned.

use super::entries::{threshold, threshold_text};
use super::{Changes, Way};
use crate::{BinaryDemand, BinaryEntry, BinaryList};

/// A list judges where nothing was judged. A tool that comes may be pinned, one that goes need not be any more.
pub(super) fn list(before: Option<&BinaryList>, after: Option<&BinaryList>, changes: &mut Changes) {
    match (before, after) {
        (None, None) => {}
        (None, Some(list)) => {
            changes.tightens(&list.origin, "a list of the binaries that may be pinned is new");
        }
        (Some(list), None) => {
            changes.loosens(&list.origin, "the list of the binaries that may be pinned is removed");
        }
        (Some(before), Some(after)) => {
            for row in &after.rows {
                match before.get(&row.tool) {
                    None => changes.loosens(&row.origin, format!("[[binary]] {} is new", row.tool)),
                    Some(was) => changed(was, row, changes),
                }
            }
            for row in before.rows.iter().filter(|row| after.get(&row.tool).is_none()) {
                changes.loosens(&row.origin, format!("[[binary]] {} is removed", row.tool));
            }
        }
    }
}

fn changed(was: &BinaryEntry, is: &BinaryEntry, changes: &mut Changes) {
    let BinaryEntry { tool, versions, platforms, demand, sources, environment, why, by, origin } = is;
    let mut push = |way, text: String| changes.push(way, origin, format!("[[binary]] {tool}: {text}"));
    for version in versions.iter().filter(|version| !was.versions.contains(version)) {
        push(Way::Loosens, format!("version {version} is new"));
    }
    for version in was.versions.iter().filter(|version| !versions.contains(version)) {
        push(Way::Tightens, format!("version {version} is removed"));
    }
    for platform in platforms.iter().filter(|platform| !was.platforms.contains(platform)) {
        push(Way::Tightens, format!("it must be pinned for {platform}"));
    }
    for platform in was.platforms.iter().filter(|platform| !platforms.contains(platform)) {
        push(Way::Loosens, format!("it need not be pinned for {platform}"));
    }
    for name in environment.iter().filter(|name| !was.environment.contains(name)) {
        push(Way::Loosens, format!("{name} of the environment is left to it"));
    }
    for name in was.environment.iter().filter(|name| !environment.contains(name)) {
        push(Way::Tightens, format!("{name} of the environment is not left to it"));
    }
    match (&was.demand, demand) {
        (BinaryDemand::Signed(was), BinaryDemand::Signed(is)) => {
            if let Some(way) = threshold(was, is) {
                push(way, threshold_text("signed-by", way));
            }
        }
        (BinaryDemand::Signed(_), BinaryDemand::Unsigned(_)) => {
            push(Way::Loosens, "no signature is asked for".to_owned());
        }
        // A pin with a reason is refused from now on; one with a signature was accepted before, if it was right.
        (BinaryDemand::Unsigned(_), BinaryDemand::Signed(_)) => {
            push(Way::Tightens, "a signature is asked for".to_owned());
        }
        (BinaryDemand::Unsigned(was), BinaryDemand::Unsigned(is)) if was != is => {
            push(Way::Neutral, "why no signature is asked for is told otherwise".to_owned());
        }
        (BinaryDemand::Unsigned(_), BinaryDemand::Unsigned(_)) => {}
    }
    match sources.cmp(&was.sources) {
        std::cmp::Ordering::Less => {
            push(Way::Loosens, format!("sources is lowered from {} to {sources}", was.sources));
        }
        std::cmp::Ordering::Greater => {
            push(Way::Tightens, format!("sources is raised from {} to {sources}", was.sources));
        }
        std::cmp::Ordering::Equal => {}
    }
    if (why, by) != (&was.why, &was.by) {
        push(Way::Neutral, "why it is here, or who approved it, is told otherwise".to_owned());
    }
}
