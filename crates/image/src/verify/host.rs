//! What of an image a machine may run.
//!
//! Source: containerd `platforms` (`Default`, `Only`, `Normalize`): of an index the child is taken that fits the machine best; a
//! variant counts up to the machine's own, and `amd64` falls back to `386`, `arm64` to `arm`.

use proofmark_core::Platform;
use proofmark_oci::Child;

/// The children of which a machine may run one. All that it could fall back to, where none is certain to fit; all of them,
/// where none is for it: never none of some.
pub(super) fn may_run(mut children: Vec<Child>, host: &Platform) -> Vec<Child> {
    let any_variant = Platform { variant: None, os_version: None, os_features: Vec::new(), ..host.clone() };
    let same = |child: &Child| child.platform.could_be_taken_as(&any_variant);
    // Without a variant it runs on every machine of its architecture, and is taken before what is fallen back to.
    let certain = |child: &Child| same(child) && child.platform.normalised().variant.is_none();
    if children.iter().any(certain) {
        children.retain(same);
    }
    children
}

#[cfg(test)]
mod tests {
    use proofmark_core::Digest;

    use super::*;

    fn taken(children: &[&str], host: &str) -> Vec<String> {
        let child = |text: &&str| Child {
            digest: Digest::sha256(text.as_bytes()),
            platform: Platform::parse(text).unwrap(),
        };
        let taken = may_run(children.iter().map(child).collect(), &Platform::parse(host).unwrap());
        taken.iter().map(|child| child.platform.to_string()).collect()
    }

    #[test]
    fn every_child_that_could_run_is_taken() {
        let all = ["linux/amd64", "linux/arm64/v8", "linux/386", "windows/amd64"];
        assert_eq!(taken(&all, "linux/amd64"), ["linux/amd64"]);
        assert_eq!(taken(&all, "linux/arm64"), ["linux/arm64/v8"]);
        assert_eq!(taken(&all, "linux/s390x"), all, "none is for it");
        let variants = ["linux/amd64/v3", "linux/amd64/v1", "linux/arm64"];
        assert_eq!(taken(&variants, "linux/amd64"), &variants[..2], "either may fit best");
        let above = ["linux/amd64/v4", "linux/386", "linux/arm64"];
        assert_eq!(taken(&above, "linux/amd64"), above, "the machine may fall back to 386");
        let names = ["linux/amd64", "LINUX/AMD64", "linux/x86_64", "linux/aarch64"];
        assert_eq!(taken(&names, "linux/amd64"), &names[..3]);
        assert!(taken(&[], "linux/amd64").is_empty());
    }

    /// What is known of a machine beyond its architecture leaves no child of it out.
    #[test]
    fn a_machine_that_is_known_closely_is_given_as_much() {
        let children = ["linux/amd64", "linux/amd64/v3", "linux/386"];
        assert_eq!(taken(&children, "linux/amd64/v2"), &children[..2]);
        assert_eq!(taken(&children, "linux/amd64:6.1"), &children[..2]);
        let amd64 = Platform::parse("linux/amd64").unwrap();
        let host = Platform { os_features: vec!["x".to_owned()], ..amd64.clone() };
        let child = |platform: &Platform| Child {
            digest: Digest::sha256(platform.to_string().as_bytes()),
            platform: platform.clone(),
        };
        let other = Platform::parse("linux/386").unwrap();
        assert_eq!(may_run(vec![child(&amd64), child(&other)], &host).len(), 1);
    }

    /// "" is the machine's own to containerd.
    #[test]
    fn a_child_without_an_operating_system_could_run_on_each() {
        let child = |os: &str| Child {
            digest: Digest::sha256(os.as_bytes()),
            platform: Platform { os: os.to_owned(), architecture: "amd64".to_owned(), ..Platform::default() },
        };
        let taken = may_run(vec![child(""), child("linux"), child("windows")], &child("linux").platform);
        assert_eq!(taken.iter().map(|child| child.platform.os.as_str()).collect::<Vec<_>>(), ["", "linux"]);
    }
}
