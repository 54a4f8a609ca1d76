//! One test for each row of the published decision table.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by it")]

use libtest_mimic::{Arguments, Failed, Trial};
use proofmark_core::{Reason, ReasonKind};
use proofmark_image::decide::{Admission, Bytes, Decision, Paths, Standing, monotone};
use serde::Deserialize;

#[derive(Deserialize)]
struct Table {
    row: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    admission: String,
    bytes: String,
    paths: String,
    standing: String,
    verdict: String,
    reason: Option<String>,
    incomplete: Option<bool>,
}

fn reason(name: &str) -> Reason {
    Reason::from_name(name).unwrap_or_else(|| panic!("no reason {name}"))
}

fn check(row: &Row) -> Result<(), Failed> {
    let admission = match row.admission.as_str() {
        "denied" => Admission::Denied,
        "registry-not-allowed" => Admission::RegistryNotAllowed,
        "no-policy" => Admission::NoPolicy,
        "admitted" => Admission::Admitted,
        other => return Err(format!("no admission {other}").into()),
    };
    let bytes = match row.bytes.as_str() {
        "verified" => Bytes::Verified,
        "digest-mismatch" => Bytes::OtherDigest,
        other => Bytes::NotObtained(reason(other)),
    };
    let paths = match row.paths.as_str() {
        "complete" => Paths::Complete,
        other => Paths::Incomplete(reason(other)),
    };
    let standing = match row.standing.as_str() {
        "satisfied" => Standing::Satisfied,
        "nothing" => Standing::Nothing,
        "too-few" => Standing::TooFew,
        other => Standing::Refused(reason(other)),
    };
    let got = monotone(admission, bytes, paths, standing);
    let want = match (&row.reason, row.incomplete) {
        (Some(name), None) => Decision::Refuse(reason(name)),
        (None, Some(incomplete)) => Decision::Pass { incomplete },
        _ => return Err("a row has either a reason or `incomplete`".into()),
    };
    let verdict = match got {
        Decision::Pass { .. } => "pass",
        Decision::Refuse(reason) if reason.kind() == ReasonKind::Fail => "fail",
        Decision::Refuse(_) => "unverifiable",
    };
    if got != want || verdict != row.verdict {
        return Err(format!("{got:?}, {verdict}; want {want:?}, {}", row.verdict).into());
    }
    Ok(())
}

fn main() {
    let table: Table =
        toml::from_str(include_str!("../../../docs/vectors/decisions.toml")).expect("the table parses");
    let trials =
        table.row.into_iter().map(|row| Trial::test(row.name.clone(), move || check(&row))).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
