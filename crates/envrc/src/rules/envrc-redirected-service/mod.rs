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
                || name.contains("TLS_REJECT"))
    });
    for (place, name, value, _) in audit.assigned().filter(|_| authority) {
        let proxy = name.to_ascii_uppercase().ends_with("_PROXY") && !name.eq_ignore_ascii_case("no_proxy");
        if proxy && value.shapes().iter().any(|shape| names_another_machine(shape)) {
            hits.at(place, Severity::High, format!("{name} leads through another machine, and its certificates are believed as well: it reads what it passes on"));
        }
    }
}
