//! The round-trip time, smoothed.

use std::time::Duration;

/// Running mean and variance in which older samples fade.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rtt {
    estimate: Option<(f64, f64)>,
}

impl Rtt {
    /// How much a new sample weighs, as in RFC 6298.
    const WEIGHT: f64 = 0.125;

    /// Adds one measured round trip.
    pub fn add(&mut self, sample: Duration) {
        let sample = sample.as_nanos() as f64;
        self.estimate = Some(match self.estimate {
            None => (sample, 0.0),
            Some((mean, variance)) => {
                let off = sample - mean;
                let step = Self::WEIGHT * off;
                (mean + step, (1.0 - Self::WEIGHT) * (variance + off * step))
            }
        });
    }

    /// Mean in nanoseconds and variance in nanoseconds squared; `None` before the first sample.
    pub fn estimate(&self) -> Option<(u64, u64)> {
        self.estimate.map(|(mean, variance)| (mean as u64, variance as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_sample_is_the_mean_and_later_ones_move_it() {
        let mut rtt = Rtt::default();
        assert_eq!(rtt.estimate(), None);
        rtt.add(Duration::from_nanos(800));
        assert_eq!(rtt.estimate(), Some((800, 0)));
        rtt.add(Duration::from_nanos(1600));
        assert_eq!(rtt.estimate(), Some((900, 70_000)));
        for _ in 0..200 {
            rtt.add(Duration::from_nanos(1600));
        }
        let (mean, variance) = rtt.estimate().unwrap();
        assert!((1599..=1600).contains(&mean) && variance < 2);
    }
}
