//! What both sides write, read and expect.

use pintle_abi_core::Limits;

use crate::argument::Size;

/// The virtual clock at the start, in nanoseconds.
pub(crate) const EPOCH: u64 = 1000;

/// What an owner answers to `session_get_rtt`.
pub(crate) const RTT: [u64; 2] = [1500, 20];

/// The id of the plugin with this number, with which the names of its instances begin; plugin zero's own name.
pub(crate) fn plugin_id(number: usize) -> String {
    if number == 0 { "host".to_owned() } else { format!("org.example.model{number}") }
}

/// The bytes that are written, by their number.
pub(crate) fn pattern(length: usize) -> impl Iterator<Item = u8> {
    (b'a'..=b'z').cycle().take(length)
}

/// What overwriting in place makes of the bytes.
pub(crate) fn overwritten(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| byte ^ 0x20).collect()
}

/// The text that a plugin sets before it returns this status.
pub(crate) fn error_text(status: i32) -> Vec<u8> {
    format!("text {status}").into_bytes()
}

/// At most so many bytes, cut at a character's boundary.
pub(crate) fn cut(mut bytes: Vec<u8>, longest: usize) -> Vec<u8> {
    if bytes.len() > longest {
        let mut end = longest;
        while end > 0 && longest - end < 3 && bytes[end] & 0xc0 == 0x80 {
            end -= 1;
        }
        bytes.truncate(end);
    }
    bytes
}

impl Size {
    /// How many bytes.
    pub(crate) fn bytes(self, limits: &Limits) -> usize {
        match self {
            Self::Bytes(bytes) => usize::from(bytes),
            Self::Small(more) => (limits.message_bytes as usize).wrapping_add_signed(more.into()),
            Self::Large(more) => (limits.large_message_bytes as usize).wrapping_add_signed(more.into()),
            Self::Max => usize::MAX,
        }
    }
}
