//! Fleets that share a token by a store, simulated.
