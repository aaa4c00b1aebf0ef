//! Checks that the components of an RSA key fit together, with the same result for every provider.
//!
//! The providers differ in what they check and when: one never returns for some keys, another signs with numbers that are
//! not prime. So each key is checked here before a provider loads it.

use line_channel_token_core::Error;
use zeroize::{Zeroize, Zeroizing};

use crate::crypto::sha256;
use crate::key_errors::inconsistent;
use crate::modular::{Number, is_probable_prime};
use crate::pkcs1::Pkcs1;
use crate::private_key::RsaKey;

/// Rounds of the Miller-Rabin test for each prime.
///
/// They find accidents: a damaged key, or a generator that does not test. Of random composite numbers of 1024 bits, fewer than
/// one in 2^40 pass one round (Damgård, Landrock and Pomerance). More rounds would not stop a number that was constructed to
/// pass, because the bases are known; but a user who constructs one only weakens a key of their own.
const ROUNDS: u8 = 2;

/// Checks that there are two primes of 1024 bits, and that everything else is what follows from them.
pub(crate) fn check(key: &RsaKey) -> Result<(), Error> {
    let checked = check_numbers(key);
    // Numbers are wiped where they are kept, but not the limbs that a function holds on the stack for a moment.
    wipe_stack();
    checked
}

/// Overwrites the part of the stack that a function has used which was called before by the same caller.
#[inline(never)]
fn wipe_stack() {
    let mut used = [0_u8; 16 * 1024];
    used.zeroize();
    std::hint::black_box(&used);
}

/// Has a frame of its own, below that of its caller, with everything that it calls.
#[inline(never)]
fn check_numbers(key: &RsaKey) -> Result<(), Error> {
    let Some(Pkcs1::TwoPrimes(numbers)) = Pkcs1::parse(&key.pkcs1) else {
        return Err(inconsistent());
    };
    let (n, e) = (Number::new(numbers.n), Number::new(numbers.e));
    let (p, q) = (Number::new(numbers.p), Number::new(numbers.q));
    if p.times(&q) != n {
        return Err(inconsistent());
    }
    let bits = (p.bits(), q.bits());
    if bits != (1024, 1024) {
        return Err(Error::invalid_input(format!(
            "the primes of this RSA key have {} and {} bits, and must have 1024 each: generate a new key",
            bits.0, bits.1
        )));
    }
    if p == q {
        return Err(Error::invalid_input("the two primes of this RSA key are the same: generate a new key"));
    }
    let d = Number::new(numbers.d);
    if !d.is_less_than(&n) {
        return Err(inconsistent());
    }
    for (prime, exponent) in [(&p, numbers.dp), (&q, numbers.dq)] {
        let (exponent, order) = (Number::new(exponent), prime.less_one());
        if d.modulo(&order) != exponent || exponent.times(&e).modulo(&order) != 1 {
            return Err(inconsistent());
        }
    }
    let coefficient = Number::new(numbers.qi);
    if !coefficient.is_less_than(&p) || coefficient.times(&q).modulo(&p) != 1 {
        return Err(inconsistent());
    }
    if !(is_prime(&p, numbers.p) && is_prime(&q, numbers.q)) {
        return Err(Error::invalid_input("one of the two primes of this RSA key is not prime: generate a new key"));
    }
    Ok(())
}

/// The test of Miller and Rabin. Its bases follow from the number, so that every provider and every run agree.
fn is_prime(number: &Number, digits: &[u8]) -> bool {
    let is_odd = digits.last().is_some_and(|last| last % 2 == 1);
    is_odd
        && (0..ROUNDS).all(|round| {
            let mut seed = Zeroizing::new(Vec::with_capacity(digits.len() + 1));
            seed.extend_from_slice(digits);
            seed.push(round);
            is_probable_prime(number, &Number::new(&sha256(&seed)))
        })
}
