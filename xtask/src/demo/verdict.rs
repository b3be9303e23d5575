//! Whether what the server said at its end is what the client saw.

use super::client::{Count, Traffic};
use super::server::Ended;

/// One sentence for each thing that differs.
pub fn faults(ended: &Ended, traffic: &Traffic, plugins: usize) -> Vec<String> {
    let mut faults = Vec::new();
    match ended.stats.as_deref().map(|line| (line, counts(line))) {
        None => faults.push("stats printed no line".to_owned()),
        Some((line, None)) => faults.push(format!("the line of stats is not what it was: {line}")),
        Some((_, Some([sent, received]))) => {
            // What the client sends, the server receives.
            faults.extend(differ("received", received, "sent", traffic.sent));
            faults.extend(differ("sent", sent, "received", traffic.received));
        }
    }
    let is_clean = |line: &&String| line.contains(": stopped") && line.contains("left nothing behind");
    faults.extend(
        ended
            .receipts
            .iter()
            .filter(|line| !is_clean(line))
            .map(|line| format!("a plugin did not end clean: {line}")),
    );
    if ended.receipts.len() != plugins {
        faults.push(format!("{plugins} plugins were loaded, and {} receipts came", ended.receipts.len()));
    }
    if !ended.status.success() {
        faults.push(format!("pintle run ended with {}", ended.status));
    }
    faults
}

fn differ(said: &str, stats: Count, done: &str, client: Count) -> Option<String> {
    (stats != client).then(|| {
        format!(
            "stats {said} {} messages ({} bytes), and the client {done} {} ({} bytes)",
            stats.messages, stats.bytes, client.messages, client.bytes
        )
    })
}

/// Sent and received, of `Stats: sent 1 messages (2 bytes), received 3 messages (4 bytes)`.
fn counts(line: &str) -> Option<[Count; 2]> {
    let numbers: Vec<u64> = line
        .split(|letter: char| !letter.is_ascii_digit())
        .filter(|word| !word.is_empty())
        .map(str::parse)
        .collect::<Result<_, _>>()
        .ok()?;
    let &[sent, sent_bytes, received, received_bytes] = numbers.as_slice() else { return None };
    Some([Count { messages: sent, bytes: sent_bytes }, Count { messages: received, bytes: received_bytes }])
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use super::*;

    fn good() -> (Ended, Traffic) {
        let ended = Ended {
            status: ExitStatus::from_raw(0),
            stats: Some("Stats: sent 1 messages (20 bytes), received 3 messages (40 bytes)".to_owned()),
            receipts: vec!["org.pintle.stats: stopped after 4 calls; left nothing behind".to_owned()],
        };
        let traffic =
            Traffic { sent: Count { messages: 3, bytes: 40 }, received: Count { messages: 1, bytes: 20 } };
        (ended, traffic)
    }

    fn said(change: impl FnOnce(&mut Ended, &mut Traffic)) -> String {
        let (mut ended, mut traffic) = good();
        change(&mut ended, &mut traffic);
        faults(&ended, &traffic, 1).join("; ")
    }

    #[test]
    fn what_agrees_has_no_faults() {
        assert_eq!(said(|_, _| ()), "");
    }

    #[test]
    fn whatever_differs_is_said() {
        assert_eq!(
            said(|_, traffic| traffic.sent.bytes = 41),
            "stats received 3 messages (40 bytes), and the client sent 3 (41 bytes)"
        );
        assert_eq!(
            said(|_, traffic| traffic.received.messages = 2),
            "stats sent 1 messages (20 bytes), and the client received 2 (20 bytes)"
        );
        assert_eq!(said(|ended, _| ended.stats = None), "stats printed no line");
        assert!(
            said(|ended, _| ended.receipts[0] = "x: stopped; left behind 1 timer".into()).contains("1 timer")
        );
        assert!(said(|ended, _| ended.receipts.clear()).contains("0 receipts"));
        assert!(said(|ended, _| ended.status = ExitStatus::from_raw(256)).contains("exit status: 1"));
    }
}
