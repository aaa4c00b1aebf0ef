//! Parses a private key from whatever was pasted.
//!
//! `find` decodes the input (UTF-16, base64, PEM: `line-channel-token-pem`), and collects every key in it as a
//! candidate, so that none is used if another one may be meant. `der` and `jwk` parse one key each; `jwk_search` finds
//! the JWKs of a text, with `lenient_json` and `dotnet_xml`.

mod candidates;
mod damaged_jwk;
mod der;
mod dotnet_xml;
mod find;
mod json_str;
mod jwk;
mod jwk_search;
mod lenient_json;
mod parsed_key;

pub(crate) use der::parse as parse_der;
pub(crate) use find::find_key;
pub(crate) use parsed_key::Format;
