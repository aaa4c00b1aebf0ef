#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod capped_body;
mod causes;
mod roots;
pub mod tls;
mod tracked_body;

pub use capped_body::{Chunks, read_body};
pub use causes::{chain, kind_of_causes, kind_of_failed_connect};
pub use roots::roots_from_pem;
pub use tracked_body::{Abandoned, Progress, TrackedBody};
