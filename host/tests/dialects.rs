//! Libraries of another system, loaded through a dialect: everything is so that is so for a plugin of this contract.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pintle_abi_core::{
    IMAGE_RESIDENT, IMAGE_UNMAPPED, Instance, MODE_RELIABLE, NO_WORKERS, OUTCOME_STOPPED, Session, status,
};
use pintle_host::{
    Application, Builder, Calls, Dialects, Error, Found, Host, LoadOptions, Receipt, Verdict, default_limits,
    inspect,
};
use support::greeter::{Greeter, Said, greeter};
use support::{alone, by_itself, compile, folder, plain, transport};

const WAIT: Duration = Duration::from_secs(10);

/// Sends a text to every session.
struct Sender;

impl Application for Sender {
    fn session_created(&self, calls: &Calls<'_>, session: Session) {
        calls.send(session, 0, b"world").unwrap();
    }
}

fn builder() -> Builder {
    let limits = pintle_abi_core::Limits { workers: NO_WORKERS, ..default_limits() };
    Host::builder().limits(limits).application(Sender).log(|_| ())
}

fn host(said: &Said) -> Host {
    builder().dialect(Greeter::new(said)).start().expect("the host starts")
}

fn load_with(host: &Host, path: &Path, options: &LoadOptions) -> Result<Instance, Error> {
    // SAFETY: the library was compiled by the test.
    unsafe { host.load(path, options) }
}

fn load(host: &Host, path: &Path) -> Result<Instance, Error> {
    load_with(host, path, &LoadOptions::default())
}

fn unload(host: &Host, instance: Instance) -> Receipt {
    host.unload(instance, WAIT).expect("it unloads")
}

/// Has a transport receive a message.
fn receive(host: &Host, folder: &Path) {
    let transport = load(host, &transport(folder)).expect("it loads");
    let calls = host.calls().unwrap();
    let socket = calls.open(&[MODE_RELIABLE]).unwrap();
    calls.listen(socket, "test:x").unwrap();
    unload(host, transport);
}

fn is_mapped(path: &Path) -> bool {
    let path = path.to_str().expect("a path in UTF-8");
    fs::read_to_string("/proc/self/maps").expect("it can be read").contains(path)
}

/// The reason for which a file is refused, which inspection and loading agree on.
fn refused(host: &Host, path: &Path) -> (i32, String) {
    let error = load(host, path).expect_err("it is refused");
    let inspection = host.dialects().inspect(path);
    let Verdict::Refused { code, finding } = inspection.verdict else { panic!("it is not refused") };
    assert_eq!(error.code, code, "{error}");
    assert!(error.text.contains(&finding.rule) && error.text.contains(&finding.cure), "{error}");
    assert!(!is_mapped(path), "it is mapped");
    (code, finding.rule)
}

#[test]
fn a_foreign_library_runs_is_unmapped_and_runs_again() {
    by_itself("a_foreign_library_runs_is_unmapped_and_runs_again", || {
        let (folder, said) = (folder(), Said::default());
        let path = greeter(folder.path(), "one", "", &[]);
        let host = host(&said);
        for _ in 0..2 {
            let instance = load(&host, &path).unwrap();
            assert_eq!(said.take(), ["entered", "one init 1"]);
            let name = |host: &Host| {
                host.with_plugin(instance, |plugin| (plugin.name.clone(), plugin.descriptor.name.clone()))
            };
            assert_eq!(name(&host).unwrap(), ("org.greeter.one".to_owned(), "one".to_owned()));
            receive(&host, folder.path());
            assert_eq!(said.take(), ["one 1: hello, world"]);
            let receipt = unload(&host, instance);
            assert_eq!(said.take(), ["one fini", "one is let go"]);
            assert_eq!((receipt.outcome, receipt.image), (OUTCOME_STOPPED, IMAGE_UNMAPPED), "{receipt}");
            assert!(receipt.is_clean(), "{receipt}");
            assert!(!is_mapped(&path));
        }
    });
}

#[test]
fn priorities_order_foreign_libraries() {
    let (folder, said) = (folder(), Said::default());
    let host = host(&said);
    for (name, priority) in [("late", 5), ("early", -5)] {
        let options = LoadOptions { priority, ..LoadOptions::default() };
        load_with(&host, &greeter(folder.path(), name, "", &[]), &options).unwrap();
    }
    said.take();
    receive(&host, folder.path());
    assert_eq!(said.take(), ["early 1: hello, world", "late 1: hello, world"]);
}

#[test]
fn an_image_is_shared_by_the_instances_of_a_library_that_allows_many() {
    by_itself("an_image_is_shared_by_the_instances_of_a_library_that_allows_many", || {
        let (folder, said) = (folder(), Said::default());
        let path = greeter(folder.path(), "many", "EXPORT int greeter_many;", &[]);
        let copy = folder.path().join("copy.so");
        fs::copy(&path, &copy).unwrap();
        let (one, other) = (host(&said), host(&said));
        let instances = [load(&one, &path).unwrap(), load(&one, &path).unwrap()];
        let third = load(&other, &copy).unwrap();
        assert_eq!(said.take(), ["entered", "many init 1", "many init 2", "many init 3"]);
        assert_eq!(instances.map(|instance| unload(&one, instance).image), [IMAGE_RESIDENT; 2]);
        assert_eq!(unload(&other, third).image, IMAGE_UNMAPPED);
        assert_eq!(said.take(), ["many fini", "many fini", "many fini", "many is let go"]);
    });
}

#[test]
fn a_second_instance_of_a_library_that_allows_one_is_refused() {
    let (folder, said) = (folder(), Said::default());
    let path = greeter(folder.path(), "single", "", &[]);
    let (one, other) = (host(&said), host(&said));
    let instance = load(&one, &path).unwrap();
    let error = load(&other, &path).unwrap_err();
    assert_eq!(error.code, status::E_EXISTS, "{error}");
    assert!(error.text.contains("org.greeter.single"), "{error}");
    unload(&one, instance);
    load(&other, &path).unwrap();
    assert_eq!(
        said.take(),
        ["entered", "single init 1", "single fini", "single is let go", "entered", "single init 1"]
    );
}

#[test]
fn a_library_without_an_export_is_refused_before_its_code_runs() {
    let (folder, said) = (folder(), Said::default());
    let further = "__attribute__((constructor)) static void begin(void) { abort(); }";
    let path = greeter(folder.path(), "missing", further, &["-DNO_FINI"]);
    let host = host(&said);
    assert_eq!(
        refused(&host, &path),
        (status::E_NO_ENTRY, "it is a Greeter 1 library, and it does not export greeter_fini".to_owned())
    );
    let error = host.dialects().read_descriptor(&path).unwrap_err();
    assert_eq!(error.code(), status::E_NO_ENTRY, "{error}");
    let inspection = host.dialects().inspect(&path);
    assert_eq!(inspection.descriptor.expect("it is known").id, "org.greeter.missing");
    assert_eq!(said.take(), [""; 0]);
}

#[test]
fn services_need_a_handler_and_the_anchor_an_export() {
    let (folder, said) = (folder(), Said::default());
    let path = greeter(folder.path(), "service", "EXPORT int greeter_service;", &[]);
    let error = load(&host(&said), &path).unwrap_err();
    assert_eq!(error.code, status::E_SLOT, "{error}");
    assert!(error.text.contains("both request and slow_request are absent"), "{error}");
    assert!(!is_mapped(&path));
    let path = greeter(folder.path(), "adrift", "", &[]);
    let host =
        builder().dialect(Greeter { anchor: "greeter_anchor", ..Greeter::new(&said) }).start().unwrap();
    let (code, rule) = refused(&host, &path);
    assert_eq!(code, status::E_NO_ENTRY);
    assert_eq!(rule, "it is a Greeter 1 library, and it does not export greeter_anchor");
}

#[test]
fn a_library_that_is_refused_once_it_is_mapped_is_unmapped() {
    by_itself("a_library_that_is_refused_once_it_is_mapped_is_unmapped", || {
        let (folder, said) = (folder(), Said::default());
        let host = host(&said);
        for (export, code, words) in [
            ("greeter_refuses", status::E_NO_ENTRY, "it does not want to"),
            ("greeter_has_another_id", status::E_MISMATCH, "another id"),
        ] {
            let path = greeter(folder.path(), export, &format!("EXPORT int {export};"), &[]);
            let error = load(&host, &path).unwrap_err();
            assert_eq!(error.code, code, "{error}");
            assert!(error.text.contains(words), "{error}");
            assert!(!is_mapped(&path));
        }
        assert_eq!(said.take(), ["entered", "greeter_has_another_id is let go"]);
    });
}

#[test]
fn a_library_of_no_dialect_is_told_as_ever() {
    let (folder, said) = (folder(), Said::default());
    let path = greeter(folder.path(), "unknown", "EXPORT int greeter_many;", &[]);
    let rule = "it is a shared library but not a Pintle plugin: it does not export pintle_descriptor and pintle_entry";
    let stranger = builder().start().unwrap();
    assert_eq!(refused(&stranger, &path), (status::E_NO_ENTRY, rule.to_owned()));
    assert_eq!(inspect(&path).verdict.findings()[0].rule, rule);
    // Another host has it mapped, which does not make it a plugin here.
    let host = host(&said);
    load(&host, &path).unwrap();
    let error = load(&stranger, &path).unwrap_err();
    assert_eq!(error.code, status::E_NO_ENTRY);
    assert!(error.text.contains(rule), "{error}");
    let ordinary = compile(folder.path(), "ordinary.so", "int x;", &[]);
    assert_eq!(refused(&host, &ordinary), (status::E_NO_ENTRY, rule.to_owned()));
}

#[test]
fn two_dialects_that_claim_a_file_refuse_it() {
    let (folder, said) = (folder(), Said::default());
    let path = greeter(folder.path(), "both", "EXPORT int greeter_many;", &[]);
    let another = || Greeter { name: "Greeter 2", ..Greeter::new(&said) };
    let undecided = builder().dialect(Greeter::new(&said)).dialect(another()).start().unwrap();
    let text = "it is a Greeter 1 library, and a Greeter 2 library too";
    assert_eq!(refused(&undecided, &path), (status::E_DESCRIPTOR, text.to_owned()));
    let error = undecided.dialects().read_descriptor(&path).unwrap_err();
    assert_eq!(error.code(), status::E_DESCRIPTOR, "{error}");
    // An image is of one dialect.
    let (one, other) = (host(&said), builder().dialect(another()).start().unwrap());
    load(&one, &path).unwrap();
    let error = load(&other, &path).unwrap_err();
    assert_eq!(error.code, status::E_EXISTS, "{error}");
    assert!(error.text.contains("this process has it loaded as a Greeter 1 library"), "{error}");
    assert_eq!(load(&undecided, &path).unwrap_err().code, status::E_DESCRIPTOR);
}

#[test]
fn a_plugin_of_this_contract_is_one_whatever_else_it_exports() {
    let (folder, said) = (folder(), Said::default());
    let source = format!("{}\nEXPORT int greeter_many;", plain());
    let path = compile(folder.path(), "own.so", &source, &[]);
    let host = host(&said);
    load(&host, &path).unwrap();
    load(&builder().start().unwrap(), &path).unwrap();
    assert_eq!(host.dialects().read_descriptor(&path).unwrap().id, "org.test.probe");
    // One that is damaged is not taken for something else.
    let damaged = compile(folder.path(), "damaged.so", &source, &["-DNO_ENTRY"]);
    assert_eq!(
        refused(&host, &damaged).1,
        "it is a shared library but not a Pintle plugin: it does not export pintle_entry"
    );
}

#[test]
fn a_folder_has_libraries_of_all_dialects() {
    let (folder, said) = (folder(), Said::default());
    greeter(folder.path(), "b", "", &[]);
    greeter(folder.path(), "c", "", &["-DNO_FINI"]);
    compile(folder.path(), "a.so", &plain(), &[]);
    compile(folder.path(), "d.so", "int x;", &[]);
    let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    let mut told = Vec::new();
    let options = |_: &Path, _: &_| Ok(LoadOptions::default());
    let tell = |found: &Found| {
        told.push(match found {
            Found::Loaded { path, .. } => format!("{} loaded", name(path)),
            Found::PassedOver(error) => format!("{} passed over", name(&error.path)),
            Found::Refused { path, error } => format!("{} refused {}", name(path), error.code),
        });
    };
    // SAFETY: the test has compiled what is in the folder.
    unsafe { host(&said).load_folder(folder.path(), options, tell) }.unwrap();
    let refused = format!("c.so refused {}", status::E_NO_ENTRY);
    assert_eq!(told, ["a.so loaded", "b.so loaded", &refused, "d.so passed over"]);
}

#[test]
fn the_verdict_on_a_foreign_library_is_what_becomes_of_it() {
    by_itself("the_verdict_on_a_foreign_library_is_what_becomes_of_it", || {
        let (folder, said) = (folder(), Said::default());
        let host = host(&said);
        for (name, further, option, reason) in [
            ("goes", "", "-DX", ""),
            ("stays", "EXPORT int greeter_stays;", "-DX", "its descriptor lacks UNLOAD_SAFE"),
            ("pinned", "", "-Wl,-z,nodelete", "it was linked with the option nodelete"),
        ] {
            let path = greeter(folder.path(), name, further, &[option]);
            let inspection = host.dialects().inspect(&path);
            let report = inspection.report.expect("its headers can be read");
            assert_eq!(report.callbacks, None);
            assert!(report.exports.contains(&"greeter_fini".to_owned()), "{report:?}");
            let expected: Vec<_> = (!reason.is_empty()).then_some(reason).into_iter().collect();
            let rules: Vec<_> = inspection.verdict.findings().iter().map(|found| &found.rule).collect();
            assert_eq!(rules, expected);
            assert_eq!(inspection.verdict.code(), status::OK);
            let receipt = load(&host, &path).map(|instance| unload(&host, instance)).unwrap();
            assert_eq!(receipt.reason(), reason);
            assert_eq!(is_mapped(&path), !reason.is_empty());
            // What stays is used again; what its dialect has kept is dropped only when the library is closed.
            load(&host, &path).map(|instance| unload(&host, instance)).unwrap();
            let said = said.take();
            let counts = ["entered".to_owned(), format!("{name} is let go")]
                .map(|line| said.iter().filter(|other| **other == line).count());
            assert_eq!(counts, if name == "stays" { [1, 0] } else { [2, 2] }, "{said:?}");
            assert_eq!(said.contains(&format!("{name} init 2")), !reason.is_empty(), "{said:?}");
        }
    });
}

#[test]
fn a_thread_of_a_foreign_library_keeps_it_mapped() {
    by_itself("a_thread_of_a_foreign_library_keeps_it_mapped", || {
        let (folder, said) = (folder(), Said::default());
        let further = "
            #include <pthread.h>
            #include <unistd.h>
            static void *rest(void *unused) { for (;;) pause(); }
            __attribute__((constructor)) static void begin(void) { pthread_t it; pthread_create(&it, 0, rest, 0); }";
        let path = greeter(folder.path(), "threaded", further, &["-pthread"]);
        let host = host(&said);
        let receipt = load(&host, &path).map(|instance| unload(&host, instance)).unwrap();
        assert_eq!((receipt.threads, receipt.image), (1, IMAGE_RESIDENT), "{receipt}");
        assert!(is_mapped(&path));
    });
}

#[test]
fn a_crash_of_a_foreign_library_is_reported_by_its_name() {
    let test = "a_crash_of_a_foreign_library_is_reported_by_its_name";
    let output = alone(test, || {
        pintle_host::install_crash_handler().unwrap();
        let (folder, said) = (folder(), Said::default());
        let path = greeter(folder.path(), "crashing", "", &["-DCRASHES"]);
        let host = host(&said);
        load(&host, &path).unwrap();
        receive(&host, folder.path());
    });
    let Some(output) = output else { return };
    assert!(output.stderr.contains(" in plugin org.greeter.crashing, callback message_in"), "{output:?}");
    assert!(output.signal.is_some(), "{output:?}");
}

#[test]
fn dialects_have_names_of_their_own() {
    let said = Said::default();
    for (names, words) in [
        (["Greeter", "Greeter"], "the dialect \"Greeter\": there are two of this name"),
        (["Greeter", "Pintle"], "the dialect \"Pintle\": there are two of this name"),
        (["Greeter", ""], "the dialect \"\": it has no name"),
    ] {
        let [one, other] = names.map(|name| Greeter { name, ..Greeter::new(&said) });
        let error = builder().dialect(one).dialect(other).start().err().expect("no host");
        assert_eq!((error.code, error.text.as_str()), (status::E_ARGUMENT, words));
    }
    let folder = folder();
    let dialects = Dialects::default().with(Greeter::new(&said));
    let path = greeter(folder.path(), "read", "", &[]);
    assert_eq!(dialects.read_descriptor(&path).unwrap().id, "org.greeter.read");
}
