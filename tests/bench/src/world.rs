//! Hosts with plugins that were loaded from files of their own.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use pintle_host::abi::{Callbacks, MODE_RELIABLE, Plugin, Session, Socket, status};
use pintle_host::{Host, LoadOptions, default_limits};

/// A library that the build script compiled.
pub(crate) fn library(name: &str) -> PathBuf {
    Path::new(env!("PINTLE_BENCH_LIBRARIES")).join(name).with_extension("so")
}

/// The plugin in Rust, which cargo puts beside this program.
pub(crate) fn walled() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let folder = program.parent().context("the program lies in a folder")?;
    let path = folder.join("examples/libbench_walled.so");
    if !path.is_file() {
        bail!("{}: not built; `cargo xtask bench` builds it", path.display());
    }
    Ok(path)
}

/// A host, a socket, and the sessions that plugins created on it.
pub(crate) struct World {
    host: Host,
    sessions: Vec<Session>,
    /// The session of plugin zero.
    pub(crate) own: Session,
}

thread_local! {
    static CREATED: RefCell<Vec<Session>> = const { RefCell::new(Vec::new()) };
}

unsafe extern "C" fn session_created(_: *mut Plugin, session: Session) -> i32 {
    CREATED.with_borrow_mut(|created| created.push(session));
    status::OK
}

static CALLBACKS: Callbacks = Callbacks { session_created: Some(session_created), ..Callbacks::none() };

impl World {
    /// Starts a host with these plugins, opens a socket and lets them create their sessions.
    pub(crate) fn start(plugins: &[PathBuf]) -> Result<Self> {
        let host = Host::builder().limits(default_limits()).start()?;
        // SAFETY: a static table of what it says it is.
        unsafe { host.set_callbacks(&CALLBACKS) }?;
        for path in plugins {
            // SAFETY: built from this package's own sources.
            unsafe { host.load(path, &LoadOptions::default()) }?;
        }
        let calls = host.calls()?;
        CREATED.take();
        let socket: Socket = calls.open(&[MODE_RELIABLE])?;
        let sessions = CREATED.take();
        let own = calls.create_session(socket, 0, None)?;
        Ok(Self { host, sessions, own })
    }

    /// Plugin zero.
    pub(crate) fn zero(&self) -> *mut Plugin {
        self.host.zero()
    }

    /// The host.
    pub(crate) fn host(&self) -> &Host {
        &self.host
    }

    /// The session that a plugin created, in the order of the plugins.
    pub(crate) fn session(&self, index: usize) -> Session {
        self.sessions[index]
    }
}
