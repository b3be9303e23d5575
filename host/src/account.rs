//! An inspection in words, for people.

use std::fmt::{self, Display};

use pintle_abi_core::{ABI_MAJOR, ABI_MINOR};

use crate::descriptor::Descriptor;
use crate::error::status_name;
use crate::inspect::{Inspection, Verdict};
use crate::path::Shown;
use crate::report::Report;
use crate::settings::Setting;

/// The verdict with its reasons, and what is known of the file: a line for each, the last one without an end.
impl Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", Shown(&self.path))?;
        match &self.verdict {
            Verdict::Loads => f.write_str("loads")?,
            Verdict::Resident { .. } => f.write_str("loads but stays resident")?,
            Verdict::Refused { code, .. } => {
                write!(f, "refused ({})", status_name(*code).unwrap_or("a status of its own"))?;
            }
        }
        for finding in self.verdict.findings() {
            write!(f, "\n  {finding}")?;
        }
        if let Some(descriptor) = &self.descriptor {
            show_descriptor(f, descriptor)?;
        }
        if let Some(report) = &self.report {
            show_report(f, report)?;
        }
        Ok(())
    }
}

fn line(f: &mut fmt::Formatter<'_>, name: &str, value: impl Display) -> fmt::Result {
    match value.to_string() {
        value if value.is_empty() => Ok(()),
        value => write!(f, "\n  {name:<14}{value}"),
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
        write!(f, "\n  {head:<14}{name:<first$}  {kind:<second$}  {need:<third$}  {description}")?;
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
    if report.static_tls > 0 {
        let bytes = report.static_tls;
        line(
            f,
            "static TLS",
            format_args!("{bytes} bytes, of which a process that has started has few left"),
        )?;
    }
    Ok(())
}
