//! The fuzz targets on their seeds, and on variations of them, without cargo-fuzz and a nightly toolchain.

use std::{fs, path::PathBuf};

use pintle_model::targets;

/// Variations of each seed.
const VARIATIONS: u64 = 300;

fn seeds(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/seeds")).join(target);
    let mut seeds: Vec<_> = fs::read_dir(&folder)
        .expect("the folder of seeds")
        .map(|file| {
            let path = file.expect("a file").path();
            let bytes = fs::read(&path).expect("a readable seed");
            (path, bytes)
        })
        .collect();
    seeds.sort();
    assert!(!seeds.is_empty(), "{}: no seeds", folder.display());
    seeds
}

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % limit.max(1)
    }
}

/// One to eight bytes changed; sometimes the end is missing.
fn varied(bytes: &[u8], number: u64) -> Vec<u8> {
    const BYTES: [u8; 6] = [0, 1, 0x7f, 0x80, 0xfe, 0xff];
    let mut numbers = Numbers(number);
    let mut varied = bytes.to_vec();
    for _ in 0..=numbers.below(7) {
        let at = numbers.below(varied.len());
        if let Some(byte) = varied.get_mut(at) {
            *byte = BYTES[numbers.below(BYTES.len())];
        }
    }
    if numbers.below(8) == 0 {
        varied.truncate(numbers.below(bytes.len()));
    }
    varied
}

#[test]
fn calls() {
    for (path, seed) in seeds("calls") {
        eprintln!("{}", path.display());
        targets::calls(&seed);
        (0..VARIATIONS / 10).for_each(|number| targets::calls(&varied(&seed, number)));
    }
}

#[test]
fn inspect() {
    for (path, seed) in seeds("inspect") {
        eprintln!("{}", path.display());
        targets::inspect(&seed);
        (0..VARIATIONS).for_each(|number| targets::inspect(&varied(&seed, number)));
    }
}
