//! `[image.attestation.*]` as TOML.

use std::fmt::Write as _;
use std::time::Duration;

use super::{quote, quote_all, threshold_value};
use crate::attestation::{
    AllowedAdvisory, Attestations, Condition, CustomRule, Demand, ProvenanceRule, SbomRule, VsaRule,
    VulnerabilityRule,
};
use crate::schema::value::last_day;

/// A table's keys with their values as TOML, in the schema's order.
type Rows = Vec<(&'static str, String)>;

pub(super) fn write(out: &mut String, attestation: &Attestations) {
    for (name, rows) in tables(attestation) {
        let _ = writeln!(out, "[image.attestation.{name}]");
        for (key, value) in rows {
            let _ = writeln!(out, "{key} = {value}");
        }
    }
}

/// Every table that is there, with its keys.
pub(crate) fn tables(attestation: &Attestations) -> Vec<(&'static str, Rows)> {
    [
        attestation.provenance.as_ref().map(|rule| ("provenance", provenance(rule))),
        attestation.vulnerabilities.as_ref().map(|rule| ("vulnerabilities", vulnerabilities(rule))),
        attestation.vsa.as_ref().map(|rule| ("vsa", vsa(rule))),
        attestation.sbom.as_ref().map(|rule| ("sbom", sbom(rule))),
        attestation.custom.as_ref().map(|rule| ("custom", custom(rule))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn provenance(rule: &ProvenanceRule) -> Rows {
    let mut rows = vec![("signed-by", threshold_value(&rule.signed_by))];
    let mut text = |key, value: Option<&str>| rows.extend(value.map(|value| (key, quote(value))));
    text("builder", rule.builder.as_ref().map(|demand| demand.value.as_str()));
    text("source", rule.source.as_ref().map(|demand| demand.value.as_str()));
    text("source-ref", rule.source_ref.as_ref().map(|demand| demand.value.as_str()));
    text("workflow", rule.workflow.as_ref().map(|demand| demand.value.as_str()));
    text("build-type", rule.build_type.as_ref().map(|demand| demand.value.as_str()));
    let materials = rule.materials.iter().map(|demand| demand.value.as_str().to_owned()).collect();
    list(&mut rows, "absent-parameters", values(&rule.absent_parameters));
    list(&mut rows, "materials", materials);
    rows
}

fn vulnerabilities(rule: &VulnerabilityRule) -> Rows {
    let mut rows = vec![("signed-by", threshold_value(&rule.signed_by))];
    rows.extend(rule.max_age.as_ref().map(|age| ("max-age", span(age))));
    rows.extend(rule.fail_at.as_ref().map(|at| ("fail-at", quote(at.value.as_str()))));
    if !rule.allow.is_empty() {
        let row = |one: &AllowedAdvisory| {
            let (id, why) = (quote(&one.id), quote(&one.why));
            format!("{{ id = {id}, why = {why}, until = {} }}", last_day(one.until))
        };
        let all: Vec<String> = rule.allow.iter().map(row).collect();
        rows.push(("allow", format!("[{}]", all.join(", "))));
    }
    rows.extend(rule.vex_signed_by.as_ref().map(|by| ("vex-signed-by", threshold_value(by))));
    rows.extend(rule.covers_children.then(|| ("scope", quote("index"))));
    rows
}

fn vsa(rule: &VsaRule) -> Rows {
    let mut rows = vec![("signed-by", threshold_value(&rule.signed_by))];
    rows.push(("verifier", quote(&rule.verifier.value)));
    list(&mut rows, "levels", values(&rule.levels));
    rows.extend(rule.policy_digest.as_ref().map(|one| ("policy-digest", quote(&one.value.to_string()))));
    rows.extend(rule.max_age.as_ref().map(|age| ("max-age", span(age))));
    rows
}

fn sbom(rule: &SbomRule) -> Rows {
    let mut rows = vec![("signed-by", threshold_value(&rule.signed_by))];
    list(&mut rows, "formats", rule.formats.iter().map(|one| one.value.as_str().to_owned()).collect());
    rows.push(("min-components", rule.min_components.value.to_string()));
    rows.extend(rule.covers_children.then(|| ("scope", quote("index"))));
    rows
}

fn custom(rule: &CustomRule) -> Rows {
    let mut rows = vec![("signed-by", threshold_value(&rule.signed_by)), ("type", quote(&rule.kind.value))];
    if !rule.conditions.is_empty() {
        let row =
            |one: &Condition| format!("{{ pointer = {}, equals = {} }}", quote(&one.pointer), one.equals);
        let all: Vec<String> = rule.conditions.iter().map(row).collect();
        rows.push(("where", format!("[{}]", all.join(", "))));
    }
    rows
}

fn values(demands: &[Demand<String>]) -> Vec<String> {
    demands.iter().map(|demand| demand.value.clone()).collect()
}

fn list(rows: &mut Rows, key: &'static str, all: Vec<String>) {
    if !all.is_empty() {
        rows.push((key, quote_all(&all)));
    }
}

fn span(age: &Demand<Duration>) -> String {
    quote(&format!("{}s", age.value.as_secs()))
}
