//! Extensible structs: how a struct that begins with its size crosses between two editions of the contract.
//!
//! Every struct that crosses by pointer begins with `size`, which whoever makes it sets to its `sizeof`. A later edition
//! appends members and changes nothing else, and zero in a member that was appended means what its absence means. So
//! either side can be the older one:
//!
//! | struct | who makes it | shorter than the other side's | longer than the other side's |
//! |---|---|---|---|
//! | passed: what a call is to do, such as `Limits`, `AddOptions`, `Platform`, `SessionOptions`, `Address`, `RequestOptions` | caller | what is missing is zero; below the first edition: `E_ARGUMENT` | what is behind must be zero, else `E_UNSUPPORTED`: nothing that is asked for is ignored. A size over [`SIZE_MAX`]: `E_ARGUMENT` |
//! | filled: what a call tells, such as `Limits`, `Receipt`, `Address`, `Error` | caller | filled as far as `size` goes; below the first edition: `E_ARGUMENT` | filled as far as the host knows it, the rest is left alone; `size` then says how far |
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

/// Why a struct cannot be read or filled. All numbers are bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The struct's name in C.
    pub name: &'static str,
    /// What is wrong with it.
    pub fault: Fault,
    /// The size that it names, or the place of the member that nobody knows.
    pub found: u32,
    /// The bound that `found` breaks.
    pub bound: u32,
}

/// What is wrong with a struct that begins with its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Its size is below that of its first edition.
    Short,
    /// Its size is above [`SIZE_MAX`].
    Long,
    /// A member behind those that this edition knows is not zero.
    Unknown,
}

impl Misfit {
    /// The status to answer with.
    #[must_use]
    pub const fn status(&self) -> i32 {
        match self.fault {
            Fault::Short | Fault::Long => status::E_ARGUMENT,
            Fault::Unknown => status::E_UNSUPPORTED,
        }
    }

    /// What a person is told, in parts to be put together. `digits` is room for the numbers.
    #[must_use]
    pub fn words<'a>(&self, digits: &'a mut [[u8; 10]; 2]) -> [&'a str; 6] {
        let (is, bound_is, cure) = match self.fault {
            Fault::Short => (".size is ", " and must be at least ", ": set it to sizeof"),
            Fault::Long => (".size is ", " and can be at most ", ": set it to sizeof"),
            Fault::Unknown => (": byte ", " is set, this host knows ", ": leave later members zero"),
        };
        let [found, bound] = digits;
        [self.name, is, decimal(self.found, found), bound_is, decimal(self.bound, bound), cure]
    }
}

impl From<Misfit> for i32 {
    fn from(misfit: Misfit) -> Self {
        misfit.status()
    }
}

/// A number in decimal digits, which 32 bits have ten of at most.
fn decimal(mut number: u32, digits: &mut [u8; 10]) -> &str {
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    // Digits are ASCII, so there is always a text.
    core::str::from_utf8(&digits[at..]).unwrap_or_default()
}

/// What there is to know of an extensible struct. One for each type, so that the code below is there once.
struct Shape {
    name: &'static str,
    least: u32,
    known: u32,
}

impl Shape {
    const fn of<T: Extensible>() -> Self {
        assert!(T::FIRST_EDITION <= size_of::<T>() && size_of::<T>() <= SIZE_MAX);
        Self { name: T::NAME, least: T::FIRST_EDITION as u32, known: size_of::<T>() as u32 }
    }

    const fn misfit(&self, fault: Fault, found: u32, bound: u32) -> Misfit {
        Misfit { name: self.name, fault, found, bound }
    }

    /// How far both sides know a struct of this size.
    fn common(&self, size: u32) -> Result<usize, Misfit> {
        if size < self.least {
            return Err(self.misfit(Fault::Short, size, self.least));
        }
        Ok(size.min(self.known) as usize)
    }

    /// Copies a struct over zeroes, and gives the copy this edition's size.
    ///
    /// # Safety
    /// `from` begins with its size and is readable for that; `to` is writable for the known size, and zero.
    #[cold]
    #[inline(never)]
    unsafe fn read(&self, from: *const u8, to: *mut u8) -> Result<(), Misfit> {
        // SAFETY: `size` is the first member.
        let size = unsafe { from.cast::<u32>().read() };
        let common = self.common(size)?;
        if size as usize > SIZE_MAX {
            return Err(self.misfit(Fault::Long, size, SIZE_MAX as u32));
        }
        // SAFETY: readable for its size, of which this is the rest.
        let behind = unsafe { core::slice::from_raw_parts(from.add(common), size as usize - common) };
        if let Some(at) = behind.iter().position(|byte| *byte != 0) {
            return Err(self.misfit(Fault::Unknown, (common + at) as u32, self.known));
        }
        // SAFETY: both are as long as the smaller of the two sizes.
        unsafe {
            core::ptr::copy_nonoverlapping(from, to, common);
            to.cast::<u32>().write(self.known);
        }
        Ok(())
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
    let mut to = MaybeUninit::<T>::zeroed();
    // SAFETY: the caller's, and a place for a `T`.
    unsafe { const { &Shape::of::<T>() }.read(from.cast(), to.as_mut_ptr().cast()) }?;
    // SAFETY: zeroes are a value, and so is what was copied over them.
    Ok(unsafe { to.assume_init() })
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
        // SAFETY: `size` is the first member.
        let length = const { &Shape::of::<T>() }.common(unsafe { to.cast::<u32>().read() })?;
        Ok(Self { to, length })
    }

    /// Fills the room as far as it goes, and says in its `size` how far that is. What lies behind is left alone.
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
    pub fn begin(self) -> *mut T {
        self.say_length();
        self.to
    }

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

    #[test]
    fn an_older_caller_passes_less() {
        // What lies behind the size is not the struct's.
        let passed = Second { size: 8, number: 5, later: 9 };
        // SAFETY: readable for the size that it names.
        let read = unsafe { read(&raw const passed) };
        assert_eq!(read, Ok(Second { size: 12, number: 5, later: 0 }));
    }

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

    #[test]
    fn what_is_no_size_is_refused() {
        for size in [0, 1, 4, 7] {
            let mut given = Second { size, number: 5, later: 6 };
            // SAFETY: readable and writable for more than the size that it names.
            let (passed, room) = unsafe { (read(&raw const given), Room::at(&raw mut given)) };
            let misfit = passed.unwrap_err();
            assert_eq!((misfit.status(), room.unwrap_err()), (status::E_ARGUMENT, misfit));
            let told = format!("second_t.size is {size} and must be at least 8: set it to sizeof");
            assert_eq!(words(&misfit), told);
        }
        for size in [SIZE_MAX as u32 + 1, u32::MAX] {
            let passed = Second { size, number: 5, later: 6 };
            // SAFETY: a size that is none is refused before anything else is read.
            let misfit = unsafe { read(&raw const passed) }.unwrap_err();
            assert_eq!(misfit.status(), status::E_ARGUMENT);
            let told = format!("second_t.size is {size} and can be at most 4096: set it to sizeof");
            assert_eq!(words(&misfit), told);
        }
    }

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
