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

/// The levels of x86 that this processor has, as bits of `GNU_PROPERTY_X86_ISA_1_NEEDED`; each level has those below. All, where
/// there are none.
pub(crate) fn levels() -> u32 {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    {
        macro_rules! has {
            ($($feature:tt)*) => { true $(&& std::arch::is_x86_feature_detected!($feature))* };
        }
        let steps = [
            has!("cmpxchg16b" "popcnt" "sse3" "ssse3" "sse4.1" "sse4.2"),
            has!("avx" "avx2" "bmi1" "bmi2" "f16c" "fma" "lzcnt" "movbe"),
            has!("avx512f" "avx512bw" "avx512cd" "avx512dq" "avx512vl"),
        ];
        let height = steps.iter().take_while(|&&is_there| is_there).count();
        (2 << height) - 1
    }
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
    u32::MAX
}

/// The name of the highest of some levels of x86.
pub(crate) fn level_name(levels: u32) -> String {
    match levels.checked_ilog2() {
        None | Some(0) => "x86-64".to_owned(),
        Some(level) => format!("x86-64-v{}", level + 1),
    }
}

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
