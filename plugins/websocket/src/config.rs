//! The configuration: words of the form `key=value`.

use std::time::Duration;

/// The settings in the configuration text of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Connections that are open at a time; further ones wait in the backlog of the operating system.
    pub max_connections: usize,
    /// Bytes waiting to be sent on one connection at which sending is refused with `E_AGAIN`.
    pub high_water: usize,
    /// Bytes waiting at which sending is resumed.
    pub low_water: usize,
    /// The longest payload in bytes; 0 stands for the largest message that the host gives.
    pub max_payload: usize,
    /// How long the opening and the closing handshake may each take.
    pub handshake: Duration,
    /// Time between two pings; zero for none.
    pub ping: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_connections: 1000,
            high_water: 1 << 20,
            low_water: 1 << 18,
            max_payload: 0,
            handshake: Duration::from_secs(10),
            ping: Duration::from_secs(20),
        }
    }
}

impl Config {
    /// Reads a configuration text.
    ///
    /// # Errors
    /// A sentence that names the word which is not understood.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut config = Self::default();
        let mut low_water = None;
        for word in text.split_whitespace() {
            let Some((key, value)) = word.split_once('=') else {
                return Err(format!("\"{word}\" is not of the form key=value"));
            };
            let number = |least: u64, most: u64| match value.parse::<u64>() {
                Ok(number) if (least..=most).contains(&number) => Ok(number),
                _ => Err(format!("{key} must be a whole number from {least} to {most}, not \"{value}\"")),
            };
            let bytes = |least| number(least, 1 << 30).map(|number| number as usize);
            match key {
                "max_connections" => config.max_connections = number(1, 1 << 20)? as usize,
                "high_water" => config.high_water = bytes(1)?,
                "low_water" => low_water = Some(bytes(0)?),
                "max_payload" => config.max_payload = bytes(1)?,
                "handshake_seconds" => config.handshake = Duration::from_secs(number(1, 3600)?),
                "ping_seconds" => config.ping = Duration::from_secs(number(0, 86_400)?),
                _ => {
                    return Err(format!(
                        "there is no key \"{key}\"; the keys are max_connections, high_water, low_water, \
                         max_payload, handshake_seconds and ping_seconds"
                    ));
                }
            }
        }
        config.low_water = low_water.unwrap_or(config.high_water / 4);
        if config.low_water >= config.high_water {
            return Err(format!(
                "low_water ({}) must be below high_water ({})",
                config.low_water, config.high_water
            ));
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_text_gives_the_defaults() {
        assert_eq!(Config::parse(" \n"), Ok(Config::default()));
    }

    #[test]
    fn every_key_is_read() {
        let text =
            "max_connections=2 high_water=4000\nlow_water=5 max_payload=6 handshake_seconds=7 ping_seconds=0";
        let config = Config {
            max_connections: 2,
            high_water: 4000,
            low_water: 5,
            max_payload: 6,
            handshake: Duration::from_secs(7),
            ping: Duration::ZERO,
        };
        assert_eq!(Config::parse(text), Ok(config));
        assert_eq!(Config::parse("high_water=400").unwrap().low_water, 100);
    }

    #[test]
    fn a_mistake_is_named() {
        for (text, part) in [
            ("fast", "\"fast\" is not of the form key=value"),
            ("colour=red", "there is no key \"colour\""),
            ("high_water=lots", "high_water must be a whole number from 1 to 1073741824, not \"lots\""),
            ("max_connections=0", "max_connections must be"),
            ("high_water=10 low_water=10", "low_water (10) must be below high_water (10)"),
        ] {
            let sentence = Config::parse(text).unwrap_err();
            assert!(sentence.contains(part), "{sentence}");
        }
    }
}
