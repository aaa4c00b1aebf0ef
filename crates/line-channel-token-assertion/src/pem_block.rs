//! Finds the one private key in a PEM file.
//!
//! It is more lenient than RFC 7468 where real files are: any text and other blocks may stand around the key, and the
//! base64 may be wrapped in any way, or not at all.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use line_channel_token_core::Error;
use zeroize::Zeroizing;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Whether `bytes` hold the beginning of a PEM block.
pub(crate) fn is_pem(bytes: &[u8]) -> bool {
    find(bytes, b"-----BEGIN ").is_some()
}

/// The DER inside the only private key of `pem`.
pub(crate) fn private_key_der(pem: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
    let blocks = blocks(pem)?;
    let mut private = blocks.iter().filter(|block| block.kind.is_private());
    match (private.next(), private.next()) {
        (Some(_), Some(_)) => {
            Err(Error::invalid_input("the PEM holds several private keys: give the one that belongs to the kid alone"))
        }
        (Some(block), None) => match block.kind {
            Kind::Key if find(block.body, b",ENCRYPTED").is_some() => Err(encrypted()),
            Kind::Key => decode(block.body),
            Kind::Encrypted => Err(encrypted()),
            Kind::OpenSsh => Err(Error::invalid_input(
                "this private key is in the format of OpenSSH: convert a copy of it with \
                 `ssh-keygen -p -m PKCS8 -N '' -f COPY`, or generate a new one",
            )),
            _ => Err(Error::invalid_input("this private key is neither RSA nor EC: LINE takes RSA of 2048 bits")),
        },
        _ if blocks.iter().any(|block| block.kind == Kind::Certificate) => Err(certificate()),
        _ if blocks.iter().any(|block| block.kind == Kind::Public) => Err(public_only()),
        _ if blocks.iter().any(|block| block.kind == Kind::Parameters) => {
            Err(Error::invalid_input("the PEM holds key parameters alone, and no private key"))
        }
        _ => Err(Error::invalid_input("the PEM holds no private key: BEGIN PRIVATE KEY or the like was expected")),
    }
}

/// The error for a key that needs a passphrase.
pub(crate) fn encrypted() -> Error {
    Error::invalid_input(
        "the private key is encrypted: decrypt it first, for example with `openssl pkey -in KEY -out PLAIN`, \
         and keep the result in a secret store",
    )
}

/// The error for a certificate or a request for one.
pub(crate) fn certificate() -> Error {
    Error::invalid_input("this is a certificate (or a request for one), which holds no private key: give the key file")
}

/// The error for a public key.
pub(crate) fn public_only() -> Error {
    Error::invalid_input(
        "this is a public key: signing needs the private key that was generated together with it \
         (the public one is for the LINE Developers Console)",
    )
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Key,
    Encrypted,
    OpenSsh,
    OtherPrivate,
    Public,
    Certificate,
    Parameters,
    Unknown,
}

impl Kind {
    fn of(label: &[u8]) -> Self {
        match label {
            b"PRIVATE KEY" | b"RSA PRIVATE KEY" | b"EC PRIVATE KEY" => Self::Key,
            b"ENCRYPTED PRIVATE KEY" => Self::Encrypted,
            b"OPENSSH PRIVATE KEY" => Self::OpenSsh,
            _ if find(label, b"PRIVATE KEY").is_some() => Self::OtherPrivate,
            _ if find(label, b"PUBLIC KEY").is_some() => Self::Public,
            _ if find(label, b"CERTIFICATE").is_some() => Self::Certificate,
            _ if label.ends_with(b"PARAMETERS") => Self::Parameters,
            _ => Self::Unknown,
        }
    }

    fn is_private(self) -> bool {
        matches!(self, Self::Key | Self::Encrypted | Self::OpenSsh | Self::OtherPrivate)
    }
}

struct Block<'a> {
    kind: Kind,
    body: &'a [u8],
}

fn blocks(mut rest: &[u8]) -> Result<Vec<Block<'_>>, Error> {
    let cut_off = || Error::invalid_input("the PEM is cut off: a BEGIN line has no END line that matches it");
    let mut blocks = Vec::new();
    while let Some(begin) = find(rest, b"-----BEGIN ") {
        rest = &rest[begin + b"-----BEGIN ".len()..];
        let label_end = find(rest, b"-----").ok_or_else(cut_off)?;
        let (label, after) = (&rest[..label_end], &rest[label_end + 5..]);
        let body_end = find(after, b"-----").ok_or_else(cut_off)?;
        let (body, end) = (&after[..body_end], &after[body_end + 5..]);
        let end = end.strip_prefix(b"END ").and_then(|end| end.strip_prefix(label)).ok_or_else(cut_off)?;
        rest = end.strip_prefix(b"-----").ok_or_else(cut_off)?;
        blocks.push(Block { kind: Kind::of(label), body });
    }
    Ok(blocks)
}

fn decode(body: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
    if body.contains(&b'\\') {
        return Err(Error::invalid_input(
            "the PEM holds backslashes, likely the two characters \\n in place of line ends: \
             put real line ends there (a variable in an .env file often needs double quotes)",
        ));
    }
    let mut base64 = Zeroizing::new(Vec::with_capacity(body.len()));
    for line in body.split(|&byte| byte == b'\n') {
        // A colon marks a header of the old format, `Comment: …`.
        if !line.contains(&b':') {
            base64.extend(line.iter().filter(|byte| !byte.is_ascii_whitespace()));
        }
    }
    let der = BASE64.decode(base64.as_slice()).map(Zeroizing::new);
    der.map_err(|_| Error::invalid_input("the PEM is damaged: between BEGIN and END there is more than base64"))
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::private_key_der;

    fn refusal(pem: &str) -> String {
        private_key_der(pem.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn text_and_other_blocks_around_the_key_are_passed_over() {
        let pem = "Bag Attributes\n    friendlyName: caf\u{e9}\n-----BEGIN EC PARAMETERS-----\nBgg=\n-----END EC PARAMETERS-----\n\
                   -----BEGIN EC PRIVATE KEY-----\r\nAQI\r\nD\r\n-----END EC PRIVATE KEY-----\r\n\
                   -----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert_eq!(private_key_der(pem.as_bytes()).unwrap().as_slice(), [1, 2, 3]);
        let one_line = "-----BEGIN PRIVATE KEY----- AQ ID -----END PRIVATE KEY-----";
        assert_eq!(private_key_der(one_line.as_bytes()).unwrap().as_slice(), [1, 2, 3]);
    }

    #[test]
    fn each_thing_that_is_no_plain_key_is_named() {
        let block = |label: &str| format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
        for (pem, says) in [
            (block("PRIVATE KEY").repeat(2), "several private keys"),
            (block("PRIVATE KEY") + &block("ENCRYPTED PRIVATE KEY"), "several private keys"),
            (block("ENCRYPTED PRIVATE KEY"), "encrypted"),
            (block("OPENSSH PRIVATE KEY"), "OpenSSH"),
            (block("DSA PRIVATE KEY"), "neither RSA nor EC"),
            (block("PGP PRIVATE KEY BLOCK"), "neither RSA nor EC"),
            (block("PUBLIC KEY"), "public key"),
            (block("RSA PUBLIC KEY"), "public key"),
            (block("CERTIFICATE"), "certificate"),
            (block("CERTIFICATE REQUEST"), "certificate"),
            (block("EC PARAMETERS"), "parameters alone"),
            (block("SOMETHING"), "no private key"),
            ("-----BEGIN PRIVATE KEY-----\nAAAA".to_owned(), "cut off"),
            ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----".to_owned(), "cut off"),
            ("-----BEGIN PRIVATE".to_owned(), "cut off"),
            ("-----BEGIN PRIVATE KEY-----\nA*AA\n-----END PRIVATE KEY-----".to_owned(), "damaged"),
            ("-----BEGIN PRIVATE KEY-----\\nAAAA\\n-----END PRIVATE KEY-----".to_owned(), "backslashes"),
            (
                "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n\
                 -----END RSA PRIVATE KEY-----"
                    .to_owned(),
                "is encrypted",
            ),
        ] {
            assert!(refusal(&pem).contains(says), "{pem}: {}", refusal(&pem));
        }
    }
}
