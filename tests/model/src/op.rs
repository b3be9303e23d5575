//! The language of calls: one variant for each slot of each table, and for what only a host can do.

use arbitrary::Arbitrary;
use serde::{Deserialize, Serialize};

use crate::argument::{Code, Id, Null, Ref, Size, Small, Span, Table, Wait, Words};

/// One call.
#[derive(Clone, Debug, PartialEq, Eq, Arbitrary, Serialize, Deserialize)]
pub(crate) enum Op {
    Message(MessageOp),
    MessageAgain(MessageOp),
    Session(SessionOp),
    SessionAgain(SessionOp),
    Socket(SocketOp),
    Service(ServiceOp),
    ServiceAgain(ServiceOp),
    Executor(ExecutorOp),
    Io(IoOp),
    Plugin(PluginOp),
    Host(HostOp),
    Offer(OfferOp),
}

#[derive(Clone, Debug, PartialEq, Eq, Arbitrary, Serialize, Deserialize)]
pub(crate) enum MessageOp {
    Acquire { capacity: Size, null: Null },
    Retain { message: Ref },
    Release { message: Ref },
    Write { message: Ref, length: Size, null: Null },
    Read { message: Ref, length: Size, null: Null },
    Rewind { message: Ref },
    Length { message: Ref, null: Null },
    View { message: Ref, null: Null },
    Reserve { message: Ref, length: Size, null: Null },
    Commit { message: Ref, length: Size },
    Edit { message: Ref, null: Null },
    ViewMut { message: Ref, null: Null },
    Clear { message: Ref },
    Clone { message: Ref, capacity: Size, null: Null },
}

#[derive(Clone, Debug, PartialEq, Eq, Arbitrary, Serialize, Deserialize)]
pub(crate) enum SocketOp {
    Open { modes: [Small; 2], count: Small, null: Null },
    Listen { socket: Ref, address: Words },
    Connect { socket: Ref, address: Words, token: Size },
    Stop { socket: Ref },
    Close { socket: Ref },
    ChannelCount { socket: Ref, null: Null },
    ChannelMode { socket: Ref, channel: Small, null: Null },
    Attach { socket: Ref, address: Words },
    Detach { socket: Ref },
    Time { socket: Ref, null: Null },
    Address { socket: Ref, null: Null },
    State { socket: Ref, null: Null },
}

#[derive(Clone, Debug, PartialEq, Eq, Arbitrary, Serialize, Deserialize)]
pub(crate) enum SessionOp {
    Create {
        socket: Ref,
        client_id: i64,
        family: Small,
        data: u8,
        user: Words,
        protocol: Words,
        null: Null,
    },
    Destroy {
        session: Ref,
    },
    Receive {
        session: Ref,
        channel: Small,
        message: Ref,
    },
    Send {
        session: Ref,
        channel: Small,
        message: Ref,
    },
    Request {
        session: Ref,
        service: Small,
        id: Small,
        correlation: Small,
        message: Ref,
        /// NULL for the struct.
        #[serde(default)]
        null: Null,
        /// A struct of an edition before the first.
        #[serde(default)]
        short: Null,
        /// A flag that no host knows.
        #[serde(default)]
        flag: Null,
    },
    Cancel {
        session: Ref,
        correlation: Small,
    },
    Suspend {
        session: Ref,
    },
    Resume {
        session: Ref,
    },
    Disconnect {
        session: Ref,
    },
    SetData {
        session: Ref,
        data: u8,
    },
    Data {
        session: Ref,
        null: Null,
    },
    ClientId {
        session: Ref,
        null: Null,
    },
    Address {
        session: Ref,
        null: Null,
    },
    Socket {
        session: Ref,
        null: Null,
    },
    Rtt {
        session: Ref,
        null: Null,
    },
    ChannelMode {
        session: Ref,
        channel: Small,
        null: Null,
    },
    SetChannelMode {
        session: Ref,
        channel: Small,
        mode: Small,
    },
    User {
        session: Ref,
        null: Null,
    },
    Protocol {
        session: Ref,
        null: Null,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Arbitrary, Serialize, Deserialize)]
pub(crate) enum ServiceOp {
    Declare { service: Small, slow: [Small; 2], count: Small, null: Null },
    Result { request: Ref, message: Ref },
    Exception { request: Ref, code: Code, text: Words },
    Done { request: Ref },
    IsCancelled { request: Ref },
    DropCurrent { request: Ref },
}

#[derive(Clone, Debug, PartialEq, Eq, Arbitrary, Serialize, Deserialize)]
pub(crate) enum ExecutorOp {
    Startup,
    Shutdown,
    Submit { message: Ref, with: bool, data: u8, null: Null },
    SubmitWorker { message: Ref, with: bool, data: u8, null: Null },
    StartTimer { delay: Span, period: Span, data: u8, null_run: Null, null_out: Null },
    CancelTimer { timer: Ref },
}

#[derive(Clone, Debug, PartialEq, Eq, Arbitrary, Serialize, Deserialize)]
pub(crate) enum IoOp {
    Watch { fd: Small, interest: Small, data: u8, null_run: Null, null_out: Null },
    Change { watch: Ref, interest: Small },
    Unwatch { watch: Ref },
}

#[derive(Clone, Debug, PartialEq, Eq, Arbitrary, Serialize, Deserialize)]
pub(crate) enum OfferOp {
    Publish { id: Id, table: Table, null: Null },
    Withdraw { offer: Ref },
    Find { id: Id, null: Null },
    Call { offer: Ref, data: u8, null: Null },
}

/// What a plugin asks about itself.
#[derive(Clone, Debug, PartialEq, Eq, Arbitrary, Serialize, Deserialize)]
pub(crate) enum PluginOp {
    Extension { known: bool, null_id: Null, null_out: Null },
    Stopped,
    DataSet { data: u8 },
    DataGet { null: Null },
    LogWrite { level: Small, text: Words },
    ErrorSet { code: Small, text: Words },
    ErrorLast { null: Null, short: Null },
}

/// What only the program around the kernel can do.
#[derive(Clone, Debug, PartialEq, Eq, Arbitrary, Serialize, Deserialize)]
pub(crate) enum HostOp {
    Add {
        definition: u8,
    },
    Unload {
        instance: Ref,
        #[serde(default)]
        timeout: Wait,
    },
    Turn,
    Ready {
        watch: Ref,
        ready: Small,
    },
    TurnLater {
        after: Span,
    },
    TurnAgain,
    Take,
    Receipt {
        instance: Ref,
    },
    /// What plugin zero does in its next worker task.
    #[arbitrary(skip)]
    Work {
        steps: Vec<Step>,
    },
}

/// A call about one object.
pub(crate) type OnObject = fn(Ref) -> Op;

/// A call, and who calls.
#[derive(Clone, Debug, PartialEq, Eq, Arbitrary, Serialize, Deserialize)]
pub(crate) struct Step {
    /// Which instance calls, modulo how many there are; in a script it is the instance that runs.
    pub(crate) actor: u8,
    /// Nobody calls: the plugin pointer is NULL.
    pub(crate) nobody: Null,
    pub(crate) op: Op,
}
