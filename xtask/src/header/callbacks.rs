//! `PINTLE_ON`: the callbacks of a plugin as an initialiser, in C and C++.

use anyhow::Result;

use crate::model::Model;

const C: &str = "\
#ifndef __cplusplus

/** One callback of a plugin: PINTLE_ON(create, hello_create). */
#define PINTLE_ON(callback, function) .callback = function
#define PINTLE_CALLBACKS_(...) { .size = sizeof(pintle_callbacks_t), __VA_ARGS__ }

#else

#define PINTLE_ON(callback, function) \\
    pintle_detail::on<pintle_detail::callback, decltype(pintle_callbacks_t::callback), function>
#define PINTLE_CALLBACKS_(...) pintle_detail::callbacks<__VA_ARGS__>()

/* C++ before C++20 has no designated initialisers: each member is picked from the list by its place. */
namespace pintle_detail {

";

const PICK: &str = "
template <place Place, typename Function, Function Value>
struct on {};

template <place Place, typename... On>
struct is_given {
    static constexpr bool value = false;
};
template <place Place, typename Function, Function Value, typename... Rest>
struct is_given<Place, on<Place, Function, Value>, Rest...> {
    static constexpr bool value = true;
};
template <place Place, typename Other, typename... Rest>
struct is_given<Place, Other, Rest...> : is_given<Place, Rest...> {};

template <place Place, typename Function, typename... On>
struct pick {
    static constexpr Function value = nullptr;
};
template <place Place, typename Function, Function Value, typename... Rest>
struct pick<Place, Function, on<Place, Function, Value>, Rest...> {
    static_assert(!is_given<Place, Rest...>::value, \"PINTLE_ON: a callback is given twice\");
    static constexpr Function value = Value;
};
template <place Place, typename Function, typename Other, typename... Rest>
struct pick<Place, Function, Other, Rest...> : pick<Place, Function, Rest...> {};
";

/// The macros and templates.
pub fn text(model: &Model) -> Result<String> {
    let names: Vec<_> = model.callbacks()?.slots().map(|(field, _)| field.name.as_str()).collect();
    let mut out = C.to_owned();
    out += "enum place {\n";
    for name in &names {
        out += &format!("    {name},\n");
    }
    out += "};\n";
    out += PICK;
    out += "\ntemplate <typename... On>\nconstexpr pintle_callbacks_t callbacks() {\n    return {\n";
    out += "        sizeof(pintle_callbacks_t),\n        0,\n";
    for name in &names {
        out += &format!("        pick<{name}, decltype(pintle_callbacks_t::{name}), On...>::value,\n");
    }
    out += "    };\n}\n\n} /* namespace pintle_detail */\n\n#endif\n";
    Ok(out)
}
