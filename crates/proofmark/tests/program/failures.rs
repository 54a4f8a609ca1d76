//! A run that ends before anything is judged writes every report that was asked for: none of an earlier run survives it.

use proofmark_report::Format;
use serde_json::Value;

use crate::support::{Run, Sandbox, tree};

const BROKEN: &str = "version = 1\nimages = []\n[signers.x]\nissuer = \"https://i\"\nidentiti = \"y\"\n";

/// Runs with every format as a file over an old one, and gives the run and the JSON.
fn every_format(sandbox: &Sandbox, arguments: &[&str]) -> (Run, Value) {
    let outputs: Vec<String> =
        Format::ALL.iter().map(|format| format!("--output={0}=report.{0}", format.as_str())).collect();
    for format in Format::ALL {
        sandbox.write(&format!("report.{}", format.as_str()), "of yesterday, and all was well");
    }
    let run = sandbox.program(arguments.iter().copied().chain(outputs.iter().map(String::as_str))).run();
    for format in Format::ALL {
        let text = sandbox.read(&format!("report.{}", format.as_str()));
        assert!(!text.contains("of yesterday") && !text.is_empty(), "{format}: {text}");
    }
    let json = serde_json::from_str(&sandbox.read("report.json")).unwrap();
    (run, json)
}

fn codes(report: &Value) -> Vec<&str> {
    report["errors"].as_array().unwrap().iter().map(|error| error["code"].as_str().unwrap()).collect()
}

/// `fails_with` holds that standard output is empty in the plain format, and that the pictures stand on standard error.
#[test]
fn a_broken_policy() {
    let sandbox = Sandbox::with_policy(BROKEN);
    let validator = jsonschema::validator_for(&proofmark_report::report_schema()).unwrap();
    for command in [&["image", "verify", "postgres:16"][..], &["policy", "lint"]] {
        let (run, json) = every_format(&sandbox, command);
        run.fails_with(2, "policy-invalid").says("2 | images = []").says("error[unknown-key]");
        assert!(
            validator.is_valid(&json),
            "{:?}",
            validator.iter_errors(&json).next().map(|e| e.to_string())
        );
        assert_eq!(
            (&json["summary"]["exit"], &json["summary"]["verdict"]),
            (&2.into(), &"unverifiable".into())
        );
        assert!(codes(&json).len() >= 2 && codes(&json).contains(&"unknown-key"), "{json}");
        let lines: Vec<_> =
            json["errors"].as_array().unwrap().iter().map(|e| &e["location"]["start"]["line"]).collect();
        assert!(lines.contains(&&Value::from(2)) && lines.contains(&&Value::from(5)), "{lines:?}");
        let sarif: Value = serde_json::from_str(&sandbox.read("report.sarif")).unwrap();
        let invocation = &sarif["runs"][0]["invocations"][0];
        assert_eq!((&invocation["exitCode"], &invocation["executionSuccessful"]), (&2.into(), &false.into()));
        let first = &invocation["toolExecutionNotifications"][0]["locations"][0]["physicalLocation"];
        assert_eq!(first["artifactLocation"]["uri"], "proofmark.toml");
        assert_eq!(first["region"]["startLine"], 2);
        assert!(sandbox.read("report.github").starts_with("::error file=proofmark.toml,line=2,"));
        assert!(
            sandbox.read("report.plain").contains("  at: proofmark.toml:2:1\n"),
            "{}",
            sandbox.read("report.plain")
        );
        assert!(sandbox.read("report.junit").contains("at: proofmark.toml:2:1"));
        assert!(sandbox.read("report.junit").contains("see: proofmark explain unknown-key"));
        assert!(sandbox.read("report.markdown").contains("at `proofmark.toml:2:1`"));
    }
}

#[test]
fn whatever_ends_it() {
    let none = Sandbox::new();
    let empty = Sandbox::with_policy("version = 1\n");
    for (sandbox, arguments, wanted) in [
        (&none, &["image", "verify", "postgres:16"][..], "policy-not-found"),
        (&none, &["policy", "lint"], "policy-not-found"),
        (&empty, &["image", "verify", "https://x/y", "Upper/case"], "reference-malformed"),
        (&empty, &["image", "verify", "--from", "absent"], "list-unreadable"),
        (&empty, &["image", "verify", "--key", "absent.pub", "a"], "file-unreadable"),
        (&empty, &["image", "verify", "--print", "pinned", "Upper/case"], "reference-malformed"),
    ] {
        let (run, json) = every_format(sandbox, arguments);
        run.fails_with(2, wanted);
        assert_eq!(json["summary"]["exit"], 2, "{wanted}");
        assert!(codes(&json).iter().all(|code| *code == wanted) && !codes(&json).is_empty(), "{json}");
    }
    let (_, two) = every_format(&empty, &["image", "verify", "https://x/y", "Upper/case"]);
    assert_eq!(codes(&two).len(), 2, "each reference is an error of its own");
}

#[test]
fn standard_output_has_the_format_that_was_asked_for() {
    let sandbox = Sandbox::with_policy(BROKEN);
    for command in [&["image", "verify", "postgres:16"][..], &["policy", "lint"]] {
        for format in Format::ALL.into_iter().filter(|format| *format != Format::Plain) {
            let run =
                sandbox.program(command.iter().copied().chain(["--format", format.as_str()])).run().exits(2);
            assert!(run.stdout.contains("unknown-key") || format == Format::Sarif, "{}", run.transcript());
            assert!(run.stderr.starts_with("error[policy-invalid]: "), "{}", run.transcript());
        }
    }
    let pinned = sandbox.verify(["--print", "pinned", "postgres:16"]).fails_with(2, "policy-invalid");
    assert_eq!(pinned.stdout, "", "a script runs what stands there");
}

/// GitHub knows files by their path from the root of the repository, wherever a step runs.
#[test]
fn annotations_count_from_the_root_of_the_repository() {
    let sandbox = Sandbox::new();
    sandbox.write("services/a/proofmark.toml", BROKEN);
    sandbox.write("services/a/deep/x", "");
    for (place, policy) in
        [("", "services/a"), ("services/a", "."), ("services/a/deep", ".."), ("services", "a")]
    {
        let arguments =
            ["policy", "lint", "--policy", policy, "--output", "sarif=x.sarif", "--format", "github"];
        let run = sandbox.program(arguments).within(sandbox.path(place)).run().exits(2);
        assert!(
            run.stdout.starts_with("::error file=services/a/proofmark.toml,line=2,"),
            "{}",
            run.transcript()
        );
        let sarif: Value =
            serde_json::from_str(&std::fs::read_to_string(sandbox.path(place).join("x.sarif")).unwrap())
                .unwrap();
        let first = &sarif["runs"][0]["invocations"][0]["toolExecutionNotifications"][0]["locations"][0];
        let uri = &first["physicalLocation"]["artifactLocation"]["uri"];
        assert_eq!(uri, "services/a/proofmark.toml", "from {place}");
    }
    // Found upward, it is shown by its whole path, and counted from the root all the same.
    let run = sandbox
        .program(["policy", "lint", "--format", "github"])
        .within(sandbox.path("services/a/deep"))
        .run();
    assert!(run.stdout.starts_with("::error file=services/a/proofmark.toml,line=2,"), "{}", run.transcript());
}

/// What does not fit is said to be where it is.
#[test]
fn what_is_left_out_of_the_annotations() {
    let sandbox = Sandbox::with_policy("version = 1\n");
    let images: Vec<String> = (0..13).map(|n| format!("ghcr.io/org/app{n}")).collect();
    let verify = |options: &[&str]| {
        let fixed = ["--offline", "--format", "github"].into_iter().chain(options.iter().copied());
        sandbox.verify(fixed.chain(images.iter().map(String::as_str))).exits(1).stdout
    };
    assert!(verify(&[]).contains("3 more are left out here: --output markdown=FILE"));
    assert!(verify(&["--output", "markdown=summary.md"]).contains("3 more are in the job summary."));
}

/// What ended the run is told last and decides the exit.
#[test]
fn a_report_of_a_failure_that_cannot_be_written() {
    let sandbox = Sandbox::with_policy(BROKEN);
    let run = sandbox.verify(["--output", "json=absent/report.json", "postgres:16"]).exits(2);
    run.says("error[report-not-written]: absent/report.json").says("error[policy-invalid]");
}

/// An option that would be accepted and change nothing is refused.
#[test]
fn options_that_mean_nothing_there() {
    let sandbox = Sandbox::with_policy("version = 1\n");
    let tree = ["image", "tree", "--platform", "linux/arm64", "--offline", "postgres:16"];
    sandbox.program(tree).run().fails_with(2, "usage").says("--platform");
    let named = ["--as", "ghcr.io/org/app", "--offline", "postgres:16"];
    sandbox.verify(named).fails_with(2, "reference-malformed").says("--as");
    sandbox.verify(["--output", "json=-", "postgres:16"]).fails_with(2, "usage").says("--format");
    assert!(!sandbox.path("-").exists());
}

/// Design 2.5: every command has `--offline`; whatever judges by time takes `--now`; headings do not leak.
#[test]
fn options_that_every_command_has() {
    let sandbox = Sandbox::with_policy("version = 1\n");
    for command in [
        &["rules"][..],
        &["explain", "unsigned"],
        &["policy", "show"],
        &["policy", "lint", "--fail-on", "never"],
        &["policy", "trust"],
        &["trust", "show"],
        &["man"],
    ] {
        sandbox.program(command.iter().copied().chain(["--offline"])).run().exits(0);
    }
    for command in [&["policy", "show"][..], &["trust", "show"]] {
        sandbox.program(command.iter().copied().chain(["--now", "2020-01-01T00:00:00Z"])).run().exits(0);
    }
    let shown = sandbox.program(["trust", "show", "--now", "2020-01-01T00:00:00Z"]).run().exits(0);
    assert!(shown.stdout.contains("fetched 20") && !shown.stdout.contains(", -"), "{}", shown.transcript());
    let tree = ["image", "tree", "--now", "2020-01-01T00:00:00Z", "--offline", "postgres:16"];
    sandbox.program(tree).run().fails_with(3, "offline");
    for (command, options) in
        [(&["image", "tree"][..], ["--json", "--offline"]), (&["trust", "update"], ["--name", "--offline"])]
    {
        let help = sandbox.program(command.iter().copied().chain(["--help"])).run().exits(0).stdout;
        let policy = help.split("\nPolicy:\n").nth(1).unwrap().split("\n\n").next().unwrap();
        assert!(options.iter().all(|option| help.contains(option) && !policy.contains(option)), "{help}");
    }
}

/// What the user gave is wrong, and nothing was asked of anybody: usage, and not a repository that lies or cannot be reached.
#[test]
fn an_update_from_what_is_no_repository() {
    let sandbox = Sandbox::with_policy("version = 1\n");
    sandbox.write("empty.json", "{}");
    let good = tree().join("trust-roots/tuf/sigstore-public-good.json").display().to_string();
    let update = |mirror: &str, root: &str| {
        sandbox.program(["trust", "update", "--name", "mine", "--mirror", mirror, "--root", root]).run()
    };
    for root in ["proofmark.toml", "empty.json"] {
        update("https://tuf.test", root).fails_with(2, "tuf-root-malformed").says(root);
    }
    for mirror in ["ftp://tuf.test", "not a url", "https://user:pw@tuf.test"] {
        update(mirror, &good).fails_with(2, "mirror-malformed");
    }
}
