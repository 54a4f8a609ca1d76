//! The findings of one image, held against what must be true of any.

use proofmark_core::{Evidence, Finding, Outcome, Reason};

/// What `verify` said of one image.
#[derive(Debug)]
pub(crate) struct Judged(pub(crate) Vec<Finding>);

impl Judged {
    /// Findings that keep the promises: never none, no pass without evidence, no refusal without a way out, and what
    /// may be run is named after a pass of all rules alone.
    pub(crate) fn new(findings: Vec<Finding>) -> Self {
        let pinned = |finding: &Finding| finding.subject.pinned.is_some();
        let verdicts = || findings.iter().filter(|finding| finding.outcome != Outcome::Finding);
        let passed = verdicts().all(|finding| finding.outcome == Outcome::Pass);
        assert!(verdicts().all(|finding| pinned(finding) == passed), "{findings:?}");
        Self::held(findings)
    }

    /// As [`Self::new`], of a question whose answer names nothing to run.
    pub(crate) fn unpinned(findings: Vec<Finding>) -> Self {
        assert!(findings.iter().all(|finding| finding.subject.pinned.is_none()), "{findings:?}");
        Self::held(findings)
    }

    fn held(findings: Vec<Finding>) -> Self {
        assert!(!findings.is_empty(), "a subject without a finding would go uncounted");
        let verdicts = || findings.iter().filter(|finding| finding.outcome != Outcome::Finding);
        assert!(verdicts().next().is_some(), "{findings:?}");
        for finding in verdicts() {
            let refused = finding.reason.is_some();
            assert_eq!(refused, finding.outcome != Outcome::Pass, "{finding:?}");
            assert_eq!(finding.evidence.is_empty(), refused, "{finding:?}");
            assert!(!refused || !finding.help.is_empty() && !finding.message.is_empty(), "{finding:?}");
            if let Some(reason) = finding.reason {
                assert!(finding.rule.reasons.contains(&reason), "{} does not list {reason}", finding.rule.id);
            }
        }
        Self(findings)
    }

    /// The finding that decides: Fail before Unverifiable before Pass.
    pub(crate) fn deciding(&self) -> &Finding {
        let rank = |finding: &&Finding| match finding.outcome {
            Outcome::Fail => 0,
            Outcome::Unverifiable => 1,
            _ => 2,
        };
        self.0.iter().min_by_key(rank).unwrap()
    }

    /// Why it is not a pass.
    pub(crate) fn reason(&self) -> Option<Reason> {
        self.deciding().reason
    }

    /// `pass`, or the reason.
    pub(crate) fn word(&self) -> &'static str {
        self.reason().map_or("pass", Reason::as_str)
    }

    /// Asserts a pass; gives the digest that may be run.
    #[track_caller]
    pub(crate) fn pinned(&self) -> String {
        let pinned = self.0[0].subject.pinned.clone();
        let pinned = pinned.unwrap_or_else(|| panic!("not a pass: {:#?}", self.0));
        pinned.rsplit_once('@').unwrap().1.to_owned()
    }

    /// Asserts a refusal for this reason; gives the finding.
    #[track_caller]
    pub(crate) fn refused(&self, reason: Reason) -> &Finding {
        let finding = self.deciding();
        assert_eq!(finding.reason, Some(reason), "{:#?}", self.0);
        finding
    }

    /// The messages of what is no verdict.
    pub(crate) fn notes(&self) -> Vec<&str> {
        let notes = self.0.iter().filter(|finding| finding.outcome == Outcome::Finding);
        notes.map(|finding| finding.message.as_str()).collect()
    }

    /// All evidence of this kind.
    pub(crate) fn evidence(&self, kind: &str) -> Vec<&Evidence> {
        self.0.iter().flat_map(|finding| &finding.evidence).filter(|one| one.kind == kind).collect()
    }

    /// The first value of a fact in evidence of this kind.
    #[track_caller]
    pub(crate) fn fact(&self, kind: &str, name: &str) -> String {
        let all = self.evidence(kind);
        let fact = all.iter().flat_map(|one| &one.facts).find(|fact| fact.name == name);
        fact.unwrap_or_else(|| panic!("no {name} in evidence {kind}: {:#?}", self.0)).value.clone()
    }

    /// Whether any text of the deciding finding holds this.
    pub(crate) fn says(&self, part: &str) -> bool {
        let finding = self.deciding();
        let observed = finding.observed.iter().map(|one| one.text.as_str());
        let expected = finding.expected.iter().map(|one| one.text.as_str());
        [finding.message.as_str(), finding.help.as_str()]
            .into_iter()
            .chain(observed)
            .chain(expected)
            .any(|text| text.contains(part))
    }
}
