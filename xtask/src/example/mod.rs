//! `cargo xtask example`: remakes the images of `examples/platform` with real cosign on a private
//! Sigstore, and the trust roots that go with them.
//!
//! The signing keys end with the run. What is left verifies for as long as the authorities'
//! certificates say, because a signature is judged at the time it was made.

mod layout;
mod roots;

use std::fs;

use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::peers::{Peers, tree};
use crate::stack::registry::{Content, Image, Repository};
use crate::stack::{Identity, Material, Signer, Stack, Workflow};
use layout::Layout;

/// The registry that the layout is a mirror of.
const HOST: &str = "registry.acme.example";
/// The most that the layout may weigh: it is committed.
const LIMIT: u64 = 400 * 1024;

/// One image of the example.
struct Entry {
    name: &'static str,
    tag: &'static str,
    architectures: &'static [&'static str],
    evidence: Evidence,
    /// Whose signature the example's policy asks for.
    demand: Signer,
    /// Whether cosign is to accept it.
    good: bool,
}

/// What is attached to an image.
enum Evidence {
    Nothing,
    Signed(Signer),
    /// The bundle that an earlier image of that name was signed with.
    CopyOf(&'static str),
}

const AMD64: &[&str] = &["amd64"];
const BOTH: &[&str] = &["amd64", "arm64"];

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
const LEGACY: Signer = Signer::Key("platform", Material::Legacy("registry.acme.example/agents/legacy"));

/// Signed as the policy asks.
const fn good(
    name: &'static str,
    tag: &'static str,
    architectures: &'static [&'static str],
    by: Signer,
) -> Entry {
    Entry { name, tag, architectures, evidence: Evidence::Signed(by), demand: by, good: true }
}

/// Not signed as the policy asks.
const fn bad(name: &'static str, evidence: Evidence) -> Entry {
    let demand = release("refs/tags/v1.0.0");
    Entry { name, tag: "1.0.0", architectures: AMD64, evidence, demand, good: false }
}

const ENTRIES: [Entry; 8] = [
    good("planner", "1.4.0", AMD64, release("refs/tags/v1.4.0")),
    good("worker", "2.1.0", BOTH, release("refs/tags/v2.1.0")),
    good("scanner", "0.9.0", AMD64, PLATFORM),
    good("legacy", "1.0.0", AMD64, LEGACY),
    bad("unsigned", Evidence::Nothing),
    bad("wrong-identity", Evidence::Signed(MALLORY)),
    bad("transplant", Evidence::CopyOf("planner")),
    bad("from-branch", Evidence::Signed(release("refs/heads/main"))),
];

/// Remakes `examples/platform/{images,trust-roots}`.
pub fn run() -> Result<()> {
    let stack = Stack::start(Peers::ensure()?)?;
    let mut layout = Layout::default();
    for entry in &ENTRIES {
        add(&stack, entry, &mut layout).with_context(|| format!("agents/{}", entry.name))?;
    }
    let platform = tree().join("examples/platform");
    let written = layout.write(&platform.join("images"))?;
    ensure!(written <= LIMIT, "the images weigh {written} bytes, more than {LIMIT}");
    fs::create_dir_all(platform.join("trust-roots"))?;
    roots::write(&stack, &platform.join("trust-roots"))?;
    println!("{} images, {written} bytes, in {}", ENTRIES.len(), platform.join("images").display());
    Ok(())
}

fn repository(stack: &Stack, name: &str) -> Repository {
    Repository { host: stack.registry.clone(), name: format!("agents/{name}") }
}

/// Pushes an image, attaches its evidence, asks cosign, and copies all of it into the layout.
fn add(stack: &Stack, entry: &Entry, layout: &mut Layout) -> Result<()> {
    let image = Image::new(&format!("agents/{}:{}", entry.name, entry.tag), entry.architectures);
    let repository = repository(stack, entry.name);
    image.push(&repository, Some(entry.tag))?;
    let top = image.top()?;
    let reference = repository.reference(&top.digest());
    match entry.evidence {
        Evidence::Nothing => {}
        Evidence::Signed(signer) => stack.cosign().sign(&reference, signer, None)?,
        Evidence::CopyOf(name) => transplant(stack, name, &repository, top)?,
    }
    let verdict = stack.cosign().verify(&reference, entry.demand)?;
    let text = String::from_utf8_lossy(&verdict.stderr);
    ensure!(verdict.status.success() == entry.good, "cosign's verdict is not the expected one:\n{text}");

    let name = format!("{HOST}/agents/{}:{}", entry.name, entry.tag);
    layout.add_image(&image, &name)?;
    for manifest in repository.referrers(&top.digest())? {
        layout.add_attached(&repository, &manifest, None)?;
    }
    let signature = format!("{}.sig", top.digest().replace(':', "-"));
    if let Some(manifest) = repository.manifest(&signature)? {
        let name = format!("{HOST}/agents/{}:{signature}", entry.name);
        layout.add_attached(&repository, &manifest, Some(&name))?;
    }
    Ok(())
}

/// Attaches another image's bundle: the subject of the manifest is changed, which anyone can do
/// who may push; the signature is not.
fn transplant(stack: &Stack, from: &str, to: &Repository, subject: &Content) -> Result<()> {
    let source = repository(stack, from);
    let entry = ENTRIES.iter().find(|entry| entry.name == from).context("no such image")?;
    let image = source.manifest(entry.tag)?.context("no such tag")?;
    for bundle in source.referrers(&image.digest())? {
        let mut manifest = bundle.json()?;
        source.copy_blobs(&manifest, to)?;
        manifest["subject"] = json!(subject.descriptor());
        to.attach(&Content::of_json(&bundle.media_type, &manifest))?;
    }
    Ok(())
}
