//! `cargo xtask conformance --assets DIR`: Sigstore's conformance suite against `conformance-client`.
//!
//! The runs are those of the suite's `test/test_bundle.py`: each folder of `bundle-verify` twice, by path and by
//! digest; a name that ends in `_fail` must be refused.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use sha2::{Digest as _, Sha256};

/// Cases in the suite's release that the project is held to, each run twice.
const RUNS: usize = 140;
/// The identity and issuer of cases that name none (the suite's `conftest.py`).
const IDENTITY: &str = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
const ISSUER: &str = "https://token.actions.githubusercontent.com";

/// Builds the client in release and runs every case of `assets`, the folder that holds `bundle-verify`.
///
/// # Errors
/// A run with the wrong outcome, or another number of runs than expected: each wrong one is printed.
pub fn run(assets: &Path) -> Result<()> {
    let client = build()?;
    let suite = assets.join("bundle-verify");
    let mut cases: Vec<PathBuf> = fs::read_dir(&suite)
        .with_context(|| format!("no conformance assets in {}", suite.display()))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    cases.retain(|path| path.is_dir());
    cases.sort();
    let (mut passed, mut runs) = (0, 0);
    for case in &cases {
        for by_digest in [false, true] {
            runs += 1;
            passed += usize::from(one(&client, &suite, case, by_digest)?);
        }
    }
    println!("conformance: {passed} of {runs}");
    ensure!(runs == RUNS, "{runs} runs, {RUNS} expected: the assets are not complete");
    ensure!(passed == runs, "{} runs have the wrong outcome", runs - passed);
    Ok(())
}

/// Returns the path of the client.
fn build() -> Result<PathBuf> {
    // Together with the program: so both have the same features of their libraries, and nothing is built twice.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--release", "--package", "proofmark", "--package", "proofmark-conformance"])
        .args(["--message-format", "json"])
        .stderr(Stdio::inherit())
        .output()
        .context("cargo does not start")?;
    ensure!(output.status.success(), "the client does not build");
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let message: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
        if let Some(path) = message["executable"].as_str()
            && message["target"]["name"] == "conformance-client"
        {
            return Ok(PathBuf::from(path));
        }
    }
    bail!("cargo names no executable")
}

/// Whether the outcome is the one that the case's name asks for.
fn one(client: &Path, suite: &Path, case: &Path, by_digest: bool) -> Result<bool> {
    let name = case.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let own = case.join("artifact");
    let artifact = if own.exists() { own } else { suite.join("a.txt") };
    let mut command = Command::new(client);
    command.arg("verify-bundle").arg("--bundle").arg(case.join("bundle.sigstore.json"));
    let key = case.join("key.pub");
    if key.exists() {
        command.arg("--key").arg(key);
    } else {
        command.arg("--certificate-identity").arg(text(case, "identity", IDENTITY)?);
        command.arg("--certificate-oidc-issuer").arg(text(case, "issuer", ISSUER)?);
    }
    let root = case.join("trusted_root.json");
    if root.exists() {
        command.arg("--trusted-root").arg(root);
    }
    if by_digest {
        let digest = Sha256::digest(fs::read(&artifact)?);
        let hex = crate::peers::hex(&digest);
        command.arg(format!("sha256:{hex}"));
    } else {
        command.arg(&artifact);
    }
    let output = command.output().context("the client does not start")?;
    // A panic or a signal is never the right refusal.
    let refused = match output.status.code() {
        Some(0) => false,
        Some(1) => true,
        other => bail!("{name}: the client ended with {other:?}"),
    };
    let right = refused == name.ends_with("_fail");
    if !right {
        let how = if by_digest { "digest" } else { "path" };
        println!("wrong: {name} by {how}: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(right)
}

fn text(case: &Path, name: &str, default: &str) -> Result<String> {
    let path = case.join(name);
    if path.exists() { Ok(fs::read_to_string(path)?.trim().to_owned()) } else { Ok(default.to_owned()) }
}
