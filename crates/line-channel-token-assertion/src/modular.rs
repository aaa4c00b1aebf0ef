//! Numbers of 2,048 bits and less, as far as the check of an RSA key calculates with them. No signature is made with these.

use zeroize::{Zeroize, Zeroizing};

/// 64 bits of a number each, the lowest first.
type Limbs = Zeroizing<Vec<u64>>;

/// A number that is not negative. Its memory is wiped.
pub(crate) struct Number(Limbs);

impl Number {
    /// From big-endian digits.
    pub(crate) fn new(digits: &[u8]) -> Self {
        // Exactly as many as there are, so that they never move.
        let mut limbs = Zeroizing::new(Vec::with_capacity(digits.len().div_ceil(8)));
        for chunk in digits.rchunks(8) {
            limbs.push(chunk.iter().fold(0, |limb, digit| (limb << 8) | u64::from(*digit)));
        }
        Self::from(limbs)
    }

    fn from(mut limbs: Limbs) -> Self {
        while limbs.last() == Some(&0) {
            limbs.pop();
        }
        Self(limbs)
    }

    /// How many bits it has without zeros in front.
    pub(crate) fn bits(&self) -> usize {
        self.0.last().map_or(0, |last| self.0.len() * 64 - last.leading_zeros() as usize)
    }

    fn bit(&self, place: usize) -> bool {
        self.0.get(place / 64).is_some_and(|limb| limb >> (place % 64) & 1 == 1)
    }

    pub(crate) fn is_less_than(&self, other: &Self) -> bool {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.iter().rev().cmp(other.0.iter().rev())).is_lt()
    }

    /// Less one. It must not be zero.
    pub(crate) fn less_one(&self) -> Self {
        let mut limbs = self.0.clone();
        subtract(&mut limbs, &[1]);
        Self::from(limbs)
    }

    pub(crate) fn times(&self, other: &Self) -> Self {
        let mut limbs = Zeroizing::new(vec![0; self.0.len() + other.0.len()]);
        for (start, factor) in other.0.iter().enumerate() {
            let mut carry = 0;
            let mut places = limbs.iter_mut().skip(start);
            for (limb, place) in self.0.iter().zip(&mut places) {
                (*place, carry) = multiply_add(*limb, *factor, *place, carry);
            }
            places.next().into_iter().for_each(|place| *place = carry);
        }
        Self::from(limbs)
    }

    /// The remainder of a division. The divisor must not be zero.
    pub(crate) fn modulo(&self, divisor: &Self) -> Self {
        self.shifted_modulo(0, divisor)
    }

    /// The remainder of itself times two to the power of `zeros`.
    fn shifted_modulo(&self, zeros: usize, divisor: &Self) -> Self {
        let size = divisor.0.len();
        let mut rest: Limbs = Zeroizing::new(vec![0; size + 1]);
        for place in (0..self.bits() + zeros).rev() {
            let mut carry = u64::from(place >= zeros && self.bit(place - zeros));
            for limb in rest.iter_mut() {
                (*limb, carry) = (*limb << 1 | carry, *limb >> 63);
            }
            if !is_less(&rest, &divisor.0) {
                subtract(&mut rest, &divisor.0);
            }
        }
        Self::from(rest)
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl PartialEq<u64> for Number {
    fn eq(&self, other: &u64) -> bool {
        match self.0[..] {
            [] => *other == 0,
            [limb] => limb == *other,
            _ => false,
        }
    }
}

/// Whether an odd number of at least three passes the test of Miller and Rabin for a base.
pub(crate) fn is_probable_prime(number: &Number, base: &Number) -> bool {
    let modulus = Modulus::new(number);
    let minus_one = number.less_one();
    let twos = (0..minus_one.bits()).take_while(|place| !minus_one.bit(*place)).count();
    let one = modulus.enter(&Number::new(&[1]));
    // Both are in the form of Montgomery, in which every number below the modulus has one form too.
    let minus_one_there = modulus.enter(&minus_one);
    let base = modulus.enter(base);
    let mut power = one.clone();
    for place in (twos..minus_one.bits()).rev() {
        power = modulus.multiply(&power, &power);
        if minus_one.bit(place) {
            power = modulus.multiply(&power, &base);
        }
    }
    if power == one || power == minus_one_there {
        return true;
    }
    (1..twos).any(|_| {
        power = modulus.multiply(&power, &power);
        power == minus_one_there
    })
}

/// An odd modulus for Montgomery's multiplication.
struct Modulus<'a> {
    number: &'a Number,
    /// The negative inverse of the lowest limb, modulo 2^64.
    inverse: u64,
}

impl<'a> Modulus<'a> {
    fn new(number: &'a Number) -> Self {
        let lowest = number.0.first().copied().unwrap_or(1);
        // Newton's method: each step doubles the number of bits that are right, and an odd number is its own inverse in three.
        let inverse =
            (0..5).fold(lowest, |inverse, _| inverse.wrapping_mul(2_u64.wrapping_sub(lowest.wrapping_mul(inverse))));
        Self { number, inverse: inverse.wrapping_neg() }
    }

    /// The form in which [`multiply`](Self::multiply) takes and gives numbers: times two to the power of the modulus' size.
    fn enter(&self, number: &Number) -> Limbs {
        let size = self.number.0.len();
        let mut limbs = number.shifted_modulo(64 * size, self.number).0;
        let mut padded = Zeroizing::new(vec![0; size]);
        padded.iter_mut().zip(limbs.iter()).for_each(|(place, limb)| *place = *limb);
        limbs.zeroize();
        padded
    }

    /// Coarsely integrated operand scanning (Koç, Acar and Kaliski, 1996).
    fn multiply(&self, one: &Limbs, other: &Limbs) -> Limbs {
        let size = self.number.0.len();
        let mut sum = Zeroizing::new(vec![0_u64; size + 2]);
        for factor in other.iter() {
            add_product(&mut sum, one, *factor);
            let quotient = sum.first().map_or(0, |lowest| lowest.wrapping_mul(self.inverse));
            add_product(&mut sum, &self.number.0, quotient);
            // The lowest limb is zero now.
            sum.rotate_left(1);
        }
        if !is_less(&sum, &self.number.0) {
            subtract(&mut sum, &self.number.0);
        }
        sum.truncate(size);
        sum
    }
}

/// Adds `limbs` times `factor`. The sum must have room for it.
fn add_product(sum: &mut [u64], limbs: &[u64], factor: u64) {
    let mut carry = 0;
    let mut places = sum.iter_mut();
    for (limb, place) in limbs.iter().zip(&mut places) {
        (*place, carry) = multiply_add(*limb, factor, *place, carry);
    }
    for place in places {
        let (added, overflows) = place.overflowing_add(carry);
        (*place, carry) = (added, u64::from(overflows));
    }
}

/// `one * other + add + carry`, which always fits: the low and the high half.
fn multiply_add(one: u64, other: u64, add: u64, carry: u64) -> (u64, u64) {
    let wide = u128::from(one) * u128::from(other) + u128::from(add) + u128::from(carry);
    (wide as u64, (wide >> 64) as u64)
}

/// Whether `one`, which may have zeros in front, is less than `other`.
fn is_less(one: &[u64], other: &[u64]) -> bool {
    let (low, high) = one.split_at(other.len().min(one.len()));
    high.iter().all(|limb| *limb == 0) && low.iter().rev().lt(other.iter().rev())
}

/// Subtracts what is not greater.
fn subtract(from: &mut [u64], other: &[u64]) {
    let mut borrow = false;
    for (place, limb) in from.iter_mut().zip(other.iter().chain(std::iter::repeat(&0))) {
        let (less, first) = place.overflowing_sub(*limb);
        let (less, second) = less.overflowing_sub(u64::from(borrow));
        (*place, borrow) = (less, first || second);
    }
}

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;
    use proptest::prelude::*;

    use super::{Modulus, Number, is_probable_prime};

    /// Digits at random, and many that carry: runs of zeros and of ones.
    fn digits(at_most: usize) -> impl Strategy<Value = Vec<u8>> {
        let digit = prop_oneof![any::<u8>(), Just(0), Just(0xff)];
        let runs = proptest::collection::vec((digit, 1..40_usize), 0..20);
        runs.prop_map(move |runs| {
            let digits = runs.into_iter().flat_map(|(digit, times)| std::iter::repeat_n(digit, times));
            digits.take(at_most).collect()
        })
    }

    fn big(digits: &[u8]) -> BigUint {
        BigUint::from_bytes_be(digits)
    }

    fn number(big: &BigUint) -> Number {
        Number::new(&big.to_bytes_be())
    }

    fn miller_rabin(number: &BigUint, base: &BigUint) -> bool {
        let minus_one = number - 1_u32;
        let twos = minus_one.trailing_zeros().unwrap_or(0);
        let mut power = base.modpow(&(&minus_one >> twos), number);
        let mut passes = power == BigUint::from(1_u32) || power == minus_one;
        for _ in 1..twos {
            power = &power * &power % number;
            passes |= power == minus_one;
        }
        passes
    }

    proptest! {
        #[test]
        fn it_agrees_with_another_library(a in digits(256), b in digits(256)) {
            let (one, other) = (big(&a), big(&b));
            prop_assert_eq!(Number::new(&a).bits() as u64, one.bits());
            prop_assert!(Number::new(&a).times(&Number::new(&b)) == number(&(&one * &other)));
            prop_assert_eq!(Number::new(&a).is_less_than(&Number::new(&b)), one < other);
            if other != BigUint::ZERO {
                prop_assert!(Number::new(&a).modulo(&Number::new(&b)) == number(&(&one % &other)));
                prop_assert!(Number::new(&b).less_one() == number(&(&other - 1_u32)));
            }
        }

        #[test]
        fn so_does_montgomerys_multiplication(m in digits(128), a in digits(128), b in digits(128)) {
            let odd = big(&m) | BigUint::from(3_u32);
            let (modulus, one, other) = (number(&odd), big(&a), big(&b));
            let modulus = Modulus::new(&modulus);
            let product = modulus.multiply(&modulus.enter(&number(&one)), &modulus.enter(&number(&other)));
            prop_assert_eq!(product, modulus.enter(&number(&(one * other % odd))));
        }

        #[test]
        fn so_does_the_test_of_primes(digits in digits(128), base in digits(40)) {
            let odd = big(&digits) | BigUint::from(3_u32);
            prop_assert_eq!(is_probable_prime(&number(&odd), &Number::new(&base)), miller_rabin(&odd, &big(&base)));
        }
    }

    #[test]
    fn small_primes_are_told_from_the_rest() {
        let is_prime = |odd: u32| (3..odd).step_by(2).take_while(|by| by * by <= odd).all(|by| !odd.is_multiple_of(by));
        // Two bases tell all of these apart: the least number that passes for both is 1,373,653.
        for odd in (5..20_000_u32).step_by(2) {
            let passes =
                [2, 3].iter().all(|base| is_probable_prime(&Number::new(&odd.to_be_bytes()), &Number::new(&[*base])));
            assert_eq!(passes, is_prime(odd), "{odd}");
        }
    }

    #[test]
    fn large_primes_pass() {
        // 2^521 - 1 and 2^1279 - 1, of which all limbs are full, and 2^255 - 19.
        let mersenne = |bits: u32| (BigUint::from(1_u32) << bits) - 1_u32;
        for prime in [mersenne(521), mersenne(1279), mersenne(255) - 18_u32] {
            for base in [2, 3, 5, 255] {
                assert!(is_probable_prime(&number(&prime), &Number::new(&[base])));
            }
        }
        assert!(!is_probable_prime(&number(&mersenne(1277)), &Number::new(&[3])));
    }
}
