//! `include/pintle/host.h`, put together.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::plugin::heading;
use super::types::{Request, forward, section};
use super::{asserts, doc};
use crate::model::{HOST_MODULE, Model, attributes_doc};

const HEAD: &str = include_str!("templates/host_head.h");
const REGION: &str = include_str!("templates/host_region.h");

/// The text of the header.
pub fn text(root: &Path, model: &Model) -> Result<String> {
    let hosted = Library::read(&root.join("ffi/src"))?;
    let freestanding = Library::read(&root.join("ffi-core/src"))?;
    let types = || model.structs().filter(|item| is_host_type(model, &item.name));

    let mut out = HEAD.to_owned() + "\n";
    for item in types() {
        out += &forward(&item.name);
    }
    let mut opaque = BTreeSet::new();
    for object in hosted.objects.iter().chain(&freestanding.objects) {
        if opaque.insert(object.name.as_str()) {
            out += &format!("\n{}{}", doc::comment(model, &object.doc, 0), forward(&object.name));
        }
    }

    let file = root.join(format!("abi-core/src/{HOST_MODULE}.rs"));
    let kept = |name: &str| !is_host_type(model, name);
    let module =
        model.module(HOST_MODULE).with_context(|| format!("abi-core has no module {HOST_MODULE}"))?;
    out += &heading(model, module);
    out += &section(model, &Request { file: &file, exclude: &kept, foreign: &[], functions: &[] })?;
    out += &hosted.text(model, &BTreeSet::new())?;
    let extra = freestanding.text(model, &hosted.functions())?;
    if !extra.is_empty() {
        out += "\n/* Only in the freestanding library, libpintle-core.a. */\n";
        out += &extra;
        out += REGION;
    }
    out += "\n#ifdef __cplusplus\n}\n#endif\n\n";
    out += &asserts::text(model, types());
    Ok(out + "\n#endif\n")
}

fn is_host_type(model: &Model, name: &str) -> bool {
    model.module(HOST_MODULE).is_some_and(|module| {
        module.structs.iter().any(|item| item.name == name)
            || module.constants.iter().any(|constant| constant.name == name)
    })
}

/// The exported functions of one library, file by file.
struct Library {
    files: Vec<File>,
    objects: Vec<Object>,
}

struct File {
    path: PathBuf,
    doc: String,
    functions: Vec<String>,
}

/// A struct that C knows by pointer only.
struct Object {
    name: String,
    doc: String,
}

impl Library {
    fn read(folder: &Path) -> Result<Self> {
        let mut library = Self { files: Vec::new(), objects: Vec::new() };
        let mut paths = rust_files(folder)?;
        // What begins and ends a host comes first; the rest in the order of the alphabet.
        paths.sort_by_key(|path| (!path.ends_with("host.rs"), path.clone()));
        for path in paths {
            library.file(path.clone()).with_context(|| path.display().to_string())?;
        }
        Ok(library)
    }

    fn file(&mut self, path: PathBuf) -> Result<()> {
        let source = syn::parse_file(&std::fs::read_to_string(&path)?)?;
        let mut functions = Vec::new();
        for item in &source.items {
            match item {
                syn::Item::Fn(item) if item.sig.abi.is_some() && is_public(&item.vis) => {
                    let name = item.sig.ident.to_string();
                    ensure!(
                        name.starts_with("pintle_"),
                        "`{name}` is exported, so its name must begin with pintle_"
                    );
                    ensure!(
                        !attributes_doc(&item.attrs).is_empty(),
                        "`{name}` has no comment for the header"
                    );
                    functions.push(name);
                }
                syn::Item::Struct(item) if is_public(&item.vis) => {
                    let name = item.ident.to_string();
                    let crosses = item.attrs.iter().any(|attribute| attribute.path().is_ident("repr"));
                    ensure!(!crosses, "`{name}` has a C layout: it belongs to abi-core/src/host.rs");
                    self.objects.push(Object { name, doc: attributes_doc(&item.attrs) });
                }
                _ => {}
            }
        }
        if !functions.is_empty() {
            self.files.push(File { path, doc: attributes_doc(&source.attrs), functions });
        }
        Ok(())
    }

    fn functions(&self) -> BTreeSet<String> {
        self.files.iter().flat_map(|file| file.functions.iter().cloned()).collect()
    }

    /// The functions that are not in `known`.
    fn text(&self, model: &Model, known: &BTreeSet<String>) -> Result<String> {
        let objects: Vec<String> = self.objects.iter().map(|object| object.name.clone()).collect();
        let mut out = String::new();
        for file in &self.files {
            if file.functions.iter().all(|name| known.contains(name)) {
                continue;
            }
            let functions: Vec<String> = known.iter().cloned().collect();
            out += &super::plugin::heading_text(model, &file.doc);
            out += &section(
                model,
                &Request { file: &file.path, exclude: &|_| true, foreign: &objects, functions: &functions },
            )?;
        }
        Ok(out)
    }
}

/// Every source file below a folder.
fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    Ok(files)
}

fn is_public(visibility: &syn::Visibility) -> bool {
    matches!(visibility, syn::Visibility::Public(_))
}
