//! `proofmark image tree`.

use std::fmt::Write as _;

use proofmark_core::Limits;
use proofmark_engine::Exit;
use proofmark_image::Trust;
use proofmark_image::tree::{Attachment, Claimed, Standing, Tree, TreeSetting, tree as read};
use proofmark_oci::{Budget, PathReport, PathState};
use proofmark_report::{inert, write_inert};

use super::verify::Surroundings;
use crate::cli::TreeArgs;
use crate::environment::SystemClock;
use crate::failure::Failure;
use crate::output::Output;
use crate::{client, policy_source, references};

/// Shows what is attached. It decides nothing: 0 if everything could be read, 3 if not.
pub(crate) fn tree(
    args: &TreeArgs,
    surroundings: &Surroundings<'_>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let now = args.time.now(&SystemClock);
    let target = references::one(&args.reference, &args.reading)?;
    let policy = policy_source::optional(&args.policy, now)?;
    let trust = match &policy {
        Some(policy) => Trust::new(policy),
        None => Trust::builtin(),
    }
    .map_err(|error| {
        Failure::usage("trust-unusable", error.to_string(), "proofmark policy lint shows the line")
    })?;
    let client = match &policy {
        Some(policy) => {
            client::build(&policy.registries, &policy.limits, args.reading.no_cache, 1, surroundings)?
        }
        None => client::build(&[], &Limits::default(), args.reading.no_cache, 1, surroundings)?,
    };
    let limits = policy.as_ref().map(|policy| policy.limits.clone()).unwrap_or_default();
    let budget = Budget::new(&limits);
    let setting =
        TreeSetting { policy: policy.as_ref(), trust: &trust, client: &client, budget: &budget, now };
    let tree = read(&setting, &target)
        .map_err(|error| Failure::unverifiable(error.reason().as_str(), error.to_string(), error.help()))?;
    let text = if args.json { json(&target.to_string(), &tree)? } else { plain(&target.to_string(), &tree) };
    output.text(&text)?;
    Ok(if tree.paths.iter().all(PathReport::is_complete) { Exit::Clean } else { Exit::Unverifiable })
}

fn plain(reference: &str, tree: &Tree) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{}", inert(reference));
    let _ = writeln!(text, "  {} (read from {})", tree.digest, inert(&tree.resolved_from));
    for path in &tree.paths {
        let _ = writeln!(text, "  {}: {}", path.path.as_str(), state(path, listed(tree, path).count()));
        for attachment in listed(tree, path) {
            describe(&mut text, attachment);
        }
    }
    text
}

/// What is attached by this path.
fn listed<'a>(tree: &'a Tree, path: &PathReport) -> impl Iterator<Item = &'a Attachment> {
    let path = path.path.as_str();
    tree.attachments.iter().filter(move |one| one.path == path)
}

fn state(path: &PathReport, listed: usize) -> String {
    match &path.state {
        PathState::Complete { .. } if listed == 1 => "1 attachment".to_owned(),
        PathState::Complete { .. } => format!("{listed} attachments"),
        PathState::Absent => "none".to_owned(),
        PathState::NotOffered => "not offered by this registry".to_owned(),
        PathState::Failed { reason, cause } => format!("could not be read ({reason}: {})", inert(cause)),
        PathState::Capped { what } => format!("not read to its end (limit: {})", inert(what)),
    }
}

fn describe(text: &mut String, attachment: &Attachment) {
    let _ = writeln!(text, "    {} {}", inert(&attachment.kind), attachment.manifest);
    match &attachment.standing {
        Standing::Verified { signer, issuer, time, against } => {
            let _ = write!(text, "      verified against {}: signed by {}", inert(against), inert(signer));
            if let Some(issuer) = issuer {
                let _ = write!(text, " (issuer {})", inert(issuer));
            }
            let _ = match time {
                Some(time) => writeln!(text, " at {time}"),
                None => writeln!(text, ", at no verified time"),
            };
        }
        Standing::NotVerified { reason, detail, claimed } => {
            let _ = writeln!(text, "      not verified: {reason}: {}", inert(detail));
            let _ = writeln!(text, "      {}", says(claimed.as_ref()));
        }
    }
}

/// Who it says that it is from, and that this proves nothing.
fn says(claimed: Option<&Claimed>) -> String {
    match claimed {
        None => "no signer can be read from it".to_owned(),
        Some(Claimed::Certificate { signer, issuer }) => {
            let issuer =
                issuer.as_ref().map_or_else(String::new, |issuer| format!(" (issuer {})", inert(issuer)));
            format!("claims, unproven: signed by {}{issuer}", inert(signer))
        }
        Some(Claimed::Key { hint: Some(hint) }) => {
            format!("claims, unproven: signed by a key with the hint {}", inert(hint))
        }
        Some(Claimed::Key { hint: None }) => {
            "claims, unproven: signed by a key that it does not name".to_owned()
        }
    }
}

fn json(reference: &str, tree: &Tree) -> Result<String, Failure> {
    let paths: Vec<serde_json::Value> = tree
        .paths
        .iter()
        .map(|path| {
            serde_json::json!({
                "path": path.path.as_str(),
                "source": path.source,
                "complete": path.is_complete(),
                "state": state(path, listed(tree, path).count()),
            })
        })
        .collect();
    let value = serde_json::json!({
        "schema": "proofmark-tree/1",
        "reference": reference,
        "digest": tree.digest,
        "resolved-from": tree.resolved_from,
        "paths": paths,
        "attachments": tree.attachments,
    });
    let mut text = Vec::new();
    write_inert(&value, &mut text).map_err(|error| {
        Failure::unverifiable("report-not-written", format!("the tree could not be rendered: {error}"), "")
    })?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
