//! `plugin!`: the two exported objects.

/// Writes the objects that a plugin file exports: `pintle_descriptor`, in the section `pintle`, and `pintle_entry`.
///
/// Only `type`, `name` and `id` are required; the others stand in this order:
///
/// | key | value | default |
/// |---|---|---|
/// | `type` | the type that implements [`Plugin`](crate::Plugin) | |
/// | `name` | an identifier: the plugin's name | |
/// | `id` | the plugin's id, in reverse domain notation, which never changes | |
/// | `version`, `vendor`, `description`, `licence`, `url` | texts | from `Cargo.toml` |
/// | `needs`, `offers` | ids of interfaces, separated by single spaces | none |
/// | `services` | service ids, separated by single spaces, decimal or with `0x` | none |
/// | `settings` | a list of lines, each of which declares a setting, such as `"port int 1..65535 =8080 The port"` | none |
/// | `abi_minor_least` | the least minor version of the ABI that its host must have | 0 |
/// | `flags` | names from [`flag`](crate::flag) | none |
/// | `on` | the callbacks that the type implements; the others are absent from the table | none |
///
/// `create`, `request_stop` and `destroy` are always in the table.
///
/// The entry is `pub static ENTRY` as well, for a program that links the plugin in. With the plugin crate's own cargo
/// feature `static` the objects are exported as `pintle_entry_<name>` only, so that many plugins fit in one image; the
/// crate declares it in its `Cargo.toml`: `[features] static = []`.
///
/// Texts that are too long do not compile:
///
/// ```compile_fail
/// # use pintle_sdk::{CreateArgs, Host, Plugin, Result};
/// # struct Wordy;
/// # impl Plugin for Wordy {
/// #     fn create(_: &Host, _: CreateArgs<'_>) -> Result<Self> { Ok(Wordy) }
/// # }
/// const LONG: [u8; 4096] = [b'a'; 4096];
/// pintle_sdk::plugin! {
///     type: Wordy,
///     name: wordy,
///     id: "org.example.wordy",
///     description: match str::from_utf8(&LONG) { Ok(text) => text, Err(_) => "" },
/// }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! plugin {
    (
        type: $type:ty,
        name: $name:ident,
        id: $id:expr,
        $(version: $version:expr,)?
        $(vendor: $vendor:expr,)?
        $(description: $description:expr,)?
        $(licence: $licence:expr,)?
        $(url: $url:expr,)?
        $(needs: $needs:expr,)?
        $(offers: $offers:expr,)?
        $(services: $services:expr,)?
        $(settings: [$($setting:literal),* $(,)?],)?
        $(abi_minor_least: $minor_least:expr,)?
        $(flags: [$($flag:ident),* $(,)?],)?
        $(on: [$($callback:ident),* $(,)?],)?
    ) => {
        impl $crate::export::Resident for $type {
            fn place() -> &'static $crate::export::Place<Self> {
                static PLACE: $crate::export::Place<$type> = $crate::export::Place::new();
                &PLACE
            }
        }

        /// The plugin's entry, for a program that links it in.
        #[cfg_attr(not(feature = "static"), unsafe(export_name = "pintle_entry"))]
        #[cfg_attr(feature = "static", unsafe(export_name = concat!("pintle_entry_", stringify!($name))))]
        pub static ENTRY: $crate::export::Entry = {
            const TEXTS: [&str; $crate::export::TEXTS] = [
                $id,
                stringify!($name),
                $crate::or!([$($version)?] env!("CARGO_PKG_VERSION")),
                $crate::or!([$($vendor)?] env!("CARGO_PKG_AUTHORS")),
                $crate::or!([$($description)?] env!("CARGO_PKG_DESCRIPTION")),
                $crate::or!([$($licence)?] env!("CARGO_PKG_LICENSE")),
                $crate::or!([$($url)?] env!("CARGO_PKG_REPOSITORY")),
                $crate::or!([$($needs)?] ""),
                $crate::or!([$($offers)?] ""),
                $crate::or!([$($services)?] ""),
                concat!($($($setting, "\n"),*)?),
            ];
            const FLAGS: u32 = $($($crate::flag::$flag |)*)?
                if cfg!(debug_assertions) { $crate::export::FLAG_DEBUG } else { 0 };

            #[used]
            #[cfg_attr(not(feature = "static"), unsafe(export_name = "pintle_descriptor"))]
            #[cfg_attr(
                all(not(feature = "static"), not(target_vendor = "apple")),
                unsafe(link_section = "pintle")
            )]
            #[cfg_attr(
                all(not(feature = "static"), target_vendor = "apple"),
                unsafe(link_section = "__DATA_CONST,__pintle")
            )]
            static DESCRIPTOR: $crate::export::Descriptor<{ $crate::export::heap_size(&TEXTS) }> =
                $crate::export::Descriptor::new(&TEXTS, $crate::or!([$($minor_least)?] 0), FLAGS);

            static CALLBACKS: $crate::export::Callbacks = {
                #[allow(unused_mut)]
                let mut callbacks = $crate::export::begin_and_end::<$type>();
                $($(callbacks.$callback = Some($crate::export::$callback::<$type>);)*)?
                callbacks
            };

            $crate::export::entry(DESCRIPTOR.head(), &CALLBACKS)
        };
    };
}

/// The first value, or the second if there is none.
#[doc(hidden)]
#[macro_export]
macro_rules! or {
    ([$value:expr] $default:expr) => {
        $value
    };
    ([] $default:expr) => {
        $default
    };
}

/// What [`plugin!`](crate::plugin!) expands to.
#[doc(hidden)]
pub mod export {
    pub use pintle_abi_core::{Callbacks, Entry, FLAG_DEBUG};

    pub use crate::callbacks::*;
    pub use crate::descriptor::{Descriptor, TEXTS, heap_size};
    pub use crate::instance::{Place, Resident};

    /// An entry for these two objects.
    #[must_use]
    pub const fn entry(
        descriptor: *const pintle_abi_core::Descriptor,
        callbacks: &'static Callbacks,
    ) -> Entry {
        Entry { size: size_of::<Entry>() as u32, reserved: 0, descriptor, callbacks }
    }

    /// A callback table with `create`, `request_stop` and `destroy` only.
    #[must_use]
    pub const fn begin_and_end<T: Resident>() -> Callbacks {
        Callbacks {
            create: Some(create::<T>),
            request_stop: Some(request_stop::<T>),
            destroy: Some(destroy::<T>),
            ..Callbacks::none()
        }
    }
}
