//! Decodes base64 in either alphabet, with or without padding, wrapped in any way.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Decodes base64 or base64url. White space is ignored, and padding is optional.
///
/// Returns `None` if `text` has any other character. The decoded bytes are wiped on drop.
///
/// ```
/// use line_channel_token_pem::decode_base64;
///
/// assert_eq!(decode_base64("-_8=").unwrap().as_slice(), [0xfb, 0xff]);
/// assert_eq!(decode_base64("+/\n8").unwrap().as_slice(), [0xfb, 0xff]);
/// assert!(decode_base64("a*b").is_none());
/// ```
#[must_use]
pub fn decode_base64(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut standard = Zeroizing::new(Vec::with_capacity(text.len()));
    for byte in text.bytes() {
        match byte {
            b'-' => standard.push(b'+'),
            b'_' => standard.push(b'/'),
            byte if byte.is_ascii_whitespace() => {}
            byte => standard.push(byte),
        }
    }
    while standard.last() == Some(&b'=') {
        standard.pop();
    }
    // `decode` would drop the bytes that it decoded before the first invalid one without wiping them.
    let mut decoded = Zeroizing::new(vec![0; standard.len() / 4 * 3 + 3]);
    let length = BASE64.decode_slice(standard.as_slice(), &mut decoded).ok()?;
    decoded.truncate(length);
    Some(decoded)
}
