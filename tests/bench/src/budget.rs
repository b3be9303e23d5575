//! What each row must reach. A budget is part of the design: loosening one is a decision, not a repair.

use crate::series::Round;

/// What a row must reach.
#[derive(Clone, Copy)]
pub(crate) enum Budget {
    /// At most so many times its peer.
    Times(f64),
    /// At most so many nanoseconds.
    Nanoseconds(f64),
    /// No budget of its own; it is here to be compared with.
    None,
}

/// Nanoseconds, taken from one round.
pub(crate) type Value = fn(&Round) -> f64;

/// One line of the table.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) value: Value,
    /// What it is compared with.
    pub(crate) peer: Option<(&'static str, Value)>,
    pub(crate) budget: Budget,
}

/// Listeners in a fan-out.
pub(crate) const LISTENERS: f64 = 16.0;

/// The host's call of a callback with every check, in C: against a raw call.
const CALLBACK_C: Budget = Budget::Times(1.5);
/// The same in Rust, behind the wall.
const CALLBACK_RUST: Budget = Budget::Times(2.0);
/// A message of 64 bytes, from acquire to release: against the floor.
const CYCLE_64: Budget = Budget::Times(2.2);
/// A message of 1200 bytes.
const CYCLE_1200: Budget = Budget::Times(1.4);
/// A view in place of length and read: against the cycle that copies.
const VIEW: Budget = Budget::Times(0.8);
/// One listener's part of a fan-out.
const FAN_OUT: Budget = Budget::Nanoseconds(4.0);
/// A send through its owner: against a raw call.
const SEND: Budget = Budget::Times(9.0);
/// A request, its handler, its result and its end.
const REQUEST: Budget = Budget::Nanoseconds(100.0);
/// Reading a descriptor from its file: against loading and closing the file.
const DESCRIPTOR: Budget = Budget::Times(0.2);
/// A verified load with create: against the system's loader alone.
const LOAD: Budget = Budget::Times(1.5);

/// The table, top to bottom.
pub(crate) fn rows() -> Vec<Row> {
    let raw = Some(("raw call", (|round: &Round| round.of("raw")) as Value));
    vec![
        Row {
            name: "raw call through a pointer",
            value: |round| round.of("raw"),
            peer: None,
            budget: Budget::None,
        },
        Row {
            name: "callback, C plugin",
            value: |round| (round.of("fan-out C") - round.of("fan-out none")) / LISTENERS,
            peer: raw,
            budget: CALLBACK_C,
        },
        Row {
            name: "callback, Rust plugin with its wall",
            value: |round| (round.of("fan-out Rust") - round.of("fan-out none")) / LISTENERS,
            peer: raw,
            budget: CALLBACK_RUST,
        },
        Row {
            name: "message cycle, 64 B",
            value: |round| round.of("cycle 64"),
            peer: Some(("C floor", |round| round.of("floor 64"))),
            budget: CYCLE_64,
        },
        Row {
            name: "message cycle, 1200 B",
            value: |round| round.of("cycle 1200"),
            peer: Some(("C floor", |round| round.of("floor 1200"))),
            budget: CYCLE_1200,
        },
        Row {
            name: "message cycle with a view, 64 B",
            value: |round| round.of("view 64"),
            peer: Some(("copying cycle", |round| round.of("cycle 64"))),
            budget: VIEW,
        },
        Row {
            name: "message cycle with a view, 1200 B",
            value: |round| round.of("view 1200"),
            peer: Some(("copying cycle", |round| round.of("cycle 1200"))),
            budget: VIEW,
        },
        Row {
            name: "session send through its owner",
            value: |round| round.of("send"),
            peer: raw,
            budget: SEND,
        },
        Row {
            name: "fan-out to 16 plugins, each",
            value: |round| round.of("fan-out C") / LISTENERS,
            peer: raw,
            budget: FAN_OUT,
        },
        Row {
            name: "receive that nobody filters",
            value: |round| round.of("fan-out none"),
            peer: raw,
            budget: Budget::None,
        },
        Row {
            name: "request, fast handler, result, 64 B",
            value: |round| round.of("request"),
            peer: raw,
            budget: REQUEST,
        },
        Row {
            name: "load with create",
            value: |round| round.of("load"),
            peer: Some(("dlopen, dlsym", |round| round.of("dlopen"))),
            budget: LOAD,
        },
        Row {
            name: "descriptor read from the file",
            value: |round| round.of("descriptor"),
            peer: Some(("dlopen, dlsym, dlclose", |round| round.of("dlopen cycle"))),
            budget: DESCRIPTOR,
        },
        Row {
            name: "inspect, the whole file",
            value: |round| round.of("inspect"),
            peer: Some(("dlopen, dlsym, dlclose", |round| round.of("dlopen cycle"))),
            budget: Budget::None,
        },
    ]
}
