//! `cargo xtask firmware`: builds every image, runs it, and compares what it says.

mod bundle;
mod elf;
mod freestanding;
mod hold;
mod image;
mod machine;
mod readme;
mod sections;
mod size;
mod tools;
mod transcript;

use std::path::Path;

use anyhow::Result;

pub use size::size;
pub use tools::NEEDS;

use crate::doctor;

use image::{BOARDS, IMAGES, MPS2};
use tools::Rust;
use transcript::Figures;

/// Builds and runs all images; one line for each.
pub fn firmware(root: &Path) -> Result<()> {
    doctor::demand(&NEEDS)?;
    for target in BOARDS.iter().filter_map(|board| board.target) {
        if matches!(Rust::of(root, target), Some(Rust::Debian)) {
            println!("{target}: Debian's compiler builds `core`");
        }
    }
    freestanding::kernel(root)?;
    for image in &IMAGES {
        let file = image.build(root)?;
        freestanding::image(&file)?;
        let said = machine::run(root, image, &file)?;
        let figures = transcript::compare(root, image, &said)?;
        println!(
            "{:<4} {:<13} {}  passed",
            image.name,
            image.board.name,
            sections::of(&file)?.said(&figures)
        );
        // The page has the stack of one board.
        if image.board.name == MPS2.name {
            readme::drift(root, &stack(&figures))?;
        }
    }
    hold::hold(root)?;
    readme::commands(root)
}

/// What each path of the kernel takes of the stack.
fn stack(figures: &Figures) -> Vec<(&str, Vec<u64>)> {
    figures.iter().filter_map(|(name, bytes)| Some((name.strip_prefix("stack, ")?, vec![*bytes]))).collect()
}
