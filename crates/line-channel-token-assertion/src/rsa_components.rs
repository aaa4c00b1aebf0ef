//! Checks that the components of an RSA key fit together, with the same result for every provider.
//!
//! The providers differ in what they check and when: one never returns for some keys, another signs with numbers that are
//! not prime. So each key is checked here before a provider loads it.

use crypto_bigint::modular::{FixedMontyForm, FixedMontyParams};
use crypto_bigint::{NonZero, Odd, U1024, U2048, Uint};
use line_channel_token_core::Error;
use zeroize::{Zeroize, Zeroizing};

use crate::crypto::sha256;
use crate::key_errors::inconsistent;
use crate::pkcs1::Pkcs1;
use crate::private_key::RsaKey;

/// Rounds of the Miller-Rabin test for each prime.
///
/// They find accidents: a damaged key, or a generator that does not test. Of random composite numbers of 1024 bits, fewer than
/// one in 2^40 pass one round (Damgård, Landrock and Pomerance). More rounds would not stop a number that was constructed to
/// pass, because the bases are known; but a user who constructs one only weakens a key of their own.
const ROUNDS: u8 = 2;

/// Checks that there are two different primes of 1024 bits, and that all other components follow from them.
pub(crate) fn check(key: &RsaKey) -> Result<(), Error> {
    let checked = check_numbers(key);
    // The functions of crypto-bigint copy numbers, which leaves them on the stack.
    wipe_stack();
    checked
}

/// Overwrites the part of the stack that the function before it used.
#[inline(never)]
fn wipe_stack() {
    // The check uses more than 16 KiB without optimisation.
    let mut used = [0_u8; 64 * 1024];
    used.zeroize();
    std::hint::black_box(&used);
}

/// It must not be inlined: its stack frame is what `wipe_stack` overwrites.
#[inline(never)]
fn check_numbers(key: &RsaKey) -> Result<(), Error> {
    let Some(Pkcs1::TwoPrimes(components)) = Pkcs1::parse(&key.pkcs1) else {
        return Err(inconsistent());
    };
    let n: Wiped<U2048> = uint(components.n)?;
    let e: Wiped<U1024> = uint(components.e)?;
    let wide_p: Wiped<U2048> = uint(components.p)?;
    let wide_q: Wiped<U2048> = uint(components.q)?;
    if wide_p.checked_mul(&wide_q).into_option() != Some(*n) {
        return Err(inconsistent());
    }
    let bits = (wide_p.bit_width(), wide_q.bit_width());
    if bits != (1024, 1024) {
        return Err(Error::invalid_input(format!(
            "the primes of this RSA key have {} and {} bits, and must have 1024 each: generate a new key",
            bits.0, bits.1
        )));
    }
    if *wide_p == *wide_q {
        return Err(Error::invalid_input("the two primes of this RSA key are the same: generate a new key"));
    }
    let p: Wiped<U1024> = uint(components.p)?;
    let q: Wiped<U1024> = uint(components.q)?;
    let d: Wiped<U2048> = uint(components.d)?;
    if *d >= *n {
        return Err(inconsistent());
    }
    for (prime, exponent) in [(&p, components.dp), (&q, components.dq)] {
        let exponent: Wiped<U1024> = uint(exponent)?;
        let order = non_zero(prime.wrapping_sub(&U1024::ONE))?;
        if d.rem(&order) != *exponent || exponent.mul_mod(&e, &order) != U1024::ONE {
            return Err(inconsistent());
        }
    }
    let coefficient: Wiped<U1024> = uint(components.qi)?;
    if *coefficient >= *p || coefficient.mul_mod(&q, &*non_zero(*p)?) != U1024::ONE {
        return Err(inconsistent());
    }
    if !(is_prime(&p) && is_prime(&q)) {
        return Err(Error::invalid_input("one of the two primes of this RSA key is not prime: generate a new key"));
    }
    Ok(())
}

/// A number that is wiped on drop.
type Wiped<T> = Zeroizing<T>;

/// Converts a number that is not longer than the type.
fn uint<const LIMBS: usize>(number: &[u8]) -> Result<Wiped<Uint<LIMBS>>, Error> {
    if number.len() > Uint::<LIMBS>::BYTES {
        return Err(inconsistent());
    }
    Ok(Zeroizing::new(Uint::from_be_slice_truncated(number, Uint::<LIMBS>::BITS)))
}

fn non_zero(number: U1024) -> Result<Wiped<NonZero<U1024>>, Error> {
    NonZero::new(number).into_option().map(Zeroizing::new).ok_or_else(inconsistent)
}

/// The Miller-Rabin test of a number with 1024 bits. Its bases are derived from the number, so that every run gives the same
/// result.
fn is_prime(number: &U1024) -> bool {
    let Some(odd) = Odd::new(*number).into_option() else {
        return false;
    };
    let params = Zeroizing::new(FixedMontyParams::new(odd));
    let minus_one = Zeroizing::new(number.wrapping_sub(&U1024::ONE));
    let twos = minus_one.trailing_zeros();
    let exponent = Zeroizing::new(minus_one.shr_vartime(twos));
    (0..ROUNDS).all(|round| {
        let mut seed = Zeroizing::new([0; U1024::BYTES + 1]);
        let [digits @ .., last] = &mut *seed;
        digits.copy_from_slice(number.to_be_bytes().as_slice());
        *last = round;
        let base = U1024::from_be_slice_truncated(&sha256(seed.as_slice()), U1024::BITS);
        let mut power = Zeroizing::new(FixedMontyForm::new(&base, &params).pow(&exponent));
        if power.retrieve() == U1024::ONE || power.retrieve() == *minus_one {
            return true;
        }
        (1..twos).any(|_| {
            *power = power.square();
            power.retrieve() == *minus_one
        })
    })
}
