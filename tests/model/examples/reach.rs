//! Which statuses random plans reach.
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
fn bytes(seed: u64, n: usize) -> Vec<u8> {
    (0..n)
        .map(|i| {
            let mut h = DefaultHasher::new();
            (seed, i).hash(&mut h);
            (h.finish() >> 7) as u8
        })
        .collect()
}
fn main() {
    let mut reach: BTreeMap<String, usize> = BTreeMap::new();
    let n: u64 = std::env::args().nth(1).unwrap().parse().unwrap();
    let show: Option<u64> = std::env::args().nth(2).map(|s| s.parse().unwrap());
    let mut steps = 0;
    for seed in 0..n {
        let plan = pintle_model::Plan::from_bytes(&bytes(seed, 6000));
        steps += plan.steps();
        let text = pintle_model::tell(&plan);
        if show == Some(seed) {
            println!("{text}");
        }
        let mut last = vec![];
        for line in text.lines() {
            if line.contains(": ") && !line.starts_with('>') && !line.starts_with("receipt") {
                let op = line.split(['{', '(']).take(2).collect::<Vec<_>>().join("(");
                let op = op.split_once(": ").unwrap().1.to_string();
                last.push(op);
            } else if line.starts_with('=') {
                let st = line.split(' ').nth(1).unwrap();
                let op = last.pop().unwrap();
                *reach
                    .entry(format!("{op} = {}", if st.starts_with("1") { "own" } else { st }))
                    .or_default() += 1;
            } else if line.starts_with('>') {
                *reach.entry(line.split(" of ").next().unwrap().to_string()).or_default() += 1;
            }
        }
    }
    println!("{} steps", steps as f64 / n as f64);
    for (k, v) in reach {
        println!("{v:7} {k}");
    }
}
