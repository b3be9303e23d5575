//! Calls across the ABI, both ways.

use std::ffi::c_void;
use std::hint::black_box;
use std::path::PathBuf;

use anyhow::{Result, bail};
use libloading::{Library, Symbol};
use pintle_host::abi::{Message, Session, status};
use pintle_host::status_text;

use crate::budget::LISTENERS;
use crate::series::Series;
use crate::world::{World, library, walled};

type Raw = unsafe extern "C" fn(*mut c_void, u64, u64) -> i32;

/// What `c/runner.c` is told.
#[repr(C)]
#[derive(Clone, Copy)]
struct Job {
    kind: u32,
    bytes: u32,
    count: u64,
    floor: *const c_void,
}

const COPY: u32 = 1;
const VIEW: u32 = 2;
const FLOOR: u32 = 3;
const REQUEST: u32 = 4;

/// Runner and owner create the sessions 0 and 1 of their world.
const RUNNER: usize = 0;
const OWNER: usize = 1;

/// Everything that is called.
pub(crate) struct Worlds {
    raw: Library,
    floor: Library,
    plain: World,
    listening: World,
    walled: World,
}

fn check(status: i32) -> Result<()> {
    if status == status::OK { Ok(()) } else { bail!("{} (status {status})", status_text(status)) }
}

impl Worlds {
    /// Starts three hosts: one that nobody filters in, one with 16 listeners in C, one with 16 in Rust.
    pub(crate) fn start() -> Result<Self> {
        let listeners = LISTENERS as usize;
        let listening: Vec<PathBuf> =
            (0..listeners).map(|number| library(&format!("listener{number}"))).collect();
        // SAFETY: libraries of this package, without constructors.
        let (raw, floor) = unsafe { (Library::new(library("raw"))?, Library::new(library("floor"))?) };
        Ok(Self {
            raw,
            floor,
            plain: World::start(&[library("runner"), library("owner"), library("service")])?,
            listening: World::start(&listening)?,
            walled: World::start(&vec![walled()?; listeners])?,
        })
    }

    /// One series for every kind of call; `scale` times the least number of calls.
    pub(crate) fn series(&self, scale: u64) -> Result<Vec<Series<'_>>> {
        let mut series = vec![self.raw(scale * 100_000)?];
        series.push(receive("fan-out none", &self.plain, scale * 20_000)?);
        series.push(receive("fan-out C", &self.listening, scale * 5_000)?);
        series.push(receive("fan-out Rust", &self.walled, scale * 5_000)?);
        series.push(self.send(scale * 20_000)?);
        for (name, kind, bytes) in [
            ("floor 64", FLOOR, 64),
            ("cycle 64", COPY, 64),
            ("view 64", VIEW, 64),
            ("floor 1200", FLOOR, 1200),
            ("cycle 1200", COPY, 1200),
            ("view 1200", VIEW, 1200),
            ("request", REQUEST, 64),
        ] {
            series.push(self.job(name, kind, bytes, scale * 10_000)?);
        }
        Ok(series)
    }

    fn raw(&self, count: u64) -> Result<Series<'_>> {
        // SAFETY: the library's function has this type.
        let raw: Symbol<'_, Raw> = unsafe { self.raw.get(c"bench_raw") }?;
        Ok(Series::timed("raw", count, move |count| {
            for number in 0..count {
                // SAFETY: it touches none of its arguments.
                check(unsafe { black_box(*raw)(std::ptr::null_mut(), number, number) })?;
            }
            Ok(())
        }))
    }

    fn send(&self, count: u64) -> Result<Series<'_>> {
        let world = &self.plain;
        let message = world.host().calls()?.message(&[0; 64])?;
        let session = world.session(OWNER);
        Ok(Series::timed("send", count, move |count| {
            (0..count).try_for_each(|_| check(send(world, session, message)))
        }))
    }

    fn job(&self, name: &'static str, kind: u32, bytes: u32, count: u64) -> Result<Series<'_>> {
        let world = &self.plain;
        // SAFETY: the library's object is a table that is only passed on.
        let floor: Symbol<'_, *const c_void> = unsafe { self.floor.get(c"bench_floor") }?;
        let floor = *floor;
        Ok(Series::timed(name, count, move |count| {
            let job = Job { kind, bytes, count, floor };
            // SAFETY: plain bytes, all of them initialised: the struct has no padding.
            let bytes = unsafe { std::slice::from_raw_parts((&raw const job).cast(), size_of::<Job>()) };
            let calls = world.host().calls()?;
            Ok(calls.send(world.session(RUNNER), 0, bytes)?)
        }))
    }
}

#[inline(always)]
fn send(world: &World, session: Session, message: Message) -> i32 {
    let zero = world.zero();
    // SAFETY: plugin zero's tables, on the kernel thread of a host that lives.
    unsafe { ((*(*(*zero).api).session).send)(zero, session, 0, message) }
}

/// Plugin zero hands in a message on its own session: every other plugin's `message_in` sees it.
fn receive<'w>(name: &'static str, world: &'w World, count: u64) -> Result<Series<'w>> {
    let message = world.host().calls()?.message(&[0; 64])?;
    let zero = world.zero();
    Ok(Series::timed(name, count, move |count| {
        for _ in 0..count {
            // SAFETY: as for `send`.
            check(unsafe { ((*(*(*zero).api).session).receive)(zero, world.own, 0, message) })?;
        }
        Ok(())
    }))
}
