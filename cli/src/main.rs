//! The `pintle` command: runs plugins, and looks at plugin files without running them.

mod inspect;
mod run;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use pintle_host::StandardError;

/// Runs plugins, and looks at plugin files without running them.
#[derive(Parser)]
#[command(name = "pintle", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Loads plugins, listens, and serves until it is interrupted (SIGINT or SIGTERM).
    Run(run::Arguments),
    /// Prints the descriptions in plugin files, and whether this host would load them. None of their code is run.
    Inspect(inspect::Arguments),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Inspect(arguments) => inspect::inspect(&arguments),
    };
    done.unwrap_or_else(|error| {
        complain(&error.to_string());
        ExitCode::FAILURE
    })
}

/// Writes a line to standard error.
fn complain(text: &str) {
    // There is nowhere to report a failure.
    let _ = StandardError.write_all(format!("pintle: {text}\n").as_bytes());
}

/// Writes text to standard output and flushes it.
fn say(text: &str) {
    // A reader that has gone does not keep the plugins from being stopped.
    let _ = writeln!(io::stdout(), "{text}");
}
