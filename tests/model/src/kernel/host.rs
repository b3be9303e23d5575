//! The program around the kernel: memory, a clock that stands still, and what only a host can do.

use std::{
    alloc::{Layout, alloc_zeroed, dealloc},
    ffi::{c_char, c_void},
    ptr::{self, NonNull},
    slice,
};

use pintle_abi_core::{
    AddOptions, Entry, Instance, Limits, Message, Platform, Receipt, Text,
    status::{E_EXISTS, E_REENTRANT, OK},
};
use pintle_kernel::Kernel;

use super::{
    call::{Answer, bytes_of, perform},
    entry::{Exports, size},
    side::{Side, begin, bits, end, name, with},
};
use crate::{
    data::EPOCH,
    event::{Event, Kind, Value},
    op::{HostOp, Step},
    plan::Plan,
    run::caught,
    stage::Stage,
};

/// The target of the log lines that plans write; the kernel's own lines have others.
pub(super) const TARGET: &str = "model";

/// This host's tag.
pub(super) const TAG: u16 = 5;

/// A page, which is more than the kernel's memory must be aligned to.
const PAGE: usize = 4096;

/// The kernel of a run, and what it points to.
pub(super) struct Host {
    kernel: NonNull<Kernel>,
    entries: Vec<*const Entry>,
}

/// Memory for a kernel.
struct Region {
    start: NonNull<u8>,
    layout: Layout,
}

impl Region {
    fn new(limits: &Limits) -> Self {
        let size = Kernel::region_size(limits).expect("limits that a kernel can have");
        let layout = Layout::from_size_align(size.max(1), PAGE).expect("a size that fits");
        // SAFETY: the size is not 0.
        let start = NonNull::new(unsafe { alloc_zeroed(layout) }).expect("memory");
        Self { start, layout }
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout; the kernel in it is not used any more.
        unsafe { dealloc(self.start.as_ptr(), self.layout) };
    }
}

unsafe extern "C" fn now(_: *mut c_void) -> u64 {
    with(|side| side.clock)
}

unsafe extern "C" fn log(
    _: *mut c_void,
    level: u32,
    _: *const c_char,
    _: usize,
    target: *const c_char,
    target_length: usize,
    text: *const c_char,
    text_length: usize,
) {
    // SAFETY: the kernel shows both for the length of the call.
    let shown = |data: *const c_char, length: usize| unsafe {
        if length == 0 { &[][..] } else { slice::from_raw_parts(data.cast::<u8>(), length) }
    };
    if shown(target, target_length) == TARGET.as_bytes() {
        let text = shown(text, text_length).to_vec();
        with(|side| side.stage.tell(Event::Log { level, text }));
    }
}

unsafe extern "C" fn watch(_: *mut c_void, fd: isize, _: u32, _: u64) -> i32 {
    with(|side| {
        if side.watched.contains(&fd) {
            return E_EXISTS;
        }
        side.watched.push(fd);
        OK
    })
}

unsafe extern "C" fn change(_: *mut c_void, _: isize, _: u32, _: u64) -> i32 {
    OK
}

unsafe extern "C" fn unwatch(_: *mut c_void, fd: isize) {
    with(|side| side.watched.retain(|watched| *watched != fd));
}

fn platform() -> Platform {
    Platform {
        size: size::<Platform>(),
        reserved: 0,
        context: ptr::null_mut(),
        now: Some(now),
        lock: None,
        unlock: None,
        thread: None,
        wake: None,
        work: None,
        log: Some(log),
        watch: Some(watch),
        change: Some(change),
        unwatch: Some(unwatch),
        fatal: None,
        ended: None,
        extension: None,
    }
}

/// Runs the steps, each made by the instance beside it. Gives the trace, and the words of a panic of the kernel.
pub(crate) fn on_kernel(plan: &Plan, steps: &[(usize, Step)]) -> (Vec<Event>, Option<String>) {
    let limits = plan.limits.limits();
    let region = Region::new(&limits);
    let mut definitions = vec![plan.zero.clone()];
    definitions.extend(plan.definitions.iter().cloned());
    let exports: Vec<Exports> =
        definitions.iter().enumerate().map(|(number, it)| Exports::new(number, it)).collect();
    // SAFETY: the region is fresh and outlives the kernel, as does what the platform points to, which is nothing.
    let started = unsafe { Kernel::start(region.start, region.layout.size(), &limits, &platform(), TAG) };
    let kernel: &Kernel = started.expect("a kernel in enough memory");
    begin(Side {
        stage: Stage::new(plan),
        limits,
        definitions,
        plugins: vec![kernel.zero()],
        defined: vec![0],
        adding: 0,
        clock: EPOCH,
        watched: Vec::new(),
        host: Host {
            kernel: NonNull::from(kernel),
            entries: exports.iter().map(|it| &raw const *it.entry).collect(),
        },
    });
    // SAFETY: the callbacks live until this function returns.
    unsafe { kernel.set_callbacks(exports[0].callbacks()) }.expect("callbacks that are all there");
    let run = || {
        for (actor, step) in steps {
            perform(*actor, step);
            let deadline = kernel.next_deadline();
            with(|side| side.stage.tell(Event::due(deadline, side.clock)));
        }
    };
    let panic = caught(run).err();
    (end().stage.into_trace(), panic)
}

/// Does what a plugin cannot.
pub(super) fn on_host(op: &HostOp) -> Answer {
    let kernel = with(|side| side.host.kernel);
    // SAFETY: the kernel lives as long as the run.
    let kernel = unsafe { kernel.as_ref() };
    match *op {
        HostOp::Add { definition } => add(kernel, definition),
        HostOp::Unload { instance, timeout } => {
            let instance = Instance { bits: bits(Kind::Instance, instance) };
            (kernel.unload(instance, timeout.nanoseconds()).unwrap_or_else(|refused| refused), vec![])
        }
        HostOp::Turn | HostOp::TurnAgain => (answer(kernel.turn()), vec![]),
        HostOp::TurnLater { after } => {
            with(|side| side.clock += after.0 % 1000);
            (answer(kernel.turn()), vec![])
        }
        HostOp::Ready { watch, ready } => (answer(kernel.ready(bits(Kind::Watch, watch), ready.0)), vec![]),
        HostOp::Take => match kernel.take() {
            Ok(inbound) => {
                let zero = with(|side| side.plugins[0]);
                let bytes = bytes_of(zero, inbound.message);
                let session = name(Kind::Session, inbound.session.bits);
                let message: Message = inbound.message;
                let message = name(Kind::Message, message.bits);
                (OK, vec![session, Value::Number(inbound.channel.into()), message, bytes])
            }
            Err(status) => (status, vec![]),
        },
        HostOp::Work { ref steps } => {
            with(|side| side.stage.work_next(steps));
            (OK, vec![])
        }
        HostOp::Receipt { instance } => {
            let instance = Instance { bits: bits(Kind::Instance, instance) };
            match kernel.receipt(instance) {
                Ok(receipt) => (OK, fields(&receipt)),
                Err(status) => (status, vec![]),
            }
        }
    }
}

fn add(kernel: &Kernel, definition: u8) -> Answer {
    let nothing = Text { data: c"".as_ptr(), length: 0 };
    let (entry, priority) = with(|side| {
        let count = side.host.entries.len() - 1;
        side.adding = usize::from(definition) % count + 1;
        (side.host.entries[side.adding], side.definitions[side.adding].priority)
    });
    let options = AddOptions { size: size::<AddOptions>(), priority, instance: nothing, config: nothing };
    // SAFETY: the entry and all it points to live until the run ends.
    match unsafe { kernel.add(entry, Some(&options)) } {
        Ok(instance) => (OK, vec![name(Kind::Instance, instance.bits)]),
        Err(status) => {
            if status == E_REENTRANT {
                // `create` was not called, and yet the model counts an instance.
                with(|side| {
                    side.plugins.push(ptr::null_mut());
                    side.defined.push(side.adding);
                });
            }
            (status, vec![])
        }
    }
}

fn answer(result: Result<(), i32>) -> i32 {
    result.err().unwrap_or(OK)
}

/// The numbers of a receipt that a kernel alone can know.
fn fields(receipt: &Receipt) -> Vec<Value> {
    let calls = i128::from(receipt.calls);
    let small = [
        receipt.outcome,
        receipt.poisoned,
        receipt.messages,
        receipt.sockets,
        receipt.sessions,
        receipt.requests,
        receipt.tasks,
        receipt.timers,
        receipt.watches,
    ];
    std::iter::once(calls).chain(small.map(i128::from)).map(Value::Number).collect()
}
