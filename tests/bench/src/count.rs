//! The same calls under callgrind, which counts instructions exactly.

use anyhow::Result;

use crate::series::Series;

/// Calls of the shorter run. The longer one is three times as long, so that whatever does not grow with the calls cancels out.
const CALLS: u64 = 500;

/// callgrind is told to write what it has counted so far, and to begin again, whenever this runs.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn bench_counted() {
    std::hint::black_box(());
}

/// Runs every series that is a number of calls: once to warm up, then a short and a long run. Prints the calls by which
/// they differ, and a name for each pair.
pub(crate) fn run(series: &mut [Series<'_>]) -> Result<()> {
    println!("{}", 2 * CALLS);
    for one in series {
        if one.repeat(CALLS)? {
            for calls in [CALLS, 3 * CALLS] {
                bench_counted();
                one.repeat(calls)?;
            }
            bench_counted();
            println!("{}", one.name);
        }
    }
    Ok(())
}
