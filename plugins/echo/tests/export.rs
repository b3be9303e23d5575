//! The shared library holds the very descriptor of the source, and exports two objects.

use std::{env, fs};

use object::{Object, ObjectSection, ObjectSymbol};
use pintle_echo::{ENTRY, SERVICE};

#[test]
fn the_library_shows_the_descriptor_without_being_run() {
    // Cargo builds it beside this test.
    let folder = env::current_exe().unwrap().parent().unwrap().to_owned();
    let name = format!("{}pintle_echo{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
    let bytes = fs::read(folder.join(name)).unwrap();
    let file = object::File::parse(&*bytes).unwrap();

    let mut exports: Vec<_> = file
        .dynamic_symbols()
        .filter(|symbol| symbol.is_definition())
        .map(|symbol| symbol.name().unwrap())
        .collect();
    exports.sort_unstable();
    assert_eq!(exports, ["pintle_descriptor", "pintle_entry"]);

    // SAFETY: the entry points to a static descriptor of `size` bytes.
    let linked = unsafe {
        let size = (*ENTRY.descriptor).size as usize;
        std::slice::from_raw_parts(ENTRY.descriptor.cast::<u8>(), size)
    };
    assert_eq!(file.section_by_name("pintle").unwrap().data().unwrap(), linked);
    let texts = String::from_utf8_lossy(linked);
    assert!(texts.contains("org.pintle.echo"));
    assert!(texts.contains(&format!("{SERVICE:#x}")));
}
