//! Which slot a call means, and its first checks.

use pintle_abi_core::{
    rules::{
        api, data, error, executor as exec, io as io_rules, log, message as msg, offer as offered,
        service as svc, session as ses, socket as soc,
    },
    status::{E_ARGUMENT, E_UNSUPPORTED},
};

use super::{DONE, Model, Outcome, session::Told};
use crate::op::{ExecutorOp, HostOp, IoOp, MessageOp, OfferOp, PluginOp, ServiceOp, SessionOp, SocketOp};

impl Model {
    pub(super) fn message(&mut self, actor: Option<usize>, op: &MessageOp) -> Outcome {
        use MessageOp as O;
        let rule = match op {
            O::Acquire { .. } => msg::ACQUIRE,
            O::Retain { .. } => msg::RETAIN,
            O::Release { .. } => msg::RELEASE,
            O::Write { .. } => msg::WRITE,
            O::Read { .. } => msg::READ,
            O::Rewind { .. } => msg::REWIND,
            O::Length { .. } => msg::LENGTH,
            O::View { .. } => msg::VIEW,
            O::Reserve { .. } => msg::RESERVE,
            O::Commit { .. } => msg::COMMIT,
            O::Edit { .. } => msg::EDIT,
            O::ViewMut { .. } => msg::VIEW_MUT,
            O::Clear { .. } => msg::CLEAR,
            O::Clone { .. } => msg::CLONE,
        };
        let actor = self.guard(actor, &rule)?;
        match *op {
            O::Acquire { capacity, null } => self.message_acquire(actor, self.bytes(capacity), null.0),
            O::Retain { message } => self.message_retain(actor, message),
            O::Release { message } => self.message_release(actor, message),
            O::Write { message, length, null } => self.message_write(message, self.bytes(length), null.0),
            O::Read { message, length, null } => self.message_read(message, self.bytes(length), null.0),
            O::Rewind { message } => self.message_rewind(message),
            O::Length { message, null } => self.message_length(message, null.0),
            O::View { message, null } => self.message_view(message, null.0),
            O::Reserve { message, length, null } => self.message_reserve(message, self.bytes(length), null.0),
            O::Commit { message, length } => self.message_commit(message, self.bytes(length)),
            O::Edit { message, null } => self.message_edit(actor, message, null.0),
            O::ViewMut { message, null } => self.message_view_mut(message, null.0),
            O::Clear { message } => self.message_clear(message),
            O::Clone { message, capacity, null } => {
                self.message_clone(actor, message, self.bytes(capacity), null.0)
            }
        }
    }

    pub(super) fn socket(&mut self, actor: Option<usize>, op: &SocketOp) -> Outcome {
        use SocketOp as O;
        let rule = match op {
            O::Open { .. } => soc::OPEN,
            O::Listen { .. } => soc::LISTEN,
            O::Connect { .. } => soc::CONNECT,
            O::Stop { .. } => soc::STOP,
            O::Close { .. } => soc::CLOSE,
            O::ChannelCount { .. } => soc::CHANNEL_COUNT,
            O::ChannelMode { .. } => soc::CHANNEL_MODE,
            O::Attach { .. } => soc::ATTACH,
            O::Detach { .. } => soc::DETACH,
            O::Time { .. } => soc::TIME,
            O::Address { .. } => soc::ADDRESS,
            O::State { .. } => soc::STATE,
        };
        let actor = self.guard(actor, &rule)?;
        match *op {
            O::Open { modes, count, null } => self.socket_open(actor, modes, count.0, null.0),
            O::Listen { socket, address } => self.socket_start(actor, socket, address, None),
            O::Connect { socket, address, token } => {
                self.socket_start(actor, socket, address, Some(self.bytes(token)))
            }
            O::Stop { socket } => self.socket_stop(actor, socket),
            O::Close { socket } => self.socket_close(actor, socket),
            O::ChannelCount { socket, null } => self.socket_channel_count(socket, null.0),
            O::ChannelMode { socket, channel, null } => self.socket_channel_mode(socket, channel.0, null.0),
            O::Attach { socket, address } => self.socket_attach(actor, socket, address),
            O::Detach { socket } => self.socket_detach(actor, socket),
            O::Time { socket, null } => self.socket_time(socket, null.0),
            O::Address { socket, null } => self.socket_address(socket, null.0),
            O::State { socket, null } => self.socket_state(socket, null.0),
        }
    }

    pub(super) fn session(&mut self, actor: Option<usize>, op: &SessionOp) -> Outcome {
        use SessionOp as O;
        let rule = match op {
            O::Create { .. } => ses::CREATE,
            O::Destroy { .. } => ses::DESTROY,
            O::Receive { .. } => ses::RECEIVE,
            O::Send { .. } => ses::SEND,
            O::Request { .. } => ses::REQUEST,
            O::Cancel { .. } => ses::CANCEL,
            O::Suspend { .. } => ses::SUSPEND,
            O::Resume { .. } => ses::RESUME,
            O::Disconnect { .. } => ses::DISCONNECT,
            O::SetData { .. } => ses::SET_DATA,
            O::Data { .. } => ses::DATA,
            O::ClientId { .. } => ses::CLIENT_ID,
            O::Address { .. } => ses::ADDRESS,
            O::Socket { .. } => ses::SOCKET,
            O::Rtt { .. } => ses::RTT,
            O::User { .. } => ses::USER,
            O::Protocol { .. } => ses::PROTOCOL,
            O::ChannelMode { .. } => ses::CHANNEL_MODE,
            O::SetChannelMode { .. } => ses::SET_CHANNEL_MODE,
        };
        let actor = self.guard(actor, &rule)?;
        match *op {
            O::Create { socket, client_id, family, data, user, protocol, null } => {
                let about = Told { client_id, family: family.0, data, user, protocol };
                self.session_create(actor, socket, &about, null.0)
            }
            O::Destroy { session } => self.session_destroy(actor, session),
            O::Receive { session, channel, message } => {
                self.session_receive(actor, session, channel.0, message)
            }
            O::Send { session, channel, message } => self.session_send(session, channel.0, message),
            O::Request { null, .. } if null.0 => Err(E_ARGUMENT),
            O::Request { short, .. } if short.0 => Err(self.explained(actor, E_ARGUMENT)),
            O::Request { flag, .. } if flag.0 => Err(E_UNSUPPORTED),
            O::Request { session, service, id, correlation, message, .. } => {
                self.session_request(actor, session, [service.0, id.0, correlation.0], message)
            }
            O::Cancel { session, correlation } => self.session_cancel(actor, session, correlation.0),
            O::Suspend { session } => self.session_suspend(actor, session),
            O::Resume { session } => self.session_resume(actor, session),
            O::Disconnect { session } => self.session_disconnect(session),
            O::SetData { session, data } => self.session_set_data(actor, session, data),
            O::Data { session, null } => self.session_data(actor, session, null.0),
            O::ClientId { session, null } => self.session_client_id(session, null.0),
            O::Address { session, null } => self.session_address(session, null.0),
            O::Socket { session, null } => self.session_socket(session, null.0),
            O::Rtt { session, null } => self.session_rtt(session, null.0),
            O::User { session, null } => self.session_user(session, null.0),
            O::Protocol { session, null } => self.session_protocol(session, null.0),
            O::ChannelMode { session, channel, null } => {
                self.session_channel_mode(session, channel.0, null.0)
            }
            O::SetChannelMode { session, channel, mode } => {
                self.session_set_channel_mode(session, channel.0, mode.0)
            }
        }
    }

    pub(super) fn service(&mut self, actor: Option<usize>, op: &ServiceOp) -> Outcome {
        use ServiceOp as O;
        let rule = match op {
            O::Declare { .. } => svc::DECLARE,
            O::Result { .. } => svc::RESULT,
            O::Exception { .. } => svc::EXCEPTION,
            O::Done { .. } => svc::DONE,
            O::IsCancelled { .. } => svc::IS_CANCELLED,
            O::DropCurrent { .. } => svc::DROP_CURRENT,
        };
        let actor = self.guard(actor, &rule)?;
        match *op {
            O::Declare { service, slow, count, null } => {
                self.service_declare(actor, service.0, slow, count.0, null.0)
            }
            O::Result { request, message } => self.service_result(actor, request, message),
            O::Exception { request, code, text } => self.service_exception(actor, request, code.0, text),
            O::Done { request } => self.service_done(actor, request),
            O::IsCancelled { request } => self.service_is_cancelled(actor, request),
            O::DropCurrent { request } => self.service_drop_current(actor, request),
        }
    }

    pub(super) fn executor(&mut self, actor: Option<usize>, op: &ExecutorOp) -> Outcome {
        use ExecutorOp as O;
        let rule = match op {
            O::Startup => exec::STARTUP,
            O::Shutdown => exec::SHUTDOWN,
            O::Submit { .. } => exec::SUBMIT,
            O::SubmitWorker { .. } => exec::SUBMIT_WORKER,
            O::StartTimer { .. } => exec::START_TIMER,
            O::CancelTimer { .. } => exec::CANCEL_TIMER,
        };
        let actor = self.guard(actor, &rule)?;
        match *op {
            O::Startup => self.executor_open(actor, true),
            O::Shutdown => self.executor_open(actor, false),
            O::Submit { message, with, data, null } => {
                self.executor_submit(actor, with.then_some(message), data, null.0, false)
            }
            O::SubmitWorker { message, with, data, null } => {
                self.executor_submit(actor, with.then_some(message), data, null.0, true)
            }
            O::StartTimer { delay, period, data, null_run, null_out } => {
                self.executor_start_timer(actor, delay.0, period.0, data, null_run.0 || null_out.0)
            }
            O::CancelTimer { timer } => self.executor_cancel_timer(actor, timer),
        }
    }

    pub(super) fn io(&mut self, actor: Option<usize>, op: &IoOp) -> Outcome {
        use IoOp as O;
        let rule = match op {
            O::Watch { .. } => io_rules::WATCH,
            O::Change { .. } => io_rules::CHANGE,
            O::Unwatch { .. } => io_rules::UNWATCH,
        };
        let actor = self.guard(actor, &rule)?;
        match *op {
            O::Watch { fd, interest, data, null_run, null_out } => {
                self.io_watch(actor, fd.0, interest.0, data, null_run.0 || null_out.0)
            }
            O::Change { watch, interest } => self.io_change(actor, watch, interest.0),
            O::Unwatch { watch } => self.io_unwatch(actor, watch),
        }
    }

    pub(super) fn offer(&mut self, actor: Option<usize>, op: &OfferOp) -> Outcome {
        use OfferOp as O;
        let rule = match op {
            O::Publish { .. } => offered::PUBLISH,
            O::Withdraw { .. } => offered::WITHDRAW,
            O::Find { .. } => offered::FIND,
            O::Call { .. } => offered::CALL,
        };
        let actor = self.guard(actor, &rule)?;
        match *op {
            O::Publish { id, table, null } => self.offer_publish(actor, id, table, null.0),
            O::Withdraw { offer } => self.offer_withdraw(actor, offer),
            O::Find { id, null } => self.offer_find(id, null.0),
            O::Call { offer, data, null } => self.offer_call(actor, offer, data, null.0),
        }
    }

    pub(super) fn plugin(&mut self, actor: Option<usize>, op: &PluginOp) -> Outcome {
        use PluginOp as O;
        let rule = match op {
            O::Extension { .. } => api::EXTENSION,
            O::Stopped => api::STOPPED,
            O::DataSet { .. } => data::SET,
            O::DataGet { .. } => data::GET,
            O::LogWrite { .. } => log::WRITE,
            O::ErrorSet { .. } => error::SET,
            O::ErrorLast { .. } => error::LAST,
        };
        let actor = self.guard(actor, &rule)?;
        match *op {
            O::Extension { known, null_id, null_out } => {
                self.extension(actor, known, null_id.0 || null_out.0)
            }
            O::Stopped => self.stopped(actor),
            O::DataSet { data } => self.data_set(actor, data),
            O::DataGet { null } => self.data_get(actor, null.0),
            O::LogWrite { level, text } => self.log_write(level.0, text),
            O::ErrorSet { code, text } => self.error_set(actor, code.0, text),
            O::ErrorLast { null, short } => self.error_last(actor, null.0 || short.0),
        }
    }

    pub(super) fn host(&mut self, op: &HostOp) -> Outcome {
        match *op {
            HostOp::Add { definition } => self.add(definition),
            HostOp::Unload { instance, timeout } => self.unload(instance, timeout),
            HostOp::Turn | HostOp::TurnAgain => self.turn(0),
            HostOp::TurnLater { after } => self.turn(after.0 % 1000),
            HostOp::Ready { watch, ready } => self.ready(watch, ready.0),
            HostOp::Take => self.take(),
            HostOp::Receipt { instance } => self.receipt(instance),
            HostOp::Work { ref steps } => {
                self.stage.work_next(steps);
                DONE
            }
        }
    }
}
