//! How bad a scanner says that a finding is. What is not understood is worse than the worst: it never passes quietly (ATT-07).

use proofmark_policy::FailAt;
use serde_json::Value;

use crate::attest::json;

/// A severity in order. [`Self::Unknown`] comes last, so that it reaches every threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// Said to be none at all.
    None,
    Low,
    Medium,
    High,
    Critical,
    /// Not said, or in words that nobody here knows.
    Unknown,
}

impl Severity {
    /// The name in what people read.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
            Self::Unknown => "of unknown severity",
        }
    }

    /// Whether a finding of this severity fails a scan at `at`.
    pub(crate) const fn fails(self, at: FailAt) -> bool {
        let least = match at {
            FailAt::Low => Self::Low,
            FailAt::Medium => Self::Medium,
            FailAt::High => Self::High,
            FailAt::Critical => Self::Critical,
        };
        self as u8 >= least as u8
    }

    /// A word of a scanner or distribution: those of CVSS, Trivy, Grype, Debian, Ubuntu, Red Hat and GitHub.
    pub(crate) fn of_word(word: &str) -> Self {
        match word.trim().to_ascii_lowercase().as_str() {
            "none" => Self::None,
            // Of no weight is not nothing: `low` fails on it.
            "negligible" | "unimportant" | "informational" | "info" | "low" => Self::Low,
            "medium" | "moderate" => Self::Medium,
            "high" | "important" => Self::High,
            "critical" => Self::Critical,
            _ => Self::Unknown,
        }
    }

    /// A CVSS base score, by the bands of CVSS v3.1 section 5 and v4.0 section 6.
    fn of_score(score: f64) -> Self {
        match score {
            s if !(0.0..=10.0).contains(&s) => Self::Unknown,
            0.0 => Self::None,
            s if s < 4.0 => Self::Low,
            s if s < 7.0 => Self::Medium,
            s if s < 9.0 => Self::High,
            _ => Self::Critical,
        }
    }

    /// The `severity` of an in-toto finding: a list of `{method, score}`, or one of them (the text of `vulns` says an object, its
    /// example a list). The worst of those that are understood; a word that is not understood is the worst.
    pub(crate) fn of_scores(severity: &Value) -> Self {
        let list = match severity {
            Value::Array(list) => list.as_slice(),
            one => std::slice::from_ref(one),
        };
        list.iter().map(score).max().flatten().unwrap_or(Self::Unknown)
    }
}

/// One `{method, score}`; `None` for what says nothing of the severity: another number than a CVSS score (EPSS is one from 0 to 1), or
/// a CVSS vector.
fn score(one: &Value) -> Option<Severity> {
    let of_cvss =
        json::text(one, "/method").is_some_and(|method| method.to_ascii_lowercase().contains("cvss"));
    let number = |number: f64| of_cvss.then(|| Severity::of_score(number));
    match one.get("score") {
        Some(Value::String(text)) => match text.trim().parse::<f64>() {
            Ok(parsed) => number(parsed),
            Err(_) if text.trim().starts_with("CVSS:") => None,
            Err(_) => Some(Severity::of_word(text)),
        },
        Some(Value::Number(parsed)) => parsed.as_f64().and_then(number),
        _ => Some(Severity::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words() {
        for (word, want) in [
            ("CRITICAL", Severity::Critical),
            ("High", Severity::High),
            ("important", Severity::High),
            ("moderate", Severity::Medium),
            ("Negligible", Severity::Low),
            ("none", Severity::None),
            ("UNKNOWN", Severity::Unknown),
            ("", Severity::Unknown),
            ("urgent", Severity::Unknown),
        ] {
            assert_eq!(Severity::of_word(word), want, "{word}");
        }
        for at in FailAt::ALL {
            assert!(Severity::Unknown.fails(at) && Severity::Critical.fails(at) && !Severity::None.fails(at));
        }
        assert!(Severity::High.fails(FailAt::High) && !Severity::Medium.fails(FailAt::High));
        assert!(Severity::Low.fails(FailAt::Low) && !Severity::High.fails(FailAt::Critical));
    }

    #[test]
    fn scores() {
        let one = |method: &str, score: Value| json!({ "method": method, "score": score });
        for (severity, want) in [
            (json!([one("nvd", json!("medium")), one("cvss_score", json!("5.2"))]), Severity::Medium),
            (json!([one("nvd", json!("low")), one("CVSS3", json!(9.1))]), Severity::Critical),
            (one("nvd", json!("high")), Severity::High),
            (one("cvss", json!("0.0")), Severity::None),
            (one("cvss", json!("3.9")), Severity::Low),
            (one("cvss", json!("4.0")), Severity::Medium),
            (one("cvss", json!("7")), Severity::High),
            (one("cvss", json!("9.0")), Severity::Critical),
            (one("cvss", json!("10.1")), Severity::Unknown),
            (one("cvss", json!("-1")), Severity::Unknown),
            (one("cvss", json!("NaN")), Severity::Unknown),
            (one("epss", json!("0.9")), Severity::Unknown),
            (json!([one("epss", json!(0.9)), one("vendor", json!("low"))]), Severity::Low),
            (json!([one("vendor", json!("urgent")), one("nvd", json!("low"))]), Severity::Unknown),
            (json!([one("cvss", json!("CVSS:3.1/AV:N")), one("nvd", json!("low"))]), Severity::Low),
            (one("cvss", json!("CVSS:3.1/AV:N")), Severity::Unknown),
            (json!([]), Severity::Unknown),
            (json!(null), Severity::Unknown),
            (json!("low"), Severity::Unknown),
            (json!([{ "method": "nvd" }]), Severity::Unknown),
        ] {
            assert_eq!(Severity::of_scores(&severity), want, "{severity}");
        }
    }
}
