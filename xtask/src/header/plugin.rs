//! `include/pintle/plugin.h`, put together.

use std::path::Path;

use anyhow::Result;

use super::types::{Request, forward, section};
use super::{asserts, callbacks, calls, doc, fingerprint};
use crate::model::{Model, Module, Value, c_name};

const HEAD: &str = include_str!("templates/plugin_head.h");
const MACROS: &str = include_str!("templates/plugin_macros.h");

const IS_ERROR: &str = "
/**
 * Whether a status says that something went wrong: one that is negative, or PINTLE_ERROR_FIRST or more.
 * It is 1 or 0, and evaluates its argument once.
 */
#define PINTLE_IS_ERROR(status) \\
    (PINTLE_NUMBER_(uint32_t, status) >= PINTLE_NUMBER_(uint32_t, PINTLE_ERROR_FIRST))
";

/// The text of the header.
pub fn text(root: &Path, model: &Model) -> Result<String> {
    let mut out = HEAD.to_owned();
    out.push('\n');
    let structs = || model.plugin_modules().flat_map(|module| &module.structs);
    for item in structs() {
        out += &forward(&item.name);
    }
    out.push('\n');
    out += asserts::MACROS;
    for module in model.plugin_modules() {
        let file = root.join(format!("abi-core/src/{}.rs", module.name));
        out += &heading(model, module);
        out += &literals(model, module);
        out += &section(model, &Request { file: &file, exclude: &|_| false, foreign: &[], functions: &[] })?;
        if module.name == "status" {
            out += IS_ERROR;
        }
        if module.name == "descriptor" {
            out.push('\n');
            out += &fingerprint::c(model);
        }
    }
    out.push('\n');
    out += &calls::text(model);
    out += "\n#ifdef __cplusplus\n}\n#endif\n\n";
    out += &asserts::text(model, structs());
    out.push('\n');
    out += MACROS;
    out.push('\n');
    out += &callbacks::text(model)?;
    out += "\n#endif\n";
    Ok(out)
}

/// The comment that begins a noun's section.
pub fn heading(model: &Model, module: &Module) -> String {
    heading_text(model, &module.doc)
}

/// The comment that begins a section.
pub fn heading_text(model: &Model, text: &str) -> String {
    let text = doc::clean(model, text);
    let lines = doc::fill(&text, doc::WIDTH - 3);
    let body: String = lines.iter().map(|line| format!(" * {line}").trim_end().to_owned() + "\n").collect();
    let rule = "-".repeat(doc::WIDTH - 3);
    format!("\n/* {rule}\n{body} */\n\n")
}

/// The constants that cbindgen cannot say: bytes and texts.
fn literals(model: &Model, module: &Module) -> String {
    let mut out = String::new();
    for constant in &module.constants {
        let value = match &constant.value {
            Value::Number(_) => continue,
            // The section's name differs by platform and stands with PINTLE_PLUGIN.
            Value::Text(_) if constant.name == "SECTION" => continue,
            Value::Text(text) => format!("\"{text}\""),
            Value::Bytes(bytes) => {
                format!("{{ {} }}", bytes.iter().map(|b| format!("0x{b:02x}")).collect::<Vec<_>>().join(", "))
            }
        };
        out += &doc::comment(model, &constant.doc, 0);
        out += &format!("#define {} {value}\n\n", c_name(&constant.name));
    }
    out
}
