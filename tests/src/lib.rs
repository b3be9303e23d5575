//! Cross-language and hazard tests

pub mod artefacts;
pub mod command;
pub mod plugins;
pub mod stir;
