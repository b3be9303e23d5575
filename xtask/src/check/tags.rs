//! Every slot and callback has its tags, and the contract keeps its other rules for itself.

use std::path::Path;

use super::Findings;
use crate::model::Model;

/// One finding for each breach.
pub fn check(root: &Path) -> Findings {
    let breaches = Model::load(root).err().map(|error| format!("{error:#}"));
    Ok(breaches.iter().flat_map(|text| text.lines()).map(str::to_owned).collect())
}
