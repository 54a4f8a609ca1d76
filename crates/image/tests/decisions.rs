//! One test for each row of the published tables of decisions and of reasons.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by it")]

use libtest_mimic::{Arguments, Failed, Trial};
use proofmark_core::{Reason, ReasonKind, Refusal, Verdict};
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

#[derive(Deserialize)]
struct Reasons {
    row: Vec<ReasonRow>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReasonRow {
    reason: String,
    verdict: String,
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

/// A reason's verdict, by itself and as what a decision comes to.
fn check_reason(row: &ReasonRow) -> Result<(), Failed> {
    let reason = Reason::from_name(&row.reason).ok_or_else(|| format!("no reason {}", row.reason))?;
    let kind = match row.verdict.as_str() {
        "fail" => ReasonKind::Fail,
        "unverifiable" => ReasonKind::Unverifiable,
        other => return Err(format!("no verdict {other}").into()),
    };
    let verdict = Verdict::refuse(Refusal::new(reason, "message", "help"));
    // Fail before Unverifiable before Pass.
    let rank = if kind == ReasonKind::Fail { 2 } else { 1 };
    if reason.kind() != kind || verdict.rank() != rank {
        return Err(format!("{reason} is {:?}, not {}", reason.kind(), row.verdict).into());
    }
    Ok(())
}

/// "The closed list": each reason once, none left out.
fn check_list(rows: &[ReasonRow]) -> Result<(), Failed> {
    let mut written: Vec<&str> = rows.iter().map(|row| row.reason.as_str()).collect();
    let mut known: Vec<&str> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
    written.sort_unstable();
    known.sort_unstable();
    if written == known { Ok(()) } else { Err(format!("{written:?}, not {known:?}").into()) }
}

fn main() {
    let table: Table =
        toml::from_str(include_str!("../../../docs/vectors/decisions.toml")).expect("the table parses");
    let reasons: Reasons =
        toml::from_str(include_str!("../../../docs/vectors/reasons.toml")).expect("the table parses");
    let mut trials: Vec<Trial> =
        table.row.into_iter().map(|row| Trial::test(row.name.clone(), move || check(&row))).collect();
    trials.extend(
        reasons
            .row
            .iter()
            .cloned()
            .map(|row| Trial::test(format!("{} is {}", row.reason, row.verdict), move || check_reason(&row))),
    );
    trials.push(Trial::test("every reason has one row", move || check_list(&reasons.row)));
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
