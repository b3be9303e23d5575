//! Pings, and the round-trip time that they measure, smoothed as RFC 6298 does.

use std::time::{Duration, Instant};

/// Unanswered pings after which a peer is given up.
const LOST: u32 = 2;

/// The pings of one connection.
#[derive(Clone, Copy, Debug)]
pub struct Pings {
    next: Instant,
    sent: Instant,
    serial: u64,
    unanswered: u32,
    estimate: Option<(Duration, Duration)>,
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Nothing yet.
    Nothing,
    /// A ping with this data.
    Ping([u8; 8]),
    /// The peer has not answered for too long.
    Lost,
}

impl Pings {
    /// The first ping is due at once.
    pub fn new(now: Instant) -> Self {
        Self { next: now, sent: now, serial: 0, unanswered: 0, estimate: None }
    }

    /// What is due at `now`. `heard`: answers that come are read.
    pub fn due(&mut self, now: Instant, period: Duration, heard: bool) -> Due {
        if period.is_zero() || now < self.next {
            return Due::Nothing;
        }
        self.next = now + period;
        if !heard {
            self.unanswered = 0;
            return Due::Nothing;
        }
        if self.unanswered == LOST {
            return Due::Lost;
        }
        self.unanswered += 1;
        self.serial += 1;
        self.sent = now;
        Due::Ping(self.serial.to_le_bytes())
    }

    /// A pong with this data came.
    pub fn answered(&mut self, now: Instant, data: &[u8]) {
        self.unanswered = 0;
        if data != self.serial.to_le_bytes() {
            return;
        }
        let sample = now - self.sent;
        self.estimate = Some(match self.estimate {
            None => (sample, sample / 2),
            Some((mean, deviation)) => ((mean * 7 + sample) / 8, (deviation * 3 + mean.abs_diff(sample)) / 4),
        });
    }

    /// The mean and the mean deviation; nothing before the first answer.
    pub fn estimate(&self) -> Option<(Duration, Duration)> {
        self.estimate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: Duration = Duration::from_secs(20);

    #[test]
    fn the_first_round_trip_is_the_mean_and_later_ones_move_it() {
        let mut now = Instant::now();
        let mut pings = Pings::new(now);
        let mut round = |micros| {
            let Due::Ping(data) = pings.due(now, PERIOD, true) else { panic!("a ping is due") };
            pings.answered(now + Duration::from_micros(micros), &data);
            now += PERIOD;
            let (mean, deviation) = pings.estimate().unwrap();
            (mean.as_micros(), deviation.as_micros())
        };
        assert_eq!(round(800), (800, 400));
        assert_eq!(round(1600), (900, 500));
    }

    #[test]
    fn an_answer_to_another_ping_shows_life_but_measures_nothing() {
        let now = Instant::now();
        let mut pings = Pings::new(now);
        pings.due(now, PERIOD, true);
        pings.answered(now, b"other");
        assert_eq!(pings.estimate(), None);
    }

    #[test]
    fn a_silent_peer_is_lost_unless_nobody_listens() {
        let mut now = Instant::now();
        let mut pings = Pings::new(now);
        let mut next = |heard| {
            now += PERIOD;
            pings.due(now, PERIOD, heard)
        };
        assert!(matches!(next(true), Due::Ping(_)));
        assert!(matches!(next(true), Due::Ping(_)));
        assert_eq!(next(false), Due::Nothing);
        assert!(matches!(next(true), Due::Ping(_)));
        assert!(matches!(next(true), Due::Ping(_)));
        assert_eq!(next(true), Due::Lost);
    }

    #[test]
    fn a_period_of_zero_means_none() {
        let now = Instant::now();
        assert_eq!(Pings::new(now).due(now, Duration::ZERO, true), Due::Nothing);
    }
}
