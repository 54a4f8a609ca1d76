//! The cases beside the rules (`src/rules/<id>/cases/*.toml`) and the examples of their pages, run: one test for each.
//! The format is described in `src/rules/README.md`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by it")]

mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use libtest_mimic::{Arguments, Failed, Trial};
use proofmark_core::{Digest, RuleMeta};
use proofmark_image::RULES;
use proofmark_testkit::registry::{Effect, Fault, ImageSpec, Pushed, Route};
use proofmark_testkit::sigstore::{SignRequest, Signed, Statement};
use serde::Deserialize;
use support::{HOST, REPOSITORY, Scene, platform_key, scanner, second_key, stranger, world};

/// What a case says; `src/rules/README.md` describes every key.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Case {
    reference: String,
    policy: String,
    entries: Vec<String>,
    registries: Option<Vec<String>>,
    signed_by: Option<String>,
    #[serde(default)]
    entry: String,
    #[serde(default = "yes")]
    signed: bool,
    signer: Option<String>,
    format: Option<String>,
    claims: Option<String>,
    predicate: Option<String>,
    content: Option<String>,
    #[serde(default)]
    other_image: bool,
    #[serde(default)]
    listed: bool,
    #[serde(default)]
    ended: bool,
    #[serde(default)]
    platforms: Vec<String>,
    #[serde(default)]
    denied: bool,
    #[serde(default)]
    index: bool,
    on: Option<String>,
    platform: Option<String>,
    fault: Option<String>,
    layers: Option<Vec<String>>,
    diff_ids: Option<Vec<String>>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    bases: Option<Vec<BaseRow>>,
    expect: String,
    says: Option<String>,
}

/// A row of `base-images.toml`, by the content of its layers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct BaseRow {
    name: String,
    layers: Vec<String>,
    #[serde(default = "amd64")]
    platforms: Vec<String>,
    not_after: Option<String>,
    revoked: Option<String>,
}

fn amd64() -> Vec<String> {
    vec!["linux/amd64".to_owned()]
}

impl BaseRow {
    fn toml(&self) -> String {
        let digests = |texts: &[String]| -> Vec<String> {
            texts.iter().map(|text| Digest::sha256(text.as_bytes()).to_string()).collect()
        };
        let mut row = format!(
            "[[base]]\nname = {:?}\ndigests = {:?}\nplatforms = {:?}\ndiff-ids = {:?}\nadded-by = \"ops\"\nwhy = \"reviewed\"\n",
            self.name,
            digests(std::slice::from_ref(&self.name)),
            self.platforms,
            digests(&self.layers)
        );
        // Writing to a String cannot fail.
        if let Some(day) = &self.not_after {
            let _ = writeln!(row, "not-after = {day}");
        }
        if let Some(why) = &self.revoked {
            let _ = writeln!(row, "revoked = {why:?}");
        }
        row
    }
}

const fn yes() -> bool {
    true
}

/// What the registry holds for a case.
struct Content {
    /// What the tag `1` of the repository names.
    top: Pushed,
    /// What carries the evidence, and is listed or denied.
    carrier: Pushed,
}

impl Case {
    fn push(&self, scene: &Scene) -> Result<Content, Failed> {
        if !self.index && self.layers.is_none() {
            let image = scene.image();
            return Ok(Content { top: image.clone(), carrier: image });
        }
        if !self.index {
            let image = scene.registry.push_image(REPOSITORY, &self.spec(&[]));
            scene.registry.tag(REPOSITORY, "1", &image.digest);
            return Ok(Content { top: image.clone(), carrier: image });
        }
        let child = |name: &str| {
            let spec = if self.layers.is_some() { self.spec(&[name]) } else { ImageSpec::named(name) };
            scene.registry.push_image(REPOSITORY, &spec.platform("linux", name))
        };
        let (amd64, arm64) = (child("amd64"), child("arm64"));
        let top = scene.registry.push_index(REPOSITORY, &[amd64.clone(), arm64.clone()]);
        scene.registry.tag(REPOSITORY, "1", &top.digest);
        let carrier = match self.on.as_deref() {
            None | Some("index") => top.clone(),
            Some("amd64") => amd64,
            Some("arm64") => arm64,
            Some(other) => return Err(format!("nothing is called {other}").into()),
        };
        Ok(Content { top, carrier })
    }

    /// An image of the case's layers and these.
    fn spec(&self, more: &[&str]) -> ImageSpec {
        let own = self.layers.iter().flatten().map(String::as_str);
        let layers = own.chain(more.iter().copied()).map(|text| text.as_bytes().to_vec());
        let claimed = self.diff_ids.as_ref();
        ImageSpec {
            claimed_diff_ids: claimed
                .map(|texts| texts.iter().map(|text| Digest::sha256(text.as_bytes())).collect()),
            annotations: self.annotations.clone().into_iter().collect(),
            ..ImageSpec::default().layers(layers)
        }
    }

    fn sign(&self, scene: &Scene, carrier: &Pushed) -> Result<(), Failed> {
        let digest = if self.other_image { Digest::sha256(b"another image") } else { carrier.digest.clone() };
        let legacy = match self.format.as_deref() {
            None | Some("bundle") => false,
            Some("legacy") => true,
            Some(other) => return Err(format!("no format {other}").into()),
        };
        let request = if legacy {
            let own = format!("{HOST}/{REPOSITORY}");
            SignRequest::legacy_image(self.claims.as_deref().unwrap_or(&own), &digest)
        } else if let Some(predicate) = &self.predicate {
            let content = serde_json::from_str(self.content.as_deref().unwrap_or("{}"));
            let content = content.map_err(|error| error.to_string())?;
            SignRequest::statement(&Statement::new(predicate).unnamed_subject(&digest).predicate(content))
        } else {
            SignRequest::image(&digest)
        };
        let request = match self.signer.as_deref() {
            None | Some("release") => request,
            Some("scanner") => request.keyless(scanner()),
            Some("stranger") => request.keyless(stranger()),
            Some("platform") => request.key(platform_key()),
            Some("second") => request.key(second_key()),
            Some(other) => return Err(format!("no signer {other}").into()),
        };
        let signed: Signed = world().sign(&request);
        if legacy {
            scene.registry.attach_legacy(REPOSITORY, &carrier.digest, &[&signed]);
        } else {
            scene.attach(carrier, &signed);
        }
        Ok(())
    }

    fn allowlists(&self, scene: &mut Scene, repository: &str, carrier: &Digest) {
        let hosts = self.registries.clone().unwrap_or_else(|| vec![HOST.to_owned()]);
        let rows: Vec<String> =
            hosts.iter().map(|host| format!("[[registry]]\nhost = \"{host}\"\n")).collect();
        scene.registries(&rows.concat());
        let other = Digest::sha256(b"another image");
        let listed = if self.listed { carrier } else { &other };
        let mut row = format!(
            "[[image]]\nrepository = \"{repository}\"\ndigest = \"{listed}\"\nwhy = \"reviewed\"\nby = \"ops\"\n"
        );
        if !self.platforms.is_empty() {
            row.push_str("platforms = ");
            row.push_str(&toml::Value::from(self.platforms.clone()).to_string());
            row.push('\n');
        }
        if self.ended {
            row += "not-after = 2026-01-31\n";
        }
        scene.file("allowlists/images.toml", &row);
        if let Some(rows) = &self.bases {
            let rows: Vec<String> = rows.iter().map(BaseRow::toml).collect();
            scene.file("allowlists/base-images.toml", &rows.concat());
        }
        if self.denied {
            let row = format!("[[deny]]\ndigest = \"{carrier}\"\nwhy = \"abused\"\nby = \"ops\"\n");
            scene.file("allowlists/denied.toml", &row);
        }
    }

    fn demand(&self, scene: &mut Scene) -> Result<(), Failed> {
        let demand = match self.policy.as_str() {
            "signed" => format!("signed-by = {}", self.signed_by.as_deref().unwrap_or("[\"release\"]")),
            "attested" => String::new(),
            "listed" => "digests = \"images.toml\"".to_owned(),
            other => return Err(format!("no policy {other}").into()),
        };
        let entries: Vec<String> = self
            .entries
            .iter()
            .map(|glob| format!("[[image]]\nmatch = \"{glob}\"\n{demand}\n{}\n", self.entry))
            .collect();
        scene.policy(&entries.concat());
        Ok(())
    }

    fn trouble(&self, scene: &Scene, top: &Pushed) -> Result<(), Failed> {
        let image = || Route::Manifest(top.digest.to_string());
        let fault = match self.fault.as_deref() {
            None => return Ok(()),
            Some("referrers-500") => Fault::on(Route::Referrers, Effect::Status(500)),
            Some("tag-401") => Fault::on(Route::Tag("1".to_owned()), Effect::Status(401)),
            Some("tag-500") => Fault::on(Route::Tag("1".to_owned()), Effect::Status(500)),
            Some("bytes-changed") => Fault::on(image(), Effect::BitFlip),
            Some("digest-header") => {
                let lie = Digest::sha256(b"another image").to_string();
                Fault::on(Route::Tag("1".to_owned()), Effect::DigestHeader(lie))
            }
            Some("no-manifest") => Fault::on(
                Route::Tag("1".to_owned()),
                Effect::Body(
                    "application/vnd.oci.image.manifest.v1+json",
                    b"{\"schemaVersion\":2,\"schemaVersion\":2}".to_vec(),
                ),
            ),
            Some(other) => return Err(format!("no fault {other}").into()),
        };
        scene.registry.fault(fault);
        Ok(())
    }

    fn run(&self, rule: &RuleMeta) -> Result<(), Failed> {
        let mut scene = Scene::new();
        let content = self.push(&scene)?;
        let database = scene.image_as("vendor/database", "1");
        if self.signed {
            self.sign(&scene, &content.carrier)?;
        }
        let vendor = self.reference.contains("/vendor/database");
        let (repository, listed) = if vendor {
            (format!("{HOST}/vendor/database"), &database)
        } else {
            (format!("{HOST}/{REPOSITORY}"), &content.carrier)
        };
        self.allowlists(&mut scene, &repository, &listed.digest);
        self.demand(&mut scene)?;
        self.trouble(&scene, &content.top)?;
        let reference = self
            .reference
            .replace("{digest}", &content.top.digest.to_string())
            .replace("{carrier}", &content.carrier.digest.to_string());
        let judged = match &self.platform {
            Some(platform) => scene.verify_for(&reference, platform),
            None => scene.verify(&reference),
        };
        let finding = judged.deciding();
        if judged.word() != self.expect {
            return Err(format!("{}: {judged:#?}", judged.word()).into());
        }
        if finding.reason.is_some() && finding.rule.id != rule.id {
            return Err(format!("refused by {}: {judged:#?}", finding.rule.id).into());
        }
        match &self.says {
            Some(part) if !judged.says(part) => Err(format!("does not say {part:?}: {judged:#?}").into()),
            _ => Ok(()),
        }
    }
}

/// The TOML block below a heading of a page.
fn block<'a>(page: &'a str, heading: &str) -> &'a str {
    let section = page.split(&format!("\n## {heading}\n")).nth(1).expect("the section");
    section.split("```toml\n").nth(1).expect("a block").split("```").next().expect("its end")
}

/// The rule's page and its folder: name and text of each case.
fn texts(rule: &RuleMeta) -> Vec<(String, String)> {
    let mut texts: Vec<(String, String)> = ["Bad", "Good"]
        .into_iter()
        .map(|heading| (format!("{}/doc.md {heading}", rule.id), block(rule.doc, heading).to_owned()))
        .collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules").join(rule.id).join("cases");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    for file in files {
        let mut text = String::new();
        File::open(&file).unwrap().read_to_string(&mut text).unwrap();
        texts.push((format!("{}/{}", rule.id, file.file_stem().unwrap().to_str().unwrap()), text));
    }
    texts
}

fn main() {
    let mut trials = Vec::new();
    for rule in RULES {
        let mut beside = [0, 0];
        for (name, text) in texts(rule) {
            let case: Case = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            let good = case.expect == "pass";
            if name.contains("doc.md") {
                assert_eq!(good, name.ends_with("Good"), "{name}");
            } else {
                beside[usize::from(good)] += 1;
            }
            trials.push(Trial::test(name, move || case.run(rule)));
        }
        assert!(beside.iter().all(|count| *count > 0), "{}: a bad and a good case beside the rule", rule.id);
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
