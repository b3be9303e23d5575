//! The exported objects of a plugin, made from its definition.

use pintle_abi_core::{
    ABI_MAJOR, ABI_MINOR, Callbacks, Descriptor, Entry, FINGERPRINT, FLAG_MULTI_INSTANCE, FLAG_OPENS_SOCKETS,
    FLAG_SESSION_DATA, MAGIC, ORDER_BIG, ORDER_LITTLE, Span,
};

use super::work;
use crate::{argument::Id, crossing::Crossing, data::plugin_id, plan::Definition};

/// Room for the texts of a descriptor.
const HEAP: usize = 256;

/// A descriptor with its texts behind it.
#[repr(C)]
struct Described {
    head: Descriptor,
    heap: [u8; HEAP],
}

/// All that a plugin exports. The entry points into the other two, which therefore stay where they are.
pub(super) struct Exports {
    pub(super) entry: Box<Entry>,
    callbacks: Box<Callbacks>,
    _descriptor: Box<Described>,
}

impl Exports {
    /// The plugin with this number.
    pub(super) fn new(number: usize, definition: &Definition) -> Self {
        let descriptor = Box::new(describe(number, definition));
        let callbacks = Box::new(callbacks(definition));
        let entry = Box::new(Entry {
            size: size::<Entry>(),
            reserved: 0,
            descriptor: (&raw const *descriptor).cast(),
            callbacks: &raw const *callbacks,
        });
        Self { entry, callbacks, _descriptor: descriptor }
    }

    /// The callbacks, for plugin zero, which needs no entry.
    pub(super) fn callbacks(&self) -> *const Callbacks {
        &raw const *self.callbacks
    }
}

/// The size of a struct, as its first member has it.
pub(super) fn size<T>() -> u32 {
    size_of::<T>().try_into().expect("a small struct")
}

fn describe(number: usize, definition: &Definition) -> Described {
    let mut heap = Vec::new();
    let mut text = |text: &str| {
        let offset = size_of::<Descriptor>() + heap.len();
        heap.extend_from_slice(text.as_bytes());
        let short = |number: usize| u16::try_from(number).expect("a short descriptor");
        Span { offset: short(offset), length: short(text.len()) }
    };
    let ids = |list: &[u8]| {
        let ids = list.iter().map(|id| String::from_utf8(Id::Offer(*id).bytes()).expect("an id in ASCII"));
        ids.collect::<Vec<_>>().join(" ")
    };
    let services: Vec<String> = definition.services.iter().map(u32::to_string).collect();
    let flags = [
        (definition.opens_sockets, FLAG_OPENS_SOCKETS),
        (definition.session_data, FLAG_SESSION_DATA),
        (true, FLAG_MULTI_INSTANCE),
    ];
    let head = Descriptor {
        magic: MAGIC,
        size: size::<Described>(),
        abi_major: ABI_MAJOR,
        abi_minor: ABI_MINOR,
        pointer_width: size_of::<usize>().try_into().expect("a small number"),
        byte_order: if cfg!(target_endian = "little") { ORDER_LITTLE } else { ORDER_BIG },
        head_size: size_of::<Descriptor>().try_into().expect("a small struct"),
        flags: flags.iter().filter(|(wanted, _)| *wanted).map(|(_, flag)| flag).sum(),
        fingerprint: FINGERPRINT,
        id: text(&plugin_id(number)),
        name: text("model"),
        version: text("1.0.0"),
        vendor: Span::default(),
        description: Span::default(),
        licence: Span::default(),
        url: Span::default(),
        needs: text(&ids(&definition.needs)),
        offers: text(&ids(&definition.offers)),
        services: text(&services.join(" ")),
        settings: Span::default(),
        abi_minor_least: 0,
        reserved: 0,
    };
    heap.resize(HEAP, 0);
    Described { head, heap: heap.try_into().expect("a heap of the right size") }
}

fn callbacks(definition: &Definition) -> Callbacks {
    macro_rules! offered {
        ($($name:ident $crossing:ident;)*) => {
            Callbacks {
                size: size::<Callbacks>(),
                reserved: 0,
                $($name: if definition.has(Crossing::$crossing) { Some(work::$name) } else { None },)*
                ..Callbacks::none()
            }
        };
    }
    offered! {
        create Create;
        request_stop RequestStop;
        destroy Destroy;
        socket_created SocketCreated;
        socket_listening SocketListening;
        socket_connecting SocketConnecting;
        socket_stopped SocketStopped;
        socket_destroyed SocketDestroyed;
        socket_attached SocketAttached;
        socket_detached SocketDetached;
        session_created SessionCreated;
        session_destroyed SessionDestroyed;
        message_in MessageIn;
        message_out MessageOut;
        session_send SessionSend;
        session_writable SessionWritable;
        session_disconnect SessionDisconnect;
        session_result SessionResult;
        session_get_rtt SessionGetRtt;
        session_set_mode SessionSetMode;
        request Request;
        slow_arrive SlowArrive;
        slow_request SlowRequest;
        request_done RequestDone;
        offer_published OfferPublished;
        offer_ended OfferEnded;
    }
}
