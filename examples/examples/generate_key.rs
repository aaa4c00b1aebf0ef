//! Makes a key pair for assertions: the private key goes into a file, the public JWK onto the screen.

use std::error::Error;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use line_channel_token::SigningKey;

/// Makes a key pair for assertions and says how to register it.
#[derive(Parser)]
struct Arguments {
    /// Where to write the private key (PKCS#8 PEM); an existing file is never overwritten.
    #[arg(long, default_value = "assertion-key.pem")]
    out: PathBuf,
    /// Make an EC P-256 key instead. LINE does not accept these today.
    #[arg(long)]
    ec: bool,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("generate_key: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(Arguments { out, ec }: Arguments) -> Result<(), Box<dyn Error>> {
    let key = if ec { SigningKey::generate_ec()? } else { SigningKey::generate_rsa()? };
    write_private(&out, key.to_pkcs8_pem()?.expose_secret().as_bytes())
        .map_err(|error| format!("{}: {error}", out.display()))?;
    eprintln!("The private key is in {}. Keep it secret; nobody can get it back for you.", out.display());
    if ec {
        eprintln!("LINE accepts RSA keys alone today: this one is for a gateway that takes ES256.");
    } else {
        eprintln!(
            "Register the public key below in the LINE Developers Console:\n  \
             1. Open your provider, your channel, the tab \"Basic settings\".\n  \
             2. Under \"Assertion Signing Key\", choose \"Register a public key\".\n  \
             3. Paste the line below, exactly as it is, and confirm.\n  \
             4. The Console now shows a kid for it: pass that to AssertionSigner::new.\n"
        );
    }
    println!("{}", key.public_jwk().to_json());
    Ok(())
}

fn write_private(path: &Path, text: &[u8]) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text)
}
