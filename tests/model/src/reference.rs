//! Which objects a call names.

use crate::{
    argument::Ref,
    event::Kind,
    op::{ExecutorOp, HostOp, IoOp, MessageOp, OfferOp, Op, PluginOp, ServiceOp, SessionOp, SocketOp},
};

impl Op {
    /// The objects that the call names, in the order of its parameters.
    pub(crate) fn references(&self) -> Vec<(Kind, Ref)> {
        use Kind::{Instance, Message, Offer, Request, Session, Socket, Timer, Watch};
        match *self {
            Self::Message(ref op) | Self::MessageAgain(ref op) => {
                use MessageOp as O;
                match *op {
                    O::Acquire { .. } => vec![],
                    O::Retain { message }
                    | O::Release { message }
                    | O::Write { message, .. }
                    | O::Read { message, .. }
                    | O::Rewind { message }
                    | O::Length { message, .. }
                    | O::View { message, .. }
                    | O::Reserve { message, .. }
                    | O::Commit { message, .. }
                    | O::Edit { message, .. }
                    | O::ViewMut { message, .. }
                    | O::Clear { message }
                    | O::Clone { message, .. } => vec![(Message, message)],
                }
            }
            Self::Socket(ref op) => {
                use SocketOp as O;
                match *op {
                    O::Open { .. } => vec![],
                    O::Listen { socket, .. }
                    | O::Connect { socket, .. }
                    | O::Stop { socket }
                    | O::Close { socket }
                    | O::ChannelCount { socket, .. }
                    | O::ChannelMode { socket, .. }
                    | O::Attach { socket, .. }
                    | O::Detach { socket }
                    | O::Time { socket, .. }
                    | O::Address { socket, .. }
                    | O::State { socket, .. } => vec![(Socket, socket)],
                }
            }
            Self::Session(ref op) | Self::SessionAgain(ref op) => {
                use SessionOp as O;
                match *op {
                    O::Create { socket, .. } => vec![(Socket, socket)],
                    O::Receive { session, message, .. }
                    | O::Send { session, message, .. }
                    | O::Request { session, message, .. } => vec![(Session, session), (Message, message)],
                    O::Destroy { session }
                    | O::Cancel { session, .. }
                    | O::Suspend { session }
                    | O::Resume { session }
                    | O::Disconnect { session }
                    | O::SetData { session, .. }
                    | O::Data { session, .. }
                    | O::ClientId { session, .. }
                    | O::Address { session, .. }
                    | O::Socket { session, .. }
                    | O::Rtt { session, .. }
                    | O::ChannelMode { session, .. }
                    | O::SetChannelMode { session, .. }
                    | O::User { session, .. }
                    | O::Protocol { session, .. } => vec![(Session, session)],
                }
            }
            Self::Service(ref op) | Self::ServiceAgain(ref op) => {
                use ServiceOp as O;
                match *op {
                    O::Declare { .. } => vec![],
                    O::Result { request, message } => vec![(Request, request), (Message, message)],
                    O::Exception { request, .. }
                    | O::Done { request }
                    | O::IsCancelled { request }
                    | O::DropCurrent { request } => vec![(Request, request)],
                }
            }
            Self::Executor(ref op) => match *op {
                ExecutorOp::Submit { message, with: true, .. }
                | ExecutorOp::SubmitWorker { message, with: true, .. } => vec![(Message, message)],
                ExecutorOp::CancelTimer { timer } => vec![(Timer, timer)],
                _ => vec![],
            },
            Self::Io(ref op) => match *op {
                IoOp::Watch { .. } => vec![],
                IoOp::Change { watch, .. } | IoOp::Unwatch { watch } => vec![(Watch, watch)],
            },
            Self::Offer(ref op) => match *op {
                OfferOp::Publish { .. } | OfferOp::Find { .. } => vec![],
                OfferOp::Withdraw { offer } | OfferOp::Call { offer, .. } => vec![(Offer, offer)],
            },
            Self::Plugin(ref op) => match *op {
                PluginOp::Extension { .. }
                | PluginOp::Stopped
                | PluginOp::DataSet { .. }
                | PluginOp::DataGet { .. }
                | PluginOp::LogWrite { .. }
                | PluginOp::ErrorSet { .. }
                | PluginOp::ErrorLast { .. } => vec![],
            },
            Self::Host(ref op) => match *op {
                HostOp::Unload { instance, .. } | HostOp::Receipt { instance } => vec![(Instance, instance)],
                HostOp::Ready { watch, .. } => vec![(Watch, watch)],
                HostOp::Add { .. }
                | HostOp::Turn
                | HostOp::TurnLater { .. }
                | HostOp::TurnAgain
                | HostOp::Take
                | HostOp::Work { .. } => vec![],
            },
        }
    }
}
