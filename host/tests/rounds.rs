//! Random rounds of loading, replacing files and unloading. Each receipt is compared with what the system lists in
//! `/proc/self/maps`, and each plugin that runs with the file that was at its path.
//!
//! `PINTLE_ROUNDS` is how many rounds are run, `PINTLE_SEED` where they begin.

mod support;

use std::collections::HashSet;
use std::fs;
use std::io::{PipeReader, PipeWriter, Write, pipe};
use std::ops::Range;
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use fastrand::Rng;
use pintle_abi_core::{IMAGE_RESIDENT, IMAGE_UNMAPPED, Instance, Limits, NO_WORKERS, status};
use pintle_host::{Host, Line, LoadOptions, default_limits};
use support::{NO_TEXTS, alone, folder, plugin_with};
use tempfile::TempDir;

const WAIT: Duration = Duration::from_secs(10);

/// The number in a plugin's file, which the test replaces to get a file of another content.
const NUMBER: &str = "number 000000";

/// Says its number and where it is. Its configuration is the fd that a thread of it waits for.
const BODY: &str = r#"
    static const char number[] = "number 000000";
    static int32_t begin(pintle_plugin_t *plugin, const pintle_create_t *args) {
        const volatile char *each = number;
        char text[64];
        size_t length = 0;
        for (; each[length]; length++) text[length] = each[length];
        snprintf(text + length, sizeof text - length, " %p", (void *)&pintle_entry);
        keep(number_of(args->config));
        return say(plugin, text);
    }
"#;

/// What a plugin's image is, so far as its end depends on it.
struct Kind {
    name: &'static str,
    flags: &'static str,
    keep: &'static str,
    options: &'static [&'static str],
    /// Its images stay for ever, so there may be few of them.
    stays: bool,
}

const SAFE: &str = "| PINTLE_FLAG_UNLOAD_SAFE";
const NOTHING: &str = "static void keep(int fd) { (void)fd; }";

const KINDS: [Kind; 6] = [
    Kind { name: "safe", flags: SAFE, keep: NOTHING, options: &[], stays: false },
    Kind { name: "resident", flags: "", keep: NOTHING, options: &[], stays: true },
    Kind { name: "nodelete", flags: SAFE, keep: NOTHING, options: &["-Wl,-z,nodelete"], stays: true },
    Kind {
        name: "unique",
        flags: SAFE,
        keep: r#"
            __asm__(".globl shared_by_name\n.type shared_by_name, @gnu_unique_object\n.size shared_by_name, 4\n"
                    ".data\nshared_by_name: .long 0\n.text\n");
            extern __attribute__((visibility("default"))) int shared_by_name;
            static void keep(int fd) { shared_by_name = fd; }
        "#,
        options: &[],
        stays: true,
    },
    Kind {
        name: "thread_local",
        flags: SAFE,
        keep: r"
            extern int __cxa_thread_atexit_impl(void (*)(void *), void *, void *);
            extern void *__dso_handle;
            static void ended(void *object) { (void)object; }
            static void keep(int fd) { (void)fd; __cxa_thread_atexit_impl(ended, 0, &__dso_handle); }
        ",
        options: &[],
        stays: true,
    },
    Kind {
        name: "thread",
        flags: SAFE,
        keep: r"
            #include <pthread.h>
            #include <unistd.h>
            static void *waits(void *fd) { char byte; while (read((int)(intptr_t)fd, &byte, 1) > 0) { } return 0; }
            static void keep(int fd) {
                pthread_t thread;
                pthread_create(&thread, 0, waits, (void *)(intptr_t)fd);
                pthread_detach(thread);
            }
        ",
        options: &["-pthread"],
        stays: true,
    },
];

/// How many different images may stay for ever: each keeps a file open and some mappings.
const STAYING: usize = 60;

/// How many threads of plugins run at most.
const THREADS: usize = 50;

/// How many instances live at most.
const LIVE: usize = 12;

/// A live instance.
struct Live {
    host: usize,
    instance: Instance,
    kind: usize,
    entry: usize,
    /// The inode of the file that is mapped at the entry.
    inode: u64,
}

/// What lies at a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Content {
    kind: usize,
    number: u32,
}

/// The pipe that the threads of plugins wait for, until its writer is closed.
struct Threads {
    reader: PipeReader,
    writer: PipeWriter,
    running: usize,
}

impl Threads {
    fn begin() -> Self {
        let (reader, writer) = pipe().expect("a pipe");
        Self { reader, writer, running: 0 }
    }

    fn end(self) {
        drop(self.writer);
        let threads = || fs::read_dir("/proc/self/task").expect("a list of threads").count();
        // The main thread, the one that runs the test, and none of a plugin.
        while threads() > 2 {
            std::thread::yield_now();
        }
    }
}

struct Rounds {
    random: Rng,
    folder: TempDir,
    /// A library for each kind.
    libraries: Vec<Vec<u8>>,
    paths: Vec<(PathBuf, Option<Content>)>,
    /// Everything that was ever written to a path.
    written: Vec<Content>,
    /// Files that were written to while they were mapped.
    spoiled: HashSet<u64>,
    hosts: Vec<Host>,
    said: Arc<Mutex<Vec<String>>>,
    live: Vec<Live>,
    /// What others have loaded.
    held: Vec<libloading::Library>,
    threads: Option<Threads>,
    /// How often each end was told: unmapped, resident, refused.
    told: [u32; 3],
}

/// The inodes of the files that are mapped, with where they are, as the system lists them.
fn mappings() -> Vec<(Range<usize>, u64)> {
    let maps = fs::read_to_string("/proc/self/maps").expect("a list of mappings");
    let read = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (from, to) = words[0].split_once('-').expect("a range");
        let address = |text| usize::from_str_radix(text, 16).expect("an address");
        (address(from)..address(to), words[4].parse().expect("an inode"))
    };
    maps.lines().map(read).collect()
}

fn inode_at(address: usize) -> Option<u64> {
    mappings()
        .into_iter()
        .find(|(range, inode)| range.contains(&address) && *inode != 0)
        .map(|(_, inode)| inode)
}

fn is_mapped(inode: u64) -> bool {
    mappings().iter().any(|(_, other)| *other == inode)
}

impl Rounds {
    fn begin(seed: u64) -> Self {
        let folder = folder();
        let build = |kind: &Kind| {
            let body = format!("extern const pintle_entry_t pintle_entry;\n{}\n{BODY}", kind.keep);
            let on = "PINTLE_ON(create, begin)";
            let built = plugin_with(folder.path(), kind.name, &body, on, NO_TEXTS, kind.flags, kind.options);
            fs::read(built).expect("it was built")
        };
        let libraries = KINDS.iter().map(build).collect();
        let said = Arc::new(Mutex::new(Vec::new()));
        let host = || {
            let (said, limits) = (said.clone(), Limits { workers: NO_WORKERS, ..default_limits() });
            let sink = move |line: &Line<'_>| said.lock().unwrap().push(line.text.to_owned());
            Host::builder().limits(limits).log(sink).start().expect("the host starts")
        };
        Self {
            random: Rng::with_seed(seed),
            libraries,
            paths: (0..4).map(|at| (folder.path().join(format!("plugin-{at}.so")), None)).collect(),
            written: Vec::new(),
            spoiled: HashSet::new(),
            hosts: vec![host(), host()],
            said,
            live: Vec::new(),
            held: Vec::new(),
            threads: Some(Threads::begin()),
            told: [0; 3],
            folder,
        }
    }

    fn run(&mut self) {
        match self.random.u32(..100) {
            0..25 => self.replace(),
            25..60 => self.load(),
            60..85 => self.unload(),
            85..88 => self.copy(),
            88..91 => self.touch(),
            91..93 => self.delete(),
            93..95 => self.append(),
            95..98 => self.hold(),
            _ => self.held.clear(),
        }
        if self.threads.as_ref().is_some_and(|threads| threads.running >= THREADS) {
            if let Some(threads) = self.threads.take() {
                threads.end();
            }
            self.threads = Some(Threads::begin());
        }
    }

    /// Moves a new file to a path: one of a new content, or of one that was there before.
    fn replace(&mut self) {
        let staying = self.written.iter().filter(|content| KINDS[content.kind].stays).count();
        let kind =
            if staying < STAYING && self.random.u32(..4) == 0 { self.random.usize(..KINDS.len()) } else { 0 };
        let content = match self.random.choice(&self.written) {
            Some(content) if self.random.bool() => *content,
            _ => Content { kind, number: self.written.len() as u32 },
        };
        if !self.written.contains(&content) {
            self.written.push(content);
        }
        let new = self.folder.path().join("new");
        let number = format!("number {:06}", content.number);
        let bytes = replaced(&self.libraries[content.kind], NUMBER.as_bytes(), number.as_bytes());
        fs::write(&new, bytes).unwrap();
        let at = self.random.usize(..self.paths.len());
        fs::rename(new, &self.paths[at].0).unwrap();
        self.paths[at].1 = Some(content);
    }

    fn copy(&mut self) {
        let (from, to) = (self.random.usize(..self.paths.len()), self.random.usize(..self.paths.len()));
        if from != to && self.paths[from].1.is_some() {
            let new = self.folder.path().join("new");
            fs::copy(&self.paths[from].0, &new).unwrap();
            fs::rename(new, &self.paths[to].0).unwrap();
            self.paths[to].1 = self.paths[from].1;
        }
    }

    fn some_path(&mut self) -> Option<usize> {
        let filled: Vec<usize> = (0..self.paths.len()).filter(|at| self.paths[*at].1.is_some()).collect();
        self.random.choice(filled)
    }

    fn touch(&mut self) {
        if let Some(at) = self.some_path() {
            let file = fs::File::options().append(true).open(&self.paths[at].0).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(self.random.u32(..).into()))
                .unwrap();
        }
    }

    fn delete(&mut self) {
        if let Some(at) = self.some_path() {
            fs::remove_file(&self.paths[at].0).unwrap();
            self.paths[at].1 = None;
        }
    }

    /// Writes to a file in place, behind what is mapped.
    fn append(&mut self) {
        if let Some(at) = self.some_path() {
            let mut file = fs::File::options().append(true).open(&self.paths[at].0).unwrap();
            file.write_all(b"more").unwrap();
            self.spoiled.insert(file.metadata().unwrap().ino());
        }
    }

    /// Others load and unload the same files.
    fn hold(&mut self) {
        if let Some(at) = self.some_path() {
            // SAFETY: the library was compiled by the test.
            self.held.extend(unsafe { libloading::Library::new(&self.paths[at].0) });
        }
    }

    fn load(&mut self) {
        if self.live.len() >= LIVE {
            return;
        }
        let (host, at) = (self.random.usize(..self.hosts.len()), self.random.usize(..self.paths.len()));
        let (path, content) = self.paths[at].clone();
        let threads = self.threads.as_mut().expect("between rounds there is a pipe");
        let options =
            LoadOptions { config: threads.reader.as_raw_fd().to_string(), ..LoadOptions::default() };
        self.said.lock().unwrap().clear();
        // SAFETY: the library was compiled by the test.
        let loaded = unsafe { self.hosts[host].load(&path, &options) };
        let Some(content) = content else {
            assert_eq!(loaded.unwrap_err().code, status::E_NO_FILE);
            return;
        };
        let inode = fs::metadata(&path).unwrap().ino();
        let instance = match loaded {
            Ok(instance) => instance,
            Err(error) => {
                assert_eq!(error.code, status::E_MISMATCH, "{error}");
                assert!(self.spoiled.contains(&inode) && is_mapped(inode), "{error}");
                self.told[2] += 1;
                return;
            }
        };
        let said = self.said.lock().unwrap().join("\n");
        let (number, entry) = said.split_once(" 0x").expect("the plugin says its number");
        assert_eq!(
            number,
            format!("number {:06}", content.number),
            "another file than the one at the path runs"
        );
        let entry = usize::from_str_radix(entry, 16).expect("an address");
        if KINDS[content.kind].name == "thread" {
            threads.running += 1;
        }
        let inode = inode_at(entry).expect("the entry is mapped");
        self.live.push(Live { host, instance, kind: content.kind, entry, inode });
    }

    fn unload(&mut self) {
        if self.live.is_empty() {
            return;
        }
        let live = self.live.swap_remove(self.random.usize(..self.live.len()));
        let receipt = self.hosts[live.host].unload(live.instance, WAIT).expect("it unloads");
        let kind = &KINDS[live.kind];
        let is_used = self.live.iter().any(|other| other.entry == live.entry);
        let is_mapped = inode_at(live.entry) == Some(live.inode);
        let image = if is_mapped { IMAGE_RESIDENT } else { IMAGE_UNMAPPED };
        assert_eq!(receipt.image, image, "{}: {receipt}", kind.name);
        assert_eq!(receipt.reason().is_empty(), !is_mapped, "{}: {receipt}", kind.name);
        assert!(is_mapped || !is_used, "{}: {receipt}", kind.name);
        if !kind.stays {
            assert!(receipt.is_clean(), "{}: {receipt}", kind.name);
        }
        self.told[usize::from(is_mapped)] += 1;
    }
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for at in 0..=bytes.len() - from.len() {
        if bytes[at..].starts_with(from) {
            bytes[at..at + to.len()].copy_from_slice(to);
        }
    }
    bytes
}

fn number_of(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().expect("a number"))
}

#[test]
fn random_rounds_end_with_the_truth() {
    let run = || {
        let (count, seed) = (number_of("PINTLE_ROUNDS", 500), number_of("PINTLE_SEED", 1));
        let mut rounds = Rounds::begin(seed);
        for round in 0..count {
            let ran = catch_unwind(AssertUnwindSafe(|| rounds.run()));
            if let Err(panic) = ran {
                eprintln!("in round {round} of the seed {seed}");
                resume_unwind(panic);
            }
        }
        let [unmapped, resident, refused] = rounds.told;
        eprintln!("{count} rounds: told {unmapped} times unmapped, {resident} resident, {refused} refused");
        assert!(unmapped > 0 && resident > 0, "the rounds show nothing");
    };
    if let Some(output) = alone("random_rounds_end_with_the_truth", run) {
        assert!(output.stdout.contains("1 passed"), "{}\n{}", output.stdout, output.stderr);
        eprint!("{}", output.stderr);
    }
}
