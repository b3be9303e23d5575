//! The table.

use crate::budget::{Budget, Row};
use crate::series::{Round, median};

/// Prints a line for every row: nanoseconds, times its peer, its budget, and whether that is kept.
pub(crate) fn print(rows: &[Row], rounds: &[Round]) {
    println!("{:<38} {:>10} {:>8}  {:<22} {:>10}", "", "ns", "ratio", "to", "must");
    for row in rows {
        let value = median(rounds.iter().map(row.value));
        let ratio = row
            .peer
            .map(|(name, peer)| (name, median(rounds.iter().map(|round| (row.value)(round) / peer(round)))));
        let (must, kept) = match (row.budget, ratio) {
            (Budget::Times(most), Some((_, ratio))) => (format!("<= {most}x"), Some(ratio <= most)),
            (Budget::Nanoseconds(most), _) => (format!("<= {most} ns"), Some(value <= most)),
            _ => (String::new(), None),
        };
        let (ratio, to) = ratio.map_or_else(Default::default, |(name, ratio)| (format!("{ratio:.2}x"), name));
        let verdict = kept.map_or("", |kept| if kept { "ok" } else { "over" });
        println!("{:<38} {value:>10.1} {ratio:>8}  {to:<22} {must:>10}  {verdict}", row.name);
    }
    println!("\nmedians of {} interleaved rounds", rounds.len());
}
