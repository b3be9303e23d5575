//! Reads what a plugin file says about itself, and whether it would be loaded. The file is neither mapped nor run.

use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

use object::read::elf::FileHeader;
use object::{Endianness, ReadRef};
use pintle_abi_core::status;

use crate::descriptor::Descriptor;
use crate::dialect::Exports;
use crate::dialects::Dialects;
use crate::elf::{Elf, Look, with_elf};
use crate::file::PluginFile;
use crate::loadable;
use crate::refusal::{LoadError, Refusal};
use crate::report::Report;
use crate::residence::{self, Finding};

impl Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}. {}", self.rule, self.cure)
    }
}

/// The result that loading a file would have.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(tag = "verdict", rename_all = "snake_case"))]
pub enum Verdict {
    /// The file loads, and can be unmapped when its last instance has ended.
    Loads,
    /// The file loads, and stays mapped until the process ends.
    Resident {
        /// The reasons why it stays mapped.
        reasons: Vec<Finding>,
    },
    /// The file does not load.
    Refused {
        /// The status that loading the file would return.
        code: i32,
        /// The reasons why it does not load.
        #[cfg_attr(feature = "serde", serde(flatten))]
        finding: Finding,
    },
}

impl Verdict {
    /// The status that loading the file would return.
    #[must_use]
    pub fn code(&self) -> i32 {
        match self {
            Self::Loads | Self::Resident { .. } => status::OK,
            Self::Refused { code, .. } => *code,
        }
    }

    /// The reasons why the file is refused or stays mapped.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        match self {
            Self::Loads => &[],
            Self::Resident { reasons } => reasons,
            Self::Refused { finding, .. } => std::slice::from_ref(finding),
        }
    }

    /// The verdict in one word, as JSON has it.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Loads => "loads",
            Self::Resident { .. } => "resident",
            Self::Refused { .. } => "refused",
        }
    }
}

/// What can be read from a file without running its code.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Inspection {
    /// The path that was given. In JSON, bytes that are not UTF-8 are replaced.
    #[cfg_attr(feature = "serde", serde(serialize_with = "write_path"))]
    pub path: PathBuf,
    /// The result that loading the file would have.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub verdict: Verdict,
    /// The plugin's description of itself, if it can be read.
    pub descriptor: Option<Descriptor>,
    /// The facts from the file's headers, if they can be read.
    pub report: Option<Report>,
}

impl Dialects {
    /// Reads the descriptor of a plugin file, in a few short reads, however large the file is.
    ///
    /// It is meant for scanning many files. Whether the whole file would load is found out by [`inspect`](Self::inspect).
    ///
    /// # Errors
    /// The reason why the file would be refused, if what was read shows one.
    pub fn read_descriptor(&self, path: &Path) -> Result<Descriptor, LoadError> {
        let quick = Quick { dialects: self, path };
        PluginFile::open(path).and_then(|file| file.look(quick)).map_err(|refusal| refusal.of(path))
    }

    /// Reads all headers of a file and says whether it would be loaded.
    ///
    /// However large the file is, only its headers are in memory: a file with one table of more than 16 MiB is refused, and
    /// relocation tables of more than 4 MiB are not read.
    #[must_use]
    pub fn inspect(&self, path: &Path) -> Inspection {
        let looked = PluginFile::open(path).and_then(|file| {
            let (descriptor, report, checked) = file.look(Whole { dialects: self, path })?;
            let checked = checked.and_then(|()| file.check_file_system());
            Ok((descriptor, report, checked))
        });
        judge(path, looked)
    }
}

/// As [`Dialects::read_descriptor`], of a plugin of this contract.
///
/// # Errors
/// The reason why the file would be refused, if what was read shows one.
pub fn read_descriptor(path: &Path) -> Result<Descriptor, LoadError> {
    Dialects::default().read_descriptor(path)
}

/// As [`read_descriptor`], from the bytes of a file.
///
/// # Errors
/// The reason why the file would be refused, if what was read shows one.
pub fn read_descriptor_bytes(bytes: &[u8]) -> Result<Descriptor, Refusal> {
    with_elf(bytes, Quick { dialects: &Dialects::default(), path: Path::new("") })
}

/// As [`Dialects::inspect`], with this contract's own dialect alone.
#[must_use]
pub fn inspect(path: &Path) -> Inspection {
    Dialects::default().inspect(path)
}

/// As [`inspect`], from the bytes of a file; `path` is only copied into the result.
#[must_use]
pub fn inspect_bytes(path: &Path, bytes: &[u8]) -> Inspection {
    judge(path, with_elf(bytes, Whole { dialects: &Dialects::default(), path }))
}

fn judge(path: &Path, looked: Result<Seen, Refusal>) -> Inspection {
    let (descriptor, report, checked) = looked.unwrap_or_else(|refusal| (None, None, Err(refusal)));
    let verdict = match (&checked, &descriptor, &report) {
        (Err(refusal), _, _) => refused(refusal),
        (Ok(()), Some(descriptor), Some(report)) => {
            let reasons = residence::reasons(descriptor.flags, report);
            if reasons.is_empty() { Verdict::Loads } else { Verdict::Resident { reasons } }
        }
        (Ok(()), _, _) => refused(&Refusal::NotAPlugin("pintle_descriptor")),
    };
    Inspection { path: path.to_owned(), verdict, descriptor, report }
}

#[cfg(feature = "serde")]
fn write_path<S: serde::Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}

fn refused(refusal: &Refusal) -> Verdict {
    Verdict::Refused { code: refusal.code(), finding: Finding::new(refusal.to_string(), refusal.cure()) }
}

/// Reads the descriptor, if this process can run the file.
struct Quick<'l> {
    dialects: &'l Dialects,
    path: &'l Path,
}

impl Look for Quick<'_> {
    type Output = Descriptor;
    fn look<'data, H: FileHeader<Endian = Endianness>, R: ReadRef<'data>>(
        self,
        elf: Elf<'data, H, R>,
    ) -> Result<Descriptor, Refusal> {
        elf.check_machine()?;
        match elf.descriptor() {
            // Only then are the names of the exports read, which may be many.
            Err(Refusal::NotAPlugin(_)) if self.dialects.has_others() => {
                let symbols = elf.symbols()?;
                let exports = Exports { path: self.path, symbols: &symbols, section: elf.descriptor() };
                self.dialects.claim(&exports)?.1.accepted()
            }
            section => {
                let descriptor = Descriptor::parse(section?.bytes)?;
                descriptor.check()?;
                Ok(descriptor)
            }
        }
    }
}

/// Reads all that can be read, and the result that loading would have.
struct Whole<'l> {
    dialects: &'l Dialects,
    path: &'l Path,
}

/// The result of [`Whole`].
type Seen = (Option<Descriptor>, Option<Report>, Result<(), Refusal>);

impl Look for Whole<'_> {
    type Output = Seen;
    fn look<'data, H: FileHeader<Endian = Endianness>, R: ReadRef<'data>>(
        self,
        elf: Elf<'data, H, R>,
    ) -> Result<Self::Output, Refusal> {
        let (symbols, listed) = match elf.symbols() {
            Ok(symbols) => (symbols, Ok(())),
            Err(refusal) => (Vec::new(), Err(refusal)),
        };
        let report = listed.clone().and_then(|()| Report::of(&elf, &symbols));
        let exports = Exports { path: self.path, symbols: &symbols, section: elf.descriptor() };
        let (descriptor, claimed) = match self.dialects.claim(&exports) {
            Ok((_, claim)) => claim.parts(),
            Err(refusal) => (None, Err(refusal)),
        };
        let announces = descriptor.as_ref().is_some_and(|descriptor| !descriptor.services.is_empty());
        let checked = elf
            .check_machine()
            .and(listed)
            .and_then(|()| loadable::check(&elf, &symbols))
            .and(claimed)
            .and_then(|()| report.as_ref().map_err(Clone::clone)?.check_callbacks(announces));
        Ok((descriptor, report.ok(), checked))
    }
}
