//! What the contract's source says: constants, structs, tables and their tags, read with `syn`.
//!
//! Everything generated, checked or frozen about the ABI starts here, so that header, rules, snapshot and docs
//! cannot part. The project's crates are read, never linked: a broken contract can still be explained.

mod layout;
mod lint;
mod parse;
mod tags;
mod types;

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

pub use layout::Width;
pub use parse::doc as attributes_doc;
pub use tags::{Message, State, Tags, Thread};
pub use types::{Function, Parameter, Type, c_name, c_type, snake};

/// The modules of `abi-core` that a plugin author sees, in the order of the header.
pub const MODULES: [&str; 24] = [
    "status",
    "view",
    "handle",
    "api",
    "data",
    "message",
    "socket",
    "session",
    "service",
    "executor",
    "io",
    "offer",
    "table",
    "event",
    "hook",
    "user",
    "group",
    "batch",
    "settings",
    "state",
    "log",
    "error",
    "callbacks",
    "descriptor",
];
/// Follows [`MODULES`]: it refers to all of them.
pub const LAST_MODULE: &str = "entry";
/// The module with the types of `host.h`.
pub const HOST_MODULE: &str = "host";
/// Modules that never reach a header: the contract in Rust's words.
const INTERNAL: [&str; 6] = ["lib", "rule", "rules", "extensible", "fingerprint", "layout"];

/// The whole contract.
#[derive(Debug)]
pub struct Model {
    /// The modules in the order of the header; [`HOST_MODULE`] comes last.
    pub modules: Vec<Module>,
}

/// One file of the contract: one noun.
#[derive(Debug)]
pub struct Module {
    /// The file's stem: `session`.
    pub name: String,
    /// The file's own comment.
    pub doc: String,
    /// In the order of the file.
    pub constants: Vec<Constant>,
    /// In the order of the file.
    pub structs: Vec<Struct>,
}

/// A named value.
#[derive(Debug, Clone)]
pub struct Constant {
    /// As in Rust: `E_STALE`.
    pub name: String,
    /// Its comment.
    pub doc: String,
    /// What it is.
    pub value: Value,
}

/// What a constant holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A number.
    Number(i128),
    /// Bytes, such as the magic.
    Bytes(Vec<u8>),
    /// A C string.
    Text(String),
}

/// A `repr(C)` struct, tables included.
#[derive(Debug, Clone)]
pub struct Struct {
    /// As in Rust: `SessionApi`.
    pub name: String,
    /// Its comment.
    pub doc: String,
    /// In memory order.
    pub fields: Vec<Field>,
}

/// A member of a struct.
#[derive(Debug, Clone)]
pub struct Field {
    /// As in Rust and C.
    pub name: String,
    /// Its comment, tags included.
    pub doc: String,
    /// What it holds.
    pub kind: Type,
    /// The line in its file.
    pub line: usize,
    /// Its tags; empty ones for a member that is not a function.
    pub tags: Tags,
}

impl Model {
    /// Reads `abi-core` below `root` and refuses what breaks a rule of the contract.
    pub fn load(root: &Path) -> Result<Self> {
        let folder = root.join("abi-core/src");
        let mut sources = Vec::new();
        for entry in
            std::fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?
        {
            let path = entry?.path();
            let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or_default().to_owned();
            if path.extension().is_none_or(|e| e != "rs") || INTERNAL.contains(&stem.as_str()) {
                continue;
            }
            let text =
                std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            sources.push((stem, text));
        }
        Self::from_sources(&sources)
    }

    /// Builds the model from the text of its modules, given with their names, and lints it.
    pub fn from_sources(sources: &[(String, String)]) -> Result<Self> {
        let mut modules = Vec::new();
        for (name, text) in sources {
            modules.push(parse::module(name, text).with_context(|| format!("abi-core/src/{name}.rs"))?);
        }
        for module in &modules {
            ensure!(
                rank(&module.name).is_some(),
                "abi-core/src/{}.rs is new: give it a place in MODULES of xtask/src/model/mod.rs, which is the order \
                 of the header",
                module.name
            );
        }
        modules.sort_by_key(|module| rank(&module.name));
        let model = Self { modules };
        let faults = lint::faults(&model);
        if !faults.is_empty() {
            bail!("the contract breaks its own rules:\n  {}", faults.join("\n  "));
        }
        Ok(model)
    }

    /// The modules of `plugin.h`.
    pub fn plugin_modules(&self) -> impl Iterator<Item = &Module> {
        self.modules.iter().filter(|module| module.name != HOST_MODULE)
    }

    /// One module by its name.
    pub fn module(&self, name: &str) -> Option<&Module> {
        self.modules.iter().find(|module| module.name == name)
    }

    /// All structs.
    pub fn structs(&self) -> impl Iterator<Item = &Struct> {
        self.modules.iter().flat_map(|module| &module.structs)
    }

    /// One struct by its Rust name.
    pub fn find(&self, name: &str) -> Option<&Struct> {
        self.structs().find(|item| item.name == name)
    }

    /// All constants.
    pub fn constants(&self) -> impl Iterator<Item = &Constant> {
        self.modules.iter().flat_map(|module| &module.constants)
    }

    /// The tables that a plugin calls, in the order of the header.
    pub fn tables(&self) -> impl Iterator<Item = &Struct> {
        self.plugin_modules().flat_map(|module| &module.structs).filter(|item| item.is_table())
    }

    /// The table of callbacks.
    pub fn callbacks(&self) -> Result<&Struct> {
        self.find("Callbacks").context("abi-core has no struct `Callbacks`")
    }

    /// The number of a constant.
    pub fn number(&self, name: &str) -> Result<i128> {
        match self.constants().find(|constant| constant.name == name).map(|constant| &constant.value) {
            Some(Value::Number(number)) => Ok(*number),
            _ => bail!("abi-core has no number `{name}`"),
        }
    }
}

impl Struct {
    /// Whether this is a table that a plugin calls: `Api` and every `…Api`.
    pub fn is_table(&self) -> bool {
        self.name.ends_with("Api")
    }

    /// The table's name as slots know it: `SessionApi` is `session`, `Api` is `api`.
    pub fn table_name(&self) -> String {
        let short = snake(self.name.strip_suffix("Api").unwrap_or(&self.name));
        if short.is_empty() { "api".to_owned() } else { short }
    }

    /// The minor version that brought it: the tag `since` in its own comment, or 0.
    pub fn since(&self) -> Option<u16> {
        Tags::read(&self.doc).since()
    }

    /// The members that are functions.
    pub fn slots(&self) -> impl Iterator<Item = (&Field, &Function)> {
        self.fields.iter().filter_map(|field| match &field.kind {
            Type::Function(function) => Some((field, function)),
            _ => None,
        })
    }
}

impl Field {
    /// The comment without its tags.
    pub fn prose(&self) -> &str {
        tags::without(&self.doc)
    }
}

fn rank(module: &str) -> Option<usize> {
    MODULES.iter().chain([&LAST_MODULE, &HOST_MODULE]).position(|name| *name == module)
}
