//! Reports of which every text was written by an attacker.

use proofmark_core::{
    Digest, Evidence, Expectation, Finding, Observation, Origin, Outcome, Platform, Position, Reason,
    RuleMeta, Severity, Subject, SubjectKind,
};
use proofmark_report::{Report, ReportError};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::{LINT, LISTED, SIGNATURE, run, tool};

/// What has broken some reporter before, or would break ours.
const FRAGMENTS: &[&str] = &[
    "\u{1b}[2J",
    "\u{9b}31m",
    "\r\n::error file=x::y",
    "::set-env name=PATH::/tmp",
    " ::add-mask::a",
    "\u{3000}::stop-commands::t",
    "##[add-path]/tmp",
    "##vso[task.setvariable]",
    "##teamcity[x]",
    "`",
    "```",
    "\n```\n# heading\n",
    "|",
    "\\|",
    "\\",
    "<script>alert(1)</script>",
    "<!--",
    "[x](javascript:alert(1))",
    "![i](https://evil.example/p.png)",
    "https://evil.example/",
    "@octocat",
    "#1",
    "]]>",
    "</failure>",
    "&lt;&#0;",
    "\"'",
    "%0A",
    ",line=1",
    ":",
    "\u{0}",
    "\u{7f}",
    "\u{85}",
    "\u{2028}",
    "\u{202e}",
    "\u{200b}",
    "\u{feff}",
    "\u{fffe}",
    "\u{ffff}",
    "\u{e0041}",
    "{0}",
    "../../etc/passwd",
    "/abs/path",
    "C:\\x",
    "file:///x",
    " ",
    "",
    "ordinary words",
];

pub fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => vec(prop::sample::select(FRAGMENTS), 0..4).prop_map(|parts| parts.concat()),
        4 => vec(any::<char>(), 0..12).prop_map(|chars| chars.into_iter().collect()),
        1 => prop::sample::select(FRAGMENTS).prop_map(|part| part.repeat(300)),
    ]
}

fn position() -> impl Strategy<Value = Position> {
    prop_oneof![
        (0_u32..9, 0_u32..30).prop_map(|(line, column)| Position { line, column }),
        (any::<u32>(), any::<u32>()).prop_map(|(line, column)| Position { line, column }),
    ]
}

fn origin() -> impl Strategy<Value = Origin> {
    (text(), position(), position(), text()).prop_map(|(file, start, end, line_text)| Origin {
        file,
        start,
        end,
        line_text,
    })
}

fn digest() -> impl Strategy<Value = Digest> {
    any::<u8>().prop_map(|byte| Digest::sha256(&[byte]))
}

fn platform() -> impl Strategy<Value = Platform> {
    (text(), text(), option::of(text()), option::of(text()), vec(text(), 0..2)).prop_map(
        |(os, architecture, variant, os_version, os_features)| Platform {
            os,
            architecture,
            variant,
            os_version,
            os_features,
        },
    )
}

fn subject() -> impl Strategy<Value = Subject> {
    let kind = prop::sample::select(vec![
        SubjectKind::Image,
        SubjectKind::Policy,
        SubjectKind::Envrc,
        SubjectKind::Binary,
    ]);
    (
        kind,
        text(),
        option::of(text()),
        option::of(digest()),
        option::of(text()),
        option::weighted(0.2, platform()),
        option::weighted(0.2, text()),
    )
        .prop_map(|(kind, name, reference, digest, pinned, platform, mirror)| Subject {
            kind,
            name,
            reference,
            digest,
            pinned,
            platform,
            mirror,
        })
}

fn observation() -> impl Strategy<Value = Observation> {
    (text(), option::of(text()), option::of(reason()), option::of(text()))
        .prop_map(|(text, place, reason, time)| Observation { text, place, reason, time })
}

fn evidence() -> impl Strategy<Value = Evidence> {
    (text(), text()).prop_map(|(summary, value)| Evidence::new("signature", summary).with("identity", value))
}

fn reason() -> impl Strategy<Value = Reason> {
    prop::sample::select(Reason::ALL)
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop::sample::select(vec![
        Outcome::Pass,
        Outcome::Fail,
        Outcome::Unverifiable,
        Outcome::Allowed,
        Outcome::Finding,
    ])
}

fn rule() -> impl Strategy<Value = &'static RuleMeta> {
    prop::sample::select(vec![&SIGNATURE, &LISTED, &LINT])
}

pub fn finding() -> impl Strategy<Value = Finding> {
    let expectation = (text(), option::of(origin())).prop_map(|(text, origin)| Expectation { text, origin });
    let head = (rule(), subject(), prop::sample::select(Severity::ALL.to_vec()), outcome());
    let why = (option::of(reason()), text(), option::of(expectation), vec(observation(), 0..4));
    let rest = (vec(evidence(), 0..3), option::of(origin()), text());
    (head, why, rest).prop_map(|(head, why, rest)| Finding {
        rule: head.0,
        subject: head.1,
        severity: head.2,
        outcome: head.3,
        reason: why.0,
        message: why.1,
        expected: why.2,
        observed: why.3,
        evidence: rest.0,
        location: rest.1,
        help: rest.2,
    })
}

fn error() -> impl Strategy<Value = ReportError> {
    (text(), text(), text(), text(), option::of(origin()))
        .prop_map(|(code, message, help, see, location)| ReportError { code, message, help, see, location })
}

pub fn report() -> impl Strategy<Value = Report> {
    let policy = option::of((text(), text()));
    (
        vec(finding(), 0..14),
        vec(error(), 0..3),
        0_usize..6,
        0_u8..5,
        option::of(-3_i64..200),
        policy,
        (any::<bool>(), vec(text().prop_map(|text| format!("left out: {text}")), 0..3)),
    )
        .prop_map(|(results, errors, requested, exit, expiry, policy, (listed, notes))| {
            let mut report = Report::new(tool(), run(), requested);
            match (policy, &mut report.run.policy) {
                (Some((path, from)), Some(slot)) => (slot.path, slot.from) = (path, from),
                (_, slot) => *slot = None,
            }
            report.results = results;
            (report.errors, report.notes) = (errors, notes);
            report.next_expiry_days = expiry;
            report.summarized = listed;
            if listed {
                report.rules = vec![&SIGNATURE, &LISTED, &LINT];
            }
            report.seal(exit);
            report
        })
}
