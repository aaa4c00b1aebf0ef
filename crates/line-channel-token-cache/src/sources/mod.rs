//! A source for each family of tokens.

mod jwt;
mod lookup;
mod short_lived;
mod signers;
mod stateless;
mod static_token;

pub use jwt::JwtSource;
pub use lookup::{Credentials, LookupSource};
pub use short_lived::ShortLivedSource;
pub use stateless::StatelessSource;
pub use static_token::StaticSource;
