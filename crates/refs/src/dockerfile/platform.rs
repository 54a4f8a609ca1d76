//! Arguments that BuildKit sets for every build: which platform it is for, and on which it runs.
//!
//! Source: Dockerfile reference, "Automatic platform ARGs in the global scope"; BuildKit `frontend/dockerfile/dockerfile2llb`; Go's list
//! of architectures (`go tool dist list`).

use std::collections::BTreeMap;

use crate::expand::Expanded;
use crate::mapped::Mapped;

/// Whether BuildKit sets an argument of this name.
pub(super) fn is_platform_arg(name: &str) -> bool {
    let rest = name.strip_prefix("BUILD").or_else(|| name.strip_prefix("TARGET"));
    rest.is_some_and(|rest| {
        matches!(rest, "PLATFORM" | "OS" | "OSVERSION" | "ARCH" | "VARIANT") || name == "TARGETSTAGE"
    })
}

const ARCHITECTURES: &[&str] =
    &["amd64", "arm64", "arm", "386", "loong64", "mips64le", "ppc64le", "riscv64", "s390x"];
const SYSTEMS: &[&str] = &["linux", "windows", "darwin", "freebsd"];
const VARIANTS: &[&str] = &["", "v5", "v6", "v7", "v8", "v2", "v3"];

/// The arguments whose values are few.
const ARGUMENTS: [(&str, &[&str]); 6] = [
    ("TARGETARCH", ARCHITECTURES),
    ("TARGETOS", SYSTEMS),
    ("TARGETVARIANT", VARIANTS),
    ("BUILDARCH", ARCHITECTURES),
    ("BUILDOS", SYSTEMS),
    ("BUILDVARIANT", VARIANTS),
];

/// Combinations of values that are tried.
const MAX_COMBINATIONS: usize = 512;

/// The values of the platform that a word names, each combination; none if it names nothing of it, or too much.
pub(super) fn values(word: &str) -> Vec<BTreeMap<&'static str, Expanded>> {
    let mut all: Vec<BTreeMap<&'static str, Expanded>> = Vec::new();
    for (name, values) in ARGUMENTS.into_iter().filter(|(name, _)| word.contains(name)) {
        if all.is_empty() {
            all.push(BTreeMap::new());
        }
        if all.len() * values.len() > MAX_COMBINATIONS {
            return Vec::new();
        }
        let with = |before: &BTreeMap<&'static str, Expanded>, value: &str| {
            let mut one = before.clone();
            one.insert(name, Expanded::literal(Mapped::nowhere(value)));
            one
        };
        all = all
            .iter()
            .flat_map(|before| values.iter().map(|value| with(before, value)).collect::<Vec<_>>())
            .collect();
    }
    all
}
