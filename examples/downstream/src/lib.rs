//! A LINE bot with axum that repeats what its users say: webhooks in, messages out, health, and an end without loose ends.

pub mod bot;
pub mod health;
pub mod service;
pub mod settings;
pub mod signature;
pub mod webhook;
