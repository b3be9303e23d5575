//! `cargo xtask`: the project's own commands.

mod header;
mod model;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's own commands")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Writes every file that is generated from abi-core: headers, rules, fingerprint, calls and the slot table.
    Header {
        /// Write nothing; fail and name each file that is not what would be written.
        #[arg(long)]
        check: bool,
    },
}

fn main() -> Result<()> {
    let root = root();
    match Arguments::parse().command {
        Command::Header { check } => header::run(&root, check),
    }
}

/// The repository, whatever folder the command is started in.
fn root() -> PathBuf {
    let mut path = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    path.pop();
    path
}
