//! An ECDSA signature from DER, as key stores give it, to the fixed form of a JWT.

use line_channel_token_core::Error;

use crate::der::Reader;

/// `r` and `s`, 32 bytes each.
pub(crate) fn to_fixed(der: &[u8]) -> Result<[u8; 64], Error> {
    fixed(der).ok_or_else(|| {
        Error::signing(
            "the ECDSA signature is not DER for P-256: a SEQUENCE of two INTEGERs up to 256 bits was expected",
        )
    })
}

fn fixed(der: &[u8]) -> Option<[u8; 64]> {
    let mut reader = Reader::sequence(der)?;
    let numbers = [reader.number()?, reader.number()?];
    if !reader.is_at_end() {
        return None;
    }
    let mut out = [0; 64];
    for (half, number) in out.chunks_exact_mut(32).zip(numbers) {
        let place = half.get_mut(32usize.checked_sub(number.len())?..)?;
        place.copy_from_slice(number);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::to_fixed;

    #[test]
    fn short_and_sign_padded_integers_become_32_bytes_each() {
        let mut der = vec![0x30, 3 + 35, 0x02, 1, 5, 0x02, 33, 0];
        der.extend([0xff; 32]);
        let fixed = to_fixed(&der).unwrap();
        assert_eq!(fixed[..32], {
            let mut r = [0; 32];
            r[31] = 5;
            r
        });
        assert_eq!(fixed[32..], [0xff; 32]);
    }

    #[test]
    fn anything_else_is_refused() {
        let mut too_long = vec![0x30, 3 + 35, 0x02, 1, 5, 0x02, 33];
        too_long.extend([0x7f; 33]);
        for bad in [&[][..], &[0x30, 0], &[0x30, 3, 0x02, 1, 5], &[0x30, 6, 2, 1, 5, 2, 1, 5, 0], &too_long] {
            assert!(to_fixed(bad).unwrap_err().to_string().contains("not DER for P-256"));
        }
    }
}
