//! A plugin and two hosts with headers that were copied once, and the library as it is today.
//!
//! What the plugin and the hosts say is compared with `tests/frozen/expected.txt`, whichever edition of the headers each
//! was built with: the frozen one, today's, and one in which every struct that crosses has a member more.

mod kept;
mod rust_host;

use std::path::{Path, PathBuf};
use std::process::Command;

use pintle_host::abi::FINGERPRINT;
use pintle_tests::artefacts::{libpintle, libpintle_core};
use pintle_tests::header::Headers;
use pintle_tests::plugins::{patiently, root, run};
use pintle_tools::c_compilers;
use tempfile::TempDir;

const OPTIONS: &str =
    "-std=c11 -D_POSIX_C_SOURCE=200809L -O1 -g -fvisibility=hidden -Wall -Wextra -pedantic -Werror";

/// The headers that a part is built with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Edition {
    Frozen,
    Today,
    Later,
}

const EDITIONS: [Edition; 3] = [Edition::Frozen, Edition::Today, Edition::Later];

impl Edition {
    fn headers(self) -> Headers {
        match self {
            Self::Frozen => Headers::of("tests/frozen/include"),
            Self::Today => Headers::of("include"),
            Self::Later => Headers::of("include").lengthened(),
        }
    }
}

/// A folder with the headers of all editions.
struct Workshop(TempDir);

impl Workshop {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for edition in EDITIONS {
            let _include = edition.headers().write(folder.path(), &format!("{edition:?}"));
        }
        Self(folder)
    }

    /// Compiles a source of `tests/frozen` with the headers of an edition. `PINTLE_PLUGIN` of the later one does not name
    /// what was appended to its headers.
    fn compile(&self, edition: Edition, source: &str, options: &str, more: &str) -> PathBuf {
        let out = self.0.path().join(format!("{source}-{edition:?}"));
        let source = root().join("tests/frozen").join(source);
        let (out_path, source) = (out.display(), source.display());
        let options = if edition == Edition::Later {
            format!("-Wno-missing-field-initializers {options}")
        } else {
            options.to_owned()
        };
        run(self.0.path(), &format!("cc {OPTIONS} -I {edition:?} {options} -o {out_path} {source}.c {more}"));
        out
    }

    fn plugin(&self, edition: Edition) -> PathBuf {
        self.compile(edition, "plugin", "-fPIC -shared", "")
    }
}

#[track_caller]
fn compare(said: &str, who: &str) {
    let expected = std::fs::read_to_string(root().join("tests/frozen/expected.txt")).unwrap();
    for (at, (said, expected)) in said.lines().zip(expected.lines()).enumerate() {
        assert_eq!(said, expected, "{who}, line {}", at + 1);
    }
    assert_eq!(said.lines().count(), expected.lines().count(), "{who}: {said}");
}

#[track_caller]
fn compare_program(program: &Path, arguments: &[&Path], who: &str) {
    let output = patiently(program).args(arguments).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{who}: {}: {errors}", output.status);
    compare(&String::from_utf8(output.stdout).unwrap(), who);
}

/// While the first edition is being made, its layout may change; then the copies are made anew.
#[test]
fn the_frozen_headers_have_the_layout_of_this_contract() {
    let line = format!("#define PINTLE_FINGERPRINT UINT64_C(0x{FINGERPRINT:016x})");
    assert!(
        Edition::Frozen.headers().has_line(&line),
        "plugins that were built with tests/frozen/include are refused: the first edition has another layout now. If it \
         is not released, `cargo xtask freeze` copies the headers anew; if it is, the change of abi-core is to be undone"
    );
}

/// Of what a host passes there is no fingerprint: it is linked with one library. The compiler sees it instead.
#[test]
fn nothing_of_the_frozen_headers_has_changed_or_moved() {
    let workshop = Workshop::open();
    let frozen = Edition::Frozen.headers();
    assert!(frozen.constants().count() > 80 && frozen.functions().count() > 30, "they are read");
    assert!(frozen.structs().map(|(.., members)| members.len()).sum::<usize>() > 250, "they are read");
    std::fs::write(workshop.0.path().join("kept.c"), kept::source(&frozen)).unwrap();
    for edition in [Edition::Today, Edition::Later] {
        run(
            workshop.0.path(),
            &format!("cc -std=gnu11 -Wall -Wextra -Werror -I {edition:?} -fsyntax-only kept.c"),
        );
    }
}

#[test]
fn a_plugin_of_any_edition_runs_in_the_rust_host() {
    let workshop = Workshop::open();
    for edition in EDITIONS {
        let transcript = rust_host::transcript(&workshop.plugin(edition));
        compare(&transcript, &format!("a plugin of edition {edition:?}"));
    }
}

#[test]
fn a_plugin_of_any_edition_runs_in_a_host_of_any_edition() {
    let workshop = Workshop::open();
    let plugins = EDITIONS.map(|edition| workshop.plugin(edition));
    for edition in EDITIONS {
        let library = libpintle().archive.display();
        let host = workshop.compile(edition, "host", "", &format!("{library} -pthread"));
        for (plugin, of) in plugins.iter().zip(EDITIONS) {
            compare_program(
                &host,
                &[plugin],
                &format!("a plugin of edition {of:?} in a host of {edition:?}"),
            );
        }
    }
}

#[test]
fn a_firmware_links_plugins_of_any_edition() {
    let workshop = Workshop::open();
    let object = |edition, source| workshop.compile(edition, source, "-DPINTLE_STATIC -c", "");
    let plugins = EDITIONS.map(|edition| object(edition, "plugin"));
    for edition in EDITIONS {
        let firmware = object(edition, "firmware");
        for (plugin, of) in plugins.iter().zip(EDITIONS) {
            let line = format!(
                "cc -o image {} {} {}",
                firmware.display(),
                plugin.display(),
                libpintle_core().display()
            );
            run(workshop.0.path(), &line);
            let who = format!("a plugin of edition {of:?} in a firmware of {edition:?}");
            compare_program(&workshop.0.path().join("image"), &[], &who);
        }
    }
}

/// The macros of the copy hold in every language that the header promises.
#[test]
fn the_frozen_headers_compile_as_c_and_cxx() {
    let sources = root().join("tests/frozen");
    for compiler in c_compilers() {
        for (language, standards) in
            [("c", &["c11", "c17"][..]), ("c++", &["c++11", "c++14", "c++17", "c++20"][..])]
        {
            for (standard, linkage) in
                standards.iter().flat_map(|it| [(it, "-DPINTLE_STATIC"), (it, "-fPIC")])
            {
                let output = Command::new(compiler)
                    .args(["-x", language, &format!("-std={standard}"), linkage])
                    .args(["-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only", "-I"])
                    .arg(sources.join("include"))
                    .args([sources.join("plugin.c"), sources.join("host.c")])
                    .output()
                    .unwrap();
                let errors = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "{compiler} -std={standard} {linkage}: {errors}");
            }
        }
    }
}
