//! What `cosign attest` makes of each kind of statement, on the real Sigstore, and what proofmark's rules say to it. cosign has no
//! such rules, so proofmark alone is asked.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::cases::{KEY, LOGGED, MALLORY, PERSON, RELEASE};
use super::evidence::copy_bundle;
use super::policy::{ask, signer_table, write_root};
use super::{Answer, stamp};
use crate::peers::run_command;
use crate::stack::registry::{Image, Repository};
use crate::stack::{Signer, Stack};

/// One statement: by whom, `--type`, and the predicate, in which `$IMAGE` is the image's name, and `$1h`, `$2h` and `$2d` are times so
/// long ago.
type Made = (Signer, &'static str, &'static str);

/// Which of a case's statements are put into the registry with a new timestamp, and with it alone.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stamped {
    Once,
    /// The first, after all the others are there.
    FirstAgain,
}

/// One image with these statements, and the answer that is right.
pub(super) struct Case {
    /// `kind/what`, unique.
    pub(super) id: &'static str,
    made: &'static [Made],
    stamped: Stamped,
    /// The table below `[image.attestation]`; `wanted`, `vex`, `key` and `logged` are its signers.
    table: &'static str,
    /// `pass`, or the reason.
    pub(super) want: &'static str,
}

const SBOM: &str = "[image.attestation.sbom]\nsigned-by = [\"wanted\"]\n";
const SCAN: &str =
    "[image.attestation.vulnerabilities]\nsigned-by = [\"wanted\"]\nmax-age = \"1d\"\nfail-at = \"high\"\n";
const KEYED: &str =
    "[image.attestation.vulnerabilities]\nsigned-by = [\"key\"]\nmax-age = \"1d\"\nfail-at = \"high\"\n";
const LOGGED_SCAN: &str =
    "[image.attestation.vulnerabilities]\nsigned-by = [\"logged\"]\nmax-age = \"1d\"\nfail-at = \"high\"\n";
const LOGGED_ANY_AGE: &str =
    "[image.attestation.vulnerabilities]\nsigned-by = [\"logged\"]\nfail-at = \"high\"\n";
const LOGGED_VSA: &str = "[image.attestation.vsa]\nsigned-by = [\"logged\"]\nverifier = \"https://acme.example/proofmark\"\nlevels = [\"SLSA_BUILD_LEVEL_2\"]\n";
const WITH_VEX: &str = "[image.attestation.vulnerabilities]\nsigned-by = [\"wanted\"]\nfail-at = \"high\"\nvex-signed-by = [\"vex\"]\n";
const VSA: &str = "[image.attestation.vsa]\nsigned-by = [\"wanted\"]\nverifier = \"https://acme.example/proofmark\"\nlevels = [\"SLSA_BUILD_LEVEL_2\"]\nmax-age = \"1d\"\n";

const CYCLONEDX: &str = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"components":[{"type":"library","name":"openssl","version":"3.5.1"}]}"#;
const NO_COMPONENTS: &str = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"components":[]}"#;
const SPDX: &str = r#"{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","name":"agent","documentDescribes":["SPDXRef-image"],"packages":[{"SPDXID":"SPDXRef-image","name":"agent"},{"SPDXID":"SPDXRef-a","name":"openssl","versionInfo":"3.5.1"}]}"#;
const CLEAN: &str = r#"{"invocation":{"parameters":null,"uri":"","event_id":"","builder.id":""},"scanner":{"uri":"pkg:github/aquasecurity/trivy@0.66.0","version":"0.66.0","db":{"uri":"","version":""},"result":{"SchemaVersion":2,"ArtifactName":"agent"}},"metadata":{"scanStartedOn":"$1h","scanFinishedOn":"$1h"}}"#;
const OLD: &str = r#"{"invocation":{"parameters":null,"uri":"","event_id":"","builder.id":""},"scanner":{"uri":"pkg:github/aquasecurity/trivy@0.66.0","version":"0.66.0","db":{"uri":"","version":""},"result":{"SchemaVersion":2,"ArtifactName":"agent"}},"metadata":{"scanStartedOn":"$2d","scanFinishedOn":"$2d"}}"#;
const FOUND: &str = r#"{"invocation":{"parameters":null,"uri":"","event_id":"","builder.id":""},"scanner":{"uri":"pkg:github/aquasecurity/trivy@0.66.0","version":"0.66.0","db":{"uri":"","version":""},"result":{"SchemaVersion":2,"Results":[{"Target":"debian","Vulnerabilities":[{"VulnerabilityID":"CVE-2026-0001","Severity":"HIGH"}]}]}},"metadata":{"scanStartedOn":"$2h","scanFinishedOn":"$2h"}}"#;
const FOUND_LATER: &str = r#"{"scanner":{"uri":"pkg:github/anchore/grype@0.99.0","db":{},"result":[{"id":"CVE-2026-0001","severity":[{"method":"nvd","score":"high"}]}]},"metadata":{"scanStartedOn":"$1h","scanFinishedOn":"$1h"}}"#;
const VEX: &str = r#"{"@context":"https://openvex.dev/ns/v0.2.0","@id":"https://acme.example/vex/1","author":"acme","timestamp":"$1h","version":1,"statements":[{"vulnerability":{"name":"CVE-2026-0001"},"status":"not_affected","justification":"vulnerable_code_not_present"}]}"#;
const PASSED: &str = r#"{"verifier":{"id":"https://acme.example/proofmark"},"timeVerified":"$1h","resourceUri":"oci://$IMAGE","policy":{"uri":"policy"},"verificationResult":"PASSED","verifiedLevels":["SLSA_BUILD_LEVEL_3"]}"#;
const PASSED_TIMELESS: &str = r#"{"verifier":{"id":"https://acme.example/proofmark"},"resourceUri":"oci://$IMAGE","policy":{"uri":"policy"},"verificationResult":"PASSED","verifiedLevels":["SLSA_BUILD_LEVEL_3"]}"#;
const FAILED: &str = r#"{"verifier":{"id":"https://acme.example/proofmark"},"timeVerified":"$2h","resourceUri":"oci://$IMAGE","policy":{"uri":"policy"},"verificationResult":"FAILED","verifiedLevels":["FAILED"]}"#;
const ELSEWHERE: &str = r#"{"verifier":{"id":"https://acme.example/proofmark"},"timeVerified":"$1h","resourceUri":"oci://$IMAGE-other","policy":{"uri":"policy"},"verificationResult":"PASSED","verifiedLevels":["SLSA_BUILD_LEVEL_3"]}"#;

const VULNS: &str = "https://in-toto.io/attestation/vulns/v0.2";
const SUMMARY: &str = "https://slsa.dev/verification_summary/v1";

const fn case(id: &'static str, made: &'static [Made], table: &'static str, want: &'static str) -> Case {
    Case { id, made, stamped: Stamped::Once, table, want }
}

const fn restamped(id: &'static str, made: &'static [Made], table: &'static str, want: &'static str) -> Case {
    Case { id, made, stamped: Stamped::FirstAgain, table, want }
}

/// Every case, in the order of the table.
pub(super) const CASES: &[Case] = &[
    case("sbom/cyclonedx", &[(RELEASE, "cyclonedx", CYCLONEDX)], SBOM, "pass"),
    case("sbom/spdx", &[(RELEASE, "spdxjson", SPDX)], SBOM, "pass"),
    case("sbom/empty", &[(RELEASE, "cyclonedx", NO_COMPONENTS)], SBOM, "condition"),
    case("sbom/stranger", &[(MALLORY, "cyclonedx", CYCLONEDX)], SBOM, "missing"),
    case("vuln/clean", &[(RELEASE, "vuln", CLEAN)], SCAN, "pass"),
    case("vuln/found", &[(RELEASE, "vuln", FOUND)], SCAN, "condition"),
    case("vuln/old", &[(RELEASE, "vuln", OLD)], SCAN, "too-old"),
    case("vuln/key", &[(KEY, "vuln", CLEAN)], KEYED, "pass"),
    case("vuln/key-old", &[(KEY, "vuln", OLD)], KEYED, "too-old"),
    case("vuln/mended", &[(RELEASE, "vuln", CLEAN), (RELEASE, "vuln", FOUND)], SCAN, "pass"),
    case("vuln/found-later", &[(RELEASE, VULNS, FOUND_LATER), (RELEASE, "vuln", OLD)], SCAN, "condition"),
    case("vuln/vex", &[(RELEASE, "vuln", FOUND), (PERSON, "openvex", VEX)], WITH_VEX, "pass"),
    case("vuln/vex-stranger", &[(RELEASE, "vuln", FOUND), (MALLORY, "openvex", VEX)], WITH_VEX, "condition"),
    case("vsa/passed", &[(RELEASE, SUMMARY, PASSED), (RELEASE, SUMMARY, FAILED)], VSA, "pass"),
    case("vsa/failed", &[(RELEASE, SUMMARY, FAILED)], VSA, "condition"),
    case("vsa/elsewhere", &[(RELEASE, SUMMARY, ELSEWHERE)], VSA, "wrong-repository"),
    // Anyone can have an old envelope stamped again, and take away the bundle with the first stamp (verdicts.md 6).
    case("vuln/logged", &[(LOGGED, "vuln", CLEAN)], LOGGED_SCAN, "pass"),
    restamped("vuln/restamped", &[(LOGGED, "vuln", CLEAN)], LOGGED_SCAN, "pass"),
    restamped("vuln/restamped-old", &[(LOGGED, "vuln", OLD)], LOGGED_SCAN, "too-old"),
    restamped(
        "vuln/restamped-clean",
        &[(LOGGED, "vuln", OLD), (LOGGED, "vuln", FOUND)],
        LOGGED_ANY_AGE,
        "condition",
    ),
    restamped(
        "vsa/restamped-timeless",
        &[(LOGGED, SUMMARY, PASSED_TIMELESS), (LOGGED, SUMMARY, FAILED)],
        LOGGED_VSA,
        "order-unknown",
    ),
];

/// One row: what is wrong with it, if anything is.
pub(super) fn run(stack: &Stack, binary: &Path, case: &Case, host: &str) -> Result<Option<String>> {
    let repository = Repository { host: host.to_owned(), name: format!("attested/{}", case.id) };
    let dir = stack.dir().join("attested").join(format!("{host}-{}", case.id).replace(['/', ':'], "-"));
    fs::create_dir_all(&dir)?;
    let reference = attest(stack, case, &repository, &dir)?;
    let policy = write(stack, case, &repository, &dir)?;
    let Answer { exit, reason, .. } = ask(binary, stack.dir(), &dir, &policy, &reference)?;
    let said = if exit == 0 { "pass".to_owned() } else { reason };
    Ok((said != case.want).then(|| format!("{}@{host}: {said}, expected {}", case.id, case.want)))
}

/// Pushes the image and its statements; gives the reference by digest.
fn attest(stack: &Stack, case: &Case, repository: &Repository, dir: &Path) -> Result<String> {
    let image = Image::new(&format!("attested {}", case.id), &["amd64"]);
    image.push(repository, Some("1"))?;
    let digest = image.top()?.digest();
    let source = Repository { host: repository.host.clone(), name: format!("{}-source", repository.name) };
    let again = case.stamped == Stamped::FirstAgain;
    if again {
        image.push(&source, Some("1"))?;
    }
    for (at, (signer, kind, predicate)) in case.made.iter().enumerate() {
        let to = if again && at == 0 { &source } else { repository };
        let file = dir.join(format!("{at}.json"));
        fs::write(&file, filled(predicate, &format!("{}/{}", repository.host, repository.name))?)?;
        stack.cosign().attest(&to.reference(&digest), *signer, kind, &file)?;
    }
    if again {
        // A timestamp is of a second: the new one shall be later than all that were given.
        thread::sleep(Duration::from_millis(1_100));
        let bundles = source.referrers(&digest)?;
        ensure!(bundles.len() == 1, "cosign left {} bundles", bundles.len());
        let change = |bundle: &mut Value| stamp::again(stack, bundle);
        copy_bundle(&bundles[0], &source, repository, image.top()?, change)?;
    }
    Ok(repository.reference(&digest))
}

fn filled(predicate: &str, name: &str) -> Result<String> {
    let mut text = predicate.replace("$IMAGE", name);
    for (mark, ago) in [("$1h", "1 hour ago"), ("$2h", "2 hours ago"), ("$2d", "2 days ago")] {
        let time = run_command(Command::new("date").args(["-u", "-d", ago, "+%FT%TZ"]))?;
        text = text.replace(mark, time.trim());
    }
    ensure!(!text.contains('$'), "a mark is left in {text}");
    Ok(text)
}

/// The policy's directory; gives the path of `proofmark.toml`.
fn write(stack: &Stack, case: &Case, repository: &Repository, dir: &Path) -> Result<PathBuf> {
    let (allowlists, roots) = (dir.join("allowlists"), dir.join("trust-roots"));
    fs::create_dir_all(&allowlists)?;
    fs::create_dir_all(&roots)?;
    let signers = [("wanted", RELEASE), ("vex", PERSON), ("key", KEY), ("logged", LOGGED)];
    let signers: Vec<String> =
        signers.iter().map(|(name, who)| format!("[signers.{name}]\n{}\n", signer_table(*who))).collect();
    // What is stamped again was signed in a repository beside, whose name cosign puts into the statement.
    let bound = if case.stamped == Stamped::FirstAgain { "repository = \"any\"\n" } else { "" };
    let entry =
        format!("[[image]]\nmatch = \"{}/{}\"\n{bound}{}", repository.host, repository.name, case.table);
    let policy = dir.join("proofmark.toml");
    fs::write(&policy, format!("version = 1\n\n{}{entry}", signers.concat()))?;
    fs::write(allowlists.join("registries.toml"), format!("[[registry]]\nhost = \"{}\"\n", repository.host))?;
    write_root(&roots, "acme.json", &fs::read(stack.trusted_root())?)?;
    let key = stack.cosign().key_pair("acme").context("the key of the signer `key`")?;
    write_root(&roots, "wanted.pub", &fs::read(key)?)?;
    Ok(policy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_unique_and_predicates_are_json() {
        for (at, case) in CASES.iter().enumerate() {
            assert!(!CASES[..at].iter().any(|other| other.id == case.id), "{} twice", case.id);
            for (_, _, predicate) in case.made {
                assert!(serde_json::from_str::<serde_json::Value>(predicate).is_ok(), "{}", case.id);
            }
        }
        for kind in ["sbom/", "vuln/", "vsa/"] {
            assert!(CASES.iter().any(|case| case.id.starts_with(kind) && case.want == "pass"), "{kind}");
            assert!(CASES.iter().any(|case| case.id.starts_with(kind) && case.want != "pass"), "{kind}");
        }
    }
}
