//! What changed between two snapshots, and what of it may not.

use std::collections::BTreeMap;

use similar::{ChangeTag, TextDiff};

use super::{Layout, Member, Pair, Snapshot};

/// What `new` takes back of `old`: anything removed, moved, renamed, retyped or renumbered.
pub fn breaches(old: &Snapshot, new: &Snapshot) -> Vec<String> {
    let mut breaches = Vec::new();
    for (target, before) in &old.fingerprints {
        match new.fingerprints.get(target) {
            Some(after) if after == before => {}
            _ => breaches
                .push(format!("the fingerprint for {target} is another one: the frozen prefix changed")),
        }
    }
    let constants: BTreeMap<_, _> = new.constants.iter().map(|c| (&c.name, &c.value)).collect();
    for constant in &old.constants {
        match constants.get(&constant.name) {
            None => breaches.push(format!("{} was removed", constant.name)),
            // The minor version is the one number that moves as the ABI grows.
            Some(_) if constant.name == "PINTLE_ABI_MINOR" => {}
            Some(value) if **value != constant.value => {
                breaches.push(format!("{} was {} and is {value}", constant.name, constant.value));
            }
            Some(_) => {}
        }
    }
    for item in &old.structs {
        match new.structs.iter().find(|other| other.name == item.name) {
            None => breaches.push(format!("{} was removed", item.name)),
            Some(other) => breaches.extend(structure(item, other)),
        }
    }
    breaches
}

fn structure(old: &Layout, new: &Layout) -> Vec<String> {
    let mut breaches = Vec::new();
    for (index, member) in old.members.iter().enumerate() {
        let name = format!("{}.{}", old.name, member.name);
        match new.members.iter().position(|other| other.name == member.name) {
            None => breaches.push(format!("{name} was removed or renamed")),
            Some(place) if place != index => {
                breaches.push(format!("{name} was member {} and is member {}", index + 1, place + 1));
            }
            Some(place) => breaches.extend(changes(&name, member, &new.members[place])),
        }
    }
    // Only a struct that says its own size can grow: all others are copied whole.
    let sized = old.members.first().is_some_and(|member| member.name == "size");
    if !sized && (new.size != old.size || new.members.len() > old.members.len()) {
        breaches.push(format!("{} has no `size`, so it cannot grow", old.name));
    }
    breaches
}

fn changes(name: &str, old: &Member, new: &Member) -> Vec<String> {
    let mut changes = Vec::new();
    let pair = |Pair(wide, narrow): Pair| format!("{wide} ({narrow} with 32-bit pointers)");
    if old.kind != new.kind {
        changes.push(format!("{name} was `{}` and is `{}`", old.kind, new.kind));
    }
    if old.offset != new.offset {
        changes.push(format!("{name} was at {} and is at {}", pair(old.offset), pair(new.offset)));
    }
    if old.size != new.size {
        changes.push(format!("{name} had {} bytes and has {}", pair(old.size), pair(new.size)));
    }
    if old.tags != new.tags {
        changes.push(format!("{name} was tagged {} and is tagged {}", old.tags, new.tags));
    }
    changes
}

/// The lines that differ, `-` as committed and `+` as the source has it.
pub fn lines(old: &str, new: &str) -> String {
    let diff = TextDiff::from_lines(old, new);
    let mut out = String::new();
    for change in diff.iter_all_changes() {
        let sign = match change.tag() {
            ChangeTag::Equal => continue,
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
        };
        out += &format!("  {sign} {}\n", change.value().trim());
    }
    out
}

#[cfg(test)]
mod tests {
    use crate::model::Model;
    use crate::snapshot::Snapshot;

    const SOURCE: &str = r#"
/// One.
pub const E_ONE: i32 = 1;
/// Minor.
pub const ABI_MINOR: u16 = 1;
/// A pair.
#[repr(C)]
pub struct Pair {
    /// First.
    pub first: u32,
    /// Second.
    pub second: u32,
}
/// Grows.
#[repr(C)]
pub struct Info {
    /// Bytes.
    pub size: u32,
    /// Flags.
    pub flags: u32,
}
/// The pointer.
#[repr(C)]
pub struct Plugin {
    /// The table.
    pub api: *const LogApi,
}
/// A table.
#[repr(C)]
pub struct LogApi {
    /// Bytes.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Writes.
    ///
    /// `[thread: any] [state: any] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub write: unsafe extern "C" fn(plugin: *mut Plugin, level: u32) -> i32,
    /// Reads.
    ///
    /// `[thread: any] [state: any] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub read: unsafe extern "C" fn(plugin: *mut Plugin, level: u32) -> i32,
}
"#;

    fn snapshot(text: &str) -> Snapshot {
        Snapshot::of(&Model::from_sources(&[("log".to_owned(), text.to_owned())]).unwrap())
    }

    fn breaches(old: &str, new: &str) -> Vec<String> {
        assert!(SOURCE.contains(old), "the change must be planted");
        super::breaches(&snapshot(SOURCE), &snapshot(&SOURCE.replace(old, new)))
    }

    #[test]
    fn growth_is_no_breach() {
        let slot = "    /// More.\n    ///\n    /// `[thread: any] [state: any] [reentrant: yes] [blocking: no] [since: 1.1]`\n    \
                    pub more: unsafe extern \"C\" fn(plugin: *mut Plugin) -> i32,\n}\n";
        let mut grown = SOURCE.trim_end().trim_end_matches('}').to_owned() + slot;
        grown += "/// Two.\npub const E_TWO: i32 = 2;\n";
        assert_eq!(super::breaches(&snapshot(SOURCE), &snapshot(&grown)), Vec::<String>::new());
        // Better words are no change either.
        assert_eq!(
            breaches("level: u32) -> i32,\n    /// Reads", "how_bad: u32) -> i32,\n    /// Reads"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn every_planted_breach_is_named() {
        for (old, new, expected) in [
            ("E_ONE: i32 = 1", "E_ONE: i32 = 2", "PINTLE_E_ONE was 1 and is 2"),
            ("E_ONE", "E_UNO", "PINTLE_E_ONE was removed"),
            ("struct Pair", "struct Couple", "pintle_pair_t was removed"),
            ("pub second", "pub other", "pintle_pair_t.second was removed or renamed"),
            ("pub second: u32", "pub second: i32", "pintle_pair_t.second was `uint32_t` and is `int32_t`"),
            (
                "pub second: u32,",
                "pub second: u32,\n    /// Third.\n    pub third: u32,",
                "pintle_pair_t has no `size`, so it cannot grow",
            ),
            (
                "(plugin: *mut Plugin, level: u32)",
                "(plugin: *mut Plugin, level: u64)",
                "pintle_log_api_t.write was `int32_t(pintle_plugin_t *, uint32_t)`",
            ),
            ("[state: any]", "[state: live]", "pintle_log_api_t.write was tagged"),
            (
                "    /// Zero.\n    pub reserved: u32,\n",
                "    /// Zero.\n    pub reserved: u16,\n    /// More.\n    pub more: u16,\n",
                "pintle_log_api_t.reserved had 4",
            ),
        ] {
            let breaches = breaches(old, new);
            assert!(
                breaches.iter().any(|b| b.contains(expected)),
                "{new:?}: {breaches:?} lacks {expected:?}"
            );
        }
    }

    #[test]
    fn swapped_slots_are_a_breach() {
        let swapped = SOURCE
            .replace("pub write", "pub x")
            .replace("pub read", "pub write")
            .replace("pub x", "pub read");
        let breaches = super::breaches(&snapshot(SOURCE), &snapshot(&swapped));
        assert!(
            breaches.iter().any(|b| b == "pintle_log_api_t.write was member 3 and is member 4"),
            "{breaches:?}"
        );
        assert!(breaches.iter().any(|b| b.starts_with("the fingerprint for 64 little")), "{breaches:?}");
    }

    #[test]
    fn a_difference_shows_both_lines() {
        assert_eq!(super::lines("a\nb\n", "a\nc\n"), "  - b\n  + c\n");
    }
}
