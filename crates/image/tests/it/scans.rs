//! Scans, and the OpenVEX documents that answer for what they found.

use proofmark_core::{Digest, Reason, Timestamp};
use proofmark_testkit::registry::{ImageSpec, Pushed};
use proofmark_testkit::sigstore::{SignRequest, Statement, TokenSpec};
use serde_json::{Value, json};

use super::unread::beyond;
use crate::support::{Judged, REPOSITORY, Scene, platform_key, scanner, stranger, world};

const INTOTO: &str = "https://in-toto.io/attestation/vulns/v0.2";
const COSIGN: &str = "https://cosign.sigstore.dev/attestation/vuln/v1";
const VEX: &str = "https://openvex.dev/ns/v0.2.0";
const RULE: &str = "[image.attestation.vulnerabilities]\nsigned-by = [\"release\"]\nfail-at = \"high\"\n";
const WITH_VEX: &str = "vex-signed-by = [\"scanner\"]\n";

fn at(day: i8) -> Timestamp {
    format!("2025-09-{day:02}T12:00:00Z").parse().unwrap()
}

fn of(kind: &str, digest: &Digest, day: i8, predicate: Value) -> SignRequest {
    SignRequest::statement(&Statement::new(kind).unnamed_subject(digest).predicate(predicate)).at(at(day))
}

/// A scan that was finished on this day of September 2025 and found one advisory of this severity.
fn scan(digest: &Digest, day: i8, severity: &str) -> SignRequest {
    let result = json!([{ "id": "CVE-2026-0001", "severity": [{ "method": "nvd", "score": severity }] }]);
    of(INTOTO, digest, day, scanned(day, result))
}

fn scanned(day: i8, result: Value) -> Value {
    json!({
        "scanner": { "uri": "pkg:github/aquasecurity/trivy@0.66.0", "db": {}, "result": result },
        "metadata": { "scanStartedOn": at(day).to_string(), "scanFinishedOn": at(day).to_string() },
    })
}

/// The same as Trivy's report in cosign's predicate, which names the component.
fn trivy(digest: &Digest, day: i8) -> SignRequest {
    let found = json!({
        "VulnerabilityID": "CVE-2026-0001", "Severity": "HIGH",
        "PkgIdentifier": { "PURL": "pkg:deb/debian/openssl@3.0.11?arch=amd64" },
    });
    of(
        COSIGN,
        digest,
        day,
        scanned(day, json!({ "SchemaVersion": 2, "Results": [{ "Vulnerabilities": [found] }] })),
    )
}

/// A document of one statement on the advisory.
fn document(day: i8, more: Value) -> Value {
    let mut statement = json!({ "vulnerability": { "name": "CVE-2026-0001" }, "status": "fixed" });
    for (key, value) in more.as_object().unwrap() {
        statement[key] = value.clone();
    }
    json!({
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://acme.example/vex/1", "author": "acme",
        "version": 1, "timestamp": at(day).to_string(), "statements": [statement],
    })
}

fn vex(digest: &Digest, day: i8, more: Value) -> SignRequest {
    of(VEX, digest, day, document(day, more)).keyless(scanner())
}

/// What is attached to the image, and the verdict under this table.
fn judged(rule: &str, attach: impl Fn(&Digest) -> Vec<SignRequest>) -> Judged {
    let mut scene = Scene::new();
    scene.entry(rule);
    let image = scene.image();
    for request in attach(&image.digest) {
        scene.attach(&image, &world().sign(&request));
    }
    scene.verify(&scene.by_tag())
}

/// A severe finding, and these documents.
fn answered(documents: impl Fn(&Digest) -> Vec<SignRequest>) -> Judged {
    judged(&format!("{RULE}{WITH_VEX}"), |digest| {
        let mut all = documents(digest);
        all.push(scan(digest, 5, "high"));
        all
    })
}

/// The scans of both formats and of every scanner's version are one history.
#[test]
fn time_07_the_newest_scan_over_all_formats_decides() {
    judged(RULE, |digest| vec![scan(digest, 2, "low"), trivy(digest, 3)]).refused(Reason::Condition);
    judged(RULE, |digest| vec![trivy(digest, 2), scan(digest, 3, "low")]).pinned();
    judged(RULE, |digest| vec![scan(digest, 3, "low"), trivy(digest, 3)]).refused(Reason::Condition);
    // A scan that cannot be read is no clean one, and is the newest.
    let broken = |digest: &Digest| of(INTOTO, digest, 4, json!({ "scanner": {} }));
    judged(RULE, |digest| vec![scan(digest, 2, "low"), broken(digest)]).refused(Reason::Condition);
    let unread = |digest: &Digest| of(INTOTO, digest, 4, beyond());
    judged(RULE, |digest| vec![scan(digest, 2, "low"), unread(digest)]).refused(Reason::Limit);
    judged(RULE, |digest| vec![scan(digest, 2, "low"), unread(digest).keyless(stranger())]).pinned();
}

/// An old clean scan by a key, stamped again after a bad one: it stays the older one.
#[test]
fn time_07_a_scan_that_is_stamped_again_is_not_new() {
    let rule = RULE.replace("release", "platform");
    let again = |digest: &Digest| {
        scan(digest, 2, "low").at(at(28)).timestamps([TokenSpec::default()]).key(platform_key())
    };
    judged(&rule, |digest| vec![again(digest)]).pinned();
    judged(&rule, |digest| vec![again(digest), scan(digest, 9, "high").key(platform_key())])
        .refused(Reason::Condition);
    judged(&format!("{rule}max-age = \"150d\""), |digest| vec![again(digest)]).refused(Reason::TooOld);
    let timeless = json!({ "scanner": { "result": [] }, "metadata": {} });
    judged(&rule, |digest| vec![of(INTOTO, digest, 2, timeless.clone()).key(platform_key())])
        .refused(Reason::OrderUnknown);
}

#[test]
fn what_vex_excuses() {
    answered(|_| Vec::new()).refused(Reason::Condition);
    let fixed = answered(|digest| vec![vex(digest, 6, json!({}))]);
    assert_eq!(fixed.fact("vulnerabilities", "vex"), "CVE-2026-0001 fixed (scanner)");
    let why = json!({ "status": "not_affected", "justification": "component_not_present" });
    answered(|digest| vec![vex(digest, 6, why.clone())]).pinned();
    // Earlier than the scan: it was known, and holds.
    answered(|digest| vec![vex(digest, 2, json!({}))]).pinned();
    // Without `vex-signed-by` it is not asked.
    judged(RULE, |digest| vec![scan(digest, 5, "high"), vex(digest, 6, json!({}))])
        .refused(Reason::Condition);
    // By an alias, and as it was written before 0.2.0.
    let alias = json!({ "vulnerability": { "name": "GHSA-aaaa", "aliases": ["CVE-2026-0001"] } });
    answered(|digest| vec![vex(digest, 6, alias.clone())]).pinned();
    let old = json!({ "vulnerability": "CVE-2026-0001" });
    answered(|digest| {
        vec![of("https://openvex.dev/ns", digest, 6, document(6, old.clone())).keyless(scanner())]
    })
    .pinned();
}

#[test]
fn what_vex_does_not_excuse() {
    for (more, says) in [
        (json!({ "status": "not_affected" }), "no justification"),
        (json!({ "status": "not_affected", "justification": "we think so" }), "we think so"),
        (json!({ "status": "not_affected", "impact_statement": "cannot happen" }), "no justification"),
        (json!({ "status": "under_investigation" }), "under_investigation"),
        (json!({ "status": "affected" }), "affected"),
        (json!({ "vulnerability": { "name": "CVE-2026-0002" } }), "is high"),
        (json!({ "vulnerability": {} }), "cannot be read"),
        (json!({ "status": null }), "cannot be read"),
        (json!({ "timestamp": "yesterday" }), "cannot be read"),
        (json!({ "products": "pkg:oci/planner" }), "cannot be read"),
        (json!({ "timestamp": "2026-01-31T00:00:00Z" }), "and existed at"),
    ] {
        let judged = answered(|digest| vec![vex(digest, 6, more.clone())]);
        judged.refused(Reason::Condition);
        assert!(judged.says(says), "{more}: {judged:#?}");
    }
}

/// ATT-07: anyone can write a VEX document.
#[test]
fn att_07_vex_by_others_is_not_believed() {
    let by_scanner_alone = |digest: &Digest| of(VEX, digest, 6, document(6, json!({})));
    for request in [
        |request: SignRequest| request.keyless(stranger()),
        |request: SignRequest| request.key(platform_key()),
        // Whoever signs scans does not sign VEX by that.
        |request: SignRequest| request,
    ] {
        let judged = answered(|digest| vec![request(by_scanner_alone(digest))]);
        judged.refused(Reason::Condition);
    }
    // Nor does a stranger take away what the right signer said.
    answered(|digest| {
        let affected = document(9, json!({ "status": "affected" }));
        vec![vex(digest, 6, json!({})), of(VEX, digest, 9, affected).keyless(stranger())]
    })
    .pinned();
}

/// The newest statement on an advisory counts, over all documents.
#[test]
fn the_newest_vex_decides() {
    let affected = || json!({ "status": "affected" });
    answered(|digest| vec![vex(digest, 6, json!({})), vex(digest, 7, affected())]).refused(Reason::Condition);
    answered(|digest| vec![vex(digest, 6, affected()), vex(digest, 7, json!({}))]).pinned();
    answered(|digest| vec![vex(digest, 7, affected()), vex(digest, 7, json!({}))]).refused(Reason::Condition);
    // A statement may be older than the document that repeats it.
    let old = json!({ "timestamp": at(3).to_string() });
    answered(|digest| vec![vex(digest, 8, old.clone()), vex(digest, 7, affected())])
        .refused(Reason::Condition);
    // One that cannot be read may speak of it.
    let broken =
        |digest: &Digest| of(VEX, digest, 8, json!({ "timestamp": at(8).to_string() })).keyless(scanner());
    answered(|digest| vec![vex(digest, 6, json!({})), broken(digest)]).refused(Reason::Condition);
    let unread = |digest: &Digest| of(VEX, digest, 8, beyond()).keyless(scanner());
    answered(|digest| vec![vex(digest, 6, json!({})), unread(digest)]).refused(Reason::Limit);
    let text = |_: &Digest| {
        SignRequest::dsse(b"{".to_vec(), "application/vnd.in-toto+json").at(at(8)).keyless(scanner())
    };
    answered(|digest| vec![vex(digest, 6, json!({})), text(digest)]).refused(Reason::Unsupported);
    // What takes an excuse back is heard under any spelling, and about any version; about another image it is not.
    let retracts = |more: Value| {
        answered(|digest| {
            let mut affected = json!({ "status": "affected" });
            affected.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            vec![vex(digest, 6, json!({})), vex(digest, 7, affected)]
        })
    };
    for heard in [
        json!({ "products": [] }),
        json!({ "products": [{ "@id": "pkg:oci/planner?repository_url=registry.test/agents/planner" }] }),
        json!({ "vulnerability": { "name": " cve-2026-0001 " } }),
    ] {
        retracts(heard).refused(Reason::Condition);
    }
    let other = json!({ "products": [{ "@id": format!("pkg:oci/planner@sha256%3A{}", "a".repeat(64)) }] });
    retracts(other).pinned();
    answered(|digest| vec![vex(digest, 6, json!({ "products": [] }))]).refused(Reason::Condition);
    // Where nothing is asked of VEX, it leaves nothing open.
    judged(&format!("{RULE}{WITH_VEX}"), |digest| vec![scan(digest, 5, "low"), unread(digest)]).pinned();
}

/// A product, of the image's digest in hexadecimal.
type Product = fn(&str) -> Value;

/// A product must be a subject of the attestation: by its name, a hash, or the version of its package URL.
#[test]
fn the_product_is_the_image() {
    let hex = |digest: &Digest| digest.hex().to_owned();
    let ours: [Product; 5] = [
        |hex| json!({ "@id": format!("pkg:oci/planner@sha256%3A{hex}?repository_url=registry.test/agents/planner") }),
        |hex| json!({ "identifiers": { "purl": format!("pkg:oci/planner@sha256:{hex}") } }),
        |hex| json!({ "@id": "planner", "hashes": { "sha-256": hex } }),
        |hex| json!(format!("pkg:oci/planner@sha256%3A{hex}")),
        |hex| json!({ "@id": "pkg:oci/planner", "hashes": { "sha-256": hex }, "subcomponents": [] }),
    ];
    for product in ours {
        let judged = answered(|digest| vec![vex(digest, 6, json!({ "products": [product(&hex(digest))] }))]);
        judged.pinned();
    }
    let others: [Product; 4] = [
        |_| json!({ "@id": "pkg:oci/planner" }),
        |_| json!({ "@id": format!("pkg:oci/planner@sha256%3A{}", "a".repeat(64)) }),
        |_| json!({ "hashes": { "sha-256": "a".repeat(64) } }),
        |_| json!({}),
    ];
    for product in others {
        let judged = answered(|digest| vec![vex(digest, 6, json!({ "products": [product(&hex(digest))] }))]);
        judged.refused(Reason::Condition);
    }
}

/// What names components answers for findings in them alone.
#[test]
fn components_of_the_product() {
    let rule = format!("{RULE}{WITH_VEX}");
    let about = |digest: &Digest, component: &str, status: &str| {
        let product =
            json!({ "hashes": { "sha-256": digest.hex() }, "subcomponents": [{ "@id": component }] });
        vex(digest, 6, json!({ "status": status, "products": [product] }))
    };
    for (component, excused) in [
        ("pkg:deb/debian/openssl@3.0.11", true),
        ("pkg:deb/debian/openssl", true),
        ("pkg:deb/debian/zlib", false),
        ("openssl", false),
    ] {
        let judged = judged(&rule, |digest| vec![trivy(digest, 5), about(digest, component, "fixed")]);
        assert_eq!(judged.reason().is_none(), excused, "{component}: {judged:#?}");
        // The scanner says nothing of components: none is answered for.
        answered(|digest| vec![about(digest, component, "fixed")]).refused(Reason::Condition);
    }
    // What does not excuse is heard whatever it names.
    let both = judged(&rule, |digest| {
        vec![trivy(digest, 5), vex(digest, 4, json!({})), about(digest, "pkg:deb/debian/zlib", "affected")]
    });
    both.refused(Reason::Condition);
}

/// `all`: each of the signers must say so.
#[test]
fn a_threshold_of_vex() {
    let rule = format!("{RULE}vex-signed-by = {{ all = [\"scanner\", \"platform\"] }}");
    let by_key = |digest: &Digest, more: Value| of(VEX, digest, 6, document(6, more)).key(platform_key());
    let bad = |digest: &Digest| scan(digest, 5, "high");
    let one = judged(&rule, |digest| vec![bad(digest), vex(digest, 6, json!({}))]);
    one.refused(Reason::Condition);
    assert!(one.says("1 of 2 signers"), "{one:#?}");
    judged(&rule, |digest| vec![bad(digest), vex(digest, 6, json!({})), by_key(digest, json!({}))]).pinned();
    let affected = json!({ "status": "affected" });
    judged(&rule, |digest| vec![bad(digest), vex(digest, 6, json!({})), by_key(digest, affected.clone())])
        .refused(Reason::Condition);
}

fn indexed(rule: &str) -> (Scene, Pushed, Pushed) {
    let mut scene = Scene::new();
    scene.entry(rule);
    let child = scene.registry.push_image(REPOSITORY, &ImageSpec::named("amd64").platform("linux", "amd64"));
    let index = scene.registry.push_index(REPOSITORY, std::slice::from_ref(&child));
    scene.registry.tag(REPOSITORY, "1", &index.digest);
    (scene, index, child)
}

/// "Over child and index together": a scan of the index that names the child, or stands for it by `scope`.
#[test]
fn scans_of_an_index() {
    let (scene, index, child) = indexed(RULE);
    scene.attach(&index, &world().sign(&scan(&index.digest, 2, "low")));
    scene.verify(&scene.by_tag()).refused(Reason::Missing);
    let both = Statement::new(INTOTO).unnamed_subject(&index.digest).unnamed_subject(&child.digest);
    let both = SignRequest::statement(&both.predicate(scanned(3, json!([])))).at(at(3));
    scene.attach(&index, &world().sign(&both));
    assert_eq!(scene.verify(&scene.by_tag()).pinned(), index.digest.to_string());
    let (scene, index, child) = indexed(&format!("{RULE}scope = \"index\"\n{WITH_VEX}"));
    scene.attach(&child, &world().sign(&scan(&child.digest, 2, "low")));
    scene.attach(&index, &world().sign(&scan(&index.digest, 3, "high")));
    scene.verify(&scene.by_tag()).refused(Reason::Condition);
    let product = json!({ "products": [{ "hashes": { "sha-256": index.digest.hex() } }] });
    scene.attach(&index, &world().sign(&vex(&index.digest, 4, product)));
    scene.verify(&scene.by_tag()).pinned();
    scene.attach(&child, &world().sign(&scan(&child.digest, 5, "critical").at(at(5))));
    scene.verify(&scene.by_tag()).pinned();
    let affected = json!({ "status": "affected" });
    scene.attach(&child, &world().sign(&vex(&child.digest, 6, affected)));
    scene.verify(&scene.by_tag()).refused(Reason::Condition);
}

/// Many findings are told one by one, and then counted.
#[test]
fn many_findings() {
    let result: Vec<Value> = (0..100)
        .map(|n| json!({ "id": format!("CVE-2026-{n:04}"), "severity": [{ "method": "nvd", "score": "high" }] }))
        .collect();
    let many = judged(RULE, |digest| vec![of(INTOTO, digest, 2, scanned(2, json!(result)))]);
    many.refused(Reason::Condition);
    assert!(many.says("CVE-2026-0099 is high") && many.says("85 more findings"), "{many:#?}");
    let allow: Vec<String> = (0..100)
        .map(|n| format!("{{ id = \"CVE-2026-{n:04}\", why = \"w\", until = 2026-03-01 }}"))
        .collect();
    let rule = format!("{RULE}allow = [{}]", allow.join(", "));
    let allowed = judged(&rule, |digest| vec![of(INTOTO, digest, 2, scanned(2, json!(result)))]);
    assert!(allowed.fact("vulnerabilities", "allowed").contains("and 68 more"), "{allowed:#?}");
}

/// A document over index and child answers for the one that its product is.
#[test]
fn a_product_is_one_of_several_subjects() {
    let (scene, index, child) = indexed(&format!("{RULE}{WITH_VEX}"));
    scene.attach(&child, &world().sign(&scan(&child.digest, 2, "high")));
    let about = |digest: &Digest| {
        let product = json!({ "products": [{ "hashes": { "sha-256": digest.hex() } }] });
        let both = Statement::new(VEX).unnamed_subject(&index.digest).unnamed_subject(&child.digest);
        SignRequest::statement(&both.predicate(document(3, product))).at(at(3)).keyless(scanner())
    };
    scene.attach(&index, &world().sign(&about(&index.digest)));
    scene.verify(&scene.by_tag()).refused(Reason::Condition);
    scene.attach(&index, &world().sign(&about(&child.digest)));
    scene.verify(&scene.by_tag()).pinned();
}

/// What claims only another repository is about that one.
#[test]
fn vex_of_another_repository() {
    let named = |digest: &Digest, name: &str| {
        let statement = Statement::new(VEX).subject(name, digest).predicate(document(6, json!({})));
        SignRequest::statement(&statement).at(at(6)).keyless(scanner())
    };
    answered(|digest| vec![named(digest, "registry.test/agents/planner")]).pinned();
    answered(|digest| vec![named(digest, "registry.test/agents/other")]).refused(Reason::Condition);
}

/// A product may be named as the subject is; no name is no name.
#[test]
fn a_product_by_the_name_of_its_subject() {
    let named = |digest: &Digest, subject: &str, product: &str| {
        let document = document(6, json!({ "products": [{ "@id": product }] }));
        let statement = Statement::new(VEX);
        let statement = match subject {
            "" => statement.unnamed_subject(digest),
            name => statement.subject(name, digest),
        };
        SignRequest::statement(&statement.predicate(document)).at(at(6)).keyless(scanner())
    };
    answered(|digest| vec![named(digest, "planner", "planner")]).pinned();
    answered(|digest| vec![named(digest, "planner", "other")]).refused(Reason::Condition);
    answered(|digest| vec![named(digest, "", "")]).refused(Reason::Condition);
}

/// More findings than are kept are never all answered for.
#[test]
fn more_findings_than_are_kept() {
    let result: Vec<Value> = (0..4097)
        .map(|n| json!({ "id": format!("CVE-{n}"), "severity": { "method": "nvd", "score": "high" } }))
        .collect();
    let many = judged(RULE, |digest| vec![of(INTOTO, digest, 2, scanned(2, json!(result)))]);
    many.refused(Reason::Condition);
    assert!(many.says("4097 such findings"), "{many:#?}");
}
