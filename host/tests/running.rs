//! Plugins that run: what they say, what they are asked, what they leave behind.

mod support;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pintle_abi_core::{
    Instance, Limits, MODE_RELIABLE, MessageInfo, OUTCOME_ABANDONED, OUTCOME_FORCED, OUTCOME_STOPPED,
    ResultInfo, Session, Socket, status,
};
use pintle_host::{Answer, Application, Builder, Calls, Host, LoadOptions, Outcome, Receipt, default_limits};
use support::{NO_TEXTS, folder, plugin, transport};

const WAIT: Duration = Duration::from_secs(20);

/// What a host and its plugins have said.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

impl Heard {
    fn add(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    fn has(&self, line: &str) -> bool {
        self.0.lock().unwrap().iter().any(|heard| heard.contains(line))
    }

    fn builder(&self) -> Builder {
        let heard = self.clone();
        Host::builder().log(move |line| heard.add(format!("{}: {}", line.plugin, line.text)))
    }
}

fn load_with(host: &Host, path: &Path, options: &LoadOptions) -> Instance {
    // SAFETY: the library was compiled by the test.
    unsafe { host.load(path, options) }.expect("it loads")
}

fn load(host: &Host, path: &Path) -> Instance {
    load_with(host, path, &LoadOptions::default())
}

fn unload(host: &Host, instance: Instance) -> Receipt {
    host.unload(instance, WAIT).expect("it unloads")
}

/// Polls until something is so.
fn until(host: &Host, so: impl Fn() -> bool) {
    while !so() {
        host.poll(Some(WAIT)).expect("it polls");
    }
}

/// Writes down what it is told.
struct Writer(Heard, Arc<Mutex<Option<Session>>>);

impl Application for Writer {
    fn socket_attached(&self, _: &Calls<'_>, _: Socket, address: &str) {
        self.0.add(format!("attached {address}"));
    }

    fn session_created(&self, calls: &Calls<'_>, session: Session) {
        self.0.add(format!("client {}", calls.client_id(session).unwrap()));
        *self.1.lock().unwrap() = Some(session);
        calls.send(session, 0, b"hello").unwrap();
    }

    fn session_destroyed(&self, _: &Calls<'_>, _: Session) {
        self.0.add("destroyed".to_owned());
    }

    fn message_in(&self, calls: &Calls<'_>, info: &MessageInfo) -> Answer {
        let bytes = calls.bytes(info.message).map_err(|error| error.code)?;
        self.0.add(format!("in {} {}", info.channel, String::from_utf8_lossy(&bytes)));
        if bytes == b"panic" {
            panic!("the application's own");
        }
        Ok(())
    }

    fn session_result(&self, calls: &Calls<'_>, info: &ResultInfo, outcome: Outcome) -> Answer {
        let correlation = info.correlation;
        let text = |message| String::from_utf8(calls.bytes(message).unwrap_or_default()).unwrap();
        self.0.add(match outcome {
            Outcome::Result(message) => format!("{correlation} result {}", text(message)),
            Outcome::Exception(code, message) => format!("{correlation} exception {code} {}", text(message)),
            Outcome::Done(code) => format!("{correlation} done {code}"),
        });
        Ok(())
    }
}

#[test]
fn only_the_kernel_thread_knows_whether_a_host_is_idle() {
    let host = Host::builder().start().unwrap();
    assert!(host.is_idle());
    std::thread::scope(|scope| assert!(!scope.spawn(|| host.is_idle()).join().unwrap()));
}

#[test]
fn an_application_listens_and_talks() {
    let folder = folder();
    let heard = Heard::default();
    let host = heard.builder().application(Writer(heard.clone(), Arc::default())).start().unwrap();
    load(&host, &transport(folder.path()));
    let calls = host.calls().unwrap();
    let socket = calls.open(&[MODE_RELIABLE]).unwrap();
    let error = calls.listen(socket, "other:x").unwrap_err();
    assert_eq!(error.code, status::E_UNSUPPORTED, "{error}");
    calls.listen(socket, "test:x").unwrap();
    assert_eq!(calls.socket_address(socket).unwrap(), "test:here");
    calls.close(socket).unwrap();
    assert_eq!(heard.lines(), ["attached test:here", "client 7", "in 0 hello", "destroyed"]);
}

#[test]
fn a_panic_of_the_application_goes_to_whoever_called_the_host() {
    let folder = folder();
    let (heard, peer) = (Heard::default(), Arc::<Mutex<Option<Session>>>::default());
    let host = heard.builder().application(Writer(heard.clone(), peer.clone())).start().unwrap();
    load(&host, &transport(folder.path()));
    let calls = host.calls().unwrap();
    let socket = calls.open(&[MODE_RELIABLE]).unwrap();
    calls.listen(socket, "test:x").unwrap();
    let session = peer.lock().unwrap().expect("the transport created one");
    let send = || calls.send(session, 0, b"panic");
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(send)).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"the application's own"));
    calls.send(session, 0, b"on").unwrap();
    assert!(heard.has("in 0 on"));
}

#[test]
fn a_plugin_gets_its_name_and_configuration() {
    let folder = folder();
    let body = r#"
        static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
            char text[200];
            snprintf(text, sizeof text, "%.*s has %.*s", (int)args->instance.length, args->instance.data,
                (int)args->config.length, args->config.data);
            say(plugin, text);
            if (args->config.length == 4) { pintle_error_set(plugin, 10001, "no fish today", 13); return 10001; }
            return PINTLE_OK;
        }"#;
    let path = plugin(folder.path(), "named", body, "PINTLE_ON(create, create)", NO_TEXTS, "");
    let heard = Heard::default();
    let host = heard.builder().start().unwrap();
    let options = |instance: &str, config: &str| LoadOptions {
        instance: instance.to_owned(),
        config: config.to_owned(),
        ..LoadOptions::default()
    };
    load_with(&host, &path, &options("", "bread"));
    load_with(&host, &path, &options("", "butter"));
    load_with(&host, &path, &options("third", ""));
    let said: Vec<_> = heard.lines();
    let expected = [
        "org.test.named: org.test.named has bread",
        "org.test.named-2: org.test.named-2 has butter",
        "third: third has ",
    ];
    assert_eq!(said, expected);
    let names: Vec<_> = host.list().into_iter().map(|plugin| plugin.name).collect();
    assert_eq!(names, ["org.test.named", "org.test.named-2", "third"]);
    // SAFETY: the library was compiled by the test.
    let error = unsafe { host.load(&path, &options("fourth", "fish")) }.unwrap_err();
    assert_eq!((error.code, error.plugin.as_deref()), (10001, Some("fourth")));
    assert_eq!(error.to_string(), "fourth: no fish today (status 10001)");
    assert_eq!(host.list().len(), 3);
}

/// A service whose requests say on which thread they run. Id 1 is slow.
fn service(folder: &Path) -> std::path::PathBuf {
    let body = r#"
        #include <pthread.h>
        static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
            uint32_t slow[] = { 1 };
            return pintle_service_declare(plugin, 16, slow, 1);
        }
        static int32_t request(pintle_plugin_t *plugin, pintle_request_t request, const pintle_request_info_t *info) {
            char name[32] = "";
            pthread_getname_np(pthread_self(), name, sizeof name);
            pintle_message_t message;
            int32_t status = pintle_message_acquire(plugin, sizeof name, &message);
            if (!status) status = pintle_message_write(plugin, message, (uint8_t *)name, strlen(name));
            return status ? status : pintle_service_result(plugin, request, message);
        }"#;
    let on = "PINTLE_ON(create, create), PINTLE_ON(request, request), PINTLE_ON(slow_request, request)";
    plugin(folder, "service", body, on, "\"\", \"\", \"0x10\"", "")
}

#[test]
fn slow_requests_run_on_workers() {
    let folder = folder();
    let heard = Heard::default();
    let limits = Limits { workers: 1, ..default_limits() };
    let host =
        heard.builder().limits(limits).application(Writer(heard.clone(), Arc::default())).start().unwrap();
    load(&host, &transport(folder.path()));
    load(&host, &service(folder.path()));
    let calls = host.calls().unwrap();
    let socket = calls.open(&[MODE_RELIABLE]).unwrap();
    calls.listen(socket, "test:x").unwrap();
    let session = calls.create_session(socket, 1, None).unwrap();
    calls.request(session, 16, 1, 100, b"").unwrap();
    until(&host, || heard.has("100 done"));
    assert!(heard.has("100 result pintle-0"), "{:?}", heard.lines());
    assert!(heard.has("100 done 0"), "{:?}", heard.lines());
    calls.request(session, 16, 2, 101, b"").unwrap();
    assert!(heard.has("101 done 0") && !heard.has("101 result pintle-"), "{:?}", heard.lines());
}

/// Two tasks that wait for each other, submitted before any of them may run.
const MEETING: &str = r#"
    #include <pthread.h>
    #include <time.h>
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static pthread_cond_t came = PTHREAD_COND_INITIALIZER;
    static int there;
    static int32_t meet(pintle_plugin_t *plugin, void *data, pintle_message_t message) {
        struct timespec end;
        clock_gettime(CLOCK_REALTIME, &end);
        end.tv_sec += 5;
        pthread_mutex_lock(&lock);
        there++;
        pthread_cond_broadcast(&came);
        while (there < 2 && !pthread_cond_timedwait(&came, &lock, &end)) {}
        say(plugin, there == 2 ? "met" : "alone");
        there = there == 2 ? 2 : -9;
        pthread_mutex_unlock(&lock);
        return PINTLE_OK;
    }
    static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
        pintle_message_t none = {0};
        int32_t status = pintle_executor_submit_worker(plugin, meet, NULL, none);
        return status ? status : pintle_executor_submit_worker(plugin, meet, NULL, none);
    }
"#;

#[test]
fn tasks_that_create_submitted_run_on_all_workers() {
    let folder = folder();
    let path = plugin(folder.path(), "meeting", MEETING, "PINTLE_ON(create, create)", NO_TEXTS, "");
    let heard = Heard::default();
    let host = heard.builder().start().unwrap();
    load(&host, &path);
    let said = |word: &str| heard.lines().iter().filter(|line| line.ends_with(word)).count();
    until(&host, || said("met") + said("alone") == 2);
    assert_eq!((said("met"), said("alone")), (2, 0), "{:?}", heard.lines());
}

#[test]
fn a_receipt_tells_what_was_left() {
    let folder = folder();
    let body = r#"
        #include <fcntl.h>
        #include <pthread.h>
        #include <unistd.h>
        static void *forever(void *data) { for (;;) pause(); }
        static int32_t tick(pintle_plugin_t *plugin, void *data, pintle_timer_t timer) { return PINTLE_OK; }
        static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
            pintle_timer_t timer; pintle_message_t message; pthread_t thread;
            open("/dev/null", O_RDONLY);
            pthread_create(&thread, 0, forever, 0);
            pintle_message_acquire(plugin, 1, &message);
            pintle_message_retain(plugin, message);
            return pintle_executor_start_timer(plugin, UINT64_C(1) << 60, 0, tick, 0, &timer);
        }"#;
    let on = "PINTLE_ON(create, create)";
    let path = plugin(folder.path(), "leaking", body, on, NO_TEXTS, "| PINTLE_FLAG_UNLOAD_SAFE");
    // In a process of its own, whose threads and fds nobody else changes.
    let output = support::alone("a_receipt_tells_what_was_left", || {
        let host = Heard::default().builder().start().unwrap();
        let instance = load(&host, &path);
        println!("{}", unload(&host, instance));
    });
    let Some(output) = output else { return };
    let expected = "stopped after 1 calls; left behind 1 message, 1 timer, 1 thread; the process has 1 more fd; \
                    its image stays mapped (a thread that runs its code has not ended)";
    assert!(output.stdout.contains(expected), "{output:?}");
}

#[test]
fn what_others_open_meanwhile_is_not_blamed_on_a_plugin() {
    let folder = folder();
    let path = plugin(folder.path(), "careful", "", "", NO_TEXTS, "| PINTLE_FLAG_UNLOAD_SAFE");
    support::by_itself("what_others_open_meanwhile_is_not_blamed_on_a_plugin", || {
        let host = Heard::default().builder().start().unwrap();
        let instance = load(&host, &path);
        let opened = std::fs::File::open("/dev/null").unwrap();
        let receipt = unload(&host, instance);
        drop(opened);
        assert!(receipt.is_clean() && receipt.fds == 1, "{receipt}");
        assert_eq!(
            receipt.to_string(),
            "stopped after 0 calls; left nothing behind; the process has 1 more fd; its image is unmapped"
        );
    });
}

/// docs/flow.md 5.13
#[test]
fn an_instance_that_does_not_return_is_abandoned() {
    let folder = folder();
    let body = r#"
        #include <unistd.h>
        static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
            return PINTLE_OK;
        }
        static int32_t forever(pintle_plugin_t *plugin, void *data, pintle_message_t message) {
            say(plugin, "inside");
            for (;;) pause();
        }
        static int32_t attached(pintle_plugin_t *plugin, pintle_socket_t socket, const char *address, size_t length) {
            return PINTLE_OK;
        }
        static int32_t created(pintle_plugin_t *plugin, pintle_socket_t socket) {
            pintle_message_t none = { 0 };
            return pintle_executor_submit_worker(plugin, forever, 0, none);
        }"#;
    let on = "PINTLE_ON(create, create), PINTLE_ON(socket_created, created)";
    let path = plugin(folder.path(), "stuck", body, on, NO_TEXTS, "");
    let heard = Heard::default();
    let host = heard.builder().start().unwrap();
    let instance = load(&host, &path);
    host.calls().unwrap().open(&[MODE_RELIABLE]).unwrap();
    until_heard(&host, &heard, "inside");
    let receipt = host.unload(instance, Duration::from_millis(20)).unwrap();
    assert_eq!(receipt.outcome, OUTCOME_ABANDONED, "{receipt}");
    assert!(receipt.reason().contains("still runs"), "{receipt}");
}

/// Polls until a line is heard, which may come from a worker.
fn until_heard(host: &Host, heard: &Heard, line: &str) {
    while !heard.has(line) {
        host.poll(Some(Duration::from_millis(5))).expect("it polls");
    }
}

/// docs/flow.md 5.5
#[test]
fn a_stop_that_is_pending_ends_when_the_plugin_says_so() {
    let folder = folder();
    let body = r#"
        static int32_t over(pintle_plugin_t *plugin, void *data, pintle_timer_t timer) {
            say(plugin, "at rest");
            return pintle_stopped(plugin);
        }
        static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
            pintle_timer_t timer;
            return pintle_executor_start_timer(plugin, 1000000, 1000000, over, 0, &timer);
        }
        static int32_t stop(pintle_plugin_t *plugin) { say(plugin, "asked"); return PINTLE_PENDING; }
        static int32_t destroy(pintle_plugin_t *plugin) { return say(plugin, "destroyed"); }"#;
    let on = "PINTLE_ON(create, create), PINTLE_ON(request_stop, stop), PINTLE_ON(destroy, destroy)";
    let path = plugin(folder.path(), "pending", body, on, NO_TEXTS, "| PINTLE_FLAG_UNLOAD_SAFE");
    let heard = Heard::default();
    let host = heard.builder().start().unwrap();
    let instance = load(&host, &path);
    let receipt = unload(&host, instance);
    assert_eq!(receipt.outcome, OUTCOME_STOPPED, "{receipt}");
    let lines = heard.lines();
    let asked = lines.iter().position(|line| line.ends_with("asked")).unwrap();
    assert_eq!(
        lines[asked..],
        ["asked", "at rest", "destroyed"].map(|line| format!("org.test.pending: {line}"))
    );
    assert_eq!(host.receipt(instance).unwrap().to_string(), receipt.to_string());
    assert_eq!(host.unload(instance, WAIT).unwrap_err().code, status::E_CLOSED);
    assert!(host.list().is_empty());
}

#[test]
fn a_host_that_is_closed_gives_the_receipts() {
    let folder = folder();
    let quick = plugin(folder.path(), "quick", "", "", NO_TEXTS, "");
    let body = "static int32_t stop(pintle_plugin_t *plugin) { return PINTLE_PENDING; }";
    let never = plugin(folder.path(), "never", body, "PINTLE_ON(request_stop, stop)", NO_TEXTS, "");
    let host = Host::builder().start().unwrap();
    load(&host, &quick);
    let instance = load(&host, &never);
    host.begin_unload(instance, Duration::MAX).unwrap();
    let receipts = host.close(Duration::ZERO);
    let receipts: Vec<_> = receipts.iter().map(|(name, it)| (name.as_str(), it.outcome)).collect();
    assert_eq!(receipts, [("org.test.never", OUTCOME_FORCED), ("org.test.quick", OUTCOME_STOPPED)]);
}

#[test]
fn a_crash_names_the_plugin_and_the_callback() {
    let folder = folder();
    let body = r#"
        #include <signal.h>
        static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
            if (args->config.length == 5) abort();
            return *(volatile int32_t *)8;
        }"#;
    let path = plugin(folder.path(), "crashing", body, "PINTLE_ON(create, create)", NO_TEXTS, "");
    for (config, signal, name) in [("abort", libc::SIGABRT, "SIGABRT"), ("a fault", libc::SIGSEGV, "SIGSEGV")]
    {
        let test = "a_crash_names_the_plugin_and_the_callback";
        let output = support::alone_with(test, config, |config| {
            pintle_host::install_crash_handler().unwrap();
            let host = Heard::default().builder().start().unwrap();
            load_with(&host, &path, &LoadOptions { config: config.to_owned(), ..LoadOptions::default() });
        });
        let Some(output) = output else { return };
        let expected = format!("pintle: {name} in plugin org.test.crashing, callback create\n");
        assert!(output.stderr.contains(&expected), "{output:?}");
        assert!(output.stderr.contains("newest first: org.test.crashing.create"), "{output:?}");
        assert_eq!(output.signal, Some(signal), "{output:?}");
    }
}

/// A handler of the program that goes on elsewhere must not be the end of ours.
#[test]
fn a_fault_is_reported_again_after_the_program_recovered_from_one() {
    let folder = folder();
    let body = r#"
        #include <signal.h>
        static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
            raise(SIGFPE);
            raise(SIGFPE);
            return PINTLE_OK;
        }"#;
    let path = plugin(folder.path(), "recovering", body, "PINTLE_ON(create, create)", NO_TEXTS, "");
    extern "C" fn recover(_: libc::c_int) {}
    let output = support::alone("a_fault_is_reported_again_after_the_program_recovered_from_one", || {
        let handler: extern "C" fn(libc::c_int) = recover;
        // SAFETY: the handler does nothing.
        unsafe { libc::signal(libc::SIGFPE, handler as *const () as libc::sighandler_t) };
        pintle_host::install_crash_handler().unwrap();
        let host = Heard::default().builder().start().unwrap();
        load(&host, &path);
    });
    let Some(output) = output else { return };
    assert_eq!(
        output.stderr.matches("pintle: SIGFPE in plugin org.test.recovering").count(),
        2,
        "{output:?}"
    );
    assert_eq!(output.signal, None, "{output:?}");
}
