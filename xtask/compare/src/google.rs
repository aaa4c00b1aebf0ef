//! google-cloud-auth: the credentials of a user, whose endpoint can be set.
//!
//! `access_token` is its cheapest cached read: `headers` builds a map of headers from the same copy of the token each
//! time, and an entity tag spares that map but not the copy. All its credentials that fetch access tokens share this
//! cache.

use std::error::Error;

use google_cloud_auth::credentials::user_account::Builder;
use line_channel_token_cache::TokenCache;
use serde_json::json;

use crate::measure::{Row, compare};
use crate::server::{Server, expect_token};

pub(crate) async fn row(server: &Server, ours: &TokenCache) -> Result<Row, Box<dyn Error>> {
    let user = json!({
        "type": "authorized_user",
        "client_id": "compare",
        "client_secret": "not a secret",
        "refresh_token": "not a token",
    });
    let credentials = Builder::new(user).with_token_uri(server.token_uri()).build_access_token_credentials()?;
    expect_token(Some(&credentials.access_token().await?.token))?;
    compare("google-cloud-auth: user", server, ours, async || credentials.access_token().await).await
}
