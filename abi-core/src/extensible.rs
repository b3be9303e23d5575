//! Extensible structs: how a struct that begins with its size crosses between two editions of the contract.
//!
//! Every struct that crosses by pointer begins with `size`, which whoever makes it sets to its `sizeof`. A later edition
//! appends members and changes nothing else, and zero in a member that was appended means what its absence means. So
//! either side can be the older one:
//!
//! | struct | who makes it | shorter than the other side's | longer than the other side's |
//! |---|---|---|---|
//! | passed: what a call is to do, such as `Limits`, `AddOptions`, `Platform`, `SessionOptions`, `Address`, `RequestOptions` | caller | what is missing is zero; below the first edition: `E_ARGUMENT` | what is behind must be zero, else `E_UNSUPPORTED`: nothing that is asked for is ignored. A size over [`SIZE_MAX`]: `E_ARGUMENT` |
//! | filled: what a call tells, such as `Limits`, `Receipt`, `Address`, `Error`, `Inspection` | caller | filled as far as `size` goes; below the first edition: `E_ARGUMENT` | filled as far as the host knows it, the rest is left alone; `size` then says how far |
//! | offered or told: tables, callbacks, the entry, the arguments of callbacks | callee or caller | what `size` does not cover is absent: see [`covers!`](crate::covers) | what is behind is not looked at |
//!
//! [`read`] is the first row, [`Room`] the second, [`covers!`](crate::covers) the third.

use core::mem::MaybeUninit;

use crate::status;

/// The largest size of a struct that is passed, in bytes. A larger one is no size, but memory that was never set.
pub const SIZE_MAX: usize = 4096;

/// A struct that begins with its size.
///
/// # Safety
/// The struct is `repr(C)`, its first member is `size: u32`, it has no padding and no destructor, and any bytes that a
/// caller vouches for are a value of it, zeroes among them.
pub unsafe trait Extensible {
    /// Its name in C.
    const NAME: &'static str;
    /// The least size: bytes up to the end of the last member that the first edition had.
    const FIRST_EDITION: usize;
}

/// What the rule needs to know of a struct. The code that reads and fills is there once, for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    name: &'static str,
    least: u32,
    known: u32,
}

/// Why a struct cannot be read or filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Misfit {
    shape: &'static Shape,
    /// What is wrong with it.
    pub fault: Fault,
    /// The size that it names, or the place of the byte that nobody knows.
    pub found: u32,
}

/// What is wrong with a struct that begins with its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Its size is below that of its first edition, or above [`SIZE_MAX`].
    Size,
    /// A member behind those that this edition knows is not zero.
    Unknown,
}

impl Misfit {
    /// The status to answer with.
    #[must_use]
    pub const fn status(&self) -> i32 {
        match self.fault {
            Fault::Size => status::E_ARGUMENT,
            Fault::Unknown => status::E_UNSUPPORTED,
        }
    }

    /// What a person is told, in parts to be put together. `digits` is room for the numbers.
    #[must_use]
    pub fn words<'a>(&self, digits: &'a mut [[u8; 10]; 2]) -> [&'a str; 6] {
        const { assert!(SIZE_MAX == 4096) };
        let (is, bound_is, bound, cure) = match self.fault {
            Fault::Size => (".size is ", " and must be ", self.shape.least, " to 4096: set it to sizeof"),
            Fault::Unknown => {
                (": byte ", " is set, this host knows ", self.shape.known, ": leave later members zero")
            }
        };
        let [found_digits, bound_digits] = digits;
        let (found, bound) = (decimal(self.found, found_digits), decimal(bound, bound_digits));
        [self.shape.name, is, found, bound_is, bound, cure]
    }
}

/// A number in decimal digits, which 32 bits have ten of at most.
#[cfg_attr(target_os = "none", inline(never))]
fn decimal(mut number: u32, digits: &mut [u8; 10]) -> &str {
    let mut at = digits.len();
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        at -= 1;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    // SAFETY: `at` is a place of the array, and from there on all are ASCII digits.
    unsafe { core::str::from_utf8_unchecked(digits.get_unchecked(at..)) }
}

impl Shape {
    /// The shape of a type.
    #[must_use]
    pub const fn of<T: Extensible>() -> &'static Self {
        const {
            assert!(T::FIRST_EDITION <= size_of::<T>() && size_of::<T>() <= SIZE_MAX);
            &Self { name: T::NAME, least: T::FIRST_EDITION as u32, known: size_of::<T>() as u32 }
        }
    }

    /// How far both sides know a struct of this shape.
    ///
    /// # Errors
    /// `E_ARGUMENT`: its size is below that of the first edition.
    ///
    /// # Safety
    /// `at` begins with its size.
    pub unsafe fn common(&self, at: *const u8) -> Result<usize, i32> {
        // SAFETY: the caller's.
        let size = unsafe { at.cast::<u32>().read() };
        if size < self.least { Err(status::E_ARGUMENT) } else { Ok(size.min(self.known) as usize) }
    }

    /// As [`read`], for any struct of this shape: writes the copy to `to`. [`misfit`](Self::misfit) tells what is wrong.
    ///
    /// # Errors
    /// `E_ARGUMENT`, `E_UNSUPPORTED`: as [`read`].
    ///
    /// # Safety
    /// As [`read`], and `to` is a place for the struct that is aligned for numbers of 32 bits.
    #[inline(never)]
    pub unsafe fn read(&self, from: *const u8, to: *mut u8) -> Result<(), i32> {
        // SAFETY: the caller's.
        let common = unsafe { self.common(from) }?;
        // SAFETY: the caller's, and its size is at least that of the first edition.
        if let Some(at) = unsafe { self.first_beyond(from) } {
            return Err(if at > SIZE_MAX { status::E_ARGUMENT } else { status::E_UNSUPPORTED });
        }
        // SAFETY: the common part is readable there and writable here, and the place is as large as is known.
        unsafe {
            to.write_bytes(0, self.known as usize);
            core::ptr::copy_nonoverlapping(from, to, common);
            to.cast::<u32>().write(self.known);
        }
        Ok(())
    }

    /// Where the first byte stands that is not zero and that nobody knows; a place beyond [`SIZE_MAX`] where the size is
    /// none.
    ///
    /// # Safety
    /// `from` begins with its size and is readable for that.
    unsafe fn first_beyond(&self, from: *const u8) -> Option<usize> {
        // SAFETY: the caller's.
        let size = unsafe { from.cast::<u32>().read() } as usize;
        if size > SIZE_MAX {
            return Some(size);
        }
        // SAFETY: readable for its size.
        (self.known as usize..size).find(|at| unsafe { from.add(*at).read() } != 0)
    }

    /// What is wrong with a struct that was refused.
    ///
    /// # Safety
    /// `at` begins with its size and is readable for that, and was refused by [`common`](Self::common) or
    /// [`read`](Self::read).
    #[must_use]
    #[cold]
    pub unsafe fn misfit(&'static self, at: *const u8) -> Misfit {
        // SAFETY: the caller's.
        let size = unsafe { at.cast::<u32>().read() };
        if size < self.least || size as usize > SIZE_MAX {
            return Misfit { shape: self, fault: Fault::Size, found: size };
        }
        // SAFETY: the caller's.
        let found = unsafe { self.first_beyond(at) }.unwrap_or_default() as u32;
        Misfit { shape: self, fault: Fault::Unknown, found }
    }
}

/// A copy of a struct that was passed, as this edition knows it: what its maker does not know is zero, and its `size` is
/// this edition's.
///
/// # Errors
/// A [`Misfit`]: its size is below that of the first edition or is none, or a member that this edition does not know is set.
///
/// # Safety
/// `from` begins with its size and is readable for that; as far as its size goes it is a value of `T`. It is aligned as its
/// maker's edition of the struct is.
#[inline]
pub unsafe fn read<T: Extensible>(from: *const T) -> Result<T, Misfit> {
    // Nearly every caller was built with the header of its host.
    // SAFETY: `size` is the first member.
    if unsafe { from.cast::<u32>().read() } as usize == size_of::<T>() {
        // SAFETY: readable for its size, which is that of a `T`.
        return Ok(unsafe { from.read() });
    }
    let (shape, mut to) = (Shape::of::<T>(), MaybeUninit::<T>::uninit());
    // SAFETY: the caller's, and a place for a `T`; refused where it is asked what is wrong; zeroes are a value, and so is
    // what was copied over them.
    unsafe {
        match shape.read(from.cast(), to.as_mut_ptr().cast()) {
            Ok(()) => Ok(to.assume_init()),
            Err(_) => Err(shape.misfit(from.cast())),
        }
    }
}

/// The room that a caller gives for a struct that is to be filled.
#[derive(Debug)]
pub struct Room<T> {
    to: *mut T,
    length: usize,
}

impl<T: Extensible> Room<T> {
    /// The room at `to`. Nothing is written yet.
    ///
    /// # Errors
    /// A [`Misfit`]: its size is below that of the first edition.
    ///
    /// # Safety
    /// `to` begins with its size and is readable and writable for that, as long as the room is used. It is aligned as its
    /// maker's edition of the struct is.
    pub unsafe fn at(to: *mut T) -> Result<Self, Misfit> {
        let shape = Shape::of::<T>();
        // SAFETY: the caller's; refused where it is asked what is wrong.
        unsafe {
            match shape.common(to.cast()) {
                Ok(length) => Ok(Self { to, length }),
                Err(_) => Err(shape.misfit(to.cast())),
            }
        }
    }

    /// A room whose length is known.
    ///
    /// # Safety
    /// As for [`at`](Self::at), and [`Shape::common`] told the length.
    #[must_use]
    pub const unsafe fn new(to: *mut T, length: usize) -> Self {
        Self { to, length }
    }

    /// Fills the room as far as it goes, and says in its `size` how far that is. What lies behind is left alone.
    #[inline]
    pub fn write(self, value: &T) {
        // SAFETY: the room is writable for its length, which is no more than that of a `T`.
        unsafe {
            core::ptr::copy_nonoverlapping(
                core::ptr::from_ref(value).cast::<u8>(),
                self.to.cast(),
                self.length,
            );
        }
        self.say_length();
    }

    /// The struct, for whoever fills it member by member, and has its `size` say how far that goes. The members of the
    /// first edition are writable; those that came later only as far as the room goes.
    #[inline]
    pub fn begin(self) -> *mut T {
        self.say_length();
        self.to
    }

    #[inline]
    fn say_length(&self) {
        // SAFETY: `size` is the first member, and writable.
        unsafe { self.to.cast::<u32>().write(self.length as u32) };
    }
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::string::String;

    use super::*;

    /// A struct as its first edition had it, and as the second one has it.
    #[repr(C)]
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    struct First {
        size: u32,
        number: u32,
    }

    #[repr(C)]
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    struct Second {
        size: u32,
        number: u32,
        later: u32,
    }

    // SAFETY: 32-bit numbers, the size first.
    unsafe impl Extensible for First {
        const NAME: &'static str = "first_t";
        const FIRST_EDITION: usize = 8;
    }

    // SAFETY: as above.
    unsafe impl Extensible for Second {
        const NAME: &'static str = "second_t";
        const FIRST_EDITION: usize = 8;
    }

    fn words(misfit: &Misfit) -> String {
        misfit.words(&mut [[0; 10]; 2]).concat()
    }

    /// docs/flow.md 1.12
    #[test]
    fn an_older_caller_passes_less() {
        // What lies behind the size is not the struct's.
        let passed = Second { size: 8, number: 5, later: 9 };
        // SAFETY: readable for the size that it names.
        let read = unsafe { read(&raw const passed) };
        assert_eq!(read, Ok(Second { size: 12, number: 5, later: 0 }));
    }

    /// docs/flow.md 1.13
    #[test]
    fn a_newer_caller_may_pass_more_if_it_asks_for_nothing_more() {
        let mut passed = Second { size: 12, number: 5, later: 0 };
        let read = |passed: &Second| {
            // SAFETY: readable for the size that it names.
            unsafe { read(core::ptr::from_ref(passed).cast::<First>()) }
        };
        assert_eq!(read(&passed), Ok(First { size: 8, number: 5 }));
        for byte in 0..4 {
            passed.later = u32::from_ne_bytes(core::array::from_fn(|at| u8::from(at == byte)));
            let misfit = read(&passed).unwrap_err();
            assert_eq!((misfit.fault, misfit.found as usize), (Fault::Unknown, 8 + byte));
            assert_eq!(misfit.status(), status::E_UNSUPPORTED);
        }
        let told = words(&read(&passed).unwrap_err());
        assert_eq!(told, "first_t: byte 11 is set, this host knows 8: leave later members zero");
    }

    /// docs/flow.md 1.16, 1.17
    #[test]
    fn what_is_no_size_is_refused() {
        for size in [0, 1, 4, 7] {
            let mut given = Second { size, number: 5, later: 6 };
            // SAFETY: readable and writable for more than the size that it names.
            let (passed, room) = unsafe { (read(&raw const given), Room::at(&raw mut given)) };
            let misfit = passed.unwrap_err();
            assert_eq!((misfit.status(), room.unwrap_err()), (status::E_ARGUMENT, misfit));
            let told = format!("second_t.size is {size} and must be 8 to 4096: set it to sizeof");
            assert_eq!(words(&misfit), told);
        }
        for size in [SIZE_MAX as u32 + 1, u32::MAX] {
            let passed = Second { size, number: 5, later: 6 };
            // SAFETY: a size that is none is refused before anything else is read.
            let misfit = unsafe { read(&raw const passed) }.unwrap_err();
            assert_eq!(misfit.status(), status::E_ARGUMENT);
            let told = format!("second_t.size is {size} and must be 8 to 4096: set it to sizeof");
            assert_eq!(words(&misfit), told);
        }
    }

    /// docs/flow.md 1.14
    #[test]
    fn what_is_filled_ends_where_the_shorter_of_both_ends() {
        let mut older = Second { size: 8, number: 1, later: 2 };
        // SAFETY: writable for more than the size that it names.
        unsafe { Room::at(&raw mut older) }.unwrap().write(&Second { size: 12, number: 7, later: 7 });
        assert_eq!(older, Second { size: 8, number: 7, later: 2 });

        let mut newer = Second { size: u32::MAX, number: 1, later: 2 };
        // SAFETY: writable for all that a `First` has.
        unsafe { Room::at((&raw mut newer).cast::<First>()) }.unwrap().write(&First { size: 8, number: 7 });
        assert_eq!(newer, Second { size: 8, number: 7, later: 2 });

        let mut same = Second { size: 12, number: 1, later: 2 };
        // SAFETY: as above.
        unsafe { (*Room::at(&raw mut same).unwrap().begin()).later = 3 };
        assert_eq!(same, Second { size: 12, number: 1, later: 3 });
    }
}
