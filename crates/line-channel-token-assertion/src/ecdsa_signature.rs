//! Converts an ECDSA signature from DER, which key stores return, to the fixed-size format of a JWT.

use line_channel_token_core::Error;

use crate::der::Reader;

/// Returns `r` and `s`, 32 bytes each.
pub(crate) fn der_to_fixed(der: &[u8]) -> Result<[u8; 64], Error> {
    parse(der).ok_or_else(|| {
        Error::signing(
            "the ECDSA signature is not DER for P-256: give a SEQUENCE of two INTEGERs of at most 256 bits, or pass `r` and `s` \
             to attach_signature",
        )
    })
}

fn parse(der: &[u8]) -> Option<[u8; 64]> {
    let mut reader = Reader::of_sequence(der)?;
    let numbers = [reader.unsigned()?, reader.unsigned()?];
    if !reader.is_finished() {
        return None;
    }
    let mut out = [0; 64];
    for (half, number) in out.chunks_exact_mut(32).zip(numbers) {
        let low = half.get_mut(32usize.checked_sub(number.len())?..)?;
        low.copy_from_slice(number);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::der_to_fixed;

    #[test]
    fn integers_are_padded_to_32_bytes() {
        let mut der = vec![0x30, 3 + 35, 0x02, 1, 5, 0x02, 33, 0];
        der.extend([0xff; 32]);
        let fixed = der_to_fixed(&der).unwrap();
        assert_eq!(fixed[..32], {
            let mut r = [0; 32];
            r[31] = 5;
            r
        });
        assert_eq!(fixed[32..], [0xff; 32]);
    }

    #[test]
    fn other_der_is_refused() {
        let mut too_long = vec![0x30, 3 + 35, 0x02, 1, 5, 0x02, 33];
        too_long.extend([0x7f; 33]);
        for bad in [&[][..], &[0x30, 0], &[0x30, 3, 0x02, 1, 5], &[0x30, 6, 2, 1, 5, 2, 1, 5, 0], &too_long] {
            assert!(der_to_fixed(bad).unwrap_err().to_string().contains("not DER for P-256"));
        }
    }
}
