//! The watchdog names a callback that does not return in its time.

mod support;

use std::fs;
use std::sync::mpsc::channel;
use std::time::Duration;

use pintle_abi_core::LOG_ERROR;
use pintle_host::{Host, LoadOptions};
use support::{NO_TEXTS, folder, plugin};

/// A timer that waits until a file exists, which its configuration names.
const WAITING: &str = r#"
    #include <unistd.h>
    static char path[512];
    static int32_t waits(pintle_plugin_t *plugin, void *data, pintle_timer_t timer) {
        (void)data; (void)timer;
        while (access(path, F_OK) != 0) { }
        return say(plugin, "returned");
    }
    static int32_t begin(pintle_plugin_t *plugin, const pintle_create_t *args) {
        pintle_timer_t timer;
        snprintf(path, sizeof path, "%.*s", (int)args->config.length, args->config.data);
        return pintle_executor_start_timer(plugin, 0, 0, waits, NULL, &timer);
    }
"#;

#[test]
fn a_callback_that_does_not_return_is_named_once() {
    let folder = folder();
    let path = plugin(folder.path(), "waiting", WAITING, "PINTLE_ON(create, begin)", NO_TEXTS, "");
    let (file, (lines, said)) = (folder.path().join("go"), channel());
    let go = file.clone();
    let sink = move |line: &pintle_host::Line<'_>| {
        lines.send((line.level, line.plugin.to_owned(), line.text.to_owned())).unwrap();
        if line.text.contains("has been inside") {
            fs::write(&go, "").unwrap();
        }
    };
    let host = Host::builder().log(sink).watchdog(Duration::from_millis(40)).start().unwrap();
    let options = LoadOptions { config: file.display().to_string(), ..LoadOptions::default() };
    // SAFETY: the library was compiled by the test.
    unsafe { host.load(&path, &options) }.unwrap();
    host.poll(None).unwrap();
    drop(host);
    let said: Vec<_> = said.iter().collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert_eq!((said[0].0, said[0].1.as_str()), (LOG_ERROR, "org.test.waiting"));
    assert!(said[0].2.starts_with("it has been inside timer for 0."), "{said:?}");
    assert_eq!(said[1].2, "returned");
}
