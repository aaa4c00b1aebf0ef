//! Checks that the components of an RSA key fit together, with the same result for every provider.
//!
//! The providers differ in what they check and when: one never returns for some keys, another signs with numbers that are
//! not prime. So each key is checked here before a provider loads it.

use crypto_bigint::modular::runtime_mod::{DynResidue, DynResidueParams};
use crypto_bigint::{Encoding, U1024, U2048, Uint};
use line_channel_token_core::Error;
use pkcs1::RsaPrivateKey;
use pkcs1::UintRef;
use pkcs1::der::Decode;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use crate::key_errors::inconsistent;
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
    // The functions of crypto-bigint pass numbers by value, which leaves copies on the stack.
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
    let numbers = RsaPrivateKey::from_der(&key.pkcs1).map_err(|_| inconsistent())?;
    let n: U2048 = uint(numbers.modulus)?;
    let e: U1024 = uint(numbers.public_exponent)?;
    let wide_p: Wiped<U2048> = wiped(numbers.prime1)?;
    let wide_q: Wiped<U2048> = wiped(numbers.prime2)?;
    let (low, high) = wide_p.mul_wide(&wide_q);
    if low != n || high != U2048::ZERO {
        return Err(inconsistent());
    }
    let bits = (wide_p.bits(), wide_q.bits());
    if bits != (1024, 1024) {
        return Err(Error::invalid_input(format!(
            "the primes of this RSA key have {} and {} bits, and must have 1024 each: generate a new key",
            bits.0, bits.1
        )));
    }
    if *wide_p == *wide_q {
        return Err(Error::invalid_input("the two primes of this RSA key are the same: generate a new key"));
    }
    let p: Wiped<U1024> = wiped(numbers.prime1)?;
    let q: Wiped<U1024> = wiped(numbers.prime2)?;
    let d: Wiped<U2048> = wiped(numbers.private_exponent)?;
    if *d >= n {
        return Err(inconsistent());
    }
    let (d_high, d_low) = d.split();
    let d = Zeroizing::new((d_low, d_high));
    for (prime, exponent) in [(&p, numbers.exponent1), (&q, numbers.exponent2)] {
        let exponent: Wiped<U1024> = wiped(exponent)?;
        let order = Zeroizing::new(prime.wrapping_sub(&U1024::ONE));
        if remainder(*d, &order) != *exponent || remainder(exponent.mul_wide(&e), &order) != U1024::ONE {
            return Err(inconsistent());
        }
    }
    let coefficient: Wiped<U1024> = wiped(numbers.coefficient)?;
    if *coefficient >= *p || remainder(coefficient.mul_wide(&q), &p) != U1024::ONE {
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
fn uint<const LIMBS: usize>(number: UintRef<'_>) -> Result<Uint<LIMBS>, Error>
where
    Uint<LIMBS>: Encoding,
{
    let mut out = Uint::<LIMBS>::ZERO.to_be_bytes();
    let bytes = number.as_bytes();
    let zeros = out.as_ref().len().checked_sub(bytes.len());
    let low = zeros.and_then(|start| out.as_mut().get_mut(start..));
    low.ok_or_else(inconsistent)?.copy_from_slice(bytes);
    let number = Uint::from_be_bytes(out);
    out.as_mut().zeroize();
    Ok(number)
}

fn wiped<const LIMBS: usize>(number: UintRef<'_>) -> Result<Wiped<Uint<LIMBS>>, Error>
where
    Uint<LIMBS>: Encoding,
{
    uint(number).map(Zeroizing::new)
}

fn remainder(wide: (U1024, U1024), modulus: &U1024) -> U1024 {
    U1024::const_rem_wide(wide, modulus).0
}

/// The Miller-Rabin test. Its bases are derived from the number, so that every run gives the same result.
fn is_prime(number: &U1024) -> bool {
    if !number.bit_vartime(0) || number.bits() < 1000 {
        return false;
    }
    let params = DynResidueParams::new(number);
    let minus_one = Zeroizing::new(number.wrapping_sub(&U1024::ONE));
    let twos = minus_one.trailing_zeros();
    let odd = Zeroizing::new(minus_one.shr_vartime(twos));
    let one = DynResidue::one(params);
    (0..ROUNDS).all(|round| {
        let hash = Sha256::new().chain_update(number.to_be_bytes()).chain_update([round]).finalize();
        let mut base = [0; 128];
        base[96..].copy_from_slice(&hash);
        let base = DynResidue::new(&U1024::from_be_bytes(base), params);
        let mut power = base.pow(&odd);
        if power == one || power.retrieve() == *minus_one {
            return true;
        }
        (1..twos).any(|_| {
            power = power.square();
            power.retrieve() == *minus_one
        })
    })
}
