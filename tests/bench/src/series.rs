//! Measurements, round by round.

use std::collections::HashMap;
use std::time::Instant;

use anyhow::{Context, Result};

/// One thing that is measured, again in every round.
pub(crate) struct Series<'w> {
    pub(crate) name: &'static str,
    run: Run<'w>,
}

enum Run<'w> {
    /// Does what is measured as often as it is told, and is timed from outside so many times.
    Timed(u64, Box<dyn FnMut(u64) -> Result<()> + 'w>),
    /// Gives the nanoseconds that it has measured itself.
    Measured(Box<dyn FnMut() -> Result<f64> + 'w>),
}

impl<'w> Series<'w> {
    /// Times `run`, which does what is measured `count` times.
    pub(crate) fn timed(name: &'static str, count: u64, run: impl FnMut(u64) -> Result<()> + 'w) -> Self {
        Self { name, run: Run::Timed(count, Box::new(run)) }
    }

    /// Takes the nanoseconds that `run` itself has measured.
    pub(crate) fn measured(name: &'static str, run: impl FnMut() -> Result<f64> + 'w) -> Self {
        Self { name, run: Run::Measured(Box::new(run)) }
    }

    fn nanoseconds(&mut self) -> Result<f64> {
        let measured = match &mut self.run {
            Run::Measured(run) => run(),
            Run::Timed(count, run) => {
                let start = Instant::now();
                run(*count).map(|()| start.elapsed().as_nanos() as f64 / *count as f64)
            }
        };
        measured.with_context(|| format!("measuring {}", self.name))
    }

    /// Does what is measured so many times. `false`: it can only be timed.
    pub(crate) fn repeat(&mut self, count: u64) -> Result<bool> {
        match &mut self.run {
            Run::Measured(_) => Ok(false),
            Run::Timed(_, run) => run(count).map(|()| true),
        }
    }
}

/// The nanoseconds of every series in one round.
pub(crate) struct Round(HashMap<&'static str, f64>);

impl Round {
    /// Panics if there is no such series.
    pub(crate) fn of(&self, name: &'static str) -> f64 {
        self.0[name]
    }
}

/// Runs everything once to warm up, then `rounds` times in turn.
pub(crate) fn run(series: &mut [Series<'_>], rounds: usize) -> Result<Vec<Round>> {
    let mut round = || -> Result<Round> {
        let mut values = HashMap::new();
        for one in series.iter_mut() {
            values.insert(one.name, one.nanoseconds()?);
        }
        Ok(Round(values))
    };
    round()?;
    (0..rounds).map(|_| round()).collect()
}

/// The middle one.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
