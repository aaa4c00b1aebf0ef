//! Parses a private key from the members of a JWK (RFC 7517, RFC 7518 section 6).

use line_channel_token_core::Error;
use line_channel_token_pem::decode_base64;
use zeroize::Zeroizing;

use crate::key_errors::{multi_prime, public_key, unsupported_curve};
use crate::parse::json_str::JsonStr;
use crate::parse::lenient_json::Json;
use crate::pkcs1::RsaComponents;
use crate::private_key::{EcKey, PrivateKey, RsaKey};

/// A private key and the `kid` of its JWK.
pub(crate) struct JwkKey {
    pub(crate) key: PrivateKey,
    pub(crate) kid: Option<String>,
}

/// A JSON object, parsed as a JWK.
pub(crate) enum ParsedJwk {
    Private(JwkKey),
    /// It has private members, but is not a valid key.
    Invalid(Error),
    /// It is a public key, or another kind of JWK.
    NotPrivate(Error),
    NotJwk,
}

/// Parses the members of a JSON object.
pub(crate) fn parse(members: &[(JsonStr<'_>, Json<'_>)]) -> ParsedJwk {
    let jwk = Jwk(members);
    let has = |names: &[&str]| names.iter().any(|name| jwk.has(name));
    let private = has(&["d", "p", "q", "dp", "dq", "qi"]);
    let numbers = jwk.has("n") && jwk.has("e") || jwk.has("d") && has(&["x", "n", "crv", "p"]);
    if !jwk.has("kty") && !numbers {
        return ParsedJwk::NotJwk;
    }
    match jwk.parse() {
        Ok(key) => ParsedJwk::Private(key),
        Err(error) if private => ParsedJwk::Invalid(error),
        Err(error) => ParsedJwk::NotPrivate(error),
    }
}

/// The first byte of an uncompressed point in SEC1.
const UNCOMPRESSED: u8 = 4;
/// .NET's `RSAParameters` as JSON have other names for these members.
const ALIASES: [(&str, &str); 4] = [("n", "modulus"), ("e", "exponent"), ("qi", "inverseq"), ("key_ops", "keyops")];

struct Jwk<'a>(&'a [(JsonStr<'a>, Json<'a>)]);

impl<'a> Jwk<'a> {
    fn parse(&self) -> Result<JwkKey, Error> {
        let is_dotnet = self.0.iter().any(|(name, _)| name.as_str().eq_ignore_ascii_case("modulus"));
        let key = match self.text("kty")? {
            Some(kty) if kty.eq_ignore_ascii_case("RSA") => PrivateKey::Rsa(self.rsa()?),
            None if is_dotnet => PrivateKey::Rsa(self.rsa()?),
            Some(kty) if kty.eq_ignore_ascii_case("EC") => PrivateKey::Ec(self.ec()?),
            Some(_) => {
                return Err(Error::invalid_input(
                    "the \"kty\" of this JWK is neither RSA nor EC: LINE accepts only RSA with 2048 bits",
                ));
            }
            None => {
                return Err(Error::invalid_input(
                    "this JSON is not a JWK, because it has no \"kty\": give the whole JWK",
                ));
            }
        };
        Ok(JwkKey { key, kid: self.text("kid")?.map(str::to_owned) })
    }

    fn rsa(&self) -> Result<RsaKey, Error> {
        self.check_purpose("RS256")?;
        let n = self.number("n")?;
        let e = self.number("e")?;
        let private = self.is_private();
        let oth = self.one("oth")?;
        match oth {
            Some(Json::Array(others)) if others.is_empty() => {}
            Some(_) => return Err(multi_prime()),
            None => {}
        }
        let n = n.ok_or_else(|| missing("n"))?;
        let e = e.ok_or_else(|| missing("e"))?;
        if !private {
            return Err(public_key());
        }
        let d = self.number("d")?.ok_or_else(|| missing("d"))?;
        let [p, q, dp, dq, qi] = ["p", "q", "dp", "dq", "qi"].map(|name| self.number(name));
        let (Some(p), Some(q), Some(dp), Some(dq), Some(qi)) = (p?, q?, dp?, dq?, qi?) else {
            return Err(Error::invalid_input(
                "this private JWK lacks some of \"p\", \"q\", \"dp\", \"dq\" and \"qi\": export the key with all of them",
            ));
        };
        RsaKey::new(RsaComponents { n: &n, e: &e, d: &d, p: &p, q: &q, dp: &dp, dq: &dq, qi: &qi })
    }

    fn ec(&self) -> Result<EcKey, Error> {
        self.check_purpose("ES256")?;
        match self.text("crv")? {
            Some("P-256" | "p-256" | "secp256r1" | "prime256v1") => {}
            Some(known @ ("P-384" | "P-521" | "secp256k1")) => return Err(unsupported_curve(known)),
            Some(_) => return Err(unsupported_curve("another curve")),
            None => return Err(missing("crv")),
        }
        let mut point = vec![UNCOMPRESSED];
        for name in ["x", "y"] {
            let number = self.number(name)?.ok_or_else(|| missing(name))?;
            point.extend_from_slice(in_32_bytes(&number, name)?.as_slice());
        }
        if !self.is_private() {
            return Err(public_key());
        }
        let scalar = self.number("d")?.ok_or_else(|| missing("d"))?;
        EcKey::new(in_32_bytes(&scalar, "d")?.as_slice(), Some(point))
    }

    fn check_purpose(&self, alg: &str) -> Result<(), Error> {
        if self.text("alg")?.is_some_and(|given| given != alg) {
            return Err(Error::invalid_input(format!(
                "the \"alg\" of this JWK is not {alg}, which is what its key can sign: remove \"alg\", or give the key for signing"
            )));
        }
        if self.text("use")?.is_some_and(|given| given != "sig") {
            return Err(Error::invalid_input(
                "the \"use\" of this JWK is not \"sig\": the key is not for signing, so give another one",
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
                Json::String(operation) => signs |= operation.as_str() == "sign",
                other => return Err(wrong_type("key_ops", other, "a list of strings, as in [\"sign\"]")),
            }
        }
        // A public key rightly names only verification; its error must be that the private half is missing.
        if self.is_private() && !signs {
            return Err(Error::invalid_input(
                "the \"key_ops\" of this JWK do not contain \"sign\": the key is not for signing, so give another one",
            ));
        }
        Ok(())
    }

    /// Whether the private half is present. Some libraries write null or "" for an absent member.
    fn is_private(&self) -> bool {
        self.has("d")
    }

    fn has(&self, name: &str) -> bool {
        self.all(name).any(|value| !is_absent(value))
    }

    /// The values of a member, ignoring the case of its name: .NET writes capitals.
    fn all<'b>(&'b self, name: &'b str) -> impl Iterator<Item = &'a Json<'a>> + 'b {
        let alias = ALIASES.iter().find(|(known, _)| *known == name).map(|(_, alias)| *alias);
        let named = move |given: &str| {
            given.eq_ignore_ascii_case(name) || alias.is_some_and(|alias| given.eq_ignore_ascii_case(alias))
        };
        self.0.iter().filter(move |(given, _)| named(given.as_str())).map(|(_, value)| value)
    }

    fn one(&self, name: &str) -> Result<Option<&'a Json<'a>>, Error> {
        let mut values = self.all(name);
        let first = values.next();
        if values.next().is_some() {
            return Err(Error::invalid_input(format!("this JWK has \"{name}\" twice: remove the wrong one")));
        }
        Ok(first.filter(|value| !is_absent(value)))
    }

    fn text(&self, name: &str) -> Result<Option<&'a str>, Error> {
        match self.one(name)? {
            None => Ok(None),
            Some(Json::String(text)) => Ok(Some(text.as_str())),
            Some(other) => Err(wrong_type(name, other, "a string")),
        }
    }

    /// A number in base64url, or in standard base64: no text means different numbers in the two.
    fn number(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        match self.one(name)? {
            None => Ok(None),
            Some(Json::String(text)) => match decode_base64(text.as_str()) {
                Some(number) => Ok(Some(number)),
                None => Err(Error::invalid_input(format!(
                    "the \"{name}\" of this JWK is not base64url: export the key again"
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
        Json::String(text) => text.as_str().is_empty(),
        _ => false,
    }
}

/// Removes the leading zeros that Java's `BigInteger` adds, and adds those that it leaves out.
fn in_32_bytes(number: &[u8], name: &str) -> Result<Zeroizing<[u8; 32]>, Error> {
    let mut digits = number;
    while let Some(rest) = digits.strip_prefix(&[0]) {
        digits = rest;
    }
    let mut padded = Zeroizing::new([0; 32]);
    let start = 32usize.checked_sub(digits.len());
    let out = start.and_then(|start| padded.get_mut(start..)).ok_or_else(|| {
        Error::invalid_input(format!(
            "the \"{name}\" of this JWK is longer than the 32 bytes of P-256: export the key again"
        ))
    })?;
    out.copy_from_slice(digits);
    Ok(padded)
}

fn wrong_type(name: &str, value: &Json<'_>, expected: &str) -> Error {
    let found = match value {
        Json::Null => "null",
        Json::Bool => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    };
    Error::invalid_input(format!("\"{name}\" of this JWK is {found}, and must be {expected}: export the key again"))
}

fn missing(name: &str) -> Error {
    Error::invalid_input(format!("this JWK has no \"{name}\": export the key again, with all of its members"))
}
