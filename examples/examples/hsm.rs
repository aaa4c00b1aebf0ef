//! Keys in an HSM: makes one in the token, prints its public JWK, and issues a token of LINE with it.
//!
//! With SoftHSM:
//!
//! ```sh
//! softhsm2-util --init-token --free --label line-bots
//! hsm="cargo run --example hsm -- --module /usr/lib/softhsm/libsofthsm2.so --token line-bots --pin-file pin.txt --key line-2026"
//! $hsm generate                                    # prints what the LINE Developers Console wants
//! $hsm issue --channel 1234567890 --kid THE-KID    # with the kid that the Console then shows
//! ```

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use line_channel_token::hsm::{
    KeySelector, KeySpec, Pkcs11Key, Pkcs11Module, Pkcs11Signer, Pkcs11Token, TokenSelector, UserPin,
};
use line_channel_token::{AssertionKid, BaseUrl, ChannelId, Client, PublicJwk, ReqwestBackend, SigningAlgorithm};

/// Makes and uses keys in an HSM, over PKCS#11.
#[derive(Parser)]
struct Arguments {
    /// The PKCS#11 library of the HSM.
    #[arg(long)]
    module: PathBuf,
    /// The label of the token.
    #[arg(long)]
    token: String,
    /// The serial number of the token, if several have the label.
    #[arg(long)]
    serial: Option<String>,
    /// A file with the PIN of the user. Without it, the variable HSM_PIN is read: an argument would be seen by other users.
    #[arg(long)]
    pin_file: Option<PathBuf>,
    /// The label of the key.
    #[arg(long)]
    key: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes a key in the token, and prints its public JWK.
    Generate {
        /// Make an EC P-256 key instead of RSA. LINE does not accept these today.
        #[arg(long)]
        ec: bool,
    },
    /// Prints the public JWK of a key.
    Jwk,
    /// Issues a stateless token with an assertion that the HSM signs.
    Issue {
        #[arg(long)]
        channel: String,
        /// What the Console shows for the key.
        #[arg(long)]
        kid: String,
        /// Another server than LINE's, for example that of `cargo run --example emulator_server`.
        #[arg(long)]
        base_url: Option<String>,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hsm: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let pin = match &arguments.pin_file {
        Some(file) => std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?,
        None => std::env::var("HSM_PIN").map_err(|_| "give --pin-file, or the PIN in the variable HSM_PIN")?,
    };
    let mut selector = TokenSelector::from_label(&arguments.token);
    if let Some(serial) = &arguments.serial {
        selector = selector.with_serial(serial);
    }
    let module = Pkcs11Module::new(&arguments.module)?;
    let token = Pkcs11Token::builder(module, selector).pin(UserPin::new(pin)?).build()?;
    let key = KeySelector::from_label(&arguments.key);
    match arguments.command {
        Command::Generate { ec } => {
            let algorithm = if ec { SigningAlgorithm::Es256 } else { SigningAlgorithm::Rs256 };
            let key = token.generate_key(&KeySpec::new(algorithm, arguments.key))?;
            eprintln!("Register this in the LINE Developers Console, which then shows the kid:");
            println!("{}", public_jwk(&key)?);
            Ok(())
        }
        Command::Jwk => {
            println!("{}", public_jwk(&token.find_key(&key)?)?);
            Ok(())
        }
        Command::Issue { channel, kid, base_url } => {
            let signer = Pkcs11Signer::new(ChannelId::new(channel)?, AssertionKid::new(kid)?, token, &key)?;
            issue(&signer, base_url)
        }
    }
}

fn public_jwk(key: &Pkcs11Key) -> Result<&PublicJwk, String> {
    key.public_jwk().ok_or_else(|| format!("the token does not show the public half of {}", key.label()))
}

#[tokio::main(flavor = "current_thread")]
async fn issue(signer: &Pkcs11Signer, base_url: Option<String>) -> Result<(), Box<dyn Error>> {
    let mut client = Client::builder(ReqwestBackend::new()?);
    if let Some(base_url) = base_url {
        client = client.base_url(BaseUrl::new(base_url)?);
    }
    let issued = client.build().issue_stateless_with_jwt(&signer.sign().await?).await?;
    println!("issued a stateless token that lives {} seconds", issued.expires_in().as_secs());
    Ok(())
}
