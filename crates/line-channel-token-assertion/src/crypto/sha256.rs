//! SHA-256 of the crypto library of this build.

#[cfg(feature = "aws-lc-rs")]
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref());
    out
}

#[cfg(not(feature = "aws-lc-rs"))]
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_example_of_fips_180_is_reproduced() {
        // FIPS 180-2, appendix B.1.
        let [first, .., last] = super::sha256(b"abc");
        assert_eq!((first, last), (0xba, 0xad));
    }
}
