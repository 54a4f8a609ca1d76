//! One test for each row of the published tables of decisions and of reasons.
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by it")]

use libtest_mimic::{Arguments, Failed, Trial};
use proofmark_core::{Reason, ReasonKind, Refusal, Verdict};
use proofmark_image::decide::{
    Admission, Attested, Bytes, Decision, Paths, Semantics, Standing, attestation, monotone,
};
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
struct Attestations {
    row: Vec<AttestationRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AttestationRow {
    name: String,
    semantics: String,
    admission: String,
    bytes: String,
    paths: String,
    standing: String,
    unsupported: bool,
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

fn admission(name: &str) -> Result<Admission, Failed> {
    match name {
        "denied" => Ok(Admission::Denied),
        "registry-not-allowed" => Ok(Admission::RegistryNotAllowed),
        "no-policy" => Ok(Admission::NoPolicy),
        "admitted" => Ok(Admission::Admitted),
        other => Err(format!("no admission {other}").into()),
    }
}

fn bytes(name: &str) -> Bytes {
    match name {
        "verified" => Bytes::Verified,
        "digest-mismatch" => Bytes::OtherDigest,
        other => Bytes::NotObtained(reason(other)),
    }
}

fn paths(name: &str) -> Paths {
    match name {
        "complete" => Paths::Complete,
        other => Paths::Incomplete(reason(other)),
    }
}

fn check(row: &Row) -> Result<(), Failed> {
    let standing = match row.standing.as_str() {
        "satisfied" => Standing::Satisfied,
        "nothing" => Standing::Nothing,
        "too-few" => Standing::TooFew,
        other => Standing::Refused(reason(other)),
    };
    let got = monotone(admission(&row.admission)?, bytes(&row.bytes), paths(&row.paths), standing);
    compare(got, row.reason.as_deref(), row.incomplete, &row.verdict)
}

fn check_attestation(row: &AttestationRow) -> Result<(), Failed> {
    let semantics = match row.semantics.as_str() {
        "one-is-enough" => Semantics::OneIsEnough,
        "newest-decides" => Semantics::NewestDecides,
        other => return Err(format!("no semantics {other}").into()),
    };
    let standing = match row.standing.as_str() {
        "satisfied" => Attested::Satisfied,
        "missing" => Attested::Missing,
        "too-few" => Attested::TooFew,
        "order-unknown" => Attested::OrderUnknown,
        other => Attested::Refused(reason(other)),
    };
    let (admission, bytes, paths) = (admission(&row.admission)?, bytes(&row.bytes), paths(&row.paths));
    let got = attestation(semantics, admission, bytes, paths, standing, row.unsupported);
    compare(got, row.reason.as_deref(), row.incomplete, &row.verdict)
}

fn compare(got: Decision, why: Option<&str>, incomplete: Option<bool>, word: &str) -> Result<(), Failed> {
    let want = match (why, incomplete) {
        (Some(name), None) => Decision::Refuse(reason(name)),
        (None, Some(incomplete)) => Decision::Pass { incomplete },
        _ => return Err("a row has either a reason or `incomplete`".into()),
    };
    let verdict = match got {
        Decision::Pass { .. } => "pass",
        Decision::Refuse(reason) if reason.kind() == ReasonKind::Fail => "fail",
        Decision::Refuse(_) => "unverifiable",
    };
    if got != want || verdict != word {
        return Err(format!("{got:?}, {verdict}; want {want:?}, {word}").into());
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
    let attestations: Attestations =
        toml::from_str(include_str!("../../../docs/vectors/attestations.toml")).expect("the table parses");
    let reasons: Reasons =
        toml::from_str(include_str!("../../../docs/vectors/reasons.toml")).expect("the table parses");
    let mut trials: Vec<Trial> =
        table.row.into_iter().map(|row| Trial::test(row.name.clone(), move || check(&row))).collect();
    trials.extend(
        attestations
            .row
            .into_iter()
            .map(|row| Trial::test(row.name.clone(), move || check_attestation(&row))),
    );
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
