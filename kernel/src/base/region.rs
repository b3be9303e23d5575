//! The region: one block of memory, given at start, that everything is carved from.
//!
//! The same walk measures ([`Cursor::measure`]) and carves ([`Cursor::carve`]), so that they cannot differ.

use core::ptr::NonNull;

/// What every piece of the region is aligned to: a cache line. With 32-bit pointers memory is scarce, and it is 8
/// bytes, the strictest alignment of any type here.
pub(crate) const LINE: usize = if usize::BITS < 64 { 8 } else { 64 };

/// Slots are not written before their first use, so that untouched pages of a lazily committed mapping stay uncommitted. A
/// firmware has no pages: there the whole region is zero bytes when the kernel starts.
pub(crate) const IS_LAZY: bool = cfg!(not(target_os = "none"));

#[repr(align(64))]
struct Line;

/// A piece of the region that holds up to `length` values, uninitialised at first.
pub(crate) struct Slice<T> {
    base: NonNull<T>,
    length: u32,
}

impl<T> Clone for Slice<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Slice<T> {}

impl<T> Slice<T> {
    pub(crate) const fn base(self) -> NonNull<T> {
        self.base
    }

    #[inline(always)]
    pub(crate) fn length(self) -> u32 {
        self.length
    }

    #[inline(always)]
    pub(crate) fn pointer(self, index: u32) -> *mut T {
        debug_assert!(index < self.length);
        // SAFETY: the index is within the piece that was carved for `length` values.
        unsafe { self.base.as_ptr().add(index as usize) }
    }

    /// # Safety
    /// The value at `index` was written, and only shared references to it exist.
    #[inline(always)]
    pub(crate) unsafe fn get<'a>(self, index: u32) -> &'a T {
        // SAFETY: carved, in bounds, and initialised as the caller says.
        unsafe { &*self.pointer(index) }
    }

    pub(crate) fn write(self, index: u32, value: T) {
        // SAFETY: carved and in bounds; writing over an uninitialised or trivially dropped value.
        unsafe { self.pointer(index).write(value) }
    }

    /// Makes `count` values from `first` on zero bytes.
    ///
    /// # Safety
    /// Zero bytes are a value, and nobody has a reference to one of them.
    pub(crate) unsafe fn zero(self, first: u32, count: u32) {
        debug_assert!(first + count <= self.length);
        // SAFETY: carved and in bounds.
        unsafe { self.pointer(first).cast::<u8>().write_bytes(0, count as usize * size_of::<T>()) }
    }

    /// Writes every element.
    pub(crate) fn fill(self, mut value: impl FnMut(u32) -> T) -> Self {
        for index in 0..self.length {
            self.write(index, value(index));
        }
        self
    }
}

/// Walks a region, or only counts what it would take.
pub(crate) struct Cursor {
    base: NonNull<u8>,
    offset: usize,
}

/// The size at which counting stops. It is larger than any region.
const END: usize = usize::MAX / LINE * LINE;

impl Cursor {
    /// Counts from an address that is aligned to any type.
    pub(crate) const fn measure() -> Self {
        Self { base: NonNull::<Line>::dangling().cast(), offset: 0 }
    }

    /// # Safety
    /// `base` is aligned to 64 and as much memory stands behind it as `measure` counts.
    pub(crate) const unsafe fn carve(base: NonNull<u8>) -> Self {
        Self { base, offset: 0 }
    }

    pub(crate) fn take<T>(&mut self, length: u32) -> Slice<T> {
        const { assert!(align_of::<T>() <= LINE) };
        Slice { base: self.bytes(size_of::<T>(), length).cast(), length }
    }

    /// `length` times `size` bytes, on a line of the cache.
    pub(crate) fn bytes(&mut self, size: usize, length: u32) -> NonNull<u8> {
        // SAFETY: only counted, or within the region: what does not fit was refused when it was measured.
        let at = unsafe { NonNull::new_unchecked(self.base.as_ptr().wrapping_add(self.offset)) };
        let end = self.offset.saturating_add(size.saturating_mul(length as usize));
        self.offset = end.checked_next_multiple_of(LINE).unwrap_or(END);
        at
    }

    /// How many bytes were taken, or `END` if they exceed the address space.
    pub(crate) const fn size(&self) -> usize {
        self.offset
    }
}
