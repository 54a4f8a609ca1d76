//! The program's own recipes.

use super::{Recipe, read};

/// Tool and text, sorted.
pub(super) const TOOLS: &[(&str, &str)] = &[
    ("cosign", include_str!("../../recipes/cosign.toml")),
    ("direnv", include_str!("../../recipes/direnv.toml")),
    ("gh", include_str!("../../recipes/gh.toml")),
    ("grype", include_str!("../../recipes/grype.toml")),
    ("helm", include_str!("../../recipes/helm.toml")),
    ("kubectl", include_str!("../../recipes/kubectl.toml")),
    ("kyverno", include_str!("../../recipes/kyverno.toml")),
    ("op", include_str!("../../recipes/op.toml")),
    ("opa", include_str!("../../recipes/opa.toml")),
    ("syft", include_str!("../../recipes/syft.toml")),
];

pub(super) fn recipe(tool: &str) -> Option<Recipe> {
    let (_, text) = TOOLS.iter().find(|(name, _)| *name == tool)?;
    // A test reads them all.
    read::recipe(text.as_bytes(), tool).ok()
}
