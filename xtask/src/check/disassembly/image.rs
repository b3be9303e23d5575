//! The functions of a library for x86-64: where they are, what they are called, and where their pointers lead.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use object::{
    Architecture, File, Object, ObjectSection, ObjectSymbol, ObjectSymbolTable, RelocationTarget, SymbolKind,
};

use super::Target;

/// A jump to a function of another library; the linker gives it no name.
const STUB: usize = 16;

/// A library.
pub struct Image<'d> {
    file: File<'d>,
    functions: BTreeMap<u64, Function>,
    pointers: BTreeMap<u64, Target>,
}

struct Function {
    name: String,
    size: u64,
}

impl<'d> Image<'d> {
    /// Reads the symbols, of which a stripped library has none, and the relocations.
    pub fn parse(bytes: &'d [u8]) -> Result<Self> {
        let file = File::parse(bytes)?;
        ensure!(file.architecture() == Architecture::X86_64, "it is not for x86-64");
        let mut functions = BTreeMap::new();
        for symbol in
            file.symbols().filter(|symbol| symbol.is_definition() && symbol.kind() == SymbolKind::Text)
        {
            let name = format!("{:#}", rustc_demangle::demangle(symbol.name()?));
            functions.insert(symbol.address(), Function { name, size: symbol.size() });
        }
        let mut pointers = BTreeMap::new();
        for (address, relocation) in file.dynamic_relocations().into_iter().flatten() {
            let target = match relocation.target() {
                RelocationTarget::Symbol(index) => {
                    let symbol =
                        file.dynamic_symbol_table().context("no dynamic symbols")?.symbol_by_index(index)?;
                    if symbol.is_undefined() {
                        Target::Imported(symbol.name()?.to_owned())
                    } else {
                        Target::At(symbol.address())
                    }
                }
                _ => Target::At(relocation.addend() as u64),
            };
            pointers.insert(address, target);
        }
        Ok(Self { file, functions, pointers })
    }

    /// The addresses of all functions of this name; code can be there several times.
    pub fn functions_named(&self, name: &str) -> Vec<u64> {
        self.functions
            .iter()
            .filter(|(_, function)| function.name == name)
            .map(|(address, _)| *address)
            .collect()
    }

    /// The name of the function that begins here.
    pub fn name(&self, address: u64) -> Option<&str> {
        self.functions.get(&address).map(|function| function.name.as_str())
    }

    /// Whether this is no function with a name, but a jump to one of another library.
    pub fn is_stub(&self, address: u64) -> bool {
        !self.functions.contains_key(&address)
    }

    /// The name and the code of the function that begins here.
    pub fn function(&self, address: u64) -> Result<(String, &'d [u8])> {
        let name = self.name(address).map_or_else(|| format!("{address:#x}"), str::to_owned);
        let size = self.functions.get(&address).map_or(STUB, |function| function.size as usize);
        for section in self.file.sections() {
            let Some(offset) = address.checked_sub(section.address()) else { continue };
            if offset < section.size() && section.kind() == object::SectionKind::Text {
                let rest = &section.data()?[offset as usize..];
                return Ok((name, &rest[..size.min(rest.len())]));
            }
        }
        anyhow::bail!("{name} lies in no code")
    }

    /// Where the pointer at this address leads once the library is loaded.
    pub fn pointer(&self, address: u64) -> Option<Target> {
        self.pointers.get(&address).cloned()
    }
}
