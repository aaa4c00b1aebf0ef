//! The token cache under a scheduler that tries out many orders of events: see `tests`.
//!
//! It is the published crate itself that is checked. With `--cfg shuttle` its locks and tasks are shuttle's
//! (`line-channel-token-cache/src/sync.rs`); `cargo xtask test` builds it so, in a target directory of its own. Without that flag
//! there are no tests here.
