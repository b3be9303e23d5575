//! The kernel does what the reference model does, whatever is called in whatever order.
//!
//! `PROPTEST_CASES` sets how many random plans are tried (256 without it).

use std::{collections::BTreeSet, fmt, fs, path::Path};

use pintle_abi_core::rules::CALLBACKS;
use pintle_model::{Plan, check, transcript};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, FileFailurePersistence},
};

/// Calls from outside in every random plan, at least.
const STEPS: usize = 60;

fn agree(plan: &Plan) -> Result<(), String> {
    check(plan).map_err(|difference| {
        format!(
            "{difference}\nTo keep it, write this to tests/model/regressions/:\n{}",
            difference.plan.to_json()
        )
    })
}

/// Bytes that nobody wants to read: the transcript says what they mean.
#[derive(Clone)]
struct Bytes(Vec<u8>);

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

proptest! {
    // The plan is made smaller by the driver itself, which knows what a plan is.
    #![proptest_config(Config {
        max_shrink_iters: 0,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..Config::default()
    })]

    #[test]
    fn random_calls(bytes in vec(any::<u8>(), 3000..9000).prop_map(Bytes)) {
        let plan = Plan::from_bytes(&bytes.0);
        prop_assume!(plan.steps() >= STEPS);
        if let Err(difference) = agree(&plan) {
            prop_assert!(false, "{}", difference);
        }
    }
}

#[test]
fn regressions() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("model/regressions");
    for file in fs::read_dir(folder).expect("the folder of regressions") {
        let path = file.expect("a file").path();
        let text = fs::read_to_string(&path).expect("a readable plan");
        let plan = Plan::from_json(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        agree(&plan).unwrap_or_else(|difference| panic!("{}:\n{difference}", path.display()));
    }
}

/// What no call of a host without threads answers: a stop that is late.
const UNREACHABLE: [&str; 1] = ["E_TIMEOUT"];

/// Callbacks that are reserved: no host calls them yet.
const UNMODELLED: [&str; 5] = ["session_batch", "settings_check", "settings_changed", "save", "restore"];

/// What happens in random plans, which are the same in every run of the tests.
fn transcripts() -> impl Iterator<Item = String> {
    let mut numbers = 1_u64;
    let mut byte = move || {
        numbers = numbers.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (numbers >> 40).to_le_bytes()[0]
    };
    (0..400).map(move |_| transcript(&Plan::from_bytes(&(0..5000).map(|_| byte()).collect::<Vec<u8>>())))
}

/// Random plans are worth nothing if they never get anywhere.
#[test]
fn random_calls_reach_every_status_and_callback() {
    let (mut statuses, mut crossings) = (BTreeSet::new(), BTreeSet::new());
    for transcript in transcripts() {
        for line in transcript.lines() {
            if let Some(answer) = line.strip_prefix("= ") {
                statuses.extend(answer.split(' ').next().map(str::to_owned));
            } else if let Some(crossing) = line.strip_prefix("> ") {
                crossings.extend(crossing.split(" of ").next().map(str::to_owned));
            }
        }
    }
    let source = include_str!("../../abi-core/src/status.rs");
    let kernels = source.split("pub const E_IO:").next().expect("the kernel's statuses come first");
    let named = kernels.lines().filter_map(|line| line.strip_prefix("pub const ")?.split(':').next());
    let missed: Vec<_> =
        named.filter(|name| !statuses.contains(*name) && !UNREACHABLE.contains(name)).collect();
    assert!(missed.is_empty(), "no call was answered with {missed:?}");
    let others = ["task", "worker task", "timer", "watch", "offer call"];
    let missed: Vec<_> = CALLBACKS
        .iter()
        .map(|rule| rule.name)
        .filter(|name| !UNMODELLED.contains(name))
        .chain(others)
        .filter(|name| !crossings.contains(*name))
        .collect();
    assert!(missed.is_empty(), "nothing called {missed:?}");
}

/// Offers are hardest where calls nest: inside a filter, inside each other, and where they end on the way.
#[test]
fn random_calls_nest_in_calls_through_offers() {
    let nests = [
        ("> message_in of ", "> offer call of "),
        ("> request of ", "> offer call of "),
        ("> offer call of ", "> offer call of "),
        ("> offer call of ", "Unload"),
        ("> offer call of ", "Withdraw"),
        ("> offer call of ", "> offer_ended of "),
        ("> offer_published of ", "> offer_ended of "),
        ("> offer_ended of ", "> offer_published of "),
    ];
    let mut plans = [0; 8];
    for transcript in transcripts() {
        for (count, (outer, inner)) in plans.iter_mut().zip(nests) {
            *count += usize::from(is_nested(&transcript, outer, inner));
        }
    }
    for ((outer, inner), plans) in nests.into_iter().zip(plans) {
        assert!(plans >= 20, "{inner}inside {outer}: in {plans} of 400 plans");
    }
}

/// Whether a line with `inner` stands between one that begins with `outer` and its end.
fn is_nested(transcript: &str, outer: &str, inner: &str) -> bool {
    let mut open = Vec::new();
    for line in transcript.lines() {
        if line.starts_with("= ") || line.starts_with("< ") {
            open.pop();
        } else if !line.starts_with("log ") && !line.starts_with("a turn ") {
            if line.contains(inner) && open.iter().any(|line: &&str| line.starts_with(outer)) {
                return true;
            }
            open.push(line);
        }
    }
    false
}
