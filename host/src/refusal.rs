//! Why a file is not loaded: one variant for each reason, with its status and its cure.

use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

use pintle_abi_core::{ABI_MAJOR, ABI_MINOR, status};

use crate::c_library::link_cure;
use crate::path::Shown;
use crate::settings::Mistake;

/// One reason for which a plugin is refused.
///
/// `Display` says what is wrong, [`cure`](Self::cure) what to do about it, [`code`](Self::code) is the status.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Nothing is there.
    #[error("there is no such file")]
    NoFile,
    /// The operating system refused.
    #[error("it cannot be read: {0}")]
    Io(String),
    /// A folder.
    #[error("it is a folder")]
    Folder,
    /// A device, a pipe or a socket.
    #[error("it is not a regular file")]
    NotAFile,
    /// Nothing is in it.
    #[error("the file is empty")]
    Empty,
    /// Readable text.
    #[error("it is a text file")]
    Text,
    /// A static archive.
    #[error("it is a static archive")]
    Archive,
    /// A program or library for another operating system.
    #[error("it is a {0} file, and this system loads ELF libraries")]
    ForeignFormat(&'static str),
    /// No format that is known.
    #[error("it is not a library: its first bytes are {0:02x?}")]
    UnknownFormat(Vec<u8>),
    /// An ELF file that is no shared library.
    #[error("it is {0}, not a shared library")]
    NotShared(&'static str),
    /// What a debugger reads beside a library.
    #[error("it holds only what a debugger needs of a library, and none of its code")]
    DebugFile,
    /// A library without section headers.
    #[error("it has no section headers, by which its descriptor is found")]
    NoSections,
    /// Linked so that only the start of a program can load it.
    #[error("it was linked with -z nodlopen, so that no running program can load it")]
    NotLoadable,
    /// It needs a sanitizer's run-time library from its start on, and the process has none.
    #[error(
        "it was built with {0}, whose run-time library must be in the process from the start, and is not"
    )]
    Sanitizer(&'static str),
    /// Built for another C library.
    #[error("it was built for the C library musl (it needs {0}), and this process has glibc")]
    Musl(String),
    /// It asks for an executable stack, and the system's loader does not give it one.
    #[error("it asks for an executable stack, which this process does not have")]
    ExecutableStack,
    /// The process has no loader.
    #[error("this program is linked statically, and cannot load libraries")]
    StaticProgram,
    /// Its file system does not let code run.
    #[error("its file system is mounted with the option noexec")]
    NoExec,
    /// ELF headers that contradict themselves.
    #[error("its ELF headers are damaged: {0}")]
    Headers(String),
    /// Tables of the headers that are too long to be read.
    #[error("{what} takes {size} bytes, and this host reads {most} at most")]
    Vast {
        /// What is too long.
        what: &'static str,
        /// How long it is, in bytes.
        size: u64,
        /// How long it may be, in bytes.
        most: u64,
    },
    /// The headers promise more than there is.
    #[error("it is cut short: {what} should end at byte {needed}, and the file has {length}")]
    Truncated {
        /// What lies behind the end.
        what: &'static str,
        /// Where it should end.
        needed: u64,
        /// How long the file is.
        length: u64,
    },
    /// Built for another processor.
    #[error("it was built for {file}, and this process is {process}")]
    Machine {
        /// What the file was built for.
        file: String,
        /// What this process runs on.
        process: String,
    },
    /// One or both of the exported objects are absent.
    #[error("it is a shared library but not a Pintle plugin: it does not export {0}")]
    NotAPlugin(&'static str),
    /// A library of another system, which its dialect refuses.
    #[error("it is a {dialect} library, and {reason}")]
    Dialect {
        /// The name of the dialect.
        dialect: String,
        /// The status that stands for it.
        code: i32,
        /// Why.
        reason: String,
        /// What a person can do about it: one sentence.
        cure: &'static str,
    },
    /// Nobody can tell of which dialect it is.
    #[error("it is a {first} library, and a {second} library too")]
    TwoDialects {
        /// The first dialect that claims it.
        first: String,
        /// The second.
        second: String,
    },
    /// Another host of the process has loaded it in a dialect that is not this host's.
    #[error("this process has it loaded as a {dialect} library")]
    OtherDialect {
        /// The dialect that it was loaded in.
        dialect: String,
    },
    /// More than one of what must be single.
    #[error("it has {0} more than once")]
    Duplicate(String),
    /// The descriptor is damaged.
    #[error("its descriptor is damaged: {0}")]
    Descriptor(String),
    /// Another major version of the ABI.
    #[error("it was built for version {plugin} of the ABI, and this host offers version {ABI_MAJOR}")]
    Version {
        /// The major version that the plugin needs.
        plugin: u16,
    },
    /// A host of a later minor version is needed.
    #[error("it needs version {ABI_MAJOR}.{least} of the ABI, and this host offers {ABI_MAJOR}.{ABI_MINOR}")]
    Minor {
        /// The least minor version that the plugin can do with.
        least: u16,
    },
    /// Flags that a host must understand, and this one does not know.
    #[error("its flags have {0} set, which a host must understand and this one does not know")]
    Flags(String),
    /// A mistake in the settings that it declares.
    #[error("the settings that {plugin} declares have a mistake in {mistake}")]
    Settings {
        /// The id of the plugin.
        plugin: String,
        /// Where, and what.
        mistake: Mistake,
    },
    /// Another layout of the frozen tables.
    #[error("its tables have the layout {plugin:#018x}, and this host has {host:#018x}")]
    Layout {
        /// The plugin's fingerprint.
        plugin: u64,
        /// The host's fingerprint.
        host: u64,
    },
    /// It cannot do without an interface that this host lacks.
    #[error("it needs the interface {0}, which this host does not offer")]
    Needs(String),
    /// The system's loader refused it.
    #[error("the system's loader refused it: {0}")]
    Link(String),
    /// The descriptor in memory is not the one in the file.
    #[error("what the system's loader mapped is not what the file says: {0}")]
    Mismatch(String),
    /// The file was written to after it was loaded.
    #[error(
        "the file was changed in place after this process had loaded it, and the old image is still mapped"
    )]
    Changed,
    /// The entry is damaged.
    #[error("its pintle_entry is damaged: {0}")]
    Entry(String),
    /// Callbacks that must be there are not.
    #[error("it announces services, but {0} absent")]
    Slots(String),
    /// A live instance exists and the descriptor does not allow a second one.
    #[error("it allows one instance at a time, and this process has one already: {first}")]
    SecondInstance {
        /// The name of the first instance.
        first: String,
    },
}

impl Refusal {
    /// The status that stands for this refusal.
    #[must_use]
    pub fn code(&self) -> i32 {
        match self {
            Self::NoFile => status::E_NO_FILE,
            Self::Io(_) => status::E_IO,
            Self::Folder
            | Self::NotAFile
            | Self::Empty
            | Self::Text
            | Self::Archive
            | Self::ForeignFormat(_)
            | Self::UnknownFormat(_)
            | Self::NotShared(_)
            | Self::DebugFile
            | Self::Headers(_)
            | Self::Vast { .. } => status::E_NOT_A_LIBRARY,
            Self::Dialect { code, .. } => *code,
            Self::Truncated { .. } => status::E_TRUNCATED,
            Self::Machine { .. } => status::E_MACHINE,
            Self::NotAPlugin(_) | Self::NoSections | Self::Entry(_) => status::E_NO_ENTRY,
            Self::Duplicate(_) | Self::TwoDialects { .. } | Self::Descriptor(_) | Self::Settings { .. } => {
                status::E_DESCRIPTOR
            }
            Self::Version { .. } | Self::Minor { .. } | Self::Flags(_) => status::E_VERSION,
            Self::Layout { .. } => status::E_LAYOUT,
            Self::Needs(_) => status::E_UNSUPPORTED,
            Self::Link(_)
            | Self::NotLoadable
            | Self::Sanitizer(_)
            | Self::NoExec
            | Self::Musl(_)
            | Self::ExecutableStack
            | Self::StaticProgram => status::E_LINK,
            Self::Mismatch(_) | Self::Changed => status::E_MISMATCH,
            Self::Slots(_) => status::E_SLOT,
            Self::SecondInstance { .. } | Self::OtherDialect { .. } => status::E_EXISTS,
        }
    }

    /// What a person can do about it: one sentence.
    #[must_use]
    pub fn cure(&self) -> &'static str {
        match self {
            Self::NoFile => "Check the path; a relative one starts at the working directory of the process.",
            Self::Io(_) => "Check the permissions of the file and of the folders above it.",
            Self::Folder => "Name the library file in it.",
            Self::NotAFile => "Name a library file.",
            Self::Empty => "Build or copy it again; a full disk or an interrupted copy leaves empty files.",
            Self::Text => "If it is a linker script, name the library that it points to.",
            Self::Archive => {
                "Link it into a shared library, or into the program and add the plugin by its entry."
            }
            Self::ForeignFormat(_) => "Use the build of the plugin for this system.",
            Self::UnknownFormat(_) => "Name a shared library.",
            Self::NotShared(_) => "Link it as a shared library (-shared, or crate-type = [\"cdylib\"]).",
            Self::Headers(_) | Self::Truncated { .. } => "Build or copy it again.",
            Self::Machine { .. } => "Use a build for this processor, or a host for the plugin's.",
            Self::NotAPlugin(_) => {
                "Declare the plugin with PINTLE_PLUGIN (C, C++) or plugin! (Rust), and let no version script or \
                 visibility option hide pintle_descriptor and pintle_entry; keep the section headers when stripping."
            }
            Self::Dialect { cure, .. } => cure,
            Self::TwoDialects { .. } => "Load it in a host that has only one of the two dialects.",
            Self::OtherDialect { .. } => "Give all hosts of the process the same dialects.",
            Self::Duplicate(_) => "Declare one plugin in each library.",
            Self::Descriptor(_) => {
                "Build it again, and let PINTLE_PLUGIN (C, C++) or plugin! (Rust) write the descriptor."
            }
            Self::Version { .. } => {
                "Build the plugin against the headers of this version, or use a host of that one."
            }
            Self::Minor { .. } | Self::Flags(_) => {
                "This plugin needs a newer host: use one, or an older version of the plugin."
            }
            Self::Settings { .. } => "Correct that line of the settings in its source, and build it again.",
            Self::Layout { .. } => {
                "Build the plugin against the headers as published, without packing options."
            }
            Self::Needs(_) => "Use a host that offers it.",
            Self::DebugFile => "Name the library itself.",
            Self::NoSections => "Strip it with strip, and without --strip-sections or -z nosectionheader.",
            Self::NotLoadable => "Link it without -z nodlopen.",
            Self::Sanitizer(_) => {
                "Build the host with the same sanitizer, or start it with the library preloaded, as \
                 LD_PRELOAD=$(cc -print-file-name=libasan.so)."
            }
            Self::Vast { .. } => "Hide the symbols that nobody else needs, with -fvisibility=hidden.",
            Self::Musl(_) => "Use a build of the plugin for glibc, or a host that was built for musl.",
            Self::ExecutableStack => link_cure("executable stack"),
            Self::StaticProgram => link_cure("not supported"),
            Self::NoExec => "Move it to another file system, or mount that one without noexec.",
            Self::Link(words) => link_cure(words),
            Self::Mismatch(_) => "Load it again; if that fails, its descriptor is written to when it starts.",
            Self::Changed => {
                "Restart the process, or install new versions as a new file moved over the old one."
            }
            Self::Entry(_) => "Let PINTLE_PLUGIN (C, C++) or plugin! (Rust) write the entry.",
            Self::Slots(_) => "Write the callback, or remove the services from the descriptor.",
            Self::SecondInstance { .. } => {
                "Unload the first, or set MULTI_INSTANCE if all state of the plugin hangs on its instance."
            }
        }
    }

    /// This refusal, of that file.
    #[must_use]
    pub fn of(self, path: &Path) -> LoadError {
        LoadError { path: path.to_owned(), refusal: self }
    }
}

/// A file that was refused, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    /// The file, as it was named.
    pub path: PathBuf,
    /// Why.
    pub refusal: Refusal,
}

impl LoadError {
    /// The status that stands for this error.
    #[must_use]
    pub fn code(&self) -> i32 {
        self.refusal.code()
    }
}

/// The reason stands before the path, which may be long.
impl Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}). {}", self.refusal, Shown(&self.path), self.refusal.cure())
    }
}

impl std::error::Error for LoadError {}
