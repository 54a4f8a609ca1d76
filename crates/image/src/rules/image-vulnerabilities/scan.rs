//! What a scan found: the predicates of cosign and in-toto, and the scanners' own reports that cosign's holds.

use serde_json::Value;

use super::severity::Severity;
use crate::attest::json;

/// cosign's (`specs/COSIGN_VULN_ATTESTATION_SPEC.md`): `scanner.result` is whatever the scanner writes.
pub(super) const COSIGN: &str = "https://cosign.sigstore.dev/attestation/vuln/v1";
/// in-toto's (`spec/predicates/vuln.md`), two versions of one meaning.
pub(super) const INTOTO: [&str; 2] =
    ["https://in-toto.io/attestation/vulns/v0.2", "https://in-toto.io/attestation/vulns/v0.1"];

/// One finding, as the scanner says it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    /// How bad; first, so that findings are in the order of it.
    pub(crate) severity: Severity,
    /// The advisory, cut; none where it has no name, so that nothing can be said of it elsewhere.
    pub(crate) id: Option<String>,
    /// The package URL of what it was found in, where the scanner says it.
    pub(crate) component: Option<String>,
}

/// Every finding of a predicate.
///
/// # Errors
/// Why the predicate cannot be read: no finding is then known, which is not the same as none.
pub(super) fn findings(predicate_type: &str, predicate: &Value) -> Result<Vec<Finding>, String> {
    let result = predicate.pointer("/scanner/result");
    match result {
        Some(Value::Array(list)) => list.iter().map(of_intoto).collect(),
        Some(Value::Object(_)) if predicate_type == COSIGN => of_report(result.unwrap_or(&Value::Null)),
        other => Err(format!("scanner.result is {}", json::shown(other))),
    }
}

/// `{id, severity, annotations}`, or the same inside `vulnerability` (the text of v0.1 has it so, its example not).
fn of_intoto(item: &Value) -> Result<Finding, String> {
    let Value::Object(_) = item else { return Err(format!("a finding is {}", json::shown(Some(item)))) };
    let inner = item.get("vulnerability");
    let places = || [Some(item), inner].into_iter().flatten();
    let id = places().find_map(|place| json::text(place, "/id"));
    let severity = places().filter_map(|place| place.get("severity")).map(Severity::of_scores).max();
    Ok(finding(id, severity.unwrap_or(Severity::Unknown), None))
}

fn finding(id: Option<&str>, severity: Severity, component: Option<&str>) -> Finding {
    let id = id.map(str::trim).filter(|id| !id.is_empty());
    // Cut and escaped, it must still be what it was: a longer name is none that anybody gave.
    let id = id.filter(|id| json::short(id) == *id).map(str::to_owned);
    Finding { severity, id, component: component.filter(|one| json::short(one) == **one).map(str::to_owned) }
}

/// A scanner's own report.
fn of_report(report: &Value) -> Result<Vec<Finding>, String> {
    match (report.get("SchemaVersion"), report.get("matches")) {
        (Some(Value::Number(_)), None) => of_trivy(report),
        (None, Some(Value::Array(matches))) => matches.iter().map(of_grype).collect(),
        _ => Err("scanner.result is no report of Trivy or Grype, and no list of findings".to_owned()),
    }
}

/// Trivy's JSON report (schema 2): a scan without results has no `Results`, a result without findings no `Vulnerabilities`.
fn of_trivy(report: &Value) -> Result<Vec<Finding>, String> {
    let mut all = Vec::new();
    for result in members(report, "Results")? {
        for found in members(result, "Vulnerabilities")? {
            let severity = json::text(found, "/Severity").map_or(Severity::Unknown, Severity::of_word);
            let component = json::text(found, "/PkgIdentifier/PURL");
            all.push(finding(json::text(found, "/VulnerabilityID"), severity, component));
        }
    }
    Ok(all)
}

fn members<'a>(value: &'a Value, key: &str) -> Result<&'a [Value], String> {
    match (value, value.get(key)) {
        (Value::Object(_), None | Some(Value::Null)) => Ok(&[]),
        (Value::Object(_), Some(Value::Array(items))) => Ok(items),
        (Value::Object(_), other) => Err(format!("{key} is {}", json::shown(other))),
        (other, _) => Err(format!("what should have {key} is {}", json::shown(Some(other)))),
    }
}

/// One of Grype's `matches`.
fn of_grype(one: &Value) -> Result<Finding, String> {
    let Some(Value::Object(_)) = one.get("vulnerability") else {
        return Err(format!("a match's vulnerability is {}", json::shown(one.get("vulnerability"))));
    };
    let severity = json::text(one, "/vulnerability/severity").map_or(Severity::Unknown, Severity::of_word);
    Ok(finding(json::text(one, "/vulnerability/id"), severity, json::text(one, "/artifact/purl")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(kind: &str, result: Value) -> Result<Vec<(Option<String>, Severity)>, String> {
        let predicate = json!({ "scanner": { "result": result } });
        let all = findings(kind, &predicate)?;
        Ok(all.into_iter().map(|one| (one.id, one.severity)).collect())
    }

    fn one(id: &str, severity: Severity) -> Vec<(Option<String>, Severity)> {
        vec![(Some(id.to_owned()), severity)]
    }

    #[test]
    fn att_07_both_shapes_of_in_toto() {
        let severity = json!([{ "method": "nvd", "score": "high" }]);
        for kind in INTOTO {
            let flat = json!([{ "id": "CVE-1", "severity": severity }]);
            assert_eq!(said(kind, flat), Ok(one("CVE-1", Severity::High)));
            let nested = json!([{ "vulnerability": { "id": "CVE-1", "severity": severity[0] } }]);
            assert_eq!(said(kind, nested), Ok(one("CVE-1", Severity::High)));
            let both = json!([{ "id": "CVE-1", "severity": severity, "vulnerability": { "severity": { "method": "nvd", "score": "critical" } } }]);
            assert_eq!(said(kind, both), Ok(one("CVE-1", Severity::Critical)));
            assert_eq!(said(kind, json!([])), Ok(Vec::new()));
            assert_eq!(said(kind, json!([{}])), Ok(vec![(None, Severity::Unknown)]));
            for bad in [json!(null), json!({}), json!("none"), json!([1]), json!({ "SchemaVersion": 2 })] {
                assert!(said(kind, bad.clone()).is_err(), "{bad}");
            }
        }
        assert!(findings(INTOTO[0], &json!({})).is_err());
    }

    #[test]
    fn att_07_reports_inside_cosigns() {
        let trivy = json!({ "SchemaVersion": 2, "Results": [
            { "Target": "debian", "Vulnerabilities": [{ "VulnerabilityID": "CVE-1", "Severity": "HIGH" }] },
            { "Target": "app" }, { "Target": "other", "Vulnerabilities": null },
        ]});
        assert_eq!(said(COSIGN, trivy), Ok(one("CVE-1", Severity::High)));
        assert_eq!(said(COSIGN, json!({ "SchemaVersion": 2 })), Ok(Vec::new()));
        let grype = json!({ "matches": [{ "vulnerability": { "id": "GHSA-1", "severity": "Unknown" }, "artifact": { "purl": "pkg:deb/a@1" } }] });
        assert_eq!(said(COSIGN, grype), Ok(one("GHSA-1", Severity::Unknown)));
        assert_eq!(said(COSIGN, json!({ "matches": [] })), Ok(Vec::new()));
        assert_eq!(said(COSIGN, json!([{ "id": "CVE-1" }])), Ok(one("CVE-1", Severity::Unknown)));
        for bad in [
            json!({}),
            json!(null),
            json!("clean"),
            json!({ "SchemaVersion": "2" }),
            json!({ "SchemaVersion": 2, "matches": [] }),
            json!({ "SchemaVersion": 2, "Results": {} }),
            json!({ "SchemaVersion": 2, "Results": [1] }),
            json!({ "SchemaVersion": 2, "Results": [{ "Vulnerabilities": "none" }] }),
            json!({ "matches": [{}] }),
        ] {
            assert!(said(COSIGN, bad.clone()).is_err(), "{bad}");
        }
    }

    /// A name that is cut could be another one's.
    #[test]
    fn a_name_that_is_too_long_is_none() {
        let long = "C".repeat(400);
        assert_eq!(said(INTOTO[0], json!([{ "id": long }])), Ok(vec![(None, Severity::Unknown)]));
        assert_eq!(said(INTOTO[0], json!([{ "id": "CVE\u{1b}[0m" }])), Ok(vec![(None, Severity::Unknown)]));
    }
}
