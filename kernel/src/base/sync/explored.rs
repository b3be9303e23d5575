//! Cells and atomics that loom watches, for a kernel whose memory begins as zero bytes.
//!
//! loom's own have no value that is zero bytes, and count as written by the thread that makes them. So each of these names
//! one of loom's by a number, which it takes when it is first used; 0 is none yet. Those that are first used when threads
//! run already are made before, by [`reserve`]: what a zeroed region holds was there before any thread.

extern crate std;

use core::cell::UnsafeCell;
use core::marker::PhantomData;
use core::sync::atomic::Ordering;
use std::cell::RefCell;
use std::rc::Rc;
use std::vec::Vec;

use loom::sync::atomic::AtomicU64;

type Watch = loom::cell::UnsafeCell<()>;

/// What loom watches in the execution that runs: all that is in use, and after it what is reserved.
struct Watched<T> {
    all: Vec<Rc<T>>,
    used: usize,
    is_reserved: bool,
}

impl<T> Watched<T> {
    const fn new() -> Self {
        Self { all: Vec::new(), used: 0, is_reserved: false }
    }

    fn reserve(&mut self, count: usize, make: fn() -> T) {
        self.all.extend((0..count).map(|_| Rc::new(make())));
        self.is_reserved = true;
    }

    /// The one of this number, or for 0 another one.
    fn get(&mut self, number: &core::cell::Cell<u32>, make: fn() -> T) -> Rc<T> {
        if number.get() == 0 {
            if self.used == self.all.len() {
                assert!(!self.is_reserved, "the model uses more than it reserved before its threads began");
                self.all.push(Rc::new(make()));
            }
            self.used += 1;
            number.set(self.used as u32);
        }
        self.all[number.get() as usize - 1].clone()
    }
}

/// One of loom's atomics, and what makes its loads known.
///
/// loom looks for another order of two accesses only where one of them is a store, and it keeps the last access alone: a
/// thread that loads and then stores hides from it that others had loaded before. So each load is announced by an exchange
/// beside it, which depends on every other; being relaxed, it orders no memory.
struct Word {
    value: AtomicU64,
    loads: AtomicU64,
}

fn word() -> Word {
    Word { value: AtomicU64::new(0), loads: AtomicU64::new(0) }
}

fn watch() -> Watch {
    Watch::new(())
}

std::thread_local! {
    // All threads of a model run on one thread of the system.
    static WORDS: RefCell<Watched<Word>> = const { RefCell::new(Watched::new()) };
    static WATCHES: RefCell<Watched<Watch>> = const { RefCell::new(Watched::new()) };
}

/// An execution begins. Every kernel of the last one is gone.
pub fn begin() {
    WORDS.replace(Watched::new());
    WATCHES.replace(Watched::new());
}

/// Threads are about to begin, which will use at most as many atomics and cells for the first time.
pub fn reserve(count: usize) {
    WORDS.with_borrow_mut(|words| words.reserve(count, word));
    WATCHES.with_borrow_mut(|watches| watches.reserve(count, watch));
}

/// A value that fits a word.
pub(crate) trait Fits: Copy {
    fn pack(self) -> u64;
    fn unpack(word: u64) -> Self;
}

macro_rules! fits {
    ($($type:ty),*) => {$(
        impl Fits for $type {
            fn pack(self) -> u64 {
                self as u64
            }
            fn unpack(word: u64) -> Self {
                word as Self
            }
        }
    )*};
}

fits!(u8, u32, usize);

impl Fits for bool {
    fn pack(self) -> u64 {
        self.into()
    }
    fn unpack(word: u64) -> Self {
        word != 0
    }
}

impl<T> Fits for *mut T {
    fn pack(self) -> u64 {
        self.expose_provenance() as u64
    }
    fn unpack(word: u64) -> Self {
        core::ptr::with_exposed_provenance_mut(word as usize)
    }
}

/// An atomic. What it began with is kept beside, and loom's holds what differs from it, 0 at first.
pub(crate) struct Atomic<T> {
    number: core::cell::Cell<u32>,
    first: UnsafeCell<u64>,
    kind: PhantomData<T>,
}

pub(crate) type AtomicBool = Atomic<bool>;
pub(crate) type AtomicPtr<T> = Atomic<*mut T>;
pub(crate) type AtomicU8 = Atomic<u8>;
pub(crate) type AtomicU32 = Atomic<u32>;
pub(crate) type AtomicUsize = Atomic<usize>;

macro_rules! new {
    ($($type:ty),*) => {$(
        impl Atomic<$type> {
            pub(crate) const fn new(value: $type) -> Self {
                Self { number: core::cell::Cell::new(0), first: UnsafeCell::new(value as u64), kind: PhantomData }
            }
        }
    )*};
}

new!(u8, u32, usize, bool);

impl<T: Fits> Atomic<T> {
    fn word(&self) -> Rc<Word> {
        WORDS.with_borrow_mut(|words| words.get(&self.number, word))
    }

    fn first(&self) -> u64 {
        // SAFETY: never written.
        unsafe { *self.first.get() }
    }

    pub(crate) fn load(&self, order: Ordering) -> T {
        let word = self.word();
        word.loads.fetch_add(1, Ordering::Relaxed);
        T::unpack(word.value.load(order) ^ self.first())
    }

    pub(crate) fn store(&self, value: T, order: Ordering) {
        self.word().value.store(value.pack() ^ self.first(), order);
    }
}

impl Default for Atomic<u32> {
    fn default() -> Self {
        Self::new(0)
    }
}

impl Default for Atomic<bool> {
    fn default() -> Self {
        Self::new(false)
    }
}

/// A cell of which loom sees who reads and who writes.
#[derive(Default)]
pub(crate) struct Cell<T> {
    number: core::cell::Cell<u32>,
    value: core::cell::Cell<T>,
}

impl<T> Cell<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self { number: core::cell::Cell::new(0), value: core::cell::Cell::new(value) }
    }

    fn watch(&self) -> Rc<Watch> {
        WATCHES.with_borrow_mut(|watches| watches.get(&self.number, watch))
    }

    pub(crate) fn set(&self, value: T) {
        self.replace(value);
    }

    pub(crate) fn replace(&self, value: T) -> T {
        self.watch().with_mut(|_| self.value.replace(value))
    }
}

impl<T: Copy> Cell<T> {
    pub(crate) fn get(&self) -> T {
        self.watch().with(|_| self.value.get())
    }
}
