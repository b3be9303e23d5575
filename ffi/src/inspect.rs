//! What a plugin file contains, and whether it would be loaded. The file is neither mapped nor run.
//!
//! pintle_inspect reads a file once. What it found is then had as a struct, as text and as JSON, until
//! pintle_inspected_free.

use std::ffi::c_char;
use std::os::unix::ffi::OsStrExt;
use std::sync::OnceLock;

use pintle_abi_core::extensible::Room;
use pintle_abi_core::status::E_ARGUMENT;
use pintle_abi_core::{
    Finding, INSPECT_JSON, INSPECT_TEXT, Inspection, KNOWN_CALLBACKS, KNOWN_DESCRIPTOR, KNOWN_HEADERS,
    Setting, Text, Texts, VERDICT_LOADS, VERDICT_REFUSED, VERDICT_RESIDENT,
};
use pintle_ffi_shared::out;
use pintle_host::{Descriptor, Report, Verdict};

use crate::lists::{self, view};
use crate::wall::{Failure, free_standing};

/// What was found in a file.
pub struct Inspected {
    found: pintle_host::Inspection,
    lists: Lists,
    text: OnceLock<String>,
    json: OnceLock<String>,
}

/// The lists of an inspection, as C has them. Their texts are in the inspection, which is not changed.
struct Lists {
    findings: Vec<Finding>,
    settings: Vec<Setting>,
    /// The types and defaults that `settings` points to.
    _words: Vec<(String, Option<String>)>,
    needs: Vec<Text>,
    offers: Vec<Text>,
    callbacks: Vec<Text>,
    exports: Vec<Text>,
    imports: Vec<Text>,
    libraries: Vec<Text>,
}

/// Inspects a file without running it. `inspected` receives what was found, also if the file would be refused or is
/// absent: that is no error of this function. The path may have any bytes but NUL.
///
/// `E_ARGUMENT`: a NULL pointer, an empty path, or a path with a NUL in it.
///
/// `[thread: any] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `path` is NULL or readable for `path_length` bytes, `inspected` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_inspect(
    path: *const c_char,
    path_length: usize,
    inspected: *mut *mut Inspected,
) -> i32 {
    free_standing(|| {
        let inspected = out(inspected)?;
        // SAFETY: the caller's.
        let found = pintle_host::inspect(unsafe { lists::path(path, path_length) }?);
        let lists = Lists::of(&found);
        let made = Box::new(Inspected { found, lists, text: OnceLock::new(), json: OnceLock::new() });
        // SAFETY: not NULL.
        unsafe { inspected.write(Box::into_raw(made)) };
        Ok(())
    })
}

/// Fills a struct with what was found. The caller sets `size`. The host fills the members that both know, and sets `size` to
/// the number of bytes that it filled.
///
/// `E_ARGUMENT`: a NULL pointer, or `inspection->size` is below that of the first edition.
///
/// `[thread: any] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `inspected` is NULL or was returned by pintle_inspect and not freed, `inspection` is NULL or writable for the size that
/// it names.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_inspected_read(
    inspected: *const Inspected,
    inspection: *mut Inspection,
) -> i32 {
    free_standing(|| {
        // SAFETY: the caller's; not NULL when it is looked at.
        let (this, room) = unsafe { (inspected.as_ref().ok_or(E_ARGUMENT)?, Room::at(out(inspection)?)?) };
        room.write(&this.told());
        Ok(())
    })
}

/// Gives an account of what was found, in the form that `form` names, an `INSPECT_` constant: text for people, or one JSON
/// object. It is UTF-8, not NUL-terminated, and valid until pintle_inspected_free.
///
/// `E_ARGUMENT`: a NULL pointer, or an unknown form.
///
/// `[thread: any] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `inspected` is NULL or was returned by pintle_inspect and not freed, `account` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_inspected_account(
    inspected: *const Inspected,
    form: u32,
    account: *mut Text,
) -> i32 {
    free_standing(|| {
        // SAFETY: the caller's.
        let (this, account) = (unsafe { inspected.as_ref() }.ok_or(E_ARGUMENT)?, out(account)?);
        let told = match form {
            INSPECT_TEXT => this.text.get_or_init(|| this.found.to_string()),
            INSPECT_JSON => this.json()?,
            _ => return Err(Failure { code: E_ARGUMENT, text: format!("{form} is no form of an account") }),
        };
        // SAFETY: not NULL.
        unsafe { account.write(view(told)) };
        Ok(())
    })
}

/// Frees what pintle_inspect returned, with its texts and lists. NULL is freed already.
///
/// `[thread: any] [reentrant: yes] [blocking: no] [since: 1.0]`
///
/// # Safety
/// `inspected` is NULL or was returned by pintle_inspect and not freed, and no other thread uses it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pintle_inspected_free(inspected: *mut Inspected) -> i32 {
    free_standing(|| {
        if !inspected.is_null() {
            // SAFETY: it came out of a box, and the caller frees it once.
            drop(unsafe { Box::from_raw(inspected) });
        }
        Ok(())
    })
}

impl Lists {
    fn of(found: &pintle_host::Inspection) -> Self {
        let described = |list: fn(&Descriptor) -> &[String]| found.descriptor.as_ref().map_or(&[][..], list);
        let reported = |list: fn(&Report) -> &[String]| found.report.as_ref().map_or(&[][..], list);
        let settings = found.descriptor.as_ref().map_or(&[][..], |descriptor| &descriptor.settings);
        let words: Vec<_> = settings
            .iter()
            .map(|setting| (setting.kind.to_string(), setting.default.as_ref().map(ToString::to_string)))
            .collect();
        Self {
            findings: found.verdict.findings().iter().map(finding).collect(),
            settings: settings
                .iter()
                .zip(&words)
                .map(|(setting, (kind, default))| Setting {
                    name: view(&setting.name),
                    kind: view(kind),
                    default_value: default.as_deref().map_or(Text::EMPTY, view),
                    description: view(&setting.description),
                    required: setting.required.into(),
                })
                .collect(),
            _words: words,
            needs: views(described(|descriptor| &descriptor.needs)),
            offers: views(described(|descriptor| &descriptor.offers)),
            callbacks: views(reported(|report| report.callbacks.as_deref().unwrap_or_default())),
            exports: views(reported(|report| &report.exports)),
            imports: views(reported(|report| &report.imports)),
            libraries: views(reported(|report| &report.libraries)),
        }
    }
}

impl Inspected {
    fn json(&self) -> Result<&str, Failure> {
        if let Some(json) = self.json.get() {
            return Ok(json);
        }
        let made = serde_json::to_string(&self.found).map_err(|error| Failure {
            code: E_ARGUMENT,
            text: format!("not representable as JSON: {error}"),
        })?;
        Ok(self.json.get_or_init(|| made))
    }

    fn told(&self) -> Inspection {
        let Self { found, lists, .. } = self;
        let descriptor = found.descriptor.as_ref();
        let line = |text: fn(&Descriptor) -> &str| view(descriptor.map_or("", text));
        let number = |number: fn(&Descriptor) -> u16| descriptor.map_or(0, number).into();
        let services = descriptor.map_or(&[][..], |descriptor| &descriptor.services);
        let path = found.path.as_os_str().as_bytes();
        let callbacks = found.report.as_ref().is_some_and(|report| report.callbacks.is_some());
        let known = [
            (descriptor.is_some(), KNOWN_DESCRIPTOR),
            (found.report.is_some(), KNOWN_HEADERS),
            (callbacks, KNOWN_CALLBACKS),
        ];
        Inspection {
            size: size_of::<Inspection>() as u32,
            verdict: match found.verdict {
                Verdict::Loads => VERDICT_LOADS,
                Verdict::Resident { .. } => VERDICT_RESIDENT,
                Verdict::Refused { .. } => VERDICT_REFUSED,
            },
            code: found.verdict.code(),
            known: known.iter().filter(|(is, _)| *is).map(|(_, bit)| bit).sum(),
            flags: descriptor.map_or(0, |descriptor| descriptor.flags.bits()),
            abi_major: number(|descriptor| descriptor.abi_major),
            abi_minor: number(|descriptor| descriptor.abi_minor),
            abi_minor_least: number(|descriptor| descriptor.abi_minor_least),
            findings: lists.findings.as_ptr(),
            finding_count: lists.findings.len(),
            path: Text { data: path.as_ptr().cast(), length: path.len() },
            id: line(|descriptor| &descriptor.id),
            name: line(|descriptor| &descriptor.name),
            version: line(|descriptor| &descriptor.version),
            vendor: line(|descriptor| &descriptor.vendor),
            description: line(|descriptor| &descriptor.description),
            licence: line(|descriptor| &descriptor.licence),
            url: line(|descriptor| &descriptor.url),
            needs: texts(&lists.needs),
            offers: texts(&lists.offers),
            services: services.as_ptr(),
            service_count: services.len(),
            settings: lists.settings.as_ptr(),
            setting_count: lists.settings.len(),
            machine: view(found.report.as_ref().map_or("", |report| &report.machine)),
            callbacks: texts(&lists.callbacks),
            exports: texts(&lists.exports),
            imports: texts(&lists.imports),
            libraries: texts(&lists.libraries),
        }
    }
}

fn finding(finding: &pintle_host::Finding) -> Finding {
    Finding { rule: view(&finding.rule), cure: view(&finding.cure) }
}

fn views(list: &[String]) -> Vec<Text> {
    list.iter().map(|text| view(text)).collect()
}

fn texts(list: &[Text]) -> Texts {
    Texts { items: list.as_ptr(), count: list.len() }
}
