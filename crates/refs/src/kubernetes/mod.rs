//! Images of Kubernetes objects and kustomizations.

mod embedded;
mod kustomize;
mod object;
mod operators;

pub(crate) use kustomize::scan as scan_kustomization;
pub(crate) use object::scan as scan_object;
