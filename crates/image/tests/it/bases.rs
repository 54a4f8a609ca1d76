//! Base images over whole platforms: indexes, formats, layers that are elsewhere, bytes that cannot be had.

use std::collections::BTreeMap;

use proofmark_core::{Digest, Reason};
use proofmark_image::BaseOptions;
use proofmark_testkit::registry::{Effect, Fault, ImageSpec, MEDIA_MANIFEST, Pushed, Route};
use proofmark_testkit::sigstore::{SignRequest, Statement};
use serde_json::{Value, json};

use crate::support::{REPOSITORY, Scene, platform_key, signed, world};

const ENTRY: &str = "signed-by = [\"release\"]\nbase = \"approved\"";

fn layer(name: &str) -> Vec<u8> {
    name.as_bytes().to_vec()
}

fn row(name: &str, platform: &str, layers: &[&str], more: &str) -> String {
    let ids: Vec<String> = layers.iter().map(|text| Digest::sha256(text.as_bytes()).to_string()).collect();
    format!(
        "[[base]]\nname = \"{name}\"\ndigests = [\"{}\"]\nplatforms = [\"{platform}\"]\ndiff-ids = {ids:?}\n\
         added-by = \"ops\"\nwhy = \"reviewed\"\n{more}\n",
        Digest::sha256(name.as_bytes())
    )
}

/// A scene whose entry asks for an approved base, with these rows.
fn scene(rows: &[String]) -> Scene {
    let mut scene = Scene::new();
    scene.entry(ENTRY);
    scene.file("allowlists/base-images.toml", &rows.concat());
    scene
}

fn tagged(scene: &Scene, image: &Pushed) {
    scene.registry.tag(REPOSITORY, "1", &image.digest);
    scene.attach(image, &signed(&image.digest));
}

/// An index of an image for each platform, each with its own base layer.
fn multi_arch(scene: &Scene, platforms: &[&str]) -> (Pushed, Vec<Pushed>) {
    let child = |arch: &&str| {
        let spec = ImageSpec::default().layers([layer(&format!("os-{arch}")), layer(arch)]);
        scene.registry.push_image(REPOSITORY, &spec.platform("linux", arch))
    };
    let children: Vec<Pushed> = platforms.iter().map(child).collect();
    let index = scene.registry.push_index(REPOSITORY, &children);
    tagged(scene, &index);
    (index, children)
}

/// Each child of an index stands on the base of its own platform; the platform that is asked for is judged alone.
#[test]
fn base_02_each_platform_has_its_own_rows() {
    let amd64 = row("os", "linux/amd64", &["os-amd64"], "");
    let arm64 = row("os", "linux/arm64", &["os-arm64"], "");
    let both = scene(&[amd64.clone(), arm64]);
    let (index, _) = multi_arch(&both, &["amd64", "arm64"]);
    let judged = both.verify(&both.by_tag());
    assert_eq!(judged.pinned(), index.digest.to_string());
    let platforms: Vec<String> = judged
        .evidence("base")
        .iter()
        .flat_map(|one| one.facts.iter().filter(|fact| fact.name == "platform"))
        .map(|fact| fact.value.clone())
        .collect();
    assert_eq!(platforms, ["linux/amd64", "linux/arm64"]);
    let one = scene(&[amd64]);
    multi_arch(&one, &["amd64", "arm64"]);
    assert_eq!(one.verify(&one.by_tag()).refused(Reason::Base).rule.id, "image-base");
    one.verify_for(&one.by_tag(), "linux/amd64").pinned();
    one.verify_for(&one.by_tag(), "linux/arm64").refused(Reason::Base);
}

/// BuildKit's attestation manifests are signed by nobody: they need no base, and what they claim gives an image none.
#[test]
fn att_09_unsigned_provenance_gives_an_image_no_base() {
    for (lowest, expected) in [("os", "pass"), ("another", "base")] {
        let scene = scene(&[row("os", "linux/amd64", &["os"], "")]);
        let spec = ImageSpec::default().layers([layer(lowest), layer("app")]);
        let image = scene.registry.push_image(REPOSITORY, &spec);
        let claims = format!(
            r#"{{"predicate":{{"materials":[{{"uri":"pkg:docker/os","digest":{{"sha256":"{}"}}}}]}}}}"#,
            Digest::sha256(b"os").hex()
        );
        let attestation =
            scene.registry.push_buildkit_attestation(REPOSITORY, &image.digest, claims.as_bytes());
        let index = scene.registry.push_index_of(REPOSITORY, vec![image.descriptor(), attestation]);
        tagged(&scene, &index);
        assert_eq!(scene.verify(&scene.by_tag()).word(), expected);
    }
}

#[test]
fn docker_schema_2_is_read_like_oci() {
    let scene = scene(&[row("os", "linux/amd64", &["os"], "")]);
    let spec =
        ImageSpec { docker: true, ..ImageSpec::default().layers([layer("os"), layer(""), layer("app")]) };
    tagged(&scene, &scene.registry.push_image(REPOSITORY, &spec));
    let judged = scene.verify(&scene.by_tag());
    judged.pinned();
    assert_eq!(judged.fact("base", "layers"), "1 of 3");
}

/// A layer that the registry need not hold counts by its diff ID, and nothing is fetched from where it says it is.
#[test]
fn a_foreign_layer_counts_as_any() {
    let scene = scene(&[row("windows", "windows/amd64", &["foreign"], "")]);
    let foreign = json!({
        "mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        "digest": Digest::sha256(b"compressed elsewhere").to_string(),
        "size": 1_000_000,
        "urls": ["https://cdn.example/layer"],
    });
    let app = scene.registry.push_blob(REPOSITORY, b"app");
    let app = json!({ "mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": app.to_string(), "size": 3 });
    let ids: Vec<String> =
        ["foreign", "app"].map(|text| Digest::sha256(text.as_bytes()).to_string()).to_vec();
    let config = json!({
        "os": "windows", "architecture": "amd64", "os.version": "10.0.20348.1",
        "rootfs": { "type": "layers", "diff_ids": ids },
    });
    tagged(&scene, &push(&scene, &config, &[foreign, app]));
    scene.verify(&scene.by_tag()).pinned();
    assert!(scene.asked().iter().all(|url| !url.contains("cdn.example")), "{:?}", scene.asked());
}

/// An image of this configuration and these layers.
fn push(scene: &Scene, config: &Value, layers: &[Value]) -> Pushed {
    let config = config.to_string();
    let digest = scene.registry.push_blob(REPOSITORY, config.as_bytes());
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MEDIA_MANIFEST,
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": digest.to_string(),
            "size": config.len(),
        },
        "layers": layers,
    });
    scene.registry.push_document(REPOSITORY, MEDIA_MANIFEST, &manifest)
}

/// BASE-03: what the configuration says of its layers must at least fit its manifest, and be of one reading.
#[test]
fn base_03_a_configuration_that_does_not_fit_is_malformed() {
    let ids = |names: &[&str]| -> Vec<String> {
        names.iter().map(|text| Digest::sha256(text.as_bytes()).to_string()).collect()
    };
    let good = json!({ "os": "linux", "architecture": "amd64", "rootfs": { "type": "layers", "diff_ids": ids(&["os"]) } });
    for (change, with) in [
        ("/rootfs/diff_ids", json!(ids(&["os", "app"]))),
        ("/rootfs/diff_ids", json!([])),
        ("/rootfs/diff_ids", Value::Null),
        ("/rootfs/type", json!("other")),
        ("/rootfs", Value::Null),
        ("/os", Value::Null),
    ] {
        let scene = scene(&[row("os", "linux/amd64", &["os"], "")]);
        let os = scene.registry.push_blob(REPOSITORY, b"os");
        let os = json!({ "mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": os.to_string(), "size": 2 });
        let mut config = good.clone();
        *config.pointer_mut(change).unwrap() = with.clone();
        let mut descriptors = vec![push(&scene, &config, std::slice::from_ref(&os)).descriptor()];
        descriptors[0]["platform"] = json!({ "os": "linux", "architecture": "amd64" });
        let index = scene.registry.push_index_of(REPOSITORY, descriptors);
        tagged(&scene, &index);
        let judged = scene.verify(&scene.by_tag());
        assert_eq!(judged.refused(Reason::Malformed).rule.id, "image-content", "{change} {with}");
    }
}

/// An index that lists an image for a platform which it is not of would have its base looked up for one and run on another.
#[test]
fn an_index_and_a_configuration_that_disagree() {
    let scene = scene(&[row("os", "linux/amd64", &["os"], ""), row("os", "linux/arm64", &["os"], "")]);
    let spec = ImageSpec::default().layers([layer("os")]).platform("linux", "arm64");
    let mut descriptor = scene.registry.push_image(REPOSITORY, &spec).descriptor();
    descriptor["platform"] = json!({ "os": "linux", "architecture": "amd64" });
    let index = scene.registry.push_index_of(REPOSITORY, vec![descriptor]);
    tagged(&scene, &index);
    let judged = scene.verify(&scene.by_tag());
    judged.refused(Reason::Malformed);
    assert!(judged.says("its configuration is for linux/arm64"));
}

/// An image of these layers whose configuration says `own`, in an index that says `listed`.
fn listed_as(scene: &Scene, layers: &[&str], own: &Value, listed: &Value) -> Pushed {
    let descriptor = |name: &&str| {
        let digest = scene.registry.push_blob(REPOSITORY, name.as_bytes());
        json!({ "mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": digest.to_string(), "size": name.len() })
    };
    let ids: Vec<String> = layers.iter().map(|name| Digest::sha256(name.as_bytes()).to_string()).collect();
    let mut config = own.clone();
    config["rootfs"] = json!({ "type": "layers", "diff_ids": ids });
    let layers: Vec<Value> = layers.iter().map(descriptor).collect();
    let mut child = push(scene, &config, &layers).descriptor();
    child["platform"] = listed.clone();
    let index = scene.registry.push_index_of(REPOSITORY, vec![child]);
    tagged(scene, &index);
    index
}

/// BASE-02: a variant that the configuration names takes no image off a base that is revoked or has ended.
#[test]
fn base_02_a_variant_does_not_hide_a_base_that_is_out_of_force() {
    let listed = json!({ "os": "linux", "architecture": "amd64" });
    for more in ["revoked = \"CVE\"", "not-after = 2026-01-01"] {
        for variant in ["v1", "v2"] {
            let mut scene = scene(&[row("os", "linux/amd64", &["os"], more)]);
            scene.entry("signed-by = [\"release\"]\nbase = \"approved-or-scratch\"");
            let own = json!({ "os": "linux", "architecture": "amd64", "variant": variant });
            listed_as(&scene, &["os", "app"], &own, &listed);
            let judged = scene.verify_for(&scene.by_tag(), "linux/amd64");
            assert_eq!(judged.refused(Reason::Base).rule.id, "image-base", "{more} {variant}");
            assert!(judged.says("are those of os for linux/amd64"));
        }
    }
}

/// What index and configuration both say must be one thing; what one leaves open, the other says.
#[test]
fn variants_and_builds_that_disagree() {
    let linux = |variant: &str| json!({ "os": "linux", "architecture": "arm64", "variant": variant });
    let windows = |version: &str| json!({ "os": "windows", "architecture": "amd64", "os.version": version });
    let open = |os: &str, architecture: &str| json!({ "os": os, "architecture": architecture });
    let rows = [
        row("arm", "linux/arm64", &["arm"], ""),
        row("windows", "windows/amd64:10.0.20348.1", &["windows"], ""),
    ];
    for (layer, own, listed, passes) in [
        ("arm", linux("v8"), linux("v9"), false),
        ("arm", linux("8"), linux("v8"), true),
        ("arm", linux("v8"), open("linux", "arm64"), true),
        ("windows", windows("10.0.20348.1"), windows("10.0.17763.1"), false),
        ("windows", windows("10.0.20348.1"), windows("10.0.20348.1"), true),
        ("windows", open("windows", "amd64"), windows("10.0.20348.1"), true),
    ] {
        let scene = scene(&rows);
        listed_as(&scene, &[layer], &own, &listed);
        let judged = scene.verify(&scene.by_tag());
        if passes {
            judged.pinned();
        } else {
            assert_eq!(judged.refused(Reason::Malformed).rule.id, "image-content", "{own} {listed}");
        }
    }
}

/// A configuration that cannot be had leaves the question open, and one that is another is refused.
#[test]
fn base_03_every_hop_to_the_configuration_is_hashed() {
    for (effect, reason) in [
        (Effect::Status(500), Reason::Unreachable),
        (Effect::Status(404), Reason::NotFound),
        (Effect::BitFlip, Reason::DigestMismatch),
    ] {
        let scene = scene(&[row("base", "linux/amd64", &["base layer"], "")]);
        let image = scene.image();
        scene.attach(&image, &signed(&image.digest));
        scene.verify(&scene.by_tag()).pinned();
        let config = config_of(&scene);
        scene.registry.fault(Fault::on(Route::Blob(config), effect.clone()));
        let judged = scene.verify(&scene.by_tag());
        assert_eq!(judged.refused(reason).rule.id, "image-content", "{effect:?}");
    }
}

/// The blob that was read last.
fn config_of(scene: &Scene) -> String {
    let asked = scene.asked();
    let last = asked.iter().rfind(|url| url.contains("/blobs/") && !url.contains("referrers")).unwrap();
    // The image's configuration is read by the base rule, after all evidence.
    last.rsplit('/').next().unwrap().to_owned()
}

/// Fail beats Unverifiable: an unsigned image stays unsigned when its configuration cannot be had.
#[test]
fn an_unreadable_configuration_does_not_hide_a_missing_signature() {
    let scene = scene(&[row("base", "linux/amd64", &["base layer"], "")]);
    scene.image();
    scene.registry.fault(Fault::on(Route::Blobs, Effect::Status(500)));
    scene.verify(&scene.by_tag()).refused(Reason::Unsigned);
}

/// BASE-01: beside a pass, what annotations claim is shown as a claim.
#[test]
fn base_01_claims_are_shown_beside_the_evidence() {
    let scene = scene(&[row("os", "linux/amd64", &["os"], "")]);
    let claimed = [("org.opencontainers.image.base.name", "docker.io/library/alpine:3\u{1b}[2J")];
    let annotations: BTreeMap<&str, &str> = claimed.into();
    let spec = ImageSpec {
        annotations: annotations.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
        ..ImageSpec::default().layers([layer("os"), layer("app")])
    };
    tagged(&scene, &scene.registry.push_image(REPOSITORY, &spec));
    let judged = scene.verify(&scene.by_tag());
    judged.pinned();
    assert_eq!(judged.fact("base", "base"), "os");
    assert!(judged.fact("base-claimed", "name").starts_with("docker.io/library/alpine:3"));
    assert!(!judged.fact("base-claimed", "name").contains('\u{1b}'));
}

/// The evaluation time is 2026-02-01T12:00:00Z; fourteen days are told by default.
#[test]
fn an_approval_that_ends_soon_is_told() {
    for (day, told) in [("2026-02-14", true), ("2026-02-15", false), ("2026-12-31", false)] {
        let scene = scene(&[row("base", "linux/amd64", &["base layer"], &format!("not-after = {day}"))]);
        let image = scene.image();
        scene.attach(&image, &signed(&image.digest));
        let judged = scene.verify(&scene.by_tag());
        judged.pinned();
        assert_eq!(judged.notes().len(), usize::from(told), "{day}: {:?}", judged.notes());
        if told {
            assert_eq!(judged.notes()[0], "the approval of base for linux/amd64 ends in 13 days");
        }
    }
}

/// The base rule runs no discovery and needs no layer.
#[test]
fn no_layer_is_read() {
    let scene = scene(&[row("base", "linux/amd64", &["base layer"], "")]);
    let image = scene.image();
    scene.attach(&image, &signed(&image.digest));
    scene.verify(&scene.by_tag()).pinned();
    let layer = Digest::sha256(b"base layer").to_string();
    assert!(scene.asked().iter().all(|url| !url.contains(&layer)));
}

/// A refusal names what came near, the nearest first, and not everything.
#[test]
fn a_refusal_names_the_nearest_bases() {
    let scene = scene(&[
        row("one", "linux/amd64", &["a", "x"], ""),
        row("two", "linux/amd64", &["a", "b", "x", "y"], ""),
        row("arm", "linux/arm64", &["a", "b", "c"], ""),
        row("another", "linux/amd64", &["a", "z"], ""),
        row("far", "linux/amd64", &["q"], ""),
    ]);
    let spec = ImageSpec::default().layers(["a", "b", "c", "d"].map(layer));
    tagged(&scene, &scene.registry.push_image(REPOSITORY, &spec));
    let judged = scene.verify(&scene.by_tag());
    let observed: Vec<&str> =
        judged.refused(Reason::Base).observed.iter().map(|one| one.text.as_str()).collect();
    assert_eq!(
        observed,
        [
            "all layers of arm, which is listed for linux/arm64",
            "the first 2 of 4 layers of two, and not the rest",
            "the first 1 of 2 layers of another, and not the rest",
            "4 layers for linux/amd64",
        ]
    );
}

/// The rule alone: an entry that asks for no base is asked all the same, strictly, and for the platform that is named.
#[test]
fn the_rule_alone_is_strict_where_the_entry_asks_for_nothing() {
    let mut scene = scene(&[row("os", "linux/amd64", &["os-amd64"], "not-after = 2026-02-10")]);
    multi_arch(&scene, &["amd64"]);
    scene.entry("signed-by = [\"release\"]");
    let options = |warn_within| BaseOptions { warn_within, ..BaseOptions::default() };
    assert_eq!(scene.check_base(&scene.by_tag(), options(0)).notes().len(), 0);
    // 2026-02-10 ends nine and a half days after the evaluation time.
    let left = 9 * 86_400 + 43_200;
    assert_eq!(scene.check_base(&scene.by_tag(), options(left - 1)).notes().len(), 0);
    assert_eq!(scene.check_base(&scene.by_tag(), options(left)).notes().len(), 1);
    multi_arch(&scene, &["amd64", "arm64"]);
    scene.check_base(&scene.by_tag(), options(0)).refused(Reason::Base);
    scene.entry("signed-by = [\"release\"]\nbase = \"approved-or-scratch\"");
    assert_eq!(scene.check_base(&scene.by_tag(), options(0)).word(), "pass");
}

/// Where the policy asks for provenance, the layers and what it says must agree: it names the base, by digest.
#[test]
fn provenance_must_name_the_same_base() {
    let mut scene = scene(&[row("os", "linux/amd64", &["os"], "")]);
    let demand = "[image.attestation.provenance]\nsigned-by = [\"platform\"]\nbuild-type = \"https://acme.example/build\"";
    scene.entry(&format!("{ENTRY}\n{demand}"));
    let spec = ImageSpec::default().layers([layer("os"), layer("app")]).platform("linux", "amd64");
    let image = scene.registry.push_image(REPOSITORY, &spec);
    tagged(&scene, &image);
    let attest = |materials: Value| {
        let predicate = json!({
            "buildDefinition": {
                "buildType": "https://acme.example/build",
                "externalParameters": {},
                "resolvedDependencies": materials,
            },
            "runDetails": { "builder": { "id": "https://acme.example/builder" } },
        });
        let statement = Statement::new("https://slsa.dev/provenance/v1")
            .unnamed_subject(&image.digest)
            .predicate(predicate);
        scene.attach(&image, &world().sign(&SignRequest::statement(&statement).key(platform_key())));
    };
    let refused = || {
        let judged = scene.verify(&scene.by_tag());
        let base = judged.0.iter().find(|row| row.rule.id == "image-base").unwrap();
        assert_eq!(base.reason, Some(Reason::Base), "{base:#?}");
        base.observed[1].text.clone()
    };
    assert!(refused().starts_with("no accepted provenance names anything"), "there is none");
    let material = |name: &str| json!({ "uri": "pkg:docker/os@1", "digest": { "sha256": Digest::sha256(name.as_bytes()).hex() } });
    attest(json!([]));
    assert!(refused().starts_with("no accepted provenance names anything"), "it lists nothing");
    attest(json!([material("another os of that name")]));
    assert_eq!(refused(), "provenance names pkg:docker/os@1");
    // By a digest without a name, behind hundreds of others.
    let mut many: Vec<Value> = (0..400).map(|n| material(&n.to_string())).collect();
    many.push(json!({ "digest": { "sha256": Digest::sha256(b"os").hex() } }));
    attest(json!(many));
    assert_eq!(scene.verify(&scene.by_tag()).pinned(), image.digest.to_string());
    assert_eq!(scene.verify_for(&scene.by_tag(), "linux/amd64").pinned(), image.digest.to_string());
    // It is named by a statement that does not satisfy.
    scene.entry(&format!("{ENTRY}\n{}", demand.replace("/build", "/other-build")));
    let judged = scene.verify(&scene.by_tag());
    let base = judged.0.iter().find(|row| row.rule.id == "image-base").unwrap();
    assert_eq!(base.reason, Some(Reason::Base), "{base:#?}");
    assert!(base.message.ends_with("the provenance that names it is not accepted"), "{base:#?}");
    // What could not be read may name it.
    scene.registry.fault(Fault::on(Route::Referrers, Effect::Status(500)));
    let judged = scene.verify(&scene.by_tag());
    let base = judged.0.iter().find(|row| row.rule.id == "image-base").unwrap();
    assert_eq!(base.reason, Some(Reason::Unreachable), "{base:#?}");
}

/// Squashed onto nothing, and built, as its signed provenance says, from a base that is revoked.
#[test]
fn what_is_built_from_a_revoked_base_is_not_from_scratch() {
    for (more, good) in [("revoked = \"CVE\"", false), ("not-after = 2020-01-01", false), ("", true)] {
        let mut scene = scene(&[row("os", "linux/amd64", &["os"], more)]);
        let demand = "[image.attestation.provenance]\nsigned-by = [\"platform\"]\nbuild-type = \"https://acme.example/build\"";
        scene.entry(&format!("base = \"approved-or-scratch\"\n{demand}"));
        let spec = ImageSpec::default().layers([layer("squashed")]).platform("linux", "amd64");
        let image = scene.registry.push_image(REPOSITORY, &spec);
        tagged(&scene, &image);
        let material =
            json!({ "uri": "pkg:docker/os@1", "digest": { "sha256": Digest::sha256(b"os").hex() } });
        let predicate = json!({
            "buildDefinition": {
                "buildType": "https://acme.example/build",
                "externalParameters": {},
                "resolvedDependencies": [material],
            },
            "runDetails": { "builder": { "id": "https://acme.example/builder" } },
        });
        let statement = Statement::new("https://slsa.dev/provenance/v1")
            .unnamed_subject(&image.digest)
            .predicate(predicate);
        scene.attach(&image, &world().sign(&SignRequest::statement(&statement).key(platform_key())));
        let judged = scene.verify(&scene.by_tag());
        let base = judged.0.iter().find(|row| row.rule.id == "image-base").unwrap();
        assert_eq!(base.reason, (!good).then_some(Reason::Base), "{more}: {base:#?}");
    }
}

/// Of an index each child has a base of its own, and provenance of its own.
#[test]
fn provenance_of_one_child_says_nothing_of_another() {
    let rows = ["amd64", "arm64"].map(|arch| {
        let (layer, platform) = (format!("os-{arch}"), format!("linux/{arch}"));
        row(&format!("os-{arch}"), &platform, &[&layer], "")
    });
    let mut scene = scene(&rows);
    let demand = "[image.attestation.provenance]\nsigned-by = [\"platform\"]\nbuild-type = \"https://acme.example/build\"";
    scene.entry(&format!("{ENTRY}\n{demand}"));
    let (index, children) = multi_arch(&scene, &["amd64", "arm64"]);
    let attest = |image: &Pushed, base: &str| {
        let digest = Digest::sha256(base.as_bytes());
        let predicate = json!({
            "buildDefinition": {
                "buildType": "https://acme.example/build",
                "externalParameters": {},
                "resolvedDependencies": [{ "uri": base, "digest": { "sha256": digest.hex() } }],
            },
            "runDetails": { "builder": { "id": "https://acme.example/builder" } },
        });
        let statement = Statement::new("https://slsa.dev/provenance/v1")
            .unnamed_subject(&image.digest)
            .predicate(predicate);
        scene.attach(image, &world().sign(&SignRequest::statement(&statement).key(platform_key())));
    };
    attest(&children[0], "os-amd64");
    attest(&children[1], "os-amd64");
    let judged = scene.verify(&scene.by_tag());
    let bases: Vec<Option<Reason>> =
        judged.0.iter().filter(|row| row.rule.id == "image-base").map(|row| row.reason).collect();
    assert_eq!(bases, [None, Some(Reason::Base)]);
    attest(&children[1], "os-arm64");
    assert_eq!(scene.verify(&scene.by_tag()).pinned(), index.digest.to_string());
}

/// The node's hook: the base of the variant that the node runs; what carries the signature is what is pinned.
#[test]
fn base_02_on_a_machine_its_own_variant_is_judged() {
    let scene = scene(&[row("os", "linux/amd64", &["os-amd64"], "")]);
    let (index, _) = multi_arch(&scene, &["amd64", "arm64"]);
    let judged = scene.verify_on(&scene.by_tag(), "linux/amd64");
    assert_eq!(judged.pinned(), index.digest.to_string());
    assert_eq!(scene.verify(&scene.by_tag()).reason(), Some(Reason::Base));
    assert_eq!(scene.verify_on(&scene.by_tag(), "linux/arm64").reason(), Some(Reason::Base));
    // Nothing there is for this machine: what it runs is not known.
    assert_eq!(scene.verify_on(&scene.by_tag(), "linux/s390x").reason(), Some(Reason::Base));
}
