//! Reads a private key from a JWK (RFC 7517, RFC 7518 section 6).

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use line_channel_token_core::Error;
use pkcs1::UintRef;
use serde::Deserialize;
use serde_json::error::Category;
use zeroize::Zeroizing;

use crate::der_container::other_curve;
use crate::pem_block::public_only;
use crate::private_key::{EcKey, PrivateKey, RsaKey};

const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Reads the private key in `json`, and the kid that it names.
pub(crate) fn private_key(json: &[u8]) -> Result<(PrivateKey, Option<String>), Error> {
    let jwk: Jwk<'_> = serde_json::from_slice(json).map_err(|error| {
        // What serde_json says may quote the value that it did not expect, and that may be a private number.
        let place = format!("at line {}, column {}", error.line(), error.column());
        Error::invalid_input(match error.classify() {
            Category::Data => format!("this JWK has a member of the wrong type, or one twice, {place}"),
            _ => format!("this is not a JWK: the JSON breaks off or is damaged {place}"),
        })
    })?;
    if jwk.keys.is_some() {
        return Err(Error::invalid_input("this is a JWK set: give the one private key out of its \"keys\""));
    }
    let key = match jwk.kty.as_deref() {
        Some("RSA") => {
            jwk.check_purpose("RS256")?;
            PrivateKey::Rsa(jwk.rsa()?)
        }
        Some("EC") => {
            jwk.check_purpose("ES256")?;
            PrivateKey::Ec(jwk.ec()?)
        }
        Some(_) => return Err(Error::invalid_input("the \"kty\" of this JWK is neither RSA nor EC")),
        None => return Err(Error::invalid_input("this JSON is not a JWK: it has no \"kty\"")),
    };
    Ok((key, jwk.kid))
}

/// The members that matter. Base64url needs no escapes in JSON, so the private ones are borrowed and never copied.
#[derive(Deserialize)]
struct Jwk<'a> {
    kty: Option<String>,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    public_use: Option<String>,
    key_ops: Option<Vec<String>>,
    keys: Option<serde::de::IgnoredAny>,
    crv: Option<String>,
    #[serde(borrow)]
    n: Option<&'a str>,
    e: Option<&'a str>,
    d: Option<&'a str>,
    p: Option<&'a str>,
    q: Option<&'a str>,
    dp: Option<&'a str>,
    dq: Option<&'a str>,
    qi: Option<&'a str>,
    oth: Option<serde::de::IgnoredAny>,
    x: Option<&'a str>,
    y: Option<&'a str>,
}

impl Jwk<'_> {
    fn check_purpose(&self, alg: &str) -> Result<(), Error> {
        if self.alg.as_deref().is_some_and(|given| given != alg) {
            return Err(Error::invalid_input(format!(
                "the \"alg\" of this JWK is not {alg}, which its key would sign"
            )));
        }
        if self.public_use.as_deref().is_some_and(|given| given != "sig") {
            return Err(Error::invalid_input("the \"use\" of this JWK is not \"sig\": it is not meant for signing"));
        }
        // A public key is told about its missing half first: its operations name verification, and rightly so.
        if self.d.is_some() && self.key_ops.as_ref().is_some_and(|ops| !ops.iter().any(|op| op == "sign")) {
            return Err(Error::invalid_input("the \"key_ops\" of this JWK leave \"sign\" out: it may not sign"));
        }
        Ok(())
    }

    fn rsa(&self) -> Result<RsaKey, Error> {
        let n = number("n", self.n)?;
        let e = number("e", self.e)?;
        if self.d.is_none() {
            return Err(public_only());
        }
        if self.oth.is_some() {
            return Err(Error::invalid_input("this RSA key has more than two primes: generate one with two"));
        }
        let rest = [self.p, self.q, self.dp, self.dq, self.qi];
        if rest.iter().any(Option::is_none) {
            return Err(Error::invalid_input(
                "this private JWK lacks some of \"p\", \"q\", \"dp\", \"dq\" and \"qi\": export the key with all of them",
            ));
        }
        let d = number("d", self.d)?;
        let (p, q) = (number("p", self.p)?, number("q", self.q)?);
        let (dp, dq, qi) = (number("dp", self.dp)?, number("dq", self.dq)?, number("qi", self.qi)?);
        let too_long = |_| Error::invalid_input("a number of this JWK is too long");
        RsaKey::new(&pkcs1::RsaPrivateKey {
            modulus: UintRef::new(&n).map_err(too_long)?,
            public_exponent: UintRef::new(&e).map_err(too_long)?,
            private_exponent: UintRef::new(&d).map_err(too_long)?,
            prime1: UintRef::new(&p).map_err(too_long)?,
            prime2: UintRef::new(&q).map_err(too_long)?,
            exponent1: UintRef::new(&dp).map_err(too_long)?,
            exponent2: UintRef::new(&dq).map_err(too_long)?,
            coefficient: UintRef::new(&qi).map_err(too_long)?,
            other_prime_infos: None,
        })
    }

    fn ec(&self) -> Result<EcKey, Error> {
        match self.crv.as_deref() {
            Some("P-256") => {}
            Some(known @ ("P-384" | "P-521" | "secp256k1")) => return Err(other_curve(known)),
            Some(_) => return Err(other_curve("another curve")),
            None => return Err(missing("crv")),
        }
        let mut point = vec![4];
        for (name, coordinate) in [("x", self.x), ("y", self.y)] {
            let coordinate = number(name, coordinate)?;
            if coordinate.len() != 32 {
                return Err(Error::invalid_input(format!("the \"{name}\" of this JWK is not 32 bytes long")));
            }
            point.extend_from_slice(&coordinate);
        }
        if self.d.is_none() {
            return Err(public_only());
        }
        let scalar = number("d", self.d)?;
        if scalar.len() != 32 {
            return Err(Error::invalid_input("the \"d\" of this JWK is not 32 bytes long"));
        }
        EcKey::new(&scalar, Some(point))
    }
}

fn number(name: &str, base64url: Option<&str>) -> Result<Zeroizing<Vec<u8>>, Error> {
    let decoded = BASE64URL.decode(base64url.ok_or_else(|| missing(name))?).map(Zeroizing::new);
    decoded.map_err(|_| Error::invalid_input(format!("the \"{name}\" of this JWK is not base64url")))
}

fn missing(name: &str) -> Error {
    Error::invalid_input(format!("this JWK has no \"{name}\""))
}
