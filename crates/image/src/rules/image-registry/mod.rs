//! `image-registry`: the registry and the repository are on the policy's list.

use proofmark_core::registry::RegistryEntry;
use proofmark_core::{
    Expectation, Host, Observation, Reason, Refusal, Repository, RuleMeta, RuleStatus, Severity,
};
use proofmark_policy::Policy;

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "image-registry",
    summary: "The registry and the repository are on the policy's list.",
    doc: include_str!("doc.md"),
    severity: Severity::High,
    threats: &["T3.1"],
    reasons: &[Reason::RegistryNotAllowed],
    online: false,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

/// The list's entry for the repository; nothing is asked of a registry that has none.
pub fn check<'p>(policy: &'p Policy, repository: &Repository) -> Result<&'p RegistryEntry, Refusal> {
    if let Some(entry) = policy.registry_for(repository) {
        return Ok(entry);
    }
    let host = repository.host();
    let listed = policy.registries.iter().find(|entry| entry.host == *host);
    let (message, expected, help) = match listed {
        Some(entry) => {
            let globs: Vec<&str> =
                entry.repositories.iter().map(proofmark_core::pattern::Glob::as_str).collect();
            (
                "the registry is listed, this repository is not",
                Expectation {
                    text: format!("one of {}", globs.join(", ")),
                    origin: Some(entry.origin.clone()),
                },
                format!(
                    "add \"{}\" to repositories of {host} in allowlists/registries.toml",
                    repository.path()
                ),
            )
        }
        None => (
            "the registry is not listed",
            Expectation { text: hosts(policy), origin: None },
            unlisted_help(policy, host),
        ),
    };
    Err(Refusal::new(Reason::RegistryNotAllowed, message, help)
        .expecting(expected)
        .observing([Observation::new(repository.to_string())]))
}

/// What to write, after the name that was probably meant: a look-alike of a known registry is listed only on purpose.
fn unlisted_help(policy: &Policy, host: &Host) -> String {
    let add = format!("add to allowlists/registries.toml a [[registry]] table with host = \"{host}\"");
    match meant(policy, host.as_str()) {
        Some(known) => format!("did you mean {known}? If {host} is right, {add}"),
        None => add,
    }
}

/// The listed or widely known registry whose name is nearest, if one is near.
fn meant<'p>(policy: &'p Policy, host: &str) -> Option<&'p str> {
    /// Registries whose names people mistype.
    const KNOWN: &[&str] = &[
        "docker.io",
        "gcr.io",
        "ghcr.io",
        "mcr.microsoft.com",
        "public.ecr.aws",
        "quay.io",
        "registry.gitlab.com",
        "registry.k8s.io",
    ];
    if KNOWN.contains(&host) {
        return None;
    }
    let names = policy.registries.iter().map(|entry| entry.host.as_str()).chain(KNOWN.iter().copied());
    let near = names.map(|known| (strsim::osa_distance(host, known), known));
    near.filter(|(distance, _)| (1..=2).contains(distance)).min().map(|(_, known)| known)
}

fn hosts(policy: &Policy) -> String {
    let hosts: Vec<&str> = policy.registries.iter().map(|entry| entry.host.as_str()).collect();
    if hosts.is_empty() {
        return "allowlists/registries.toml lists no registry".to_owned();
    }
    format!("one of {}", hosts.join(", "))
}
