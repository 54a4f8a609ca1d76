//! RSA PKCS#1 v1.5 (RFC 8017 8.2) over two fixed keys that protect nothing.
//!
//! Fixed because generating RSA keys is slow, and so that equal worlds give equal bytes.

use num_bigint::BigUint;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::der;
use super::keys::Hash;

/// One of the two fixed keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RsaSize {
    /// Too weak for any policy: verdicts.md 2 asks for 2048 bits.
    Bits1024,
    /// The least that is accepted.
    Bits2048,
}

const N_1024: &str = "9be9c420dc1f95a4ee9f057a633b861603db4a7bd0a04d3f25e91e7c4b92f85984fef1ee9bc3cf315fce12dff4caeac70281fa48a2aca3349a5b05561052d4d9b7db7ae3c67af52e0494bc674054fef813684e5643f9390baec9ceea60ad281fb39343e6fce8e6f3d5c78fcbaceeb79029845f2714c0b19ba6010acf4abd2bff";
const D_1024: &str = "58504799dd55beabd7c61792459737d24c88f05dc5c4a73cb7ba9e5c056ad065d4a19c646db2b22fe37694d66a906e001ff983cd94e778e298f429c7a0236b10ad6031cdd499b6519517e1339e571590b0ac3467ffc36503a555de2a4d1b8916e4e5ec39dc4467a562bd576b738953c193cc70567f5bd179f4b2183a3dcd6cf1";
const N_2048: &str = "b2e5d82b1cf80482a9ae498c00909980e60eafe52e6cfc0ee7400487ddcca81c5329a5b57d25d1acb1ac473c383daa7c3fb7cdfd831083a5e916dbc7752528484460a5cfc717696b9150167cfe2d58d417a11d7975dc54b6bfdcf2c10378898b0019bcf1647ffa133e8676f1b1fd6904232b31b1f50ed1e685e3bf06766368f223fe976af101ac27b32bc6736ab0ce3807f37a66cb02b18d962573cd22ccd2b1b9c907fc5461c51910e454e8b0db875f8e2df11ffd5f3323b2cea82fd7e2ba9cea3a5d6de65754934d6128249eb9714436deb9753a12f9a18f32d709a0e6d1e28d0ed56ffd2804252556aeec863a69e636cd2cc0a8c41e25f7585ca14d5426d3";
const D_2048: &str = "494edd5ba165d2b7565fe89c79b8c766661f9b9d8efe32f5ca7655c4f53341aa45bbd9bf3ab6ce2a75ae328caf4139c4eb795eec651255d81d61741352623515140c04b6558fb6efd0dea0307d19c8fe34669dc4e172b5b6237e1f6dcf85cbdb0d61fea66e77f0da84f325f799e7cd6a581d01a2ba5865d41086888755e91b9dfa7da945e6c268e781dac37789ca8785795bf12ded142df971baec95857a4326ba8891eaa8d0ee3f5d98eca5acd05d8f9227c86ca9aaf9af92bc19e94a454720012b3ac5fbb2792106bda0c2bfa705bd160104cce7d62c251b24c4a09126f1a606643f7cf20670926cabd55516b559dd56b65d9964b5668e83afdcf2ef161e2d";

/// DigestInfo (RFC 8017 9.2 note 1).
fn digest_info(hash: Hash, message: &[u8]) -> Vec<u8> {
    let (last, digest) = match hash {
        Hash::Sha256 => (1, Sha256::digest(message).to_vec()),
        Hash::Sha384 => (2, Sha384::digest(message).to_vec()),
        Hash::Sha512 => (3, Sha512::digest(message).to_vec()),
    };
    let algorithm = der::sequence(&[der::oid(&[2, 16, 840, 1, 101, 3, 4, 2, last]), der::null()]);
    der::sequence(&[algorithm, der::octets(&digest)])
}

fn number(hex: &str) -> BigUint {
    BigUint::parse_bytes(hex.as_bytes(), 16).unwrap_or_default()
}

impl RsaSize {
    fn modulus(self) -> BigUint {
        number(match self {
            Self::Bits1024 => N_1024,
            Self::Bits2048 => N_2048,
        })
    }

    fn exponent(self) -> BigUint {
        number(match self {
            Self::Bits1024 => D_1024,
            Self::Bits2048 => D_2048,
        })
    }

    const fn bytes(self) -> usize {
        match self {
            Self::Bits1024 => 128,
            Self::Bits2048 => 256,
        }
    }

    /// RSASSA-PKCS1-v1_5 with this hash.
    pub(crate) fn sign(self, hash: Hash, message: &[u8]) -> Vec<u8> {
        let info = digest_info(hash, message);
        let mut block = vec![0xff; self.bytes() - info.len() - 1];
        block[0] = 0;
        block[1] = 1;
        block.push(0);
        block.extend(info);
        let value = BigUint::from_bytes_be(&block).modpow(&self.exponent(), &self.modulus()).to_bytes_be();
        let mut signature = vec![0; self.bytes() - value.len()];
        signature.extend(value);
        signature
    }

    /// SubjectPublicKeyInfo, rsaEncryption (RFC 3279 2.3.1).
    pub(crate) fn spki(self) -> Vec<u8> {
        let key = der::sequence(&[der::unsigned(&self.modulus().to_bytes_be()), der::integer(65537)]);
        let algorithm = der::sequence(&[der::oid(&[1, 2, 840, 113_549, 1, 1, 1]), der::null()]);
        der::sequence(&[algorithm, der::bits(&key)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_exponent_undoes_the_signature() {
        for size in [RsaSize::Bits1024, RsaSize::Bits2048] {
            let signature = size.sign(Hash::Sha256, b"message");
            assert_eq!(signature.len(), size.bytes());
            let block = BigUint::from_bytes_be(&signature)
                .modpow(&BigUint::from(65537_u32), &size.modulus())
                .to_bytes_be();
            assert!(block.starts_with(&[1, 0xff]));
            assert!(block.ends_with(&Sha256::digest(b"message")));
        }
    }
}
