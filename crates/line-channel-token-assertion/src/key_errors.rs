//! The errors about private keys: what is wrong, then what to do. None shows any of the key.

use line_channel_token_core::Error;
use line_channel_token_pem::{Block, DerKind, Label};

/// No format was recognised, or it is damaged.
pub(crate) fn malformed() -> Error {
    Error::invalid_input(
        "this is not a private key in PKCS#8, PKCS#1 or SEC1, or it is damaged: give the original key file",
    )
}

/// The components of the key contradict each other.
pub(crate) fn inconsistent() -> Error {
    Error::invalid_input(
        "the parts of this private key do not fit together: it is damaged, or mixed from two keys; \
         give the original key file",
    )
}

/// More than one private key was given.
pub(crate) fn several_keys() -> Error {
    Error::invalid_input("there are several private keys: give only the one that belongs to the kid")
}

/// A second key was given that may be the right one and cannot be parsed, for the reason in `error`.
pub(crate) fn invalid_second_key(error: &Error) -> Error {
    Error::invalid_input(format!(
        "there is more than one private key, and one cannot be parsed: {error}; \
         give only the key that belongs to the kid"
    ))
}

/// A private key that needs a passphrase.
pub(crate) fn encrypted() -> Error {
    Error::invalid_input(
        "the private key is encrypted: decrypt it first, for example with `openssl pkey -in KEY -out PLAIN`, \
         and keep the result in a secret store",
    )
}

/// A public key alone.
pub(crate) fn public_key() -> Error {
    Error::invalid_input(
        "this is a public key: signing needs the private key that was generated together with it \
         (the public one is for the LINE Developers Console)",
    )
}

/// A key for another algorithm than RSA and ECDSA.
pub(crate) fn unsupported_key_type() -> Error {
    Error::invalid_input("this private key is neither RSA nor EC: LINE accepts only RSA with 2048 bits")
}

/// An RSA key with three primes or more.
pub(crate) fn multi_prime() -> Error {
    Error::invalid_input("this RSA key has more than two primes: generate one with two")
}

/// An elliptic curve other than P-256, which `name` names.
pub(crate) fn unsupported_curve(name: &str) -> Error {
    Error::invalid_input(format!(
        "this EC key is on {name}: ES256 needs P-256 (and LINE accepts only RSA with 2048 bits)"
    ))
}

/// An elliptic curve that is given by its parameters or not at all.
pub(crate) fn unnamed_curve() -> Error {
    Error::invalid_input(
        "this EC key does not name its curve: rewrite it with `openssl ec -in KEY -param_enc named_curve -out NAMED`",
    )
}

/// DER that is not a plain private key.
pub(crate) fn not_a_private_key(kind: DerKind) -> Error {
    match kind {
        DerKind::EncryptedPkcs8 => encrypted(),
        DerKind::PublicKey => public_key(),
        DerKind::Certificate | DerKind::CertificateRequest => certificate(),
        DerKind::RevocationList => Error::invalid_input("this is a certificate revocation list: give the key file"),
        DerKind::Dsa => unsupported_key_type(),
        DerKind::Pkcs7 => pkcs7(),
        DerKind::Pkcs12 => pkcs12(),
        _ => malformed(),
    }
}

/// A PEM block of a private key in a format that is not supported.
pub(crate) fn unsupported_block(label: Label) -> Error {
    match label {
        Label::EncryptedPrivateKey => encrypted(),
        Label::OpenSshPrivateKey => Error::invalid_input(
            "this private key is in OpenSSH's format: convert a copy of it with `ssh-keygen -p -m PKCS8 -N '' -f COPY`, \
             or generate a new one",
        ),
        Label::Ssh2PrivateKey => Error::invalid_input(
            "this private key is in the format of ssh.com: convert it with `ssh-keygen -i -f KEY`, or generate a new one",
        ),
        Label::PgpPrivateKey => {
            Error::invalid_input("this is a PGP key, which cannot sign assertions: generate an RSA key with 2048 bits")
        }
        Label::Pkcs12 => pkcs12(),
        _ => unsupported_key_type(),
    }
}

/// PEM blocks, none of which is a private key.
pub(crate) fn no_private_block(blocks: &[Block<'_>]) -> Error {
    let has = |label| blocks.iter().any(|block| block.label == label);
    if has(Label::Certificate) || has(Label::CertificateRequest) {
        certificate()
    } else if has(Label::PublicKey) {
        public_key()
    } else if has(Label::Pkcs7) {
        pkcs7()
    } else if has(Label::Parameters) {
        Error::invalid_input("the PEM holds key parameters, and no private key: give the key file")
    } else {
        let damaged = blocks.iter().find_map(|block| block.der().err());
        damaged.unwrap_or_else(|| {
            Error::invalid_input(
                "the PEM holds no private key: give a block that begins with BEGIN PRIVATE KEY or the like",
            )
        })
    }
}

/// The members of a JWK without the object around them.
pub(crate) fn jwk_without_braces() -> Error {
    Error::invalid_input("this looks like a JWK without its braces: give the whole JSON")
}

fn certificate() -> Error {
    Error::invalid_input("this is a certificate (or a request for one), which holds no private key: give the key file")
}

fn pkcs7() -> Error {
    Error::invalid_input("this is PKCS#7, which holds certificates and no key: give the key file")
}

fn pkcs12() -> Error {
    Error::invalid_input(
        "this looks like a PKCS#12 file: take the key out with `openssl pkcs12 -in FILE -nocerts -nodes`",
    )
}
