//! What a compiler can see of the promise: constants, declarations and layouts of the frozen headers, beside today's.

use std::fmt::Write;

use pintle_tests::header::Headers;

/// A minor version is what a later edition changes.
const CHANGES: &str = "PINTLE_ABI_MINOR";

/// A C source that includes today's `host.h`, and that a compiler refuses where today's edition has changed what the
/// frozen one had.
pub fn source(frozen: &Headers) -> String {
    let mut out = "#include <pintle/host.h>\n\n#define SAME(type, member) \\\n    \
        _Static_assert(offsetof(struct frozen_##type, member) == offsetof(type, member), \
        #type \".\" #member \" has moved\"); \\\n    \
        _Static_assert(__builtin_types_compatible_p(__typeof__(((struct frozen_##type *)0)->member), \
        __typeof__(((type *)0)->member)), #type \".\" #member \" has another type\")\n"
        .to_owned();
    for (name, value) in frozen.constants().filter(|(name, _)| *name != CHANGES) {
        writeln!(out, "_Static_assert({name} == ({value}), \"{name} was {value}\");").unwrap();
    }
    for declaration in frozen.functions() {
        writeln!(out, "{declaration}").unwrap();
    }
    for (name, members, names) in frozen.structs() {
        writeln!(out, "struct frozen_{name} {{\n{members}}};").unwrap();
        for member in names {
            writeln!(out, "SAME({name}, {member});").unwrap();
        }
    }
    out
}
