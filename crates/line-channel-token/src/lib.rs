// Its programs need these features, as docs.rs has them.
#![cfg_attr(
    all(feature = "aws-lc-rs", feature = "cache", feature = "emulator", feature = "reqwest"),
    doc = include_str!("../README.md"),
    // Its pictures are in the repository alone.
    doc = "\n<style>.docblock img[src^='docs/'] { display: none; }</style>\n"
)]
#![cfg_attr(
    not(all(feature = "aws-lc-rs", feature = "cache", feature = "emulator", feature = "reqwest")),
    doc = "LINE channel access tokens: see <https://docs.rs/line-channel-token>."
)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc(inline)]
pub use line_channel_token_core::{
    AccessToken, Assertion, AssertionKid, AssertionLifetime, AssertionSource, BaseUrl, ChannelId, ChannelSecret,
    Client, ClientBuilder, Clock, Error, ErrorKind, ExchangeSpan, HttpBackend, IssuedToken, JwtToken, KeyIds, Limits,
    Moment, Operation, RequestId, RetryPolicy, Revoked, Sent, ShortLivedToken, Sleep, StatelessToken, SystemClock,
    Timing, TokenKeyId, TokenLifetime, TransportError, TransportErrorKind, VerifiedToken, async_trait, request,
    response,
};

#[cfg(feature = "assertion")]
#[cfg_attr(docsrs, doc(cfg(feature = "assertion")))]
#[doc(inline)]
pub use line_channel_token_assertion::{
    AssertionSigner, AssertionTemplate, PrivateKeyJwk, PrivateKeyPem, PublicJwk, SigningAlgorithm, SigningKey,
    UnsignedAssertion,
};

#[cfg(feature = "reqwest")]
#[cfg_attr(docsrs, doc(cfg(feature = "reqwest")))]
#[doc(inline)]
pub use line_channel_token_reqwest::{ReqwestBackend, ReqwestBackendBuilder};

#[cfg(feature = "hyper")]
#[cfg_attr(docsrs, doc(cfg(feature = "hyper")))]
#[doc(inline)]
pub use line_channel_token_hyper::{HyperBackend, HyperBackendBuilder};

#[cfg(feature = "ureq")]
#[cfg_attr(docsrs, doc(cfg(feature = "ureq")))]
#[doc(inline)]
pub use line_channel_token_ureq::{UreqBackend, UreqBackendBuilder};

/// Plain functions in place of async ones, for programs without a runtime: the nine operations, and a small cache.
#[cfg(feature = "ureq")]
#[cfg_attr(docsrs, doc(cfg(feature = "ureq")))]
pub mod blocking {
    #[doc(inline)]
    pub use line_channel_token_ureq::blocking::{Client, ResponseStatus, TokenCache, block_on};
}

/// Keeps tokens warm, of one channel or of many: single flight, refresh ahead of expiry, backoff, revocation.
#[cfg(feature = "cache")]
#[cfg_attr(docsrs, doc(cfg(feature = "cache")))]
pub mod cache {
    #[doc(inline)]
    pub use line_channel_token_cache::{
        CacheState, CacheStatus, CachedToken, Credentials, Event, IssueBudget, IssueReason, IssueRequest, Issued,
        JwtSource, LookupSource, NewToken, Reconciliation, RefreshAhead, ResponseStatus, RetireReason, Retired,
        RevocationReport, SharedSource, ShortLivedSource, Shutdown, SourcePolicy, StatelessSource, StaticSource,
        StoreEvent, StoreOutage, TokenCache, TokenCacheBuilder, TokenFamily, TokenPool, TokenPoolBuilder, TokenSource,
        async_trait,
    };
}

/// Stores that tokens are shared by: between the processes of a machine or a fleet, and between lives of one process.
#[cfg(feature = "cache")]
#[cfg_attr(docsrs, doc(cfg(feature = "cache")))]
pub mod store {
    #[doc(inline)]
    pub use line_channel_token_cache::store::{
        Comparison, FileStore, FileStoreBuilder, MemoryStore, Revision, Snapshot, StoreError, StoreErrorKind, StoreKey,
        StoredEntry, StoredValue, TokenStore,
    };

    #[cfg(feature = "redis")]
    #[cfg_attr(docsrs, doc(cfg(feature = "redis")))]
    #[doc(inline)]
    pub use line_channel_token_redis::{RedisStore, RedisStoreBuilder};

    #[cfg(feature = "sealed-store")]
    #[cfg_attr(docsrs, doc(cfg(feature = "sealed-store")))]
    #[doc(inline)]
    pub use line_channel_token_cache::store::{SealedStore, SealingKey};
}

/// The configuration of one channel or of many: from the environment, from files, from a command line.
#[cfg(feature = "config")]
#[cfg_attr(docsrs, doc(cfg(feature = "config")))]
pub mod configuration {
    #[doc(inline)]
    pub use line_channel_token_config::{
        Channel, ChannelConfig, ChannelConfigs, ConfigError, ConfigProblem, TokenFamily,
    };

    #[cfg(feature = "clap")]
    #[cfg_attr(docsrs, doc(cfg(feature = "clap")))]
    #[doc(inline)]
    pub use line_channel_token_config::ChannelArgs;
}

/// A tower layer that puts the current token into each request to LINE, and recovers from a 401.
#[cfg(feature = "tower")]
#[cfg_attr(docsrs, doc(cfg(feature = "tower")))]
pub mod authorization {
    #[doc(inline)]
    pub use line_channel_token_tower::{Authorization, AuthorizationLayer, BoxError, ResponseFuture, SendOnce};
}

/// A LINE token service to test against, in process and over HTTP.
#[cfg(feature = "emulator")]
#[cfg_attr(docsrs, doc(cfg(feature = "emulator")))]
pub mod emulator {
    #[doc(inline)]
    pub use line_channel_token_emulator::{
        BearerError, ChannelState, EmulatedChannel, Emulator, EmulatorBuilder, EmulatorServer, EmulatorServerBuilder,
        Evidence, Fault, FaultKind, FaultState, Finding, InspectedKind, InspectedToken, InspectedTokenStatus,
        Inspection, InspectionBuilder, KeyAlgorithm, KeyState, MAX_REQUEST_BODY, NumericStrings, PeerAddr, RateLimits,
        RequestBodyStream, RequestRecord, TokenFamily, TokenState, Verdict,
    };
}

/// A scripted backend, a clock moved by hand and a fake signer, for tests.
#[cfg(feature = "mock")]
#[cfg_attr(docsrs, doc(cfg(feature = "mock")))]
pub mod mock {
    #[doc(inline)]
    pub use line_channel_token_mock::{
        FakeSigner, ManualClock, Matcher, MockBackend, ReceivedRequest, Reply, Rule, RuleBuilder, Times,
        VerificationReport, WaitForSleepers, matchers,
    };
}

/// Signs with a key that never leaves an HSM, a smart card or SoftHSM, over PKCS#11.
#[cfg(feature = "pkcs11")]
#[cfg_attr(docsrs, doc(cfg(feature = "pkcs11")))]
pub mod hsm {
    #[doc(inline)]
    pub use line_channel_token_pkcs11::{
        KeySelector, KeySpec, Pkcs11Key, Pkcs11Module, Pkcs11Signer, Pkcs11Token, Pkcs11TokenBuilder, TokenInfo,
        TokenSelector, UserPin,
    };
}

// It needs all the features that it speaks of, as they are on docs.rs.
#[cfg(all(
    feature = "assertion",
    feature = "aws-lc-rs",
    feature = "cache",
    feature = "clap",
    feature = "config",
    feature = "emulator",
    feature = "mock",
    feature = "pkcs11",
    feature = "reqwest",
    feature = "tower",
    feature = "ureq"
))]
#[cfg_attr(docsrs, doc(cfg(all())))]
pub mod _guide;
