//! A plugin file's description of itself, which is read without running the plugin.
//!
//! The text `settings` declares what the configuration of an instance may set, one setting in a line. Its grammar, in
//! EBNF; the parts of a line are separated by single spaces:
//!
//! ```text
//! settings = [ setting, { newline, setting }, [ newline ] ];
//! setting  = name, " ", type, [ " ", need ], " ", sentence;
//! name     = small letter, { small letter | digit | "_" | "-" };
//! type     = "bool"
//!          | "int", [ " ", [ int ], "..", [ int ] ]
//!          | "number", [ " ", [ number ], "..", [ number ] ]
//!          | "text"
//!          | "choice", " ", word, "|", word, { "|", word }
//!          | "texts";
//! need     = "!" | "=", value;
//! value    = "true" | "false" | int | number | text | [ text, { ",", text } ];
//! text     = bare | quote, { any - ( quote | backslash ) | backslash, ( quote | backslash ) }, quote;
//! bare     = plain, { plain };
//! plain    = any - ( " " | "," | quote );
//! word     = plain - "|", { plain - "|" };
//! int      = [ "-" ], digit, { digit };
//! number   = int, [ ".", digit, { digit } ];
//! sentence = any, { any };
//! ```
//!
//! `any` is any character but a control character. A range includes both its ends. `!` means that the setting must be
//! given. `=` is followed by the default. Without either, the plugin decides what an absent setting means. A value has
//! the type of its setting: a text for `text`, a word of the list for `choice`, any number of texts for `texts`. A
//! sentence begins with neither `!` nor `=` nor a range. Names of settings are unique. If a host does not know a type,
//! and the plugin was built for a later minor version, the host takes the rest of the line for the sentence; else it
//! refuses the plugin.
//!
//! ```text
//! port int 1..65535 =8080 The port to listen on
//! mode choice fast|safe =fast How files are written
//! root text ! The folder with the files
//! hide texts =.git,"a b" Names that are not shown
//! ```

/// The first eight bytes of every descriptor.
pub const MAGIC: [u8; 8] = *b"PINTLE\x1a\n";
/// The largest descriptor, texts included, in bytes.
pub const DESCRIPTOR_MAX: usize = 4096;

/// Section of the object file that holds the descriptor (ELF and PE; Mach-O: `__DATA_CONST,__pintle`).
pub const SECTION: &core::ffi::CStr = c"pintle";

/// `byte_order` of a little-endian plugin.
pub const ORDER_LITTLE: u8 = 1;
/// `byte_order` of a big-endian plugin.
pub const ORDER_BIG: u8 = 2;

/// The upper half of `flags`, which a host must understand. A host that does not know one of these flags refuses the
/// plugin with `E_VERSION`, as it needs a newer host. Unknown flags in the lower half are ignored.
pub const FLAGS_MUST: u32 = 0xffff_0000;
/// The plugin keeps all its state in the instance. Without this flag, a second live instance in the process is refused.
pub const FLAG_MULTI_INSTANCE: u32 = 1;
/// The image may be unmapped when its last instance has ended.
pub const FLAG_UNLOAD_SAFE: u32 = 2;
/// A panic of the plugin aborts the process, as the plugin does not catch it.
pub const FLAG_PANIC_ABORT: u32 = 4;
/// Built without C++ exceptions.
pub const FLAG_NO_EXCEPTIONS: u32 = 8;
/// A debug build.
pub const FLAG_DEBUG: u32 = 16;
/// Built with a sanitizer.
pub const FLAG_SANITIZED: u32 = 32;
/// The plugin may open sockets.
pub const FLAG_OPENS_SOCKETS: u32 = 64;
/// The plugin may keep data on sessions of other owners.
pub const FLAG_SESSION_DATA: u32 = 128;

/// A text within a descriptor.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Span {
    /// The offset of its first byte from the start of the descriptor.
    pub offset: u16,
    /// The length in bytes; the text is not NUL-terminated.
    pub length: u16,
}

/// The head of the exported object `pintle_descriptor`. It has no pointers, so that its bytes are the same in the file
/// and in memory. The texts follow it. Numbers are in the byte order that `byte_order` names.
///
/// The items of lists (`needs`, `offers`, `services`) are separated by single spaces.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Descriptor {
    /// [`MAGIC`].
    pub magic: [u8; 8],
    /// The size of the descriptor in bytes, texts included; at most [`DESCRIPTOR_MAX`].
    pub size: u32,
    /// The major version of the ABI that the plugin was built for.
    pub abi_major: u16,
    /// The newest minor version of the ABI that the plugin knows.
    pub abi_minor: u16,
    /// The size of a pointer in bytes.
    pub pointer_width: u8,
    /// One of the `ORDER_` constants.
    pub byte_order: u8,
    /// The size of this head in bytes.
    pub head_size: u16,
    /// `FLAG_` constants; see `FLAGS_MUST`.
    pub flags: u32,
    /// [`FINGERPRINT`](crate::FINGERPRINT) of the header that the plugin was built with.
    pub fingerprint: u64,
    /// The id of the plugin, in reverse domain notation, such as `org.pintle.stats`. It never changes.
    pub id: Span,
    /// A name for people.
    pub name: Span,
    /// The plugin's own version.
    pub version: Span,
    /// The maker of the plugin.
    pub vendor: Span,
    /// One sentence about the plugin.
    pub description: Span,
    /// An SPDX expression.
    pub licence: Span,
    /// The address of a page about the plugin.
    pub url: Span,
    /// Ids of the interfaces without which the plugin cannot run: interfaces of the host, such as `pintle.io/1`, and
    /// interfaces that other plugins have published before the plugin is added.
    pub needs: Span,
    /// Ids of the interfaces that the plugin may publish for others, such as `org.vendor.name/1`.
    pub offers: Span,
    /// Numbers of the services that the plugin may declare, in decimal or with `0x`.
    pub services: Span,
    /// The settings that the configuration of an instance may have, in the grammar of this module.
    pub settings: Span,
    /// The oldest minor version of a host that the plugin can run in. An older host refuses it with `E_VERSION`.
    pub abi_minor_least: u16,
    /// 0.
    pub reserved: u16,
}
