//! Reads a private key from the members of a JWK (RFC 7517, RFC 7518 section 6).

use line_channel_token_core::Error;
use line_channel_token_pem::decode_base64;
use zeroize::Zeroizing;

use crate::der_container::{other_curve, public_only};
use crate::lenient_json::{Json, Text};
use crate::pkcs1::RsaNumbers;
use crate::private_key::{EcKey, PrivateKey, RsaKey};

/// A private key and the kid that its JWK names.
pub(crate) struct ReadJwk {
    pub(crate) key: PrivateKey,
    pub(crate) kid: Option<String>,
}

/// What an object of JSON is.
pub(crate) enum Read {
    Key(ReadJwk),
    /// It has a private half, and cannot be read.
    Unreadable(Error),
    /// It is a public key, or another kind of JWK.
    NotPrivate(Error),
    NoJwk,
}

/// The key in an object of JSON.
pub(crate) fn read(members: &[(Text<'_>, Json<'_>)]) -> Read {
    let jwk = Jwk(members);
    let has = |names: &[&str]| names.iter().any(|name| jwk.has(name));
    let private = has(&["d", "p", "q", "dp", "dq", "qi"]);
    let numbers = jwk.has("n") && jwk.has("e") || jwk.has("d") && has(&["x", "n", "crv", "p"]);
    if !jwk.has("kty") && !numbers {
        return Read::NoJwk;
    }
    match jwk.read() {
        Ok(key) => Read::Key(key),
        Err(error) if private => Read::Unreadable(error),
        Err(error) => Read::NotPrivate(error),
    }
}

/// .NET's `RSAParameters` as JSON have names of their own for three members.
const ALIASES: [(&str, &str); 4] = [("n", "modulus"), ("e", "exponent"), ("qi", "inverseq"), ("key_ops", "keyops")];

struct Jwk<'a>(&'a [(Text<'a>, Json<'a>)]);

impl<'a> Jwk<'a> {
    fn read(&self) -> Result<ReadJwk, Error> {
        let net = self.0.iter().any(|(name, _)| name.eq_ignore_ascii_case("modulus"));
        let key = match self.text("kty")? {
            Some(kty) if kty.eq_ignore_ascii_case("RSA") => PrivateKey::Rsa(self.rsa()?),
            None if net => PrivateKey::Rsa(self.rsa()?),
            Some(kty) if kty.eq_ignore_ascii_case("EC") => PrivateKey::Ec(self.ec()?),
            Some(_) => {
                return Err(Error::invalid_input(
                    "the \"kty\" of this JWK is neither RSA nor EC: LINE takes RSA of 2048 bits",
                ));
            }
            None => return Err(Error::invalid_input("this JSON is not a JWK: it has no \"kty\"")),
        };
        Ok(ReadJwk { key, kid: self.text("kid")?.map(str::to_owned) })
    }

    fn rsa(&self) -> Result<RsaKey, Error> {
        self.check_purpose("RS256")?;
        let n = self.number("n")?;
        let e = self.number("e")?;
        let private = self.is_private();
        let oth = self.one("oth")?;
        match oth {
            Some(Json::Array(others)) if others.is_empty() => {}
            Some(_) => {
                return Err(Error::invalid_input("this RSA key has more than two primes: generate one with two"));
            }
            None => {}
        }
        let (n, e) = (n.ok_or_else(|| missing("n"))?, e.ok_or_else(|| missing("e"))?);
        if !private {
            return Err(public_only());
        }
        let d = self.number("d")?.ok_or_else(|| missing("d"))?;
        let numbers = ["p", "q", "dp", "dq", "qi"].map(|name| self.number(name));
        let [p, q, dp, dq, qi] = numbers;
        let (Some(p), Some(q), Some(dp), Some(dq), Some(qi)) = (p?, q?, dp?, dq?, qi?) else {
            return Err(Error::invalid_input(
                "this private JWK lacks some of \"p\", \"q\", \"dp\", \"dq\" and \"qi\": export the key with all of them",
            ));
        };
        RsaKey::new(RsaNumbers { n: &n, e: &e, d: &d, p: &p, q: &q, dp: &dp, dq: &dq, qi: &qi })
    }

    fn ec(&self) -> Result<EcKey, Error> {
        self.check_purpose("ES256")?;
        match self.text("crv")? {
            Some("P-256" | "p-256" | "secp256r1" | "prime256v1") => {}
            Some(known @ ("P-384" | "P-521" | "secp256k1")) => return Err(other_curve(known)),
            Some(_) => return Err(other_curve("another curve")),
            None => return Err(missing("crv")),
        }
        let mut point = vec![4];
        for name in ["x", "y"] {
            let number = self.number(name)?.ok_or_else(|| missing(name))?;
            point.extend_from_slice(in_32_bytes(&number, name)?.as_slice());
        }
        if !self.is_private() {
            return Err(public_only());
        }
        let scalar = self.number("d")?.ok_or_else(|| missing("d"))?;
        EcKey::new(in_32_bytes(&scalar, "d")?.as_slice(), Some(point))
    }

    fn check_purpose(&self, alg: &str) -> Result<(), Error> {
        if self.text("alg")?.is_some_and(|given| given != alg) {
            return Err(Error::invalid_input(format!(
                "the \"alg\" of this JWK is not {alg}, which its key would sign: take \"alg\" out, or give the key for signing"
            )));
        }
        if self.text("use")?.is_some_and(|given| given != "sig") {
            return Err(Error::invalid_input(
                "the \"use\" of this JWK is not \"sig\": it is not meant for signing, so give another key",
            ));
        }
        let operations = match self.one("key_ops")? {
            Some(Json::Array(operations)) => operations,
            None => return Ok(()),
            Some(other) => return Err(wrong_type("key_ops", other, "a list of strings, as in [\"sign\"]")),
        };
        let mut signs = operations.is_empty();
        for operation in operations {
            match operation {
                Json::String(operation) => signs |= &**operation == "sign",
                other => return Err(wrong_type("key_ops", other, "a list of strings, as in [\"sign\"]")),
            }
        }
        // A public key is told about its missing half first: its operations name verification, and rightly so.
        if self.is_private() && !signs {
            return Err(Error::invalid_input(
                "the \"key_ops\" of this JWK leave \"sign\" out: it may not sign, so give another key",
            ));
        }
        Ok(())
    }

    /// Whether the private half is there. Some libraries write what is absent as null or "".
    fn is_private(&self) -> bool {
        self.has("d")
    }

    fn has(&self, name: &str) -> bool {
        self.all(name).any(|value| !is_absent(value))
    }

    /// The values of a member, in whatever case it is written: .NET writes capitals.
    fn all<'b>(&'b self, name: &'b str) -> impl Iterator<Item = &'a Json<'a>> + 'b {
        let alias = ALIASES.iter().find(|(known, _)| *known == name).map(|(_, alias)| *alias);
        let named = move |given: &str| {
            given.eq_ignore_ascii_case(name) || alias.is_some_and(|alias| given.eq_ignore_ascii_case(alias))
        };
        self.0.iter().filter(move |(given, _)| named(given)).map(|(_, value)| value)
    }

    fn one(&self, name: &str) -> Result<Option<&'a Json<'a>>, Error> {
        let mut values = self.all(name);
        let first = values.next();
        if values.next().is_some() {
            return Err(Error::invalid_input(format!("this JWK has \"{name}\" twice: take out the wrong one")));
        }
        Ok(first.filter(|value| !is_absent(value)))
    }

    fn text(&self, name: &str) -> Result<Option<&'a str>, Error> {
        match self.one(name)? {
            None => Ok(None),
            Some(Json::String(text)) => Ok(Some(text)),
            Some(other) => Err(wrong_type(name, other, "a string")),
        }
    }

    /// A number in base64url; plain base64 is taken too, because no number can be meant by both.
    fn number(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        match self.one(name)? {
            None => Ok(None),
            Some(Json::String(text)) => match decode_base64(text) {
                Some(number) => Ok(Some(number)),
                None => Err(Error::invalid_input(format!(
                    "the \"{name}\" of this JWK is not base64url: export the key anew"
                ))),
            },
            Some(other) => {
                Err(wrong_type(name, other, if name == "e" { "base64url (65537 is \"AQAB\")" } else { "base64url" }))
            }
        }
    }
}

fn is_absent(value: &Json<'_>) -> bool {
    match value {
        Json::Null => true,
        Json::String(text) => text.is_empty(),
        _ => false,
    }
}

/// Without the zeros in front that Java's `BigInteger` adds, and with those that it leaves out.
fn in_32_bytes(number: &[u8], name: &str) -> Result<Zeroizing<[u8; 32]>, Error> {
    let mut digits = number;
    while let Some(rest) = digits.strip_prefix(&[0]) {
        digits = rest;
    }
    let mut padded = Zeroizing::new([0; 32]);
    let start = 32usize.checked_sub(digits.len());
    let place = start.and_then(|start| padded.get_mut(start..)).ok_or_else(|| {
        Error::invalid_input(format!("the \"{name}\" of this JWK is longer than 32 bytes, which P-256 has"))
    })?;
    place.copy_from_slice(digits);
    Ok(padded)
}

fn wrong_type(name: &str, value: &Json<'_>, expected: &str) -> Error {
    let is = match value {
        Json::Null => "null",
        Json::Bool => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    };
    Error::invalid_input(format!("\"{name}\" of this JWK is {is}, and must be {expected}"))
}

fn missing(name: &str) -> Error {
    Error::invalid_input(format!("this JWK has no \"{name}\": export the key anew, with all of its members"))
}
