//! Adding an instance by its entry.

use core::ffi::c_void;

use pintle_abi_core as abi;
use pintle_abi_core::rules::callback;
use pintle_abi_core::{ABI_MINOR, AddOptions, Create, Entry, FLAG_MULTI_INSTANCE, Text, covers, status};

use crate::base::answer::Answer;
use crate::base::features::OFFERS;
use crate::base::text;
use crate::dispatch::offer::Fate;
use crate::kernel::Kernel;
use crate::object::descriptor;
use crate::object::instance::{Instance, NAME_MAX};
use crate::table::api;

impl Kernel {
    /// Adds an instance of the plugin whose entry this is, and runs its `create`.
    ///
    /// # Errors
    /// Plugin zero's last error has the words. `E_ARGUMENT`: NULL, or text that is not UTF-8. `E_NO_ENTRY`: the entry
    /// has no descriptor or callbacks. `E_DESCRIPTOR`, `E_VERSION`, `E_MACHINE`, `E_LAYOUT`: the descriptor is not for
    /// this host. `E_SLOT`: it announces services and has no handler. `E_UNSUPPORTED`: it needs an interface that
    /// neither this host nor a plugin offers. `E_EXISTS`: the name is taken, or it is not `MULTI_INSTANCE` and lives already.
    /// `E_CAPACITY`: too many plugins, or too long a name. `E_WRONG_THREAD`. Else whatever `create` returned.
    ///
    /// # Safety
    /// The entry, and what it points to, is what its types say, for as long as the instance lives; so are the options
    /// during the call.
    pub unsafe fn add(
        &self,
        entry: *const Entry,
        options: Option<&AddOptions>,
    ) -> Result<abi::Instance, i32> {
        // SAFETY: the caller's.
        unsafe { self.add_with(entry, options, |_| ()) }
    }

    /// As [`add`](Self::add). `begun` is told the handle of the instance right before its `create` runs; then the instance
    /// ends as every other does, even if its `create` fails.
    ///
    /// # Errors
    /// As for [`add`](Self::add).
    ///
    /// # Safety
    /// As for [`add`](Self::add).
    pub unsafe fn add_with(
        &self,
        entry: *const Entry,
        options: Option<&AddOptions>,
        begun: impl FnOnce(abi::Instance),
    ) -> Result<abi::Instance, i32> {
        self.on_kernel_thread()?;
        // SAFETY: as the caller says.
        let added = unsafe { self.try_add(entry, options, begun) };
        if let Err(status) = added
            && self.error_of_running_crossing(self.zero_instance()).code() != status
        {
            self.set_error(self.zero_instance(), status, &["the plugin was not added"]);
        }
        added
    }

    /// Gives an instance the data that its `create` finds. It is for the `begun` of [`add_with`](Self::add_with).
    pub fn begin_data(&self, instance: abi::Instance, data: *mut c_void) {
        if let Ok(instance) = self.instances.find(instance) {
            instance.set_data(data);
        }
    }

    unsafe fn try_add(
        &self,
        entry: *const Entry,
        options: Option<&AddOptions>,
        begun: impl FnOnce(abi::Instance),
    ) -> Answer<abi::Instance> {
        let zero = self.zero_instance();
        self.set_error(zero, status::OK, &[]);
        if entry.is_null() {
            return Err(self.refuse(status::E_ARGUMENT, &["the entry is NULL"]));
        }
        // SAFETY: not NULL, so at least its size is readable.
        if !unsafe { covers!(entry, Entry, callbacks) } {
            return Err(self.refuse(status::E_NO_ENTRY, &["the entry is too short to name its callbacks"]));
        }
        // SAFETY: long enough for both members.
        let (about, callbacks) = unsafe { ((*entry).descriptor, (*entry).callbacks) };
        // SAFETY: the entry is what its type says.
        let head =
            unsafe { descriptor::check(about) }.map_err(|status| self.refuse(status, &[why_not(status)]))?;
        // SAFETY: just checked.
        let id = unsafe { descriptor::text(about, head.id) };
        // SAFETY: as above.
        let needs = unsafe { descriptor::text(about, head.needs) };
        // SAFETY: not NULL, so its size is readable.
        if callbacks.is_null() || unsafe { (*callbacks).size } < 8 {
            return Err(self.refuse(status::E_NO_ENTRY, &[id, ": the entry names no callbacks"]));
        }
        let is_there = |need: &&str| {
            !self.interface(need.as_bytes()).is_null()
                || (OFFERS && matches!(self.find_offer(need.as_bytes()), Some((_, true))))
        };
        if let Some(missing) = needs.split_ascii_whitespace().find(|need| !is_there(need)) {
            let words =
                [id, ": needs the interface ", missing, ", which neither this host nor a plugin offers"];
            return Err(self.refuse(status::E_UNSUPPORTED, &words));
        }
        if head.flags & FLAG_MULTI_INSTANCE == 0
            && let Some(other) = self.live_instance_of(id)
        {
            let words = [id, ": lives already, as ", other.name(), ", and is not MULTI_INSTANCE"];
            return Err(self.refuse(status::E_EXISTS, &words));
        }
        let none = Text { data: core::ptr::null(), length: 0 };
        let (priority, name, config) =
            options.map_or((0, none, none), |options| (options.priority, options.instance, options.config));
        // SAFETY: the options are readable.
        let name = unsafe { text::utf8(name.data, name.length) }?;
        // SAFETY: as above.
        unsafe { text::utf8(config.data, config.length) }?;
        let instance =
            self.free_place().ok_or_else(|| self.refuse(status::E_CAPACITY, &["too many plugins"]))?;
        self.name_instance(instance, name, id)?;
        // SAFETY: long enough for its size, which is at least 8; nobody is in the place.
        unsafe { instance.learn(callbacks) };
        let has_handler =
            instance.callbacks().request.is_some() || instance.callbacks().slow_request.is_some();
        if head.services.length > 0 && !has_handler {
            let words = [id, ": announces services, but has neither request nor slow_request"];
            return Err(self.refuse(status::E_SLOT, &words));
        }
        instance.describe(about, head.flags, priority);
        let agreed = self.begin_instance(instance, head.abi_minor);
        begun(self.instances.handle(instance));
        self.create(instance, agreed, config)
    }

    /// Everything is checked: the instance begins. Returns the minor version that is agreed on.
    fn begin_instance(&self, instance: &Instance, plugins_minor: u16) -> u16 {
        #[expect(clippy::unnecessary_min_or_max, reason = "there is no minor version below 0")]
        let minor = plugins_minor.min(ABI_MINOR);
        instance.reset(api::agreed(minor));
        if instance.has_session_data() {
            self.sessions.begin_column(instance.index());
        }
        self.instances.begin(instance);
        minor
    }

    fn create(&self, instance: &Instance, minor: u16, config: Text) -> Answer<abi::Instance> {
        let args = Create {
            size: size_of::<Create>() as u32,
            abi_minor: u32::from(minor),
            host_minor: u32::from(ABI_MINOR),
            reserved: 0,
            instance: text::view(instance.name()),
            config,
        };
        let _dispatch = self.dispatch();
        let status = instance.callbacks().create.map_or(status::OK, |run| {
            // SAFETY: the instance's own callback with its own pointer; `args` outlives the call.
            self.cross(instance, callback::CREATE, |plugin| unsafe { run(plugin, &args) })
        });
        if !status::is_error(status) && !instance.is_poisoned() {
            self.end_create(instance);
            if OFFERS {
                self.settle_offers_of(instance, Fate::Begins);
            }
            return Ok(self.instances.handle(instance));
        }
        let status = if status::is_error(status) { status } else { status::E_PANIC };
        let error = self.error_of_last_crossing(instance);
        let said = if error.code() == status { error.text() } else { "create returned an error" };
        self.refuse(status, &[instance.name(), ": ", said]);
        instance.begin_destroy();
        self.drop_tasks(instance);
        if OFFERS {
            self.settle_offers_of(instance, Fate::Ends);
        }
        self.end_create(instance);
        self.abort_instance(instance);
        Err(status)
    }

    /// Worker tasks that `create` submits wait until it is over.
    fn end_create(&self, instance: &Instance) {
        let locked = self.shared.lock();
        instance.end_create(&locked);
        if self.workers.has_work(&locked) {
            locked.call_workers();
        }
    }

    #[cold]
    fn refuse(&self, status: i32, words: &[&str]) -> i32 {
        self.set_error(self.zero_instance(), status, words);
        status
    }

    fn live_instance_of(&self, id: &str) -> Option<&Instance> {
        // SAFETY: the instances in the order live, and plugin zero is not among them.
        self.instances.in_order().find(|instance| unsafe { instance.id() } == id)
    }

    /// The place that has been free the longest: late calls of its last instance meet `E_CLOSED` as long as can be.
    fn free_place(&self) -> Option<&Instance> {
        let free = self.instances.plugins().filter(|instance| instance.is_free());
        free.min_by_key(|instance| instance.stop().closed())
    }

    fn name_instance(&self, instance: &Instance, name: &str, id: &str) -> Answer {
        if name.len() > NAME_MAX || id.len() > NAME_MAX - 4 {
            return Err(self.refuse(status::E_CAPACITY, &["the instance's name is too long: ", name]));
        }
        if !name.is_empty() {
            if self.is_named(name) {
                return Err(self.refuse(status::E_EXISTS, &["an instance has this name already: ", name]));
            }
            instance.set_name(name);
            return Ok(());
        }
        instance.set_name(id);
        let mut number = 1;
        while self.is_named(instance.name()) {
            number += 1;
            instance.number_name(id, number);
        }
        Ok(())
    }

    fn is_named(&self, name: &str) -> bool {
        self.zero_instance().name() == name
            || self.instances.in_order().any(|instance| instance.name() == name)
    }
}

fn why_not(status: i32) -> &'static str {
    match status {
        status::E_NO_ENTRY => "the entry names no descriptor",
        status::E_MACHINE => "built for another pointer width or byte order",
        status::E_VERSION => "built for another version of the ABI: rebuild it, or use a newer host",
        status::E_LAYOUT => "its header has another layout: rebuild it with this version's header",
        _ => "the descriptor is damaged",
    }
}
