//! The calls that a host makes on an instance.

use arbitrary::Arbitrary;
use pintle_abi_core::{Rule, rules::CALLBACKS, status};
use serde::{Deserialize, Serialize};

macro_rules! crossings {
    ($($variant:ident $name:literal;)*) => {
        /// What runs: a callback, or what a plugin gave to the executor.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Arbitrary, Serialize, Deserialize)]
        pub(crate) enum Crossing {
            $($variant,)*
        }

        impl Crossing {
            /// The name of the member in `Callbacks`, or of the work.
            pub(crate) fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

crossings! {
    MessageIn "message_in";
    MessageOut "message_out";
    SessionSend "session_send";
    Request "request";
    SessionResult "session_result";
    SlowArrive "slow_arrive";
    SlowRequest "slow_request";
    RequestDone "request_done";
    Task "task";
    WorkerTask "worker task";
    Timer "timer";
    Watch "watch";
    SessionCreated "session_created";
    SessionDestroyed "session_destroyed";
    SessionWritable "session_writable";
    SessionDisconnect "session_disconnect";
    SessionGetRtt "session_get_rtt";
    SessionSetMode "session_set_mode";
    SocketCreated "socket_created";
    SocketListening "socket_listening";
    SocketConnecting "socket_connecting";
    SocketStopped "socket_stopped";
    SocketDestroyed "socket_destroyed";
    SocketAttached "socket_attached";
    SocketDetached "socket_detached";
    Create "create";
    RequestStop "request_stop";
    Destroy "destroy";
    OfferPublished "offer_published";
    OfferEnded "offer_ended";
    OfferCall "offer call";
}

impl Crossing {
    /// The rule of the callback; none for tasks, timers, watches and calls through offers.
    pub(crate) fn rule(self) -> Option<&'static Rule> {
        CALLBACKS.iter().find(|rule| rule.name == self.name())
    }

    /// Whether it runs under a worker's rules.
    pub(crate) fn is_worker(self) -> bool {
        matches!(self, Self::SlowRequest | Self::WorkerTask)
    }
}

/// What a script answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Answer {
    Ok,
    Consumed,
    Pending,
    /// No error, and nothing that the contract knows.
    Unknown,
    Again,
    Panic,
    Own(u8),
}

impl<'a> Arbitrary<'a> for Answer {
    fn arbitrary(u: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
        Ok(match u.arbitrary::<u8>()? {
            0..=159 => Self::Ok,
            160..=179 => Self::Consumed,
            180..=199 => Self::Pending,
            200..=204 => Self::Unknown,
            205..=229 => Self::Again,
            230..=235 => Self::Panic,
            n => Self::Own(n - 236),
        })
    }
}

impl Answer {
    /// The status.
    pub(crate) fn status(self) -> i32 {
        match self {
            Self::Ok => status::OK,
            Self::Consumed => status::CONSUMED,
            Self::Pending => status::PENDING,
            Self::Unknown => status::ERROR_FIRST - 1,
            Self::Again => status::E_AGAIN,
            Self::Panic => status::E_PANIC,
            Self::Own(n) => status::PLUGIN_FIRST + i32::from(n),
        }
    }
}
