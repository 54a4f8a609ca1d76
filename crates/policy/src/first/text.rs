//! The text of a first policy.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use proofmark_core::display::{safe, safe_short};

use super::signers::Proposals;
use super::{FirstImage, FirstPolicy, Seen};
use crate::write::quote;

/// Places and signers that are named one by one.
const MAX_NAMED: usize = 4;
/// Characters of a text from outside.
const MAX_TEXT: usize = 300;

const HEAD: &str = "\
# Who must have signed the images that this repository names. Written by `proofmark init`.
#
# Nothing here is trusted yet: what has no entry is refused (`no-policy`). Of each part ask: is this who I expect? If it
# is, remove the `#` before its lines that have no space after it; delete what you do not expect. Then:
#
#     proofmark policy lint     what is weak about it
#     proofmark image pin .     a digest beside every tag
#     proofmark check           every image that the files name
version = 1
";

const REGISTRIES: &str = "\
# The registries that images may come from, and how they are spoken to. What is not listed is refused
# (`registry-not-allowed`); `repositories = [\"acme/**\"]` allows a part of one.
";

/// `proofmark.toml`.
pub(super) fn policy(policy: &FirstPolicy) -> String {
    let proposals = Proposals::of(policy);
    let mut out = HEAD.to_owned();
    for proposal in &proposals.all {
        out.push('\n');
        out.push_str("# Is this who you expect? Seen:\n");
        let seen: Vec<String> = proposal.seen.iter().map(|seen| safe_short(seen, MAX_TEXT)).collect();
        for one in few(&seen) {
            let _ = writeln!(out, "#     {one}");
        }
        commented(&mut out, &format!("[signers.{}]\n{}", proposal.name, proposal.body));
    }
    for image in &policy.images {
        entry(&mut out, image, &proposals);
    }
    out
}

/// `allowlists/registries.toml`.
pub(super) fn registries(policy: &FirstPolicy) -> String {
    let hosts: BTreeSet<String> =
        policy.images.iter().map(|image| image.repository.host().to_string()).collect();
    let rows = hosts.iter().map(|host| format!("\n[[registry]]\nhost = {}\n", quote(host)));
    std::iter::once(REGISTRIES.to_owned()).chain(rows).collect()
}

/// What was seen of one repository, and the entry for it.
fn entry(out: &mut String, image: &FirstImage, proposals: &Proposals) {
    let places: Vec<String> = image.places.iter().map(|place| safe_short(place, MAX_TEXT)).collect();
    let _ = writeln!(out, "\n# {}: {}", safe(&image.repository.to_string()), few(&places).join(", "));
    for seen in &image.seen {
        let _ = writeln!(out, "#     {}", line(seen, proposals));
    }
    let by: BTreeSet<&str> =
        image.seen.iter().flat_map(Seen::signers).filter_map(|signer| proposals.name_of(signer)).collect();
    let mut lines = format!("[[image]]\nmatch = {}\n", quote(&image.repository.to_string()));
    let names: Vec<String> = by.iter().map(|name| quote(name)).collect();
    match names.as_slice() {
        [] => {
            let rows: Vec<&Seen> =
                image.seen.iter().filter(|seen| matches!(seen, Seen::Image { .. })).collect();
            if rows.is_empty() {
                out.push_str("# Once it can be read, `proofmark image tree` shows who signs it.\n");
                return;
            }
            lines.push_str("digests = \"images.toml\"");
            out.push_str("# Nobody who is known here signs it. What you reviewed can be listed, in allowlists/images.toml:\n");
            for seen in rows {
                row(out, image, seen);
            }
        }
        [one] => {
            let _ = write!(lines, "signed-by = [{one}]");
        }
        several => {
            let _ = write!(lines, "signed-by = {{ any = [{}] }}", several.join(", "));
        }
    }
    commented(out, &lines);
}

/// What one image showed.
fn line(seen: &Seen, proposals: &Proposals) -> String {
    match seen {
        Seen::Nothing { reference, cause } => {
            format!("{} could not be read: {}", safe_short(reference, MAX_TEXT), safe_short(cause, MAX_TEXT))
        }
        Seen::Image { reference, digest, by, others } => {
            let by: BTreeSet<String> = by
                .iter()
                .filter_map(|signer| {
                    let at = signer.time.map_or_else(String::new, |at| format!(", at {at}"));
                    Some(format!("{}{at}", proposals.name_of(signer)?))
                })
                .collect();
            let by = if by.is_empty() {
                "by nobody who is known here".to_owned()
            } else {
                format!("by {}", by.into_iter().collect::<Vec<_>>().join("; "))
            };
            let others = match others {
                0 => String::new(),
                1 => "; 1 signature does not verify".to_owned(),
                several => format!("; {several} signatures do not verify"),
            };
            format!("{} is {digest}, signed {by}{others}", safe_short(reference, MAX_TEXT))
        }
    }
}

/// A row of a digest list, as an example.
fn row(out: &mut String, image: &FirstImage, seen: &Seen) {
    let Seen::Image { digest, .. } = seen else { return };
    let _ = write!(
        out,
        "#     [[image]]\n#     repository = {}\n#     digest = {}\n#     why = \"…\"\n#     by = \"…\"\n",
        quote(&image.repository.to_string()),
        quote(&digest.to_string()),
    );
}

fn commented(out: &mut String, lines: &str) {
    for line in lines.lines() {
        let _ = writeln!(out, "#{line}");
    }
}

/// The first of them, and how many there are more.
fn few(all: &[String]) -> Vec<String> {
    let more = all.len().saturating_sub(MAX_NAMED);
    let named = all.iter().take(MAX_NAMED).cloned();
    named.chain((more > 0).then(|| format!("and {more} more"))).collect()
}
