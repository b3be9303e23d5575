//! What a plugin file says of itself, to be read without running it.
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
//! `any` is any character but a control character. Both ends of a range belong to it. `!` says that the setting must be
//! given, `=` what it is if it is not given; without either the plugin decides. A value has its setting's type: a text
//! for `text`, a word of the list for `choice`, any number of texts for `texts`. A sentence begins with neither `!` nor
//! `=` nor a range. No two settings have one name. Of a type that it does not know, a host takes the rest of the line for
//! the sentence, if the plugin was built for a later minor version; else it refuses the plugin.
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

/// The upper half of `flags`: those that a host must understand. One that it does not know means that the plugin needs a
/// newer host, which refuses with `E_VERSION`. Unknown ones in the lower half are ignored.
pub const FLAGS_MUST: u32 = 0xffff_0000;
/// All state hangs on the instance. Without it a second live instance in the process is refused.
pub const FLAG_MULTI_INSTANCE: u32 = 1;
/// The image may be unmapped once its last instance is gone.
pub const FLAG_UNLOAD_SAFE: u32 = 2;
/// A panic of the plugin aborts the process: it has no wall.
pub const FLAG_PANIC_ABORT: u32 = 4;
/// Built without C++ exceptions.
pub const FLAG_NO_EXCEPTIONS: u32 = 8;
/// A debug build.
pub const FLAG_DEBUG: u32 = 16;
/// Built with a sanitizer.
pub const FLAG_SANITIZED: u32 = 32;
/// Wants to open sockets.
pub const FLAG_OPENS_SOCKETS: u32 = 64;
/// Wants to keep data on sessions of other owners.
pub const FLAG_SESSION_DATA: u32 = 128;

/// A text within a descriptor.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Span {
    /// Where it begins, in bytes from the descriptor's first.
    pub offset: u16,
    /// How many bytes; not NUL-terminated.
    pub length: u16,
}

/// The head of the exported object `pintle_descriptor`. It holds no pointer, so that it is the same bytes in the
/// file as in memory; the texts follow it. Numbers are in the byte order that `byte_order` names.
///
/// Lists (`needs`, `offers`, `services`) are separated by single spaces.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Descriptor {
    /// [`MAGIC`].
    pub magic: [u8; 8],
    /// Bytes in all, texts included; at most [`DESCRIPTOR_MAX`].
    pub size: u32,
    /// The ABI that the plugin was built for.
    pub abi_major: u16,
    /// The newest minor version that the plugin knows.
    pub abi_minor: u16,
    /// Size of a pointer, in bytes.
    pub pointer_width: u8,
    /// One of the `ORDER_` constants.
    pub byte_order: u8,
    /// Bytes of this head.
    pub head_size: u16,
    /// `FLAG_` constants; see `FLAGS_MUST`.
    pub flags: u32,
    /// [`FINGERPRINT`](crate::FINGERPRINT) as the plugin's header has it.
    pub fingerprint: u64,
    /// A reverse URI that names the plugin for ever, such as `org.pintle.stats`.
    pub id: Span,
    /// A name for people.
    pub name: Span,
    /// The plugin's own version.
    pub version: Span,
    /// Who made it.
    pub vendor: Span,
    /// One sentence.
    pub description: Span,
    /// An SPDX expression.
    pub licence: Span,
    /// Where to read more.
    pub url: Span,
    /// Interfaces that it cannot do without: of the host, such as `pintle.io/1`, or ones that other plugins have published
    /// when it is added.
    pub needs: Span,
    /// Interfaces that it may publish for other plugins, such as `org.vendor.name/1`.
    pub offers: Span,
    /// Service ids that it may declare, decimal or with `0x`.
    pub services: Span,
    /// What the configuration of an instance may set; its grammar stands above.
    pub settings: Span,
    /// The least minor version of a host that the plugin can do with; an older host refuses it with `E_VERSION`.
    pub abi_minor_least: u16,
    /// 0.
    pub reserved: u16,
}
