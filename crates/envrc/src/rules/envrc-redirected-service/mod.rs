//! `envrc-redirected-service`: no variable sends programs to another machine.

use proofmark_core::{RuleMeta, Severity};

use crate::audit::{Audit, Hits};
use crate::known::network::names_another_machine;
use crate::known::variables::Decides;
use crate::value::OriginKind;

/// What is known of the rule before it runs.
pub static META: RuleMeta = super::meta(
    "envrc-redirected-service",
    "No variable sends a program to another machine than the usual.",
    include_str!("doc.md"),
    Severity::High,
    &["T3.3"],
);

pub(crate) fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    super::set::check(audit, hits, Decides::Service);
    handed_on(audit, hits);
    intercepted(audit, hits);
    unchecked(audit, hits);
}

/// Words of the names of variables that switch a check off, and those of a check that is switched off by its value.
const LESS: &[&str] = &[
    "INSECURE",
    "SKIP_VERIFY",
    "SKIP_SIGNATURE",
    "UNSAFE",
    "NO_VERIFY",
    "DISABLE_CHECKSUM",
    "GALAXY_IGNORE",
    "TRUST_TFENV",
];
/// As above.
const CHECKS: &[&str] = &[
    "SSL_VERIFY",
    "VERIFICATION",
    "SIGNATURE",
    "INTEGRITY",
    "STRICT_SSL",
    "VERIFY_SSL",
    "TLS_VERIFY",
    "CHECKSUM",
];

/// A program is sent elsewhere for what it runs or for what it is told, and its own check of that is switched off.
fn unchecked(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    let is = |value: &crate::Value, words: &[&str]| {
        value.shapes().iter().any(|shape| words.iter().any(|word| shape.eq_ignore_ascii_case(word)))
    };
    for (place, name, value, exported) in audit.assigned() {
        let upper = name.to_ascii_uppercase();
        let off = LESS.iter().any(|word| upper.contains(word)) && is(value, &["1", "true", "yes", "on"])
            || CHECKS.iter().any(|word| upper.contains(word))
                && is(value, &["0", "false", "no", "off", "none", ""]);
        if !exported || !off || audit.is_child(place) {
            continue;
        }
        let program =
            |name: &str| name.split('_').next().unwrap_or(name).trim_end_matches("ENV").to_ascii_uppercase();
        let own = program(name);
        let sent = audit.assigned().find(|(_, other, value, _)| {
            const ELSEWHERE: &[&str] = &[
                "MIRROR", "REMOTE", "REGISTRY", "_API", "BASE_URL", "SERVER_", "INDEX", "PROXY", "REPO",
                "_HOST", "DOWNLOAD",
            ];
            let same = program(other) == own
                || own == "TOFU" && program(other) == "TF"
                || own == "T" && program(other) == "TF";
            same && ELSEWHERE.iter().any(|word| other.contains(word))
                && value.shapes().iter().any(|shape| {
                    let far = names_another_machine(shape) || other.ends_with("_HOST") && shape.contains('.');
                    far && !shape.contains("localhost") && !shape.contains("${")
                })
        });
        if let Some((elsewhere, other, ..)) = sent {
            let sources = vec![(audit.spot(elsewhere), format!("{other} sends it there"))];
            let message =
                format!("{name} switches a check off of what comes from another machine than the usual");
            hits.push(audit.spot(place), Severity::High, message, sources);
        }
    }
}

/// A token of one host becomes the token of another, to which programs then send it.
fn handed_on(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    let moved = audit
        .assigned()
        .any(|(_, name, ..)| matches!(name, "GH_HOST" | "GITHUB_API_URL" | "GITLAB_HOST" | "VAULT_ADDR"));
    for (place, name, value, _) in audit.assigned().filter(|_| moved) {
        let origins = value.origins();
        let other = origins
            .iter()
            .any(|one| one.secret && matches!(&one.kind, OriginKind::Environment(from) if from != name));
        if other
            && matches!(
                name,
                "GH_ENTERPRISE_TOKEN"
                    | "GITHUB_ENTERPRISE_TOKEN"
                    | "GH_TOKEN"
                    | "GITLAB_TOKEN"
                    | "VAULT_TOKEN"
            )
        {
            hits.flow(
                place,
                Severity::High,
                format!("{name} takes a secret that was made for another host"),
                &origins,
            );
        }
    }
}

/// A proxy whose certificates are believed as well reads everything.
fn intercepted(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    let authority = audit.assigned().any(|(_, name, value, exported)| {
        let set = value.shapes().iter().any(|shape| !shape.is_empty());
        exported
            && set
            && (name.contains("CA_CERTS")
                || name.contains("CA_BUNDLE")
                || name.starts_with("SSL_CERT")
                || name.contains("TLS_REJECT")
                || name.contains("SKIP_VERIFY"))
    });
    for (place, name, value, _) in audit.assigned().filter(|_| authority) {
        let proxy = (name.to_ascii_uppercase().ends_with("_PROXY") || name.ends_with("_PROXY_ADDR"))
            && !name.eq_ignore_ascii_case("no_proxy");
        if proxy && value.shapes().iter().any(|shape| names_another_machine(shape)) {
            hits.at(place, Severity::High, format!("{name} leads through another machine, and its certificates are believed as well: it reads what it passes on"));
        }
    }
}
