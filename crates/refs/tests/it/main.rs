//! Hostile files, and what holds for every file.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::format_push_string)]

mod hostile;

use proofmark_refs::FileKind;

/// Every kind.
pub(crate) const KINDS: [FileKind; 6] = [
    FileKind::Dockerfile,
    FileKind::Compose,
    FileKind::Kubernetes,
    FileKind::Kustomization,
    FileKind::Devcontainer,
    FileKind::Workflow,
];
