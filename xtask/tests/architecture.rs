//! What holds the shape of the code: the direction of dependencies, who may name what, sizes, numbered decisions.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The arrows of docs/architecture.md; everything that is not listed is forbidden. All point down.
const EDGES: &[(&str, &[&str])] = &[
    ("core", &[]),
    ("net", &["core"]),
    ("oci", &["core", "net"]),
    ("sigstore", &["core"]),
    ("vendorsig", &["core"]),
    ("lock", &["core"]),
    // The network by a feature alone.
    ("build", &["core", "lock", "net"]),
    ("example-build", &["build"]),
    ("pin", &["core", "lock", "vendorsig"]),
    ("policy", &["core"]),
    ("report", &["core"]),
    ("refs", &["core"]),
    ("shell", &["core"]),
    ("envrc", &["core", "shell"]),
    ("image", &["core", "policy", "oci", "sigstore"]),
    (
        "engine",
        &["core", "policy", "report", "net", "oci", "sigstore", "image", "refs", "envrc", "lock", "pin"],
    ),
    (
        "proofmark",
        &[
            "core", "policy", "report", "net", "oci", "sigstore", "image", "refs", "envrc", "lock", "pin",
            "engine",
        ],
    ),
    ("conformance", &["core", "sigstore"]),
    ("testkit", &["core"]),
    ("xtask", &["core", "build", "policy", "report", "shell", "vendorsig", "envrc", "engine"]),
];

/// Who may use the network and async libraries: `net`, the only door, and `oci`, which asks it in parallel.
const NETWORK: &[(&str, &[&str])] = &[
    ("tokio", &["net", "oci"]),
    ("futures-util", &["net", "oci"]),
    ("reqwest", &["net"]),
    ("hyper", &["net"]),
    ("rustls", &["net"]),
];

/// Lines of a file and of a function: beyond the first is reported, beyond the second fails.
const FILE_LINES: (usize, usize) = (400, 600);
const FUNCTION_LINES: (usize, usize) = (60, 80);

/// `cargo tree -e normal,build` of the program may list no more packages.
const PACKAGE_BUDGET: usize = 380;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn cargo(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).current_dir(root()).args(args).output().unwrap();
    assert!(output.status.success(), "cargo {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// One dependency as a manifest declares it.
#[derive(Debug)]
struct Declared {
    /// The package's short name.
    from: String,
    to: String,
    dev: bool,
}

/// `proofmark-oci` is `oci` here, as its folder is.
fn short(name: &str) -> String {
    name.strip_prefix("proofmark-").unwrap_or(name).to_owned()
}

fn declared() -> Vec<Declared> {
    let metadata: Value =
        serde_json::from_str(&cargo(&["metadata", "--format-version", "1", "--no-deps", "--offline"]))
            .unwrap();
    let mut all = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        let from = short(package["name"].as_str().unwrap());
        for dependency in package["dependencies"].as_array().unwrap() {
            all.push(Declared {
                from: from.clone(),
                to: dependency["name"].as_str().unwrap().to_owned(),
                dev: dependency["kind"] == "dev",
            });
        }
    }
    all
}

fn is_ours(name: &str) -> bool {
    name == "proofmark" || name.starts_with("proofmark-")
}

#[test]
fn arrows_point_down() {
    let allowed: BTreeMap<&str, &[&str]> = EDGES.iter().copied().collect();
    let mut wrong = Vec::new();
    for edge in declared().iter().filter(|edge| is_ours(&edge.to)) {
        let to = short(&edge.to);
        let known =
            allowed.get(edge.from.as_str()).unwrap_or_else(|| panic!("{} has no line in EDGES", edge.from));
        // The testkit is for tests, wherever they are.
        // A crate's own tests may ask for a feature of it.
        // Tests may hold a crate against real sockets and forged evidence.
        let test_only = edge.dev
            && (to == edge.from || matches!(to.as_str(), "testkit" | "net") || edge.from == "testkit");
        if !known.contains(&to.as_str()) && !test_only {
            wrong.push(format!("{} → {to}{}", edge.from, if edge.dev { " (dev)" } else { "" }));
        }
        assert!(to != "testkit" || edge.dev, "{} ships the testkit", edge.from);
    }
    assert!(wrong.is_empty(), "not in docs/architecture.md: {wrong:?}");
}

/// The table itself has no cycle: each crate only points at crates that come before it in some order.
#[test]
fn the_table_of_arrows_is_acyclic() {
    let mut placed = BTreeSet::new();
    while placed.len() < EDGES.len() {
        let ready: Vec<&str> = EDGES
            .iter()
            .filter(|(name, to)| !placed.contains(name) && to.iter().all(|name| placed.contains(name)))
            .map(|(name, _)| *name)
            .collect();
        assert!(!ready.is_empty(), "a cycle among what is not in {placed:?}");
        placed.extend(ready);
    }
}

#[test]
fn the_network_has_one_door() {
    for edge in declared().iter().filter(|edge| !edge.dev) {
        if let Some((name, who)) = NETWORK.iter().find(|(name, _)| *name == edge.to) {
            assert!(who.contains(&edge.from.as_str()), "{} depends on {name}; only {who:?} may", edge.from);
        }
    }
}

/// docs/decisions/0001: an upgrade of the Sigstore libraries touches one crate.
#[test]
fn only_sigstore_names_the_sigstore_libraries() {
    for edge in declared() {
        assert!(
            edge.from == "sigstore" || !edge.to.starts_with("sigstore"),
            "{} depends on {}",
            edge.from,
            edge.to
        );
    }
    for file in sources() {
        if file.starts_with(root().join("crates/sigstore")) || file.starts_with(root().join("xtask/tests")) {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        for word in words {
            let family =
                ["verify", "types", "crypto", "bundle", "rekor", "tsa", "trust_root", "tuf", "merkle"];
            let named = word.strip_prefix("sigstore_").is_some_and(|rest| family.contains(&rest));
            assert!(!named, "{} names {word}", file.display());
        }
    }
}

#[test]
fn every_package_takes_the_lints() {
    for dir in fs::read_dir(root().join("crates")).unwrap() {
        let manifest = dir.unwrap().path().join("Cargo.toml");
        let text = fs::read_to_string(&manifest).unwrap();
        assert!(text.contains("[lints]\nworkspace = true"), "{} does not", manifest.display());
    }
}

/// Every Rust file of the project, generated folders aside.
fn sources() -> Vec<PathBuf> {
    let mut files = Vec::new();
    for dir in ["crates", "xtask", "fuzz/fuzz_targets", "tests"] {
        collect(&root().join(dir), &mut files);
    }
    assert!(files.len() > 20, "only {} files found", files.len());
    files
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            files.push(path);
        }
    }
}

#[test]
fn files_and_functions_are_small() {
    let mut wrong = Vec::new();
    for file in sources() {
        let text = fs::read_to_string(&file).unwrap();
        let name = file.strip_prefix(root()).unwrap().display().to_string();
        judge(&name, text.lines().count(), FILE_LINES, &mut wrong);
        for (function, lines) in functions(&text) {
            judge(&format!("{name}: fn {function}"), lines, FUNCTION_LINES, &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "split by stage or concern: {wrong:#?}");
}

fn judge(name: &str, lines: usize, (soft, hard): (usize, usize), wrong: &mut Vec<String>) {
    if lines > hard {
        wrong.push(format!("{name}: {lines} lines, {hard} at most"));
    } else if lines > soft {
        println!("{name}: {lines} lines, better {soft}");
    }
}

/// Functions with their number of lines. The code is formatted, so a function ends where its indentation closes.
fn functions(text: &str) -> Vec<(String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let trimmed = line.trim_start();
        let Some(name) = function_name(trimmed) else { continue };
        let close = format!("{}}}", &line[..line.len() - trimmed.len()]);
        // A declaration without body, or a body on one line, has no closing line of its own.
        let header =
            lines[start..].iter().position(|l| l.ends_with('{') || l.ends_with(';') || l.ends_with('}'));
        if header.is_none_or(|at| !lines[start + at].ends_with('{')) {
            continue;
        }
        if let Some(length) = lines[start..].iter().position(|l| **l == close) {
            found.push((name, length + 1));
        }
    }
    found
}

fn function_name(line: &str) -> Option<String> {
    let before = line.split("fn ").next()?;
    let words = ["pub", "pub(crate)", "pub(super)", "const", "async", "unsafe", "extern", "\"C\""];
    if !before.split_whitespace().all(|word| words.contains(&word)) {
        return None;
    }
    let rest = line.get(before.len() + "fn ".len()..)?;
    Some(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
}

#[test]
fn functions_are_measured() {
    let text = "impl X {\n    pub fn a(\n        x: u8,\n    ) -> u8 {\n        x\n    }\n\n    fn b(&self);\n}\n\nfn c() {}\n// fn d\n";
    assert_eq!(functions(text), [("a".to_owned(), 5)]);
}

/// A decision is found by its number, and the list names every one.
#[test]
fn decisions_are_numbered_and_listed() {
    let dir = root().join("docs/decisions");
    let list = fs::read_to_string(dir.join("README.md")).unwrap();
    let mut names: Vec<String> =
        fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name != "README.md");
    names.sort();
    for (index, name) in names.iter().enumerate() {
        let number = format!("{:04}", index + 1);
        assert!(name.starts_with(&format!("{number}-")), "{name} is not number {number}");
        assert!(list.contains(&format!("[{number}]({name})")), "{name} is not in the list");
        let text = fs::read_to_string(dir.join(name)).unwrap();
        assert!(text.starts_with(&format!("# {number}: ")), "{name} has another heading");
        for part in ["**Context.**", "**Decision.**", "**Consequences.**"] {
            assert!(text.contains(part), "{name} has no {part}");
        }
    }
    assert_eq!(list.matches("](0").count(), names.len(), "the list names a record that is not there");
}

/// A renamed file must not fall out of what is mutated.
#[test]
fn what_is_mutated_exists() {
    let config = fs::read_to_string(root().join(".cargo/mutants.toml")).unwrap();
    let named: Vec<&str> = config.split('"').filter(|text| text.starts_with("crates/")).collect();
    assert!(named.len() > 10, "only {} paths are mutated", named.len());
    for name in named {
        // Up to the first wildcard.
        let fixed = name.split('*').next().unwrap();
        assert!(root().join(fixed).exists(), ".cargo/mutants.toml names {name}, which is not there");
    }
}

/// The trusted base is a budget: what is compiled into the program, build scripts included.
#[test]
fn packages_stay_within_the_budget() {
    let tree = cargo(&[
        "tree",
        "--offline",
        "--package",
        "proofmark",
        "--edges",
        "normal,build",
        "--prefix",
        "none",
        "--target",
        "x86_64-unknown-linux-gnu",
        "--format",
        "{p}",
    ]);
    let packages: BTreeSet<&str> = tree.lines().filter(|line| !line.is_empty()).collect();
    println!("{} packages, {PACKAGE_BUDGET} at most", packages.len());
    assert!(packages.len() <= PACKAGE_BUDGET, "{} packages, {PACKAGE_BUDGET} at most", packages.len());
}

/// A build script brings its dependencies to everybody who builds: no TLS and no async runtime that nobody asked for.
#[test]
fn the_library_for_build_scripts_is_small() {
    let tree = cargo(&[
        "tree",
        "--offline",
        "--locked",
        "-p",
        "proofmark-build",
        "-e",
        "normal,build",
        "--prefix",
        "none",
        "--no-dedupe",
        "-f",
        "{p}",
    ]);
    let names: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    for heavy in ["tokio", "rustls", "reqwest", "hyper", "aws-lc-rs", "proofmark-net"] {
        assert!(!names.contains(heavy), "it brings {heavy}");
    }
    println!("{} packages", names.len());
    assert!(names.contains("proofmark-lock") && names.len() <= 50, "{} packages", names.len());
}
