//! The Merkle tree of RFC 6962 2.1, by hand.

use sha2::{Digest, Sha256};

/// A SHA-256 hash.
pub(crate) type Hash = [u8; 32];

/// `SHA-256(0x00 || leaf)`.
pub(crate) fn leaf_hash(leaf: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(leaf).finalize().into()
}

fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The largest power of two below `n`, for n > 1.
const fn split(n: usize) -> usize {
    let mut k = 1;
    while k * 2 < n {
        k *= 2;
    }
    k
}

/// The Merkle tree hash of these leaf hashes.
pub(crate) fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [one] => *one,
        many => {
            let (left, right) = many.split_at(split(many.len()));
            node_hash(&root(left), &root(right))
        }
    }
}

/// The audit path of the leaf at `index`, from the leaf upwards (RFC 6962 2.1.1).
pub(crate) fn path(leaves: &[Hash], index: usize) -> Vec<Hash> {
    if leaves.len() < 2 {
        return Vec::new();
    }
    let middle = split(leaves.len());
    let (left, right) = leaves.split_at(middle);
    if index < middle {
        let mut way = path(left, index);
        way.push(root(right));
        way
    } else {
        let mut way = path(right, index - middle);
        way.push(root(left));
        way
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9162 2.1.3.2: verification by index arithmetic, which shares nothing with the recursion above.
    fn included(leaf: Hash, index: usize, size: usize, way: &[Hash]) -> Option<Hash> {
        let (mut position, mut last, mut hash) = (index, size - 1, leaf);
        for sibling in way {
            if last == 0 {
                return None;
            }
            if position % 2 == 1 || position == last {
                hash = node_hash(sibling, &hash);
                while position.is_multiple_of(2) && position != 0 {
                    position /= 2;
                    last /= 2;
                }
            } else {
                hash = node_hash(&hash, sibling);
            }
            position /= 2;
            last /= 2;
        }
        (last == 0).then_some(hash)
    }

    #[test]
    fn every_path_of_every_small_tree_leads_to_the_root() {
        let leaves: Vec<Hash> = (0..33_u8).map(|n| leaf_hash(&[n])).collect();
        for size in 1..=leaves.len() {
            let tree = &leaves[..size];
            for (index, leaf) in tree.iter().enumerate() {
                let way = path(tree, index);
                assert_eq!(included(*leaf, index, size, &way), Some(root(tree)), "{index} of {size}");
            }
        }
    }

    #[test]
    fn the_empty_tree_has_the_hash_of_nothing() {
        // RFC 6962 2.1: MTH({}) = SHA-256().
        assert_eq!(root(&[])[..4], [0xe3, 0xb0, 0xc4, 0x42]);
    }
}
