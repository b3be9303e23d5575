//! A folder of plugins: which of its files are loaded, in which order, and what is told of the others.

mod support;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;

use pintle_abi_core::status;
use pintle_host::{Descriptor, Error, Found, Host, LoadOptions};
use support::{NO_TEXTS, compile, debug_file, folder, plugin};

/// A plugin that says nothing and does nothing, with content of its own.
fn silent(folder: &Path, name: &str) {
    let body =
        "static int32_t created(pintle_plugin_t *plugin, pintle_socket_t socket) { return PINTLE_OK; }";
    plugin(folder, name, body, "PINTLE_ON(socket_created, created)", NO_TEXTS, "");
}

/// A folder with two plugins, named so that neither the order of their making nor that of their ids is that of their names.
fn two() -> tempfile::TempDir {
    let folder = folder();
    silent(folder.path(), "b");
    silent(folder.path(), "a");
    fs::rename(folder.path().join("a.so"), folder.path().join("z.so")).unwrap();
    folder
}

fn defaults(_: &Path, _: &Descriptor) -> Result<LoadOptions, Error> {
    Ok(LoadOptions::default())
}

/// Loads a folder, and tells each file by its name with `loaded`, or the status and how it was told.
fn load(
    host: &Host,
    folder: &Path,
    options: impl FnMut(&Path, &Descriptor) -> Result<LoadOptions, Error>,
) -> Vec<(String, String)> {
    let mut told = Vec::new();
    let tell = |found: &Found| {
        let (path, what) = match found {
            Found::Loaded { path, instance } => {
                assert_eq!(
                    host.with_plugin(*instance, |plugin| plugin.path.clone()).unwrap().as_ref(),
                    Some(path)
                );
                (path, "loaded".to_owned())
            }
            Found::PassedOver(error) => (&error.path, format!("passed over {}", error.code())),
            Found::Refused { path, error } => (path, format!("refused {}", error.code)),
        };
        told.push((path.file_name().unwrap().to_string_lossy().into_owned(), what));
    };
    // SAFETY: the test has compiled what is in the folder.
    unsafe { host.load_folder(folder, options, tell) }.unwrap();
    told
}

fn names(host: &Host) -> Vec<String> {
    host.list().into_iter().map(|plugin| plugin.name).collect()
}

#[test]
fn one_bad_file_loses_nothing() {
    let folder = two();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("a.so"), "text").unwrap();
    symlink(at("absent"), at("c.so")).unwrap();
    compile(folder.path(), "d.so", "int answer(void) { return 42; }", &[]);
    debug_file(folder.path(), "b.so", "e.so");
    let body =
        "static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) { return PINTLE_E_IO; }";
    plugin(folder.path(), "f", body, "PINTLE_ON(create, create)", NO_TEXTS, "");
    let odd = OsStr::from_bytes(b"g\xff.so");
    fs::copy(at("b.so"), folder.path().join(odd)).unwrap();
    let host = Host::builder().start().unwrap();
    let told = load(&host, folder.path(), defaults);
    let no_library = format!("refused {}", status::E_NOT_A_LIBRARY);
    let expected = [
        ("a.so", no_library),
        ("b.so", "loaded".to_owned()),
        ("c.so", format!("refused {}", status::E_NO_FILE)),
        ("d.so", format!("passed over {}", status::E_NO_ENTRY)),
        ("e.so", format!("passed over {}", status::E_NOT_A_LIBRARY)),
        ("f.so", format!("refused {}", status::E_IO)),
        ("g\u{fffd}.so", "loaded".to_owned()),
        ("z.so", "loaded".to_owned()),
    ];
    let told: Vec<_> = told.iter().map(|(name, what)| (name.as_str(), what.clone())).collect();
    assert_eq!(told, expected);
    assert_eq!(names(&host), ["org.test.b", "org.test.b-2", "org.test.a"]);
}

#[test]
fn other_files_are_not_looked_at() {
    let folder = two();
    let at = |name: &str| folder.path().join(name);
    for name in [".hidden.so", "b.so.1", "so", "b.SO"] {
        fs::copy(at("b.so"), at(name)).unwrap();
    }
    fs::create_dir(at("folder.so")).unwrap();
    let host = Host::builder().start().unwrap();
    let told: Vec<_> = load(&host, folder.path(), defaults).into_iter().map(|(name, _)| name).collect();
    assert_eq!(told, ["b.so", "z.so"]);
}

#[test]
fn options_are_asked_for_each_plugin() {
    let folder = two();
    let host = Host::builder().start().unwrap();
    let options = |path: &Path, descriptor: &Descriptor| {
        assert!(path.starts_with(folder.path()));
        match descriptor.id.as_str() {
            "org.test.a" => {
                Ok(LoadOptions { priority: -3, instance: "first".to_owned(), ..LoadOptions::default() })
            }
            _ => Err(Error { code: status::E_PERMISSION, plugin: None, text: "not this one".to_owned() }),
        }
    };
    let told = load(&host, folder.path(), options);
    assert_eq!(told[0].1, format!("refused {}", status::E_PERMISSION));
    assert_eq!(told[1].1, "loaded");
    let plugins = host.list();
    assert_eq!((plugins[0].priority, plugins[0].name.as_str(), plugins.len()), (-3, "first", 1));
}

#[test]
fn a_folder_that_cannot_be_read_is_an_error() {
    let folder = two();
    let host = Host::builder().start().unwrap();
    for (path, code) in [("absent", status::E_NO_FILE), ("b.so", status::E_IO)] {
        let told = |found: &Found| panic!("{found:?}");
        // SAFETY: nothing is loaded.
        let error = unsafe { host.load_folder(folder.path().join(path), defaults, told) }.unwrap_err();
        assert_eq!(error.code, code);
        assert!(error.text.contains(path), "{error}");
    }
    let elsewhere = std::thread::scope(|scope| {
        // SAFETY: nothing is loaded.
        let load = || unsafe { host.load_folder(folder.path(), defaults, |_| ()) };
        scope.spawn(load).join().unwrap().unwrap_err()
    });
    assert_eq!(elsewhere.code, status::E_WRONG_THREAD);
    assert_eq!(host.list().len(), 0);
}
