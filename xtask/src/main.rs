//! The project's own tasks: `cargo xtask TASK`.

#[cfg(feature = "generate")]
mod advisories;
mod bench;
mod conformance;
mod data;
#[cfg(any(feature = "generate", feature = "vendorsig"))]
mod dice;
#[cfg(feature = "generate")]
mod direnv;
mod docs;
mod envrc;
mod example;
#[cfg(feature = "generate")]
mod fold;
mod fuzz;
#[cfg(feature = "generate")]
mod generate;
mod interop;
mod mutants;
mod node;
mod peers;
mod pins;
mod pull;
#[cfg(feature = "generate")]
mod readers;
mod stack;
mod tuf;
#[cfg(feature = "vendorsig")]
mod vendorsig;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail, ensure};

/// One task of the command line.
struct Task {
    name: &'static str,
    arguments: &'static str,
    about: &'static str,
    run: fn(&[String]) -> Result<()>,
}

const fn task(
    name: &'static str,
    arguments: &'static str,
    about: &'static str,
    run: fn(&[String]) -> Result<()>,
) -> Task {
    Task { name, arguments, about, run }
}

const TASKS: &[Task] = &[
    #[cfg(feature = "generate")]
    task("gen", "[--binary PATH]", "write every generated file", generate::write),
    #[cfg(feature = "generate")]
    task("check", "[--binary PATH]", "compare the generated files with the code", generate::check),
    #[cfg(feature = "generate")]
    task("bash", "[FOLDER…]", "compare the reader of bash with bash itself", readers::run),
    task(
        "bench",
        "image | scan | hook | envrc | guard | pin",
        "measure against the peer, into docs/performance.md",
        bench::run,
    ),
    task("conformance", "--assets DIR", "run Sigstore's conformance suite", conformance),
    task("data", "[--to DIR | --from DIR]", "fetch test data, or verify what is there", data::run),
    #[cfg(feature = "generate")]
    task("direnv", "[SEED]", "compare the model of direnv with direnv itself", direnv::run),
    task("docs", "", "run the commands that the documentation shows", |args| alone(args, docs::run)),
    task(
        "envrc",
        "[--half 0|1] HONEST",
        "measure the audit of .envrc files, into docs/recall/envrc.md",
        envrc::run,
    ),
    task("example", "", "remake the images of examples/platform", |args| alone(args, example::run)),
    #[cfg(feature = "generate")]
    task("fold", "[SEED]", "compare computed values with those of bash", fold::run),
    task("fuzz", "[--seconds N] [TARGET…]", "fuzz the parsers of hostile bytes", fuzz::run),
    task("interop", "[--peers-only]", "compare verdicts with cosign's on real registries", interop::run),
    task("mutants", "[FILE…] [-- ARGUMENT…]", "mutate the deciding code", mutants::run),
    task("node", "", "let a real containerd ask before it pulls", |args| alone(args, node::run)),
    task("peers", "", "find or build the real peers", |args| alone(args, peers::run)),
    task("pins", "", "pin and install real tools from npm and PyPI", |args| alone(args, pins::run)),
    task("pull", "", "let real engines pull, and compare copies", |args| alone(args, pull::run)),
    task("stack", "", "run a private Sigstore until input ends", |args| alone(args, stack::run)),
    task("tuf", "", "update trusted roots from real TUF repositories", |args| alone(args, tuf::run)),
    #[cfg(feature = "vendorsig")]
    task("vendorsig", "[SEED]", "compare signatures with gpg and minisign", vendorsig::run),
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[String]) -> Result<()> {
    let Some((name, rest)) = args.split_first() else {
        bail!("usage: cargo xtask TASK\n{}", usage());
    };
    match TASKS.iter().find(|task| task.name == name) {
        Some(task) => (task.run)(rest),
        None => bail!("no task `{name}`\n{}", usage()),
    }
}

/// One line for each task.
fn usage() -> String {
    let line = |task: &Task| format!("  {:<11} {:<24} {}\n", task.name, task.arguments, task.about);
    TASKS.iter().map(line).collect()
}

fn conformance(args: &[String]) -> Result<()> {
    match args {
        [flag, dir] if flag == "--assets" => conformance::run(Path::new(dir)),
        _ => bail!("usage: cargo xtask conformance --assets DIR, the folder that holds bundle-verify"),
    }
}

/// For tasks without arguments: an argument that nobody reads is a mistake.
fn alone(args: &[String], run: fn() -> Result<()>) -> Result<()> {
    ensure!(args.is_empty(), "this task takes no argument, not `{}`", args.join(" "));
    run()
}
