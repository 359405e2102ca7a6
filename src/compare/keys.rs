//! Public keys that both targets are given alike.

use p384::SecretKey;
use p384::pkcs8::{EncodePublicKey, LineEnding};
use sha2::{Digest, Sha256};

use crate::plan::placeholder::Curve;

/// The public key with a number, in PEM; another one for each nonce.
pub fn public_key(curve: Curve, nonce: u64, number: u32) -> Option<String> {
    let Curve::P384 = curve;
    let half = |part: u8| {
        let digest = Sha256::new().chain_update(nonce.to_be_bytes()).chain_update(number.to_be_bytes());
        digest.chain_update([part]).finalize()
    };
    let bytes: Vec<u8> = half(0).into_iter().chain(half(1)).take(48).collect();
    SecretKey::from_slice(&bytes).ok()?.public_key().to_public_key_pem(LineEnding::LF).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_stands_for_one_key() {
        let first = public_key(Curve::P384, 1, 1);
        assert!(first.as_ref().is_some_and(|key| key.starts_with("-----BEGIN PUBLIC KEY-----")));
        assert_eq!(first, public_key(Curve::P384, 1, 1));
        assert_ne!(first, public_key(Curve::P384, 1, 2));
        assert_ne!(first, public_key(Curve::P384, 2, 1));
    }
}
