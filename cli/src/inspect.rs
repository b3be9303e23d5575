//! `pintle inspect`.

use std::path::PathBuf;
use std::process::ExitCode;

use pintle_host::{Inspection, Verdict};

use crate::say;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Plugin files.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Prints a JSON array with one object for each file.
    #[arg(long)]
    json: bool,
}

pub(crate) fn inspect(arguments: &Arguments) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let inspections: Vec<Inspection> =
        arguments.files.iter().map(|file| pintle_host::inspect(file)).collect();
    if arguments.json {
        say(&serde_json::to_string_pretty(&inspections)?);
    } else {
        let texts: Vec<String> = inspections.iter().map(ToString::to_string).collect();
        say(&texts.join("\n\n"));
    }
    let refused = inspections.iter().any(|inspection| matches!(inspection.verdict, Verdict::Refused { .. }));
    Ok(if refused { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
