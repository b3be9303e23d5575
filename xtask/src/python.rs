//! A temporary Python: a virtual environment below cargo's target folder. Nothing is installed outside it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::build::{plugins, wheel};
use crate::command::{output, run, target, tool};
use crate::doctor;

/// Packages that are installed into it: those that build the wheel, test it, and that the bench compares with.
const TOOLS: [&str; 4] = ["cffi==2.1.1", "maturin==1.16.0", "mypy==2.4.1", "pytest==9.2.0"];
/// The file that says with which Python and which tools the environment was made.
const STAMP: &str = "made-of.txt";

/// When a test hangs, every thread's stack is printed, and the run fails.
const HANGS: [&str; 4] = ["-o", "faulthandler_timeout=300", "-o", "faulthandler_exit_on_timeout=true"];
/// The configuration of the type checkers.
const SETTINGS: &str = "bindings-python/pyproject.toml";

/// The Python of the machine.
fn user(root: &Path) -> Command {
    tool("PYTHON", "python3", root)
}

/// Makes the environment with its tools, and returns its Python.
pub fn environment(root: &Path) -> Result<PathBuf> {
    doctor::demand(&["python"])?;
    let version = output(user(root).args(["-c", "import sys; print(sys.version, sys.base_prefix)"]))?;
    let stamp = format!("{}{}\n", String::from_utf8_lossy(&version.stdout), TOOLS.join("\n"));
    let folder = target(root).join("python");
    let (python, made_of) = (folder.join("bin/python"), folder.join(STAMP));
    if fs::read_to_string(&made_of).is_ok_and(|text| text == stamp) {
        return Ok(python);
    }
    run(user(root).args(["-m", "venv", "--clear"]).arg(&folder))?;
    pip(&python, &TOOLS.map(Path::new))?;
    fs::write(&made_of, stamp).with_context(|| format!("cannot write {}", made_of.display()))?;
    Ok(python)
}

/// Builds the wheel, installs it into the environment, and returns its Python.
pub fn with_wheel(root: &Path) -> Result<PathBuf> {
    let (wheel, python) = (wheel::build(root)?, environment(root)?);
    pip(&python, &[Path::new("--no-index"), Path::new("--force-reinstall"), &wheel])?;
    Ok(python)
}

fn pip(python: &Path, what: &[&Path]) -> Result<()> {
    let mut command = Command::new(python);
    command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    run(command.args(what))
}

/// Tests the installed wheel with the real plugins: runs pytest, a long run whose memory must not grow, and the type
/// checkers. The source tree is not changed.
pub fn test(root: &Path) -> Result<()> {
    let (python, plugins) = (with_wheel(root)?, plugins::built(root)?);
    let start = |arguments: &[&str]| {
        let mut command = Command::new(&python);
        command.env("PYTHONDONTWRITEBYTECODE", "1").env("MYPY_CACHE_DIR", target(root).join("mypy"));
        run(command.env("PINTLE_PLUGINS", &plugins).current_dir(root).args(arguments))
    };
    start(&[&["-m", "pytest", "-p", "no:cacheprovider", "bindings-python/tests"], &HANGS[..]].concat())?;
    start(&["bindings-python/tests/memory.py"])?;
    start(&["-m", "mypy", "--strict", "--config-file", SETTINGS])?;
    start(&["-m", "mypy.stubtest", "--mypy-config-file", SETTINGS, "pintle._pintle"])
}
