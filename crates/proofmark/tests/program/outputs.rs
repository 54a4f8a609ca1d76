//! Where reports go: several at once, whole or not at all, and never over a device.

#[cfg(target_os = "linux")]
use std::io::Read as _;
#[cfg(target_os = "linux")]
use std::os::unix::fs::{FileTypeExt as _, symlink};

use proofmark_report::Format;

use crate::support::Sandbox;

fn sandbox() -> Sandbox {
    Sandbox::with_policy("version = 1\n")
}

#[test]
fn every_format_in_one_run() {
    let sandbox = sandbox();
    let outputs: Vec<String> =
        Format::ALL.iter().map(|format| format!("--output={0}=report.{0}", format.as_str())).collect();
    let fixed = ["--offline", "postgres:16"];
    sandbox.verify(outputs.iter().map(String::as_str).chain(fixed)).exits(1);
    for format in Format::ALL {
        let name = format.as_str();
        let printed = sandbox.verify(fixed.into_iter().chain(["--format", name])).exits(1).stdout;
        assert_eq!(sandbox.read(&format!("report.{name}")), printed, "{name}");
    }
}

#[test]
fn a_report_replaces_the_old_one_whole() {
    let sandbox = sandbox();
    sandbox.write("report.json", "x".repeat(100_000));
    sandbox.verify(["--output", "json=report.json", "--offline", "postgres:16"]).exits(1);
    let report: serde_json::Value = serde_json::from_str(&sandbox.read("report.json")).unwrap();
    assert_eq!(report["summary"]["verdict"], "fail");
}

/// Half of the files cannot be written: the others are, and 1 wins over 3.
#[test]
fn one_file_that_cannot_be_written_costs_no_other() {
    let sandbox = sandbox();
    let files = ["--output", "json=absent/report.json", "--output", "sarif=report.sarif"];
    let run = sandbox.verify(files.into_iter().chain(["--offline", "postgres:16"])).exits(1);
    let run = run.says("error[report-not-written]: absent/report.json").says("0 verified, 1 failed");
    assert!(!run.stderr.contains(".proofmark-"), "{}", run.transcript());
    assert!(sandbox.path("report.sarif").exists());
    sandbox.write("directory/file", "");
    sandbox
        .verify(["--output", "json=directory", "--offline", "postgres:16"])
        .exits(1)
        .says("report-not-written");
}

/// A command line that cannot be read leaves no report of an earlier run that passes.
#[test]
fn a_usage_error_is_written_into_the_reports_too() {
    let sandbox = sandbox();
    let stale = "{\"summary\":{\"verdict\":\"pass\"}}";
    let asked = ["--output", "json=one.json", "--output=sarif=two.sarif", "postgres:16"];
    for wrong in [&["--now", "yesterday"][..], &["--bogus"], &["--fail-on", "huge"], &["--identity", "a"]] {
        sandbox.write("one.json", stale);
        sandbox.write("two.sarif", stale);
        sandbox.verify(asked.into_iter().chain(wrong.iter().copied())).fails_with(2, "usage");
        let report: serde_json::Value = serde_json::from_str(&sandbox.read("one.json")).unwrap();
        assert_eq!(report["summary"]["exit"], 2, "{wrong:?}");
        assert_eq!(report["errors"][0]["code"], "usage", "{wrong:?}");
        assert!(sandbox.read("two.sarif").contains("\"executionSuccessful\": false"), "{wrong:?}");
    }
    let printed =
        sandbox.verify(["--format", "json", "--bogus", "postgres:16"]).exits(2).says("error[usage]");
    assert_eq!(printed.report()["summary"]["exit"], 2);
    // What stands behind `--` is no option.
    sandbox.write("one.json", stale);
    sandbox.verify(["--bogus", "--", "--output=json=one.json"]).fails_with(2, "usage");
    assert_eq!(sandbox.read("one.json"), stale);
}

/// The second would replace the first.
#[test]
fn two_reports_are_not_written_to_one_file() {
    let sandbox = sandbox();
    let files = ["--output", "json=one", "--output", "sarif=./one"];
    let run = sandbox.verify(files.into_iter().chain(["--offline", "postgres:16"])).exits(1);
    run.says("error[usage]: two reports are to be written to ./one");
    assert!(!sandbox.path("one").exists());
}

/// A full disk, on Linux, through a link so that the device itself is never at stake.
#[cfg(target_os = "linux")]
#[test]
fn a_full_device_is_told_and_stays_a_device() {
    let sandbox = sandbox();
    let link = sandbox.path("full");
    symlink("/dev/full", &link).unwrap();
    let run = sandbox.verify(["--output", "json=full", "--offline", "postgres:16"]).exits(1);
    run.says("error[report-not-written]: full could not be written: No space left on device");
    assert!(std::fs::metadata(&link).unwrap().file_type().is_char_device());
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
}

/// `--output json=/dev/stderr`, as people write it in pipelines.
#[cfg(target_os = "linux")]
#[test]
fn a_stream_is_written_to() {
    let sandbox = sandbox();
    let run = sandbox.verify(["--output", "json=/proc/self/fd/2", "--offline", "postgres:16"]).exits(1);
    let report: serde_json::Value = serde_json::from_str(&run.stderr).unwrap();
    assert_eq!(report["summary"]["failed"], 1);
    assert!(run.stdout.contains("\nFAIL"), "{}", run.transcript());
}

/// Runs with a full device as standard output; the exit code, and what standard error said.
#[cfg(target_os = "linux")]
fn into_a_full_device(sandbox: &Sandbox, arguments: &[&str]) -> (Option<i32>, String) {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = sandbox.program(arguments.iter().copied()).command();
    let mut child = command.stdout(full).spawn().unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    (child.wait().unwrap().code(), said)
}

/// 1 wins over 3: what failed has failed, whoever could read of it. Nothing that could not be told is clean.
#[cfg(target_os = "linux")]
#[test]
fn standard_output_that_is_full() {
    let sandbox = sandbox();
    for (arguments, exit) in [
        (&["image", "verify", "--offline", "postgres:16"][..], 1),
        (&["image", "verify", "--format", "json"], 3),
        (&["policy", "lint", "--fail-on", "never"], 3),
        (&["policy", "lint", "--fail-on", "low"], 1),
    ] {
        let (code, said) = into_a_full_device(&sandbox, arguments);
        assert_eq!(code, Some(exit), "{arguments:?}: {said}");
        assert!(said.starts_with("error[report-not-written]: "), "{said}");
    }
}

/// Every command that prints, not the report alone.
#[test]
fn a_reader_that_is_gone_is_never_a_success() {
    let sandbox = sandbox();
    for arguments in [&["rules"][..], &["--version"], &["man"], &["policy", "show"], &["trust", "show"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = sandbox.program(arguments.iter().copied()).command();
        let mut child = command.stdout(writer).spawn().unwrap();
        drop(command);
        assert_eq!(child.wait().unwrap().code(), Some(3), "{arguments:?}");
    }
}
