//! `pintle inspect`.

use std::fmt::{self, Display};
use std::path::PathBuf;
use std::process::ExitCode;

use pintle_host::abi::{ABI_MAJOR, ABI_MINOR};
use pintle_host::settings::Setting;
use pintle_host::{Descriptor, Inspection, Report, Shown, Verdict};

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
        let texts: Vec<String> = inspections.iter().map(|inspection| Words(inspection).to_string()).collect();
        say(texts.join("\n").trim_end());
    }
    let refused = inspections.iter().any(|inspection| matches!(inspection.verdict, Verdict::Refused { .. }));
    Ok(if refused { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// An inspection as people read it.
struct Words<'a>(&'a Inspection);

impl Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inspection { path, verdict, descriptor, report } = self.0;
        write!(f, "{}: ", Shown(path))?;
        match verdict {
            Verdict::Loads => writeln!(f, "loads")?,
            Verdict::Resident { reasons } => {
                writeln!(f, "loads but stays resident")?;
                for reason in reasons {
                    writeln!(f, "  {}. {}", reason.rule, reason.cure)?;
                }
            }
            Verdict::Refused { code, finding } => {
                let name = pintle_host::status_name(*code).unwrap_or("a status of its own");
                writeln!(f, "refused ({name})\n  {}. {}", finding.rule, finding.cure)?;
            }
        }
        if let Some(descriptor) = descriptor {
            show_descriptor(f, descriptor)?;
        }
        if let Some(report) = report {
            show_report(f, report)?;
        }
        Ok(())
    }
}

fn line(f: &mut fmt::Formatter<'_>, name: &str, value: impl Display) -> fmt::Result {
    match value.to_string() {
        value if value.is_empty() => Ok(()),
        value => writeln!(f, "  {name:<14}{value}"),
    }
}

fn show_descriptor(f: &mut fmt::Formatter<'_>, descriptor: &Descriptor) -> fmt::Result {
    line(f, "id", &descriptor.id)?;
    line(f, "name", &descriptor.name)?;
    line(f, "version", &descriptor.version)?;
    line(f, "vendor", &descriptor.vendor)?;
    line(f, "description", &descriptor.description)?;
    line(f, "licence", &descriptor.licence)?;
    line(f, "url", &descriptor.url)?;
    line(
        f,
        "abi",
        format_args!(
            "{}.{} (this host: {ABI_MAJOR}.{})",
            descriptor.abi_major, descriptor.abi_minor, ABI_MINOR
        ),
    )?;
    if descriptor.abi_minor_least > 0 {
        line(f, "abi at least", format_args!("{}.{}", descriptor.abi_major, descriptor.abi_minor_least))?;
    }
    let order = if descriptor.little_endian { "little" } else { "big" };
    line(f, "built for", format_args!("{} bits, {order}-endian", u32::from(descriptor.pointer_width) * 8))?;
    line(f, "layout", format_args!("{:#018x}", descriptor.fingerprint))?;
    line(f, "flags", descriptor.flags.names().join(" "))?;
    line(f, "needs", descriptor.needs.join(" "))?;
    line(f, "offers", descriptor.offers.join(" "))?;
    let services: Vec<String> = descriptor.services.iter().map(|id| format!("{id:#x}")).collect();
    line(f, "services", services.join(" "))?;
    show_settings(f, &descriptor.settings)
}

/// A table: name, type, what it is if it is not given, what it is for.
fn show_settings(f: &mut fmt::Formatter<'_>, settings: &[Setting]) -> fmt::Result {
    let rows: Vec<[String; 3]> = settings
        .iter()
        .map(|setting| {
            let need = match &setting.default {
                Some(default) => format!("={default}"),
                None if setting.required => "!".to_owned(),
                None => String::new(),
            };
            [setting.name.clone(), setting.kind.to_string(), need]
        })
        .collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths = [width(0), width(1), width(2)];
    for (index, ([name, kind, need], setting)) in rows.iter().zip(settings).enumerate() {
        let head = if index == 0 { "settings" } else { "" };
        let [first, second, third] = widths;
        let description = &setting.description;
        writeln!(f, "  {head:<14}{name:<first$}  {kind:<second$}  {need:<third$}  {description}")?;
    }
    Ok(())
}

fn show_report(f: &mut fmt::Formatter<'_>, report: &Report) -> fmt::Result {
    line(f, "machine", &report.machine)?;
    match &report.callbacks {
        Some(callbacks) if callbacks.is_empty() => line(f, "callbacks", "none")?,
        Some(callbacks) => line(f, "callbacks", callbacks.join(" "))?,
        None => line(f, "callbacks", "filled in when it runs")?,
    }
    line(f, "exports", report.exports.join(" "))?;
    line(f, "imports", report.imports.join(" "))?;
    line(f, "libraries", report.libraries.join(" "))?;
    line(f, "search path", report.search_path.as_deref().unwrap_or_default())?;
    line(f, "constructors", report.constructors)?;
    if report.executable_stack {
        line(f, "stack", "executable: link it with -z noexecstack")?;
    }
    Ok(())
}
