//! The channel and the token of all benchmarks.

/// The channel of all requests, ours and those by hand.
pub const CHANNEL_ID: &str = "1234567890";
/// Its secret.
pub const CHANNEL_SECRET: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

/// A token the size of LINE's.
pub const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.UnQ_o-GP0VtnwDjbK0C8E_NvK_xBtVqKi3KxnVeWHwVTsr0Jq7zkZTrX1pQkzVUGmp2eZIjo8XlqW3\
                         rBCJfVmzP9vT2oG4jXc2Ih8Q.3TiP5bEUAwhtKWOl5qFqr0oOs6wrqXdUDLJNLx6bdLg";
