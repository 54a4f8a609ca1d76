//! Large statements where the policy asks for some: what an accepted signer made is read within the bounds, or leaves the answer
//! open; what a stranger made costs no more, and changes nothing.

use super::amplified::{MIB, plain};
use crate::row::{Row, Want};
use crate::scene::Scene;

const SBOM: &str = "[image.attestation.sbom]\nsigned-by = [\"release\"]";
const SCAN: &str = "[image.attestation.vulnerabilities]\nsigned-by = [\"release\"]\nfail-at = \"high\"";
const BOM: &str = "https://cyclonedx.org/bom";
const VULNS: &str = "https://in-toto.io/attestation/vulns/v0.2";

/// A statement about the image.
fn statement(scene: &Scene, kind: &str, predicate: &str) -> String {
    let digest = scene.image.digest.hex();
    format!(
        r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[{{"digest":{{"sha256":"{digest}"}}}}],
        "predicateType":"{kind}","predicate":{predicate}}}"#
    )
}

/// An SBOM of so many components, with a text of so many bytes in it.
fn bom(scene: &Scene, components: usize, text: usize) -> String {
    let component =
        r#"{"type":"library","name":"left-pad","version":"1.3.0","purl":"pkg:npm/left-pad@1.3.0"},"#;
    let components = component.repeat(components);
    let text = "x".repeat(text);
    let predicate = format!(
        r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","serialNumber":"{text}","components":[{components}
        {{"name":"a","version":"1"}}]}}"#
    );
    statement(scene, BOM, &predicate)
}

/// A scan of so many findings, each as bad as can be.
fn scan(scene: &Scene, findings: usize) -> String {
    let one =
        |n: usize| format!(r#"{{"id":"CVE-2026-{n}","severity":[{{"method":"nvd","score":"critical"}}]}}"#);
    let all: Vec<String> = (0..findings).map(one).collect();
    let predicate = format!(
        r#"{{"scanner":{{"result":[{}]}},"metadata":{{"scanFinishedOn":"2025-09-01T11:59:00Z"}}}}"#,
        all.join(",")
    );
    statement(scene, VULNS, &predicate)
}

pub(super) const ROWS: &[Row] = &[
    Row::new("an SBOM of 12,000 components", Want::Pass, || {
        let scene = Scene::unsigned(plain()).asking(SBOM);
        let statement = bom(&scene, 12_000, 0);
        scene.by_release(statement.as_bytes())
    }),
    Row::new("an SBOM that is too large", Want::Unverifiable("limit"), || {
        let scene = Scene::unsigned(plain()).asking(SBOM);
        let statement = bom(&scene, 100_000, 0);
        scene.by_release(statement.as_bytes())
    }),
    Row::new("an SBOM of one text of 11 MiB", Want::Unverifiable("limit"), || {
        let scene = Scene::unsigned(plain()).asking(SBOM);
        let statement = bom(&scene, 0, 11 * MIB);
        scene.by_release(statement.as_bytes())
    }),
    Row::new("a stranger's SBOM of one text of 11 MiB", Want::Fail("missing"), || {
        let scene = Scene::unsigned(plain()).asking(SBOM);
        let statement = bom(&scene, 0, 11 * MIB);
        scene.by_a_stranger(statement.as_bytes())
    }),
    Row::new(
        "a stranger's scan of 100,000 findings, where SBOMs are asked for",
        Want::Fail("missing"),
        || {
            let scene = Scene::unsigned(plain()).asking(SBOM);
            let statement = scan(&scene, 100_000);
            scene.by_a_stranger(statement.as_bytes())
        },
    ),
    Row::new("a scan of 10,000 findings that fail", Want::Fail("condition"), || {
        let scene = Scene::unsigned(plain()).asking(SCAN);
        let statement = scan(&scene, 10_000);
        scene.by_release(statement.as_bytes())
    }),
    Row::new("a scan that is too large", Want::Unverifiable("limit"), || {
        let scene = Scene::unsigned(plain()).asking(SCAN);
        let statement = scan(&scene, 100_000);
        scene.by_release(statement.as_bytes())
    }),
];
