//! The threat matrix: every threat that the product names, and what answers it today.

use std::fmt::Write as _;

use anyhow::{Result, ensure};
use proofmark_core::RuleMeta;

/// A row of the threat model.
struct Threat {
    id: &'static str,
    attack: &'static str,
    /// What is left when every rule of the row passes.
    residual: &'static str,
    /// Why no rule answers it; `None` for a threat that some rule must answer.
    uncovered: Option<&'static str>,
}

const THREATS: &[Threat] = &[
    Threat {
        id: "T1.2",
        attack: "A compromised agent writes poisoned artifacts under a forged name.",
        residual: "Artifacts other than container images. A signer whose key or workflow was taken over.",
        uncovered: None,
    },
    Threat {
        id: "T2.2",
        attack: "An insider weakens the policy or an allowlist.",
        residual: "A change that its reviewers accept. Policies are not signed by reviewers yet.",
        uncovered: None,
    },
    Threat {
        id: "T3.1",
        attack: "A poisoned base image passes the pull.",
        residual: "A signed image that is bad in a way that no scanner knows, or whose policy asks for no scan.",
        uncovered: None,
    },
    Threat {
        id: "T3.2",
        attack: "A tampered tool, such as a secret manager's CLI, reads every secret that it resolves.",
        residual: "Tools that the policy does not name, and what changes between the check and the next start.",
        uncovered: None,
    },
    Threat {
        id: "T3.3",
        attack: "A malicious `.envrc` hook intercepts variables before the container starts.",
        residual: "What a program does that is no shell script, what lies outside of the tree, and what changes between the review and the next `cd`.",
        uncovered: None,
    },
    Threat {
        id: "T3.4",
        attack: "A compromised dependency reads all traffic.",
        residual: "",
        uncovered: Some("this version does not audit dependencies"),
    },
];

/// `docs/threats.md`. An error if a rule names a threat that is not here, or a threat has neither rule nor explanation.
pub fn page(rules: &[&'static RuleMeta]) -> Result<String> {
    for rule in rules {
        for id in rule.threats {
            ensure!(
                THREATS.iter().any(|threat| threat.id == *id),
                "{} names {id}, which is no threat",
                rule.id
            );
        }
    }
    let mut page = String::from(
        "# Threats and what answers them\n\nOne row a threat, those included that nothing answers in this version. Threats to \
         proofmark itself are in\n[SECURITY.md](../SECURITY.md). Attacks on images, with the reason for which each is refused, are in\n\
         [examples/attacked](../examples/attacked/README.md).\n\n| threat | attack | rules | what is left |\n|---|---|---|---|\n",
    );
    for threat in THREATS {
        let answers: Vec<String> = rules
            .iter()
            .filter(|rule| rule.threats.contains(&threat.id))
            .map(|rule| format!("[{0}](rules/{0}.md)", rule.id))
            .collect();
        ensure!(
            answers.is_empty() == threat.uncovered.is_some(),
            "{}: either a rule answers it or the table says why none does",
            threat.id
        );
        let (rules, left) = match threat.uncovered {
            Some(why) => ("**not covered**".to_owned(), format!("Everything: {why}.")),
            None => (answers.join(", "), threat.residual.to_owned()),
        };
        let _ = writeln!(page, "| {} | {} | {rules} | {left} |", threat.id, threat.attack);
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_threat_has_a_rule_or_a_reason() {
        let page = page(&proofmark_engine::rules()).unwrap();
        for threat in THREATS {
            assert!(page.contains(&format!("\n| {} | ", threat.id)));
        }
    }

    #[test]
    fn a_threat_without_answer_is_an_error() {
        assert!(page(&[]).unwrap_err().to_string().contains("T1.2"));
    }
}
