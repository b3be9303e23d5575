//! Every size and offset, asserted by the C compiler.

use crate::model::{Model, Struct, Width, c_type};

/// The macros that assert, for the head of a header.
pub const MACROS: &str = "\
#ifdef __cplusplus
#define PINTLE_ASSERT_(condition, text) static_assert(condition, text)
#define PINTLE_SIZEOF_(type, member) sizeof(type::member)
#else
#define PINTLE_ASSERT_(condition, text) _Static_assert(condition, text)
#define PINTLE_SIZEOF_(type, member) sizeof(((type *)0)->member)
#endif

/** Whether a table is long enough to hold a member: asked before using what came after 1.0. */
#define PINTLE_HAS(table, type, member) \\
    ((table)->size >= offsetof(type, member) + PINTLE_SIZEOF_(type, member))
";

/// The macros behind the list, defined anew by each header.
const LIST_MACROS: &str = "\
#define PINTLE_SIZE_(type, wide, narrow) \\
    PINTLE_ASSERT_(sizeof(type) == (sizeof(void *) == 8 ? wide : narrow), \"size of \" #type)
#define PINTLE_AT_(type, member, wide, narrow) \\
    PINTLE_ASSERT_(offsetof(type, member) == (sizeof(void *) == 8 ? wide : narrow), #type \".\" #member)
";

/// The asserts of some structs: size and offsets with 64-bit and with 32-bit pointers.
pub fn text<'a>(model: &Model, structs: impl Iterator<Item = &'a Struct>) -> String {
    let mut out = "/* The layout, with 64-bit and with 32-bit pointers. */\n\n".to_owned() + LIST_MACROS;
    for item in structs {
        let name = c_type(&item.name);
        let wide = model.layout(item, Width::Bits64);
        let narrow = model.layout(item, Width::Bits32);
        out += &format!("\nPINTLE_SIZE_({name}, {}, {});\n", wide.size, narrow.size);
        for ((field, (wide, _)), (narrow, _)) in item.fields.iter().zip(&wide.members).zip(&narrow.members) {
            out += &format!("PINTLE_AT_({name}, {}, {wide}, {narrow});\n", field.name);
        }
    }
    out + "\n#undef PINTLE_SIZE_\n#undef PINTLE_AT_\n"
}
