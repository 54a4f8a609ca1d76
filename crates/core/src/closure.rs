//! One digest over everything that a file makes a program load.

use crate::{Algorithm, Digest, Hasher};

/// What the first bytes say: another layout is another name.
const LAYOUT: &str = "proofmark-closure/1";

/// The digest of members, each a path, a kind and a content, in this order. Every text is written behind its length in
/// bytes (eight of them, the highest first), so that no two lists of members are written alike.
pub fn closure_digest<'a>(members: impl IntoIterator<Item = [&'a str; 3]>) -> Digest {
    let mut hasher = Hasher::new(Algorithm::Sha256);
    let mut put = |text: &str| {
        hasher.update(&u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(text.as_bytes());
    };
    put(LAYOUT);
    for member in members {
        member.into_iter().for_each(&mut put);
    }
    hasher.finish()
}

/// What members of a closure are, in the order in which they are sorted.
pub const MEMBER_KINDS: [&str; 9] =
    ["envrc", "script", "variables", "above", "program", "folder", "recipe", "startup", "download"];

/// Whether a text says what a member holds: `absent`, `sha256:` and 64 digits, or the integrity of a download.
pub fn is_member_content(text: &str) -> bool {
    text == "absent" || (text.starts_with("sha256:") && Digest::parse(text).is_ok()) || is_integrity(text)
}

/// `sha256-…`, `sha384-…`, `sha512-…` (Subresource Integrity); direnv takes `_` for `/`.
pub fn is_integrity(text: &str) -> bool {
    let rest = ["sha256-", "sha384-", "sha512-"].iter().find_map(|algorithm| text.strip_prefix(algorithm));
    rest.is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/_=-".contains(&byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_member_may_hold() {
        let digest = format!("sha256:{}", "ab".repeat(32));
        for good in ["absent", digest.as_str(), "sha256-AAAA/_+=", "sha512-x"] {
            assert!(is_member_content(good), "{good}");
        }
        for bad in ["", "Absent", "sha256:00", "sha256-", "md5-x", "sha256-a b", "sha512:00"] {
            assert!(!is_member_content(bad), "{bad}");
        }
    }

    /// Written by hand: `printf` of lengths and texts, and `sha256sum`.
    #[test]
    fn the_layout_is_fixed() {
        let length = |n: u8| [0, 0, 0, 0, 0, 0, 0, n];
        let bytes = [
            length(19).as_slice(),
            b"proofmark-closure/1",
            &length(6),
            b".envrc",
            &length(5),
            b"envrc",
            &length(6),
            b"absent",
        ]
        .concat();
        assert_eq!(closure_digest([[".envrc", "envrc", "absent"]]), Digest::sha256(&bytes));
        assert_eq!(closure_digest([]), Digest::sha256(&bytes[..27]));
    }

    #[test]
    fn no_two_lists_are_written_alike() {
        let lists: [&[[&str; 3]]; 6] = [
            &[],
            &[["a", "b", "c"]],
            &[["ab", "", "c"]],
            &[["a", "bc", ""]],
            &[["a", "b", "c"], ["", "", ""]],
            &[["a", "b", "c"], ["a", "b", "c"]],
        ];
        for (at, one) in lists.iter().enumerate() {
            for other in &lists[at + 1..] {
                assert_ne!(closure_digest(one.iter().copied()), closure_digest(other.iter().copied()));
            }
        }
    }
}
