//! All nine operations, and three refusals, against an emulator on a loopback port.

use line_channel_token::emulator::{EmulatedChannel, Emulator};
use line_channel_token::{
    AssertionKid, AssertionSigner, ChannelId, ChannelSecret, Client, Error, ErrorKind, Operation, SigningKey,
    TokenLifetime,
};

use crate::Backend;
use crate::steps::{explained, is_refused, issues, revokes, succeeds, verifies};
use crate::table;

struct Channel {
    id: ChannelId,
    secret: ChannelSecret,
    signer: AssertionSigner,
}

pub(crate) async fn run(backends: Vec<Backend>) -> Result<(), String> {
    let prepared = prepare();
    let (channel, emulator) = prepared.map_err(|error| explained(&error))?;
    let address = ([127, 0, 0, 1], 0).into();
    let server = emulator.serve(address).await.map_err(|error| format!("no loopback port could be opened: {error}"))?;
    println!("An emulated LINE token service listens on {}\n", server.url());
    for backend in backends {
        println!("With the {} backend", backend.name());
        let client = backend.client().map_err(|error| explained(&error))?.base_url(server.base_url()).build();
        all_operations(&client, &channel).await?;
        println!();
    }
    server.shutdown().await;
    println!("Every step did what it should.");
    Ok(())
}

/// A channel with a key pair made on the spot, and an emulator that knows its public half.
fn prepare() -> Result<(Channel, Emulator), Error> {
    let (id, secret, kid) = ("1234567890", "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "6b2f3a1c-quickstart");
    let key = SigningKey::generate_rsa()?;
    let registered = EmulatedChannel::new(id, secret)?.with_key(kid, key.public_jwk().to_json())?;
    let emulator = Emulator::builder().channel(registered).build()?;
    let id = ChannelId::new(id)?;
    let signer = AssertionSigner::new(id.clone(), AssertionKid::new(kid)?, key)?;
    Ok((Channel { id, secret: ChannelSecret::new(secret)?, signer }, emulator))
}

async fn all_operations(client: &Client, channel: &Channel) -> Result<(), String> {
    table::head();
    short_lived(client, channel).await?;
    stateless(client, channel).await?;
    with_an_assertion(client, channel).await?;
    the_limit(client, channel).await
}

async fn short_lived(client: &Client, Channel { id, secret, .. }: &Channel) -> Result<(), String> {
    let token = issues(Operation::Issue, client.issue(id, secret)).await?;
    verifies(Operation::Verify, client.verify(token.access_token()), id).await?;
    revokes(Operation::Revoke, client.revoke(token.access_token())).await?;
    let verify = client.verify(token.access_token());
    is_refused(Operation::Verify, "revoked before", ErrorKind::InvalidToken, verify).await
}

async fn stateless(client: &Client, Channel { id, secret, signer }: &Channel) -> Result<(), String> {
    issues(Operation::IssueStateless, client.issue_stateless(id, secret)).await?;
    let wrong = ChannelSecret::new("ffffffffffffffffffffffffffffffff").map_err(|error| explained(&error))?;
    let issue = client.issue_stateless(id, &wrong);
    is_refused(Operation::IssueStateless, "wrong secret", ErrorKind::InvalidClient, issue).await?;
    let assertion = signer.sign().map_err(|error| explained(&error))?;
    issues(Operation::IssueStatelessWithJwt, client.issue_stateless_with_jwt(&assertion)).await?;
    Ok(())
}

async fn with_an_assertion(client: &Client, Channel { id, secret, signer }: &Channel) -> Result<(), String> {
    let lifetime = TokenLifetime::from_days(30).map_err(|error| explained(&error))?;
    let assertion = signer.sign_for(lifetime).map_err(|error| explained(&error))?;
    let token = issues(Operation::IssueJwt, client.issue_jwt(&assertion)).await?;
    verifies(Operation::VerifyJwt, client.verify_jwt(token.access_token()), id).await?;
    let assertion = signer.sign().map_err(|error| explained(&error))?;
    succeeds(
        Operation::KeyIds,
        client.key_ids(&assertion),
        |kids| kids.request_id(),
        |kids| {
            if kids.as_slice() != [token.key_id().clone()] {
                return Err("the list is not that one token's key id".to_owned());
            }
            Ok(format!("{} valid token", kids.as_slice().len()))
        },
    )
    .await?;
    revokes(Operation::RevokeJwt, client.revoke_jwt(id, secret, token.access_token())).await?;
    let verify = client.verify_jwt(token.access_token());
    is_refused(Operation::VerifyJwt, "revoked before", ErrorKind::TokenRevoked, verify).await
}

/// Thirty tokens fit, the next one does not; then the thirty are revoked again.
async fn the_limit(client: &Client, Channel { id, secret, signer }: &Channel) -> Result<(), String> {
    let lifetime = TokenLifetime::from_days(1).map_err(|error| explained(&error))?;
    let assertion = signer.sign_for(lifetime).map_err(|error| explained(&error))?;
    let mut tokens = Vec::new();
    for nth in 1..=30 {
        let issued = client.issue_jwt(&assertion).await;
        tokens.push(issued.map_err(|error| format!("token {nth} of 30: {}", explained(&error)))?);
    }
    is_refused(Operation::IssueJwt, "the 31st", ErrorKind::TokenLimitReached, client.issue_jwt(&assertion)).await?;
    for token in &tokens {
        let _ = client.revoke_jwt(id, secret, token.access_token()).await.map_err(|error| explained(&error))?;
    }
    let left = client.key_ids(&assertion).await.map_err(|error| explained(&error))?;
    match left.as_slice().len() {
        0 => Ok(()),
        left => Err(format!("{left} tokens are left after all were revoked")),
    }
}
