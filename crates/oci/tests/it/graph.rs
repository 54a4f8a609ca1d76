//! Indexes: what can run, on what, and how far they are followed.

use proofmark_core::{Digest, Limits, Platform, Reason};
use proofmark_oci::{
    Budget, Child, Children, ImageManifest, Place, ReadError, media_type, parse_manifest, select_platform,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{Registry, Repo, attachment, client, digest_of, image, index, repository};

fn children(repo: &Repo, root: &Value) -> Result<Vec<Child>, ReadError> {
    reached(repo, root).map(|reached| reached.runnable)
}

fn reached(repo: &Repo, root: &Value) -> Result<Children, ReadError> {
    let bytes = root.to_string();
    let manifest: ImageManifest = parse_manifest(bytes.as_bytes()).unwrap();
    let digest = Digest::sha256(bytes.as_bytes());
    let place = Place::registry(repository());
    client(&repo.registry).children(&place, &digest, &manifest, &Budget::new(&Limits::default()))
}

fn on(mut descriptor: Value, platform: Value) -> Value {
    descriptor["platform"] = platform;
    descriptor
}

fn ghost(n: u32) -> Value {
    json!({ "mediaType": media_type::OCI_MANIFEST, "digest": format!("sha256:{n:064x}"), "size": 1 })
}

fn amd64() -> Value {
    json!({ "os": "linux", "architecture": "amd64" })
}

/// A usual multi-platform image of buildx: two platforms and their `unknown/unknown` attestation manifests.
#[test]
fn leaves_out_what_cannot_run() {
    let registry = Registry::new();
    let repo = registry.repo();
    let unknown = json!({ "os": "unknown", "architecture": "unknown" });
    let root = index(&[
        on(ghost(1), amd64()),
        on(ghost(2), json!({ "os": "linux", "architecture": "arm64", "variant": "v8" })),
        on(ghost(3), unknown.clone()),
        on(ghost(4), unknown.clone()),
    ]);
    let found = children(&repo, &root).unwrap();
    assert_eq!(found.len(), 2);
    assert!(registry.log().is_empty(), "descriptors that say their platform are not read");
    let error = children(&repo, &index(&[on(ghost(3), unknown)])).unwrap_err();
    assert_eq!(error.reason(), Reason::Platform);
    assert_eq!(children(&repo, &index(&[])).unwrap_err().reason(), Reason::Platform);
}

/// gzip and zstd twins, and Windows builds: several children answer one request, and all must satisfy.
#[test]
fn selects_every_match() {
    let windows = |build: &str| json!({ "os": "windows", "architecture": "amd64", "os.version": build });
    let registry = Registry::new();
    let root = index(&[
        on(ghost(1), amd64()),
        on(ghost(2), amd64()),
        on(ghost(3), windows("10.0.20348.1")),
        on(ghost(4), windows("10.0.17763.1")),
        on(ghost(3), windows("10.0.20348.1")),
    ]);
    let found = children(&registry.repo(), &root).unwrap();
    assert_eq!(found.len(), 4, "equal children once");
    let count =
        |wanted: &str| select_platform(&found, &Platform::parse(wanted).unwrap()).map(|found| found.len());
    assert_eq!(count("linux/amd64").unwrap(), 2);
    assert_eq!(count("windows/amd64").unwrap(), 2);
    assert_eq!(count("windows/amd64:10.0.17763.1").unwrap(), 1);
    let error = count("linux/s390x").unwrap_err();
    assert_eq!(error.reason(), Reason::Platform);
    assert!(error.to_string().contains("windows/amd64:10.0.17763.1"), "{error}");
}

/// What a runtime takes for a platform answers for it, under whatever name it is listed.
#[test]
fn selects_every_name_of_a_platform() {
    let registry = Registry::new();
    let named = |os: &str, architecture: &str| json!({ "os": os, "architecture": architecture });
    let root = index(&[
        on(ghost(1), amd64()),
        on(ghost(2), named("linux", "x86_64")),
        on(ghost(3), named("LINUX", "AMD64")),
        on(ghost(4), json!({ "architecture": "amd64" })),
        on(ghost(5), named("", "x86-64")),
        on(ghost(6), named("linux", "aarch64")),
    ]);
    let found = children(&registry.repo(), &root).unwrap();
    let count =
        |wanted: &str| select_platform(&found, &Platform::parse(wanted).unwrap()).map(|found| found.len());
    assert_eq!(count("linux/amd64").unwrap(), 5);
    assert_eq!(count("linux/x86_64").unwrap(), 5);
    assert_eq!(count("linux/arm64").unwrap(), 1);
    assert_eq!(count("windows/amd64").unwrap(), 2, "without an operating system it is the machine's");
}

/// A missing platform is read from the configuration, for a child and for an image that is no index.
#[test]
fn reads_a_missing_platform() {
    let registry = Registry::new();
    let repo = registry.repo();
    let one = image(&repo.config("linux", "riscv64"), &[]);
    let artifact = attachment(None, "application/x", &[]);
    let root = index(&[repo.manifest(&one), on(repo.manifest(&one), json!({})), repo.manifest(&artifact)]);
    let found = children(&repo, &root).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].platform.to_string(), "linux/riscv64");
    let alone = reached(&repo, &one).unwrap();
    assert_eq!((alone.runnable.len(), alone.indexes.len()), (1, 0));
    assert_eq!(children(&repo, &artifact).unwrap_err().reason(), Reason::Platform);
}

/// A descriptor that announces another kind of document than it names (GHSA-5j5w-g665-5m35).
#[test]
fn ref_04_children_are_what_they_are_announced_as() {
    let registry = Registry::new();
    let repo = registry.repo();
    let mut child = repo.manifest(&image(&repo.config("linux", "amd64"), &[]));
    child["mediaType"] = json!(media_type::OCI_INDEX);
    assert_eq!(children(&repo, &index(&[child])).unwrap_err().reason(), Reason::Malformed);
}

/// REG-05: 2^30 paths through nested indexes cost as many reads as there are indexes, up to the depth that is allowed.
#[test]
fn reg_05_walks_a_bomb_once() {
    let build = |depth: u32| {
        let registry = Registry::new();
        let repo = registry.repo();
        let mut root = index(&[on(ghost(1), amd64()), on(ghost(1), amd64())]);
        for _ in 1..depth {
            let below = repo.manifest(&root);
            root = index(&[below.clone(), below]);
        }
        (children(&repo, &root), registry.log().len())
    };
    let (found, reads) = build(8);
    assert_eq!((found.unwrap().len(), reads), (1, 7));
    let (found, reads) = build(30);
    assert_eq!(found.unwrap_err().reason(), Reason::Limit);
    assert!(reads <= 8, "{reads}");
}

/// A denied index must be seen on whichever way it lies: two indexes name one image, and two name one index.
#[test]
fn names_the_indexes_of_every_way() {
    let registry = Registry::new();
    let repo = registry.repo();
    let leaf = on(ghost(1), amd64());
    let shared = repo.manifest(&index(&[on(ghost(2), amd64())]));
    let (one, other) = (
        repo.manifest(&index(&[leaf.clone(), shared.clone()])),
        repo.manifest(&index(&[shared.clone(), leaf])),
    );
    let root = index(&[one.clone(), other.clone()]);
    let reached = reached(&repo, &root).unwrap();
    assert_eq!(reached.runnable.len(), 2);
    let root = Digest::sha256(root.to_string().as_bytes());
    assert_eq!(reached.indexes, [root, digest_of(&one), digest_of(&other), digest_of(&shared)]);
}

/// REG-05: more manifests than one image has.
#[test]
fn reg_05_caps_manifests_of_a_graph() {
    let registry = Registry::new();
    let root = index(&(0..2_000).map(|n| on(ghost(n), amd64())).collect::<Vec<_>>());
    assert_eq!(children(&registry.repo(), &root).unwrap_err().reason(), Reason::Limit);
    let same = json!({ "os": "linux", "architecture": "amd64", "variant": "v0" });
    let with = |n: u32| {
        let mut platform = same.clone();
        platform["variant"] = json!(format!("v{n}"));
        on(ghost(1), platform)
    };
    let root = index(&(0..2_000).map(with).collect::<Vec<_>>());
    assert_eq!(children(&registry.repo(), &root).unwrap_err().reason(), Reason::Limit);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    /// Whatever the graph: at most one read for each index, and every leaf within reach is found exactly once.
    #[test]
    fn walks_any_graph_within_bounds(edges in prop::collection::vec(prop::collection::vec(0usize..12, 0..5), 1..10)) {
        let registry = Registry::new();
        let repo = registry.repo();
        // Level n may name leaves and the levels built before it, so that the graph has no cycle, as hashes enforce.
        let mut built: Vec<Value> = Vec::new();
        let mut reach: Vec<std::collections::BTreeSet<u32>> = Vec::new();
        let mut depth: Vec<usize> = Vec::new();
        let mut root = index(&[]);
        for targets in &edges {
            let (mut list, mut leaves, mut deep) = (Vec::new(), std::collections::BTreeSet::new(), 1);
            for target in targets {
                if *target < built.len() {
                    list.push(built[*target].clone());
                    leaves.extend(reach[*target].iter().copied());
                    deep = deep.max(depth[*target] + 1);
                } else {
                    let leaf = u32::try_from(*target).unwrap();
                    list.push(on(ghost(leaf), amd64()));
                    leaves.insert(leaf);
                }
            }
            root = index(&list);
            built.push(repo.manifest(&root));
            reach.push(leaves);
            depth.push(deep);
        }
        let leaves = reach.last().unwrap();
        let result = children(&repo, &root);
        prop_assert!(registry.log().len() <= built.len());
        match result {
            Ok(found) => {
                let digests: Vec<Digest> = found.iter().map(|child| child.digest.clone()).collect();
                let wanted: Vec<Digest> = leaves.iter().map(|leaf| digest_of(&ghost(*leaf))).collect();
                let mut sorted = digests.clone();
                sorted.sort();
                prop_assert_eq!(sorted, wanted);
            }
            Err(error) if leaves.is_empty() => prop_assert_eq!(error.reason(), Reason::Platform),
            Err(error) => {
                prop_assert_eq!(error.reason(), Reason::Limit);
                prop_assert!(*depth.last().unwrap() > Limits::default().index_depth);
            }
        }
    }
}
