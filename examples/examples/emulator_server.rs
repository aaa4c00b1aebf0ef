//! The emulator as a server, for clients in any language.

use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser};
use line_channel_token::emulator::{EmulatedChannel, Emulator, RequestRecord};

/// Serves an emulated LINE token service until Ctrl-C.
///
/// Each --channel begins a new channel; the --secret, --kid and --jwk that follow it are its own:
/// --channel 1234567890 --secret s3cret --kid KID --jwk public.jwk --channel 2345678901 --secret other
#[derive(Parser)]
struct Arguments {
    /// The address to listen on; port 0 lets the system choose.
    #[arg(long, default_value = "127.0.0.1:8787")]
    listen: SocketAddr,
    /// A channel id.
    #[arg(long, required = true)]
    channel: Vec<String>,
    /// The secret of the channel before it.
    #[arg(long, required = true)]
    secret: Vec<String>,
    /// The kid of an assertion key of the channel before it; its --jwk comes next.
    #[arg(long)]
    kid: Vec<String>,
    /// A file with the public JWK of the --kid before it.
    #[arg(long)]
    jwk: Vec<PathBuf>,
    /// How many short-lived (v2) tokens are valid at once before the oldest is revoked.
    #[arg(long, default_value_t = 30)]
    max_short_lived_tokens: usize,
    /// Accept EC P-256 keys and ES256, which LINE does not.
    #[arg(long)]
    accept_es256: bool,
    /// Accept assertions whose exp or token_exp has a fraction.
    #[arg(long)]
    accept_fractional_times: bool,
    /// Accept assertions whose aud is an array of one.
    #[arg(long)]
    accept_audience_array: bool,
    /// Accept a client_id beside an assertion that is not its subject.
    #[arg(long)]
    accept_mismatched_client_id: bool,
    /// Accept revocations whose form is labelled application/json.
    #[arg(long)]
    accept_json_labelled_revocations: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("emulator_server: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let matches = Arguments::command().get_matches();
    let arguments = Arguments::from_arg_matches(&matches)?;
    let mut emulator = Emulator::builder()
        .max_short_lived_tokens(arguments.max_short_lived_tokens)
        .accept_es256(arguments.accept_es256)
        .accept_fractional_times(arguments.accept_fractional_times)
        .accept_audience_array(arguments.accept_audience_array)
        .accept_mismatched_client_id(arguments.accept_mismatched_client_id)
        .accept_json_labelled_revocations(arguments.accept_json_labelled_revocations)
        .on_request(|record: &RequestRecord| eprintln!("{record}"));
    for channel in channels(&matches)? {
        emulator = emulator.channel(channel);
    }
    let server = emulator.build()?.serve(arguments.listen).await?;
    println!("listening on {}", server.url());
    tokio::signal::ctrl_c().await?;
    server.shutdown().await;
    Ok(())
}

enum Argument {
    Channel(String),
    Secret(String),
    Kid(String),
    Jwk(PathBuf),
}

/// The channels, from the arguments in the order in which they were given.
fn channels(matches: &ArgMatches) -> Result<Vec<EmulatedChannel>, Box<dyn Error>> {
    let mut given: Vec<(usize, Argument)> = Vec::new();
    given.extend(texts(matches, "channel").map(|(at, text)| (at, Argument::Channel(text))));
    given.extend(texts(matches, "secret").map(|(at, text)| (at, Argument::Secret(text))));
    given.extend(texts(matches, "kid").map(|(at, text)| (at, Argument::Kid(text))));
    let files = matches.get_many::<PathBuf>("jwk").into_iter().flatten().cloned();
    given.extend(matches.indices_of("jwk").into_iter().flatten().zip(files.map(Argument::Jwk)));
    given.sort_by_key(|(at, _)| *at);

    let mut channels = Vec::new();
    let mut arguments = given.into_iter().map(|(_, argument)| argument).peekable();
    while let Some(argument) = arguments.next() {
        let Argument::Channel(id) = argument else {
            return Err("--channel must come first: --secret, --kid and --jwk belong to the channel before them".into());
        };
        let Some(Argument::Secret(secret)) = arguments.next() else {
            return Err(format!("--channel {id} must be followed by its --secret").into());
        };
        let mut channel = EmulatedChannel::new(&id, secret)?;
        while let Some(Argument::Kid(kid)) = arguments.next_if(|next| matches!(next, Argument::Kid(_))) {
            let Some(Argument::Jwk(file)) = arguments.next() else {
                return Err(format!("--kid {kid} must be followed by its --jwk").into());
            };
            let jwk = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
            channel = channel.with_key(kid, jwk).map_err(|error| format!("{}: {error}", file.display()))?;
        }
        channels.push(channel);
    }
    Ok(channels)
}

fn texts<'a>(matches: &'a ArgMatches, name: &'a str) -> impl Iterator<Item = (usize, String)> + 'a {
    let texts = matches.get_many::<String>(name).into_iter().flatten().cloned();
    matches.indices_of(name).into_iter().flatten().zip(texts)
}
