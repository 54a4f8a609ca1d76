//! Real tools through the build-time library: downloaded because that was asked for, then from what was kept.

use std::fs;
use std::path::Path;

use anyhow::{Result, ensure};
use proofmark_build::{Build, Surroundings};

/// Places `tool` as a build script would, from the registry and from a cache; `expected` is what `pin install` installed.
///
/// # Errors
/// What went otherwise.
pub(super) fn run(work: &Path, tool: &str, expected: &[u8]) -> Result<()> {
    let of_rustc = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let mut surroundings = Surroundings {
        package: work.to_owned(),
        out: work.join("out"),
        host: of_rustc.clone(),
        target: of_rustc,
        artifacts: None,
        cache: Some("kept".into()),
        fetch: false,
    };
    let ask = || Build::from_lock("proofmark.lock").tool(tool).artifact(tool).embed_pins();
    let refused = ask().emit_to(&surroundings, &mut Vec::new());
    ensure!(
        refused.is_err_and(|error| error.to_string().contains("PROOFMARK_BUILD_FETCH")),
        "it was downloaded"
    );
    surroundings.fetch = true;
    ask().emit_to(&surroundings, &mut Vec::new())?;
    surroundings.fetch = false;
    fs::remove_dir_all(&surroundings.out)?;
    let built = ask().emit_to(&surroundings, &mut Vec::new())?;
    for path in [built.tool(tool)?, built.artifact(tool)?] {
        ensure!(fs::read(path)? == expected, "{} is another than what is installed", path.display());
    }
    Ok(())
}
