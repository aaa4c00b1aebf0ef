//! Parses root certificates as people paste them.

use line_channel_token_core::Error;

use crate::block::Block;
use crate::decoded::{Decoded, Text};
use crate::der_kind::DerKind;
use crate::label::Label;
use crate::mistaken::mistaken_value;
use crate::tlv::Tlv;

const WHAT: &str = "root certificate";
/// As often as base64 in YAML or JSON is looked into.
const MOST_LAYERS: u8 = 3;

/// Each certificate of a text as DER, all of them fit to be a root: PEM as people paste it, base64 of PEM or DER, or DER.
///
/// A private key or another block beside the certificates is skipped, and so is a server's own certificate beside
/// that of a CA. `can_be_root` is what the TLS library says of the DER of a certificate.
///
/// ```
/// let error = line_channel_token_pem::root_certificates(b"/etc/ssl/ca.pem", |_| true).unwrap_err();
/// assert!(error.to_string().contains("the path of a file"), "{error}");
/// ```
///
/// # Errors
///
/// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if there is no certificate, and if one cannot serve as
/// a root. It names what was given, and shows none of it.
pub fn root_certificates(pem: &[u8], mut can_be_root: impl FnMut(&[u8]) -> bool) -> Result<Vec<Vec<u8>>, Error> {
    let given = from_decoded(&Decoded::parse(pem, WHAT)?, 0).map_err(|refused| refused.error)?;
    let count = given.len();
    let which =
        |at: usize| if count > 1 { format!("certificate {} of {count}", at + 1) } else { "the certificate".to_owned() };
    let mut roots = Vec::new();
    let mut leaf = None;
    for (at, der) in given.into_iter().enumerate() {
        if is_leaf(&der) {
            leaf.get_or_insert(at);
            continue;
        }
        if !can_be_root(&der) {
            let which = which(at);
            return Err(Error::invalid_input(format!(
                "{which} cannot serve as a root: it is damaged, or in a form that TLS does not use"
            )));
        }
        roots.push(der);
    }
    match leaf {
        Some(at) if roots.is_empty() => {
            let which = which(at);
            Err(Error::invalid_input(format!(
                "{which} is that of a server (a leaf) and not of a CA, so nothing can be trusted through it: \
                 give the certificate of the CA that issued it"
            )))
        }
        _ => Ok(roots),
    }
}

/// Why no certificate was found.
struct Refused {
    error: Error,
    /// Whether something claims to be a certificate, which must not be skipped.
    claimed: bool,
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self { error, claimed: false }
    }
}

fn from_decoded(decoded: &Decoded, layers: u8) -> Result<Vec<Vec<u8>>, Refused> {
    match decoded {
        Decoded::Der(der) => Ok(certificates_in_der(&der.bytes)?),
        Decoded::Text(text) => from_text(text, layers),
    }
}

fn from_text(text: &Text, layers: u8) -> Result<Vec<Vec<u8>>, Refused> {
    let blocks = text.blocks();
    if blocks.is_empty() {
        return from_encoded(text, layers);
    }
    let mut certificates = Vec::new();
    let mut refused = None;
    for block in &blocks {
        match certificate_in(block) {
            Ok(der) => certificates.push(der),
            Err(error) if block.label == Label::Certificate => return Err(Refused { error, claimed: true }),
            Err(error) => _ = refused.get_or_insert(error),
        }
    }
    if certificates.is_empty() { Err(refused.unwrap_or_else(no_certificate).into()) } else { Ok(certificates) }
}

/// The certificates in the base64 in YAML or JSON. Anything beside them is skipped, as in PEM: the token and the
/// key of a Kubernetes secret.
fn from_encoded(text: &Text, layers: u8) -> Result<Vec<Vec<u8>>, Refused> {
    if let Some(error) = mistaken_value(text.expose_secret(), WHAT) {
        return Err(error.into());
    }
    let mut certificates = Vec::new();
    let mut refused = None;
    let embedded = if layers < MOST_LAYERS { text.embedded(WHAT) } else { Vec::new() };
    for decoded in embedded {
        match decoded.map_err(Refused::from).and_then(|decoded| from_decoded(&decoded, layers + 1)) {
            Ok(found) => certificates.extend(found),
            Err(error) if error.claimed => return Err(error),
            Err(error) => _ = refused.get_or_insert(error),
        }
    }
    if !certificates.is_empty() {
        return Ok(certificates);
    }
    let key = text.expose_secret().contains("kty").then(|| private_key().into());
    Err(refused.or(key).unwrap_or_else(|| no_certificate().into()))
}

/// The certificate in a block, by its contents; `TRUSTED CERTIFICATE` has something of openssl's own after it.
fn certificate_in(block: &Block<'_>) -> Result<Vec<u8>, Error> {
    if block.label.is_private_key() {
        return Err(private_key());
    }
    let der = block.der()?;
    match (DerKind::of(&der), Tlv::split_first(&der)) {
        (DerKind::Certificate, Some((certificate, _))) => Ok(certificate.raw.to_vec()),
        (DerKind::Unknown, _) => Err(by_label(block.label)),
        (kind, _) => Err(by_kind(kind)),
    }
}

/// One certificate after another, as some tools write a chain.
fn certificates_in_der(der: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
    let mut certificates = Vec::new();
    let mut rest = der;
    while DerKind::of(rest) == DerKind::Certificate
        && let Some((certificate, after)) = Tlv::split_first(rest)
    {
        certificates.push(certificate.raw.to_vec());
        rest = after;
    }
    if certificates.is_empty() { Err(by_kind(DerKind::of(der))) } else { Ok(certificates) }
}

fn by_kind(kind: DerKind) -> Error {
    match kind {
        kind if kind.is_private_key() => private_key(),
        DerKind::PublicKey => is("a public key", "give the certificate of the CA"),
        DerKind::CertificateRequest => is("a request for a certificate", "give the certificate of the CA"),
        DerKind::RevocationList => is("a list of revoked certificates", "give the certificate of the CA"),
        DerKind::Pkcs7 => is(
            "PKCS#7 (a .p7b file)",
            "take the certificates out with `openssl pkcs7 -in FILE -print_certs -out ca.pem` (with `-inform DER` if it is \
             binary)",
        ),
        DerKind::Pkcs12 => is(
            "likely PKCS#12",
            "take the certificates out with `openssl pkcs12 -in FILE -nokeys -cacerts -out ca.pem`",
        ),
        _ => no_certificate(),
    }
}

fn by_label(label: Label) -> Error {
    match label {
        Label::Certificate => {
            Error::invalid_input("the root certificate is damaged: BEGIN CERTIFICATE is followed by something else")
        }
        Label::PublicKey => by_kind(DerKind::PublicKey),
        Label::CertificateRequest => by_kind(DerKind::CertificateRequest),
        Label::RevocationList => by_kind(DerKind::RevocationList),
        Label::Pkcs7 => by_kind(DerKind::Pkcs7),
        Label::Pkcs12 => by_kind(DerKind::Pkcs12),
        _ => no_certificate(),
    }
}

fn private_key() -> Error {
    is("a private key", "give the certificate of the CA, and keep the key away from here")
}

fn is(what: &str, cure: &str) -> Error {
    Error::invalid_input(format!("this is {what}, and no root certificate: {cure}"))
}

fn no_certificate() -> Error {
    Error::invalid_input("there is no root certificate: PEM with BEGIN CERTIFICATE, or DER, was expected")
}

/// Whether the certificate was issued by another and may issue none itself, so that no chain can end in it.
///
/// One that issued itself is trusted if a server shows that very certificate. One before version 3 does not say what it may do.
fn is_leaf(der: &[u8]) -> bool {
    leaf(der).unwrap_or(false)
}

fn leaf(der: &[u8]) -> Option<bool> {
    const VERSION: u8 = 0xa0;
    const EXTENSIONS: u8 = 0xa3;
    let (certificate, _) = Tlv::split_first(der)?;
    let body = certificate.children()?.into_iter().next()?;
    let items = body.children()?;
    // Version, serial number, algorithm, issuer, validity, subject, key.
    let [version, _, _, issuer, _, subject, _, rest @ ..] = items.as_slice() else {
        return None;
    };
    if version.tag != VERSION {
        return None;
    }
    let extensions = rest.iter().find(|item| item.tag == EXTENSIONS);
    let may_issue = match extensions {
        Some(extensions) => is_ca(extensions)?,
        None => false,
    };
    Some(issuer.raw != subject.raw && !may_issue)
}

/// Whether the extensions have basic constraints that say CA.
fn is_ca(extensions: &Tlv<'_>) -> Option<bool> {
    /// OBJECT IDENTIFIER 2.5.29.19.
    const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
    const BOOLEAN: u8 = 0x01;
    let list = extensions.children()?.into_iter().next()?;
    for extension in list.children()? {
        let parts = extension.children()?;
        if parts.first()?.value == BASIC_CONSTRAINTS {
            let (constraints, _) = Tlv::split_first(parts.last()?.value)?;
            let first = constraints.children()?.into_iter().next();
            return Some(first.is_some_and(|first| first.tag == BOOLEAN && first.value != [0]));
        }
    }
    Some(false)
}
