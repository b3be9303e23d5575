//! How long the kernel holds its lock, which on a board is how long interrupts are off.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::image::LOCK;
use super::{machine, readme};

/// Instructions that the kernel holds its lock at most, whatever its limits are.
const MOST: u64 = 560;
/// Few and many of everything differ by no more than what rounding makes.
const SAME: u64 = 2;

/// A path that takes the lock, and the most instructions under it with few and with many of everything.
type Holds<'s> = Vec<(&'s str, Vec<u64>)>;

/// Measures each path, and compares it with the bound and with what the page says.
pub fn hold(root: &Path) -> Result<()> {
    let file = LOCK.build(root)?;
    let said = machine::count(&LOCK, &file)?;
    let holds = read(&said)?;
    let most = within(&holds)?;
    println!(
        "{:<4} {:<13} the lock is held for {most} of {MOST} instructions  passed",
        LOCK.name, LOCK.board.name
    );
    readme::says(root, &format!("at most {MOST} instructions"))?;
    readme::drift(root, &holds)
}

fn read(said: &str) -> Result<Holds<'_>> {
    let hold = |line| {
        let (name, counts) = str::split_once(line, ": ").context("no path")?;
        let counts: Result<Vec<_>, _> = counts.split(' ').map(str::parse).collect();
        Ok((name, counts.with_context(|| format!("{line:?} has no counts"))?))
    };
    said.lines().map(hold).collect()
}

/// The longest hold; fails if it is too long, or if one grows with the limits.
fn within(holds: &Holds<'_>) -> Result<u64> {
    for (name, counts) in holds {
        let [few, many] = counts[..] else { anyhow::bail!("{name}: {counts:?}, and not two counts") };
        ensure!(
            many <= few + SAME,
            "{name}: the lock is held for {few} instructions with few of everything and for {many} with many"
        );
        ensure!(many <= MOST, "{name}: the lock is held for {many} instructions, and may be for {MOST}");
    }
    holds.iter().flat_map(|(_, counts)| counts).max().copied().context("the image has measured nothing")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hold_is_bounded_and_does_not_grow_with_the_limits() {
        let most = |said: &str| within(&read(said)?);
        assert_eq!(most("one way: 120 121\nanother: 30 30\n").unwrap(), 121);
        assert!(most("one way: 120 300\n").unwrap_err().to_string().contains("120"));
        assert!(most(&format!("one way: {0} {0}\n", MOST + 1)).is_err());
        assert!(most("").is_err() && most("one way: 120\n").is_err() && most("one way: no\n").is_err());
    }
}
