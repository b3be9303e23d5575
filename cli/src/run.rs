//! `pintle run`.

use std::error::Error;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use pintle_host::abi::{MODE_RELIABLE, NO_WORKERS, Socket, status};
use pintle_host::{
    Application, Calls, Host, LoadOptions, Refusal, Shown, Waker, default_limits, read_descriptor,
};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::say;

/// Plugins that are not told otherwise.
const PRIORITY: i32 = 0;

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
    #[arg(long, value_name = "PLUGIN=NUMBER", value_parser = pair, allow_hyphen_values = true)]
    priority: Vec<(String, String)>,
    /// Worker threads for slow requests; with 0 they run between everything else.
    #[arg(long, default_value_t = 2)]
    workers: u32,
    /// How many sessions there can be at a time.
    #[arg(long, default_value_t = 1024)]
    sessions: u32,
    /// How long each plugin may take to stop, in seconds.
    #[arg(long, default_value_t = 5)]
    stop_timeout: u64,
    /// Which lines are logged, such as `warn` or `pintle=debug`.
    #[arg(long, default_value = "info")]
    log: String,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (plugin, value) = text.split_once('=').ok_or("it has the form PLUGIN=VALUE")?;
    Ok((plugin.to_owned(), value.to_owned()))
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::try_new(&arguments.log)?)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
    pintle_host::install_crash_handler()?;
    let mut limits = default_limits();
    limits.workers = if arguments.workers == 0 { NO_WORKERS } else { arguments.workers };
    limits.channels = arguments.channels;
    limits.sessions = arguments.sessions;
    let host = Host::builder().limits(limits).application(Announcer).start()?;
    stop_on_signals(host.waker())?;
    for file in files(&arguments.plugins)? {
        load(&host, &file, arguments)?;
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

/// A plugin file, and whether it was named itself.
struct Candidate {
    path: PathBuf,
    named: bool,
}

fn files(named: &[PathBuf]) -> Result<Vec<Candidate>, Box<dyn Error>> {
    let mut files = Vec::new();
    for path in named {
        if !path.is_dir() {
            files.push(Candidate { path: path.clone(), named: true });
            continue;
        }
        let mut found = Vec::new();
        for entry in fs::read_dir(path).map_err(|error| format!("{}: {error}", Shown(path)))? {
            found.push(entry.map_err(|error| format!("{}: {error}", Shown(path)))?.path());
        }
        found.retain(|file| file.extension().is_some_and(|extension| extension == "so"));
        found.sort();
        files.extend(found.into_iter().map(|path| Candidate { path, named: false }));
    }
    Ok(files)
}

fn load(host: &Host, file: &Candidate, arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let descriptor = match read_descriptor(&file.path) {
        Ok(descriptor) => descriptor,
        Err(error) if file.named => return Err(error.into()),
        Err(error) => {
            match error.refusal {
                Refusal::NotAPlugin(_) => tracing::debug!("{error}"),
                _ => tracing::warn!("{error}"),
            }
            return Ok(());
        }
    };
    let options = LoadOptions {
        priority: match value(&arguments.priority, &file.path, &descriptor.id) {
            Some(number) => number.parse().map_err(|_| format!("--priority: {number:?} is not a number"))?,
            None => PRIORITY,
        },
        instance: String::new(),
        config: value(&arguments.config, &file.path, &descriptor.id).unwrap_or_default().to_owned(),
    };
    // SAFETY: whoever starts this program names the plugins that it is to trust.
    match unsafe { host.load(&file.path, &options) } {
        Ok(_) => {
            tracing::info!(id = descriptor.id, version = descriptor.version, "loaded {}", Shown(&file.path))
        }
        Err(error) if file.named => return Err(error.into()),
        Err(error) => tracing::warn!("{error}"),
    }
    Ok(())
}

/// The options of the command line for one plugin.
fn value<'a>(pairs: &'a [(String, String)], path: &Path, id: &str) -> Option<&'a str> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let stem = stem.strip_prefix("lib").unwrap_or(&stem);
    pairs.iter().rev().find(|(plugin, _)| plugin == id || plugin == stem).map(|(_, value)| value.as_str())
}

/// The first signal stops the host, the second one the process.
fn stop_on_signals(waker: Waker) -> io::Result<()> {
    let again = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register_conditional_shutdown(signal, 1, again.clone())?;
        signal_hook::flag::register(signal, again.clone())?;
    }
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    std::thread::Builder::new().name("pintle-signals".to_owned()).spawn(move || {
        for _ in signals.forever() {
            waker.stop();
        }
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
