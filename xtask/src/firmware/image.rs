//! The images: what each is made of, and how it is linked.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::bundle::{self, FEATURES};
use super::tools::tool;
use crate::build::empty_folder;
use crate::command::run;

/// Something that an image runs on.
pub struct Board {
    /// What QEMU and `firmware/board` call it.
    pub name: &'static str,
    /// What rustc calls its processor; `None`: this machine.
    pub target: Option<&'static str>,
    /// What the names of its compiler and linker begin with.
    pub tools: &'static str,
    /// What every file is compiled with.
    pub flags: &'static [&'static str],
    /// What the program is linked with.
    link: &'static [&'static str],
    /// Its own files.
    files: &'static [&'static str],
}

/// Cortex-M4F.
pub const MPS2: Board = Board {
    name: "mps2-an386",
    target: Some("thumbv7em-none-eabihf"),
    tools: "arm-none-eabi-",
    flags: &["-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"],
    link: &["-nostartfiles", "-T", "mps2_an386.ld"],
    files: &["firmware/board/cortex_m.c", "firmware/board/semihosting.c", "firmware/board/mps2_an386.c"],
};

/// Cortex-M0 with 16 KiB of RAM.
pub const MICROBIT: Board = Board {
    name: "microbit",
    target: Some("thumbv6m-none-eabi"),
    tools: "arm-none-eabi-",
    flags: &["-mcpu=cortex-m0", "-mthumb", "-DSMALL"],
    link: &["-nostartfiles", "-T", "microbit.ld"],
    files: &["firmware/board/cortex_m.c", "firmware/board/semihosting.c", "firmware/board/microbit.c"],
};

/// An ordinary process without a C library.
pub const LINUX: Board = Board {
    name: "linux-x86_64",
    target: None,
    tools: "",
    flags: &["-fno-stack-protector", "-fno-tree-loop-distribute-patterns", "-DNO_ECHO"],
    link: &["-nostdlib", "-static"],
    files: &["firmware/board/linux_x86_64.c", "firmware/libc/string.c", "firmware/program/scenario_only.c"],
};

/// All boards.
pub const BOARDS: [&Board; 3] = [&MPS2, &MICROBIT, &LINUX];

/// What a program is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Program {
    /// All parts, in C.
    C,
    /// All parts, in C++ where there is something in it.
    Cxx,
    /// What measures how long the lock is held.
    Lock,
}

/// A program for a board.
pub struct Image {
    /// What it is called.
    pub name: &'static str,
    /// What it runs on.
    pub board: &'static Board,
    /// Its plugins in Rust.
    plugins: &'static [&'static str],
    program: Program,
}

/// All images that run the parts.
pub const IMAGES: [Image; 4] = [
    Image { name: "c", board: &MPS2, plugins: &["echo"], program: Program::C },
    Image { name: "c++", board: &MPS2, plugins: &["echo"], program: Program::Cxx },
    Image { name: "c", board: &MICROBIT, plugins: &["echo"], program: Program::C },
    Image { name: "c", board: &LINUX, plugins: &[], program: Program::C },
];

/// The image that measures how long the kernel holds its lock.
pub const LOCK: Image = Image { name: "lock", board: &MPS2, plugins: &[], program: Program::Lock };

const LIBC: [&str; 2] = ["firmware/libc/stdio.c", "firmware/libc/stdlib.c"];
/// What is in C everywhere.
const LIBRARY: [&str; 3] = ["firmware/program/steps.S", "plugins/stats/stats.c", "tests/scenario/gate.c"];
/// What is in C wherever there is a board.
const PLUGINS: [&str; 2] = ["firmware/plugins/serial.c", "firmware/plugins/misuser.c"];
/// What is C and C++ both.
const PROGRAM: [&str; 2] = ["firmware/program/firmware.c", "firmware/program/tell.c"];
/// The same, wherever there is a board.
const PARTS: [&str; 7] = [
    "firmware/program/main.c",
    "firmware/program/timers.c",
    "firmware/program/interrupts.c",
    "firmware/program/capacity.c",
    "firmware/program/misuse.c",
    "firmware/program/dialogue.c",
    "firmware/program/figures.c",
];
/// What each language has its own of.
const C: [&str; 2] = ["firmware/program/scenario.c", "firmware/plugins/shout.c"];
const CXX: [&str; 3] = [
    "firmware/program/cxx/scenario.cpp",
    "firmware/program/cxx/shout.cpp",
    "firmware/program/cxx/runtime.cpp",
];

const LOCK_FILES: [&str; 4] =
    ["firmware/lock/main.c", "firmware/lock/hold.c", "firmware/lock/paths.c", "firmware/lock/crowd.c"];

const FLAGS: [&str; 10] = [
    "-Os",
    "-fno-builtin",
    "-ffunction-sections",
    "-fdata-sections",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wno-missing-field-initializers",
    "-DPINTLE_STATIC",
    "-DSTATS_INSTANCES=1",
];
const C_FLAGS: [&str; 1] = ["-std=c11"];
const CXX_FLAGS: [&str; 6] = ["-x", "c++", "-std=c++17", "-pedantic", "-fno-exceptions", "-fno-rtti"];

impl Image {
    /// Whether it has all parts; where there is no board, it has the scenario alone.
    pub fn is_whole(&self) -> bool {
        self.board.target.is_some()
    }

    /// Compiles and links it; says where it is.
    pub fn build(&self, root: &Path) -> Result<PathBuf> {
        let bundle = bundle::build(root, self.board, &FEATURES, self.plugins)?;
        let folder = empty_folder(root, &format!("firmware/{}-{}", self.name, self.board.name))?;
        let mut c = [&LIBC, self.board.files].concat();
        let mut cxx = Vec::new();
        if self.program == Program::Lock {
            c.extend(LOCK_FILES);
        } else {
            let mut both = PROGRAM.to_vec();
            c.extend(LIBRARY);
            if self.is_whole() {
                c.extend(PLUGINS);
                both.extend(PARTS);
            }
            if self.program == Program::Cxx {
                cxx = [&both[..], &CXX].concat();
            } else {
                c.extend([&both[..], &C].concat());
            }
        }
        if !cxx.is_empty() {
            self.compile(root, &folder, "g++", &CXX_FLAGS, &cxx)?;
        }
        self.compile(root, &folder, "gcc", &C_FLAGS, &c)?;
        self.link(root, &folder, &bundle)
    }

    fn compile(
        &self,
        root: &Path,
        folder: &Path,
        compiler: &str,
        flags: &[&str],
        files: &[&str],
    ) -> Result<()> {
        let mut command = tool(self.board, compiler, folder);
        command.args(self.board.flags).args(FLAGS).args(flags).arg("-c");
        command.arg("-I").arg(root.join("include")).arg("-I").arg(root);
        run(command.args(files.iter().map(|file| root.join(file))))
    }

    fn link(&self, root: &Path, folder: &Path, bundle: &Path) -> Result<PathBuf> {
        let program = folder.join("image.elf");
        let mut objects = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            objects.push(entry?.path());
        }
        objects.sort();
        // With the compiler for C, also where the program is in C++: it needs nothing of that library.
        let mut command: Command = tool(self.board, "gcc", root);
        command.args(self.board.flags).args([
            "-Wl,--gc-sections",
            "-Wl,-z,noexecstack",
            "-L",
            "firmware/board",
        ]);
        command.arg(format!("-Wl,-Map={}", program.with_extension("map").display()));
        command.args(self.board.link).args(objects).arg(bundle).arg("-o").arg(&program);
        run(&mut command)?;
        Ok(program)
    }
}
