//! What the program tells about itself, offline: rules, reasons, completions, the manual.

use proofmark_core::Reason;

use crate::support::{Run, Sandbox};

fn run(arguments: &[&str]) -> Run {
    Sandbox::new().program(arguments.iter().copied()).run()
}

#[test]
fn every_rule_and_every_reason_is_explained() {
    let listed = run(&["rules"]).exits(0).stdout;
    for rule in proofmark_engine::rules() {
        assert!(listed.contains(&format!("  {} ", rule.id)), "{}", rule.id);
        assert_eq!(run(&["explain", rule.id]).exits(0).stdout, rule.doc);
    }
    for reason in Reason::ALL {
        assert!(listed.contains(&format!("  {} ", reason.as_str())), "{reason}");
        let page = run(&["explain", reason.as_str()]).exits(0).stdout;
        assert!(page.starts_with(&format!("# {}\n", reason.as_str())), "{page}");
    }
}

/// `see:` works wherever the program is installed.
#[test]
fn every_error_is_explained() {
    for code in proofmark_policy::Code::ALL {
        let page = run(&["explain", code.as_str()]).exits(0).stdout;
        assert!(page.starts_with(&format!("# {code}\n\n")) && page.len() > 40, "{page}");
        assert!(!page.contains("\n**"), "no heading of the next group: {page}");
    }
    for code in ["usage", "report-not-written", "signer-missing"] {
        assert!(run(&["explain", code]).exits(0).stdout.starts_with(&format!("# {code}\n\n")), "{code}");
    }
    let both = run(&["explain", "not-found"]).exits(0).stdout;
    assert!(both.contains("\n## As an error\n"), "a reason and an error: {both}");
    run(&["explain", "policy-invald"])
        .fails_with(2, "explain-unknown")
        .says("help: proofmark explain policy-invalid");
}

#[test]
fn a_name_that_is_nearly_one() {
    let near = run(&["explain", "unsinged"]).fails_with(2, "explain-unknown");
    near.says("help: proofmark explain unsigned\n");
    run(&["explain", "\u{1b}[2J"]).fails_with(2, "explain-unknown").says("help: proofmark rules\n").escapes();
}

#[test]
fn completions_name_every_command() {
    for (shell, mark) in
        [("bash", "complete -F"), ("zsh", "#compdef proofmark"), ("fish", "complete -c proofmark")]
    {
        let script = run(&["completions", shell]).exits(0).stdout;
        assert!(script.contains(mark), "{shell}");
        for command in ["image", "trust", "policy", "explain", "rules"] {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
    run(&["completions", "tcsh"]).exits(2).says("possible values");
}

#[test]
fn the_manual_names_every_option_of_verify() {
    let page = run(&["man"]).exits(0).stdout;
    assert!(page.contains(".TH proofmark 1"), "{page}");
    assert!(
        !page.contains("\\-image(1)") && !page.contains("proofmark-image(1)"),
        "pages that do not exist: {page}"
    );
    let help = run(&["image", "verify", "--help"]).exits(0).stdout;
    let options = help.split_whitespace().filter(|word| word.starts_with("--") && word.len() > 2);
    let mut seen = 0;
    for option in options {
        let roff = option.trim_end_matches([',', '.', ':', ';']).replace('-', "\\-");
        assert!(page.contains(&roff), "{option}");
        seen += 1;
    }
    assert!(seen > 15, "{help}");
}

#[test]
fn help_and_version_are_clean() {
    for arguments in [&["--help"][..], &["--version"], &["image", "--help"], &["image", "verify", "-h"]] {
        let said = run(arguments).exits(0);
        assert!(said.stderr.is_empty() && !said.stdout.is_empty(), "{}", said.transcript());
    }
    run(&[]).exits(2).says("Usage: proofmark");
}
