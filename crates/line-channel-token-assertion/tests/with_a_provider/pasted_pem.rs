//! PEM that was damaged on its way is parsed.

use crate::common::{CERTIFICATE, EC, EC_JWK, EC_SEC1, JWK, PKCS1, PKCS8, each_gives, utf16};

#[test]
fn every_text_encoding_is_decoded() {
    for original in [PKCS8, PKCS1, JWK, EC, EC_SEC1, EC_JWK] {
        let marked = format!("\u{feff}{original}");
        each_gives(
            original,
            [
                utf16(original, u16::to_le_bytes),
                utf16(original, u16::to_be_bytes),
                utf16(&marked, u16::to_le_bytes),
                utf16(&marked, u16::to_be_bytes),
                marked.clone().into_bytes(),
                original.replace('\n', "\r\n").into_bytes(),
                original.replace('\n', "\r").into_bytes(),
                original.replace(' ', "\u{a0}").into_bytes(),
                original.replace('"', "\u{201c}").into_bytes(),
                original.replace('\n', "\0\n").into_bytes(),
                original.replace("\n", "\u{2028}").into_bytes(),
                [original.as_bytes(), b"\x1a"].concat(),
            ],
        );
    }
}

#[test]
fn damaged_boundaries_are_parsed() {
    for original in [PKCS8, PKCS1, EC] {
        let spaced = original.trim().replace('\n', " ");
        each_gives(
            original,
            [
                spaced.clone(),
                spaced.replace(' ', "\n"),
                spaced.replace(' ', ""),
                spaced.replace(' ', "\\n"),
                original.replace("KEY-----", "KEY -----"),
                original.replace("-----BEGIN", "----- BEGIN"),
                original.replace("-----", "—"),
                original.replace("-----", "–—–"),
                original.replace("-----", "-"),
                original.replace("-----", "--------"),
                original.replace("-----", "\u{2212}\u{2010}\u{ff0d}"),
                original.replace("-----", ""),
                original.replace("-----", "====="),
                original.replace("-----BEGIN", "---- BEGIN").replace("KEY-----", "KEY ----"),
                original.trim_end().trim_end_matches('-').to_owned(),
                original.trim_start_matches('-').to_owned(),
                original.lines().skip(1).collect::<Vec<_>>().join("\n"),
                original.lines().filter(|line| !line.contains("END")).collect::<Vec<_>>().join("\n"),
                original.lines().filter(|line| !line.contains('-')).collect::<Vec<_>>().join("\n"),
                original.replace("BEGIN", "begin").replace("END", "end"),
                original.replace("PRIVATE KEY", "CERTIFICATE"),
                original.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"),
                original.replace("PRIVATE KEY", "PUBLIC KEY"),
                original.replace("PRIVATE KEY", "KEY"),
                original.replacen("PRIVATE", "RSA PRIVATE", 1),
                original.replace(" RSA PRIVATE", " PRIVATE"),
                original.replace(" PRIVATE", " EC PRIVATE"),
            ],
        );
    }
}

#[test]
fn damage_is_repaired() {
    for original in [PKCS8, PKCS1, EC] {
        let lines = || original.trim().lines();
        let joined =
            |before: &str, after: &str| lines().map(|line| format!("{before}{line}{after}")).collect::<String>();
        let body_with_spaces = lines()
            .map(|line| if line.contains('-') { line.to_owned() } else { line.replace('+', " ") })
            .collect::<Vec<_>>();
        each_gives(
            original,
            [
                joined("", "\\n"),
                joined("", "\\r\\n"),
                joined("", "\\\\n"),
                joined("", "n"),
                joined("", "rn"),
                joined("    ", "\n"),
                joined("\t", "\n"),
                joined("> ", "\n"),
                joined("# ", "\n"),
                joined("// ", "\n").replace("// ", "  "),
                joined("| ", " |\n"),
                joined("\"", "\\n\" +\n"),
                joined("'", "\\n'.\n"),
                joined("  \"", "\",\n"),
                joined("", "<br>"),
                joined("<p>", "</p>\n"),
                joined("", "&#10;"),
                joined("", "\\\n"),
                joined("", "%0A").replace(' ', "%20").replace('+', "%2B").replace('/', "%2F").replace('=', "%3D"),
                joined("", "%0A").replace('+', "%2B").replace(' ', "+"),
                body_with_spaces.join("\n"),
                body_with_spaces.join(" "),
                body_with_spaces.join("\n    "),
                joined("", "\n").replace('+', "\\u002B").replace('/', "\\/").replace('=', "\\u003d"),
                joined("", "\n").replace('+', "&#43;").replace('=', "&#x3D;"),
                joined("", "\n").replace('+', "_").replace('_', "+"),
                format!("\"{original}\""),
                format!("'{original}'"),
                format!("LINE_KEY=\"{}\"\nOTHER=1\n", joined("", "\\n")),
                format!("line:\n  key: |\n{}other: x\n", joined("    ", "\n")),
                format!("key = <<EOT\n{original}EOT\n"),
                format!("Bag Attributes\n    localKeyID: 01\n{original}{CERTIFICATE}"),
                format!("{CERTIFICATE}\n{original}"),
                // openssl rsa -text
                format!(
                    "Private-Key: (2048 bit, 2 primes)\nmodulus:\n    00:b7:11\nprivateExponent:\n    01\n{original}"
                ),
                original.replacen("KEY-----\n", "KEY-----\nProc-Type: 4,CLEAR\nComment: of a program\n\n", 1),
                format!("Paste all from -----BEGIN PRIVATE KEY----- to -----END PRIVATE KEY-----\n{original}"),
                format!("{original}\n{original}"),
            ],
        );
    }
}
