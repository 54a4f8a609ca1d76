//! `cargo xtask example`: remakes the images of `examples/platform` with real cosign on a private
//! Sigstore, and the trust roots that go with them.
//!
//! The images are the same bytes each time, so the digests that the example's files name stay as they are; signatures and roots are
//! new. The signing keys end with the run. What is left verifies for as long as the authorities'
//! certificates say, because a signature is judged at the time it was made.

mod entries;
mod layout;
mod provenance;
mod roots;

use std::fs;

use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::peers::{Peers, tree};
use crate::stack::Stack;
use crate::stack::registry::{Content, Image, Repository};
use entries::{ENTRIES, Entry, Evidence, HOST};
use layout::Layout;

/// The most that the layout may weigh: it is committed.
const LIMIT: u64 = 400 * 1024;

/// Remakes `examples/platform/{images,trust-roots}`.
pub fn run() -> Result<()> {
    let stack = Stack::start(Peers::ensure()?)?;
    let mut layout = Layout::default();
    for entry in &ENTRIES {
        add(&stack, entry, &mut layout).with_context(|| entry.title())?;
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
    Repository { host: stack.registry.clone(), name: name.to_owned() }
}

fn image(entry: &Entry) -> Image {
    let title = entry.title();
    let own = entry.own.map(|path| (path, title.as_str()));
    Image::of_layers(&entry.base.iter().copied().chain(own).collect::<Vec<_>>(), entry.architectures)
}

/// Pushes an image, attaches its evidence, asks cosign, and copies all of it into the layout.
fn add(stack: &Stack, entry: &Entry, layout: &mut Layout) -> Result<()> {
    let image = image(entry);
    let repository = repository(stack, entry.name);
    image.push(&repository, Some(entry.tag))?;
    let top = image.top()?;
    let reference = repository.reference(&top.digest());
    match entry.evidence {
        Evidence::Nothing => {}
        Evidence::Signed(signer) => stack.cosign().sign(&reference, signer, None)?,
        Evidence::Built { by, source } => {
            stack.cosign().sign(&reference, by, None)?;
            provenance::attach(stack, entry, by, source)?;
        }
        Evidence::CopyOf(name) => transplant(stack, name, &repository, top)?,
    }
    if let Some(demand) = entry.demand {
        let verdict = stack.cosign().verify(&reference, demand)?;
        let text = String::from_utf8_lossy(&verdict.stderr);
        ensure!(verdict.status.success() == entry.good, "cosign's verdict is not the expected one:\n{text}");
    }

    layout.add_image(&image, &format!("{HOST}/{}", entry.title()))?;
    for manifest in repository.referrers(&top.digest())? {
        layout.add_attached(&repository, &manifest, None)?;
    }
    let signature = format!("{}.sig", top.digest().replace(':', "-"));
    if let Some(manifest) = repository.manifest(&signature)? {
        layout.add_attached(&repository, &manifest, Some(&format!("{HOST}/{}:{signature}", entry.name)))?;
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
