//! A map whose keys are numbers that this process gives out. Because no other party chooses them, a plain hash is enough.

use std::hash::{BuildHasherDefault, Hasher};

pub(super) type HashMap<K, V> = std::collections::HashMap<K, V, BuildHasherDefault<Mixer>>;

/// 2^64 divided by the golden ratio: multiplied by it, numbers that are close come far apart.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Hashes one number.
#[derive(Default)]
pub(super) struct Mixer(u64);

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }

    #[inline]
    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0 ^ number).wrapping_mul(GOLDEN);
    }

    #[inline]
    fn finish(&self) -> u64 {
        // The map looks at the upper bits and at the lower ones; the lower ones of a product know little.
        self.0 ^ (self.0 >> 32)
    }
}
