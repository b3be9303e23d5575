//! `pintle run`.

use std::cell::UnsafeCell;
use std::error::Error;
use std::io::{self, IsTerminal};
use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use pintle_host::abi::{MODE_RELIABLE, NO_WORKERS, Socket, status};
use pintle_host::{
    Application, Calls, Descriptor, Found, Host, LoadOptions, Refusal, Shown, StandardError, Waker,
    default_limits, read_descriptor,
};
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::{complain, say};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Plugin files, and folders whose plugins (*.so) are loaded in the order of their names.
    #[arg(required = true, value_name = "FILE|FOLDER")]
    plugins: Vec<PathBuf>,
    /// Listens at this address, such as ws://127.0.0.1:8080; may be given several times.
    #[arg(long, value_name = "URI")]
    listen: Vec<String>,
    /// How many channels each socket has; all of them are reliable.
    #[arg(long, default_value_t = 4)]
    channels: u32,
    /// A plugin's configuration; the plugin is named by its id, or by its file's name without `lib` and `.so`.
    #[arg(long, value_name = "PLUGIN=TEXT", value_parser = pair)]
    config: Vec<(String, String)>,
    /// A plugin's place among the others, lower first; the default is 0, and equal ones keep the order of loading.
    #[arg(long, value_name = "PLUGIN=NUMBER", value_parser = priority, allow_hyphen_values = true)]
    priority: Vec<(String, i32)>,
    /// Worker threads for slow requests; with 0 they run between everything else.
    #[arg(long, default_value_t = 2)]
    workers: u32,
    /// How many sessions there can be at a time.
    #[arg(long, default_value_t = 1024)]
    sessions: u32,
    /// How long each plugin may take to stop, in seconds.
    #[arg(long, default_value_t = 5)]
    stop_timeout: u64,
    /// Names a plugin whose callback takes longer than so many seconds and calls nothing meanwhile; with 0 nobody looks.
    #[arg(long, default_value_t = 10)]
    watchdog: u64,
    /// Which lines are logged, such as `warn` or `pintle=debug`.
    #[arg(long, default_value = "info")]
    log: String,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (plugin, value) = text.split_once('=').ok_or("it has the form PLUGIN=VALUE")?;
    Ok((plugin.to_owned(), value.to_owned()))
}

fn priority(text: &str) -> Result<(String, i32), String> {
    let (plugin, value) = pair(text)?;
    Ok((plugin, value.parse().map_err(|_| format!("{value:?} is not a number"))?))
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::try_new(&arguments.log)?)
        .with_writer(|| StandardError)
        .with_ansi(io::stderr().is_terminal())
        .init();
    pintle_host::install_crash_handler()?;
    let mut limits = default_limits();
    limits.workers = if arguments.workers == 0 { NO_WORKERS } else { arguments.workers };
    limits.channels = arguments.channels;
    limits.sessions = arguments.sessions;
    let mut builder = Host::builder().limits(limits).application(Announcer).watch_process();
    if arguments.watchdog != 0 {
        builder = builder.watchdog(Duration::from_secs(arguments.watchdog));
    }
    let host = builder.start()?;
    stop_on_signals(host.waker())?;
    for path in &arguments.plugins {
        load(&host, path, arguments)?;
    }
    let calls = host.calls()?;
    let modes = vec![MODE_RELIABLE; arguments.channels as usize];
    let mut sockets = Vec::new();
    for address in &arguments.listen {
        let socket = calls.open(&modes)?;
        sockets.push(socket);
        calls.listen(socket, address).map_err(|error| match error.code {
            status::E_UNSUPPORTED => {
                format!(
                    "{address}: no plugin serves addresses of this kind. Load a transport for it as well."
                )
            }
            _ => format!("{address}: {error}"),
        })?;
    }
    host.run()?;
    for socket in sockets {
        calls.close(socket)?;
    }
    for plugin in host.list().into_iter().rev() {
        let receipt = host.unload(plugin.instance, Duration::from_secs(arguments.stop_timeout))?;
        say(&format!("{}: {receipt}", plugin.name));
    }
    Ok(ExitCode::SUCCESS)
}

fn load(host: &Host, path: &Path, arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    if path.is_dir() {
        // SAFETY: whoever starts this program names the folders whose plugins it is to trust.
        return Ok(unsafe {
            host.load_folder(
                path,
                |file, descriptor| Ok(options(arguments, file, descriptor)),
                |found| tell(host, found),
            )
        }?);
    }
    let options = options(arguments, path, &read_descriptor(path)?);
    // SAFETY: whoever starts this program names the plugins that it is to trust.
    let instance = unsafe { host.load(path, &options) }?;
    tell(host, &Found::Loaded { path: path.to_owned(), instance });
    Ok(())
}

fn tell(host: &Host, found: &Found) {
    match found {
        Found::Loaded { path, instance } => {
            // One that has ended meanwhile has said so itself.
            let _ = host.with_plugin(*instance, |plugin| {
                let Descriptor { id, version, .. } = &plugin.descriptor;
                tracing::info!(id, version, "loaded {}", Shown(path));
            });
        }
        Found::PassedOver(error) if error.refusal == Refusal::DebugFile => {
            tracing::info!("passed over: {error}")
        }
        Found::PassedOver(error) => tracing::debug!("passed over: {error}"),
        Found::Refused { error, .. } => tracing::warn!("{error}"),
    }
}

fn options(arguments: &Arguments, path: &Path, descriptor: &Descriptor) -> LoadOptions {
    LoadOptions {
        priority: value(&arguments.priority, path, &descriptor.id).copied().unwrap_or_default(),
        instance: String::new(),
        config: value(&arguments.config, path, &descriptor.id).cloned().unwrap_or_default(),
    }
}

/// The options of the command line for one plugin.
fn value<'a, T>(pairs: &'a [(String, T)], path: &Path, id: &str) -> Option<&'a T> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let stem = stem.strip_prefix("lib").unwrap_or(&stem);
    pairs.iter().rev().find(|(plugin, _)| plugin == id || plugin == stem).map(|(_, value)| value)
}

/// How many signals have come. A semaphore needs no fd, which a plugin could close, and a signal handler may post it.
struct Came(UnsafeCell<libc::sem_t>);

// SAFETY: a semaphore is for several threads.
unsafe impl Sync for Came {}

impl Came {
    /// A counter that is there until the process ends.
    fn new() -> io::Result<&'static Self> {
        let mut semaphore = MaybeUninit::uninit();
        // SAFETY: a place for the semaphore, which is filled before it is used. Nobody uses it before it has its last address.
        unsafe {
            if libc::sem_init(semaphore.as_mut_ptr(), 0, 0) != 0 {
                return Err(io::Error::last_os_error());
            }
            Ok(Box::leak(Box::new(Self(UnsafeCell::new(semaphore.assume_init())))))
        }
    }

    fn post(&self) {
        // SAFETY: it is there until the process ends.
        unsafe { libc::sem_post(self.0.get()) };
    }

    fn wait(&self) {
        // SAFETY: as above. A signal handler of another library may interrupt it.
        while unsafe { libc::sem_wait(self.0.get()) } != 0 {}
    }
}

/// The first signal stops the host. The second one ends the process, and says what the host hangs in.
fn stop_on_signals(waker: Waker) -> io::Result<()> {
    let came = Came::new()?;
    for signal in [SIGINT, SIGTERM] {
        // SAFETY: posting a semaphore is allowed in a signal handler.
        unsafe { signal_hook::low_level::register(signal, || came.post()) }?;
    }
    std::thread::Builder::new().name("pintle-signals".to_owned()).spawn(move || {
        came.wait();
        waker.stop();
        came.wait();
        let inside = match waker.running() {
            Some((plugin, callback)) => format!(", while {plugin} was inside {callback}"),
            None => String::new(),
        };
        complain(&format!("ended by a second signal{inside}"));
        // Nothing of the plugins runs any more: an exit handler could hang as well.
        signal_hook::low_level::exit(1);
    })?;
    Ok(())
}

/// Plugin zero: says where it listens.
struct Announcer;

impl Application for Announcer {
    fn socket_attached(&self, _: &Calls<'_>, _: Socket, address: &str) {
        say(&format!("listening on {address}"));
    }

    fn session_created(&self, calls: &Calls<'_>, session: pintle_host::abi::Session) {
        tracing::debug!(client = calls.client_id(session).unwrap_or_default(), "a session began");
    }
}
