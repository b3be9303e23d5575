//! Measurements, round by round.

use std::collections::HashMap;
use std::time::Instant;

use anyhow::{Context, Result};

/// One thing that is measured, again in every round.
pub(crate) struct Series<'w> {
    pub(crate) name: &'static str,
    run: Box<dyn FnMut() -> Result<f64> + 'w>,
}

impl<'w> Series<'w> {
    /// Times `run`, which does what is measured `count` times.
    pub(crate) fn timed(name: &'static str, count: u64, mut run: impl FnMut(u64) -> Result<()> + 'w) -> Self {
        let timed = move || {
            let start = Instant::now();
            run(count)?;
            Ok(start.elapsed().as_nanos() as f64 / count as f64)
        };
        Self { name, run: Box::new(timed) }
    }

    /// Takes the nanoseconds that `run` itself has measured.
    pub(crate) fn measured(name: &'static str, run: impl FnMut() -> Result<f64> + 'w) -> Self {
        Self { name, run: Box::new(run) }
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
            values.insert(one.name, (one.run)().with_context(|| format!("measuring {}", one.name))?);
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
