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

    /// The first paragraph of the slot's comment.
    pub fn summary(&self) -> &str {
        self.field.prose().split("\n\n").next().unwrap_or_default()
    }

    /// What must be seen to be there before the call: the members on its way that came after 1.0.
    pub fn absences(&self, model: &Model) -> Vec<Absence> {
        let noun = self.noun();
        let is_late = |field: &Field| field.tags.since().is_some_and(|since| since > 0);
        let mut absences = Vec::new();
        if let Some(api) = model.find("Api")
            && api.fields.iter().any(|field| field.name == noun && is_late(field))
        {
            absences.push(Absence {
                table_in_c: "plugin->api".to_owned(),
                table_in_rust: "(*plugin).api".to_owned(),
                kind: api.name.clone(),
                member: noun.clone(),
            });
        }
        if is_late(self.field) {
            let (table_in_c, table_in_rust) = match (noun.as_str(), self.is_direct(model)) {
                ("api", _) => ("plugin->api".to_owned(), "(*plugin).api".to_owned()),
                (_, true) => (format!("plugin->api->{noun}"), format!("(*(*plugin).api).{noun}")),
                (_, false) => (noun.clone(), noun),
            };
            let kind = self.table.name.clone();
            absences.push(Absence { table_in_c, table_in_rust, kind, member: self.field.name.clone() });
        }
        absences
    }
}

/// A member that an older host may not have.
pub struct Absence {
    /// The table that holds it, in C.
    pub table_in_c: String,
    /// The table that holds it, in Rust.
    pub table_in_rust: String,
    /// The table's Rust name.
    pub kind: String,
    /// The member.
    pub member: String,
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
    let absent: Vec<String> = call
        .absences(model)
        .iter()
        .map(|absence| {
            format!("!PINTLE_HAS({}, {}, {})", absence.table_in_c, c_type(&absence.kind), absence.member)
        })
        .collect();
    if !absent.is_empty() {
        out +=
            &format!("    if ({}) {{\n        return PINTLE_E_UNSUPPORTED;\n    }}\n", absent.join(" || "));
    }
    out + &format!("    return {table}->{slot}({});\n}}\n", call.function.arguments())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = r#"
/// Minor.
pub const ABI_MINOR: u16 = 2;
/// The pointer.
#[repr(C)]
pub struct Plugin {
    /// The tables.
    pub api: *const Api,
}
/// The tables.
#[repr(C)]
pub struct Api {
    /// Bytes.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Stops.
    ///
    /// `[thread: any] [state: any] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub stop: unsafe extern "C" fn(plugin: *mut Plugin) -> i32,
    /// The log. [since: 1.1]
    pub log: *const LogApi,
}
/// The log.
#[repr(C)]
pub struct LogApi {
    /// Bytes.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Writes.
    ///
    /// `[thread: any] [state: any] [reentrant: yes] [blocking: no] [since: 1.2]`
    pub write: unsafe extern "C" fn(plugin: *mut Plugin, level: u32) -> i32,
}
/// Found by its id.
#[repr(C)]
pub struct IoApi {
    /// Bytes.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Watches.
    ///
    /// `[thread: any] [state: any] [reentrant: yes] [blocking: no] [since: 1.0]`
    pub watch: unsafe extern "C" fn(plugin: *mut Plugin) -> i32,
}
"#;

    #[test]
    fn a_call_asks_for_what_an_older_host_lacks() {
        let text = text(&Model::from_sources(&[("api".to_owned(), SOURCE.to_owned())]).unwrap());
        let late = "static inline int32_t pintle_log_write(pintle_plugin_t *plugin, uint32_t level) {
    if (plugin == NULL) {
        return PINTLE_E_ARGUMENT;
    }
    if (!PINTLE_HAS(plugin->api, pintle_api_t, log) || !PINTLE_HAS(plugin->api->log, pintle_log_api_t, write)) {
        return PINTLE_E_UNSUPPORTED;
    }
    return plugin->api->log->write(plugin, level);
}
";
        assert!(text.contains(late), "{text}");
        let old = "static inline int32_t pintle_stop(pintle_plugin_t *plugin) {
    if (plugin == NULL) {
        return PINTLE_E_ARGUMENT;
    }
    return plugin->api->stop(plugin);
}
";
        assert!(text.contains(old), "{text}");
        let found =
            "static inline int32_t pintle_io_watch(const pintle_io_api_t *io, pintle_plugin_t *plugin) {
    if (io == NULL || plugin == NULL) {
";
        assert!(text.contains(found), "{text}");
    }
}
