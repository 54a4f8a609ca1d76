//! Memory stays flat in the number of attachments (verdicts.md 4; cosign reads a 200 MB bundle into 885 MiB).
#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs)]
#![cfg(target_os = "linux")]

use std::collections::HashMap;
use std::sync::Arc;

use proofmark_core::{Digest, ImageRef, Limits};
use proofmark_net::{BoxFuture, NetError, Request, Response, Transport};
use proofmark_oci::{Budget, Client, ClientConfig, PathState, Plan, Target, media_type};

const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const COUNT: u32 = 5_000;
const PAD: usize = 40_000;

/// Makes its bodies when they are asked for, so that what is measured is the reader.
struct Junk {
    image: Vec<u8>,
    list: Vec<u8>,
    numbers: HashMap<String, (bool, u32)>,
}

fn bundle(n: u32) -> Vec<u8> {
    format!("{{\"n\":{n},\"pad\":\"{}\"}}", "x".repeat(PAD)).into_bytes()
}

fn manifest(n: u32, subject: &Digest) -> Vec<u8> {
    let layer = bundle(n);
    let config = Digest::sha256(b"{}");
    format!(
        "{{\"schemaVersion\":2,\"mediaType\":\"{}\",\"config\":{{\"mediaType\":\"{}\",\"digest\":\"{config}\",\
         \"size\":2}},\"layers\":[{{\"mediaType\":\"{BUNDLE}\",\"digest\":\"{}\",\"size\":{}}}],\
         \"subject\":{{\"mediaType\":\"x\",\"digest\":\"{subject}\",\"size\":1}}}}",
        media_type::OCI_MANIFEST,
        media_type::OCI_EMPTY,
        Digest::sha256(&layer),
        layer.len(),
    )
    .into_bytes()
}

impl Junk {
    fn new() -> (Self, Digest) {
        let digest = Digest::sha256(b"{}");
        let image = format!(
            "{{\"schemaVersion\":2,\"config\":{{\"mediaType\":\"{}\",\"digest\":\"{digest}\",\"size\":2}},\"layers\":[]}}",
            media_type::OCI_CONFIG
        )
        .into_bytes();
        let subject = Digest::sha256(&image);
        let mut numbers = HashMap::new();
        let mut entries = Vec::new();
        for n in 0..COUNT {
            let manifest = manifest(n, &subject);
            let digest = Digest::sha256(&manifest).to_string();
            entries.push(format!(
                "{{\"mediaType\":\"{}\",\"digest\":\"{digest}\",\"size\":{}}}",
                media_type::OCI_MANIFEST,
                manifest.len()
            ));
            numbers.insert(digest, (true, n));
            numbers.insert(Digest::sha256(&bundle(n)).to_string(), (false, n));
        }
        let list = format!("{{\"schemaVersion\":2,\"manifests\":[{}]}}", entries.join(",")).into_bytes();
        (Self { image, list, numbers }, subject)
    }
}

impl Transport for Junk {
    fn get(&self, request: Request) -> BoxFuture<'_, Result<Response, NetError>> {
        let subject = Digest::sha256(&self.image);
        let name = request.url.rsplit('/').next().unwrap().to_owned();
        let body = match self.numbers.get(&name) {
            Some((true, n)) => Some(manifest(*n, &subject)),
            Some((false, n)) => Some(bundle(*n)),
            None if request.url.contains("/referrers/") => Some(self.list.clone()),
            None if name == subject.to_string() => Some(self.image.clone()),
            None => None,
        };
        let status = if body.is_some() { 200 } else { 404 };
        let body = body.unwrap_or_default();
        Box::pin(
            async move { Ok(Response { status, content_type: None, link: None, url: request.url, body }) },
        )
    }
}

/// The most memory that this process ever had, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
}

/// REG-05: 5,000 junk bundles of 40 kB, 200 MB in all, within 64 MiB.
#[test]
fn reg_05_memory_is_flat() {
    let (junk, digest) = Junk::new();
    let limits = Limits {
        image_bytes: 1 << 30,
        descriptors: 10_000,
        manifests: 10_000,
        image_time: std::time::Duration::from_mins(10),
        ..Limits::default()
    };
    let config = ClientConfig {
        transport: Arc::new(junk),
        registries: Vec::new(),
        cache: None,
        limits: limits.clone(),
        callers: 1,
    };
    let client = Client::new(config).unwrap();
    let target = Target::Registry(ImageRef::parse(&format!("r.example/a@{digest}")).unwrap());
    let (mut count, mut bytes) = (0, 0);
    let examined = client
        .examine(&target, Plan::SIGNATURES, &Budget::new(&limits), &mut |found| {
            count += 1;
            bytes += found.bytes.len();
        })
        .unwrap();
    assert_eq!(count, 5_000);
    assert!(bytes > 200_000_000);
    assert_eq!(examined.paths[0].state, PathState::Complete { candidates: 5_000 });
    assert!(peak() < 64 * 1024, "{} KiB", peak());
}
