//! The command as its users run it.

#[path = "../../host/tests/support/mod.rs"]
mod support;

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use support::{NO_TEXTS, compile, debug_file, folder, plain, plugin, transport};

fn pintle(arguments: &[&dyn AsRef<OsStr>]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pintle"));
    command.args(arguments.iter().map(|argument| argument.as_ref()));
    command
}

fn outcome(arguments: &[&dyn AsRef<OsStr>]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = pintle(arguments).output().expect("the command runs");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (status.code(), text(stdout), text(stderr))
}

/// A server that is up: `pintle run` that has said where it listens.
struct Server {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
    said: Vec<String>,
}

impl Server {
    fn start(arguments: &[&dyn AsRef<OsStr>]) -> Self {
        let listen: [&dyn AsRef<OsStr>; 3] = [&"run", &"--listen", &"test:x"];
        let mut child = pintle(&[&listen, arguments].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command runs");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut said = Vec::new();
        while said.last().is_none_or(|line: &String| !line.starts_with("listening on ")) {
            let mut line = String::new();
            assert_ne!(lines.read_line(&mut line).expect("text"), 0, "it ended; it had said {said:?}");
            said.push(line.trim_end().to_owned());
        }
        Self { child, lines, said }
    }

    /// Sends a signal, and waits for the end: the exit code, all lines, the log.
    fn stop(mut self, signal: Signal) -> (Option<i32>, Vec<String>, String) {
        kill_process(Pid::from_child(&self.child), signal).expect("it lives");
        self.said.extend(self.lines.by_ref().lines().map(|line| line.expect("text")));
        let mut log = String::new();
        self.child.stderr.take().expect("it is piped").read_to_string(&mut log).expect("text");
        (self.child.wait().expect("it ends").code(), self.said, log)
    }
}

/// A plugin that says how it is called and what it is told.
fn speaking(folder: &Path, name: &str) -> std::path::PathBuf {
    let body = r#"
        static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
            char text[200];
            snprintf(text, sizeof text, "told <%.*s>", (int)args->config.length, args->config.data);
            return say(plugin, text);
        }
        static int32_t created(pintle_plugin_t *plugin, pintle_socket_t socket) { return say(plugin, "socket"); }"#;
    let on = "PINTLE_ON(create, create), PINTLE_ON(socket_created, created)";
    plugin(folder, name, body, on, NO_TEXTS, "")
}

#[test]
fn a_server_listens_and_ends_cleanly_on_a_signal() {
    let folder = folder();
    let transport = transport(folder.path());
    for signal in [Signal::INT, Signal::TERM] {
        let (code, said, log) = Server::start(&[&transport]).stop(signal);
        assert_eq!(code, Some(0), "{log}");
        assert_eq!(said.len(), 2, "{said:?}");
        assert_eq!(said[0], "listening on test:here");
        assert!(said[1].starts_with("org.test.transport: stopped after "), "{said:?}");
        assert!(said[1].contains("left nothing behind"), "{said:?}");
    }
}

/// A plugin that never returns from a callback.
#[test]
fn a_second_signal_ends_the_process_and_says_what_it_hangs_in() {
    let folder = folder();
    let body = r#"
        static int32_t hangs(pintle_plugin_t *plugin, void *data, pintle_timer_t timer) {
            (void)plugin; (void)data; (void)timer;
            printf("hangs\n");
            fflush(stdout);
            for (;;) { }
        }
        static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
            pintle_timer_t timer;
            (void)args;
            return pintle_executor_start_timer(plugin, 0, 0, hangs, NULL, &timer);
        }"#;
    let hanging = plugin(folder.path(), "hanging", body, "PINTLE_ON(create, create)", NO_TEXTS, "");
    let transport = transport(folder.path());
    let mut server = Server::start(&[&transport, &hanging]);
    let mut line = String::new();
    server.lines.read_line(&mut line).unwrap();
    assert_eq!(line, "hangs\n");
    kill_process(Pid::from_child(&server.child), Signal::INT).unwrap();
    let (code, _, log) = server.stop(Signal::TERM);
    assert_eq!(code, Some(1), "{log}");
    assert!(log.contains("ended by a second signal, while org.test.hanging was inside timer"), "{log}");
}

#[test]
fn a_folder_is_loaded_in_the_order_of_its_names() {
    let folder = folder();
    transport(folder.path());
    speaking(folder.path(), "one");
    speaking(folder.path(), "two");
    compile(folder.path(), "library.so", "int answer(void) { return 42; }", &[]);
    fs::write(folder.path().join("broken.so"), "text").unwrap();
    debug_file(folder.path(), "one.so", "one.debug.so");
    let (code, said, log) = Server::start(&[
        &folder.path(),
        &"--config",
        &"one=bread",
        &"--config=org.test.two=b=c",
        &"--priority=two=-1",
    ])
    .stop(Signal::TERM);
    assert_eq!(code, Some(0), "{log}");
    let at = |text: &str| log.find(text).unwrap_or_else(|| panic!("{text:?} is not in the log: {log}"));
    assert!(at("told <bread>") < at("told <b=c>"), "{log}");
    let heard: Vec<&str> = log.lines().filter(|line| line.contains("socket")).collect();
    assert!(heard[0].contains("org.test.two") && heard[1].contains("org.test.one"), "{heard:?}");
    assert!(at("it is a text file") > 0 && log.contains("broken.so") && !log.contains("library.so"), "{log}");
    let passed = log.lines().find(|line| line.contains("one.debug.so")).expect("it is named");
    assert!(
        passed.contains("INFO") && passed.contains("passed over: it holds only what a debugger"),
        "{passed}"
    );
    let ended: Vec<&str> = said[1..].iter().filter_map(|line| line.split(':').next()).collect();
    assert_eq!(ended, ["org.test.two", "org.test.transport", "org.test.one"]);
}

#[test]
fn what_cannot_run_is_told_in_a_sentence() {
    let folder = folder();
    let (code, said, log) = outcome(&[&"run", &folder.path().join("absent.so")]);
    assert_eq!((code, said.as_str()), (Some(1), ""));
    assert!(log.contains("there is no such file ("), "{log}");
    let one = speaking(folder.path(), "one");
    let (code, _, log) = outcome(&[&"run", &"--listen", &"udp://x", &one]);
    assert_eq!(code, Some(1));
    assert!(log.contains("udp://x: no plugin serves addresses of this kind"), "{log}");
    let (code, _, log) = outcome(&[&"run", &"--priority", &"one=high", &one]);
    assert_eq!(code, Some(2));
    assert!(log.contains("\"high\" is not a number"), "{log}");
    assert_eq!(outcome(&[&"run"]).0, Some(2));
}

/// Loading says what inspection says, although the system's loader tells only that it could not map the file.
#[test]
fn a_file_system_that_lets_no_code_run_is_named() {
    let folder = folder();
    let one = speaking(folder.path(), "one");
    let mounted = folder.path().join("mounted");
    fs::create_dir(&mounted).unwrap();
    let own_mounts = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"]);
        command.args([env!("CARGO_BIN_EXE_pintle").as_ref(), mounted.as_os_str(), one.as_os_str()]);
        command.output().expect("unshare runs")
    };
    if !own_mounts("mount -t tmpfs -o noexec none \"$2\"").status.success() {
        println!("SKIPPED: this system lets nobody mount");
        return;
    }
    for verb in ["inspect", "run"] {
        let script = format!(
            "mount -t tmpfs -o noexec none \"$2\" && cp \"$3\" \"$2/one.so\" && \"$1\" {verb} \"$2/one.so\" 2>&1"
        );
        let said = String::from_utf8(own_mounts(&script).stdout).unwrap();
        assert!(said.contains("its file system is mounted with the option noexec"), "{verb}: {said}");
    }
}

#[test]
fn a_plugin_that_poisons_itself_does_not_end_the_server() {
    let folder = folder();
    let body = "static int32_t created(pintle_plugin_t *p, pintle_socket_t s) { return PINTLE_E_PANIC; }";
    let bad = plugin(folder.path(), "bad", body, "PINTLE_ON(socket_created, created)", NO_TEXTS, "");
    let (code, said, log) = Server::start(&[&transport(folder.path()), &bad]).stop(Signal::TERM);
    assert_eq!(code, Some(0), "{log}");
    assert!(
        said.iter().any(|line| line.starts_with("org.test.bad: stopped (it had panicked or thrown)")),
        "{said:?}"
    );
}

#[test]
fn inspection_runs_nothing_and_tells_all() {
    let folder = folder();
    let marker = folder.path().join("marker");
    let source = format!(
        "{}\n#include <stdio.h>\n__attribute__((constructor)) static void mark(void) {{ fopen(\"{}\", \"w\"); }}",
        plain(),
        marker.display()
    );
    let good = compile(folder.path(), "good.so", &source, &[]);
    let (code, said, _) = outcome(&[&"inspect", &good]);
    assert_eq!(code, Some(0));
    for words in ["good.so: loads but stays resident", "UNLOAD_SAFE", "id            org.test.probe", "fopen"]
    {
        assert!(said.contains(words), "{words:?} is not in {said}");
    }
    let declared = "port int 1..9 =8 The port\\nroot text ! A folder\\nquiet bool Whether";
    let options = [
        format!("-DTEXTS=\"org.test.probeTest\" \"{declared}\""),
        format!("-DSETTINGS={{HEAD+18,{}}}", declared.replace("\\n", "n").len()),
    ];
    let set = compile(folder.path(), "set.so", &plain(), &[&options[0], &options[1]]);
    let (_, said, _) = outcome(&[&"inspect", &set]);
    let table = "
  settings      port   int 1..9  =8  The port
                root   text      !   A folder
                quiet  bool          Whether\n";
    assert!(said.contains(table), "{said}");
    let (_, said, _) = outcome(&[&"inspect", &"--json", &set]);
    let told: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        told[0]["descriptor"]["settings"],
        serde_json::json!([
            { "name": "port", "type": "int", "least": 1, "most": 9, "required": false, "default": 8,
                "description": "The port" },
            { "name": "root", "type": "text", "required": true, "default": null, "description": "A folder" },
            { "name": "quiet", "type": "bool", "required": false, "default": null, "description": "Whether" },
        ])
    );

    let text = folder.path().join("text");
    fs::write(&text, "text").unwrap();
    let named_in_bytes = folder.path().join(OsStr::from_bytes(b"go\xffod.so"));
    fs::copy(&good, &named_in_bytes).unwrap();
    let (code, said, _) = outcome(&[&"inspect", &"--json", &good, &text, &named_in_bytes]);
    assert_eq!(code, Some(1));
    let told: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(told[0]["verdict"], "resident");
    assert_eq!(told[0]["descriptor"]["flags"], serde_json::json!(["MULTI_INSTANCE"]));
    assert!(told[0]["report"]["imports"].as_array().unwrap().iter().any(|name| name == "fopen"));
    assert_eq!(told[1]["verdict"], "refused");
    assert_eq!(told[1]["code"], 1002);
    assert!(told[1]["rule"].as_str().unwrap().contains("text file"));
    assert!(told[2]["path"].as_str().unwrap().ends_with("go\u{fffd}od.so"));
    assert_eq!(told[2]["verdict"], "resident");
    assert!(!marker.exists(), "inspection ran the plugin");
}

/// Does `work` in a timer, as soon as the host runs.
fn in_timer(work: &str) -> String {
    format!(
        "#include <signal.h>
        #include <sys/wait.h>
        #include <unistd.h>
        static int32_t due(pintle_plugin_t *plugin, void *data, pintle_timer_t timer) {{
            (void)data; (void)timer;
            {work}
        }}
        static int32_t begin(pintle_plugin_t *plugin, const pintle_create_t *args) {{
            pintle_timer_t timer;
            (void)args;
            return pintle_executor_start_timer(plugin, 0, 0, due, NULL, &timer);
        }}"
    )
}

#[test]
fn a_plugin_that_closes_the_fds_of_the_host_is_named() {
    let folder = folder();
    let body = in_timer("(void)plugin; for (int fd = 3; fd < 64; fd++) close(fd); return PINTLE_OK;");
    let path = plugin(folder.path(), "closer", &body, "PINTLE_ON(create, begin)", NO_TEXTS, "");
    let (code, _, log) = outcome(&[&"run", &path]);
    assert_eq!(code, Some(1), "{log}");
    assert!(log.contains("somebody closed the fds of the host"), "{log}");
    assert!(log.contains("newest first: org.test.closer.timer"), "{log}");
    assert!(!log.contains("panicked"), "{log}");
}

#[test]
fn a_child_that_a_plugin_forks_ends() {
    let folder = folder();
    let body = in_timer(
        r#"int status = 0;
        const pid_t child = fork();
        if (child == 0) return PINTLE_OK;
        waitpid(child, &status, 0);
        kill(getpid(), SIGTERM);
        return say(plugin, WIFEXITED(status) && WEXITSTATUS(status) == 1 ? "the child has ended" : "the child is odd");"#,
    );
    let path = plugin(folder.path(), "forker", &body, "PINTLE_ON(create, begin)", NO_TEXTS, "");
    let (code, said, log) = outcome(&[&"run", &path]);
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("the child has ended"), "{log}");
    assert!(log.contains("pintle: the host belongs to the process that started it"), "{log}");
    assert_eq!(said.matches("stopped").count(), 1, "{said}");
}
