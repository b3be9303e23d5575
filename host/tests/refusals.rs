//! Every file that is no good plugin is refused with its own status and its own words, and nothing of it runs.

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use pintle_abi_core::status;
use pintle_host::settings::Value;
use pintle_host::{Verdict, inspect, read_descriptor};
use support::{PLUGIN, compile, folder, plain};

/// What inspection says of a file: the status and the sentence.
fn refused(path: &Path) -> (i32, String) {
    match inspect(path).verdict {
        Verdict::Refused { code, finding } => {
            assert!(!finding.cure.is_empty(), "no cure for {}", finding.rule);
            (code, finding.rule)
        }
        other => panic!("{} was not refused: {other:?}", path.display()),
    }
}

/// Inspection and the quick look agree; the words contain `words`.
#[track_caller]
fn assert_refused(path: &Path, code: i32, words: &str) {
    let (found, rule) = refused(path);
    assert_eq!(found, code, "{rule}");
    assert!(rule.contains(words), "{rule:?} does not say {words:?}");
    let error = read_descriptor(path).expect_err("the quick look takes what inspection refuses");
    assert_eq!(error.code(), code, "{error}");
    let text = error.to_string();
    assert!(text.starts_with(&rule), "{text:?} does not begin with the reason");
    assert!(text.contains(&path.display().to_string()), "{text:?} does not name the file");
}

/// Only inspection, which reads more, refuses it.
#[track_caller]
fn assert_refused_by_inspection(path: &Path, code: i32, words: &str) {
    let (found, rule) = refused(path);
    assert_eq!(found, code, "{rule}");
    assert!(rule.contains(words), "{rule:?} does not say {words:?}");
}

#[test]
fn a_good_plugin_is_not_refused() {
    let folder = folder();
    let path =
        compile(folder.path(), "good.so", &plain(), &["-DSERVICES={HEAD+18,6}", "-DNEEDS={HEAD+24,11}"]);
    // It announces services but answers none: only what reads the callbacks can know.
    let descriptor = read_descriptor(&path).unwrap();
    assert_eq!(descriptor.id, "org.test.probe");
    assert_eq!(descriptor.name, "Test");
    assert_eq!(descriptor.services, [7, 16]);
    assert_eq!(descriptor.needs, ["pintle.io/1"]);
    assert_eq!(descriptor.flags.names(), ["MULTI_INSTANCE"]);
    assert_eq!((descriptor.abi_major, descriptor.abi_minor), (1, 0));

    let path = compile(folder.path(), "unloadable.so", &plain(), &["-DFLAGS=3"]);
    assert_eq!(inspect(&path).verdict, Verdict::Loads);
}

#[test]
fn what_is_no_file() {
    let folder = folder();
    assert_refused(&folder.path().join("absent.so"), status::E_NO_FILE, "no such file");
    assert_refused(folder.path(), status::E_NOT_A_LIBRARY, "folder");
    assert_refused(Path::new("/dev/null"), status::E_NOT_A_LIBRARY, "regular file");
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert_refused(&pipe, status::E_NOT_A_LIBRARY, "regular file");
}

#[test]
fn what_is_no_elf_file() {
    let folder = folder();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    assert_refused(&write("empty", b""), status::E_NOT_A_LIBRARY, "empty");
    assert_refused(&write("text", "GROUP ( libfoo.so.1 ) – ü".as_bytes()), status::E_NOT_A_LIBRARY, "text");
    assert_refused(&write("archive", b"!<arch>\nfoo.o/"), status::E_NOT_A_LIBRARY, "archive");
    assert_refused(&write("thin", b"!<thin>\nfoo.o/"), status::E_NOT_A_LIBRARY, "archive");
    assert_refused(&write("windows", b"MZ\x90\0\x03\0\0\0"), status::E_NOT_A_LIBRARY, "Windows");
    assert_refused(&write("macos", b"\xcf\xfa\xed\xfe\x07\0\0\x01"), status::E_NOT_A_LIBRARY, "macOS");
    assert_refused(&write("noise", b"\0\x01\x02\x03"), status::E_NOT_A_LIBRARY, "[00, 01, 02, 03]");
}

#[test]
fn what_is_no_shared_library() {
    let folder = folder();
    let main = "int main(void) { return 0; }";
    let program = compile(folder.path(), "program", main, &["-no-pie"]);
    assert_refused(&program, status::E_NOT_A_LIBRARY, "a program");
    let object = compile(folder.path(), "object.o", &plain(), &["-c"]);
    assert_refused(&object, status::E_NOT_A_LIBRARY, "an object file");
    let source = format!("{}\nint main(void) {{ return 0; }}", plain());
    let pie = compile(folder.path(), "pie", &source, &["-pie", "-rdynamic"]);
    assert_refused_by_inspection(&pie, status::E_NOT_A_LIBRARY, "a program");
}

#[test]
fn what_is_for_another_machine() {
    let folder = folder();
    let path = compile(folder.path(), "plugin.so", &plain(), &[]);
    let good = fs::read(&path).unwrap();
    let mut bytes = good.clone();
    bytes[18] = 183;
    fs::write(&path, &bytes).unwrap();
    assert_refused(&path, status::E_MACHINE, "AArch64");

    let path = compile(folder.path(), "wide.so", &plain(), &["-DWIDTH=4"]);
    assert_refused(&path, status::E_MACHINE, "32 bits");
}

#[test]
fn a_narrow_library_is_read_but_refused() {
    let folder = folder();
    let path = compile(folder.path(), "narrow.so", &plain(), &["-m32", "-nostdlib", "-ffreestanding"]);
    assert_refused(&path, status::E_MACHINE, "x86 (32 bits");
    let inspection = inspect(&path);
    assert_eq!(inspection.descriptor.expect("it can be read all the same").pointer_width, 4);
    assert_eq!(inspection.report.expect("so can its headers").callbacks, Some(Vec::new()));
}

#[test]
fn what_is_cut_short() {
    let folder = folder();
    let whole = fs::read(compile(folder.path(), "whole.so", &plain(), &[])).unwrap();
    let path = folder.path().join("cut.so");
    for length in [4, 5, 6, 63] {
        fs::write(&path, &whole[..length]).unwrap();
        let (code, rule) = refused(&path);
        let expected = if length < 5 { status::E_NOT_A_LIBRARY } else { status::E_TRUNCATED };
        assert_eq!(code, expected, "{length} bytes: {rule}");
    }
    for length in [64, 65, 1000, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        assert_refused(&path, status::E_TRUNCATED, &format!("the file has {length}"));
    }
}

#[test]
fn what_is_no_plugin() {
    let folder = folder();
    let path = compile(folder.path(), "library.so", "int answer(void) { return 42; }", &[]);
    let (code, rule) = refused(&path);
    assert_eq!(
        (code, rule.contains("pintle_descriptor and pintle_entry")),
        (status::E_NO_ENTRY, true),
        "{rule}"
    );
    let path = compile(folder.path(), "undescribed.so", &plain(), &["-DNO_DESCRIPTOR"]);
    assert_refused(&path, status::E_NO_ENTRY, "pintle_descriptor");
    let path = compile(folder.path(), "unentered.so", &plain(), &["-DNO_ENTRY"]);
    assert_refused_by_inspection(&path, status::E_NO_ENTRY, "pintle_entry");
    let hidden = plain().replace("EXPORT const struct entry", "const struct entry");
    let path = compile(folder.path(), "hidden.so", &hidden, &[]);
    assert_refused_by_inspection(&path, status::E_NO_ENTRY, "pintle_entry");
}

#[test]
fn what_no_running_process_can_load() {
    let folder = folder();
    let path = compile(folder.path(), "nodlopen.so", &plain(), &["-Wl,-z,nodlopen"]);
    assert_refused_by_inspection(&path, status::E_LINK, "nodlopen");
    for (name, sanitizer) in [("address", "AddressSanitizer"), ("thread", "ThreadSanitizer")] {
        let path = compile(folder.path(), &format!("{name}.so"), &plain(), &[&format!("-fsanitize={name}")]);
        assert_refused_by_inspection(&path, status::E_LINK, sanitizer);
        // Without the refusal the process would end here.
        let host = pintle_host::Host::builder().log(|_| ()).start().unwrap();
        // SAFETY: the library was compiled by the test.
        let error = unsafe { host.load(&path, &pintle_host::LoadOptions::default()) }.unwrap_err();
        assert!(error.text.contains(sanitizer), "{error}");
    }
}

#[test]
fn what_was_stripped_too_far_or_not_at_all() {
    let folder = folder();
    let path = compile(folder.path(), "plugin.so", &plain(), &["-g"]);
    let objcopy = |option: &str, to: &str| {
        let to = folder.path().join(to);
        let status = Command::new("objcopy").arg(option).args([&path, &to]).status().expect("objcopy runs");
        assert!(status.success());
        to
    };
    let (code, rule) = refused(&objcopy("--only-keep-debug", "plugin.debug"));
    assert_eq!((code, rule.contains("debugger")), (status::E_NOT_A_LIBRARY, true), "{rule}");
    // As `--strip-sections` of other tools: the headers name no table.
    let mut bytes = fs::read(&path).unwrap();
    bytes[40..48].fill(0);
    bytes[58..64].fill(0);
    let bare = folder.path().join("bare.so");
    fs::write(&bare, bytes).unwrap();
    assert_refused(&bare, status::E_NO_ENTRY, "no section headers");
}

/// Each of them is a mistake that the cure tells from the others.
#[test]
fn what_the_systems_loader_refuses_has_its_own_cure() {
    let folder = folder();
    let load = |name: &str, more: &str, options: &[&str]| {
        let path = compile(folder.path(), name, &format!("{}\n{more}", plain()), options);
        let host = pintle_host::Host::builder().log(|_| ()).start().unwrap();
        // SAFETY: the library was compiled by the test.
        unsafe { host.load(&path, &pintle_host::LoadOptions::default()) }.unwrap_err().to_string()
    };
    let tls = "static __thread char big[1 << 16] __attribute__((tls_model(\"initial-exec\")));
        EXPORT char *use(void) { return big; }";
    let error = load("tls.so", tls, &[]);
    assert!(error.contains("-ftls-model=initial-exec"), "{error}");
    let error = load("symbol.so", "extern int nowhere; EXPORT int *use(void) { return &nowhere; }", &[]);
    assert!(error.contains("defines the symbol"), "{error}");
}

/// A small file whose section headers all lie over the same table is not read as often as it has headers.
#[test]
fn tables_that_overlap_are_not_read_again_and_again() {
    let folder = folder();
    let path = compile(folder.path(), "plugin.so", &plain(), &[]);
    let mut bytes = fs::read(&path).unwrap();
    let table = u64::from_le_bytes(bytes[40..48].try_into().unwrap()) as usize;
    let count = usize::from(u16::from_le_bytes(bytes[60..62].try_into().unwrap()));
    let headers: Vec<Vec<u8>> = bytes[table..table + 64 * count].chunks(64).map(<[u8]>::to_vec).collect();
    let relocations =
        headers.iter().find(|header| header[4..8] == 4_u32.to_le_bytes()).expect("a table").clone();
    bytes.truncate(table);
    bytes.extend(headers.concat());
    let more = 10_000;
    for _ in 0..more {
        bytes.extend(&relocations);
    }
    let length = bytes.len() as u64;
    // The table that they all name is as long as the file.
    for header in bytes[table..].chunks_mut(64).filter(|header| header[4..8] == 4_u32.to_le_bytes()) {
        header[24..32].copy_from_slice(&0_u64.to_le_bytes());
        header[32..40].copy_from_slice(&(length / 24 * 24).to_le_bytes());
    }
    bytes[60..62].copy_from_slice(&u16::try_from(count + more).unwrap().to_le_bytes());
    fs::write(&path, bytes).unwrap();
    assert_refused_by_inspection(&path, status::E_NOT_A_LIBRARY, "longer than the file");
}

#[test]
fn what_has_a_damaged_descriptor() {
    let folder = folder();
    let damaged = |name: &str, define: &str, words: &str| {
        let path = compile(folder.path(), name, &plain(), &[define]);
        assert_refused(&path, status::E_DESCRIPTOR, words);
    };
    damaged("magic", "-DMAGIC=\"PINTLE\\r\\n\"", "begins with");
    damaged("long", "-DSIZE=5000", "over 4096");
    damaged("beyond", "-DSIZE=4096", "of its section");
    damaged("short", "-DSIZE=40", "head of 80 bytes");
    damaged("head", "-DHEAD=79", "head of 79 bytes");
    damaged("order", "-DORDER=7", "byte order 7");
    damaged("anonymous", "-DID={0,0}", "id is empty");
    damaged("spaced", "-DID={HEAD+12,9}", "white space");
    damaged("outside", "-DID={60000,14}", "the id (bytes 60000 to 60014)");
    damaged("overlapping", "-DNAME={79,4}", "the name (bytes 79 to 83)");
    damaged("binary", "-DNAME={HEAD+46,2}", "the name is not UTF-8");
    damaged("control", "-DTEXTS=\"org.test.probe\\n234\"", "the name has the control character '\\n'");
    damaged("service", "-DSERVICES={HEAD,3}", "the service id \"org\"");
}

#[test]
fn what_there_is_two_of() {
    let folder = folder();
    let second =
        "EXPORT __attribute__((section(\"pintle\"), used)) const struct described other = { MAGIC };";
    let path = compile(folder.path(), "two.so", &format!("{}{second}", plain()), &[]);
    assert_refused(&path, status::E_DESCRIPTOR, "a descriptor in its section more than once");

    // Two exported symbols of one name: the name of a third one is overwritten.
    let third = "EXPORT const int pintle_entrx = 1;";
    let path =
        compile(folder.path(), "symbols.so", &format!("{}{third}", plain()), &["-Wl,--hash-style=sysv"]);
    let mut bytes = fs::read(&path).unwrap();
    while let Some(at) = bytes.windows(13).position(|window| window == b"pintle_entrx\0") {
        bytes[at + 11] = b'y';
    }
    fs::write(&path, bytes).unwrap();
    assert_refused_by_inspection(&path, status::E_DESCRIPTOR, "the symbol pintle_entry more than once");
}

#[test]
fn what_is_of_another_version() {
    let folder = folder();
    let path = compile(folder.path(), "old.so", &plain(), &["-DMAJOR=2"]);
    assert_refused(&path, status::E_VERSION, "version 2 of the ABI, and this host offers version 1");
    let path = compile(folder.path(), "layout.so", &plain().replace("FINGERPRINT,", "99,"), &[]);
    assert_refused(&path, status::E_LAYOUT, "0x0000000000000063");
    let path = compile(folder.path(), "needy.so", &plain(), &["-DNEEDS={HEAD+24,8}"]);
    assert_refused(&path, status::E_UNSUPPORTED, "the interface pintle.i");
    // What is not the host's another plugin may offer by the time that this one is loaded.
    let path = compile(folder.path(), "hopeful.so", &plain(), &["-DNEEDS={HEAD+35,12}"]);
    assert_eq!(read_descriptor(&path).unwrap().needs, ["org.nobody/1"]);
    let host = pintle_host::Host::builder().log(|_| ()).start().unwrap();
    // SAFETY: the library was built by the test.
    let error = unsafe { host.load(&path, &pintle_host::LoadOptions::default()) }.unwrap_err();
    assert_eq!(error.code, status::E_UNSUPPORTED);
    assert!(
        error.text.contains("needs the interface org.nobody/1, which neither this host nor a plugin offers"),
        "{error}"
    );
    let path = compile(folder.path(), "future.so", &plain(), &["-DMINOR=7"]);
    assert_eq!(read_descriptor(&path).unwrap().abi_minor, 7);
}

#[test]
fn what_needs_a_newer_host() {
    let folder = folder();
    let path = compile(folder.path(), "newer.so", &plain(), &["-DMINOR=7", "-DLEAST=3"]);
    assert_refused(&path, status::E_VERSION, "it needs version 1.3 of the ABI, and this host offers 1.0");
    let path = compile(folder.path(), "flagged.so", &plain(), &["-DFLAGS=0x80020001"]);
    assert_refused(
        &path,
        status::E_VERSION,
        "its flags have bit 17, bit 31 set, which a host must understand",
    );
    let path = compile(folder.path(), "advised.so", &plain(), &["-DFLAGS=0x8003"]);
    assert_eq!(inspect(&path).verdict, Verdict::Loads);
    assert_eq!(
        read_descriptor(&path).unwrap().flags.names(),
        ["MULTI_INSTANCE", "UNLOAD_SAFE", "bit 15"],
        "a flag of the lower half is ignored"
    );
    // The quick look says so, too, before anything is mapped.
    let path = compile(folder.path(), "confused.so", &plain(), &["-DLEAST=1"]);
    assert_refused(
        &path,
        status::E_DESCRIPTOR,
        "not do with less than minor version 1 of the ABI, and knows only 0",
    );
}

/// Options that declare these settings.
fn declare(settings: &str) -> [String; 2] {
    let texts = settings.replace('\n', "\\n").replace('"', "\\\"");
    [
        format!("-DTEXTS=\"org.test.probeTest\" \"{texts}\""),
        format!("-DSETTINGS={{HEAD+18,{}}}", settings.len()),
    ]
}

#[test]
fn settings_are_told_and_their_mistakes_refused() {
    let folder = folder();
    let build = |name: &str, settings: &str| {
        let [texts, span] = declare(settings);
        compile(folder.path(), name, &plain(), &[&texts, &span])
    };
    let path = build(
        "set.so",
        "port int 1..65535 =8080 The port\nhide texts =.git,\"a b\" Hidden\nroot text ! A folder",
    );
    let settings = inspect(&path).descriptor.expect("a descriptor").settings;
    assert_eq!(settings, read_descriptor(&path).unwrap().settings);
    let shown: Vec<String> =
        settings.iter().map(|setting| format!("{} {}", setting.name, setting.kind)).collect();
    assert_eq!(shown, ["port int 1..65535", "hide texts", "root text"]);
    assert_eq!(settings[0].default, Some(Value::Int(8080)));
    assert_eq!(settings[1].default, Some(Value::Texts(vec![".git".to_owned(), "a b".to_owned()])));
    assert_eq!((settings[2].required, &settings[2].description[..]), (true, "A folder"));

    let path = build("mistaken.so", "port int =1 The port\nport2 int 1..2 =3 It\n");
    assert_refused(
        &path,
        status::E_DESCRIPTOR,
        "the settings that org.test.probe declares have a mistake in line 2, column 17: the default \"3\"",
    );
    let path = build("outside.so", "a bool It");
    let [texts, _] = declare("a bool It");
    let outside = compile(folder.path(), "beyond.so", &plain(), &[&texts, "-DSETTINGS={HEAD+18,4000}"]);
    assert_refused(&outside, status::E_DESCRIPTOR, "the settings (bytes 98 to 4098)");
    assert_eq!(read_descriptor(&path).unwrap().settings.len(), 1);
}

#[test]
fn a_plugin_that_announces_services_must_answer() {
    let folder = folder();
    let announces = "-DSERVICES={HEAD+18,6}";
    let path = compile(folder.path(), "mute.so", &plain(), &[announces]);
    assert_refused_by_inspection(&path, status::E_SLOT, "request and slow_request");
    let answering = |slot: &str| {
        format!("{PLUGIN}\nstatic int32_t answer() {{ return 0; }}\nCALLBACKS([{slot}] = answer)\nENTRY\n")
    };
    for slot in ["REQUEST", "SLOW_REQUEST"] {
        let path = compile(folder.path(), slot, &answering(slot), &[announces]);
        let inspection = inspect(&path);
        assert!(matches!(inspection.verdict, Verdict::Resident { .. }), "{inspection:?}");
        assert_eq!(inspection.report.unwrap().callbacks.unwrap(), [slot.to_lowercase()]);
    }
}
