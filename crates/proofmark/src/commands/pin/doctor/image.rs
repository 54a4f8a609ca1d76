//! `pin doctor --image`: the tools in the layers of an image. Nothing of it is run.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use proofmark_core::display::safe;
use proofmark_core::{Finding, Outcome};
use proofmark_engine::Exit;
use proofmark_pin::Look;
use serde_json::{Value, json};

use super::page::{verdict, word};
use super::{Judge, rank};
use crate::doctor::{Found, Image, InLayer, images};
use crate::failure::Failure;
use crate::output::Output;

/// The verdicts by the names of [`shown`].
type Verdicts = BTreeMap<String, Finding>;

/// Looks, judges, and tells.
pub(super) fn doctor(
    text: &str,
    tools: &[String],
    judge: &Judge<'_>,
    as_json: bool,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let images = images(text, tools).map_err(|why| {
        let help =
            "name a layout whose blobs are whole: oci:DIR[:TAG]; proofmark image pull --to oci:DIR makes one";
        Failure::unverifiable("image-unreadable", format!("{text}: {why}"), help)
    })?;
    let mut looks: Vec<Box<dyn Look>> = Vec::new();
    for image in &images {
        let each = image.found.iter().filter_map(|found| InLayer::of(found, shown(image, found)));
        looks.extend(each.map(|one| Box::new(one) as Box<dyn Look>));
    }
    let verdicts = judge.verdicts(&looks, false)?;
    let told = if as_json { json(&images, tools, &verdicts) } else { page(&images, tools, &verdicts) };
    output.text(&told)?;
    Ok(exit(&images, tools, &verdicts))
}

/// One name for each file of each layer.
fn shown(image: &Image, found: &Found) -> String {
    format!(
        "{} {} (layer {} of {}, {})",
        image.name,
        found.path,
        found.layer,
        image.layers,
        found.layer_digest.short()
    )
}

/// What the image's `PATH` leads to: executables that are still there, in the order of its folders.
fn led<'a>(image: &'a Image, tool: &str) -> Vec<&'a Found> {
    let there = |found: &&Found| found.tool == tool && found.gone_in.is_none() && found.executable;
    let mut all = Vec::new();
    for folder in image.path.split(':') {
        let folder = folder.trim_end_matches('/');
        let here = image
            .found
            .iter()
            .filter(there)
            .filter(|found| found.path.rsplit_once('/').is_some_and(|(dir, _)| dir == folder));
        all.extend(here);
    }
    all
}

/// Where the bytes are: those of a link are of what it leads to.
fn bytes_of<'a>(image: &'a Image, found: &'a Found) -> Option<&'a Found> {
    let mut at = found;
    // Links that lead to links, and to themselves.
    for _ in 0..8 {
        let Some(to) = &at.link else { return Some(at) };
        let folder = at.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let path = if to.starts_with('/') { to.clone() } else { format!("{folder}/{to}") };
        let path = crate::doctor::absolute(&path);
        // A hard link's target is written from the root.
        let root = crate::doctor::absolute(to);
        let is = |one: &&Found| one.gone_in.is_none() && (one.path == path || one.path == root);
        at = image.found.iter().find(is)?;
    }
    None
}

fn judged<'a>(image: &Image, found: &Found, verdicts: &'a Verdicts) -> Option<&'a Finding> {
    verdicts.get(&shown(image, bytes_of(image, found)?))
}

fn exit(images: &[Image], tools: &[String], verdicts: &Verdicts) -> Exit {
    let mut worst: Option<u8> = None;
    for image in images {
        for first in tools.iter().filter_map(|tool| led(image, tool).into_iter().next()) {
            let outcome = judged(image, first, verdicts).map_or(Outcome::Unverifiable, |row| row.outcome);
            worst = worst.max(rank(outcome));
        }
    }
    match worst {
        Some(2) => Exit::Failed,
        Some(1) => Exit::Unverifiable,
        Some(_) => Exit::Clean,
        None => Exit::Nothing,
    }
}

fn page(images: &[Image], tools: &[String], verdicts: &Verdicts) -> String {
    let mut out = String::new();
    for image in images {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{}, {} layers, PATH {}", safe(&image.name), image.layers, safe(&image.path));
        for tool in tools {
            let led = led(image, tool);
            for found in image.found.iter().filter(|found| found.tool == *tool) {
                let place = led.iter().position(|one| std::ptr::eq(*one, found));
                let _ = writeln!(out, "  {} {}", how(found, place), safe(&line(image, found, verdicts)));
            }
        }
    }
    if images.iter().all(|image| image.found.is_empty()) {
        let _ = writeln!(out, "none of the tools is in the image");
    }
    out
}

fn how(found: &Found, place: Option<usize>) -> String {
    match (found.gone_in, place) {
        (Some(layer), _) => format!("gone in layer {layer}:"),
        (None, Some(0)) => "runs:".to_owned(),
        (None, Some(_)) => "behind it:".to_owned(),
        (None, None) => "not on PATH:".to_owned(),
    }
}

fn line(image: &Image, found: &Found, verdicts: &Verdicts) -> String {
    let leads = found.link.as_ref().map(|to| format!(", a link to {to}")).unwrap_or_default();
    let told = match judged(image, found, verdicts) {
        Some(row) => verdict(Some(row)),
        None => "cannot be judged: what it leads to has another name, or is too large".to_owned(),
    };
    format!(
        "{} (layer {} of {}, {}{leads}): {told}",
        found.path,
        found.layer,
        image.layers,
        found.layer_digest.short()
    )
}

fn json(images: &[Image], tools: &[String], verdicts: &Verdicts) -> String {
    let one = |image: &Image, found: &Found, place: Option<usize>| -> Value {
        let row = judged(image, found, verdicts);
        json!({
            "tool": found.tool,
            "path": found.path,
            "layer": found.layer,
            "layer-digest": found.layer_digest.to_string(),
            "link": found.link,
            "gone-in-layer": found.gone_in,
            "runs": place == Some(0),
            "on-path": place.is_some(),
            "sha256": row.and_then(|row| row.subject.digest.as_ref()).map(|digest| digest.hex().to_owned()),
            "outcome": row.map_or("unverifiable", |row| word(row.outcome)),
            "rule": row.map(|row| row.rule.id),
            "message": row.map(|row| row.message.clone()),
        })
    };
    let files = |image: &Image| -> Vec<Value> {
        let mut all = Vec::new();
        for tool in tools {
            let led = led(image, tool);
            for found in image.found.iter().filter(|found| found.tool == *tool) {
                all.push(one(image, found, led.iter().position(|one| std::ptr::eq(*one, found))));
            }
        }
        all
    };
    let all: Vec<Value> = images
        .iter()
        .map(|image| json!({ "image": image.name, "path": image.path, "layers": image.layers, "files": files(image) }))
        .collect();
    format!("{:#}\n", json!({ "images": all }))
}
