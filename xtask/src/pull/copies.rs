//! `--to oci:DIR` beside what skopeo, crane and podman copy of the same image.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::engines::Engine;
use super::{Hold, Pushed, RELEASE, World, fresh};
use crate::peers::{hex, run_command};
use crate::stack::registry::{Content, Image};
use crate::stack::{Material, Signer};

/// A key that signs in cosign's old format, so that there are `.sig` tags too.
const LEGACY: Signer = Signer::Key("acme", Material::Legacy("acme.example/agent"));

/// Bytes by digest.
type Blobs = BTreeMap<String, Vec<u8>>;

/// One manifest, gzip layers, an index of two platforms: in the registry with the referrers API and in that without.
pub(super) fn run(world: &World, hold: &Hold<'_>) -> Result<()> {
    let layers = [("etc/base", "base"), ("etc/agent", "agent")];
    let one = Image::of_layers(&layers, &["amd64"]);
    let both = Image::of_layers(&layers, &["amd64", "arm64"]);
    let images = [
        ("plain", one.clone()),
        ("gzip", one.gzipped()?),
        ("index", both.clone()),
        ("index-gzip", both.gzipped()?),
    ];
    let predicate = world.stack.dir().join("checked.json");
    fs::write(&predicate, "{\"checked\":true}")?;
    for (kind, host) in [("referrers", &world.stack.registry), ("fallback", &world.stack.plain_registry)] {
        for (name, image) in &images {
            let pushed = Pushed::push(host, name, image.clone())?;
            world.sign(&pushed)?;
            let cosign = world.stack.cosign();
            cosign.attest(&pushed.pinned(), RELEASE, "https://acme.example/checked/v1", &predicate)?;
            cosign.sign(&pushed.pinned(), LEGACY, None)?;
            hold(&format!("copies of {name}, {kind}"), compare(world, &pushed, &format!("{kind}-{name}")))?;
        }
    }
    Ok(())
}

fn compare(world: &World, pushed: &Pushed, slug: &str) -> Result<String> {
    let dir = fresh(world.stack.dir(), &format!("copies-{slug}"))?;
    let to = format!("oci:{}", dir.join("ours").display());
    world.image(world.proofmark(), &["pull", "--to", &to, &pushed.tagged()])?.exits(0)?;
    let ours = layout(&dir.join("ours"))?;
    let image: BTreeSet<String> =
        pushed.image.manifests.iter().chain(&pushed.image.blobs).map(Content::digest).collect();
    let theirs = [("skopeo", skopeo(world, pushed, &dir)?), ("crane", crane(world, pushed, &dir)?)];
    for (who, blobs) in &theirs {
        ensure!(blobs.keys().eq(&image), "{who} has another image: {:?}, not {image:?}", blobs.keys());
        same(blobs, &ours).with_context(|| (*who).to_owned())?;
    }
    let attached = evidence(world, pushed)?;
    same(&attached, &ours).context("evidence, as crane reads it")?;
    let more: Vec<_> =
        ours.keys().filter(|digest| !image.contains(*digest) && !attached.contains_key(*digest)).collect();
    ensure!(more.is_empty(), "nobody else has {more:?}");
    let from = format!("{to}@{}", pushed.digest());
    world.image(world.proofmark(), &["verify", "--offline", "--as", &pushed.name(), &from])?.exits(0)?;
    Ok(format!(": {} blobs of the image, {} of evidence, the same", image.len(), attached.len()))
}

/// What podman keeps of an image that proofmark let it pull, beside what `--to` copies: index, manifest and config as they came, and
/// each layer unpacked, which `podman save` packs again as it was before compression.
pub(super) fn stored(world: &World, podman: &Engine) -> Result<String> {
    let image = Image::of_layers(&[("etc/base", "base"), ("etc/agent", "podman")], &["amd64", "arm64"]);
    let pushed = Pushed::push(&world.stack.registry, "stored", image.gzipped()?)?;
    world.sign(&pushed)?;
    let dir = podman.dir().join("stored");
    let to = format!("oci:{}", dir.join("ours").display());
    world.image(world.proofmark(), &["pull", "--to", &to, &pushed.tagged()])?.exits(0)?;
    let ours = layout(&dir.join("ours"))?;
    let pull = ["pull", "--engine", "podman", "--platform", "linux/amd64", &pushed.tagged()];
    world.image(podman.within(&world.binary), &pull)?.exits(0)?;
    let kept = podman.kept(&pushed.tagged())?;
    // Of two platforms, the first was pulled: its manifest and config, and the index.
    let (manifest, config) = (&pushed.image.manifests[0], &pushed.image.blobs[0]);
    for content in [pushed.image.top()?, manifest, config] {
        let digest = content.digest();
        let mine = ours.get(&digest).with_context(|| format!("{digest} was not copied"))?;
        ensure!(kept.contains(mine), "podman does not have the bytes of {digest}");
    }
    let mut save = podman.command();
    save.args(["save", "--quiet", "--uncompressed", "--format", "oci-dir", "--output"])
        .arg(dir.join("saved"));
    run_command(save.arg(pushed.tagged()))?;
    let saved = layout(&dir.join("saved"))?;
    let config = config.json()?;
    let layers = config["rootfs"]["diff_ids"].as_array().context("no layers")?;
    for layer in layers {
        let digest = layer.as_str().context("no digest")?;
        ensure!(saved.contains_key(digest), "podman has other bytes for {digest}: {:?}", saved.keys());
    }
    Ok(format!(": index, manifest, config and {} layers, the same", layers.len()))
}

/// Each of `theirs` is in `ours`, with the same bytes.
fn same(theirs: &Blobs, ours: &Blobs) -> Result<()> {
    for (digest, bytes) in theirs {
        let mine = ours.get(digest).with_context(|| format!("{digest} was not copied"))?;
        ensure!(mine == bytes, "{digest} has other bytes");
    }
    Ok(())
}

/// The blobs of a layout; each is what its name says.
fn layout(dir: &Path) -> Result<Blobs> {
    let mut blobs = Blobs::new();
    for entry in fs::read_dir(dir.join("blobs/sha256")).with_context(|| dir.display().to_string())? {
        let path = entry?.path();
        let bytes = fs::read(&path)?;
        let digest = hex(&Sha256::digest(&bytes));
        ensure!(path.ends_with(&digest), "{} holds {digest}", path.display());
        blobs.insert(format!("sha256:{digest}"), bytes);
    }
    Ok(blobs)
}

fn skopeo(world: &World, pushed: &Pushed, dir: &Path) -> Result<Blobs> {
    let mut command = Command::new(world.stack.peers().path("skopeo"));
    command.args(["--insecure-policy", "copy", "--all", "--preserve-digests", "--src-tls-verify=false"]);
    command.arg("--dest-oci-accept-uncompressed-layers").arg(format!("docker://{}", pushed.tagged()));
    command.arg(format!("oci:{}:1", dir.join("skopeo").display()));
    run_command(&mut command)?;
    layout(&dir.join("skopeo"))
}

fn crane(world: &World, pushed: &Pushed, dir: &Path) -> Result<Blobs> {
    let mut command = Command::new(world.stack.peers().path("crane"));
    command.args(["pull", "--format=oci", "--platform=all", &pushed.tagged()]).arg(dir.join("crane"));
    run_command(&mut command)?;
    layout(&dir.join("crane"))
}

/// What `crane manifest` and `crane blob` give for everything that speaks for the image: its referrers, which the kit lists by the
/// API or by the fallback tag, and cosign's tags, which crane lists.
fn evidence(world: &World, pushed: &Pushed) -> Result<Blobs> {
    let ask = |arguments: &[&str]| -> Result<Vec<u8>> {
        let output = Command::new(world.stack.peers().path("crane")).args(arguments).output()?;
        ensure!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(output.stdout)
    };
    let mut named = Vec::new();
    for manifest in &pushed.image.manifests {
        let referrers = pushed.repository.referrers(&manifest.digest())?;
        named.extend(referrers.iter().map(|referrer| pushed.repository.reference(&referrer.digest())));
    }
    ensure!(named.len() == 2, "a signature and an attestation, not {named:?}");
    let tags = String::from_utf8(ask(&["ls", &pushed.name()])?)?;
    let legacy: Vec<_> =
        tags.lines().filter(|tag| matches!(tag.rsplit_once('.'), Some((_, "sig" | "att")))).collect();
    ensure!(legacy.len() == 1, "one signature in the old format, not {legacy:?}");
    named.extend(legacy.iter().map(|tag| format!("{}:{tag}", pushed.name())));
    let mut blobs = Blobs::new();
    let mut keep = |bytes: Vec<u8>| blobs.insert(format!("sha256:{}", hex(&Sha256::digest(&bytes))), bytes);
    for reference in &named {
        let bytes = ask(&["manifest", reference])?;
        let manifest: Value = serde_json::from_slice(&bytes)?;
        keep(bytes);
        for blob in manifest["layers"].as_array().context("no layers")?.iter().chain([&manifest["config"]]) {
            let digest = blob["digest"].as_str().context("no digest")?;
            keep(ask(&["blob", &pushed.repository.reference(digest)])?);
        }
    }
    Ok(blobs)
}
