//! `keygen`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum, ValueHint};
use line_channel_token::{PublicJwk, SigningAlgorithm, SigningKey};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::output::{self, OutputArgs, OutputFormat};
use crate::{private_file, style};

const EXAMPLES: &str = "\
Examples:
  # The private key into a file (mode 0600), the public JWK to standard output
  line-channel-token keygen --out key.pem
  line-channel-token keygen --out key.pem > public.jwk
  # The private key to standard output, the public JWK to standard error
  line-channel-token keygen > key.pem
  # The private key as a JWK
  line-channel-token keygen --format jwk --out key.jwk

The file is written whole or not at all. If the process is killed meanwhile, a file named
.line-channel-token-*.tmp may be left beside it: remove it.";

/// Generates the private key of assertions, and the public JWK to register
///
/// With --out the private key goes into a file and the public JWK to standard output; without it the private key goes to standard output,
/// and the public JWK to standard error. What to do next is said on standard error.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Keygen {
    /// The file of the private key, which its owner alone can read; standard output if this is left out
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    out: Option<PathBuf>,
    /// The algorithm that the key signs with; LINE accepts RS256 alone
    #[arg(long, value_enum, default_value_t, ignore_case = true, value_name = "ALGORITHM")]
    alg: Algorithm,
    /// How the private key is encoded
    #[arg(long, value_enum, default_value_t)]
    format: KeyFormat,
    /// Replaces the file if it exists: the key in it is lost
    #[arg(short, long, requires = "out")]
    force: bool,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Algorithm {
    /// RSA with 2048 bits
    #[default]
    #[value(name = "RS256")]
    Rs256,
    /// EC on P-256, which LINE does not accept today
    #[value(name = "ES256")]
    Es256,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum KeyFormat {
    /// PEM in PKCS#8
    #[default]
    Pem,
    /// A JWK
    Jwk,
}

#[derive(Serialize)]
struct Generated<'a> {
    algorithm: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    private_key_file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    private_key: Option<&'a str>,
    public_jwk: &'a PublicJwk,
    thumbprint: String,
}

impl Keygen {
    pub(crate) fn output_format(&self) -> OutputFormat {
        self.output.output
    }

    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let file = self.out.as_deref().filter(|path| path.as_os_str() != "-");
        if let Some(path) = file {
            private_file::check(path, self.force)?;
        }
        let key = match self.alg {
            Algorithm::Rs256 => SigningKey::generate_rsa()?,
            Algorithm::Es256 => SigningKey::generate_ec()?,
        };
        let private_key = self.encode(&key)?;
        if let Some(path) = file {
            private_file::write(path, private_key.as_bytes(), self.force)?;
        } else {
            warn_of_open_output();
        }
        if self.output.output == OutputFormat::Json {
            output::json(&Generated {
                algorithm: key.algorithm().as_str(),
                private_key_file: file.map(|path| path.display().to_string()),
                private_key: file.is_none().then_some(private_key.as_str()),
                public_jwk: key.public_jwk(),
                thumbprint: key.public_jwk().thumbprint(),
            })?;
            return Ok(ExitCode::SUCCESS);
        }
        if file.is_some() {
            output::note(&guidance(&key, file));
            output::line(&key.public_jwk().to_json())?;
        } else {
            output::bytes(private_key.as_bytes())?;
            output::note(&guidance(&key, file));
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The private key as it is written, with a line end.
    fn encode(&self, key: &SigningKey) -> Result<Zeroizing<String>, Failure> {
        Ok(match self.format {
            KeyFormat::Pem => Zeroizing::new(key.to_pkcs8_pem()?.expose_secret().to_owned()),
            KeyFormat::Jwk => {
                let jwk = key.to_private_jwk()?;
                let mut line = Zeroizing::new(String::with_capacity(jwk.expose_secret().len() + 1));
                line.push_str(jwk.expose_secret());
                line.push('\n');
                line
            }
        })
    }
}

/// What was written where, and what to do next.
fn guidance(key: &SigningKey, file: Option<&Path>) -> String {
    let heading = style::HEADING;
    let shown = file.map(|path| output::printable(&path.display().to_string()));
    let private = match &shown {
        Some(path) => format!("{path} (its owner alone can read it; it is the only copy)"),
        None => "on standard output; it is the only copy".to_owned(),
    };
    let public = match &shown {
        Some(_) => "the JSON on standard output".to_owned(),
        None => key.public_jwk().to_json(),
    };
    let written = format!("{heading}private key:{heading:#} {private}\n{heading}public key:{heading:#} {public}");
    if key.algorithm() != SigningAlgorithm::Rs256 {
        let warning = style::WARNING;
        return format!(
            "{written}\n{warning}warning:{warning:#} LINE does not accept ES256 today: this key is for a gateway that does, or for an emulator \
             that is told to; for LINE, generate one with RS256"
        );
    }
    let path = shown.as_deref().map_or("FILE".to_owned(), quoted);
    format!(
        "{written}
{heading}to register it:{heading:#} in the LINE Developers Console (https://developers.line.biz/console/), open the channel's \"Basic settings\" tab; beside
  \"Assertion Signing Key\" click \"Register a public key\", and paste the public key. The Console then shows the kid of the key.
{heading}next:{heading:#} line-channel-token doctor --channel-id CHANNEL_ID --assertion-key-file {path} --assertion-kid KID"
    )
}

/// The path as a shell takes it.
fn quoted(path: &str) -> String {
    let plain = |char: char| char.is_alphanumeric() || "/._-+,:@%~".contains(char);
    if path.chars().all(plain) { path.to_owned() } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

/// `keygen > key.pem` makes a file with the permissions that the shell gives.
#[cfg(unix)]
fn warn_of_open_output() {
    use std::os::fd::AsFd as _;
    let stdout = std::io::stdout().as_fd().try_clone_to_owned().map(std::fs::File::from);
    if stdout.is_ok_and(|file| private_file::is_open_to_others(&file)) {
        let warning = style::WARNING;
        output::note(&format!(
            "{warning}warning:{warning:#} others can read the file that standard output goes to: run `chmod 600` on it, or use --out FILE"
        ));
    }
}

#[cfg(not(unix))]
fn warn_of_open_output() {}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_path_is_quoted_for_a_shell() {
        assert_eq!(quoted("keys/line-key.pem"), "keys/line-key.pem");
        assert_eq!(quoted("my key's.pem"), r"'my key'\''s.pem'");
    }
}
