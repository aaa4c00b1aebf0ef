//! Whether two coordinates are a point of P-256. They are public, so the time that this takes may depend on them.

/// A number below 2^256, lowest limb first.
type Number = [u64; 4];

/// The prime of the field (FIPS 186-5, SP 800-186).
const P: Number = [0xffff_ffff_ffff_ffff, 0x0000_0000_ffff_ffff, 0, 0xffff_ffff_0000_0001];
/// The coefficient `b` of `y² = x³ - 3x + b`.
const B: Number = [0x3bce_3c3e_27d2_604b, 0x651d_06b0_cc53_b0f6, 0xb3eb_bd55_7698_86bc, 0x5ac6_35d8_aa3a_93e7];

/// Whether the point with these big-endian coordinates is on the curve.
pub(crate) fn is_on_curve(x: &[u8; 32], y: &[u8; 32]) -> bool {
    let x = number(x);
    let y = number(y);
    if !is_less(x, P) || !is_less(y, P) {
        return false;
    }
    let cube = multiply(multiply(x, x), x);
    let triple = add(add(x, x), x);
    add(multiply(y, y), triple) == add(cube, B)
}

fn number(bytes: &[u8; 32]) -> Number {
    let mut number = [0; 4];
    for (limb, bytes) in number.iter_mut().rev().zip(bytes.chunks_exact(8)) {
        *limb = bytes.iter().fold(0, |limb, byte| limb << 8 | u64::from(*byte));
    }
    number
}

fn is_less(a: Number, b: Number) -> bool {
    a.iter().rev().lt(b.iter().rev())
}

/// The sum modulo `P` of two numbers below it.
fn add(a: Number, b: Number) -> Number {
    let mut sum = [0; 4];
    let mut carry = false;
    for (limb, (a, b)) in sum.iter_mut().zip(a.into_iter().zip(b)) {
        let (low, first) = a.overflowing_add(b);
        let (low, second) = low.overflowing_add(u64::from(carry));
        *limb = low;
        carry = first || second;
    }
    if carry || !is_less(sum, P) { subtract_p(sum) } else { sum }
}

/// The difference modulo 2^256.
fn subtract_p(a: Number) -> Number {
    let mut difference = [0; 4];
    let mut borrow = false;
    for (limb, (a, p)) in difference.iter_mut().zip(a.into_iter().zip(P)) {
        let (low, first) = a.overflowing_sub(p);
        let (low, second) = low.overflowing_sub(u64::from(borrow));
        *limb = low;
        borrow = first || second;
    }
    difference
}

/// The product modulo `P` of two numbers below it: doubled and added, bit by bit.
fn multiply(a: Number, b: Number) -> Number {
    let mut product = [0; 4];
    for limb in b.into_iter().rev() {
        for bit in (0..64).rev() {
            product = add(product, product);
            if limb >> bit & 1 == 1 {
                product = add(product, a);
            }
        }
    }
    product
}

#[cfg(test)]
mod tests {
    use super::is_on_curve;

    /// 32 bytes from hex.
    fn bytes(hex: &str) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (nth, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&hex[2 * nth..2 * nth + 2], 16).unwrap();
        }
        bytes
    }

    #[test]
    fn published_points_are_on_the_curve() {
        for (x, y) in [
            // The base point (SP 800-186), and its double.
            (
                "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
                "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
            ),
            (
                "7cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978",
                "07775510db8ed040293d9ac69f7430dbba7dade63ce982299e04b79d227873d1",
            ),
            // RFC 7515, appendix A.3.
            (
                "7fcdce2770f6c45d4183cbee6fdb4b7b580733357be9ef13bacf6e3c7bd15445",
                "c7f144cd1bbd9b7e872cdfedb9eeb9f4b3695d6ea90b24ad8a4623288588e5ad",
            ),
        ] {
            assert!(is_on_curve(&bytes(x), &bytes(y)));
            assert!(!is_on_curve(&bytes(y), &bytes(x)), "swapped");
            let mut changed = bytes(y);
            changed[31] ^= 1;
            assert!(!is_on_curve(&bytes(x), &changed), "changed");
            let mut reversed = bytes(x);
            reversed.reverse();
            assert!(!is_on_curve(&reversed, &bytes(y)), "in the other order of bytes");
        }
    }

    #[test]
    fn numbers_beyond_the_field_are_no_coordinates() {
        assert!(!is_on_curve(&[0; 32], &[0; 32]));
        assert!(!is_on_curve(&[0xff; 32], &[0xff; 32]));
        // x = 5 has a point; 5 + P would stand for the same one.
        let x = bytes("0000000000000000000000000000000000000000000000000000000000000005");
        let y = bytes("459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc");
        assert!(is_on_curve(&x, &y));
        let beyond = bytes("ffffffff00000001000000000000000000000001000000000000000000000004");
        assert!(!is_on_curve(&beyond, &y));
    }
}
