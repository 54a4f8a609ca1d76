//! The example of the source tree: real signatures of real tools, without a network.

use std::collections::BTreeSet;
use std::fs;

use insta::assert_snapshot;

use crate::support::{EXAMPLE_NOW, Run, Sandbox, tree};

const GOOD: [&str; 4] = ["planner:1.4.0", "worker:2.1.0", "scanner:0.9.0", "legacy:1.0.0"];
const BAD: [&str; 4] = ["unsigned:1.0.0", "wrong-identity:1.0.0", "transplant:1.0.0", "from-branch:1.0.0"];

fn named(images: &[&str]) -> Vec<String> {
    images.iter().map(|image| format!("registry.acme.example/agents/{image}")).collect()
}

/// `image verify --policy examples/platform` from the root of the source tree.
fn verify(arguments: &[&str], images: &[&str]) -> Run {
    let images = named(images);
    let fixed = ["image", "verify", "--policy", "examples/platform", "--now", EXAMPLE_NOW];
    run(&fixed
        .iter()
        .copied()
        .chain(arguments.iter().copied())
        .chain(images.iter().map(String::as_str))
        .collect::<Vec<_>>())
}

/// Any command from the root of the source tree.
fn run(arguments: &[&str]) -> Run {
    Sandbox::new().program(arguments.iter().copied()).within(tree()).run()
}

#[test]
fn what_is_signed_as_asked_passes() {
    assert_snapshot!(verify(&[], &GOOD).exits(0).transcript());
}

#[test]
fn what_is_not_is_refused_and_explained() {
    assert_snapshot!(verify(&[], &BAD).exits(1).transcript());
}

/// The signed content stays valid without any service: an old root is told, and fails no run.
#[test]
fn what_was_signed_stays_signed() {
    let later = ["image", "verify", "--policy", "examples/platform", "--now", "2036-11-24T00:00:00Z"];
    let images = named(&GOOD);
    let images: Vec<&str> = images.iter().map(String::as_str).collect();
    let run = run(&[&later[..], &images].concat()).exits(0);
    assert!(run.stdout.contains("policy-root-old") && run.stdout.contains("acme.json"), "{}", run.stdout);
}

/// Judged at a time before a root was fetched, it has no age, least of all one below nothing.
#[test]
fn nothing_is_younger_than_now() {
    let old = ["image", "verify", "--policy", "examples/platform", "--now", "2020-01-01T00:00:00Z"];
    let run = run(&[&old[..], &["registry.acme.example/agents/planner:1.4.0"]].concat()).exits(1);
    let negative = |word: &str| word.starts_with('-') && word.chars().nth(1).is_some_and(char::is_numeric);
    assert!(run.stdout.contains("age unknown"), "{}", run.stdout);
    assert!(!run.stdout.split_whitespace().any(negative), "{}", run.stdout);
}

#[test]
fn json_holds_its_schema_and_says_the_same() {
    let schema = proofmark_report::report_schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (images, exit, verdict) in [(GOOD, 0, "pass"), (BAD, 1, "fail")] {
        let run = verify(&["--format", "json"], &images).exits(exit);
        let report = run.report();
        let errors: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
        assert_eq!(report["summary"]["verdict"], verdict);
        assert_eq!(report["summary"]["exit"], exit);
        let results = report["results"].as_array().unwrap();
        let images: BTreeSet<_> = results.iter().map(|row| row["subject"]["reference"].as_str()).collect();
        assert_eq!(images.len(), 4);
        assert_snapshot!(format!("json_{verdict}"), run.transcript());
    }
}

/// A pinned line for what may run, and nothing for what may not: the line is run by scripts.
#[test]
fn pinned_lines_are_for_passes_alone() {
    let some = verify(&["--print", "pinned"], &[GOOD[0], BAD[0], GOOD[2], BAD[3]]).exits(1);
    let lines: Vec<&str> = some.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{}", some.transcript());
    assert!(lines[0].starts_with("registry.acme.example/agents/planner@sha256:"), "{}", lines[0]);
    assert!(lines[1].starts_with("registry.acme.example/agents/scanner@sha256:"), "{}", lines[1]);
    assert_eq!(verify(&["--print", "pinned"], &BAD).exits(1).stdout, "");
}

#[test]
fn pinned_lines_verify_again() {
    let pinned = verify(&["--print", "pinned"], &GOOD).exits(0).stdout;
    let again = Sandbox::new()
        .program([
            "image",
            "verify",
            "--policy",
            "examples/platform",
            "--now",
            EXAMPLE_NOW,
            "--print",
            "pinned",
            "--from",
            "-",
        ])
        .within(tree())
        .stdin(&pinned)
        .run()
        .exits(0);
    assert_eq!(again.stdout, pinned);
}

#[test]
fn a_platform_is_named_beside_the_index_that_carries_the_signature() {
    assert_snapshot!(verify(&["--platform", "linux/arm64"], &GOOD[1..2]).exits(0).transcript());
    verify(&["--platform", "linux/s390x"], &GOOD[1..2])
        .exits(1)
        .says("image-content: platform")
        .says("linux/arm64");
    verify(&["--platform", "nonsense"], &GOOD[1..2]).exits(2).says("such as linux/arm64");
}

#[test]
fn explain_shows_everything_known() {
    assert_snapshot!(verify(&["--explain"], &[GOOD[0], GOOD[3], BAD[2]]).exits(1).transcript());
}

#[test]
fn a_list_is_read_from_a_file_and_from_standard_input() {
    let list = format!("# what we run\n\n{}\n  {}  \n", named(&GOOD).join("\n"), named(&GOOD)[0]);
    let sandbox = Sandbox::new();
    sandbox.write("images.txt", &list);
    let file = sandbox.path("images.txt").display().to_string();
    let command = |from| {
        let fixed =
            ["image", "verify", "--policy", "examples/platform", "--now", EXAMPLE_NOW, "--from", from];
        sandbox.program(fixed).within(tree()).stdin(&list).run().exits(0)
    };
    let (by_file, by_stream) = (command(&file), command("-"));
    assert_eq!(by_file.stdout, by_stream.stdout);
    assert_eq!(by_file.stdout, verify(&[], &GOOD).stdout);
}

#[test]
fn a_layout_needs_the_name_that_it_stands_for() {
    let layout = "oci:examples/platform/images:registry.acme.example/agents/planner:1.4.0";
    let fixed = ["image", "verify", "--policy", "examples/platform", "--now", EXAMPLE_NOW, layout];
    assert_snapshot!("layout_without_as", run(&fixed).fails_with(2, "reference-malformed").transcript());
    let with = |name| run(&[&fixed[..], &["--as", name]].concat());
    assert_snapshot!("layout_as_planner", with("registry.acme.example/agents/planner").exits(0).transcript());
    // The name chooses the entry: under this one the platform team must have signed.
    with("registry.acme.example/agents/scanner").exits(1).says("expected  signed by platform");
    with("ghcr.io/acme/planner").exits(1).says("registry-not-allowed");
    with("registry.acme.example/agents/planner:1").fails_with(2, "reference-malformed");
}

#[test]
fn tree_shows_what_is_attached() {
    for image in [GOOD[0], GOOD[3], BAD[2]] {
        let reference = named(&[image]).remove(0);
        let fixed = ["image", "tree", "--policy", "examples/platform", &reference];
        let name = image.split(':').next().unwrap();
        assert_snapshot!(format!("tree_{name}"), run(&fixed).exits(0).transcript());
        let json = run(&[&fixed[..], &["--json"]].concat()).exits(0).report();
        assert_eq!(json["schema"], "proofmark-tree/1");
        assert_eq!(json["attachments"].as_array().unwrap().len(), 1);
    }
    // A tag that the mirror does not have is asked of its registry.
    let absent = [
        "image",
        "tree",
        "--offline",
        "--policy",
        "examples/platform",
        "registry.acme.example/agents/planner:9",
    ];
    run(&absent).fails_with(3, "offline");
    // What the mirror said is told as well: a mistyped tag is the likelier cause.
    let verified = ["image", "verify", "--offline", "--policy", "examples/platform", absent[5]];
    run(&verified)
        .exits(3)
        .says("image-content: offline")
        .says("asked as well: examples/platform/images has no image registry.acme.example/agents/planner:9")
        .says("or check the name and the tag, which oci:examples/platform/images does not have");
}

#[test]
fn trust_is_shown_and_compared() {
    let shown = run(&["trust", "show", "--policy", "examples/platform"]).exits(0);
    let acme = shown.stdout.split("\n\n").next().unwrap();
    for part in [
        "acme\n",
        "certificate authority: https://fulcio.acme.example",
        "transparency log: ",
        "timestamp authority: ",
    ] {
        assert!(acme.contains(part), "{part}: {acme}");
    }
    for name in ["\nsigstore-public-good\n  built in", "\ngithub\n  built in"] {
        assert!(shown.stdout.contains(name), "{name}");
    }
    let diff = |name| {
        let file = "examples/platform/trust-roots/acme.json";
        run(&["trust", "diff", "--policy", "examples/platform", "--root", name, file])
    };
    assert_eq!(diff("acme").exits(0).stdout, "no difference\n");
    let other = diff("sigstore-public-good").exits(1).stdout;
    assert!(other.contains("+ certificate authority: https://fulcio.acme.example"), "{other}");
    assert!(other.contains("- certificate authority: https://fulcio.sigstore.dev"), "{other}");
    diff("nobody").fails_with(2, "root-unknown");
}

#[test]
fn the_policy_is_shown_and_linted() {
    assert_snapshot!(
        "policy_show",
        run(&["policy", "show", "--policy", "examples/platform"]).exits(0).transcript()
    );
    let lint = ["policy", "lint", "--policy", "examples/platform", "--now", EXAMPLE_NOW];
    assert_snapshot!("policy_lint", run(&lint).exits(0).transcript());
    run(&[&lint[..], &["--fail-on", "low"]].concat()).exits(1);
}

/// Whoever was just cloned does not judge itself: what is accepted is this content at this path.
#[test]
fn a_policy_is_accepted_as_it_stands() {
    let sandbox = Sandbox::with_policy("version = 1\n");
    let show = || sandbox.program(["policy", "show"]).run().exits(0).stdout;
    assert!(show().contains("# not accepted on this machine: proofmark policy trust\n"));
    sandbox.program(["policy", "trust"]).run().exits(0).says("accepted ");
    assert!(show().contains("# accepted on this machine, as it stands now\n"));
    sandbox.write("proofmark.toml", "version = 1\n# changed\n");
    assert!(show().contains("# not accepted on this machine"));
    sandbox
        .program(["policy", "trust"])
        .without("XDG_STATE_HOME")
        .without("HOME")
        .run()
        .fails_with(2, "no-state-directory");
    fs::write(sandbox.dir().join("state/proofmark/accepted-policies.json"), "{").unwrap();
    sandbox.program(["policy", "trust"]).run().fails_with(3, "state-unusable");
}
