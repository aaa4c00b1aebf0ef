//! `jwk`.

use std::process::ExitCode;

use clap::{Args, ValueHint};
use line_channel_token::{PublicJwk, SigningAlgorithm};
use serde::Serialize;

use crate::failure::Failure;
use crate::input::Source;
use crate::output::{self, OutputArgs, OutputFormat};
use crate::{key_file, style};

const EXAMPLES: &str = "\
Examples:
  # The JWK to paste under \"Register a public key\" in the LINE Developers Console
  line-channel-token jwk key.pem
  # 43 characters that identify the key
  line-channel-token jwk --thumbprint key.pem
  # An encrypted key
  openssl rsa -in encrypted.pem | line-channel-token jwk
  # The public key of a key in a KMS
  line-channel-token jwk --public public.pem

A private key may be PEM, DER or a JWK, also in base64 or with text around it.";

/// Prints the public JWK of a private key
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Jwk {
    /// The file of the private key; - or nothing for standard input
    #[arg(value_name = "FILE", value_parser = Source::parser(), value_hint = ValueHint::FilePath)]
    file: Option<Source>,
    /// Prints the thumbprint of the key (RFC 7638, SHA-256, in base64url) and not the JWK
    #[arg(long)]
    thumbprint: bool,
    /// The file holds a public key (PEM or DER) and no private one
    #[arg(long)]
    public: bool,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Serialize)]
struct PublicKey<'a> {
    algorithm: &'a str,
    /// Of a private JWK.
    kid: Option<&'a str>,
    public_jwk: &'a PublicJwk,
    thumbprint: String,
}

impl Jwk {
    pub(crate) fn output_format(&self) -> OutputFormat {
        self.output.output
    }

    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let source = self.file.unwrap_or_default();
        let (jwk, kid) = if self.public {
            (key_file::read_public(&source)?, None)
        } else {
            let key = key_file::read_private(&source)?;
            (key.public_jwk().clone(), key.embedded_kid().map(str::to_owned))
        };
        let algorithm = jwk.algorithm();
        match self.output.output {
            OutputFormat::Json => {
                let thumbprint = jwk.thumbprint();
                output::json(&PublicKey {
                    algorithm: algorithm.as_str(),
                    kid: kid.as_deref(),
                    public_jwk: &jwk,
                    thumbprint,
                })?;
            }
            OutputFormat::Text => {
                if algorithm != SigningAlgorithm::Rs256 {
                    let warning = style::WARNING;
                    output::note(&format!("{warning}warning:{warning:#} LINE does not accept {algorithm} today"));
                }
                output::line(&if self.thumbprint { jwk.thumbprint() } else { jwk.to_json() })?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
