//! A function for every slot: inline in C, real ones in the libraries for languages that have no headers.

use super::doc::{self, WIDTH};
use crate::model::{Field, Function, Model, Struct, c_type};

const HEAD: &str = "\
/*
 * The calls: a thin function for every slot, whose comment stands with its table above.
 *
 * They are inline. A host's library exports functions of the same names, for languages that have no
 * headers; under PINTLE_NO_INLINE this header declares those instead.
 */
#ifdef PINTLE_NO_INLINE
#define PINTLE_CALL_ extern
#else
#define PINTLE_CALL_ static inline
#endif
";

/// A slot and where it stands.
pub struct Call<'a> {
    /// Its table.
    pub table: &'a Struct,
    /// The slot.
    pub field: &'a Field,
    /// Its type.
    pub function: &'a Function,
}

impl Call<'_> {
    /// `session`.
    pub fn noun(&self) -> String {
        self.table.table_name()
    }

    /// `pintle_session_send`.
    pub fn name(&self) -> String {
        doc::function(&self.noun(), &self.field.name)
    }

    /// Whether `plugin->api` leads to the table, rather than `extension`.
    pub fn is_direct(&self, model: &Model) -> bool {
        self.noun() == "api"
            || model.find("Api").is_some_and(|api| api.fields.iter().any(|f| f.name == self.noun()))
    }

    fn since(&self) -> u16 {
        self.field.tags.since().unwrap_or(0)
    }
}

/// Every slot of every table.
pub fn all(model: &Model) -> impl Iterator<Item = Call<'_>> {
    model
        .tables()
        .flat_map(|table| table.slots().map(move |(field, function)| Call { table, field, function }))
}

/// The calls in C.
pub fn text(model: &Model) -> String {
    let mut out = HEAD.to_owned();
    let mut noun = String::new();
    for call in all(model) {
        if noun != call.noun() {
            noun = call.noun();
            out.push('\n');
        }
        out += &signature(model, &call, "PINTLE_CALL_");
        out += ";\n";
    }
    out += "\n#undef PINTLE_CALL_\n\n#ifndef PINTLE_NO_INLINE\n";
    for call in all(model) {
        out.push('\n');
        out += &signature(model, &call, "static inline");
        out += &body(model, &call);
    }
    out + "\n#endif\n"
}

fn signature(model: &Model, call: &Call<'_>, linkage: &str) -> String {
    let mut parameters: Vec<String> = call.function.parameters.iter().map(|p| p.kind.c(&p.name)).collect();
    if !call.is_direct(model) {
        parameters.insert(0, format!("const {} *{}", c_type(&call.table.name), call.noun()));
    }
    let head = format!("{linkage} int32_t {}(", call.name());
    let mut out = head.clone();
    let mut column = head.len();
    for (index, parameter) in parameters.iter().enumerate() {
        let last = index + 1 == parameters.len();
        let text = format!("{parameter}{}", if last { ")" } else { "," });
        if index > 0 && column + 1 + text.len() + 2 > WIDTH {
            out += &format!("\n{}", " ".repeat(8));
            column = 8;
        } else if index > 0 {
            out.push(' ');
            column += 1;
        }
        out += &text;
        column += text.len();
    }
    out
}

fn body(model: &Model, call: &Call<'_>) -> String {
    let noun = call.noun();
    let slot = &call.field.name;
    let direct = call.is_direct(model);
    let table = match (noun.as_str(), direct) {
        ("api", _) => "plugin->api".to_owned(),
        (_, true) => format!("plugin->api->{noun}"),
        (_, false) => noun.clone(),
    };
    let mut out = " {\n".to_owned();
    let unusable =
        if direct { "plugin == NULL".to_owned() } else { format!("{noun} == NULL || plugin == NULL") };
    out += &format!("    if ({unusable}) {{\n        return PINTLE_E_ARGUMENT;\n    }}\n");
    let mut absent = Vec::new();
    if direct
        && let Some(field) =
            model.find("Api").and_then(|api| api.fields.iter().find(|field| field.name == noun))
        && field.tags.since().unwrap_or(0) > 0
    {
        absent.push(format!("!PINTLE_HAS(plugin->api, pintle_api_t, {noun})"));
    }
    if call.since() > 0 {
        absent.push(format!("!PINTLE_HAS({table}, {}, {slot})", c_type(&call.table.name)));
    }
    if !absent.is_empty() {
        out +=
            &format!("    if ({}) {{\n        return PINTLE_E_UNSUPPORTED;\n    }}\n", absent.join(" || "));
    }
    out + &format!("    return {table}->{slot}({});\n}}\n", call.function.arguments())
}
