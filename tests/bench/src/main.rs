//! What the hot paths cost, beside the floor of each in the same process. Every number is the median of interleaved
//! rounds, and every ratio that of the ratios within a round: the machine's moods cancel out. Nothing here fails for
//! being slow; the table says what is over its budget.

mod budget;
mod calls;
mod count;
mod load;
mod series;
mod table;
mod world;

use anyhow::Result;
use clap::Parser;

use crate::series::Series;

#[derive(Parser)]
#[command(about = "What the hot paths cost, beside the floor of each in the same process")]
struct Arguments {
    /// A small part of the calls: enough to see whether everything runs.
    #[arg(long)]
    quick: bool,
    /// Times nothing: does everything in a known number of steps, under callgrind, which `cargo xtask instructions` reads.
    #[arg(long)]
    count: bool,
    /// How many rounds.
    #[arg(long, default_value_t = 21)]
    rounds: usize,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let scale = if arguments.quick { 1 } else { 30 };
    let worlds = calls::Worlds::start()?;
    let files = load::Files::new()?;
    let mut series: Vec<Series<'_>> = worlds.series(scale)?;
    if arguments.count {
        return count::run(&mut series);
    }
    series.extend(files.series(scale)?);
    let rounds = series::run(&mut series, arguments.rounds)?;
    table::print(&budget::rows(), &rounds);
    Ok(())
}
