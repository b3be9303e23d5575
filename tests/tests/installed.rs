//! The installed package, as programs find it: with pkg-config and with CMake.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use pintle_tests::artefacts::{Libraries, libpintle, libpintle_core};
use pintle_tests::plugins::{build_library, root, run, said};
use pintle_tools::is_installed;
use tempfile::TempDir;

fn install(folder: &Path, libraries: &Path, prefix: &str, environment: &[(&str, &Path)]) -> Output {
    let script = root().join("packaging/install.sh").canonicalize().unwrap();
    let mut command = Command::new("sh");
    command.arg(script).arg(libraries).arg(prefix).current_dir(folder).env_remove("DESTDIR");
    command.envs(environment.iter().copied()).output().unwrap()
}

/// A prefix with all three libraries, for all tests that leave it as it is. There is a space in its path.
fn prefix() -> &'static Path {
    static INSTALLED: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, prefix) = INSTALLED.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let libraries = folder.path().join("libraries");
        fs::create_dir(&libraries).unwrap();
        let Libraries { archive, shared, .. } = libpintle();
        for file in [archive, shared, libpintle_core()] {
            symlink(file, libraries.join(file.file_name().unwrap())).unwrap();
        }
        let output = install(folder.path(), &libraries, "pre & fix", &[]);
        assert!(output.status.success(), "{}", said(&output));
        let prefix = folder.path().join("pre & fix");
        (folder, prefix)
    });
    prefix
}

/// What pkg-config says of a package below `prefix`.
fn pkg_config(prefix: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("pkg-config");
    let output =
        command.args(arguments).env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig")).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

/// Has CMake configure a project, with lines behind its beginning.
fn cmake(prefix: &Path, languages: &str, lines: &str) -> (TempDir, Output) {
    let folder = tempfile::tempdir().unwrap();
    let begin = format!("cmake_minimum_required(VERSION 3.13)\nproject(found {languages})\n");
    fs::write(folder.path().join("CMakeLists.txt"), begin + lines).unwrap();
    let path = format!("-DCMAKE_PREFIX_PATH={}", prefix.display());
    let mut command = Command::new("cmake");
    let output =
        command.arg(path).args(["-S", ".", "-B", "build"]).current_dir(folder.path()).output().unwrap();
    (folder, output)
}

/// CMake cannot find what `find` asks for, and says why.
fn is_refused(prefix: &Path, languages: &str, find: &str, reason: &str) {
    let (_, output) = cmake(prefix, languages, &format!("find_package(Pintle {find})\n"));
    let told = said(&output).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(!output.status.success() && told.contains(reason), "{find}: {told}");
}

/// CMake finds what `find` asks for, and says nothing of it.
fn is_found(prefix: &Path, languages: &str, find: &str, check: &str) {
    let lines = format!(
        "find_package(Pintle {find})\nif(NOT (Pintle_FOUND AND {check}))\nmessage(FATAL_ERROR \"it is not so\")\nendif()\n"
    );
    let (_, output) = cmake(prefix, languages, &lines);
    assert!(output.status.success() && output.stderr.is_empty(), "{find}: {}", said(&output));
}

/// A prefix of which only the CMake package is another's.
fn prefix_with_version(version: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let package = folder.path().join("lib/cmake/Pintle");
    fs::create_dir_all(&package).unwrap();
    for name in ["PintleConfig.cmake", "PintleConfigVersion.cmake"] {
        let text = fs::read_to_string(root().join(format!("packaging/{name}.in"))).unwrap();
        fs::write(package.join(name), text.replace("@VERSION@", version)).unwrap();
    }
    folder
}

#[test]
fn a_prefix_is_absolute() {
    let prefix = prefix();
    let file = fs::read_to_string(prefix.join("lib/pkgconfig/pintle.pc")).unwrap();
    assert!(file.starts_with(&format!("prefix={}\n", prefix.display())), "{file}");
    let output = install(prefix, &libpintle().folder, "", &[]);
    assert!(output.status.code() == Some(2) && said(&output).contains("usage:"), "{}", said(&output));
}

#[test]
fn a_package_is_staged_below_destdir() {
    let folder = tempfile::tempdir().unwrap();
    let staging = folder.path().join("staging");
    let output = install(folder.path(), &libpintle().folder, "/opt/pintle", &[("DESTDIR", &staging)]);
    assert!(output.status.success(), "{}", said(&output));
    for name in ["include/pintle/host.h", "lib/libpintle.so", "lib/cmake/Pintle/PintleConfig.cmake"] {
        assert!(staging.join("opt/pintle").join(name).exists(), "{name}");
    }
    for name in ["pintle.pc", "pintle-static.pc"] {
        let file = fs::read_to_string(staging.join("opt/pintle/lib/pkgconfig").join(name)).unwrap();
        assert!(file.starts_with("prefix=/opt/pintle\n") && !file.contains("staging"), "{file}");
    }
}

#[test]
fn pkg_config_knows_each_library() {
    if !is_installed("pkg-config") {
        return;
    }
    let (folder, prefix, echo) = (tempfile::tempdir().unwrap(), prefix(), build_library("pintle-echo", "so"));
    let flags = |arguments: &[&str]| pkg_config(prefix, &[&["--cflags", "--libs"], arguments].concat());
    let host = root().join("examples/c/host.c").canonicalize().unwrap();
    let (host, echo) = (host.display(), echo.display());
    for (way, flags) in [
        ("shared", format!("{} '-Wl,-rpath,{}/lib'", flags(&["pintle"]), prefix.display())),
        ("static", flags(&["pintle-static"])),
        ("whole", format!("-static {}", flags(&["--static", "pintle"]))),
    ] {
        run(folder.path(), &format!("cc -std=c11 -o {way} {host} {flags}"));
    }
    run(folder.path(), &format!("./shared {echo} | grep -q hello && ./static {echo} | grep -q hello"));
    run(folder.path(), "readelf -d shared | grep -q libpintle && ! readelf -d static | grep -q libpintle");
    run(folder.path(), "! readelf -d whole | grep -q NEEDED");
}

#[test]
fn cmake_builds_with_each_component() {
    if !is_installed("cmake") {
        return;
    }
    let lines = format!(
        "find_package(Pintle 0.1 REQUIRED COMPONENTS shared static core)
        add_executable(shared {root}/examples/c/host.c)
        target_link_libraries(shared PRIVATE Pintle::pintle)
        add_executable(static {root}/examples/c/host.c)
        target_link_libraries(static PRIVATE Pintle::pintle-static)
        add_executable(core {root}/tests/c/host/firmware.c {root}/plugins/stats/stats.c)
        target_compile_definitions(core PRIVATE PINTLE_STATIC)
        target_link_libraries(core PRIVATE Pintle::core)\n",
        root = root().canonicalize().unwrap().display()
    );
    let (folder, output) = cmake(prefix(), "C", &lines);
    assert!(output.status.success(), "{}", said(&output));
    run(folder.path(), "cmake --build build");
    let echo = build_library("pintle-echo", "so");
    for program in ["shared", "static"] {
        run(folder.path(), &format!("./build/{program} {} | grep -q hello", echo.display()));
    }
    run(folder.path(), "./build/core");
}

#[test]
fn cmake_says_what_it_does_not_find() {
    if !is_installed("cmake") {
        return;
    }
    let none = "there is no component nonsense, only shared, static and core";
    is_refused(prefix(), "C", "REQUIRED COMPONENTS nonsense", none);
    is_refused(prefix(), "C", "REQUIRED COMPONENTS shared nonsense", none);
    is_refused(prefix(), "NONE", "REQUIRED COMPONENTS static", "needs the language C or CXX");
    let without_core = tempfile::tempdir().unwrap();
    assert!(install(without_core.path(), &libpintle().folder, "x", &[]).status.success());
    let at = without_core.path().join("x");
    is_refused(&at, "C", "REQUIRED COMPONENTS core", "the component core was not installed");
    is_found(&at, "C", "REQUIRED", "TARGET Pintle::pintle-static AND NOT TARGET Pintle::core");
    is_found(prefix(), "C", "OPTIONAL_COMPONENTS nonsense", "NOT Pintle_nonsense_FOUND");
    let twice = "REQUIRED COMPONENTS static)\nfind_package(Pintle QUIET COMPONENTS nonsense";
    let (_, output) = cmake(
        prefix(),
        "C",
        &format!("find_package(Pintle {twice})\nif(Pintle_FOUND)\nmessage(FATAL_ERROR)\nendif()"),
    );
    assert!(output.status.success() && output.stderr.is_empty(), "{}", said(&output));
}

#[test]
fn cmake_stays_quiet_without_a_language() {
    if is_installed("cmake") {
        is_found(prefix(), "NONE", "QUIET", "TARGET Pintle::pintle AND NOT TARGET Pintle::pintle-static");
        is_found(prefix(), "CXX", "QUIET", "TARGET Pintle::pintle-static");
    }
}

#[test]
fn another_major_version_is_refused() {
    if !is_installed("cmake") {
        return;
    }
    let newer = prefix_with_version("2.3.4");
    let unfit = "requested version";
    for version in ["0.1", "1.0", "2.3.5", "2.4", "3", "2.3 EXACT", "0.1...<2.3.4", "2.4...3"] {
        is_refused(newer.path(), "NONE", &format!("{version} REQUIRED"), unfit);
    }
    for version in ["", "2", "2.1", "2.3.4 EXACT", "2.0...2.4", "0.1...2.3.4"] {
        is_found(newer.path(), "NONE", version, "TARGET Pintle::headers");
    }
}
