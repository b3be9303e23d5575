//! The descriptor that `PINTLE_PLUGIN` writes, read from the file as a host reads it.

use std::mem::offset_of;
use std::path::Path;

use object::read::{Object, ObjectSection, ObjectSymbol};
use object::{SectionFlags, elf};
use pintle_abi_core::{
    Descriptor, FLAG_DEBUG, FLAG_MULTI_INSTANCE, FLAG_NO_EXCEPTIONS, FLAG_SANITIZED, FLAG_UNLOAD_SAFE, MAGIC,
    ORDER_LITTLE, Span,
};

use super::compiler::{Compiler, all, folder, native, sources};

/// As a release is linked: nothing visible, and what nobody refers to is dropped.
const SHARED: [&str; 6] = [
    "-shared",
    "-fPIC",
    "-fvisibility=hidden",
    "-ffunction-sections",
    "-fdata-sections",
    "-Wl,--gc-sections",
];
const FLAGS: u32 = FLAG_MULTI_INSTANCE | FLAG_UNLOAD_SAFE;

#[test]
fn a_shared_library_carries_it() {
    for compiler in native() {
        for standard in compiler.standards() {
            for optimise in ["-O0", "-O2"] {
                let folder = folder();
                let file = folder.path().join("probe.so");
                let flags = [&SHARED[..], &[optimise]].concat();
                compiler.link(standard, &flags, &sources().join("plugin.c"), &file).unwrap();
                let mut expected = FLAGS;
                expected |= if optimise == "-O0" { FLAG_DEBUG } else { 0 };
                expected |= if standard.starts_with("c++") { 0 } else { FLAG_NO_EXCEPTIONS };
                check(&compiler, &file, expected);
                assert_eq!(exports(&file), ["pintle_descriptor", "pintle_entry"], "{compiler} {standard}");
            }
        }
    }
}

#[test]
fn an_object_file_carries_it_on_every_target() {
    for compiler in all() {
        let folder = folder();
        let file = folder.path().join("probe.o");
        compiler.object("c11", &["-O2"], &sources().join("plugin.c"), &file).unwrap();
        check(&compiler, &file, FLAGS | FLAG_NO_EXCEPTIONS);
    }
}

#[test]
fn the_compiler_is_asked_for_flags() {
    for compiler in native().into_iter().filter(|compiler| compiler.pointer() == 8) {
        for (standard, flag, expected) in [
            ("c++17", "-fno-exceptions", FLAG_NO_EXCEPTIONS),
            ("c11", "-fexceptions", 0),
            ("c11", "-fsanitize=address", FLAG_SANITIZED | FLAG_NO_EXCEPTIONS),
            ("c11", "-fsanitize=thread", FLAG_SANITIZED | FLAG_NO_EXCEPTIONS),
        ] {
            let folder = folder();
            let file = folder.path().join("probe.o");
            compiler.object(standard, &["-O2", flag], &sources().join("plugin.c"), &file).unwrap();
            check(&compiler, &file, FLAGS | expected);
        }
    }
}

#[test]
fn a_static_plugin_has_an_entry_of_its_own() {
    for compiler in all() {
        let folder = folder();
        let file = folder.path().join("probe.o");
        compiler
            .object("c++17", &["-DPINTLE_STATIC", "-fno-pic"], &sources().join("plugin.c"), &file)
            .unwrap();
        let data = std::fs::read(&file).unwrap();
        let object = object::File::parse(&*data).unwrap();
        assert!(object.section_by_name("pintle").is_none(), "{compiler}");
        let global: Vec<_> = object
            .symbols()
            .filter(|s| s.is_global() && s.is_definition())
            .map(|s| s.name().unwrap())
            .collect();
        assert_eq!(global, ["pintle_entry_probe"], "{compiler}");
    }
}

/// The descriptor of `plugin.c` in `file`, byte by byte.
fn check(compiler: &Compiler, file: &Path, flags: u32) {
    let data = std::fs::read(file).unwrap();
    let object = object::File::parse(&*data).unwrap();
    let section = object.section_by_name("pintle").expect("a section");
    let SectionFlags::Elf { sh_flags, .. } = section.flags() else { panic!("{compiler}: not ELF") };
    let forbidden = elf::SHF_WRITE | elf::SHF_EXECINSTR;
    assert_eq!((sh_flags & forbidden).0, 0, "{compiler}: the section is to be read only");
    assert_eq!(section.relocations().count(), 0, "{compiler}: the descriptor holds no pointer");

    let bytes = section.data().unwrap();
    let number = |offset: usize, width: usize| {
        let mut number = [0; 8];
        number[..width].copy_from_slice(&bytes[offset..offset + width]);
        u64::from_le_bytes(number)
    };
    assert_eq!(bytes[..8], MAGIC);
    let size = usize::try_from(number(offset_of!(Descriptor, size), 4)).unwrap();
    assert!(size <= bytes.len(), "{compiler}");
    assert_eq!(number(offset_of!(Descriptor, abi_major), 2), u64::from(pintle_abi_core::ABI_MAJOR));
    assert_eq!(number(offset_of!(Descriptor, abi_minor), 2), u64::from(pintle_abi_core::ABI_MINOR));
    assert_eq!(number(offset_of!(Descriptor, pointer_width), 1), compiler.pointer() as u64);
    assert_eq!(number(offset_of!(Descriptor, byte_order), 1), u64::from(ORDER_LITTLE));
    assert_eq!(number(offset_of!(Descriptor, head_size), 2), size_of::<Descriptor>() as u64);
    assert_eq!(number(offset_of!(Descriptor, flags), 4), u64::from(flags), "{compiler}");
    assert_eq!(number(offset_of!(Descriptor, fingerprint), 8), fingerprint(compiler), "{compiler}");

    let text = |offset: usize| {
        let start = usize::try_from(number(offset + offset_of!(Span, offset), 2)).unwrap();
        let length = usize::try_from(number(offset + offset_of!(Span, length), 2)).unwrap();
        assert!(start >= size_of::<Descriptor>() && start + length <= size, "{compiler}");
        std::str::from_utf8(&bytes[start..start + length]).unwrap().to_owned()
    };
    assert_eq!(text(offset_of!(Descriptor, id)), "org.pintle.probe");
    assert_eq!(text(offset_of!(Descriptor, name)), "probe");
    assert_eq!(text(offset_of!(Descriptor, version)), "1.2.3");
    assert_eq!(text(offset_of!(Descriptor, vendor)), "Pintle");
    assert_eq!(text(offset_of!(Descriptor, description)), "Prüft den Kopf");
    assert_eq!(text(offset_of!(Descriptor, licence)), "MIT OR Apache-2.0");
    assert_eq!(text(offset_of!(Descriptor, url)), "https://example.org");
    assert_eq!(text(offset_of!(Descriptor, needs)), "pintle.io/1");
    assert_eq!(text(offset_of!(Descriptor, offers)), "org.pintle.one/1 org.pintle.two/1");
    assert_eq!(text(offset_of!(Descriptor, services)), "7 0x10");
    assert_eq!(
        text(offset_of!(Descriptor, settings)),
        "port int 1..65535 =8080 The port to listen on\nname text =\"a b\" Its name\n"
    );
    assert_eq!(number(offset_of!(Descriptor, abi_minor_least), 2), 0);
}

/// The fingerprint that the snapshot has for the compiler's target: the Rust side has that of its own alone.
fn fingerprint(compiler: &Compiler) -> u64 {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../abi/1.0.json");
    let snapshot: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let target = format!("{} little", compiler.pointer() * 8);
    u64::from_str_radix(snapshot["fingerprints"][&target].as_str().unwrap(), 16).unwrap()
}

/// What a shared library shows to others.
fn exports(file: &Path) -> Vec<String> {
    let data = std::fs::read(file).unwrap();
    let object = object::File::parse(&*data).unwrap();
    let symbols = object.dynamic_symbols().filter(|symbol| symbol.is_global() && symbol.is_definition());
    let mut names: Vec<String> = symbols.map(|symbol| symbol.name().unwrap().to_owned()).collect();
    // The linkers' own, by which some C libraries start and end an image.
    names.retain(|name| name != "_init" && name != "_fini");
    names.sort();
    names
}

/// The Rust side writes the same number.
#[test]
fn the_fingerprint_is_rusts() {
    let here = all().into_iter().find(|compiler| compiler.pointer() == size_of::<usize>()).unwrap();
    assert_eq!(pintle_abi_core::FINGERPRINT, fingerprint(&here));
}
