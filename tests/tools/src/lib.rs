//! The programs that tests need: how to find out whether one is there, what is not tested without it, and what brings it.
//!
//! `cargo xtask doctor` prints those that are absent. A test asks [`is_installed`], so that the table and the tests decide
//! alike.

use std::process::Command;

/// The environment variable under which an absent tool fails the test that asks for it. `cargo xtask test --all` sets it.
pub const ALL: &str = "PINTLE_ALL_TOOLS";

/// A program, or a part of one that is packaged on its own.
#[derive(Debug)]
pub struct Tool {
    /// What tests ask for.
    pub name: &'static str,
    /// A command that succeeds if it is there.
    pub probe: &'static [&'static str],
    /// What is not tested without it.
    pub untested: &'static str,
    /// What brings it.
    pub cure: Cure,
}

/// What brings a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cure {
    /// Packages of Debian, with spaces between them.
    Apt(&'static str),
    /// A command line.
    Run(&'static str),
    /// A page that has it.
    Page(&'static str),
}

/// Succeeds where Python is recent enough, and can make environments.
const PYTHON: &str = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))";
/// Succeeds where Node is recent enough.
const NODE: &str = "process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)";
/// Succeeds where C programs with 32-bit pointers are compiled and linked.
const NARROW: &str = "echo 'int main(void) { return 0; }' | cc -m32 -include stdio.h -x c -o /dev/null -";
/// Succeeds where C++ programs with 32-bit pointers are compiled and linked.
const NARROW_CXX: &str = "echo 'int main() { return 0; }' | c++ -m32 -include array -x c++ -o /dev/null -";

/// Succeeds where Rust has `core` for a target, or Debian's compiler can build it.
const BARE_RUST: &str = "test -d \"$(rustc --print target-libdir --target $0)\" || \
    test -x /usr/bin/cargo -a -d \"$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library/core\"";

/// Every tool. Those that the README names come first.
pub static TOOLS: [Tool; 19] = [
    Tool {
        name: "python",
        probe: &["sh", "-c", "exec \"${PYTHON:-python3}\" -c \"$0\"", PYTHON],
        untested: "the bindings of Python, its wheel and its bench",
        cure: Cure::Apt("python3 python3-venv"),
    },
    Tool {
        name: "node",
        probe: &["node", "-e", NODE],
        untested: "the bindings of Node, its package and its bench",
        cure: Cure::Page("https://nodejs.org has Node 20"),
    },
    Tool {
        name: "npm",
        probe: &["npm", "--version"],
        untested: "the bindings of Node, its package and its bench",
        cure: Cure::Page("https://nodejs.org has Node 20 with npm"),
    },
    Tool {
        name: "Python.h",
        probe: &[
            "sh",
            "-c",
            "\"${PYTHON:-python3}\" -c 'import os, sys, sysconfig; \
             sys.exit(not os.path.exists(sysconfig.get_path(\"include\") + \"/Python.h\"))'",
        ],
        untested: "the bench of Python, which compares with an extension in C",
        cure: Cure::Apt("python3-dev"),
    },
    Tool {
        name: "rustfmt",
        probe: &["rustfmt", "--version"],
        untested: "the checks: formatting, and the sources that are generated",
        cure: Cure::Run("rustup component add rustfmt"),
    },
    Tool {
        name: "clippy",
        probe: &["cargo", "clippy", "--version"],
        untested: "the checks: clippy",
        cure: Cure::Run("rustup component add clippy"),
    },
    Tool {
        name: "-m32",
        probe: &["sh", "-c", NARROW],
        untested: "the layouts and the headers with 32-bit pointers",
        cure: Cure::Apt("gcc-multilib"),
    },
    Tool {
        name: "c++ -m32",
        probe: &["sh", "-c", NARROW_CXX],
        untested: "the headers in C++ with 32-bit pointers",
        cure: Cure::Apt("g++-multilib"),
    },
    Tool {
        name: "clang",
        probe: &["clang", "--version"],
        untested: "the headers with clang, and for Windows and macOS",
        cure: Cure::Apt("clang"),
    },
    Tool {
        name: "cmake",
        probe: &["cmake", "--version"],
        untested: "the CMake package, and the templates with CMake",
        cure: Cure::Apt("cmake make"),
    },
    Tool {
        name: "pkg-config",
        probe: &["pkg-config", "--version"],
        untested: "the files of pkg-config",
        cure: Cure::Apt("pkg-config"),
    },
    Tool {
        name: "valgrind",
        probe: &["valgrind", "--version"],
        untested: "memory errors of the C programs; the instruction counts",
        cure: Cure::Apt("valgrind"),
    },
    Tool {
        name: "arm-none-eabi-gcc",
        probe: &["arm-none-eabi-gcc", "-fsyntax-only", "-include", "stdio.h", "-x", "c", "/dev/null"],
        untested: "the headers, the plugins and the kernel on a microcontroller",
        cure: Cure::Apt("gcc-arm-none-eabi libnewlib-arm-none-eabi"),
    },
    Tool {
        name: "arm-none-eabi-g++",
        probe: &["arm-none-eabi-g++", "-fsyntax-only", "-include", "array", "-x", "c++", "/dev/null"],
        untested: "pintle.hpp on a microcontroller",
        cure: Cure::Apt("libstdc++-arm-none-eabi-newlib"),
    },
    Tool {
        name: "qemu-system-arm",
        probe: &["qemu-system-arm", "--version"],
        untested: "the firmware images",
        cure: Cure::Apt("qemu-system-arm"),
    },
    Tool {
        name: "nightly",
        probe: &["rustup", "run", "nightly", "cargo", "--version"],
        untested: "the kernel's threads under ThreadSanitizer; the fuzz targets",
        cure: Cure::Run("rustup toolchain install nightly"),
    },
    Tool {
        name: "cargo-fuzz",
        probe: &["rustup", "run", "nightly", "cargo", "fuzz", "--version"],
        untested: "the fuzz targets",
        cure: Cure::Run("cargo install --locked cargo-fuzz"),
    },
    Tool {
        name: "thumbv7em-none-eabihf",
        probe: &["sh", "-c", BARE_RUST, "thumbv7em-none-eabihf"],
        untested: "the firmware images",
        cure: Cure::Run("rustup target add thumbv7em-none-eabihf"),
    },
    Tool {
        name: "thumbv6m-none-eabi",
        probe: &["sh", "-c", BARE_RUST, "thumbv6m-none-eabi"],
        untested: "the firmware images",
        cure: Cure::Run("rustup target add thumbv6m-none-eabi"),
    },
];

impl Tool {
    /// Whether it is there.
    #[must_use]
    pub fn is_there(&self) -> bool {
        let (program, arguments) = self.probe.split_first().expect("a probe names a program");
        Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
    }
}

/// The tool of this name.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn tool(name: &str) -> &'static Tool {
    TOOLS.iter().find(|tool| tool.name == name).unwrap_or_else(|| panic!("no tool is called {name:?}"))
}

/// Whether a tool is there. A test without it says so, and goes on without that part.
///
/// # Panics
/// If it is absent and [`ALL`] is set, or if no tool has this name.
#[must_use]
pub fn is_installed(name: &str) -> bool {
    let tool = tool(name);
    let is_there = tool.is_there();
    if !is_there {
        assert!(std::env::var_os(ALL).is_none(), "{name} is not installed; {}", tool.cure);
        println!("SKIPPED: {name} is not installed; {}", tool.cure);
    }
    is_there
}

/// The C compilers: the machine's own, and clang if it is installed.
#[must_use]
pub fn c_compilers() -> Vec<&'static str> {
    ["cc"].into_iter().chain(is_installed("clang").then_some("clang")).collect()
}

/// The C++ compilers: the machine's own, and clang's if it is installed.
#[must_use]
pub fn cxx_compilers() -> Vec<&'static str> {
    ["c++"].into_iter().chain(is_installed("clang").then_some("clang++")).collect()
}

impl std::fmt::Display for Cure {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Apt(packages) => write!(out, "apt-get install {packages}"),
            Self::Run(line) | Self::Page(line) => out.write_str(line),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_for_one_tool() {
        for tool in &TOOLS {
            assert_eq!(TOOLS.iter().filter(|other| other.name == tool.name).count(), 1, "{}", tool.name);
        }
    }

    #[test]
    fn a_probe_is_a_command_that_can_fail() {
        let absent =
            Tool { name: "absent", probe: &["sh", "-c", "exit 1"], untested: "", cure: Cure::Apt("absent") };
        assert!(!absent.is_there());
        assert!(!Tool { probe: &["no-such-program"], ..absent }.is_there());
    }
}
