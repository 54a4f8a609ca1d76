//! Everyday registries and images: an honest image passes, with the evidence stated, and its unsigned twin says so.

use proofmark_core::{Digest, Reason};
use proofmark_testkit::registry::{Auth, Behaviour, ImageSpec, Pushed, Registry, Route};
use proofmark_testkit::sigstore::SignRequest;
use serde_json::json;

use crate::support::{RELEASE, REPOSITORY, Scene, signed, world};

/// A bundle on a registry of this kind passes by tag and by digest; without it the image is `unsigned`.
#[track_caller]
fn honest(scene: &Scene) {
    let image = scene.image();
    assert_eq!(unsigned(scene, &scene.by_tag()), Vec::<String>::new());
    scene.attach(&image, &signed(&image.digest));
    for reference in [scene.by_tag(), scene.by_digest(&image.digest)] {
        let judged = scene.verify(&reference);
        assert_eq!(judged.pinned(), image.digest.to_string());
        assert_eq!(judged.fact("signature", "signer"), "release");
        assert_eq!(judged.fact("signature", "covers"), image.digest.to_string());
        assert!(judged.fact("signature", "identity").contains("acme/agents"), "{judged:?}");
        assert_eq!(judged.fact("repository", "repository"), "unbound");
        assert_eq!(judged.fact("tag", "tag"), "not covered");
        assert!(judged.evidence("incomplete").is_empty(), "{judged:?}");
    }
}

/// Asserts `unsigned`, and that the refusal says where was looked; gives what else was observed.
#[track_caller]
fn unsigned(scene: &Scene, reference: &str) -> Vec<String> {
    let judged = scene.verify(reference);
    let finding = judged.refused(Reason::Unsigned);
    assert_eq!(finding.rule.id, "image-signature");
    assert!(finding.help.contains("cosign sign"), "{finding:?}");
    let observed = finding.observed.iter().map(|one| one.text.clone());
    observed.filter(|text| !text.starts_with("no signature: ")).collect()
}

#[test]
fn distribution_1_1() {
    honest(&Scene::loopback(Behaviour::plain()));
}

#[test]
fn distribution_2_8_without_referrers() {
    honest(&Scene::loopback(Behaviour::fallback_only()));
}

/// REG-01: the API is empty, the fallback tag is not, and its types are those of the config.
#[test]
fn reg_01_ghcr() {
    let scene = Scene::loopback(Behaviour::ghcr());
    honest(&scene);
    assert!(scene.verify(&scene.by_tag()).fact("signature", "found-at").starts_with("fallback-tag "));
}

/// The first answer is 401; the token comes from the realm, once.
#[test]
fn docker_hub() {
    let scene = Scene::loopback(Behaviour::docker_hub());
    honest(&scene);
    scene.registry.clear_requests();
    scene.verify(&scene.by_tag()).pinned();
    let first = scene.registry.requests().remove(0);
    assert_eq!(first.header("authorization"), None);
    assert_eq!(scene.registry.count(&Route::Token), 1);
}

/// 406 for referrers, 403 for tags that are not there.
#[test]
fn artifactory() {
    honest(&Scene::loopback(Behaviour::artifactory()));
}

/// The same, where the child's own tags are asked for.
#[test]
fn artifactory_child_of_an_index() {
    let scene = Scene::loopback(Behaviour::artifactory());
    let (_, children) = index(&scene, &["amd64", "arm64"]);
    scene.verify_for(&scene.by_tag(), "linux/arm64").refused(Reason::Unsigned);
    scene.attach(&children[1], &signed(&children[1].digest));
    let judged = scene.verify_for(&scene.by_tag(), "linux/arm64");
    assert_eq!(judged.pinned(), children[1].digest.to_string());
    assert!(judged.evidence("incomplete").is_empty(), "{judged:?}");
}

#[test]
fn quay_before_referrers() {
    honest(&Scene::loopback(Behaviour::quay()));
}

#[test]
fn ecr_with_a_password() {
    let mut scene = Scene::loopback(Behaviour::ecr("AWS", "secret"));
    scene.image();
    scene.verify(&scene.by_tag()).refused(Reason::Unauthorized);
    scene.user("AWS", "secret");
    honest(&scene);
}

/// Tokens come from another host. That the policy must list it for credentials, and for an address inside, is
/// `proofmark-net`'s to show: here both are literal loopback.
#[test]
fn gitlab_realm() {
    let tokens =
        Registry::start(Behaviour::plain().auth(Auth::anonymous("container_registry", "/jwt/auth"))).unwrap();
    let mut scene = Scene::loopback(Behaviour::gitlab(&tokens.url("/jwt/auth")));
    scene.registries(&format!(
        "[[registry]]\nhost = \"{}\"\nauth-realms = [\"{}\"]\n",
        scene.host,
        tokens.host()
    ));
    honest(&scene);
    assert!(tokens.count(&Route::Token) > 0);
}

/// A pull-through cache: matched, bound and judged under the upstream's name too. Harbor passes tags on, and answers the
/// referrers API from what was pushed to itself: nothing.
#[test]
fn harbor_proxy() {
    for behaviour in
        [Behaviour::harbor_proxy(), Behaviour { fallback_tag: true, ..Behaviour::harbor_proxy() }]
    {
        let bundles = behaviour.fallback_tag;
        let mut scene = Scene::loopback(behaviour);
        scene.registries(&format!(
            "[[registry]]\nhost = \"{}\"\npath = \"hub\"\nproxy-of = \"docker.io\"\n",
            scene.host
        ));
        scene.policy(
            "[[image]]\nmatch = \"docker.io/acme/**\"\nsigned-by = [\"release\"]\nrepository = \"bound\"\n",
        );
        let image = scene.image_as("hub/acme/agent", "1");
        let reference = format!("{}/hub/acme/agent:1", scene.host);
        assert_eq!(unsigned(&scene, &reference), Vec::<String>::new());
        if bundles {
            scene.registry.attach_bundle("hub/acme/agent", &image, &signed(&image.digest));
            scene.verify(&reference).refused(Reason::WrongRepository);
        }
        let legacy = world().sign(&SignRequest::legacy_image("docker.io/acme/agent", &image.digest));
        scene.registry.attach_legacy("hub/acme/agent", &image.digest, &[&legacy]);
        let judged = scene.verify(&reference);
        assert_eq!(judged.pinned(), image.digest.to_string());
        assert!(
            judged.0[0]
                .subject
                .pinned
                .as_ref()
                .unwrap()
                .starts_with(&format!("{}/hub/acme/agent@", scene.host))
        );
        assert_eq!(judged.fact("repository", "repository"), "bound");
    }
}

/// An index of linux images, tagged `1`, and its children.
fn index(scene: &Scene, architectures: &[&str]) -> (Pushed, Vec<Pushed>) {
    let children: Vec<Pushed> = architectures
        .iter()
        .map(|name| scene.registry.push_image(REPOSITORY, &ImageSpec::named(name).platform("linux", name)))
        .collect();
    let index = scene.registry.push_index(REPOSITORY, &children);
    scene.registry.tag(REPOSITORY, "1", &index.digest);
    (index, children)
}

/// BuildKit's attestation manifests are no images, and say nothing that is signed.
#[test]
fn ref_06_index_with_attestation_manifests() {
    let scene = Scene::new();
    let images: Vec<Pushed> = ["amd64", "arm64"]
        .iter()
        .map(|name| scene.registry.push_image(REPOSITORY, &ImageSpec::named(name).platform("linux", name)))
        .collect();
    let mut entries: Vec<_> = images.iter().map(Pushed::descriptor).collect();
    for image in &images {
        entries.push(scene.registry.push_buildkit_attestation(REPOSITORY, &image.digest, b"{}"));
    }
    let index = scene.registry.push_index_of(REPOSITORY, entries.clone());
    scene.registry.tag(REPOSITORY, "1", &index.digest);
    assert_eq!(unsigned(&scene, &scene.by_tag()), Vec::<String>::new());
    scene.attach(&index, &signed(&index.digest));
    assert_eq!(scene.verify(&scene.by_tag()).pinned(), index.digest.to_string());
    for platform in ["linux/amd64", "linux/arm64"] {
        let judged = scene.verify_for(&scene.by_tag(), platform);
        assert_eq!(judged.pinned(), index.digest.to_string());
        assert_eq!(judged.0.len(), 1, "{judged:?}");
        assert!(judged.0[0].message.contains(platform), "{judged:?}");
    }
    scene.verify_for(&scene.by_tag(), "unknown/unknown").refused(Reason::Platform);
    scene.verify_for(&scene.by_tag(), "linux/s390x").refused(Reason::Platform);
    let nothing = scene.registry.push_index_of(REPOSITORY, entries.split_off(2));
    scene.attach(&nothing, &signed(&nothing.digest));
    scene.verify(&scene.by_digest(&nothing.digest)).refused(Reason::Platform);
}

/// REF-06: a signature on a child does not cover the index; with `--platform` it may stand on either.
#[test]
fn ref_06_child_signed_alone() {
    let scene = Scene::new();
    let (index, children) = index(&scene, &["amd64", "arm64"]);
    let arm = &children[1].digest;
    scene.attach(&children[1], &signed(arm));
    assert_eq!(unsigned(&scene, &scene.by_tag()), Vec::<String>::new());
    assert_eq!(scene.verify_for(&scene.by_tag(), "linux/arm64").pinned(), arm.to_string());
    scene.verify_for(&scene.by_tag(), "linux/amd64").refused(Reason::Unsigned);
    assert_eq!(scene.verify(&scene.by_digest(arm)).pinned(), arm.to_string());
    scene.attach(&index, &signed(&index.digest));
    let judged = scene.verify_for(&scene.by_tag(), "linux/arm64");
    assert_eq!(judged.pinned(), index.digest.to_string(), "if any came from the index it is the index");
    assert!(judged.0[0].message.contains(&arm.to_string()), "{judged:?}");
}

/// The bytes of a signed index cover its children: one that was swapped is not in it any more.
#[test]
fn ref_06_child_of_another_index() {
    let scene = Scene::new();
    let (signed_index, _) = index(&scene, &["amd64"]);
    scene.attach(&signed_index, &signed(&signed_index.digest));
    let (other, children) = index(&scene, &["arm64"]);
    assert_ne!(other.digest, signed_index.digest);
    scene.verify_for(&scene.by_tag(), "linux/arm64").refused(Reason::Unsigned);
    scene.verify(&scene.by_digest(&children[0].digest)).refused(Reason::Unsigned);
}

#[test]
fn windows_children_by_os_version() {
    let scene = Scene::new();
    let builds = ["10.0.17763.1", "10.0.20348.2"];
    let children: Vec<Pushed> = builds
        .iter()
        .map(|build| {
            scene.registry.push_image(REPOSITORY, &ImageSpec::named(build).platform("windows", "amd64"))
        })
        .collect();
    let entries = children.iter().zip(builds).map(|(child, build)| {
        let mut descriptor = child.descriptor();
        descriptor["platform"]["os.version"] = json!(build);
        descriptor
    });
    let index = scene.registry.push_index_of(REPOSITORY, entries.collect());
    scene.registry.tag(REPOSITORY, "1", &index.digest);
    scene.attach(&children[1], &signed(&children[1].digest));
    let new = scene.verify_for(&scene.by_tag(), "windows/amd64:10.0.20348.2");
    assert_eq!(new.pinned(), children[1].digest.to_string());
    let other = Route::Manifest(children[0].digest.to_string());
    assert!(
        scene.registry.requests().iter().all(|request| request.route != other),
        "nothing needs that child"
    );
    scene.verify_for(&scene.by_tag(), "windows/amd64:10.0.17763.1").refused(Reason::Unsigned);
    scene.verify_for(&scene.by_tag(), "windows/amd64:10.0.1.1").refused(Reason::Platform);
    let both = scene.verify_for(&scene.by_tag(), "windows/amd64");
    both.refused(Reason::Unsigned);
    assert_eq!(both.0.len(), 2, "several children that match must all satisfy");
    scene.attach(&children[0], &signed(&children[0].digest));
    scene.verify_for(&scene.by_tag(), "windows/amd64").pinned();
}

/// Two children of one platform: whichever the runtime picks must be covered.
#[test]
fn gzip_and_zstd_twins() {
    let scene = Scene::new();
    let twins = ["gzip", "zstd"].map(|name| scene.registry.push_image(REPOSITORY, &ImageSpec::named(name)));
    let index = scene.registry.push_index(REPOSITORY, &twins);
    scene.registry.tag(REPOSITORY, "1", &index.digest);
    scene.attach(&twins[0], &signed(&twins[0].digest));
    let judged = scene.verify_for(&scene.by_tag(), "linux/amd64");
    assert_eq!(judged.refused(Reason::Unsigned).subject.digest, Some(index.digest.clone()));
    scene.attach(&index, &signed(&index.digest));
    assert_eq!(scene.verify_for(&scene.by_tag(), "linux/amd64").pinned(), index.digest.to_string());
    assert_eq!(scene.verify(&scene.by_tag()).pinned(), index.digest.to_string());
}

/// A child under another name of the platform is one that a runtime may pick.
#[test]
fn a_child_under_another_name_of_the_platform() {
    for listed in [
        json!({ "os": "linux", "architecture": "x86_64" }),
        json!({ "os": "LINUX", "architecture": "AMD64" }),
        json!({ "architecture": "amd64" }),
    ] {
        let scene = Scene::new();
        let [good, other] =
            ["good", "other"].map(|name| scene.registry.push_image(REPOSITORY, &ImageSpec::named(name)));
        let mut hidden = other.descriptor();
        hidden["platform"] = listed.clone();
        let index = scene.registry.push_index_of(REPOSITORY, vec![hidden, good.descriptor()]);
        scene.registry.tag(REPOSITORY, "1", &index.digest);
        scene.attach(&good, &signed(&good.digest));
        let judged = scene.verify_for(&scene.by_tag(), "linux/amd64");
        judged.refused(Reason::Unsigned);
        assert_eq!(judged.0.len(), 2, "{listed}");
    }
}

/// An image that is no index answers for its own platform alone.
#[test]
fn single_image_for_a_platform() {
    let scene = Scene::new();
    let image = scene.image();
    scene.attach(&image, &signed(&image.digest));
    assert_eq!(scene.verify_for(&scene.by_tag(), "linux/amd64").pinned(), image.digest.to_string());
    scene.verify_for(&scene.by_tag(), "linux/arm64").refused(Reason::Platform);
}

/// Renovate writes `tag@digest`; the tag has moved since. It is not asked for.
#[test]
fn renovate_tag_and_digest_after_the_tag_moved() {
    let scene = Scene::new();
    let image = scene.image();
    scene.attach(&image, &signed(&image.digest));
    let newer = scene.registry.push_image(REPOSITORY, &ImageSpec::named("newer"));
    scene.registry.tag(REPOSITORY, "1", &newer.digest);
    let judged = scene.verify(&format!("{}@{}", scene.by_tag(), image.digest));
    assert_eq!(judged.pinned(), image.digest.to_string());
    assert_eq!(scene.registry.count(&Route::Tag("1".to_owned())), 0);
    scene.verify(&scene.by_tag()).refused(Reason::Unsigned);
}

/// Docker's own media types, and the short name of an image.
#[test]
fn docker_short_name() {
    let mut scene = Scene::called("registry-1.docker.io", Behaviour::fallback_only());
    scene.registries("[[registry]]\nhost = \"index.docker.io\"\n");
    scene.policy(&format!("[[image]]\nmatch = \"docker.io/library/postgres\"\n{RELEASE}\n"));
    let spec = ImageSpec { docker: true, ..ImageSpec::default() };
    let image = scene.registry.push_image("library/postgres", &spec);
    scene.registry.tag("library/postgres", "latest", &image.digest);
    assert_eq!(unsigned(&scene, "postgres"), Vec::<String>::new());
    scene.registry.attach_bundle("library/postgres", &image, &signed(&image.digest));
    for name in ["postgres", "docker.io/postgres", "index.docker.io/library/postgres:latest"] {
        let judged = scene.verify(name);
        assert_eq!(judged.0[0].subject.pinned, Some(format!("docker.io/library/postgres@{}", image.digest)));
        assert_eq!(judged.0[0].subject.name, name);
    }
}

/// One subject, named by its digest everywhere.
#[test]
fn every_request_after_the_tag_is_by_digest() {
    let scene = Scene::new();
    let image = scene.image();
    scene.attach(&image, &signed(&image.digest));
    let judged = scene.verify(&scene.by_tag());
    assert_eq!(judged.0[0].subject.digest, Some(image.digest.clone()));
    let hex = Digest::hex(&image.digest);
    for request in scene.registry.requests().iter().skip(1) {
        let derived = matches!(&request.route, Route::Tag(tag) if tag.contains(hex));
        let by_digest = matches!(request.route, Route::Blob(_) | Route::Manifest(_) | Route::ReferrersOf(_));
        assert!(derived || by_digest, "{request:?}");
    }
    assert!(scene.registry.requests().len() <= 6, "{:?}", scene.asked());
}
