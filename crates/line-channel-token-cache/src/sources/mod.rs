//! A source for each family of tokens.

mod jwt;
mod short_lived;
mod signers;
mod stateless;
mod static_token;

pub use jwt::JwtSource;
pub use short_lived::ShortLivedSource;
pub use stateless::StatelessSource;
pub use static_token::StaticSource;
