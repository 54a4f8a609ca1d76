//! `--deep`: layers are streamed, unpacked and hashed; what costs too much ends as `limit`.

use std::io::Write as _;
use std::time::Duration;

use proofmark_core::{Digest, Reason};
use proofmark_image::{BaseOptions, DeepCaps};
use proofmark_testkit::registry::bombs::gzip as gzip_of_spaces;
use proofmark_testkit::registry::{Effect, Fault, MEDIA_MANIFEST, Route};
use serde_json::{Value, json};

use crate::support::{Judged, REPOSITORY, Scene};

const OCI: &str = "application/vnd.oci.image.layer.v1.tar";

/// One layer as it is pushed: media type, bytes, and the content that the configuration says.
struct Layer {
    media_type: &'static str,
    bytes: Vec<u8>,
    claimed: Digest,
}

impl Layer {
    fn new(media_type: &'static str, bytes: Vec<u8>, content: &[u8]) -> Self {
        Self { media_type, bytes, claimed: Digest::sha256(content) }
    }

    fn gzip(content: &[u8]) -> Self {
        Self::new("application/vnd.docker.image.rootfs.diff.tar.gzip", gzip(content), content)
    }

    fn zstd(content: &[u8]) -> Self {
        let level = ruzstd::encoding::CompressionLevel::Fastest;
        let bytes = ruzstd::encoding::compress_to_vec(content, level);
        Self::new("application/vnd.oci.image.layer.v1.tar+zstd", bytes, content)
    }

    fn descriptor(&self) -> Value {
        let digest = Digest::sha256(&self.bytes).to_string();
        json!({ "mediaType": self.media_type, "digest": digest, "size": self.bytes.len() })
    }
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// A scene with an image of these layers, whose lowest is an approved base.
fn scene(layers: &[Layer]) -> Scene {
    let mut scene = Scene::new();
    for layer in layers {
        scene.registry.push_blob(REPOSITORY, &layer.bytes);
    }
    of(&mut scene, layers, layers.iter().map(Layer::descriptor).collect());
    scene
}

fn of(scene: &mut Scene, layers: &[Layer], descriptors: Vec<Value>) {
    let ids: Vec<String> = layers.iter().map(|layer| layer.claimed.to_string()).collect();
    let config = json!({
        "os": "linux", "architecture": "amd64", "rootfs": { "type": "layers", "diff_ids": ids },
    })
    .to_string();
    let digest = scene.registry.push_blob(REPOSITORY, config.as_bytes()).to_string();
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MEDIA_MANIFEST,
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest, "size": config.len(),
        },
        "layers": descriptors,
    });
    let image = scene.registry.push_document(REPOSITORY, MEDIA_MANIFEST, &manifest);
    scene.registry.tag(REPOSITORY, "1", &image.digest);
    let row = format!(
        "[[base]]\nname = \"os\"\ndigests = [\"{}\"]\nplatforms = [\"linux/amd64\"]\ndiff-ids = [\"{}\"]\n\
         added-by = \"ops\"\nwhy = \"reviewed\"\n",
        image.digest, ids[0]
    );
    scene.file("allowlists/base-images.toml", &row);
}

fn check(scene: &Scene, caps: DeepCaps) -> Judged {
    scene.check_base(&scene.by_tag(), BaseOptions { deep: Some(caps), ..BaseOptions::default() })
}

fn content(seed: u32, length: u32) -> Vec<u8> {
    (0..length).flat_map(|number| (number.wrapping_mul(seed) >> 3).to_le_bytes()).collect()
}

#[test]
fn layers_of_every_compression_are_hashed() {
    let (os, app, data) = (content(3, 200_000), content(5, 1000), content(7, 50_000));
    let scene = scene(&[
        Layer::gzip(&os),
        Layer::zstd(&data),
        Layer::new(OCI, app.clone(), &app),
        Layer::zstd(&data),
        Layer::gzip(b""),
    ]);
    let judged = check(&scene, DeepCaps::default());
    assert_eq!(judged.word(), "pass", "{judged:?}");
    assert_eq!(judged.fact("layers-unpacked", "layers"), "5");
    let bytes = (os.len() + app.len() + 2 * data.len()).to_string();
    assert_eq!(judged.fact("layers-unpacked", "bytes"), bytes);
    let fetched = |bytes: &[u8]| {
        let digest = Digest::sha256(bytes).to_string();
        scene.asked().iter().filter(|url| url.ends_with(&digest)).count()
    };
    assert_eq!(fetched(&Layer::zstd(&data).bytes), 1, "a layer that stands twice is read once");
}

/// BASE-03: without `--deep` the configuration is believed, with it the layers are.
#[test]
fn base_03_a_layer_of_other_content_is_found() {
    let evil = content(9, 1000);
    for layer in [
        Layer::new(OCI, evil.clone(), b"os"),
        Layer::new("application/vnd.oci.image.layer.v1.tar+gzip", gzip(&evil), b"os"),
        Layer { claimed: Digest::sha256(b"os"), ..Layer::zstd(&evil) },
    ] {
        let packed = Digest::sha256(&layer.bytes).to_string();
        let scene = scene(&[layer, Layer::gzip(b"app")]);
        assert_eq!(scene.check_base(&scene.by_tag(), BaseOptions::default()).word(), "pass");
        let judged = check(&scene, DeepCaps::default());
        assert_eq!(judged.refused(Reason::DigestMismatch).rule.id, "image-content");
        assert!(judged.says("layer 1 of 2") && judged.says(&Digest::sha256(&evil).to_string()), "{judged:?}");
        let place = judged.deciding().observed.first().and_then(|one| one.place.clone());
        assert_eq!(place, Some(packed), "{judged:?}");
    }
}

/// The bytes on the way are hashed as well, and what was changed there is not called a broken layer.
#[test]
fn a_layer_that_was_changed_on_its_way() {
    let os = Layer::gzip(&content(3, 5000));
    let digest = Digest::sha256(&os.bytes).to_string();
    for (effect, reason) in [
        (Effect::BitFlip, Reason::DigestMismatch),
        (Effect::Status(404), Reason::NotFound),
        (Effect::Status(503), Reason::Unreachable),
        (Effect::Truncated(100), Reason::Unreachable),
        (Effect::WrongLength(-1), Reason::Malformed),
        (Effect::Endless, Reason::Malformed),
    ] {
        let scene = scene(std::slice::from_ref(&os));
        scene.registry.fault(Fault::on(Route::Blob(digest.clone()), effect.clone()));
        let judged = check(&scene, DeepCaps::default());
        assert_eq!(judged.reason(), Some(reason), "{effect:?}: {judged:?}");
        assert!(judged.deciding().message.starts_with("layer 1 of 1"), "{judged:?}");
        // As of any bytes that were asked for: what came stands beside what was expected.
        let came = matches!(reason, Reason::DigestMismatch | Reason::Malformed);
        assert_eq!(judged.deciding().expected.is_some(), came, "{judged:?}");
    }
}

/// REG-05: a layer that claims ten gigabytes is not begun.
#[test]
fn reg_05_a_layer_of_ten_gigabytes_is_a_limit() {
    let os = Layer::gzip(b"os");
    let mut scene = scene(std::slice::from_ref(&os));
    let mut descriptor = os.descriptor();
    descriptor["size"] = json!(10_u64 << 30);
    of(&mut scene, std::slice::from_ref(&os), vec![descriptor]);
    let judged = check(&scene, DeepCaps::default());
    judged.refused(Reason::Limit);
    let digest = Digest::sha256(&os.bytes).to_string();
    assert!(scene.asked().iter().all(|url| !url.ends_with(&digest)), "{:?}", scene.asked());
}

/// REG-06: a bomb ends where the cap is, and so do many small ones together.
#[test]
fn reg_06_bombs_are_limits() {
    let bomb = Layer::new("application/vnd.oci.image.layer.v1.tar+gzip", gzip_of_spaces(16 << 20), b"os");
    let caps = DeepCaps { unpacked: 1 << 20, ..DeepCaps::default() };
    let alone = scene(&[bomb]);
    let judged = check(&alone, caps);
    assert!(judged.refused(Reason::Limit).message.contains("1048576 bytes"));
    assert!(judged.says("judge the image without --deep, or rebuild it smaller"), "{judged:?}");
    let parts: Vec<Vec<u8>> = (1..6).map(|seed| content(seed, 1 << 16)).collect();
    let together = scene(&parts.iter().map(|part| Layer::zstd(part)).collect::<Vec<_>>());
    check(&together, caps).refused(Reason::Limit);
    check(&together, DeepCaps::default()).evidence("layers-unpacked").first().expect("within the caps");
    let late = check(&together, DeepCaps { time: Duration::ZERO, ..DeepCaps::default() });
    assert!(matches!(late.reason(), Some(Reason::Limit | Reason::Unreachable)), "{late:?}");
}

/// What is not unpacked is not passed over.
#[test]
fn a_layer_of_an_unknown_type_is_unsupported() {
    for media_type in ["application/vnd.oci.image.layer.v1.tar+gzip+encrypted", "text/plain"] {
        let scene = scene(&[Layer::new(media_type, b"os".to_vec(), b"os")]);
        let judged = check(&scene, DeepCaps::default());
        judged.refused(Reason::Unsupported);
        assert!(judged.says("push its layers as gzip or zstd"), "{judged:?}");
    }
}

/// A foreign layer that the registry does not hold leaves the question open; its `urls` are not followed.
#[test]
fn a_foreign_layer_that_is_elsewhere_is_not_found() {
    let foreign = Layer::new("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", gzip(b"os"), b"os");
    let mut scene = Scene::new();
    let mut descriptor = foreign.descriptor();
    descriptor["urls"] = json!(["https://cdn.example/layer"]);
    of(&mut scene, std::slice::from_ref(&foreign), vec![descriptor]);
    check(&scene, DeepCaps::default()).refused(Reason::NotFound);
    assert!(scene.asked().iter().all(|url| !url.contains("cdn.example")), "{:?}", scene.asked());
}

/// An image of more layers than are read of a manifest is not judged by some of them.
#[test]
fn an_image_of_very_many_layers_is_a_limit() {
    let layers = |count: usize| (0..count).map(|_| Layer::gzip(b"os")).collect::<Vec<_>>();
    let judged = check(&scene(&layers(1_025)), DeepCaps::default());
    assert!(judged.refused(Reason::Limit).message.contains("1 layers more"), "{judged:?}");
    check(&scene(&layers(1_024)), DeepCaps::default())
        .evidence("layers-unpacked")
        .first()
        .expect("all of them");
}
