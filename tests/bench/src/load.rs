//! Loading a plugin, and reading what it says of itself, beside the system's own loader.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use pintle_host::abi::IMAGE_UNMAPPED;
use pintle_host::{Host, LoadOptions, inspect, read_descriptor};

use crate::series::{Series, median};
use crate::world::library;

/// The host that loads, and what it loads.
pub(crate) struct Files {
    host: Host,
    plugin: PathBuf,
}

fn open(path: &Path) -> Result<Library> {
    // SAFETY: built from this package's own sources; it has no constructors.
    let library = unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) }?;
    // SAFETY: only looked up.
    unsafe { library.get::<*const ()>(c"pintle_entry") }?;
    Ok(library)
}

/// The median of single timings of `step`, which also undoes what it did, after the clock has stopped.
fn single<'w>(name: &'static str, count: u64, step: impl Fn() -> Result<f64> + 'w) -> Series<'w> {
    Series::measured(name, move || {
        let times: Vec<f64> = (0..count).map(|_| step()).collect::<Result<_>>()?;
        Ok(median(times))
    })
}

fn nanoseconds(start: Instant) -> f64 {
    start.elapsed().as_nanos() as f64
}

impl Files {
    /// Starts a host without plugins.
    pub(crate) fn new() -> Result<Self> {
        Ok(Self { host: Host::builder().start()?, plugin: library("loaded") })
    }

    /// One series for every way to look at a file; `scale` times the least number of loads.
    pub(crate) fn series(&self, scale: u64) -> Result<Vec<Series<'_>>> {
        let (count, path) = (scale * 5, self.plugin.as_path());
        let load = move || {
            let start = Instant::now();
            // SAFETY: built from this package's own sources.
            let instance = unsafe { self.host.load(path, &LoadOptions::default()) }?;
            let time = nanoseconds(start);
            let receipt = self.host.unload(instance, Duration::from_secs(1))?;
            ensure!(receipt.image == IMAGE_UNMAPPED, "the image is still mapped: {}", receipt.reason());
            Ok(time)
        };
        let dlopen = move || {
            let start = Instant::now();
            let library = open(path)?;
            let time = nanoseconds(start);
            library.close()?;
            Ok(time)
        };
        let cycle = move || {
            let start = Instant::now();
            open(path)?.close()?;
            Ok(nanoseconds(start))
        };
        let descriptor = move || {
            let start = Instant::now();
            read_descriptor(path)?;
            Ok(nanoseconds(start))
        };
        let whole = move || {
            let start = Instant::now();
            std::hint::black_box(inspect(path));
            Ok(nanoseconds(start))
        };
        Ok(vec![
            single("dlopen", count, dlopen),
            single("load", count, load),
            single("dlopen cycle", count, cycle),
            single("descriptor", count, descriptor),
            single("inspect", count, whole),
        ])
    }
}
