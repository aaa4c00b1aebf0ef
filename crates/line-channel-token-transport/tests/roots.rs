//! Root certificates in every form that people have them in, and what is said of everything else.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::error::Error as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use line_channel_token_core::{Error, ErrorKind};
use line_channel_token_transport::roots_from_pem;
use rcgen::{BasicConstraints, Certificate, CertificateParams, IsCa, Issuer, KeyPair};

struct Pki {
    ca: Certificate,
    ca_key: KeyPair,
    leaf: Certificate,
    self_signed_leaf: Certificate,
    self_signed_ca: Certificate,
    request: String,
}

fn params(name: &str, is_ca: IsCa) -> CertificateParams {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    params.is_ca = is_ca;
    params
}

fn pki() -> Pki {
    let (ca_key, leaf_key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let ca_params = params("ca", IsCa::Ca(BasicConstraints::Unconstrained));
    let ca = ca_params.self_signed(&ca_key).unwrap();
    let issuer = Issuer::new(ca_params, &ca_key);
    let leaf = params("leaf", IsCa::NoCa).signed_by(&leaf_key, &issuer).unwrap();
    let request = params("leaf", IsCa::NoCa).serialize_request(&leaf_key).unwrap().pem().unwrap();
    Pki {
        self_signed_leaf: params("self", IsCa::ExplicitNoCa).self_signed(&leaf_key).unwrap(),
        self_signed_ca: params("self", IsCa::Ca(BasicConstraints::Constrained(0))).self_signed(&leaf_key).unwrap(),
        ca,
        ca_key,
        leaf,
        request,
    }
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn refusal(given: impl AsRef<[u8]>) -> String {
    let error = roots_from_pem(given.as_ref()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.source().is_none(), "a parser's error may quote what it parsed");
    error.to_string()
}

#[test]
fn a_root_is_read_in_every_form() {
    let pki = pki();
    let (pem, der) = (pki.ca.pem(), pki.ca.der());
    let trusted = STANDARD.encode([&der[..], &[0x30, 4, 0x0c, 2, b'h', b'i']].concat());
    for given in [
        pem.clone().into_bytes(),
        format!("\u{feff}{}", pem.replace('\n', "\r\n")).into_bytes(),
        utf16(&pem),
        utf16(&format!("\u{feff}{pem}")),
        der.to_vec(),
        [&der[..], b"\n"].concat(),
        pem.replace('\n', " ").into_bytes(),
        pem.replace('\n', "").into_bytes(),
        pem.replace('\n', "\\n").into_bytes(),
        pem.replace('\n', "\n    ").into_bytes(),
        pem.replace("-----", "—").into_bytes(),
        format!("CA_CERT=\"{pem}\"").into_bytes(),
        pem.replace("CERTIFICATE", "X509 CERTIFICATE").into_bytes(),
        pem.replace("CERTIFICATE", "TRUSTED CERTIFICATE").into_bytes(),
        format!("-----BEGIN TRUSTED CERTIFICATE-----\n{trusted}\n-----END TRUSTED CERTIFICATE-----").into_bytes(),
        STANDARD.encode(&pem).into_bytes(),
        STANDARD.encode(der).into_bytes(),
        format!("data:\n  ca.crt: {}\n", STANDARD.encode(&pem)).into_bytes(),
        format!("{{\"ca\": \"{}\"}}", pem.replace('\n', "\\n")).into_bytes(),
        format!("subject=CN = ca\nissuer=CN = ca\n{pem}").into_bytes(),
        // A key and a server's certificate beside the root do no harm.
        format!("{}{pem}", pki.ca_key.serialize_pem()).into_bytes(),
        format!("{}{pem}", pki.leaf.pem()).into_bytes(),
    ] {
        let roots =
            roots_from_pem(&given).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&given)));
        assert_eq!(roots, std::slice::from_ref(der), "{}", String::from_utf8_lossy(&given));
    }
}

#[test]
fn a_root_is_found_among_other_secrets() {
    let pki = pki();
    let (pem, der) = (pki.ca.pem(), pki.ca.der());
    let token = STANDARD.encode("eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJl");
    let (ca, key, leaf) =
        (STANDARD.encode(&pem), STANDARD.encode(pki.ca_key.serialize_pem()), STANDARD.encode(pki.leaf.pem()));
    for given in [
        format!("apiVersion: v1\ndata:\n  ca.crt: {ca}\n  namespace: ZGVmYXVsdA==\n  token: {token}\nkind: Secret\n"),
        format!("data:\n  token: {token}\n  ca.crt: {ca}\n"),
        format!("data:\n  ca.crt: {ca}\n  tls.crt: {leaf}\n  tls.key: {key}\n"),
        format!("{{\"data\": {{\"tls.key\": \"{key}\", \"ca.crt\": \"{ca}\"}}}}"),
        format!("ca: {}\ntoken: {token}\n", STANDARD.encode(der)),
    ] {
        assert_eq!(roots_from_pem(given.as_bytes()).unwrap(), std::slice::from_ref(der), "{given}");
    }
    let two = format!("a: {ca}\nb: {}\n", STANDARD.encode(pki.self_signed_ca.pem()));
    assert_eq!(roots_from_pem(two.as_bytes()).unwrap().len(), 2);
    let damaged = STANDARD.encode(&pem[..300]);
    for given in [format!("a: {ca}\nb: {damaged}\n"), format!("b: {damaged}\na: {ca}\n")] {
        assert!(refusal(&given).contains("cut off"));
    }
    assert!(refusal(format!("tls.key: {key}\ntoken: {token}\n")).contains("a private key"));
}

#[test]
fn several_roots_are_all_read() {
    let (one, other) = (pki().ca, pki().ca);
    for given in [(one.pem() + &other.pem()).into_bytes(), [&one.der()[..], other.der()].concat()] {
        assert_eq!(roots_from_pem(&given).unwrap(), [one.der().clone(), other.der().clone()]);
    }
}

#[test]
fn a_leaf_is_named_unless_it_issued_itself() {
    let pki = pki();
    for given in [pki.leaf.pem().into_bytes(), pki.leaf.der().to_vec(), pki.leaf.pem().repeat(2).into_bytes()] {
        let said = refusal(given);
        assert!(said.contains("a leaf") && said.contains("the CA that issued it"), "{said}");
    }
    for itself in [pki.self_signed_leaf, pki.self_signed_ca] {
        assert_eq!(roots_from_pem(itself.pem().as_bytes()).unwrap().len(), 1);
    }
}

#[test]
fn what_is_no_root_is_called_by_its_name() {
    let pki = pki();
    let pem = pki.ca.pem();
    let block = |label: &str, body: &str| format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
    // ContentInfo with the OID of signedData.
    let pkcs7 = [0x30, 15, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 7, 2, 0xa0, 2, 5, 0];
    let damaged = STANDARD.encode(&pki.ca.der()[..pki.ca.der().len() - 90]);
    let mut broken_inside = pki.ca.der().to_vec();
    assert_eq!(broken_inside[8..13], [0xa0, 3, 2, 1, 2]);
    broken_inside[12] = 9; // no such version
    for (given, says) in [
        (Vec::new(), "is empty"),
        (b"s3cret".to_vec(), "no root certificate: PEM with BEGIN CERTIFICATE"),
        (block("PKCS7", &STANDARD.encode(pkcs7)).into_bytes(), "openssl pkcs7"),
        (block("CERTIFICATE", &STANDARD.encode(pkcs7)).into_bytes(), "openssl pkcs7"),
        (pkcs7.to_vec(), "openssl pkcs7"),
        (pki.request.into_bytes(), "a request for a certificate"),
        (pki.ca_key.public_key_pem().into_bytes(), "a public key"),
        (pki.ca_key.serialize_pem().into_bytes(), "a private key"),
        (pki.ca_key.serialize_der(), "a private key"),
        (STANDARD.encode(pki.ca_key.serialize_pem()).into_bytes(), "a private key"),
        (utf16(&pki.ca_key.serialize_pem()), "a private key"),
        (b"{\"kty\":\"EC\",\"d\":\"AAAA\"}".to_vec(), "a private key"),
        (block("X509 CRL", "AAAA").into_bytes(), "revoked certificates"),
        (block("SOMETHING", "AAAA").into_bytes(), "there is no root certificate"),
        (block("CERTIFICATE", "AAAA").into_bytes(), "is damaged"),
        (block("CERTIFICATE", "").into_bytes(), "only the first line"),
        (block("CERTIFICATE", &damaged).into_bytes(), "damaged"),
        (pem.as_bytes()[..300].to_vec(), "cut off"),
        ((pem.clone() + &pem[..300]).into_bytes(), "cut off"),
        (broken_inside, "cannot serve as a root"),
        (b"/etc/ssl/ca.pem".to_vec(), "the path of a file"),
        (b"${CA_CERT}".to_vec(), "a variable that was not expanded"),
        (b"<!DOCTYPE html><html>".to_vec(), "an HTML page"),
        (b"\xfe\xed\xfe\xed\0\0\0\x02".to_vec(), "a Java keystore"),
    ] {
        let said = refusal(&given);
        assert!(said.contains(says), "{says}: {said}");
    }
}

fn everything(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(cause) = source {
        text += &format!("{cause} {cause:?} {cause:#?}");
        source = cause.source();
    }
    text
}

#[test]
fn nothing_of_a_private_key_stands_in_an_error() {
    let key = KeyPair::generate().unwrap();
    let (pem, der) = (key.serialize_pem(), key.serialize_der());
    let body = STANDARD.encode(&der);
    let hex: String = der.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut given: Vec<Vec<u8>> = vec![
        pem.clone().into_bytes(),
        der.clone(),
        body.clone().into_bytes(),
        hex.clone().into_bytes(),
        STANDARD.encode(&pem).into_bytes(),
        URL_SAFE_NO_PAD.encode(&pem).into_bytes(),
        utf16(&pem),
        format!("{{\"kty\":\"EC\",\"d\":\"{body}\"}}").into_bytes(),
        format!("-----BEGIN {body}-----\nAAAA\n-----END {body}-----").into_bytes(),
        format!("-----BEGIN CERTIFICATE-----\n{pem}-----END CERTIFICATE-----").into_bytes(),
        format!("/{body}.pem").into_bytes(),
        format!("ssh-rsa {body}").into_bytes(),
        format!("<{body}>").into_bytes(),
        format!("${{{body}}}").into_bytes(),
    ];
    for label in ["CERTIFICATE", "PRIVATE KEY", "RSA PRIVATE KEY", "PUBLIC KEY", "PKCS7", "NONSENSE"] {
        let relabelled = pem.replace("PRIVATE KEY", label);
        for damaged in [
            relabelled.clone(),
            relabelled.replace("-----END", "-----E"),
            relabelled.replacen("-----BEGIN", "", 1),
            relabelled.replace('A', "*"),
            relabelled.replace('\n', "\\n"),
            relabelled.replace('\n', " "),
            relabelled.replacen("END ", "END OF ", 1),
            relabelled.replace("==", ""),
        ] {
            given.push(damaged.into_bytes());
        }
        given.extend((1..relabelled.len()).step_by(7).map(|cut| relabelled.as_bytes()[..cut].to_vec()));
        given.extend((1..relabelled.len()).step_by(7).map(|cut| relabelled.as_bytes()[cut..].to_vec()));
    }
    let pieces = |text: &str| -> Vec<String> { (0..text.len() - 8).map(|at| text[at..at + 8].to_owned()).collect() };
    let pieces = [pieces(&body), pieces(&hex), pieces(&URL_SAFE_NO_PAD.encode(&der))].concat();
    for given in given {
        let text = everything(&roots_from_pem(&given).unwrap_err());
        assert!(!pieces.iter().any(|piece| text.contains(piece)), "{text}");
    }
}

#[test]
fn damaged_certificates_never_panic() {
    let der = pki().ca.der().to_vec();
    for at in 0..der.len() {
        for value in [0, 0x30, 0x80, 0xff, der[at] ^ 1] {
            let mut damaged = der.clone();
            damaged[at] = value;
            let _ = roots_from_pem(&damaged);
        }
        let _ = roots_from_pem(&der[at..]);
        let _ = roots_from_pem(&der[..at]);
    }
}
