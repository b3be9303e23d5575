//! Cross-language and hazard tests

pub mod artefacts;
pub mod plugins;
