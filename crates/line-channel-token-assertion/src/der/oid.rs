//! Object identifiers, as the contents of their element.

/// rsaEncryption, 1.2.840.113549.1.1.1.
pub(crate) const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
/// id-RSASSA-PSS, 1.2.840.113549.1.1.10.
pub(crate) const RSASSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10];
/// id-ecPublicKey, 1.2.840.10045.2.1.
pub(crate) const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
/// P-256, which SEC 2 calls secp256r1, 1.2.840.10045.3.1.7.
pub(crate) const P_256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];

/// The identifier in digits and dots. `None` if it is malformed, or an arc has more than 32 bits.
pub(crate) fn dotted(oid: &[u8]) -> Option<String> {
    let mut arcs: Vec<u32> = Vec::new();
    let mut arc = 0_u32;
    for octet in oid {
        arc = arc.checked_mul(128)?.checked_add(u32::from(octet & 0x7f))?;
        if octet & 0x80 == 0 {
            if arcs.is_empty() {
                // The first octet encodes the first two arcs.
                let first = (arc / 40).min(2);
                arcs.push(first);
                arc -= first * 40;
            }
            arcs.push(std::mem::take(&mut arc));
        }
    }
    let is_complete = oid.last().is_some_and(|last| last & 0x80 == 0);
    is_complete.then(|| arcs.iter().map(u32::to_string).collect::<Vec<_>>().join("."))
}

#[cfg(test)]
mod tests {
    use super::{EC_PUBLIC_KEY, P_256, RSA_ENCRYPTION, RSASSA_PSS, dotted};

    #[test]
    fn arcs_are_joined_by_dots() {
        for (oid, expected) in [
            (RSA_ENCRYPTION, "1.2.840.113549.1.1.1"),
            (RSASSA_PSS, "1.2.840.113549.1.1.10"),
            (EC_PUBLIC_KEY, "1.2.840.10045.2.1"),
            (P_256, "1.2.840.10045.3.1.7"),
            (&[0x2b, 0x65, 0x70], "1.3.101.112"),
            (&[0x88, 0x37, 3], "2.999.3"),
        ] {
            assert_eq!(dotted(oid).unwrap(), expected);
        }
    }

    #[test]
    fn malformed_identifiers_are_none() {
        for oid in [&[][..], &[0x2a, 0x86], &[0x2a, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]] {
            assert_eq!(dotted(oid), None, "{oid:?}");
        }
    }
}
