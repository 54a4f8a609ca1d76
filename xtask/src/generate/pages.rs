//! Pages of rules and reasons.

use std::fmt::Write as _;

use proofmark_core::{Reason, ReasonKind, RuleMeta, RuleStatus};

use super::Outputs;

/// `docs/reasons/NAME.md`, and their list.
pub fn reasons() -> Outputs {
    let mut outputs = Outputs::new();
    let mut list = String::from(
        "# Reasons\n\nWhy a subject did not pass. The list is closed, and each reason belongs to one verdict: *fail* (exit 1) \
         means that\nthe evidence was seen and says no, *unverifiable* (exit 3) that the question could not be answered.\n\n\
         | reason | verdict | meaning |\n|---|---|---|\n",
    );
    for reason in Reason::ALL {
        outputs.insert(proofmark_report::docs_url(*reason), ended(proofmark_report::reason_page(*reason)));
        let verdict = match reason.kind() {
            ReasonKind::Fail => "fail",
            ReasonKind::Unverifiable => "unverifiable",
        };
        let _ = writeln!(list, "| [{reason}](reasons/{reason}.md) | {verdict} | {} |", reason.summary());
    }
    outputs.insert("docs/reasons.md".to_owned(), list);
    outputs
}

/// `docs/rules/ID.md`: the facts that the code knows, then the rule's own page; and their list.
pub fn rules(rules: &[&'static RuleMeta]) -> Outputs {
    let mut outputs = Outputs::new();
    let mut list = String::from(
        "# Rules\n\nWhat proofmark checks. `proofmark explain RULE` prints a rule's page offline.\n\n\
         | rule | holds when it passes | severity | threats |\n|---|---|---|---|\n",
    );
    for rule in rules {
        outputs.insert(proofmark_report::docs_url(*rule), rule_page(rule));
        let (id, threats) = (rule.id, rule.threats.join(", "));
        let severity = rule.severity.as_str();
        let _ = writeln!(list, "| [{id}](rules/{id}.md) | {} | {severity} | {threats} |", rule.summary);
    }
    outputs.insert("docs/rules.md".to_owned(), list);
    outputs
}

/// The rule's page with a table of facts after its heading.
fn rule_page(rule: &RuleMeta) -> String {
    let (heading, rest) = rule.doc.split_once('\n').unwrap_or((rule.doc, ""));
    let reasons: Vec<String> = rule.reasons.iter().map(|r| format!("[{r}](../reasons/{r}.md)")).collect();
    let status = match rule.status {
        RuleStatus::Stable => "stable",
        RuleStatus::Preview => "preview",
    };
    let network = if rule.online { "may need it" } else { "not used" };
    let mut page = format!("{heading}\n\n| | |\n|---|---|\n");
    let or_none = |text: String| if text.is_empty() { "none".to_owned() } else { text };
    let rows = [
        ("severity", rule.severity.as_str().to_owned()),
        ("threats", or_none(rule.threats.join(", "))),
        ("reasons", or_none(reasons.join(", "))),
        ("network", network.to_owned()),
        ("since", format!("{}, {status}", rule.since)),
    ];
    for (name, value) in rows {
        let _ = writeln!(page, "| {name} | {value} |");
    }
    page + &ended(rest)
}

/// With exactly one line end at the end.
fn ended(text: &str) -> String {
    format!("{}\n", text.trim_end())
}

#[cfg(test)]
mod tests {
    use proofmark_core::Severity;

    use super::*;

    static RULE: RuleMeta = RuleMeta {
        id: "image-x",
        summary: "X holds.",
        doc: "# image-x\n\nX holds.\n\n## What it checks\n\nX.",
        severity: Severity::High,
        threats: &["T3.1"],
        reasons: &[Reason::Unsigned],
        online: true,
        since: "0.1.0",
        status: RuleStatus::Stable,
    };

    #[test]
    fn a_rule_has_a_page_and_a_line() {
        let outputs = rules(&[&RULE]);
        let page = &outputs["docs/rules/image-x.md"];
        assert!(page.starts_with("# image-x\n\n| | |\n|---|---|\n| severity | high |\n"), "{page}");
        assert!(page.contains("| reasons | [unsigned](../reasons/unsigned.md) |"));
        assert!(page.ends_with("\n\nX holds.\n\n## What it checks\n\nX.\n"));
        assert!(
            outputs["docs/rules.md"].contains("| [image-x](rules/image-x.md) | X holds. | high | T3.1 |")
        );
    }

    #[test]
    fn every_reason_has_a_page_and_a_line() {
        let outputs = reasons();
        for reason in Reason::ALL {
            assert!(outputs[&format!("docs/reasons/{reason}.md")].starts_with("# "), "{reason}");
            assert!(outputs["docs/reasons.md"].contains(&format!("(reasons/{reason}.md)")));
        }
    }
}
