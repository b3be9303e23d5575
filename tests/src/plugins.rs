//! Plugins as their authors build them: by real compilers, with the lines that are printed for people.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use pintle_host::abi::Instance;
use pintle_host::{Builder, Host, LoadOptions};
use tempfile::TempDir;

use crate::xtask::built;

/// The top of the source tree.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A folder that looks like the top of the source tree to commands that write their output where they stand.
///
/// # Panics
/// If the system refuses.
#[must_use]
pub fn workshop() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for name in ["include", "plugins", "templates"] {
        std::os::unix::fs::symlink(root().join(name), folder.path().join(name)).expect("a link");
    }
    folder
}

/// A folder of nothing but a link, `plugins`, to the four plugins as they are handed out.
///
/// # Panics
/// If they cannot be built.
#[must_use]
pub fn folder_with_plugins() -> TempDir {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let plugins = BUILT.get_or_init(|| built(&["plugins"]).with_file_name(""));
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::os::unix::fs::symlink(plugins, folder.path().join("plugins")).expect("a link");
    folder
}

/// The commands of a page, one text for each block that is marked `sh`.
///
/// # Panics
/// If there is no such page.
#[must_use]
pub fn printed_commands(page: &str) -> Vec<String> {
    printed(page, "sh")
}

/// The blocks of a page that are marked as being in `language`.
///
/// # Panics
/// If there is no such page.
#[must_use]
pub fn printed(page: &str, language: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join(page)).unwrap_or_else(|error| panic!("{page}: {error}"));
    let mark = format!("```{language}\n");
    text.split(&mark).skip(1).map(|block| block.split("```").next().unwrap_or_default().to_owned()).collect()
}

/// A program that fails where it would wait for ever.
#[must_use]
pub fn patiently(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("timeout");
    command.arg("120").arg(program);
    command
}

/// A program, run in a folder.
///
/// # Panics
/// If it fails, with what it said.
pub fn succeed(folder: &Path, program: &mut Command) -> String {
    let output = program.current_dir(folder).output().expect("the program starts");
    assert!(output.status.success(), "{program:?}: {}\n{}", output.status, said(&output));
    said(&output)
}

/// Runs commands of a shell in a folder.
///
/// # Panics
/// If they fail, with what they said.
pub fn run(folder: &Path, commands: &str) {
    let output = Command::new("sh").args(["-ec", commands]).current_dir(folder).output().expect("sh runs");
    assert!(output.status.success(), "{commands}\n{}", said(&output));
}

/// All that a command has said.
#[must_use]
pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
}

/// Runs the first line of a plugin's README, and gives the library that comes of it.
///
/// # Panics
/// If it fails.
#[must_use]
pub fn build(folder: &Path, plugin: &str) -> PathBuf {
    run(folder, &printed_commands(&format!("plugins/{plugin}/README.md"))[0]);
    folder.join(format!("{plugin}.so"))
}

/// Compiles a file of `tests/cpp` to a library, with the options of the C++ template.
///
/// # Panics
/// If the compiler refuses, with what it said.
#[must_use]
pub fn compile_cpp(folder: &Path, name: &str, options: &str) -> PathBuf {
    let library = folder.join(format!("{name}.so"));
    let (root, out) = (root(), library.display());
    let (source, root) = (root.join("tests/cpp").join(name), root.display());
    let line = format!(
        "c++ -std=c++17 -O1 -fPIC -shared -fvisibility=hidden -Wall -Wextra -pedantic -Werror {options} \
         -Wl,--version-script={root}/templates/cpp/exports.map -I {root}/include -o {out} {}.cpp",
        source.display()
    );
    run(folder, &line);
    library
}

/// The library of one of the project's packages, built by the cargo that runs this test: `so` or `a`.
///
/// # Panics
/// If it cannot be built.
#[must_use]
pub fn build_library(package: &str, extension: &str) -> PathBuf {
    let output = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--lib", "--message-format", "json", "-p", package])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", said(&output));
    let messages = output.stdout.split(|byte| *byte == b'\n');
    let files = messages.filter_map(|line| {
        let message: serde_json::Value = serde_json::from_slice(line).ok()?;
        let of_package = message["package_id"].as_str()?.contains(&format!("#{package}@"));
        if of_package { message["filenames"].as_array().cloned() } else { None }
    });
    let library = files.flatten().find_map(|file| {
        let file = PathBuf::from(file.as_str()?);
        (file.extension()? == extension).then_some(file)
    });
    library.unwrap_or_else(|| panic!("{package} has no library *.{extension}"))
}

/// The names that a library exports, sorted.
///
/// # Panics
/// If `nm` cannot read it.
#[must_use]
pub fn exports(library: &Path) -> Vec<String> {
    symbols(library, &["-D", "--defined-only"])
}

/// The names that `nm` lists with these options, sorted.
///
/// # Panics
/// If `nm` cannot read the file.
#[must_use]
pub fn symbols(file: &Path, options: &[&str]) -> Vec<String> {
    let output = Command::new("nm").args(options).arg(file).output().expect("nm runs");
    assert!(output.status.success(), "{}", said(&output));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut names: Vec<_> =
        text.lines().filter_map(|line| line.split_whitespace().last()).map(str::to_owned).collect();
    names.sort();
    names
}

/// What a plugin exports.
pub const TWO_OBJECTS: [&str; 2] = ["pintle_descriptor", "pintle_entry"];

/// Loads a plugin with a configuration.
///
/// # Errors
/// Whatever the host says.
pub fn try_load(host: &Host, library: &Path, config: &str) -> Result<Instance, pintle_host::Error> {
    let options = LoadOptions { config: config.to_owned(), ..LoadOptions::default() };
    // SAFETY: the library was built by the test.
    unsafe { host.load(library, &options) }
}

/// Loads a plugin with a configuration.
///
/// # Panics
/// If the host refuses.
pub fn load(host: &Host, library: &Path, config: &str) -> Instance {
    try_load(host, library, config).unwrap_or_else(|error| panic!("{}: {error}", library.display()))
}

/// What is heard, in order: lines of the log and whatever a test adds.
#[derive(Clone, Default)]
pub struct Heard(Arc<Mutex<Vec<String>>>);

impl Heard {
    /// Adds a line.
    pub fn add(&self, line: impl Into<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line.into());
    }

    /// All lines.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether a line contains `part`.
    #[must_use]
    pub fn has(&self, part: &str) -> bool {
        self.count(part) > 0
    }

    /// How many lines contain `part`.
    #[must_use]
    pub fn count(&self, part: &str) -> usize {
        self.lines().iter().filter(|line| line.contains(part)).count()
    }

    /// A host whose log is heard, each line as `plugin: text`.
    pub fn builder(&self) -> Builder {
        let heard = self.clone();
        Host::builder().log(move |line| heard.add(format!("{}: {}", line.plugin, line.text)))
    }
}

/// Names the test that a process is to run alone, and what it is told.
const ALONE: &str = "PINTLE_TEST_ALONE";

/// Runs `work` in a process of its own: this test binary, started again with the test `test` alone. In that process the
/// answer is `None`, and the test returns.
///
/// # Panics
/// If the process cannot be started.
pub fn alone(test: &str, word: &str, work: impl FnOnce(&str)) -> Option<Output> {
    if let Ok(word) = std::env::var(ALONE) {
        work(&word);
        return None;
    }
    let program = std::env::current_exe().expect("this program has a path");
    let mut command = Command::new(program);
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]).env(ALONE, word);
    Some(command.output().expect("this program runs"))
}
