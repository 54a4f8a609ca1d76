//! Who may sign: `authorize`.

use std::collections::BTreeMap;

use proofmark_core::pattern::{AnchoredRegex, IdentityGlob};
use proofmark_core::{CertificateConstraint, Extension, IdentityPattern, Reason, SanKind};
use proofmark_sigstore::{Rejection, Step, authorize};
use proofmark_testkit::sigstore::{Identity, San, SignRequest};

use crate::{image, keyless, world};

const ISSUER: &str = "https://token.actions.githubusercontent.com";
const RELEASE: &str = "https://github.com/acme/agents/.github/workflows/release.yml@refs/tags/*";

fn constraint(pattern: &str) -> CertificateConstraint {
    CertificateConstraint {
        issuer: ISSUER.to_owned(),
        identity: IdentityPattern::Glob(IdentityGlob::parse(pattern).unwrap()),
        san: vec![if pattern.contains("://") { SanKind::Uri } else { SanKind::Email }],
        extensions: BTreeMap::new(),
        trusted_root: "world".to_owned(),
    }
}

fn judge(identity: Identity, constraint: &CertificateConstraint) -> Result<(), Rejection> {
    let verified = keyless(&world(), &SignRequest::image(&image()).keyless(identity)).unwrap();
    authorize(&verified, constraint)
}

#[track_caller]
fn wrong(result: Result<(), Rejection>, step: Step, detail: &str) {
    let rejection = result.expect_err("accepted");
    assert_eq!((rejection.reason, rejection.step), (Reason::WrongIdentity, step), "{rejection}");
    assert!(rejection.detail.contains(detail), "{rejection}");
    assert!(rejection.signer.is_some() && rejection.time.is_some());
}

fn github(reference: &str) -> Identity {
    Identity::github("acme/agents", "release.yml", reference)
}

#[test]
fn the_nearest_miss_is_named() {
    assert!(judge(github("refs/tags/v1"), &constraint(RELEASE)).is_ok());
    let branch = judge(github("refs/heads/main"), &constraint(RELEASE));
    wrong(branch, Step::Identity, "identity differs in the ref: refs/heads/main");
    let owner = judge(Identity::github("evil/agents", "release.yml", "refs/tags/v1"), &constraint(RELEASE));
    wrong(owner, Step::Identity, "in the owner: evil, not acme");
    let mut other = constraint(RELEASE);
    other.issuer = "https://gitlab.com".to_owned();
    wrong(judge(github("refs/tags/v1"), &other), Step::Identity, "issuer differs");
}

/// ID-02: anchored, so neither prefix nor suffix helps.
#[test]
fn id_02_expressions_are_anchored() {
    let mut by_regex = constraint(RELEASE);
    by_regex.identity = IdentityPattern::Regex(
        AnchoredRegex::parse(r"https://github\.com/acme/agents/.*@refs/tags/v1").unwrap(),
    );
    assert!(judge(github("refs/tags/v1"), &by_regex).is_ok());
    wrong(judge(github("refs/tags/v1.evil"), &by_regex), Step::Identity, "does not match");
    let prefixed = Identity::uri("x https://github.com/acme/agents/a@refs/tags/v1", ISSUER);
    wrong(judge(prefixed, &by_regex), Step::Identity, "does not match");
}

/// ID-03: an extension that differs, and one that is missing.
#[test]
fn id_03_extensions() {
    let mut strict = constraint(RELEASE);
    strict.extensions.insert(Extension::RunnerEnvironment, "github-hosted".to_owned());
    assert!(judge(github("refs/tags/v1"), &strict).is_ok());
    let hosted = github("refs/tags/v1").extension(Extension::RunnerEnvironment, "self-hosted");
    wrong(
        judge(hosted, &strict),
        Step::Extensions,
        "runner-environment differs: self-hosted, not github-hosted",
    );
    let missing = github("refs/tags/v1").without(Extension::RunnerEnvironment);
    wrong(judge(missing, &strict), Step::Extensions, "runner-environment is missing");
    let mut empty = constraint(RELEASE);
    empty.extensions.insert(Extension::DeploymentEnvironment, String::new());
    wrong(judge(github("refs/tags/v1"), &empty), Step::Extensions, "deployment-environment is missing");
}

/// ID-05: kinds of names, and several of them.
#[test]
fn id_05_one_name_of_the_right_kind() {
    let mail = Identity::email("ci@acme.example", ISSUER);
    assert!(judge(mail.clone(), &constraint("*@acme.example")).is_ok());
    let uri = Identity::uri("ci@acme.example", ISSUER);
    wrong(judge(uri, &constraint("*@acme.example")), Step::Identity, "of kind uri, not email");
    let other = Identity::new(San::Other("ci@acme.example".to_owned()), ISSUER);
    wrong(judge(other.clone(), &constraint("*@acme.example")), Step::Identity, "of kind other");
    let mut either = constraint("*@acme.example");
    either.san = vec![SanKind::Email, SanKind::Other];
    assert!(judge(other, &either).is_ok());
    let good = San::Email("ci@acme.example".to_owned());
    let two = mail.clone().sans([good, San::Email("eve@evil.example".to_owned())]);
    wrong(judge(two, &constraint("*@acme.example")), Step::Identity, "2 subject alternative names");
    wrong(
        judge(mail.clone().sans([]), &constraint("*@acme.example")),
        Step::Identity,
        "no subject alternative name",
    );
    let principal = mail.clone().sans([San::Principal("ci@acme.example".to_owned())]);
    wrong(
        judge(principal, &either),
        Step::Identity,
        "of kind OtherName, which no policy can name: 1.3.6.1.4.1.311.20.2.3",
    );
    let most = mail.clone().sans(vec![San::Email("ci@acme.example".to_owned()); 16]);
    wrong(judge(most, &either), Step::Identity, "16 subject alternative names");
    let dns = mail.sans([San::Dns("acme.example".to_owned())]);
    wrong(
        judge(dns, &constraint("*@acme.example")),
        Step::Identity,
        "of kind dns, which no policy can name: acme.example",
    );
}

/// verdicts.md 2: "If .1.1 and .1.8 are both there they must be equal."
#[test]
fn two_issuers_must_be_one() {
    let mut identity = github("refs/tags/v1");
    identity.issuer_v1 = Some("https://evil.example".to_owned());
    wrong(judge(identity.clone(), &constraint(RELEASE)), Step::Identity, "two different issuers");
    identity.issuer_v1 = None;
    assert!(judge(identity.clone(), &constraint(RELEASE)).is_ok());
    (identity.issuer_v1, identity.issuer) = (Some(ISSUER.to_owned()), None);
    assert!(judge(identity.clone(), &constraint(RELEASE)).is_ok());
    identity.issuer_v1 = None;
    wrong(judge(identity, &constraint(RELEASE)), Step::Identity, "no issuer");
}
