//! OCI layout directories: as references, and as mirrors.

use std::path::Path;

use proofmark_core::registry::MirrorAt;
use proofmark_core::{Digest, Reason};
use proofmark_oci::{PathKind, PathReport, PathState, Plan, ReadError, Target, media_type};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{
    Answer, BUNDLE, Registry, Seen, attachment, by_digest, by_tag, client, client_of, digest_of, entry,
    examine, image, index, repository,
};

/// A layout on disk.
struct Dir {
    dir: TempDir,
    entries: Vec<Value>,
}

impl Dir {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        std::fs::create_dir_all(dir.path().join("blobs/sha256")).unwrap();
        std::fs::write(dir.path().join("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}").unwrap();
        Self { dir, entries: Vec::new() }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn file(&self, digest: &Digest) -> std::path::PathBuf {
        self.path().join("blobs/sha256").join(digest.hex())
    }

    fn blob(&self, media_type: &str, bytes: &[u8]) -> Value {
        let digest = Digest::sha256(bytes);
        std::fs::write(self.file(&digest), bytes).unwrap();
        json!({ "mediaType": media_type, "digest": digest.to_string(), "size": bytes.len() })
    }

    fn manifest(&self, manifest: &Value) -> Value {
        let media_type = manifest["mediaType"].as_str().unwrap();
        self.blob(media_type, manifest.to_string().as_bytes())
    }

    fn image(&self, architecture: &str) -> Value {
        let config = json!({ "os": "linux", "architecture": architecture }).to_string();
        self.manifest(&image(&self.blob(media_type::OCI_CONFIG, config.as_bytes()), &[]))
    }

    fn bundle(&self, subject: Option<&Digest>, content: &str) -> Value {
        self.manifest(&attachment(subject, BUNDLE, &[self.blob(BUNDLE, content.as_bytes())]))
    }

    fn list(&mut self, mut descriptor: Value, annotations: Value) -> &mut Self {
        descriptor["annotations"] = annotations;
        self.entries.push(descriptor);
        std::fs::write(self.path().join("index.json"), index(&self.entries).to_string()).unwrap();
        self
    }

    fn target(&self, selector: &str) -> Target {
        Target::parse_layout(&format!("oci:{}{selector}", self.path().display()), repository()).unwrap()
    }

    fn look(&self, selector: &str) -> Result<Seen, ReadError> {
        let registry = Registry::new();
        let seen = examine(&client(&registry), &self.target(selector), Plan::ALL);
        assert!(registry.log().is_empty(), "a layout needs no network");
        seen
    }
}

fn named(name: &str) -> Value {
    json!({ "org.opencontainers.image.ref.name": name })
}

fn reason(result: Result<Seen, ReadError>) -> Reason {
    let error = result.err().unwrap();
    assert!(!error.help().is_empty());
    error.reason()
}

#[test]
fn finds_images_by_name_and_digest() {
    let mut dir = Dir::new();
    let (one, two, three) = (dir.image("amd64"), dir.image("arm64"), dir.image("s390x"));
    dir.list(one.clone(), named("1.4.0")).list(two.clone(), named("r.example/acme/app:1.5.0"));
    dir.list(three.clone(), json!({ "io.containerd.image.name": "r.example/other:1.5.0" }));
    let digest = |selector: &str| dir.look(selector).unwrap().examined.digest;
    assert_eq!(digest(":1.4.0"), digest_of(&one));
    assert_eq!(digest(":1.5.0"), digest_of(&two), "a full name of the repository that --as names");
    assert_eq!(digest(":r.example/other:1.5.0"), digest_of(&three), "the name as written");
    assert_eq!(digest(&format!("@{}", digest_of(&three))), digest_of(&three));
    assert_eq!(reason(dir.look(":9")), Reason::NotFound);
    let several = dir.look("").err().unwrap().to_string();
    assert!(several.contains("1.4.0") && several.contains("r.example/other:1.5.0"), "{several}");
    assert_eq!(reason(dir.look(&format!("@{}", Digest::sha256(b"none")))), Reason::NotFound);
    dir.list(dir.image("mips"), named("1.4.0"));
    assert_eq!(reason(dir.look(":1.4.0")), Reason::NotFound, "two images of one name");
}

/// By `subject`, by name with and without repository, and by the fallback name; the layout is all paths, complete.
#[test]
fn finds_what_is_attached() {
    let mut dir = Dir::new();
    let image = dir.image("amd64");
    let digest = digest_of(&image);
    dir.list(image, named("1"));
    dir.list(dir.bundle(Some(&digest), "{\"subject\":1}"), json!(null));
    dir.bundle(Some(&digest), "{\"unlisted\":1}");
    dir.bundle(Some(&Digest::sha256(b"other")), "{\"stranger\":1}");
    let sig = |text: &str| {
        let mut layer = dir.blob(media_type::SIMPLE_SIGNING, b"payload");
        layer["annotations"] = json!({ "dev.cosignproject.cosign/signature": text });
        dir.manifest(&attachment(None, "", &[layer]))
    };
    let att = dir.manifest(&attachment(None, "", &[dir.blob(media_type::DSSE, b"envelope")]));
    let (plain, full) = (sig("plain"), sig("full"));
    let fallback = dir.manifest(&index(&[dir.bundle(None, "{\"fallback\":1}")]));
    let tag = format!("sha256-{}", digest.hex());
    dir.list(plain, named(&format!("{tag}.sig"))).list(full, named(&format!("r.example/acme/app:{tag}.sig")));
    dir.list(att, named(&format!("{tag}.att"))).list(fallback, named(&tag));
    let seen = dir.look("").unwrap();
    assert_eq!(seen.examined.digest, digest, "attachments are no images");
    let mut texts = seen.texts();
    texts.sort();
    let wanted =
        ["envelope", "payload", "payload", "{\"fallback\":1}", "{\"subject\":1}", "{\"unlisted\":1}"];
    assert_eq!(texts, wanted);
    assert_eq!(
        seen.states().into_iter().collect::<Vec<_>>(),
        [(PathKind::Layout, PathState::Complete { candidates: 6 })]
    );
}

/// `cosign save`: entries say by `kind` what they are.
#[test]
fn finds_what_cosign_saved() {
    let mut dir = Dir::new();
    let kind = |kind: &str| json!({ "kind": format!("dev.cosignproject.cosign/{kind}") });
    let root = dir.manifest(&index(&[dir.image("amd64")]));
    let sigs = dir.manifest(&attachment(None, "", &[dir.blob(media_type::SIMPLE_SIGNING, b"payload")]));
    let atts = dir.manifest(&attachment(None, "", &[dir.blob(media_type::DSSE, b"envelope")]));
    dir.list(root.clone(), kind("imageIndex")).list(sigs, kind("sigs")).list(atts, kind("atts"));
    let seen = dir.look("").unwrap();
    assert_eq!((seen.examined.digest.clone(), seen.examined.manifest.is_index()), (digest_of(&root), true));
    assert_eq!(seen.texts(), ["payload", "envelope"]);
}

/// Two saved images: each has the signatures of its own name.
#[test]
fn does_not_mix_saved_images() {
    let mut dir = Dir::new();
    let about = |kind: &str, name: &str| json!({ "kind": format!("dev.cosignproject.cosign/{kind}"), "org.opencontainers.image.ref.name": name });
    for (name, architecture) in [("r.example/a:1", "amd64"), ("r.example/b:1", "arm64")] {
        let sigs = attachment(None, "", &[dir.blob(media_type::SIMPLE_SIGNING, name.as_bytes())]);
        let (image, sigs) = (dir.image(architecture), dir.manifest(&sigs));
        dir.list(image, about("image", name)).list(sigs, about("sigs", name));
    }
    assert_eq!(dir.look(":r.example/a:1").unwrap().texts(), ["r.example/a:1"]);
    assert_eq!(dir.look(":r.example/b:1").unwrap().texts(), ["r.example/b:1"]);
}

#[test]
fn ref_02_hashes_files() {
    let mut dir = Dir::new();
    let image = dir.image("amd64");
    let digest = digest_of(&image);
    let bundle = dir.bundle(Some(&digest), "{\"b\":1}");
    dir.list(image, named("1")).list(bundle, json!(null));
    let blob = dir.file(&Digest::sha256(b"{\"b\":1}"));
    std::fs::write(&blob, "{\"b\":2}").unwrap();
    let seen = dir.look(":1").unwrap();
    assert!(seen.found.is_empty());
    assert_eq!(seen.report(PathKind::Layout).incomplete().unwrap().0, Reason::Unreachable);
    std::fs::remove_file(blob).unwrap();
    assert!(!dir.look(":1").unwrap().report(PathKind::Layout).is_complete());
    std::fs::write(dir.file(&digest), "{}").unwrap();
    assert_eq!(reason(dir.look(":1")), Reason::DigestMismatch);
}

/// CVE-2024-3727 and links out of the layout: nothing outside is read.
#[cfg(unix)]
#[test]
fn ref_03_stays_within_the_layout() {
    use std::os::unix::fs::symlink;
    let outside = TempDir::new().unwrap();
    let mut dir = Dir::new();
    let image = dir.image("amd64");
    let digest = digest_of(&image);
    dir.list(image, named("1"));
    let secret = outside.path().join("secret");
    std::fs::rename(dir.file(&digest), &secret).unwrap();
    symlink(&secret, dir.file(&digest)).unwrap();
    assert_eq!(reason(dir.look(":1")), Reason::Malformed);
    // The same through a directory.
    let blobs = dir.path().join("blobs");
    std::fs::create_dir(outside.path().join("sha256")).unwrap();
    std::fs::copy(&secret, outside.path().join("sha256").join(digest.hex())).unwrap();
    std::fs::remove_dir_all(&blobs).unwrap();
    symlink(outside.path(), &blobs).unwrap();
    assert_eq!(reason(dir.look(":1")), Reason::Malformed);
    // And index.json itself.
    let index = dir.path().join("index.json");
    std::fs::rename(&index, &secret).unwrap();
    symlink(&secret, &index).unwrap();
    assert_eq!(reason(dir.look(":1")), Reason::Malformed);
}

#[test]
fn refuses_what_is_no_layout() {
    let empty = TempDir::new().unwrap();
    let registry = Registry::new();
    let target =
        |path: &Path| Target::parse_layout(&format!("oci:{}:1", path.display()), repository()).unwrap();
    let look = |path: &Path| examine(&client(&registry), &target(path), Plan::ALL);
    assert_eq!(reason(look(empty.path())), Reason::NotFound);
    for (marker, index, wanted) in [
        ("{\"imageLayoutVersion\":\"2.0.0\"}", "{}", Reason::Unsupported),
        ("{}", "{}", Reason::Malformed),
        ("{\"imageLayoutVersion\":\"1.0.0\"}", "{}", Reason::Malformed),
        ("{\"imageLayoutVersion\":\"1.0.0\"}", "{\"manifests\":[],\"layers\":[]}", Reason::Malformed),
        ("{\"imageLayoutVersion\":\"1.0.0\"}", "{\"schemaVersion\":2,\"manifests\":[]}", Reason::NotFound),
    ] {
        std::fs::write(empty.path().join("oci-layout"), marker).unwrap();
        std::fs::write(empty.path().join("index.json"), index).unwrap();
        assert_eq!(reason(look(empty.path())), wanted, "{marker} {index}");
    }
    std::fs::write(empty.path().join("oci-layout"), vec![b' '; 5000]).unwrap();
    assert_eq!(reason(look(empty.path())), Reason::Limit);
}

/// A mirror that is a layout holds several repositories: full names are needed, a plain tag means nothing.
#[test]
fn a_layout_as_a_mirror() {
    let registry = Registry::new();
    let repo = registry.repo();
    let mut dir = Dir::new();
    let (wrong, right) = (dir.image("amd64"), dir.image("arm64"));
    let digest = digest_of(&right);
    dir.list(wrong.clone(), named("1.4.0")).list(wrong, named("r.example/acme/other:1.4.0"));
    dir.list(right, named("r.example/acme/app:1.4.0"));
    dir.list(dir.bundle(Some(&digest), "{\"mirror\":1}"), json!(null));
    let at = || MirrorAt::Layout(dir.path().to_owned());
    let mirrored =
        |authoritative| client_of(&registry, vec![entry("r.example", vec![(at(), authoritative)])], None);
    let seen = examine(&mirrored(true), &by_tag("1.4.0"), Plan::ALL).unwrap();
    assert_eq!(
        (seen.examined.digest.clone(), seen.texts()),
        (digest.clone(), vec!["{\"mirror\":1}".to_owned()])
    );
    assert!(seen.examined.resolved_from.starts_with("oci:") && registry.log().is_empty());
    // Not authoritative: the origin is asked too, and if it cannot be, its paths failed.
    for path in ["", ".sig", ".att"] {
        let tag = repo.url("manifests", format!("sha256-{}{path}", digest.hex()));
        registry.set(tag, Answer::Error(proofmark_net::NetError::Offline));
    }
    registry.set(repo.url("referrers", &digest), Answer::Error(proofmark_net::NetError::Offline));
    let seen = examine(&mirrored(false), &by_digest(&digest), Plan::ALL).unwrap();
    assert_eq!(seen.texts(), ["{\"mirror\":1}"]);
    assert_eq!(*seen.state(PathKind::Layout), PathState::Complete { candidates: 1 });
    let failed: Vec<&PathReport> =
        seen.examined.paths.iter().filter(|report| !report.is_complete()).collect();
    assert_eq!(failed.len(), 4);
    assert!(failed.iter().all(|report| report.incomplete().unwrap().0 == Reason::Offline));
    // A tag that it does not have: the origin is asked.
    let other = repo.image();
    repo.tag("9", &image(&repo.config("linux", "amd64"), &[]));
    let seen = examine(&mirrored(true), &by_tag("9"), Plan::NOTHING).unwrap();
    assert_eq!((seen.examined.digest, seen.examined.skipped.len()), (other, 0));
}
