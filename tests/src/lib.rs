//! Cross-language and hazard tests

pub mod plugins;
