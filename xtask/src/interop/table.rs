//! `docs/interop.md`: what was compared, without anything that changes from run to run.

use std::fmt::Write as _;

use super::differences::Verdict;
use super::{Outcome, REGISTRIES, attested};
use crate::peers::Peers;

/// The whole page.
pub(super) fn render(outcomes: &[Outcome], peers: &Peers) -> String {
    let mut page = String::from(
        "# Interoperability with cosign\n\n\
         Made by `cargo xtask interop`; do not edit. Every row is one image in a real registry with evidence made by \
         the real cosign on a private Sigstore (Fulcio, Rekor v2, a timestamp authority, a CT log). Both \
         `cosign verify` and `proofmark image verify` were asked for the same signer. Where the two are meant to \
         differ, the reason stands below the table; any other difference fails the run, and so does a row that did \
         not run.\n\n",
    );
    let version = |name| peers.iter().find(|peer| peer.name == name).map_or("", |peer| peer.version.as_str());
    let _ = writeln!(page, "cosign {}; registries:", version("cosign"));
    for (name, peer, what) in REGISTRIES {
        let _ = writeln!(page, "- `{name}`: {peer} {}, {what}", version(peer));
    }
    page.push_str("\n| evidence/case | registry | right answer | cosign | exit | proofmark | exit | reason |\n|---|---|---|---|---:|---|---:|---|\n");
    for outcome in outcomes {
        let right = Verdict::of(outcome.case.good).word();
        let mark = if outcome.difference.is_some() { " (differs)" } else { "" };
        let ours = &outcome.proofmark;
        let _ = writeln!(
            page,
            "| {} | {} | {right} | {}{mark} | {} | {} | {} | {} |",
            outcome.case.id,
            outcome.registry,
            outcome.cosign.verdict.word(),
            outcome.cosign.exit,
            ours.as_ref().map_or("not asked", |answer| answer.verdict.word()),
            ours.as_ref().map_or_else(String::new, |answer| answer.exit.to_string()),
            ours.as_ref().map_or("", |answer| answer.reason.as_str()),
        );
    }
    page.push_str("\n## Where they differ\n\n");
    let mut written: Vec<&str> = Vec::new();
    for difference in outcomes.iter().filter_map(|outcome| outcome.difference) {
        if !written.contains(&difference.row.as_str()) {
            written.push(&difference.row);
            let _ =
                writeln!(page, "- `{}`: {} Source: {}", difference.row, difference.why, difference.source);
        }
    }
    page.push_str(
        "\n## Attestations\n\nMade by `cosign attest` on the same Sigstore, and judged by proofmark's rules on both registries. A run \
         fails where the answer is another.\n\n| statements/case | proofmark |\n|---|---|\n",
    );
    for case in attested::CASES {
        let _ = writeln!(page, "| {} | {} |", case.id, case.want);
    }
    let _ = writeln!(
        page,
        "\n{} rows of signatures, {} of them differ.",
        outcomes.len(),
        outcomes.iter().filter(|o| o.difference.is_some()).count()
    );
    page
}
