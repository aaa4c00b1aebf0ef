//! What a pasted text is, and every rule for it at once.

mod assertion;
mod builder;
mod emulator;
mod finding;
mod kind;
mod knowledge;
mod pasted;
mod recognize;
mod run;
mod shown_json;
mod token;

pub use builder::InspectionBuilder;
pub use finding::{Finding, Verdict};
pub use kind::InspectedKind;
pub use run::Inspection;
pub use token::{InspectedToken, InspectedTokenStatus};
