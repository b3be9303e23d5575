//! The template for plugins in Rust is copied, built and read as its own page says.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use object::{Object, ObjectSection, ObjectSymbol};

/// A copy of the template whose sdk is this one.
fn copy() -> PathBuf {
    let sdk = Path::new(env!("CARGO_MANIFEST_DIR"));
    let template = sdk.parent().unwrap().join("templates/rust");
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("my-plugin");
    fs::create_dir_all(copy.join("src")).unwrap();
    for file in ["Cargo.toml", "src/lib.rs"] {
        fs::copy(template.join(file), copy.join(file)).unwrap();
    }
    let manifest = fs::read_to_string(copy.join("Cargo.toml")).unwrap();
    assert!(manifest.contains("\"../../sdk\""), "the page says to replace this path");
    let manifest = manifest.replace("../../sdk", sdk.to_str().unwrap());
    // The copy may lie inside this workspace, which would claim it.
    fs::write(copy.join("Cargo.toml"), manifest + "\n[workspace]\n").unwrap();
    copy
}

fn cargo(folder: &Path, arguments: &[&str]) {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {arguments:?}:\n{words}");
    assert!(!words.contains("warning:"), "cargo {arguments:?}:\n{words}");
}

/// Exported names, and the bytes of the section `pintle`.
fn read(folder: &Path) -> (Vec<String>, Option<Vec<u8>>) {
    let name = format!("{}my_plugin{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
    let bytes = fs::read(folder.join("target/debug").join(name)).unwrap();
    let file = object::File::parse(&*bytes).unwrap();
    let mut names: Vec<String> =
        file.dynamic_symbols().filter(|s| s.is_definition()).map(|s| s.name().unwrap().to_owned()).collect();
    names.sort();
    (names, file.section_by_name("pintle").map(|section| section.data().unwrap().to_vec()))
}

#[test]
fn the_template_builds_and_exports_two_objects_or_when_linked_in_one() {
    let folder = copy();

    cargo(&folder, &["build", "--offline"]);
    let (names, section) = read(&folder);
    assert_eq!(names, ["pintle_descriptor", "pintle_entry"]);
    let section = section.expect("there is a section `pintle`");
    assert!(section.starts_with(b"PINTLE\x1a\n"));
    let size = u32::from_ne_bytes(section[8..12].try_into().unwrap());
    assert_eq!(size as usize, section.len(), "the section is the descriptor and nothing else");
    let texts = String::from_utf8_lossy(&section[80..]);
    assert!(texts.starts_with("org.example.my-pluginmy_plugin0.1.0Example"), "{texts}");

    cargo(&folder, &["build", "--offline", "--features", "pintle-sdk/static"]);
    let (names, section) = read(&folder);
    assert_eq!((names, section), (vec!["pintle_entry_my_plugin".to_owned()], None));
}
