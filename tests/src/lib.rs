//! Cross-language and hazard tests

pub mod artefacts;
pub mod command;
pub mod header;
pub mod node;
pub mod plugins;
pub mod python;
pub mod stir;
pub mod xtask;
