//! What a plugin file contains, and whether it would be loaded. The file is neither mapped nor run.

use std::ffi::c_char;
use std::fmt::Write;

use pintle_abi_core::status::{E_ARGUMENT, OK};
use pintle_abi_core::{INSPECT_JSON, INSPECT_TEXT, VERDICT_LOADS, VERDICT_REFUSED, VERDICT_RESIDENT};
use pintle_ffi_shared::out;
use pintle_host::{Inspection, Shown, Verdict, status_name};

use crate::lists::{self, give_text};
use crate::wall::{Failure, free_standing};

/// Inspects a file without running it. `verdict` receives a `VERDICT_` constant, `code` the status that loading the file
/// would return, and `buffer` an account in the form that `form` names, an `INSPECT_` constant. `length`
/// receives the number of its bytes, also if they do not fit; with a `capacity` of 0, `buffer` may be NULL. The
/// account is UTF-8 and not NUL-terminated.
///
/// A file that would be refused is no error of this function.
///
/// The path may have any bytes but NUL.
///
/// `E_ARGUMENT`: a NULL pointer, an empty path, a path with a NUL in it, or an unknown form. `E_CAPACITY`: the account
/// is longer than `capacity`; verdict and code were written.
///
/// `[thread: any] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `path` is NULL or readable for `path_length` bytes, `buffer` is NULL or writable for `capacity` bytes, the other
/// pointers are NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_inspect(
    path: *const c_char,
    path_length: usize,
    form: u32,
    verdict: *mut u32,
    code: *mut i32,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> i32 {
    free_standing(|| {
        let (verdict, code, length) = (out(verdict)?, out(code)?, out(length)?);
        // SAFETY: the caller's.
        let path = unsafe { lists::path(path, path_length) }?;
        if ![INSPECT_TEXT, INSPECT_JSON].contains(&form) {
            return Err(E_ARGUMENT.into());
        }
        let inspection = pintle_host::inspect(path);
        let told = match &inspection.verdict {
            Verdict::Loads => (VERDICT_LOADS, OK),
            Verdict::Resident { .. } => (VERDICT_RESIDENT, OK),
            Verdict::Refused { code, .. } => (VERDICT_REFUSED, *code),
        };
        let account = if form == INSPECT_JSON { json(&inspection)? } else { words(&inspection) };
        // SAFETY: none is NULL; the buffer is the caller's.
        unsafe {
            verdict.write(told.0);
            code.write(told.1);
            give_text(account.as_bytes(), buffer, capacity, length)?;
        }
        Ok(())
    })
}

fn json(inspection: &Inspection) -> Result<String, Failure> {
    serde_json::to_string(inspection)
        .map_err(|error| Failure { code: E_ARGUMENT, text: format!("not representable as JSON: {error}") })
}

fn words(inspection: &Inspection) -> String {
    let mut out = format!("{}: ", Shown(&inspection.path));
    match &inspection.verdict {
        Verdict::Loads => out += "loads",
        Verdict::Resident { reasons } => {
            out += "loads but stays resident";
            for reason in reasons {
                out += &format!("\n  {}. {}", reason.rule, reason.cure);
            }
        }
        Verdict::Refused { code, finding } => {
            let name = status_name(*code).unwrap_or("a status of its own");
            out += &format!("refused ({name})\n  {}. {}", finding.rule, finding.cure);
        }
    }
    if let Some(descriptor) = &inspection.descriptor {
        // Writing to a String cannot fail.
        let _ = write!(
            out,
            "\n  {} {} ({}), ABI {}.{}",
            descriptor.id, descriptor.version, descriptor.vendor, descriptor.abi_major, descriptor.abi_minor
        );
    }
    out
}
