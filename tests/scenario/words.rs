//! The words of the scenario that are not names: statuses, modes, bytes.

use pintle_host::status_name;

/// The modes of channels, by number.
pub const MODES: [&str; 3] = ["UNRELIABLE", "SEQUENCED", "RELIABLE"];

/// The words of a line; a text keeps its quotes.
pub fn split(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let end = match rest.strip_prefix('"') {
            Some(text) => text.find('"').expect("a text ends with a quote") + 2,
            None => rest.find(' ').unwrap_or(rest.len()),
        };
        words.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    words
}

/// The number that a word is.
pub fn number<T: std::str::FromStr>(word: &str) -> T {
    word.parse().unwrap_or_else(|_| panic!("{word} is no number"))
}

/// The word for a status.
pub fn of_status(code: i32) -> String {
    status_name(code).map_or_else(|| code.to_string(), str::to_owned)
}

/// The status that a word is for.
pub fn to_status(word: &str) -> i32 {
    word.parse().unwrap_or_else(|_| {
        (0..).find(|code| status_name(*code) == Some(word)).unwrap_or_else(|| panic!("{word} is no status"))
    })
}

/// The mode that a word is for.
pub fn to_mode(word: &str) -> u32 {
    MODES.iter().zip(0..).find(|(mode, _)| **mode == word).unwrap_or_else(|| panic!("{word} is no mode")).1
}

/// The bytes that a word is for.
pub fn to_bytes(word: &str) -> Vec<u8> {
    let byte = |digits: &str| u8::from_str_radix(digits, 16).expect("two digits");
    if let Some(text) = word.strip_prefix('"') {
        return text[..text.len() - 1].into();
    }
    if let Some((count, digits)) = word.split_once('*') {
        return vec![byte(digits); number(count)];
    }
    (0..word.len()).step_by(2).map(|at| byte(&word[at..at + 2])).collect()
}

/// The word for bytes.
pub fn of_bytes(bytes: &[u8]) -> String {
    let is_plain = |byte: &u8| (b' '..=b'~').contains(byte) && *byte != b'"';
    if bytes.len() > 16 && bytes.iter().all(|byte| *byte == bytes[0]) {
        format!("{}*{:02x}", bytes.len(), bytes[0])
    } else if bytes.iter().all(is_plain) {
        format!("\"{}\"", String::from_utf8_lossy(bytes))
    } else {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
