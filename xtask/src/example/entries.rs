//! Which images the example has, and what is attached to each.

use crate::stack::{Identity, Material, Signer, Workflow};

/// The registry that the layout is a mirror of.
pub(super) const HOST: &str = "registry.acme.example";

/// One image of the example.
pub(super) struct Entry {
    /// The repository below [`HOST`].
    pub name: &'static str,
    pub tag: &'static str,
    /// The layers that it stands on, by path and text, the lowest first.
    pub base: &'static [(&'static str, &'static str)],
    /// The file of the layer on top, with the image's own name in it; a base image has none.
    pub own: Option<&'static str>,
    pub architectures: &'static [&'static str],
    pub evidence: Evidence,
    /// Whose signature the example's policy asks for; none where it lists digests.
    pub demand: Option<Signer>,
    /// Whether cosign is to accept it. It is asked for the signature alone, and knows of no base, no denial and no claim.
    pub good: bool,
}

impl Entry {
    /// `NAME:TAG`, what its own layer says.
    pub(super) fn title(&self) -> String {
        format!("{}:{}", self.name, self.tag)
    }
}

/// What is attached to an image.
pub(super) enum Evidence {
    Nothing,
    Signed(Signer),
    /// Signed, with SLSA provenance by the same signer that says which repository the source came from.
    Built {
        by: Signer,
        source: &'static str,
    },
    /// The bundle that an earlier image of that name was signed with.
    CopyOf(&'static str),
}

const AMD64: &[&str] = &["amd64"];
const BOTH: &[&str] = &["amd64", "arm64"];

/// Layers of the platform's base images.
const OS_11: (&str, &str) = ("etc/os-release", "acme 11");
const OS_12: (&str, &str) = ("etc/os-release", "acme 12");
const CERTIFICATES: (&str, &str) = ("etc/ssl/certs.pem", "certificates");
const TOOLCHAIN: (&str, &str) = ("usr/bin/cc", "toolchain");
const RUNTIME_11: &[(&str, &str)] = &[OS_11, CERTIFICATES];
const RUNTIME_12: &[(&str, &str)] = &[OS_12, CERTIFICATES];
/// What somebody else put together under the same paths.
const POISONED: &[(&str, &str)] = &[("etc/os-release", "acme 12, and more"), CERTIFICATES];

/// The release workflow of `acme/agents` at a ref.
const fn release(git_ref: &'static str) -> Signer {
    Signer::Keyless(Identity::Workflow(Workflow {
        repository: "acme/agents",
        ids: ("4711", "471101"),
        git_ref,
    }))
}

const MALLORY: Signer = Signer::Keyless(Identity::Workflow(Workflow {
    repository: "mallory/agents",
    ids: ("666", "66601"),
    git_ref: "refs/tags/v1.0.0",
}));
const PLATFORM: Signer = Signer::Key("platform", Material::Bare);
const STRANGER: Signer = Signer::Key("stranger", Material::Bare);
const LEGACY: Signer = Signer::Key("platform", Material::Legacy("registry.acme.example/agents/legacy"));
const LEGACY_TOOL: Signer = Signer::Key("platform", Material::Legacy("registry.acme.example/agents/tool"));

const AGENTS: &str = "https://github.com/acme/agents";
const FORK: &str = "https://github.com/mallory/agents";

/// A base image, signed with the platform team's key.
const fn base(
    name: &'static str,
    tag: &'static str,
    base: &'static [(&'static str, &'static str)],
    architectures: &'static [&'static str],
) -> Entry {
    let evidence = Evidence::Signed(PLATFORM);
    Entry { name, tag, base, own: None, architectures, evidence, demand: Some(PLATFORM), good: true }
}

/// An agent on the current base, signed as the policy asks.
const fn agent(name: &'static str, tag: &'static str, evidence: Evidence, demand: Signer) -> Entry {
    Entry {
        name,
        tag,
        base: RUNTIME_12,
        own: Some("agent"),
        architectures: AMD64,
        evidence,
        demand: Some(demand),
        good: true,
    }
}

/// An agent that cosign refuses.
const fn bad(name: &'static str, tag: &'static str, evidence: Evidence, demand: Signer) -> Entry {
    let mut entry = agent(name, tag, evidence, demand);
    entry.good = false;
    entry
}

/// An agent that is signed by a release, on other layers.
const fn on(layers: &'static [(&'static str, &'static str)], name: &'static str) -> Entry {
    let by = release("refs/tags/v1.0.0");
    let mut entry = agent(name, "1.0.0", Evidence::Signed(by), by);
    entry.base = layers;
    entry
}

/// The worker is asked for provenance too.
const fn worker(tag: &'static str, git_ref: &'static str, source: &'static str) -> Entry {
    let by = release(git_ref);
    let mut entry = agent("agents/worker", tag, Evidence::Built { by, source }, by);
    entry.architectures = BOTH;
    entry
}

/// A third party's image: nobody signs it.
const fn vendor(name: &'static str, tag: &'static str, own: &'static str) -> Entry {
    Entry {
        name,
        tag,
        base: &[],
        own: Some(own),
        architectures: AMD64,
        evidence: Evidence::Nothing,
        demand: None,
        good: true,
    }
}

const V1_0_0: Signer = release("refs/tags/v1.0.0");
const V1_3_0: Signer = release("refs/tags/v1.3.0");
const V1_4_0: Signer = release("refs/tags/v1.4.0");
const FROM_MAIN: Signer = release("refs/heads/main");

/// All of them: first what `examples/platform` names, then what `examples/attacked` names.
pub(super) const ENTRIES: [Entry; 19] = [
    base("base/runtime", "12", RUNTIME_12, BOTH),
    base("base/runtime", "11", RUNTIME_11, AMD64),
    base("base/builder", "12", &[OS_12, TOOLCHAIN], AMD64),
    vendor("vendor/postgres", "16.4", "usr/bin/postgres"),
    agent("agents/planner", "1.4.0", Evidence::Signed(V1_4_0), V1_4_0),
    worker("2.1.0", "refs/tags/v2.1.0", AGENTS),
    agent("agents/scanner", "0.9.0", Evidence::Signed(PLATFORM), PLATFORM),
    agent("agents/legacy", "1.0.0", Evidence::Signed(LEGACY), LEGACY),
    bad("agents/unsigned", "1.0.0", Evidence::Nothing, V1_0_0),
    bad("agents/wrong-identity", "1.0.0", Evidence::Signed(MALLORY), V1_0_0),
    bad("agents/transplant", "1.0.0", Evidence::CopyOf("agents/planner"), V1_0_0),
    bad("agents/from-branch", "1.0.0", Evidence::Signed(FROM_MAIN), V1_0_0),
    bad("agents/scanner", "0.9.1", Evidence::Signed(STRANGER), PLATFORM),
    agent("agents/legacy", "1.1.0", Evidence::Signed(LEGACY_TOOL), LEGACY),
    agent("agents/planner", "1.3.0", Evidence::Signed(V1_3_0), V1_3_0),
    on(POISONED, "agents/poisoned-base"),
    on(RUNTIME_11, "agents/old-base"),
    worker("2.1.1", "refs/tags/v2.1.1", FORK),
    vendor("vendor/postgres", "16.5", "usr/bin/postgres"),
];
