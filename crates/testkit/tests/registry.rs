//! The registry answers as its behaviour says, read by a client of a few lines.
#![allow(clippy::unwrap_used)]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use proofmark_core::Digest;
use proofmark_testkit::registry::{Auth, Behaviour, Effect, Fault, ImageSpec, Pushed, Registry, Route};
use proofmark_testkit::sigstore::{SignRequest, Signed, World, WorldOptions};
use serde_json::Value;

/// Status, headers as text, body.
struct Reply {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn header(&self, name: &str) -> Option<String> {
        let line = self.head.lines().find(|line| line.to_lowercase().starts_with(&format!("{name}:")))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    }
}

/// One request on a connection of its own; reads at most `cap` bytes.
fn ask(registry: &Registry, path: &str, authorization: Option<&str>, cap: u64) -> Option<Reply> {
    let mut stream = TcpStream::connect(registry.host()).unwrap();
    let authorization = authorization.map(|text| format!("Authorization: {text}\r\n")).unwrap_or_default();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n{authorization}\r\n").unwrap();
    // The server keeps honest connections open, so the end is told by half-closing this side.
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut raw = Vec::new();
    stream.take(cap).read_to_end(&mut raw).ok()?;
    let split = raw.windows(4).position(|w| w == b"\r\n\r\n")?;
    let head = String::from_utf8(raw[..split].to_vec()).unwrap();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Reply { status, head, body: raw[split + 4..].to_vec() })
}

fn get(registry: &Registry, path: &str) -> Reply {
    ask(registry, path, None, 64 << 20).unwrap()
}

fn setup(behaviour: Behaviour) -> (Registry, Pushed, Signed) {
    let registry = Registry::start(behaviour).unwrap();
    let image = registry.push_image("acme/app", &ImageSpec::default());
    registry.tag("acme/app", "1", &image.digest);
    let signed = World::new(WorldOptions::default()).sign(&SignRequest::image(&image.digest));
    registry.attach_bundle("acme/app", &image, &signed);
    (registry, image, signed)
}

#[test]
fn a_plain_registry_serves_image_and_bundle() {
    let (registry, image, signed) = setup(Behaviour::plain());
    let by_tag = get(&registry, "/v2/acme/app/manifests/1");
    assert_eq!(by_tag.status, 200);
    assert_eq!(Digest::sha256(&by_tag.body), image.digest);
    assert_eq!(by_tag.header("docker-content-digest"), Some(image.digest.to_string()));
    let list = get(&registry, &format!("/v2/acme/app/referrers/{}", image.digest)).json();
    let bundle = list["manifests"][0]["digest"].as_str().unwrap();
    let manifest = get(&registry, &format!("/v2/acme/app/manifests/{bundle}")).json();
    assert_eq!(manifest["subject"]["digest"], image.digest.to_string());
    let layer = manifest["layers"][0]["digest"].as_str().unwrap();
    assert_eq!(get(&registry, &format!("/v2/acme/app/blobs/{layer}")).body, signed.bundle());
    assert_eq!(get(&registry, &format!("/v2/acme/app/manifests/sha256-{}", image.digest.hex())).status, 404);
    assert_eq!(registry.count(&Route::Any), 5);
    assert_eq!(registry.count(&Route::FallbackTags), 1);
    assert!(registry.credentials().is_empty());
}

#[test]
fn reg_01_ghcr_has_an_empty_api_and_a_full_fallback_tag() {
    let (registry, image, _) = setup(Behaviour::ghcr());
    let challenge = get(&registry, "/v2/acme/app/manifests/1");
    assert_eq!(challenge.status, 401);
    let scope = "repository:acme/app:pull";
    assert!(challenge.header("www-authenticate").unwrap().contains(scope));
    let token = get(&registry, &format!("/token?service=ghcr.test&scope={scope}")).json();
    let bearer = format!("Bearer {}", token["token"].as_str().unwrap());
    let read = |path: &str| ask(&registry, path, Some(&bearer), 1 << 20).unwrap();
    let list = read(&format!("/v2/acme/app/referrers/{}", image.digest)).json();
    assert_eq!(list["manifests"].as_array().unwrap().len(), 0);
    let fallback = read(&format!("/v2/acme/app/manifests/sha256-{}", image.digest.hex())).json();
    let descriptor = &fallback["manifests"][0];
    assert_eq!(descriptor["artifactType"], "application/vnd.oci.empty.v1+json");
    assert_eq!(descriptor.get("annotations"), None);
    assert_eq!(read("/v2/other/app/manifests/1").status, 401, "a token is for one repository");
}

#[test]
fn profiles_answer_referrers_and_missing_tags_as_the_real_ones() {
    for (behaviour, referrers, missing) in [
        (Behaviour::artifactory(), 406, 403),
        (Behaviour::quay(), 400, 404),
        (Behaviour::fallback_only(), 404, 404),
        (Behaviour::plain(), 200, 404),
    ] {
        let (registry, image, _) = setup(behaviour);
        assert_eq!(get(&registry, &format!("/v2/acme/app/referrers/{}", image.digest)).status, referrers);
        assert_eq!(get(&registry, "/v2/acme/app/manifests/none").status, missing);
    }
    let (registry, ..) = setup(Behaviour::ecr("AWS", "secret"));
    assert_eq!(get(&registry, "/v2/").status, 401);
    assert_eq!(ask(&registry, "/v2/", Some("Basic QVdTOnNlY3JldA=="), 1 << 20).unwrap().status, 200);
    let (registry, ..) = setup(Behaviour::gitlab("https://gitlab.test/jwt/auth"));
    let challenge = get(&registry, "/v2/acme/app/manifests/1").header("www-authenticate").unwrap();
    assert!(challenge.contains("realm=\"https://gitlab.test/jwt/auth\""), "{challenge}");
    let (registry, ..) = setup(Behaviour::plain().auth(Auth::anonymous("s", "/token").user("me", "pw")));
    assert_eq!(get(&registry, "/token?scope=x").status, 401);
}

#[test]
fn referrers_come_in_pages() {
    let (registry, image, _) = setup(Behaviour::plain().pages_of(3));
    registry.attach_junk("acme/app", &image, 6);
    let mut path = format!("/v2/acme/app/referrers/{}", image.digest);
    let mut found = 0;
    for expected in [3, 3, 1] {
        let page = get(&registry, &path);
        let count = page.json()["manifests"].as_array().unwrap().len();
        assert_eq!(count, expected);
        found += count;
        let Some(link) = page.header("link") else { break };
        path = link.trim_start_matches('<').split('>').next().unwrap().to_owned();
    }
    assert_eq!(found, 7);
}

#[test]
fn ref_01_a_tag_moves_with_each_request() {
    let (registry, image, _) = setup(Behaviour::plain());
    let evil = registry.push_image("acme/app", &ImageSpec::named("evil"));
    registry.moving_tag("acme/app", "1", &[image.digest.clone(), evil.digest.clone()]);
    let seen: Vec<_> =
        (0..3).map(|_| Digest::sha256(&get(&registry, "/v2/acme/app/manifests/1").body)).collect();
    assert_eq!(seen, [image.digest, evil.digest.clone(), evil.digest]);
}

#[test]
fn every_fault_spoils_what_it_says() {
    let (registry, image, _) = setup(Behaviour::plain());
    let path = "/v2/acme/app/manifests/1";
    let with = |effect: Effect| {
        registry.behave(Behaviour::plain().with(Fault::on(Route::Tags, effect)));
        ask(&registry, path, None, 1 << 20)
    };
    let good = get(&registry, path).body;
    assert_eq!(with(Effect::Status(500)).unwrap().status, 500);
    assert_eq!(with(Effect::RateLimited(7)).unwrap().header("retry-after").as_deref(), Some("7"));
    let lie = Digest::sha256(b"lie").to_string();
    assert_eq!(with(Effect::DigestHeader(lie.clone())).unwrap().header("docker-content-digest"), Some(lie));
    assert_ne!(Digest::sha256(&with(Effect::BitFlip).unwrap().body), image.digest);
    assert_eq!(with(Effect::Truncated(10)).unwrap().body.len(), 10);
    let length = |reply: Reply| reply.header("content-length").unwrap().parse::<usize>().unwrap();
    assert_eq!(length(with(Effect::Truncated(10)).unwrap()), good.len());
    assert_eq!(length(with(Effect::WrongLength(-5)).unwrap()), good.len() - 5);
    assert!(with(Effect::Endless).unwrap().body.len() > 1 << 19);
    assert_eq!(
        with(Effect::Declared(1 << 40)).unwrap().header("content-length"),
        Some((1_u64 << 40).to_string())
    );
    assert_eq!(with(Effect::Slow(1 << 20)).unwrap().body, good);
    assert_eq!(with(Effect::DeepJson(9)).unwrap().body.len(), 18);
    let bomb = with(Effect::GzipBomb(1 << 20)).unwrap();
    assert_eq!(bomb.header("content-encoding").as_deref(), Some("gzip"));
    assert!(bomb.body.len() < 8192);
    assert_eq!(
        with(Effect::ContentType("text/html")).unwrap().header("content-type").as_deref(),
        Some("text/html")
    );
    let moved = with(Effect::Redirect("http://127.0.0.1:9".into())).unwrap();
    assert_eq!((moved.status, moved.header("location")), (307, Some(format!("http://127.0.0.1:9{path}"))));
    assert!(with(Effect::PagingLoop).unwrap().header("link").unwrap().contains("page=0"));
    assert_eq!(with(Effect::Body("text/plain", b"x".to_vec())).unwrap().body, b"x");
    assert!(with(Effect::Reset).is_none());
}

#[test]
fn counted_faults_pass() {
    let (registry, ..) = setup(Behaviour::plain());
    registry.fault(Fault::on(Route::Tags, Effect::Status(503)).after(1).times(1));
    let seen: Vec<_> = (0..3).map(|_| get(&registry, "/v2/acme/app/manifests/1").status).collect();
    assert_eq!(seen, [200, 503, 200]);
}

#[test]
fn an_index_bomb_has_as_many_manifests_as_levels() {
    let (registry, image, _) = setup(Behaviour::plain());
    let mut top = registry.push_index_bomb("acme/app", 30, &image).digest.to_string();
    for _ in 0..30 {
        let index = get(&registry, &format!("/v2/acme/app/manifests/{top}")).json();
        let children = index["manifests"].as_array().unwrap();
        assert_eq!(children.len(), 2);
        assert_eq!(children[0]["digest"], children[1]["digest"]);
        top = children[0]["digest"].as_str().unwrap().to_owned();
    }
    assert_eq!(top, image.digest.to_string());
}

#[test]
fn legacy_signatures_stand_under_their_tags() {
    let (registry, image, _) = setup(Behaviour::plain());
    let world = World::new(WorldOptions::default());
    let signed = world.sign(&SignRequest::legacy_image("acme/app", &image.digest));
    registry.attach_legacy("acme/app", &image.digest, &[&signed]);
    let manifest =
        get(&registry, &format!("/v2/acme/app/manifests/sha256-{}.sig", image.digest.hex())).json();
    let layer = &manifest["layers"][0];
    assert_eq!(layer["mediaType"], "application/vnd.dev.cosign.simplesigning.v1+json");
    for name in [
        "dev.cosignproject.cosign/signature",
        "dev.sigstore.cosign/certificate",
        "dev.sigstore.cosign/bundle",
    ] {
        assert!(layer["annotations"][name].as_str().is_some_and(|text| !text.is_empty()), "{name}");
    }
    assert_eq!(layer["digest"], Digest::sha256(&signed.payload).to_string());
}
