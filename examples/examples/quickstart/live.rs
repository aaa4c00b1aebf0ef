//! The calls that destroy nothing, against LINE itself or whatever `LINE_API_BASE_URL` names.

use std::env::VarError;

use line_channel_token::{
    AssertionKid, AssertionSigner, BaseUrl, ChannelId, ChannelSecret, Client, Error, Operation, SigningKey,
    TokenLifetime,
};

use crate::Backend;
use crate::steps::{explained, issues, revokes, succeeds, verifies};
use crate::table;

const CONSOLE: &str = "in the LINE Developers Console (Providers > your provider > your channel)";

pub(crate) async fn run(backend: Backend) -> Result<(), String> {
    let settings = Settings::from_environment()?;
    let client = backend.client().map_err(|error| explained(&error))?.base_url(settings.base_url.clone()).build();
    println!("Channel {} at {}, with the {} backend\n", settings.id, settings.base_url, backend.name());
    table::head();
    issues(Operation::IssueStateless, client.issue_stateless(&settings.id, &settings.secret)).await?;
    match &settings.signer {
        Some(signer) => with_an_assertion(&client, &settings, signer).await?,
        None => table::detail(format!(
            "The calls with an assertion were left out: set LINE_ASSERTION_KEY_FILE to the file with the private key, \
             and LINE_ASSERTION_KID to the kid under \"Assertion Signing Key\" on the \"Basic settings\" tab {CONSOLE}. \
             `cargo run --example generate_key` makes a key pair."
        )),
    }
    table::detail(
        "issue, verify and revoke (v2) were left out: issuing may silently revoke the oldest of a channel's 30 tokens.",
    );
    Ok(())
}

/// One token with a lifetime of a minute, used and revoked again.
async fn with_an_assertion(client: &Client, settings: &Settings, signer: &AssertionSigner) -> Result<(), String> {
    let assertion = signer.sign().map_err(|error| explained(&error))?;
    issues(Operation::IssueStatelessWithJwt, client.issue_stateless_with_jwt(&assertion)).await?;
    let lifetime = TokenLifetime::from_secs(60).map_err(|error| explained(&error))?;
    let for_a_minute = signer.sign_for(lifetime).map_err(|error| explained(&error))?;
    let token = issues(Operation::IssueJwt, client.issue_jwt(&for_a_minute)).await?;
    verifies(Operation::VerifyJwt, client.verify_jwt(token.access_token()), &settings.id).await?;
    succeeds(
        Operation::KeyIds,
        client.key_ids(&assertion),
        |kids| kids.request_id(),
        |kids| Ok(format!("{} valid tokens", kids.as_slice().len())),
    )
    .await?;
    revokes(Operation::RevokeJwt, client.revoke_jwt(&settings.id, &settings.secret, token.access_token())).await
}

struct Settings {
    base_url: BaseUrl,
    id: ChannelId,
    secret: ChannelSecret,
    signer: Option<AssertionSigner>,
}

impl Settings {
    fn from_environment() -> Result<Self, String> {
        let (id, secret) = (variable("LINE_CHANNEL_ID")?, variable("LINE_CHANNEL_SECRET")?);
        let (Some(id), Some(secret)) = (&id, &secret) else {
            let missing: Vec<_> =
                [("LINE_CHANNEL_ID", &id, "Channel ID"), ("LINE_CHANNEL_SECRET", &secret, "Channel secret")]
                    .into_iter()
                    .filter(|(_, value, _)| value.is_none())
                    .map(|(name, _, field)| {
                        format!("{name} is not set: it is \"{field}\" on the \"Basic settings\" tab {CONSOLE}")
                    })
                    .collect();
            return Err(format!("--live needs a channel.\n  {}", missing.join("\n  ")));
        };
        let in_variable = |name: &'static str| move |error: Error| format!("{name}: {}", explained(&error));
        let id = ChannelId::new(id).map_err(in_variable("LINE_CHANNEL_ID"))?;
        let base_url = match variable("LINE_API_BASE_URL")? {
            Some(url) => BaseUrl::new(url).map_err(in_variable("LINE_API_BASE_URL"))?,
            None => BaseUrl::line(),
        };
        let secret = ChannelSecret::new(secret).map_err(in_variable("LINE_CHANNEL_SECRET"))?;
        let signer = match (variable("LINE_ASSERTION_KEY_FILE")?, variable("LINE_ASSERTION_KID")?) {
            (Some(file), Some(kid)) => Some(signer(&id, &file, &kid)?),
            (None, None) => None,
            (Some(_), None) => return Err("LINE_ASSERTION_KEY_FILE is set, but LINE_ASSERTION_KID is not".to_owned()),
            (None, Some(_)) => return Err("LINE_ASSERTION_KID is set, but LINE_ASSERTION_KEY_FILE is not".to_owned()),
        };
        Ok(Self { base_url, id, secret, signer })
    }
}

fn signer(id: &ChannelId, file: &str, kid: &str) -> Result<AssertionSigner, String> {
    let text = std::fs::read(file).map_err(|error| format!("LINE_ASSERTION_KEY_FILE ({file}): {error}"))?;
    let key = SigningKey::parse(&text).map_err(|error| format!("LINE_ASSERTION_KEY_FILE ({file}): {error}"))?;
    let kid = AssertionKid::new(kid).map_err(|error| format!("LINE_ASSERTION_KID: {error}"))?;
    AssertionSigner::new(id.clone(), kid, key).map_err(|error| explained(&error))
}

fn variable(name: &str) -> Result<Option<String>, String> {
    match std::env::var(name) {
        Ok(value) => Ok(Some(value)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(format!("{name} is not valid UTF-8")),
    }
}
