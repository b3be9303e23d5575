//! Cross-language and hazard tests
