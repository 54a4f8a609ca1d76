//! Reports for tests: a fixed one, and the means to build others.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test binary uses its part")]

pub mod hostile;

use proofmark_core::{
    Digest, Evidence, Expectation, Finding, Limits, Observation, Origin, Outcome, Platform, Position, Reason,
    RuleMeta, RuleStatus, Severity, Subject, SubjectKind,
};
use proofmark_report::{Format, PolicyRef, Report, ReportError, RootRef, Run, Style, Tool, emit};

pub static SIGNATURE: RuleMeta = RuleMeta {
    id: "image-signature",
    summary: "The image is signed by whom the policy names.",
    doc: "# image-signature\n\n## What it checks\n\nThat the digest is signed.\n",
    severity: Severity::High,
    threats: &["T3.1"],
    reasons: &[Reason::Unsigned, Reason::WrongIdentity],
    online: true,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

pub static LISTED: RuleMeta = RuleMeta {
    id: "image-listed",
    summary: "The digest is in the list.",
    doc: "",
    severity: Severity::Critical,
    threats: &["T3.1", "T3.1", "security", ""],
    reasons: &[Reason::NotListed],
    online: true,
    since: "0.1.0",
    status: RuleStatus::Preview,
};

pub static LINT: RuleMeta = RuleMeta {
    id: "policy-root-age",
    summary: "Trusted roots are fresh.",
    doc: "# policy-root-age\n\nOld roots do not know new logs.\n",
    severity: Severity::Medium,
    threats: &[],
    reasons: &[],
    online: false,
    since: "0.1.0",
    status: RuleStatus::Stable,
};

pub const REFERENCE: &str = "ghcr.io/acme/agents/web:1.4";

pub fn run() -> Run {
    Run {
        policy: Some(PolicyRef {
            path: "proofmark.toml".to_owned(),
            digest: Digest::sha256(b"policy"),
            from: "found upward".to_owned(),
        }),
        trust_roots: vec![
            RootRef {
                name: "sigstore-public-good".to_owned(),
                digest: Digest::sha256(b"root"),
                source: "built-in".to_owned(),
                age_days: Some(12),
            },
            RootRef {
                name: "corp".to_owned(),
                digest: Digest::sha256(b"corp"),
                source: "trust-roots/corp.json".to_owned(),
                age_days: None,
            },
        ],
        time: "2026-11-23T12:00:00Z".parse().unwrap(),
        limits: Limits::default(),
    }
}

pub fn tool() -> Tool {
    Tool { name: "proofmark".to_owned(), version: "0.1.0".to_owned() }
}

pub fn image(name: &str) -> Subject {
    let mut subject = Subject::named(SubjectKind::Image, name);
    subject.digest = Some(Digest::sha256(name.as_bytes()));
    subject
}

pub fn row(rule: &'static RuleMeta, subject: Subject, outcome: Outcome) -> Finding {
    Finding {
        rule,
        subject,
        severity: rule.severity,
        outcome,
        reason: None,
        message: "Said in one sentence.".to_owned(),
        expected: None,
        observed: Vec::new(),
        evidence: Vec::new(),
        location: None,
        help: String::new(),
    }
}

pub fn signed_by() -> Origin {
    Origin {
        file: "proofmark.toml".to_owned(),
        start: Position { line: 12, column: 1 },
        end: Position { line: 12, column: 25 },
        line_text: "signed-by = [\"release\"]  # one element".to_owned(),
    }
}

/// Two rows for a pass, one refusal of each kind, one allowed, one finding, one error.
pub fn fixed() -> Report {
    let mut report = Report::new(tool(), run(), 4);
    report.command = "image verify".into();
    report.rules = vec![&SIGNATURE, &LISTED, &LINT];
    report.results = vec![passed(), wrong_identity(), unreachable(), allowed(), old_root()];
    report.errors = vec![ReportError {
        code: "exception-unreadable".to_owned(),
        message: "allowlists/exceptions.toml could not be read.".to_owned(),
        help: "chmod a+r allowlists/exceptions.toml".to_owned(),
        see: "docs/guide.md".to_owned(),
        location: None,
    }];
    report.notes = vec!["left out, --exclude: charts".to_owned()];
    report.next_expiry_days = Some(9);
    report.seal(1);
    report
}

fn passed() -> Finding {
    let mut subject = image("ghcr.io/acme/tool:2");
    subject.reference = Some("ghcr.io/acme/tool:2".to_owned());
    subject.pinned = Some(format!("ghcr.io/acme/tool@{}", Digest::sha256(b"tool")));
    subject.platform = Platform::parse("linux/arm64");
    let mut row = row(&SIGNATURE, subject, Outcome::Pass);
    row.severity = Severity::Info;
    row.evidence = vec![
        Evidence::new("signature", "signed by release, logged 2026-11-20T10:00:00Z")
            .with("identity", "https://github.com/acme/agents/.github/workflows/release.yml@refs/tags/v2"),
        Evidence::new("repository", "unbound; tag: not covered"),
    ];
    row
}

fn wrong_identity() -> Finding {
    let mut row = row(&SIGNATURE, image(REFERENCE), Outcome::Fail);
    row.reason = Some(Reason::WrongIdentity);
    row.message = "The certificate was issued to a branch, and a tag is asked for".into();
    row.expected = Some(Expectation {
        text: "identity https://github.com/acme/agents/.github/workflows/release.yml@refs/tags/*".to_owned(),
        origin: Some(signed_by()),
    });
    row.location = Some(signed_by());
    row.observed = vec![
        Observation {
            text: "https://github.com/acme/agents/.github/workflows/release.yml@refs/heads/main".to_owned(),
            place: Some("referrers sha256:0123".to_owned()),
            reason: Some(Reason::WrongIdentity),
            time: Some("2026-11-20T10:00:00Z".to_owned()),
        },
        Observation::new("a key with fingerprint 1234"),
        Observation::new("garbage\u{1b}[2J\n::error::x"),
    ];
    row.help = "sign the tag: git push origin v1.4".into();
    row
}

fn unreachable() -> Finding {
    let mut row = row(&SIGNATURE, image("registry.corp/db|x:1"), Outcome::Unverifiable);
    row.reason = Some(Reason::Unreachable);
    row.message = "registry.corp answered 503 to the referrers request.".into();
    row.observed = vec![Observation::new("HTTP 503, 100 % of 3 attempts")];
    row.help = "proofmark image verify registry.corp/db:1".into();
    row
}

fn allowed() -> Finding {
    let mut row = row(&LISTED, image("docker.io/library/postgres:17"), Outcome::Allowed);
    row.reason = Some(Reason::NotListed);
    row.message = "The digest is not in images.toml.".into();
    row.evidence = vec![Evidence::new("exception", "until 2026-12-02 by dba: upstream rebuild under review")];
    row.help = "review the digest, and add it to allowlists/images.toml".into();
    row
}

fn old_root() -> Finding {
    let mut row = row(&LINT, Subject::named(SubjectKind::Policy, "trust-roots/corp.json"), Outcome::Finding);
    row.message = "The root's age is unknown.".into();
    row.help = "proofmark trust update --name corp".into();
    row
}

pub fn render(format: Format, report: &Report) -> String {
    render_styled(format, report, &Style::default())
}

pub fn render_styled(format: Format, report: &Report, style: &Style) -> String {
    let mut out = Vec::new();
    emit(format, report, style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// How many rows raise an alert.
pub fn alerts(report: &Report) -> usize {
    report.results.iter().filter(|row| !matches!(row.outcome, Outcome::Pass | Outcome::Allowed)).count()
}
