//! Both providers accept and refuse the same RSA keys, when a key is made, with the same errors.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use line_channel_token_core::Error;
use num_bigint::BigUint;

use crate::crypto::ALL_PROVIDERS;
use crate::pkcs1::RsaComponents;
use crate::private_key::RsaKey;
use crate::{SigningKey, rsa_components};

/// The eight components of a key.
#[derive(Clone)]
struct Numbers([BigUint; 8]);

const NAMES: [&str; 8] = ["n", "e", "d", "p", "q", "dp", "dq", "qi"];

fn listed(name: &str) -> BigUint {
    // Read when a test runs: the package has no such file, and its tests compile all the same.
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keys/primes.txt");
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines();
    let hex = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).unwrap();
    BigUint::parse_bytes(hex.as_bytes(), 16).unwrap()
}

fn small(number: u64) -> BigUint {
    BigUint::from(number)
}

/// The inverse of a small `e` modulo `order`.
fn inverse(e: u64, order: &BigUint) -> BigUint {
    let multiple = (1..e).map(|factor| order * factor + 1u64).find(|multiple| multiple % e == small(0));
    multiple.unwrap() / e
}

fn phi(p: &BigUint, q: &BigUint) -> BigUint {
    (p - 1u64) * (q - 1u64)
}

fn gcd(mut a: BigUint, mut b: BigUint) -> BigUint {
    while b != small(0) {
        (a, b) = (b.clone(), a % b);
    }
    a
}

/// The key for `p`, `q`, `e` and `d`, which need not be primes.
fn with(p: &BigUint, q: &BigUint, e: u64, d: &BigUint) -> Numbers {
    let qi = q.modpow(&(p - 2u64), p);
    Numbers([p * q, small(e), d.clone(), p.clone(), q.clone(), d % (p - 1u64), d % (q - 1u64), qi])
}

fn key(p: &BigUint, q: &BigUint) -> Numbers {
    with(p, q, 65537, &inverse(65537, &phi(p, q)))
}

/// The outcome with each provider: "accepted", or the error.
fn outcome(numbers: &Numbers) -> String {
    let bytes = numbers.0.clone().map(|number| number.to_bytes_be());
    let [n, e, d, p, q, dp, dq, qi] = bytes.each_ref().map(Vec::as_slice);
    let key = RsaKey::new(RsaComponents { n, e, d, p, q, dp, dq, qi });
    let key = match key {
        Ok(key) => key,
        Err(error) => return error.to_string(),
    };
    let said = |outcome: Result<(), Error>| outcome.map_or_else(|error| error.to_string(), |()| "accepted".to_owned());
    // Our check alone decides: no provider refuses what it accepts.
    let checked = said(rsa_components::check(&key));
    for (name, provider) in ALL_PROVIDERS {
        let outcome = said(SigningKey::parse_with(provider, &key.to_pkcs8()).map(drop));
        assert_eq!(outcome, checked, "{name}");
    }
    checked
}

#[test]
fn every_valid_key_is_accepted() {
    let (a, b) = (listed("a"), listed("b"));
    for (p, q) in [(&a, &b), (&b, &a)] {
        assert_eq!(outcome(&key(p, q)), "accepted");
        // The smallest d, by lambda, and the larger ones that do the same.
        let lambda = phi(p, q) / gcd(p - 1u64, q - 1u64);
        let mut d = inverse(65537, &lambda);
        while d < p * q {
            assert_eq!(outcome(&with(p, q, 65537, &d)), "accepted");
            d += &lambda;
        }
        assert!(outcome(&with(p, q, 65537, &d)).contains("do not fit together"), "d is not less than n");
    }
    let exponents = [3, 5, 7, 11, 13, 17, 257, 65539].into_iter().filter(|e| gcd(phi(&a, &b), small(*e)) == small(1));
    let outcomes: Vec<_> = exponents.map(|e| outcome(&with(&a, &b, e, &inverse(e, &phi(&a, &b))))).collect();
    assert!(outcomes.len() > 2 && outcomes.iter().all(|outcome| outcome == "accepted"), "{outcomes:?}");
}

#[test]
fn unsuitable_primes_are_refused_at_once() {
    let composite = listed("h1") * listed("h2");
    let mut composite_first = key(&composite, &listed("a"));
    composite_first.0[7] = listed("a").modpow(&(phi(&listed("h1"), &listed("h2")) - 1u64), &composite);
    assert!(outcome(&composite_first).contains("is not prime"));
    for (p, q, says) in [
        (listed("p1008"), listed("p1040"), "have 1008 and 1040 bits"),
        (listed("p1040"), listed("p1008"), "have 1040 and 1008 bits"),
        (listed("p1023"), listed("p1025"), "have 1023 and 1025 bits"),
        (listed("p16"), listed("p2032"), "have 16 and 2032 bits"),
        (listed("p2032"), listed("p16"), "have 2032 and 16 bits"),
        (listed("a"), listed("a"), "are the same"),
        (listed("a"), composite, "is not prime"),
        (listed("a"), listed("pseudo"), "is not prime"),
    ] {
        let error = outcome(&key(&p, &q));
        assert!(error.contains(says), "{says}: {error}");
    }
}

#[test]
fn one_changed_number_is_refused() {
    let good = key(&listed("a"), &listed("b"));
    let other = key(&listed("b"), &listed("p1023"));
    let [n, _, _, p, q, ..] = good.0.clone();
    // A fixed seed, so that a failure is reproducible.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % 2048
    };
    let mut refused = 0;
    for (at, name) in NAMES.into_iter().enumerate() {
        let number = &good.0[at];
        let mut changed = vec![
            small(0),
            small(1),
            small(2),
            small(3),
            number + 1u64,
            number + 2u64,
            number - 1u64,
            number - 2u64,
            number + &n,
            number + &p - 1u64,
            number + &p,
            number + &q,
            number * 2u64,
            number / 2u64,
            number << 64,
            number >> 8,
            other.0[at].clone(),
            n.clone(),
            p.clone(),
            &n - 1u64,
        ];
        for _ in 0..8 {
            let bit = random() % number.bits();
            let mask = small(1) << bit;
            let is_set = (number >> bit) % 2u64 == small(1);
            changed.push(if is_set { number - mask } else { number + mask });
        }
        for value in changed.into_iter().filter(|value| value != number) {
            let mut mutated = good.clone();
            mutated.0[at] = value;
            let error = outcome(&mutated);
            assert!(error != "accepted" && !error.contains("could not sign"), "{name}: {error}");
            refused += 1;
        }
    }
    assert!(refused > 150, "{refused}");
}

#[test]
fn a_coefficient_past_its_modulus_is_refused() {
    let mut bits = Vec::new();
    // Some are not prime, which is an error of its own that comes later.
    for q in [listed("b"), listed("pseudo"), listed("h1") * listed("h2")] {
        let mut larger = key(&listed("a"), &q);
        larger.0[7] += listed("a");
        bits.push(larger.0[7].bits());
        assert!(outcome(&larger).contains("do not fit together"));
    }
    assert!(bits.contains(&1024), "its length alone must not be why it is refused: {bits:?}");
}

#[test]
fn two_swapped_numbers_are_refused() {
    let good = key(&listed("a"), &listed("b"));
    for (one, first) in NAMES.into_iter().enumerate() {
        for (other, second) in NAMES.into_iter().enumerate().skip(one + 1) {
            let mut mutated = good.clone();
            mutated.0.swap(one, other);
            assert_ne!(outcome(&mutated), "accepted", "{first} and {second}");
        }
    }
    // p and q with their exponents, so that only the coefficient is wrong.
    let mut swapped = good;
    swapped.0.swap(3, 4);
    swapped.0.swap(5, 6);
    assert!(outcome(&swapped).contains("do not fit together"));
}
