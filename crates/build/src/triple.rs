//! rustc's targets as the platforms that pins name.

use proofmark_core::Platform;

/// The platform of a target such as `x86_64-unknown-linux-gnu` (rustc's book, "Platform Support"); `None`: a target whose parts are not
/// known.
pub(crate) fn platform(triple: &str) -> Option<Platform> {
    let (architecture, rest) = triple.split_once('-')?;
    let has = |word: &str| rest.split('-').any(|part| part == word);
    let os = match () {
        () if has("android") || has("androideabi") => "android",
        () if has("linux") => "linux",
        () if has("darwin") => "darwin",
        () if has("windows") => "windows",
        () if has("freebsd") => "freebsd",
        () if has("netbsd") => "netbsd",
        () if has("openbsd") => "openbsd",
        () if has("illumos") => "illumos",
        () => return None,
    };
    let architecture = match architecture {
        "x86_64" => "amd64",
        "i586" | "i686" => "386",
        "aarch64" => "arm64",
        "arm" | "armv6" => "arm/v6",
        "armv5te" => "arm/v5",
        "armv7" | "thumbv7neon" => "arm/v7",
        "riscv64gc" | "riscv64a23" => "riscv64",
        "powerpc64le" => "ppc64le",
        "s390x" => "s390x",
        "loongarch64" => "loong64",
        _ => return None,
    };
    Platform::parse(&format!("{os}/{architecture}")).map(|platform| platform.normalised())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_and_platforms() {
        for (triple, expected) in [
            ("x86_64-unknown-linux-gnu", "linux/amd64"),
            ("x86_64-unknown-linux-musl", "linux/amd64"),
            ("aarch64-unknown-linux-gnu", "linux/arm64"),
            ("aarch64-apple-darwin", "darwin/arm64"),
            ("x86_64-pc-windows-msvc", "windows/amd64"),
            ("i686-pc-windows-gnu", "windows/386"),
            ("armv7-unknown-linux-gnueabihf", "linux/arm/v7"),
            ("arm-unknown-linux-gnueabi", "linux/arm/v6"),
            ("riscv64gc-unknown-linux-gnu", "linux/riscv64"),
            ("aarch64-linux-android", "android/arm64"),
        ] {
            assert_eq!(
                platform(triple).map(|found| found.to_string()).as_deref(),
                Some(expected),
                "{triple}"
            );
        }
        for unknown in
            ["", "x86_64", "wasm32-unknown-unknown", "sparc64-unknown-linux-gnu", "x86_64-unknown-none"]
        {
            assert_eq!(platform(unknown), None, "{unknown}");
        }
    }
}
