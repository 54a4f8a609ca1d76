//! Hostile files, and what holds for every file.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::format_push_string)]

mod hostile;
mod pinning;
mod properties;

use std::path::Path;

use proofmark_refs::FileKind;

/// Every kind.
pub(crate) const KINDS: [FileKind; 8] = [
    FileKind::Dockerfile,
    FileKind::Compose,
    FileKind::Kubernetes,
    FileKind::Kustomization,
    FileKind::Devcontainer,
    FileKind::Workflow,
    FileKind::Environment,
    FileKind::Bake,
];

/// The inputs of `tests/cases`, with their names.
pub(crate) fn cases() -> Vec<(FileKind, String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut all = Vec::new();
    for kind in KINDS {
        for entry in std::fs::read_dir(root.join(kind.as_str())).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|ext| ext != "expected") {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                all.push((kind, name, std::fs::read(&path).unwrap()));
            }
        }
    }
    all.sort();
    assert!(all.len() > 30);
    all
}
