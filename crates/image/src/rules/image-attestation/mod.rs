//! `image-attestation`: a signed statement of any type that says what the policy asks (`[image.attestation.custom]`).

use proofmark_core::{Reason, RuleMeta, RuleStatus, Severity};
use proofmark_policy::{Condition, CustomRule, Scalar};
use proofmark_sigstore::Statement;
use serde_json::Value;

use crate::attest::json;
use crate::attest::rule::{Reading, Unmet};

/// What is known of the rule before it runs.
pub static META: RuleMeta = RuleMeta {
    id: "image-attestation",
    summary: "A signed statement about the image says what the policy asks.",
    doc: include_str!("doc.md"),
    severity: Severity::High,
    threats: &["T3.1", "T1.2"],
    reasons: &[
        Reason::Missing,
        Reason::Condition,
        Reason::Threshold,
        Reason::WrongRepository,
        Reason::Unreachable,
        Reason::Unauthorized,
        Reason::NotFound,
        Reason::Offline,
        Reason::Limit,
        Reason::Unsupported,
    ],
    online: true,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

/// Holds a verified statement against every row of `where`.
pub(crate) fn read(rule: &CustomRule, statement: &Statement) -> Reading {
    let mut reading = Reading::default();
    reading.facts.push(("type", json::short(statement.predicate_type())));
    for condition in &rule.conditions {
        let found = statement.document().pointer(&condition.pointer);
        // "an absent member fails"
        if !found.is_some_and(|found| equals(found, &condition.equals)) {
            reading.unmet(unmet(condition, found));
        }
    }
    reading
}

/// The same value of the same type: `"1"` is not `1`, and neither is `1.0`.
fn equals(found: &Value, wanted: &Scalar) -> bool {
    match wanted {
        Scalar::Text(text) => found.as_str() == Some(text),
        Scalar::Whole(number) => found.as_i64() == Some(*number),
        Scalar::Flag(flag) => found.as_bool() == Some(*flag),
    }
}

fn unmet(condition: &Condition, found: Option<&Value>) -> Unmet {
    Unmet {
        reason: Reason::Condition,
        expected: format!("{} is {}", condition.pointer, condition.equals),
        observed: format!("{} is {}", condition.pointer, json::shown(found)),
        origin: condition.origin.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_equal_in_type_and_value() {
        let text = |text: &str| Scalar::Text(text.to_owned());
        for (found, wanted, same) in [
            ("\"a\"", text("a"), true),
            ("\"A\"", text("a"), false),
            ("1", text("1"), false),
            ("1", Scalar::Whole(1), true),
            ("-7", Scalar::Whole(-7), true),
            ("1.0", Scalar::Whole(1), false),
            ("\"1\"", Scalar::Whole(1), false),
            ("18446744073709551615", Scalar::Whole(-1), false),
            ("true", Scalar::Flag(true), true),
            ("false", Scalar::Flag(true), false),
            ("\"true\"", Scalar::Flag(true), false),
            ("null", Scalar::Flag(false), false),
            ("[1]", Scalar::Whole(1), false),
            ("{}", text(""), false),
        ] {
            let found: Value = serde_json::from_str(found).unwrap();
            assert_eq!(equals(&found, &wanted), same, "{found} {wanted}");
        }
    }
}
