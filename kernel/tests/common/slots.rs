//! Every slot of every table as one closure: called with arguments that pass no check beyond the guard's.

use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicPtr, Ordering::Relaxed};

use pintle_abi_core::*;

pub type Slot = (&'static Rule, Box<dyn Fn(*mut Plugin) -> i32 + Send>);

/// What a table's slots need of a plugin pointer that may be NULL: the tables come from another instance.
#[derive(Clone, Copy)]
pub struct Tables(pub *const Api, pub *const OfferApi);

// SAFETY: the tables are constant.
unsafe impl Send for Tables {}

impl Tables {
    /// An instance's tables. Once it may not ask for `pintle.offer/1` any more, what an earlier one was given: it is one
    /// constant.
    pub fn of(plugin: *mut Plugin) -> Self {
        static OFFERS: AtomicPtr<OfferApi> = AtomicPtr::new(null_mut());
        let (id, mut table) = (OFFER_ID.to_bytes(), null());
        // SAFETY: a live plugin pointer, a readable text and a writable place.
        let api = unsafe { (*plugin).api };
        // SAFETY: as above.
        if unsafe { ((*api).extension)(plugin, id.as_ptr().cast(), id.len(), &mut table) } == status::OK {
            OFFERS.store(table.cast_mut().cast(), Relaxed);
        }
        Self(api, OFFERS.load(Relaxed))
    }
}

macro_rules! slots {
    ($tables:ident; $($table:ident . $name:ident ( $($argument:expr),* ) = $rule:ident),* $(,)?) => {
        vec![$((
            &rules::$table::$rule,
            Box::new(move |plugin| {
                let tables = $tables;
                // SAFETY: constant tables; NULL and zero arguments are what the slots have to stand.
                unsafe { ((*(*tables.0).$table).$name)(plugin, $($argument),*) }
            }) as Box<dyn Fn(*mut Plugin) -> i32 + Send>,
        )),*]
    };
}

/// All slots but those of `pintle.io/1`, and of interfaces that no host has yet.
pub fn every(tables: Tables) -> Vec<Slot> {
    let (message, socket, session) = (Message::default(), Socket::default(), Session::default());
    let (request, timer) = (Request::default(), Timer::default());
    let mut slots: Vec<Slot> = slots![tables;
        data.set(null_mut()) = SET,
        data.get(null_mut()) = GET,
        message.acquire(0, null_mut()) = ACQUIRE,
        message.retain(message) = RETAIN,
        message.release(message) = RELEASE,
        message.write(message, null(), 1) = WRITE,
        message.read(message, null_mut(), 1) = READ,
        message.rewind(message) = REWIND,
        message.length(message, null_mut()) = LENGTH,
        message.view(message, null_mut()) = VIEW,
        message.reserve(message, 0, null_mut()) = RESERVE,
        message.commit(message, 0) = COMMIT,
        message.edit(message, null_mut()) = EDIT,
        message.view_mut(message, null_mut(), null_mut()) = VIEW_MUT,
        message.clear(message) = CLEAR,
        message.clone(message, 0, null_mut()) = CLONE,
        socket.open(null(), 1, null_mut()) = OPEN,
        socket.listen(socket, null(), 1) = LISTEN,
        socket.connect(socket, null(), 1, null(), 0) = CONNECT,
        socket.stop(socket) = STOP,
        socket.close(socket) = CLOSE,
        socket.channel_count(socket, null_mut()) = CHANNEL_COUNT,
        socket.channel_mode(socket, 0, null_mut()) = CHANNEL_MODE,
        socket.attach(socket, null(), 1) = ATTACH,
        socket.detach(socket) = DETACH,
        socket.time(socket, null_mut()) = TIME,
        socket.address(socket, null_mut()) = ADDRESS,
        socket.state(socket, null_mut()) = STATE,
        session.create(socket, null(), null_mut()) = CREATE,
        session.destroy(session) = DESTROY,
        session.receive(session, 0, message) = RECEIVE,
        session.send(session, 0, message) = SEND,
        session.request(session, null()) = REQUEST,
        session.cancel(session, 0) = CANCEL,
        session.suspend(session) = SUSPEND,
        session.resume(session) = RESUME,
        session.disconnect(session) = DISCONNECT,
        session.set_data(session, null_mut()) = SET_DATA,
        session.data(session, null_mut()) = DATA,
        session.client_id(session, null_mut()) = CLIENT_ID,
        session.address(session, null_mut()) = ADDRESS,
        session.socket(session, null_mut()) = SOCKET,
        session.rtt(session, null_mut(), null_mut()) = RTT,
        session.channel_mode(session, 0, null_mut()) = CHANNEL_MODE,
        session.set_channel_mode(session, 0, 9) = SET_CHANNEL_MODE,
        session.user(session, null_mut()) = USER,
        session.protocol(session, null_mut()) = PROTOCOL,
        service.declare(0, null(), 1) = DECLARE,
        service.result(request, message) = RESULT,
        service.exception(request, 0, null(), 1) = EXCEPTION,
        service.done(request) = DONE,
        service.is_cancelled(request) = IS_CANCELLED,
        service.drop_current(request) = DROP_CURRENT,
        executor.startup() = STARTUP,
        executor.shutdown() = SHUTDOWN,
        executor.submit(None, null_mut(), message) = SUBMIT,
        executor.submit_worker(None, null_mut(), message) = SUBMIT_WORKER,
        executor.start_timer(0, 0, None, null_mut(), null_mut()) = START_TIMER,
        executor.cancel_timer(timer) = CANCEL_TIMER,
        log.write(0, null(), 0, null(), 1) = WRITE,
        error.set(0, null(), 1) = SET,
        error.last(null_mut()) = LAST,
    ];
    macro_rules! offer {
        ($($name:ident ( $($argument:expr),* ) = $rule:ident),* $(,)?) => {
            $(slots.push((
                &rules::offer::$rule,
                Box::new(move |plugin| {
                    let tables = tables;
                    // SAFETY: as above.
                    unsafe { ((*tables.1).$name)(plugin, $($argument),*) }
                }),
            ));)*
        };
    }
    offer![
        publish(null(), 1, null(), null_mut()) = PUBLISH,
        withdraw(Offer::default()) = WITHDRAW,
        find(null(), 1, null_mut()) = FIND,
        call(Offer::default(), None, null_mut()) = CALL,
    ];
    slots.push((
        &rules::api::EXTENSION,
        Box::new(move |plugin| {
            let tables = tables;
            // SAFETY: as above.
            unsafe { ((*tables.0).extension)(plugin, null(), 1, null_mut::<*const c_void>()) }
        }),
    ));
    slots.push((
        &rules::api::STOPPED,
        Box::new(move |plugin| {
            let tables = tables;
            // SAFETY: as above.
            unsafe { ((*tables.0).stopped)(plugin) }
        }),
    ));
    slots
}
