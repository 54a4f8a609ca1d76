//! Without a policy file: options are a policy of one entry, and what is printed to be kept judges the same.

use insta::assert_snapshot;
use proofmark_testkit::registry::{Behaviour, ImageSpec, Registry};
use proofmark_testkit::sigstore::{KeyType, SignRequest, SigningKey, World, WorldOptions};

use crate::support::{Run, Sandbox, steady};

/// A registry with `acme/agent:1`, signed by the workflow and by the key, and the roots of both.
fn signed() -> (Registry, Sandbox, String) {
    let world = World::new(WorldOptions::default());
    let registry = Registry::start(Behaviour::plain()).unwrap();
    let image = registry.push_image("acme/agent", &ImageSpec::named("agent"));
    registry.tag("acme/agent", "1", &image.digest);
    let key = SigningKey::from_seed(KeyType::P256, "team");
    registry.attach_bundle("acme/agent", &image, &world.sign(&SignRequest::image(&image.digest)));
    registry.attach_bundle(
        "acme/agent",
        &image,
        &world.sign(&SignRequest::image(&image.digest).key(key.clone())),
    );
    let sandbox = Sandbox::new();
    sandbox.write("given/team.pub", key.public_pem());
    sandbox.write("given/world.json", world.trusted_root_json());
    let reference = format!("{}/acme/agent:1", registry.host());
    (registry, sandbox, reference)
}

/// The policy that was printed on standard error, as it stands there.
fn kept(run: &Run) -> String {
    let at = run.stderr.find("version = 1").unwrap_or_else(|| panic!("{}", run.transcript()));
    run.stderr[at..].to_owned()
}

/// Everything of the report that is about the image, and not about where the policy came from.
fn verdicts(run: &Run) -> serde_json::Value {
    let report = run.report();
    let plain = |row: &serde_json::Value| {
        let mut row = row.clone();
        for place in ["expected", "location"] {
            row.as_object_mut().unwrap().remove(place);
        }
        row
    };
    // What is worth mending in files is a finding of theirs, and no verdict.
    let rows = report["results"].as_array().unwrap().iter().filter(|row| row["verdict"] != "finding");
    let rows: Vec<_> = rows.map(plain).collect();
    let mut summary = report["summary"].clone();
    summary.as_object_mut().unwrap().remove("findings");
    serde_json::json!({ "results": rows, "summary": summary })
}

/// Runs with the options, then with what was printed, beside the files that were given.
#[track_caller]
fn keeps(sandbox: &Sandbox, options: &[&str], reference: &str, exit: i32, files: &[(&str, &str)]) -> Run {
    let json = |options: &[&str]| {
        sandbox.verify(options.iter().copied().chain(["--format", "json", reference])).exits(exit)
    };
    let by_options = json(options);
    let policy = kept(&by_options);
    sandbox.write("kept/proofmark.toml", &policy);
    for (from, to) in files {
        sandbox.write(&format!("kept/trust-roots/{to}"), sandbox.read(from));
    }
    let host = reference.split('/').next().unwrap();
    sandbox.write("kept/allowlists/registries.toml", format!("[[registry]]\nhost = \"{host}\"\n"));
    let by_policy = json(&["--policy", "kept"]);
    assert_eq!(verdicts(&by_options), verdicts(&by_policy), "{policy}");
    assert_eq!(by_policy.stderr, "", "nothing to keep");
    by_options
}

const WORKFLOW: &str = "https://github.com/acme/agents/.github/workflows/release.yml@refs/tags/*";
const GITHUB: &str = "https://token.actions.githubusercontent.com";
const ROOT: [&str; 2] = ["--trusted-root", "given/world.json"];

#[test]
fn a_key() {
    let (_registry, sandbox, reference) = signed();
    let options = [&["--key", "given/team.pub"], &ROOT[..]].concat();
    let files = [("given/team.pub", "signer.pub"), ("given/world.json", "given.json")];
    let run = keeps(&sandbox, &options, &reference, 0, &files);
    assert_snapshot!("policy_of_a_key", steady(&kept(&run), &sandbox.dir().display().to_string()));
}

#[test]
fn an_identity() {
    let (_registry, sandbox, reference) = signed();
    let options = [&["--identity", WORKFLOW, "--issuer", GITHUB], &ROOT[..]].concat();
    let run = keeps(&sandbox, &options, &reference, 0, &[("given/world.json", "given.json")]);
    assert_snapshot!("policy_of_an_identity", steady(&kept(&run), &sandbox.dir().display().to_string()));
}

#[test]
fn somebody_else() {
    let (_registry, sandbox, reference) = signed();
    let other = WORKFLOW.replace("acme/agents", "acme/other");
    let options = [&["--identity", &other, "--issuer", GITHUB], &ROOT[..]].concat();
    let run = keeps(&sandbox, &options, &reference, 1, &[("given/world.json", "given.json")]);
    run.says("wrong-identity");
}

/// Quiet means quiet, and the note never stands in the report's stream.
#[test]
fn the_note_is_a_note() {
    let (_registry, sandbox, reference) = signed();
    let fixed = ["--identity", WORKFLOW, "--issuer", GITHUB, ROOT[0], ROOT[1], "--print", "pinned"];
    let loud = sandbox.verify(fixed.into_iter().chain([reference.as_str()])).exits(0);
    assert_eq!(loud.stdout.lines().count(), 1, "{}", loud.transcript());
    let quiet = sandbox.verify(fixed.into_iter().chain(["--quiet", reference.as_str()])).exits(0);
    assert_eq!(loud.stdout, quiet.stdout);
    assert!(
        loud.stderr.contains("version = 1") && !quiet.stderr.contains("version = 1"),
        "{}",
        quiet.transcript()
    );
}

#[test]
fn halves_of_a_signer() {
    let (_registry, sandbox, reference) = signed();
    sandbox.verify([ROOT[0], ROOT[1], &reference]).fails_with(2, "signer-missing");
    for options in [&["--issuer", GITHUB][..], &["--identity", WORKFLOW], &["--transparency", "optional"]] {
        sandbox
            .verify(options.iter().copied().chain([reference.as_str()]))
            .exits(2)
            .says("required arguments");
    }
    sandbox
        .verify(["--key", "given/team.pub", "--policy", ".", &reference])
        .exits(2)
        .says("cannot be used with");
    sandbox.verify(["--key", "given/team.pub", "--identity", "x", "--issuer", "y", &reference]).exits(2);
    sandbox.write("given/bytes", [0xff, 0xfe]);
    sandbox.verify(["--key", "given/bytes", &reference]).fails_with(2, "file-unreadable");
    sandbox
        .verify(["--key", "given/world.json", &reference])
        .fails_with(2, "policy-invalid")
        .says("unusable-key");
    let options = ["--key", "given/team.pub", "--trusted-root", "given/team.pub", &reference];
    sandbox.verify(options).fails_with(2, "policy-invalid").says("unusable-root");
}
