//! Types, tables and functions of one source file in C: printed by cbindgen, then put in order.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::doc::{self, WIDTH};
use crate::model::{Model, c_name, c_type};

const CONFIG: &str = include_str!("../../cbindgen/header.toml");

/// One run of cbindgen.
pub struct Request<'a> {
    /// The source file.
    pub file: &'a Path,
    /// Which of its items to leave out, by their Rust names.
    pub exclude: &'a dyn Fn(&str) -> bool,
    /// Structs outside the contract, by their Rust names: C knows them by pointer only.
    pub foreign: &'a [String],
    /// Functions to leave out.
    pub functions: &'a [String],
}

/// The items of one file: constants first, then structs, then functions.
pub fn section(model: &Model, request: &Request<'_>) -> Result<String> {
    let raw = raw(model, request)?;
    Ok(tidy(model, &raw))
}

fn raw(model: &Model, request: &Request<'_>) -> Result<String> {
    let mut config = config()?;
    config.line_length = WIDTH;
    for name in model.structs().map(|item| &item.name).chain(request.foreign) {
        config.export.rename.insert(name.clone(), c_type(name));
        let left_out = (request.exclude)(name) || request.foreign.contains(name);
        let list = if left_out { &mut config.export.exclude } else { &mut config.export.include };
        list.push(name.clone());
    }
    for constant in model.constants() {
        config.export.rename.insert(constant.name.clone(), c_name(&constant.name));
        if (request.exclude)(&constant.name) {
            config.export.exclude.push(constant.name.clone());
        }
    }
    config.export.exclude.extend(request.functions.iter().cloned());
    let bindings = cbindgen::Builder::new()
        .with_config(config)
        .with_src(request.file)
        .generate()
        .with_context(|| format!("cbindgen cannot read {}", request.file.display()))?;
    let mut text = Vec::new();
    bindings.write(&mut text);
    let text = String::from_utf8(text)?;
    ensure!(!text.contains("Option_"), "cbindgen made an incomplete struct of an Option in {text}");
    Ok(text)
}

fn config() -> Result<cbindgen::Config> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("cbindgen.toml");
    std::fs::write(&path, CONFIG)?;
    cbindgen::Config::from_file(&path).map_err(anyhow::Error::msg)
}

/// Rewrites comments, splits typedefs from structs, and sets constants close together.
fn tidy(model: &Model, raw: &str) -> String {
    let mut out = String::new();
    let mut lines = raw.lines().peekable();
    let mut family: Option<String> = None;
    let mut pending = String::new();
    while let Some(line) = lines.next() {
        let indent = line.len() - line.trim_start().len();
        if line.trim() == "/*" {
            let mut text = Vec::new();
            for line in lines.by_ref().take_while(|line| line.trim() != "*/") {
                text.push(line.trim());
            }
            pending = doc::comment(model, &text.join("\n"), indent);
            // A member's comment is set off, so that tables can be read slot by slot.
            if indent > 0 && pending.lines().count() > 1 && !out.ends_with("{\n") {
                out.push('\n');
            }
            if indent > 0 {
                out += &std::mem::take(&mut pending);
            }
        } else if let Some(definition) = line.strip_prefix("#define ") {
            let name = definition.trim_start_matches("PINTLE_");
            let new = name.split(['_', ' ']).next().unwrap_or_default().to_owned();
            if family.as_ref() != Some(&new) && !out.is_empty() {
                out.push('\n');
            }
            family = Some(new);
            out += &std::mem::take(&mut pending);
            out += line;
            out.push('\n');
        } else if line.is_empty() {
        } else {
            if indent == 0 && !line.starts_with('}') && !out.is_empty() {
                out.push('\n');
            }
            family = None;
            out += &std::mem::take(&mut pending);
            out += &untypedef(line);
            out.push('\n');
        }
    }
    out
}

/// `typedef struct x {` is `struct x {`, and `struct x *y` is `x *y`: the typedefs stand at the head of the header.
/// cbindgen has one word for `isize`; the contract uses it for handles, which C keeps in an `intptr_t`.
fn untypedef(line: &str) -> String {
    if let Some(definition) = line.strip_prefix("typedef ") {
        return definition.to_owned();
    }
    if line.starts_with("} pintle_") {
        return "};".to_owned();
    }
    line.replace("struct pintle_", "pintle_").replace("ptrdiff_t ", "intptr_t ")
}

/// The typedef of a struct, before anything mentions it.
pub fn forward(name: &str) -> String {
    let name = c_type(name);
    format!("typedef struct {name} {name};\n")
}
