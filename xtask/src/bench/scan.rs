//! Scanning a large repository: 5,000 YAML files of the shapes that repositories have, the whole program each time.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::measure;
use crate::interop::find_proofmark;
use crate::peers::run_command;
use crate::stack::process::Scratch;

/// Files of the repository, and how many lie in one directory.
const FILES: usize = 5_000;
const IN_ONE_DIRECTORY: usize = 50;
/// Milliseconds that the program may take.
const BUDGET: f64 = 1_000.0;
const RUNS: usize = 15;

/// Runs it and writes the table.
pub(super) fn run() -> Result<String> {
    let binary = find_proofmark()?;
    let scratch = Scratch::new()?;
    let tree = scratch.path().join("repository");
    let (bytes, references) = write_tree(&tree)?;
    let scan = || {
        let mut command = Command::new(&binary);
        command.env_clear().env("HOME", scratch.path()).current_dir(&tree);
        command.args(["image", "scan", "--fail-on", "never", "."]);
        command
    };
    ensure!(listed(scan().arg("--json"))? == references, "not every reference was found");
    let read = || {
        let mut command = Command::new("find");
        command.current_dir(&tree).args([".", "-type", "f", "-exec", "cat", "{}", "+"]);
        command
    };
    let (ours, reading) = measure::pairs(RUNS, &scan, &read)?;
    let busy = measure::processor_time(RUNS, &scan)?;
    let peak = measure::peak(&scan)?;
    let medians = (ours.median(), busy.median(), reading.median());
    table(&binary, (bytes, references), medians, peak)
}

/// How many references the program lists.
fn listed(command: &mut Command) -> Result<usize> {
    let listing: Value = serde_json::from_str(&run_command(command)?)?;
    Ok(listing["references"].as_array().context("no references")?.len())
}

fn table(binary: &Path, size: (usize, usize), median: (f64, f64, f64), peak: u64) -> Result<String> {
    let version = run_command(Command::new(binary).arg("--version"))?;
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("unknown");
    let (bytes, references) = size;
    let (ours, busy, reading) = median;
    let mut text = format!(
        "{}; {processors} processors; load average at the end {load}. Medians of {RUNS} runs over {FILES} files, {:.1} MB, \
         {references} references.\n\n| work | proofmark | `find … -exec cat` | budget |\n|---|---:|---:|---|\n",
        version.trim(),
        millions(bytes),
    );
    let held = if ours <= BUDGET { "held" } else { "**not held**" };
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "| every reference of {FILES} YAML files | {ours:.0} ms | {reading:.0} ms | ≤ 1 s: {held} |"
    );
    let _ = writeln!(text, "| processor time for it, all threads together | {busy:.0} ms | – | – |");
    let _ = writeln!(text, "| peak memory | {} MiB | – | – |", peak / 1024);
    Ok(text)
}

#[allow(clippy::cast_precision_loss)] // megabytes
fn millions(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

/// Writes the repository; its bytes, and the references in it.
fn write_tree(tree: &Path) -> Result<(usize, usize)> {
    let (mut bytes, mut references) = (0, 0);
    for at in 0..FILES {
        let (name, text, count) = file(at);
        let dir = tree.join(format!("team-{:03}", at / IN_ONE_DIRECTORY));
        fs::create_dir_all(&dir)?;
        fs::write(dir.join(name), &text)?;
        bytes += text.len();
        references += count;
    }
    Ok((bytes, references))
}

/// A file of one of the kinds in turn: three deployments of several objects, a compose file, a workflow, and Helm values, which
/// name no images.
fn file(at: usize) -> (String, String, usize) {
    match at % 6 {
        0..=2 => (format!("deploy-{at}.yaml"), deployments(at), 6),
        3 => (format!("compose.{at}.yaml"), compose(at), 4),
        4 => (format!("workflow-{at}.yml"), workflow(at), 2),
        _ => (format!("values-{at}.yaml"), values(at), 0),
    }
}

fn deployments(at: usize) -> String {
    let mut text = String::new();
    for object in 0..3 {
        let _ = write!(
            text,
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-{at}-{object}\n  labels: {{app: app-{at}}}\n\
             spec:\n  replicas: 3\n  selector:\n    matchLabels:\n      app: app-{at}\n  template:\n    metadata:\n      \
             labels:\n        app: app-{at}\n    spec:\n      initContainers:\n        - name: migrate\n          image: \
             registry.example/team/migrate:{at}\n          command: [\"/bin/migrate\", \"--to\", \"latest\"]\n      \
             containers:\n        - name: app # the service\n          image: \"registry.example/team/app:{at}.{object}\"\n          \
             ports:\n            - containerPort: 8080\n          env:\n            - {{name: LEVEL, value: info}}\n            - \
             name: HOST\n              valueFrom: {{fieldRef: {{fieldPath: status.hostIP}}}}\n          resources:\n            \
             limits: {{cpu: 500m, memory: 256Mi}}\n          readinessProbe:\n            httpGet: {{path: /healthz, port: \
             8080}}\n"
        );
    }
    text
}

fn compose(at: usize) -> String {
    let mut text = String::from("services:\n");
    for service in 0..4 {
        let _ = write!(
            text,
            "  service-{service}:\n    image: ${{REGISTRY:-registry.example}}/team/service-{service}:{at}\n    restart: \
             always\n    environment:\n      LEVEL: info\n    ports: [\"80{service}0:80\"]\n    depends_on: []\n"
        );
    }
    text
}

fn workflow(at: usize) -> String {
    let mut text = format!(
        "name: build {at}\non:\n  push:\n    branches: [main]\njobs:\n  test:\n    runs-on: ubuntu-24.04\n    container: \
         node:20.{at}\n    services:\n      db:\n        image: postgres:16\n        ports: ['5432:5432']\n    steps:\n"
    );
    for step in 0..10 {
        let _ = write!(
            text,
            "      - name: step {step}\n        run: |\n          echo {step}\n          make test\n"
        );
    }
    text
}

fn values(at: usize) -> String {
    let mut text = String::new();
    for key in 0..40 {
        let _ = write!(text, "key{key}:\n  enabled: true\n  name: value-{at}-{key}\n  list: [1, 2, 3]\n");
    }
    text
}
