//! The names of processors.

use object::elf;

/// The processor of this process.
pub(crate) const NATIVE: elf::Machine = if cfg!(target_arch = "x86_64") {
    elf::EM_X86_64
} else if cfg!(target_arch = "aarch64") {
    elf::EM_AARCH64
} else if cfg!(target_arch = "x86") {
    elf::EM_386
} else if cfg!(target_arch = "arm") {
    elf::EM_ARM
} else if cfg!(any(target_arch = "riscv64", target_arch = "riscv32")) {
    elf::EM_RISCV
} else if cfg!(any(target_arch = "powerpc64", target_arch = "powerpc")) {
    elf::EM_PPC64
} else if cfg!(target_arch = "s390x") {
    elf::EM_S390
} else {
    elf::EM_NONE
};

/// The name of a processor with its width and byte order, for a person.
pub(crate) fn name(machine: elf::Machine, wide: bool, little: bool) -> String {
    let known = match machine {
        elf::EM_X86_64 => "x86-64",
        elf::EM_AARCH64 => "AArch64",
        elf::EM_386 => "x86",
        elf::EM_ARM => "ARM",
        elf::EM_RISCV => "RISC-V",
        elf::EM_PPC64 => "POWER",
        elf::EM_S390 => "s390x",
        _ => "",
    };
    let bits = if wide { 64 } else { 32 };
    let order = if little { "little" } else { "big" };
    match known {
        "" => format!("machine {} ({bits} bits, {order}-endian)", machine.0),
        name => format!("{name} ({bits} bits, {order}-endian)"),
    }
}
