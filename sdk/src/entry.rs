//! What the attribute [`plugin`](crate::plugin) expands to: the two exported objects.

/// The two objects, of the attribute's arguments in their order.
#[doc(hidden)]
#[macro_export]
macro_rules! __plugin {
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
        $(services: [$(($service:expr, [$($slow:expr),* $(,)?])),*],)?
        $(settings: [$($setting:literal),* $(,)?],)?
        $(abi_minor_least: $minor_least:expr,)?
        $(flags: [$($flag:ident),* $(,)?],)?
        on: [$($(#[$condition:meta])* $callback:ident),*],
    ) => {
        impl $crate::export::Resident for $type {
            const SERVICES: &'static [(u32, &'static [u32])] = &[$($(($service, &[$($slow),*])),*)?];

            fn place() -> &'static $crate::export::Place<Self> {
                static PLACE: $crate::export::Place<$type> = $crate::export::Place::new();
                &PLACE
            }
        }

        $crate::__exported! { entry $name
            /// The plugin's entry, for a program that links it in.
            pub static ENTRY: $crate::export::Entry = {
                const SERVICES: &[(u32, &[u32])] = <$type as $crate::export::Resident>::SERVICES;
                const SERVICE_IDS: [u8; $crate::export::ids_length(SERVICES)] = $crate::export::ids(SERVICES);
                const TEXTS: [&str; $crate::export::TEXTS] = [
                    $id,
                    stringify!($name),
                    $crate::__or!([$($version)?] env!("CARGO_PKG_VERSION")),
                    $crate::__or!([$($vendor)?] env!("CARGO_PKG_AUTHORS")),
                    $crate::__or!([$($description)?] env!("CARGO_PKG_DESCRIPTION")),
                    $crate::__or!([$($licence)?] env!("CARGO_PKG_LICENSE")),
                    $crate::__or!([$($url)?] env!("CARGO_PKG_REPOSITORY")),
                    $crate::__or!([$($needs)?] ""),
                    $crate::__or!([$($offers)?] ""),
                    $crate::export::ascii(&SERVICE_IDS),
                    concat!($($($setting, "\n"),*)?),
                ];
                const FLAGS: u32 = $($($crate::flag::$flag |)*)?
                    if cfg!(debug_assertions) { $crate::export::FLAG_DEBUG } else { 0 };

                $crate::__exported! { descriptor
                    static DESCRIPTOR: $crate::export::Descriptor<{ $crate::export::heap_size(&TEXTS) }> =
                        $crate::export::Descriptor::new(&TEXTS, $crate::__or!([$($minor_least)?] 0), FLAGS);
                }

                static CALLBACKS: $crate::export::Callbacks = {
                    #[allow(unused_mut)]
                    let mut callbacks = $crate::export::begin_and_end::<$type>();
                    $($(#[$condition])* {
                        callbacks.$callback = Some($crate::export::$callback::<$type>);
                    })*
                    callbacks
                };

                $crate::export::entry(DESCRIPTOR.head(), &CALLBACKS)
            };
        }
    };
}

/// Exports the objects as those of a plugin's file.
#[cfg(not(feature = "static"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __exported {
    (entry $name:ident $($item:tt)*) => {
        #[unsafe(export_name = "pintle_entry")]
        $($item)*
    };
    (descriptor $($item:tt)*) => {
        #[used]
        #[unsafe(export_name = "pintle_descriptor")]
        #[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = "pintle"))]
        #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA_CONST,__pintle"))]
        $($item)*
    };
}

/// Exports the entry alone, under a name of its own, so that many plugins fit in one program.
#[cfg(feature = "static")]
#[doc(hidden)]
#[macro_export]
macro_rules! __exported {
    (entry $name:ident $($item:tt)*) => {
        #[unsafe(export_name = concat!("pintle_entry_", stringify!($name)))]
        $($item)*
    };
    (descriptor $($item:tt)*) => {
        #[used]
        $($item)*
    };
}

/// The first value, or the second if there is none.
#[doc(hidden)]
#[macro_export]
macro_rules! __or {
    ([$value:expr] $default:expr) => {
        $value
    };
    ([] $default:expr) => {
        $default
    };
}

/// What [`plugin`](crate::plugin) expands to.
#[doc(hidden)]
pub mod export {
    pub use pintle_abi_core::{Callbacks, Entry, FLAG_DEBUG};

    pub use crate::callbacks::*;
    pub use crate::descriptor::{Descriptor, TEXTS, ascii, heap_size, ids, ids_length};
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
