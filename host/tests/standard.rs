//! The standard streams: nothing of a host takes their numbers, and no line reaches what has taken the number of standard
//! error.

mod support;

use std::io::{Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;

use pintle_host::{Host, LoadOptions, StandardError, install_crash_handler};
use rustix::io::{dup, fcntl_getfd};
use rustix::stdio::{dup2_stderr, dup2_stdin, dup2_stdout};
use support::{NO_TEXTS, by_itself, folder, plugin};

fn host() -> Host {
    Host::builder().log(|_| ()).start().expect("the host starts")
}

fn load(host: &Host, body: &str, on: &str) {
    let folder = folder();
    let path = plugin(folder.path(), "standard", body, on, NO_TEXTS, "");
    // SAFETY: the library was compiled by the test.
    unsafe { host.load(&path, &LoadOptions::default()) }.expect("it loads");
}

/// Whether something is open under the number of a standard stream.
fn is_open(number: i32) -> bool {
    // SAFETY: the number is asked about only.
    fcntl_getfd(unsafe { std::os::fd::BorrowedFd::borrow_raw(number) }).is_ok()
}

#[test]
fn a_host_takes_no_number_of_a_stream_that_is_closed() {
    by_itself("a_host_takes_no_number_of_a_stream_that_is_closed", || {
        let folder = folder();
        let path = plugin(folder.path(), "standard", "", "PINTLE_ON(create, NULL)", NO_TEXTS, "");
        let kept =
            [dup(std::io::stdin()), dup(std::io::stdout()), dup(std::io::stderr())].map(Result::unwrap);
        for number in 0..3 {
            // SAFETY: nothing is read or written until they are put back.
            drop(unsafe { OwnedFd::from_raw_fd(number) });
        }
        let host = Host::builder().log(|_| ()).start();
        // SAFETY: the library was compiled by the test.
        let loaded = host.as_ref().map(|host| unsafe { host.load(&path, &LoadOptions::default()) }.is_ok());
        let taken: Vec<i32> = (0..3).filter(|number| is_open(*number)).collect();
        dup2_stdin(&kept[0]).unwrap();
        dup2_stdout(&kept[1]).unwrap();
        dup2_stderr(&kept[2]).unwrap();
        assert_eq!((loaded.ok(), taken), (Some(true), vec![]));
    });
}

#[test]
fn a_peer_under_the_number_of_standard_error_gets_no_line() {
    by_itself("a_peer_under_the_number_of_standard_error_gets_no_line", || {
        install_crash_handler().unwrap();
        let host = host();
        let crash = "static int32_t crash(pintle_plugin_t *plugin, const pintle_create_t *args) {
            (void)plugin; (void)args;
            *(volatile int *)8 = 1;
            return PINTLE_OK;
        }";
        let kept = dup(std::io::stderr()).unwrap();
        let (mut peer, own) = UnixStream::pair().unwrap();
        dup2_stderr(&own).unwrap();
        drop(own);
        StandardError.write_all(b"a line\n").unwrap();
        // Another host does not take the peer for standard error.
        let another = Host::builder().log(|_| ()).start().unwrap();
        StandardError.write_all(b"another line\n").unwrap();
        // SAFETY: the test is alone in its process.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let host = Host::builder().log(|_| ()).start().unwrap();
            load(&host, crash, "PINTLE_ON(create, crash)");
        }
        let mut status = 0;
        // SAFETY: a place for the status.
        assert!(unsafe { libc::waitpid(child, &raw mut status, 0) } > 0);
        dup2_stderr(&kept).unwrap();
        let mut told = String::new();
        peer.read_to_string(&mut told).unwrap();
        assert_eq!((libc::WTERMSIG(status), told.as_str()), (libc::SIGSEGV, ""));
        drop((host, another));
    });
}

#[test]
fn a_redirected_standard_error_is_written_to_once_a_host_has_started() {
    by_itself("a_redirected_standard_error_is_written_to_once_a_host_has_started", || {
        let first = host();
        let kept = dup(std::io::stderr()).unwrap();
        let (mut reader, writer) = std::io::pipe().unwrap();
        dup2_stderr(&writer).unwrap();
        drop(writer);
        StandardError.write_all(b"dropped\n").unwrap();
        let second = host();
        StandardError.write_all(b"written\n").unwrap();
        dup2_stderr(&kept).unwrap();
        assert!(kept.as_raw_fd() > 2);
        let mut told = String::new();
        reader.read_to_string(&mut told).unwrap();
        assert_eq!(told, "written\n");
        drop((first, second));
    });
}
