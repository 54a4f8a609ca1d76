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

/// A file that a name in the image's `PATH` leads to.
struct Led<'a> {
    /// Where it was found: the folder of `PATH` with every link followed, and the tool's name.
    path: String,
    /// The entry there.
    found: &'a Found,
    /// Whose bytes it has, links followed; `None`: an entry of another name, or none.
    bytes: Option<&'a Found>,
}

/// What the image's `PATH` leads to: executables that are still there, in the order of its folders.
fn led<'a>(image: &'a Image, tool: &str) -> Vec<Led<'a>> {
    let at = |path: &str| image.found.iter().rev().find(|one| one.gone_in.is_none() && one.path == path);
    let mut all: Vec<Led<'_>> = Vec::new();
    for folder in image.path.split(':') {
        let Some(folder) = image.real(folder) else { continue };
        let path = format!("{folder}/{tool}");
        let Some(found) = at(&path).filter(|found| found.executable) else { continue };
        if all.iter().any(|one| one.path == path) {
            continue;
        }
        let bytes = image.real(&path).and_then(|real| at(&real)).filter(|one| one.link.is_none());
        all.push(Led { path, found, bytes });
    }
    all
}

/// Whose bytes an entry has: as its way in `PATH` says, else its own.
fn bytes_of<'a>(image: &'a Image, found: &'a Found, led: &[Led<'a>]) -> Option<&'a Found> {
    let own = || {
        let real = image.real(&found.path)?;
        let is = |one: &&Found| one.gone_in.is_none() && one.path == real && one.link.is_none();
        image.found.iter().rev().find(is)
    };
    if found.gone_in.is_some() {
        return found.link.is_none().then_some(found);
    }
    led.iter().find(|one| std::ptr::eq(one.found, found)).map_or_else(own, |one| one.bytes)
}

fn judged<'a>(image: &Image, bytes: Option<&Found>, verdicts: &'a Verdicts) -> Option<&'a Finding> {
    verdicts.get(&shown(image, bytes?))
}

fn exit(images: &[Image], tools: &[String], verdicts: &Verdicts) -> Exit {
    let mut worst: Option<u8> = None;
    for image in images {
        for first in tools.iter().filter_map(|tool| led(image, tool).into_iter().next()) {
            let outcome =
                judged(image, first.bytes, verdicts).map_or(Outcome::Unverifiable, |row| row.outcome);
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
                let place = led.iter().position(|one| std::ptr::eq(one.found, found));
                let bytes = bytes_of(image, found, &led);
                let _ =
                    writeln!(out, "  {} {}", how(found, place), safe(&line(image, found, bytes, verdicts)));
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

fn line(image: &Image, found: &Found, bytes: Option<&Found>, verdicts: &Verdicts) -> String {
    let leads = found.link.as_ref().map(|to| format!(", a link to {to}")).unwrap_or_default();
    let told = match judged(image, bytes, verdicts) {
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
    let one = |image: &Image, found: &Found, place: Option<usize>, bytes: Option<&Found>| -> Value {
        let row = judged(image, bytes, verdicts);
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
                let place = led.iter().position(|one| std::ptr::eq(one.found, found));
                all.push(one(image, found, place, bytes_of(image, found, &led)));
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
