//! What a request is about, found without the request having any effect.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, Method, Uri};
use line_channel_token_core::{ChannelId, Operation};

use crate::bearer;
use crate::endpoint::Endpoint;
use crate::form::Form;
use crate::json_object::JsonObject;
use crate::messaging::Resource;
use crate::request_subject::RequestSubject;
use crate::shared::Shared;

impl RequestSubject {
    /// The subject of a request; `None` if its path is neither a token endpoint's nor a resource's. Nothing is checked: a request
    /// that will be refused may still name its channel.
    pub(crate) fn of(shared: &Shared, method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        if Resource::from_uri(uri).is_some() {
            let token = bearer::bearer_token(headers).ok();
            let channel_id = token.and_then(|token| owner_of_token(shared, token));
            return Some(Self { is_messaging: true, operation: None, channel_id });
        }
        let endpoint = Endpoint::from_uri(uri)?;
        let mut form = Form::parse(if endpoint.is_get() { uri.query().unwrap_or_default().as_bytes() } else { body });
        let mut operation = endpoint.check_method(method).is_ok().then(|| endpoint.operation());
        if endpoint == Endpoint::V3Token && shared.settings.leniency.empty_credentials {
            form.drop_empty_credentials();
        }
        if operation == Some(Operation::IssueStateless) && form.names_assertion() {
            operation = Some(Operation::IssueStatelessWithJwt);
        }
        let named = |name, find: fn(&Shared, &str) -> Option<ChannelId>| {
            form.one(name).ok().and_then(|value| find(shared, value))
        };
        let channel_id = named("client_assertion", owner_of_key)
            .or_else(|| named("client_id", channel_of_id))
            .or_else(|| named("access_token", owner_of_token));
        Some(Self { is_messaging: false, operation, channel_id })
    }
}

fn channel_of_id(shared: &Shared, id: &str) -> Option<ChannelId> {
    shared.find(id).map(|channel| channel.id().clone())
}

fn owner_of_token(shared: &Shared, token: &str) -> Option<ChannelId> {
    let stored = shared.tokens().owner(token);
    stored.or_else(|| {
        let stateless = shared.stateless.parse(token)?;
        shared.tokens().channel_id(stateless.channel)
    })
}

/// The channel whose key an assertion names. Its signature is not verified: a fault comes before that.
fn owner_of_key(shared: &Shared, assertion: &str) -> Option<ChannelId> {
    let header = URL_SAFE_NO_PAD.decode(assertion.split('.').next()?).ok()?;
    let header = JsonObject::parse(&header).ok()?;
    shared.registry().key(header.text("kid")?).map(|key| key.owner.id().clone())
}
