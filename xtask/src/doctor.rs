//! `cargo xtask doctor`: the tools that are absent, what is not tested without them, and the line that brings them.

use anyhow::{Result, bail};
use pintle_tools::{Cure, TOOLS, Tool};

/// Prints the table.
pub fn run() {
    let missing = missing();
    if missing.is_empty() {
        println!("Everything that the tests need is here.");
    } else {
        print!("{}", table(&missing));
    }
}

/// The tools that are absent.
pub fn missing() -> Vec<&'static Tool> {
    TOOLS.iter().filter(|tool| !tool.is_there()).collect()
}

/// Fails if one of these tools is absent, with what brings it.
pub fn demand(names: &[&str]) -> Result<()> {
    let absent: Vec<_> =
        names.iter().map(|name| pintle_tools::tool(name)).filter(|tool| !tool.is_there()).collect();
    if !absent.is_empty() {
        bail!("{}", reason(&absent));
    }
    Ok(())
}

/// The absent tools in a sentence.
pub fn reason(absent: &[&Tool]) -> String {
    let names: Vec<_> = absent.iter().map(|tool| tool.name).collect();
    let verb = if names.len() == 1 { "is" } else { "are" };
    format!("{} {verb} not installed; `{}` brings it", names.join(", "), line(absent))
}

/// A row for each tool, and the line that brings all.
pub fn table(missing: &[&Tool]) -> String {
    let width = |column: fn(&Tool) -> usize| missing.iter().map(|tool| column(tool)).max().unwrap_or(0);
    let (names, parts) = (width(|tool| tool.name.len()), width(|tool| tool.untested.len()));
    let mut out =
        format!("{:<names$}  {:<parts$}  {}\n", "ABSENT", "NOT TESTED WITHOUT IT", "WHAT BRINGS IT");
    for Tool { name, untested, cure, .. } in missing {
        out += &format!("{name:<names$}  {untested:<parts$}  {cure}\n");
    }
    out + &format!("\nOne line brings what has a command:\n    {}\n", line(missing))
}

/// One shell line that brings what a command can bring.
fn line(missing: &[&Tool]) -> String {
    let packages: Vec<_> = missing
        .iter()
        .filter_map(|tool| match tool.cure {
            Cure::Apt(packages) => Some(packages),
            Cure::Run(_) | Cure::Page(_) => None,
        })
        .collect();
    let apt = (!packages.is_empty()).then(|| format!("apt-get install --yes {}", packages.join(" ")));
    let commands = missing.iter().filter_map(|tool| match tool.cure {
        Cure::Run(command) => Some(command.to_owned()),
        Cure::Apt(_) | Cure::Page(_) => None,
    });
    apt.into_iter().chain(commands).collect::<Vec<_>>().join(" && ")
}
