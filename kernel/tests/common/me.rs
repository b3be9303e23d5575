//! An instance's own calls.

use std::ffi::c_void;
use std::ptr::null_mut;

use pintle_abi_core::*;

/// A task, on the kernel thread or on a worker.
pub type Run = unsafe extern "C" fn(*mut Plugin, *mut c_void, Message) -> i32;

/// What a call through an offer runs.
pub type RunOffer = unsafe extern "C" fn(*mut Plugin, *const c_void, *mut c_void) -> i32;

/// The calls of one instance, with results instead of out-pointers.
#[derive(Clone, Copy)]
pub struct Me(pub *mut Plugin);

macro_rules! table {
    ($self:ident, $table:ident) => {
        (*(*(*$self.0).api).$table)
    };
}

fn check(status: i32) -> Result<(), i32> {
    if status == status::OK { Ok(()) } else { Err(status) }
}

/// A request as the slot takes it.
pub fn ask(service: u32, id: u32, correlation: u64, message: Message) -> RequestOptions {
    RequestOptions { size: size_of::<RequestOptions>() as u32, service, id, flags: 0, correlation, message }
}

impl Me {
    pub fn acquire(self, capacity: usize) -> Result<Message, i32> {
        let mut message = Message::default();
        // SAFETY: own pointer, writable place; so in all the calls below.
        check(unsafe { (table!(self, message).acquire)(self.0, capacity, &mut message) })?;
        Ok(message)
    }

    pub fn message(self, bytes: &[u8]) -> Message {
        let message = self.acquire(bytes.len()).unwrap();
        self.write(message, bytes).unwrap();
        message
    }

    pub fn write(self, message: Message, bytes: &[u8]) -> Result<(), i32> {
        // SAFETY: as in `acquire`.
        check(unsafe { (table!(self, message).write)(self.0, message, bytes.as_ptr(), bytes.len()) })
    }

    pub fn read(self, message: Message, length: usize) -> Result<Vec<u8>, i32> {
        let mut bytes = vec![0; length];
        // SAFETY: as in `acquire`.
        check(unsafe { (table!(self, message).read)(self.0, message, bytes.as_mut_ptr(), length) })?;
        Ok(bytes)
    }

    pub fn text(self, message: Message) -> String {
        if message.bits == 0 {
            return "-".into();
        }
        let mut view = Bytes { data: std::ptr::null(), length: 0 };
        // SAFETY: as in `acquire`.
        check(unsafe { (table!(self, message).view)(self.0, message, &mut view) }).unwrap();
        // SAFETY: a view is readable until the next call on its message.
        String::from_utf8_lossy(unsafe { std::slice::from_raw_parts(view.data, view.length) }).into()
    }

    pub fn retain(self, message: Message) -> Result<(), i32> {
        // SAFETY: as in `acquire`.
        check(unsafe { (table!(self, message).retain)(self.0, message) })
    }

    pub fn release(self, message: Message) -> Result<(), i32> {
        // SAFETY: as in `acquire`.
        check(unsafe { (table!(self, message).release)(self.0, message) })
    }

    pub fn edit(self, message: Message) -> Result<Message, i32> {
        let mut edited = Message::default();
        // SAFETY: as in `acquire`.
        check(unsafe { (table!(self, message).edit)(self.0, message, &mut edited) })?;
        Ok(edited)
    }

    pub fn open(self, modes: &[u32]) -> Result<Socket, i32> {
        let mut socket = Socket::default();
        // SAFETY: as in `acquire`.
        check(unsafe {
            (table!(self, socket).open)(self.0, modes.as_ptr(), modes.len() as u32, &mut socket)
        })?;
        Ok(socket)
    }

    pub fn listen(self, socket: Socket, address: &str) -> Result<(), i32> {
        // SAFETY: as in `acquire`.
        check(unsafe {
            (table!(self, socket).listen)(self.0, socket, address.as_ptr().cast(), address.len())
        })
    }

    pub fn attach(self, socket: Socket, address: &str) -> Result<(), i32> {
        // SAFETY: as in `acquire`.
        check(unsafe {
            (table!(self, socket).attach)(self.0, socket, address.as_ptr().cast(), address.len())
        })
    }

    pub fn stop(self, socket: Socket) -> Result<(), i32> {
        // SAFETY: as in `acquire`.
        check(unsafe { (table!(self, socket).stop)(self.0, socket) })
    }

    pub fn close(self, socket: Socket) -> Result<(), i32> {
        // SAFETY: as in `acquire`.
        check(unsafe { (table!(self, socket).close)(self.0, socket) })
    }

    pub fn create(self, socket: Socket) -> Result<Session, i32> {
        let mut session = Session::default();
        // SAFETY: as in `acquire`.
        check(unsafe { (table!(self, session).create)(self.0, socket, std::ptr::null(), &mut session) })?;
        Ok(session)
    }

    pub fn destroy(self, session: Session) -> Result<(), i32> {
        // SAFETY: as in `acquire`.
        check(unsafe { (table!(self, session).destroy)(self.0, session) })
    }

    pub fn send(self, session: Session, channel: u32, message: Message) -> Result<(), i32> {
        // SAFETY: as in `acquire`.
        check(unsafe { (table!(self, session).send)(self.0, session, channel, message) })
    }

    pub fn receive(self, session: Session, channel: u32, message: Message) -> Result<(), i32> {
        // SAFETY: as in `acquire`.
        check(unsafe { (table!(self, session).receive)(self.0, session, channel, message) })
    }

    pub fn request(
        self,
        session: Session,
        service: u32,
        id: u32,
        correlation: u64,
        text: &str,
    ) -> Result<(), i32> {
        let message = self.message(text.as_bytes());
        let asked = self.ask(session, &ask(service, id, correlation, message));
        if asked.is_err() {
            self.release(message)?;
        }
        asked
    }

    pub fn ask(self, session: Session, request: *const RequestOptions) -> Result<(), i32> {
        // SAFETY: own pointer, and NULL or readable for its size.
        check(unsafe { (table!(self, session).request)(self.0, session, request) })
    }

    pub fn view_mut(self, message: Message) -> Result<&'static mut [u8], i32> {
        let (mut data, mut length) = (null_mut(), 0);
        // SAFETY: as in `acquire`.
        check(unsafe { (table!(self, message).view_mut)(self.0, message, &mut data, &mut length) })?;
        // SAFETY: writable until the next call on its message, and no test uses it longer.
        Ok(unsafe { std::slice::from_raw_parts_mut(data, length) })
    }

    pub fn reserve(self, message: Message, length: usize) -> Result<*mut u8, i32> {
        let mut data = null_mut();
        // SAFETY: as in `acquire`.
        check(unsafe { (table!(self, message).reserve)(self.0, message, length, &mut data) })?;
        Ok(data)
    }

    pub fn commit(self, message: Message, length: usize) -> Result<(), i32> {
        // SAFETY: as in `acquire`.
        check(unsafe { (table!(self, message).commit)(self.0, message, length) })
    }

    pub fn clear(self, message: Message) -> Result<(), i32> {
        // SAFETY: as in `acquire`.
        check(unsafe { (table!(self, message).clear)(self.0, message) })
    }

    pub fn cancel(self, session: Session, correlation: u64) -> Result<(), i32> {
        // SAFETY: as in `acquire`.
        check(unsafe { (table!(self, session).cancel)(self.0, session, correlation) })
    }

    pub fn suspend(self, session: Session) -> Result<(), i32> {
        // SAFETY: as in `acquire`.
        check(unsafe { (table!(self, session).suspend)(self.0, session) })
    }

    pub fn resume(self, session: Session) -> Result<(), i32> {
        // SAFETY: as in `acquire`.
        check(unsafe { (table!(self, session).resume)(self.0, session) })
    }

    pub fn declare(self, service: u32, slow: &[u32]) -> Result<(), i32> {
        // SAFETY: as in `acquire`.
        check(unsafe { (table!(self, service).declare)(self.0, service, slow.as_ptr(), slow.len()) })
    }

    pub fn result(self, request: Request, message: Message) -> Result<(), i32> {
        // SAFETY: as in `acquire`.
        check(unsafe { (table!(self, service).result)(self.0, request, message) })
    }

    pub fn done(self, request: Request) -> Result<(), i32> {
        // SAFETY: as in `acquire`.
        check(unsafe { (table!(self, service).done)(self.0, request) })
    }

    pub fn exception(self, request: Request, code: i32, text: &str) -> Result<(), i32> {
        // SAFETY: as in `acquire`.
        check(unsafe {
            (table!(self, service).exception)(self.0, request, code, text.as_ptr().cast(), text.len())
        })
    }

    /// A task without a message.
    pub fn submit(self, run: Run) -> Result<(), i32> {
        // SAFETY: as in `acquire`.
        check(unsafe { (table!(self, executor).submit)(self.0, Some(run), null_mut(), Message::default()) })
    }

    /// A worker task without a message.
    pub fn submit_worker(self, run: Run) -> Result<(), i32> {
        let message = Message::default();
        // SAFETY: as in `acquire`.
        check(unsafe { (table!(self, executor).submit_worker)(self.0, Some(run), null_mut(), message) })
    }

    pub fn is_cancelled(self, request: Request) -> Result<(), i32> {
        // SAFETY: as in `acquire`.
        check(unsafe { (table!(self, service).is_cancelled)(self.0, request) })
    }

    /// Finds a table of the host by its id.
    pub fn extension(self, id: &str) -> Result<*const c_void, i32> {
        let mut table = std::ptr::null();
        // SAFETY: as in `acquire`.
        check(unsafe { ((*(*self.0).api).extension)(self.0, id.as_ptr().cast(), id.len(), &mut table) })?;
        Ok(table)
    }

    fn offers(self) -> &'static OfferApi {
        // SAFETY: the host gives the table that the id names, which is constant.
        unsafe { &*self.extension("pintle.offer/1").unwrap().cast() }
    }

    pub fn publish<T>(self, id: &'static str, table: *const T) -> Result<Offer, i32> {
        let mut offer = Offer::default();
        // SAFETY: as in `acquire`.
        check(unsafe {
            (self.offers().publish)(self.0, id.as_ptr().cast(), id.len(), table.cast(), &mut offer)
        })?;
        Ok(offer)
    }

    pub fn withdraw(self, offer: Offer) -> Result<(), i32> {
        // SAFETY: as in `acquire`.
        check(unsafe { (self.offers().withdraw)(self.0, offer) })
    }

    pub fn find(self, id: &str) -> Result<Offer, i32> {
        let mut offer = Offer::default();
        // SAFETY: as in `acquire`.
        check(unsafe { (self.offers().find)(self.0, id.as_ptr().cast(), id.len(), &mut offer) })?;
        Ok(offer)
    }

    /// Calls through an offer, whose table `run` knows.
    pub fn call(self, offer: Offer, run: RunOffer, data: *mut c_void) -> Result<(), i32> {
        // SAFETY: as in `acquire`.
        check(unsafe { (self.offers().call)(self.0, offer, Some(run), data) })
    }

    pub fn fail(self, code: i32, text: &str) -> i32 {
        // SAFETY: as in `acquire`.
        check(unsafe { (table!(self, error).set)(self.0, code, text.as_ptr().cast(), text.len()) }).unwrap();
        code
    }

    pub fn last_error(self) -> (i32, String) {
        let mut error =
            Error { size: size_of::<Error>() as u32, code: 0, length: 0, reserved: 0, text: [0; 240] };
        // SAFETY: as in `acquire`.
        check(unsafe { (table!(self, error).last)(self.0, &mut error) }).unwrap();
        (error.code, String::from_utf8_lossy(&error.text[..error.length as usize]).into())
    }
}
