//! The kernel does what the reference model does, whatever is called in whatever order.
//!
//! `PROPTEST_CASES` sets how many random plans are tried (256 without it).

use std::{fs, path::Path};

use pintle_model::{Plan, check};
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

proptest! {
    // The plan is made smaller by the driver itself, which knows what a plan is.
    #![proptest_config(Config {
        max_shrink_iters: 0,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..Config::default()
    })]

    #[test]
    fn random_calls(bytes in vec(any::<u8>(), 3000..9000)) {
        let plan = Plan::from_bytes(&bytes);
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
