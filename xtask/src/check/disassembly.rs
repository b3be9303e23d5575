//! The hot paths in the library that ships must have no locked instruction, no allocation and no thread-local.
//!
//! Each path is followed from its slot through every direct call. A call through a pointer leaves the kernel, for a
//! plugin or the platform, so it is not followed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result};
use iced_x86::{Decoder, DecoderOptions, FlowControl, Instruction, Mnemonic, OpKind, Register};

use self::image::Image;
use super::Findings;

mod image;

/// The functions with which hot paths begin.
const PATHS: [&str; 10] = [
    "pintle_kernel::table::message::acquire",
    "pintle_kernel::table::message::write",
    "pintle_kernel::table::message::read",
    "pintle_kernel::table::message::TABLE::length",
    "pintle_kernel::table::message::TABLE::view",
    "pintle_kernel::table::message::release",
    "pintle_kernel::table::session::TABLE::send",
    "pintle_kernel::table::session::TABLE::receive",
    "pintle_kernel::table::session::TABLE::request",
    "pintle_kernel::table::service::TABLE::result",
];

/// Parts of the names of functions at which a path is no longer hot, with the reason.
const COLD: [(&str, &str); 1] = [("core::panicking::", "a fault of the kernel ends here")];

/// The beginnings of the names of functions that no hot path may call.
const FORBIDDEN: [&str; 14] = [
    "malloc",
    "calloc",
    "realloc",
    "free",
    "aligned_alloc",
    "posix_memalign",
    "__rust_alloc",
    "__rust_dealloc",
    "__rust_realloc",
    "__rdl_",
    "__rustc::__r",
    "alloc::",
    "__tls_get_addr",
    "pthread_mutex_",
];

/// docs/flow.md 7.8
///
/// One finding for each instruction that is not allowed on a hot path of this library.
pub fn check(library: &Path) -> Findings {
    let bytes = std::fs::read(library).with_context(|| format!("cannot read {}", library.display()))?;
    let image = Image::parse(&bytes).with_context(|| format!("cannot read {}", library.display()))?;
    faults(&image, &PATHS, &COLD.map(|(name, _)| name))
}

fn faults(image: &Image<'_>, paths: &[&str], cold: &[&str]) -> Findings {
    let mut findings = Vec::new();
    for path in paths {
        let starts = image.functions_named(path);
        if starts.is_empty() {
            findings.push(format!("{path}: no such function; was it renamed, or built into another one?"));
        }
        for start in starts {
            Walk { image, path, cold, seen: BTreeSet::new(), findings: &mut findings }
                .function(start, &[])?;
        }
    }
    Ok(findings)
}

/// One path, followed.
struct Walk<'w> {
    image: &'w Image<'w>,
    path: &'w str,
    cold: &'w [&'w str],
    seen: BTreeSet<u64>,
    findings: &'w mut Vec<String>,
}

impl Walk<'_> {
    fn function(&mut self, start: u64, callers: &[&str]) -> Result<()> {
        if !self.seen.insert(start) {
            return Ok(());
        }
        let (name, code) = self.image.function(start)?;
        let is_stub = self.image.is_stub(start);
        let mut chain = callers.to_vec();
        if !is_stub {
            chain.push(&name);
        }
        let mut callees = BTreeMap::new();
        for instruction in Decoder::with_ip(64, code, start, DecoderOptions::NONE) {
            if let Some(fault) = fault(&instruction) {
                let at = instruction.ip() - start;
                self.findings.push(format!("{}: {fault} at {}+{at:#x}", self.path, chain.join(" > ")));
            }
            if let Some(target) = self.leaves_to(&instruction, start, code.len()) {
                callees.insert(target, instruction.ip());
            }
            if is_stub && instruction.flow_control() != FlowControl::Next {
                break;
            }
        }
        for target in callees.into_keys() {
            self.callee(target, &chain)?;
        }
        Ok(())
    }

    fn callee(&mut self, target: Target, chain: &[&str]) -> Result<()> {
        match target {
            Target::Imported(name) => self.named(&name, chain),
            Target::At(address) => {
                let name = self.image.name(address).unwrap_or_default().to_owned();
                if self.cold.iter().any(|cold| name.contains(cold)) {
                    return Ok(());
                }
                self.named(&name, chain);
                self.function(address, chain)?;
            }
        }
        Ok(())
    }

    fn named(&mut self, name: &str, chain: &[&str]) {
        if FORBIDDEN.iter().any(|forbidden| name.starts_with(forbidden)) {
            self.findings.push(format!("{}: {} calls {name}", self.path, chain.join(" > ")));
        }
    }

    /// The other function that a call or jump goes to, if that can be found out.
    fn leaves_to(&self, instruction: &Instruction, start: u64, length: usize) -> Option<Target> {
        match instruction.flow_control() {
            FlowControl::Call | FlowControl::UnconditionalBranch | FlowControl::ConditionalBranch => {
                let address = instruction.near_branch_target();
                let inside = (start..start + length as u64).contains(&address);
                (!inside || instruction.flow_control() == FlowControl::Call).then_some(Target::At(address))
            }
            FlowControl::IndirectCall | FlowControl::IndirectBranch
                if instruction.op0_kind() == OpKind::Memory && instruction.memory_base() == Register::RIP =>
            {
                self.image.pointer(instruction.memory_displacement64())
            }
            _ => None,
        }
    }
}

/// The target of a call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    /// A function of this image.
    At(u64),
    /// A function of another library.
    Imported(String),
}

fn fault(instruction: &Instruction) -> Option<String> {
    let memory = (0..instruction.op_count()).any(|operand| instruction.op_kind(operand) == OpKind::Memory);
    // An exchange with memory locks the bus even without a lock prefix.
    let exchanges = instruction.mnemonic() == Mnemonic::Xchg && memory;
    if instruction.has_lock_prefix() || exchanges {
        let name = format!("{:?}", instruction.mnemonic()).to_lowercase();
        return Some(format!("a locked `{name}`"));
    }
    let thread_local = memory
        && instruction.segment_prefix() == Register::FS
        && (instruction.memory_base() != Register::None || instruction.memory_displacement64() != 0);
    thread_local.then(|| "a thread-local variable".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::plant;

    fn of(source: &str, cold: &[&str]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let bytes = std::fs::read(plant::library(folder.path(), source)).unwrap();
        faults(&Image::parse(&bytes).unwrap(), &["hot"], cold).unwrap()
    }

    const HOT: &str = "__attribute__((visibility(\"default\")))";

    fn one(source: &str, said: &str) {
        let findings = of(source, &[]);
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(findings[0].contains(said), "{findings:?}");
    }

    #[test]
    fn a_locked_instruction_is_a_finding() {
        one(&format!("{HOT} int hot(int *p) {{ return __sync_fetch_and_add(p, 1); }}"), "a locked `xadd`");
    }

    #[test]
    fn an_exchange_with_memory_is_a_finding() {
        let source =
            format!("{HOT} int hot(int *p) {{ return __atomic_exchange_n(p, 1, __ATOMIC_SEQ_CST); }}");
        one(&source, "a locked `xchg`");
    }

    #[test]
    fn an_allocation_is_a_finding() {
        one(
            &format!("void *malloc(unsigned long);\n{HOT} void *hot(void) {{ return malloc(8); }}"),
            "calls malloc",
        );
    }

    #[test]
    fn a_thread_local_is_a_finding() {
        one(&format!("{HOT} __thread int x;\n{HOT} int hot(void) {{ return x; }}"), "calls __tls_get_addr");
        let source = format!(
            "static __thread int x __attribute__((tls_model(\"initial-exec\")));\n{HOT} int hot(int y) {{ return x += y; }}"
        );
        assert!(!of(&source, &[]).is_empty());
    }

    const NESTED: &str = "void free(void *);\n\
        static __attribute__((noinline)) void deep(void *p) { free(p); __asm__(\"\"); }\n\
        static __attribute__((noinline)) void rare(void *p) { deep(p); __asm__(\"\"); }\n";

    #[test]
    fn calls_are_followed() {
        one(
            &format!("{NESTED}{HOT} void hot(void *p) {{ rare(p); __asm__(\"\"); }}"),
            "hot > rare > deep calls free",
        );
    }

    #[test]
    fn a_cold_function_is_not_followed() {
        let source = format!("{NESTED}{HOT} void hot(void *p) {{ rare(p); __asm__(\"\"); }}");
        assert_eq!(of(&source, &["rare"]), Vec::<String>::new());
    }

    #[test]
    fn the_thread_pointer_and_a_call_through_a_pointer_pass() {
        let source = format!(
            "{HOT} long hot(int (*f)(int), int x) {{\n\
             long own; __asm__(\"mov %%fs:0, %0\" : \"=r\"(own)); return own + f(x) + 1; }}"
        );
        assert_eq!(of(&source, &[]), Vec::<String>::new());
    }

    #[test]
    fn a_path_that_is_gone_is_a_finding() {
        one(&format!("{HOT} int other(void) {{ return 1; }}"), "no such function");
    }
}
