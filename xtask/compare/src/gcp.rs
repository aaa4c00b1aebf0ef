//! gcp_auth: a service account, whose key file names the endpoint; and the user of the `gcloud` program.
//!
//! The first keeps tokens by their scopes. The second keeps one, as do its providers for the default user and the
//! metadata server; those two ask fixed hosts, but their cached read is the same code.

use std::error::Error;

use gcp_auth::{CustomServiceAccount, GCloudAuthorizedUser, TokenProvider};
use line_channel_token_cache::TokenCache;

use crate::gcloud::OnPath;
use crate::key;
use crate::measure::{Row, compare};
use crate::server::{Server, expect_token};

pub(crate) async fn service_account(server: &Server, pem: &str, ours: &TokenCache) -> Result<Row, Box<dyn Error>> {
    let account = CustomServiceAccount::from_json(&key::service_account(server, pem).to_string())?;
    row("gcp_auth: service account", account, server, ours).await
}

pub(crate) async fn gcloud(gcloud: OnPath, server: &Server, ours: &TokenCache) -> Result<Row, Box<dyn Error>> {
    let user = GCloudAuthorizedUser::new().await?;
    // From here on it cannot get another.
    drop(gcloud);
    row("gcp_auth: gcloud user", user, server, ours).await
}

async fn row(
    name: &'static str,
    provider: impl TokenProvider,
    server: &Server,
    ours: &TokenCache,
) -> Result<Row, Box<dyn Error>> {
    let scopes = [key::SCOPE];
    expect_token(Some(provider.token(&scopes).await?.as_str()))?;
    compare(name, server, ours, async || provider.token(&scopes).await).await
}
