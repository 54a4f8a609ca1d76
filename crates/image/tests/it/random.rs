//! Random sets of statements under random failing paths, against the rules in words of their own: what strangers or other rules'
//! signers add never makes a pass, never unmakes one where one is enough, and where the newest decides nothing but a whole
//! view passes (verdicts.md 4).

use proofmark_core::{Digest, Outcome, Timestamp};
use proofmark_testkit::registry::{Effect, Fault, Route};
use proofmark_testkit::sigstore::{Format, LogSpec, SignRequest, Statement};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::unread::beyond;
use crate::support::{REPOSITORY, Scene, platform_key, scanner, stranger, world};

/// The rule that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Sbom,
    Vsa,
    Scan,
}

/// What a statement says to the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    Good,
    Bad,
    /// Nothing that can be read.
    Beyond,
    /// Of a type that the rule does not read.
    Other,
}

/// Who makes it: `release` and `scanner` are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Release,
    Scanner,
    Key,
    Stranger,
}

#[derive(Debug, Clone, Copy)]
struct Made {
    who: Who,
    says: Says,
    day: i8,
    /// In the `.att` tag; else a referrer.
    legacy: bool,
}

/// Which path gives no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Down {
    Nothing,
    Referrers,
    Att,
}

fn at(day: i8) -> Timestamp {
    format!("2025-09-{day:02}T12:00:00Z").parse().unwrap()
}

const fn kind(asked: Asked, says: Says) -> &'static str {
    match (asked, says) {
        (_, Says::Other) => "https://acme.example/other/v1",
        (Asked::Sbom, _) => "https://cyclonedx.org/bom",
        (Asked::Vsa, _) => "https://slsa.dev/verification_summary/v1",
        (Asked::Scan, _) => "https://in-toto.io/attestation/vulns/v0.2",
    }
}

fn predicate(asked: Asked, made: Made) -> Value {
    let good = made.says == Says::Good;
    match asked {
        _ if made.says == Says::Beyond => beyond(),
        Asked::Sbom => {
            let components = if good { json!([{ "name": "openssl", "version": "3" }]) } else { json!([]) };
            json!({ "bomFormat": "CycloneDX", "specVersion": "1.6", "components": components })
        }
        Asked::Vsa => json!({
            "verifier": { "id": "v" }, "resourceUri": "oci://registry.test/agents/planner", "verifiedLevels": [],
            "verificationResult": if good { "PASSED" } else { "FAILED" }, "timeVerified": at(made.day).to_string(),
        }),
        Asked::Scan => {
            let severity = if good { "low" } else { "critical" };
            json!({
                "scanner": { "result": [{ "id": "CVE-1", "severity": { "method": "nvd", "score": severity } }] },
                "metadata": { "scanFinishedOn": at(made.day).to_string() },
            })
        }
    }
}

fn request(asked: Asked, digest: &Digest, made: Made) -> SignRequest {
    let statement = Statement::new(kind(asked, made.says)).unnamed_subject(digest);
    let request = SignRequest::statement(&statement.predicate(predicate(asked, made))).at(at(made.day));
    let request = match made.who {
        Who::Release => request,
        Who::Scanner => request.keyless(scanner()),
        Who::Key => request.key(platform_key()),
        Who::Stranger => request.keyless(stranger()),
    };
    if made.legacy { request.log(LogSpec::rekor_v1()).format(Format::Legacy) } else { request }
}

fn outcome(asked: Asked, all: &[Made], down: Down) -> Outcome {
    let mut scene = Scene::new();
    let signed_by = "signed-by = { any = [\"release\", \"scanner\"] }";
    scene.entry(&match asked {
        Asked::Sbom => format!("[image.attestation.sbom]\n{signed_by}"),
        Asked::Vsa => format!("[image.attestation.vsa]\n{signed_by}\nverifier = \"v\""),
        Asked::Scan => format!("[image.attestation.vulnerabilities]\n{signed_by}\nfail-at = \"high\""),
    });
    let image = scene.image();
    let mut legacy = Vec::new();
    for made in all {
        let signed = world().sign(&request(asked, &image.digest, *made));
        if made.legacy {
            legacy.push(signed);
        } else {
            scene.attach(&image, &signed);
        }
    }
    if !legacy.is_empty() {
        scene.registry.attach_legacy(REPOSITORY, &image.digest, &legacy.iter().collect::<Vec<_>>());
    }
    match down {
        Down::Nothing => {}
        Down::Referrers => scene.registry.fault(Fault::on(Route::Referrers, Effect::Status(500))),
        Down::Att => {
            let tag = Route::Tag(format!("sha256-{}.att", image.digest.hex()));
            scene.registry.fault(Fault::on(tag, Effect::Status(500)));
        }
    }
    scene.verify(&scene.by_tag()).deciding().outcome
}

/// The rules in other words.
fn expected(asked: Asked, all: &[Made], down: Down) -> Outcome {
    let heard = |made: &&Made| {
        let seen = match down {
            Down::Nothing => true,
            Down::Referrers => made.legacy,
            Down::Att => !made.legacy,
        };
        seen && matches!(made.who, Who::Release | Who::Scanner) && made.says != Says::Other
    };
    let heard: Vec<&Made> = all.iter().filter(heard).collect();
    let open = down != Down::Nothing || heard.iter().any(|made| made.says == Says::Beyond);
    let read = || heard.iter().filter(|made| made.says != Says::Beyond);
    let satisfied = match asked {
        Asked::Sbom => read().any(|made| made.says == Says::Good),
        Asked::Vsa | Asked::Scan => {
            let newest = read().map(|made| made.day).max();
            newest.is_some()
                && read().filter(|made| Some(made.day) == newest).all(|made| made.says == Says::Good)
        }
    };
    match (asked, satisfied, open) {
        (Asked::Sbom, true, _) | (_, true, false) => Outcome::Pass,
        (_, _, true) => Outcome::Unverifiable,
        (_, false, false) => Outcome::Fail,
    }
}

fn made() -> impl Strategy<Value = Made> {
    let who = prop::sample::select(&[Who::Release, Who::Scanner, Who::Key, Who::Stranger][..]);
    // Good and bad ones more often than others.
    let says =
        prop::sample::select(&[Says::Good, Says::Good, Says::Bad, Says::Bad, Says::Beyond, Says::Other][..]);
    (who, says, 2..6_i8, any::<bool>()).prop_map(|(who, says, day, legacy)| Made { who, says, day, legacy })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn statements_decide_as_the_rules_say(
        asked in prop::sample::select(&[Asked::Sbom, Asked::Vsa, Asked::Scan][..]),
        all in prop::collection::vec(made(), 0..5),
        down in prop::sample::select(&[Down::Nothing, Down::Nothing, Down::Referrers, Down::Att][..]),
    ) {
        prop_assert_eq!(outcome(asked, &all, down), expected(asked, &all, down));
    }

    /// A stranger's statement, another rule's signer's, or one of another type: whatever it says, the verdict stays.
    #[test]
    fn foreign_statements_change_nothing(
        asked in prop::sample::select(&[Asked::Sbom, Asked::Vsa, Asked::Scan][..]),
        all in prop::collection::vec(made(), 0..4),
        more in made(),
        who in prop::sample::select(&[Who::Key, Who::Stranger][..]),
        down in prop::sample::select(&[Down::Nothing, Down::Referrers, Down::Att][..]),
    ) {
        let with = [all.as_slice(), &[Made { who, ..more }]].concat();
        prop_assert_eq!(outcome(asked, &with, down), outcome(asked, &all, down));
    }
}
