//! What the images are built and run with, and where it comes from.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::image::Board;
use crate::command::output;

/// The tools, by their names in `pintle-tools`.
pub const NEEDS: [&str; 5] = [
    "arm-none-eabi-gcc",
    "arm-none-eabi-g++",
    "qemu-system-arm",
    "thumbv7em-none-eabihf",
    "thumbv6m-none-eabi",
];

/// Debian's own compiler, which brings the sources of `core`.
const DEBIAN: &str = "/usr/bin/cargo";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";

/// Where Rust for a target comes from.
pub enum Rust {
    /// The toolchain that runs this has it.
    Installed,
    /// Debian's compiler builds `core` on its own.
    Debian,
}

impl Rust {
    /// The first that has it.
    pub fn of(root: &Path, target: &str) -> Option<Self> {
        if libraries(root, "rustc", target).is_some_and(|folder| folder.exists()) {
            return Some(Self::Installed);
        }
        let sources =
            libraries(root, DEBIAN_RUSTC, target)?.ancestors().nth(2)?.join("src/rust/library/core");
        (Path::new(DEBIAN).exists() && sources.exists()).then_some(Self::Debian)
    }

    /// Makes it the one that a command finds.
    pub fn choose<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        if matches!(self, Self::Debian) {
            let path = std::env::var("PATH").unwrap_or_default();
            command.env("PATH", format!("/usr/bin:{path}")).env("RUSTC", DEBIAN_RUSTC);
            // The first lets this compiler do what the second asks for.
            command.env("RUSTC_BOOTSTRAP", "1").env("CARGO_UNSTABLE_BUILD_STD", "core");
            // What runs this may be rustup's cargo, which says so to the programs that it starts.
            command.env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO");
        }
        command
    }

    /// Cargo with it.
    pub fn cargo(&self, root: &Path) -> Command {
        match self {
            Self::Installed => crate::command::cargo(root),
            Self::Debian => {
                let mut command = Command::new(DEBIAN);
                self.choose(&mut command).current_dir(root);
                command
            }
        }
    }
}

/// Where a compiler looks for the libraries of a target.
fn libraries(root: &Path, rustc: &str, target: &str) -> Option<PathBuf> {
    let mut command = Command::new(rustc);
    command.args(["--print", "target-libdir", "--target", target]).current_dir(root);
    let said = output(&mut command).ok().filter(|output| output.status.success())?;
    Some(PathBuf::from(String::from_utf8_lossy(&said.stdout).trim()))
}

/// A tool for a board: its own `ld`, `gcc`, ...
pub fn tool(board: &Board, name: &str, root: &Path) -> Command {
    let mut command = Command::new(format!("{}{name}", board.tools));
    command.current_dir(root);
    command
}
