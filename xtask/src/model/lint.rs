//! The rules that the contract keeps about itself.

use super::{Field, Function, HOST_MODULE, Model, Module, Struct, Tags, Type, Width, tags};

/// Words that a member or parameter cannot be called in C or C++.
const KEYWORDS: [&str; 28] = [
    "auto",
    "bool",
    "case",
    "char",
    "class",
    "const",
    "default",
    "delete",
    "double",
    "explicit",
    "export",
    "extern",
    "float",
    "friend",
    "inline",
    "int",
    "long",
    "namespace",
    "new",
    "operator",
    "private",
    "protected",
    "public",
    "register",
    "short",
    "signed",
    "this",
    "void",
];

/// Every breach, one sentence each, beginning with file, line, struct and member.
pub fn faults(model: &Model) -> Vec<String> {
    let mut faults = Vec::new();
    for module in &model.modules {
        for item in &module.structs {
            let mut lint = Lint { model, module, item, faults: &mut faults };
            lint.layout();
            lint.names();
            lint.lifetimes();
            lint.growth();
            if module.name != HOST_MODULE && item.slots().next().is_some() {
                lint.table();
            }
        }
    }
    faults
}

struct Lint<'a> {
    model: &'a Model,
    module: &'a Module,
    item: &'a Struct,
    faults: &'a mut Vec<String>,
}

impl<'a> Lint<'a> {
    fn fault(&mut self, field: &Field, text: &str) {
        self.faults.push(format!(
            "abi-core/src/{}.rs:{}: {}::{}: {text}",
            self.module.name, field.line, self.item.name, field.name
        ));
    }

    fn fields(&self) -> std::slice::Iter<'a, Field> {
        let item: &'a Struct = self.item;
        item.fields.iter()
    }

    /// No hole on any target, and every 64-bit number at a multiple of 8 even where C would not ask for it.
    fn layout(&mut self) {
        for width in [Width::Bits64, Width::Bits32, Width::I686] {
            let layout = self.model.layout(self.item, width);
            let bits = width.pointer() * 8;
            let mut end = 0;
            let mut holds_wide = false;
            for (field, (offset, size)) in self.fields().zip(&layout.members) {
                if *offset != end {
                    self.fault(
                        field,
                        &format!(
                            "{} bytes of hidden padding before it on {bits}-bit: say them",
                            offset - end
                        ),
                    );
                    return;
                }
                end = offset + size;
                let wide = self.is_wide(&field.kind);
                holds_wide |= wide;
                if wide && offset % 8 != 0 {
                    self.fault(
                        field,
                        &format!("64 bits at offset {offset} on {bits}-bit: move to a multiple of 8"),
                    );
                    return;
                }
            }
            let Some(last) = self.item.fields.last() else { return };
            if layout.size != end || (holds_wide && end % 8 != 0) {
                self.fault(last, &format!("hidden padding behind it on {bits}-bit: say it"));
                return;
            }
        }
    }

    fn is_wide(&self, kind: &Type) -> bool {
        match kind {
            Type::Number(name) => name.ends_with("64"),
            Type::Array { of, .. } => self.is_wide(of),
            Type::Named(name) => {
                self.model.find(name).is_some_and(|item| item.fields.iter().any(|f| self.is_wide(&f.kind)))
            }
            _ => false,
        }
    }

    fn names(&mut self) {
        for field in self.fields() {
            if field.doc.is_empty() {
                self.fault(field, "has no comment");
            }
            self.type_names(field, &field.kind);
        }
    }

    fn type_names(&mut self, field: &Field, kind: &Type) {
        match kind {
            Type::Pointer { to, .. } => self.type_names(field, to),
            Type::Array { of, .. } => self.type_names(field, of),
            Type::Named(name) if self.model.find(name).is_none() => {
                self.fault(field, &format!("`{name}` is not a struct of the contract"));
            }
            Type::Function(function) => {
                for parameter in &function.parameters {
                    if KEYWORDS.contains(&parameter.name.as_str()) {
                        self.fault(
                            field,
                            &format!("parameter `{}` is a keyword of C or C++", parameter.name),
                        );
                    }
                    self.type_names(field, &parameter.kind);
                }
            }
            _ => {}
        }
        if KEYWORDS.contains(&field.name.as_str()) {
            self.fault(field, "is a keyword of C or C++");
        }
    }

    fn lifetimes(&mut self) {
        for field in self.fields() {
            for word in tags::lifetimes(&field.doc) {
                if !tags::LIFETIMES.contains(&word) {
                    self.fault(field, &format!("`[{word}]` is no lifetime; use {}", join(&tags::LIFETIMES)));
                }
            }
        }
    }

    /// A table begins with its size, and holds functions that look alike.
    fn table(&mut self) {
        if let Some(first) = self.item.fields.first()
            && (first.name != "size" || first.kind != Type::Number("u32".to_owned()))
        {
            self.fault(first, "a table begins with `size: u32`");
        }
        for field in self.fields() {
            if let Type::Function(function) = &field.kind {
                self.slot(field, function);
            } else if field.tags.words.iter().any(|(key, _)| key != "since") {
                self.fault(field, "has the tags of a slot, but is no function");
            }
        }
    }

    /// What came later stands behind what was there before, and is no newer than the contract.
    fn growth(&mut self) {
        let minor = self.model.number("ABI_MINOR").unwrap_or(0);
        let mut newest = 0;
        for field in self.fields() {
            match field.tags.since() {
                Some(since) if i128::from(since) > minor => {
                    self.fault(field, &format!("since 1.{since}, but ABI_MINOR is {minor}"));
                }
                Some(since) if since < newest => {
                    self.fault(field, &format!("since 1.{since}, behind a member of 1.{newest}: append it"));
                }
                Some(since) => newest = since,
                None => self.fault(field, "`[since: …]` is not a version like 1.0"),
            }
        }
    }

    fn slot(&mut self, field: &Field, function: &Function) {
        let Tags { words } = &field.tags;
        for key in tags::REQUIRED {
            match words.iter().filter(|(word, _)| word == key).count() {
                0 => self.fault(field, &format!("lacks the tag `[{key}: …]`")),
                1 => {}
                _ => self.fault(field, &format!("has the tag `[{key}: …]` twice")),
            }
        }
        let known = |key: &str| tags::REQUIRED.contains(&key) || key == "message";
        for (key, _) in words.iter().filter(|(key, _)| !known(key)) {
            self.fault(field, &format!("`[{key}: …]` is no tag; see the vocabulary in abi-core/src/lib.rs"));
        }
        self.value(field, "thread", field.tags.threads().is_some(), "kernel, worker, any, isr, joined by |");
        self.value(field, "state", field.tags.state().is_some(), "running, live, any");
        self.value(field, "reentrant", field.tags.reentrant().is_some(), "yes, no");
        self.value(field, "blocking", field.tags.blocking().is_some(), "yes, no");
        self.value(field, "message", field.tags.message().is_some(), "borrow, hand-over");
        let takes_message = function.parameters.iter().any(|p| self.brings_message(&p.kind));
        if field.tags.get("message").is_some() && !takes_message {
            self.fault(field, "is tagged `[message: …]` but takes none");
        }
        if function.result.as_deref() != Some(&Type::Number("i32".to_owned())) {
            self.fault(field, "must return a status, `i32`");
        }
        let plugin = Type::Pointer { mutable: true, to: Box::new(Type::Named("Plugin".to_owned())) };
        if function.parameters.first().is_none_or(|p| p.name != "plugin" || p.kind != plugin) {
            self.fault(field, "must take `plugin: *mut Plugin` first");
        }
        if function.nullable == self.item.is_table() {
            let rule =
                if function.nullable { "a slot is never NULL" } else { "a callback may be NULL: Option" };
            self.fault(field, rule);
        }
    }

    /// Whether a parameter is a message, or points to a struct that has one.
    fn brings_message(&self, kind: &Type) -> bool {
        let message = Type::Named("Message".to_owned());
        match kind {
            Type::Pointer { to, .. } => match &**to {
                Type::Named(name) => {
                    self.model.find(name).is_some_and(|item| item.fields.iter().any(|f| f.kind == message))
                }
                _ => false,
            },
            kind => *kind == message,
        }
    }

    fn value(&mut self, field: &Field, key: &str, legal: bool, vocabulary: &str) {
        if let Some(value) = field.tags.get(key)
            && !legal
        {
            self.fault(field, &format!("`[{key}: {value}]` is outside the vocabulary: {vocabulary}"));
        }
    }
}

fn join(words: &[&str]) -> String {
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::Model;

    const TABLE: &str = r#"
/// The pointer.
#[repr(C)]
pub struct Plugin {
    /// Tables.
    pub api: *const LogApi,
}
/// Bytes on their way.
#[repr(C)]
pub struct Message {
    /// The handle.
    pub bits: u64,
}
/// A table.
#[repr(C)]
pub struct LogApi {
    /// Bytes.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Writes. `[call]`
    ///
    /// `[thread: any|isr] [state: any] [reentrant: yes] [blocking: no] [message: borrow] [since: 1.0]`
    pub write: unsafe extern "C" fn(plugin: *mut Plugin, message: Message) -> i32,
}
"#;

    fn errors(old: &str, new: &str) -> String {
        assert!(TABLE.contains(old), "the fault must be planted");
        let text = TABLE.replace(old, new);
        match Model::from_sources(&[("log".to_owned(), text)]) {
            Ok(_) => String::new(),
            Err(error) => format!("{error:#}"),
        }
    }

    #[test]
    fn a_sound_table_passes() {
        assert_eq!(errors("Writes", "Writes"), "");
    }

    #[test]
    fn every_planted_fault_is_named() {
        for (old, new, expected) in [
            ("[thread: any|isr] ", "", "abi-core/src/log.rs:21: LogApi::write: lacks the tag `[thread: …]`"),
            ("[state: any] ", "", "lacks the tag `[state: …]`"),
            ("[reentrant: yes] ", "", "lacks the tag `[reentrant: …]`"),
            ("[blocking: no] ", "", "lacks the tag `[blocking: …]`"),
            (" [since: 1.0]", "", "lacks the tag `[since: …]`"),
            ("any|isr", "any|moon", "`[thread: any|moon]` is outside the vocabulary"),
            ("state: any", "state: tired", "`[state: tired]` is outside the vocabulary"),
            ("reentrant: yes", "reentrant: maybe", "`[reentrant: maybe]` is outside the vocabulary"),
            ("blocking: no", "blocking: no] [blocking: no", "has the tag `[blocking: …]` twice"),
            ("blocking: no", "blocking: no] [colour: red", "`[colour: …]` is no tag"),
            ("message: borrow", "message: eat", "`[message: eat]` is outside the vocabulary"),
            (", message: Message", "", "is tagged `[message: …]` but takes none"),
            ("since: 1.0", "since: 1.7", "since 1.7, but ABI_MINOR is 0"),
            ("since: 1.0", "since: soon", "`[since: …]` is not a version"),
            ("`[call]`", "`[forever]`", "`[forever]` is no lifetime"),
            (") -> i32", ") -> u32", "must return a status"),
            ("fn(plugin: *mut Plugin, ", "fn(", "must take `plugin: *mut Plugin` first"),
            ("fn(plugin: *mut Plugin, ", "fn(*mut Plugin, ", "parameter 1 has no name"),
            ("pub size: u32", "pub length: u32", "a table begins with `size: u32`"),
            ("pub reserved: u32", "pub reserved: u64", "hidden padding before it on 64-bit"),
            ("    /// Zero.\n    pub reserved: u32,\n", "", "hidden padding before it on 64-bit"),
            ("pub bits: u64", "pub bits: u64,\n    /// More.\n    pub more: u32", "hidden padding behind it"),
            (
                "pub api: *const",
                "/// Odd.\n    pub odd: u32,\n    /// Wide.\n    pub api: *const",
                "hidden padding",
            ),
            ("unsafe extern \"C\" fn(", "Option<Alias>, //(", "Option of anything but a function pointer"),
            ("unsafe extern", "extern", "nothing else crosses"),
            ("/// Zero.\n", "", "LogApi::reserved: has no comment"),
            ("message: Message)", "class: Message)", "parameter `class` is a keyword"),
            ("message: Message)", "message: Letter)", "`Letter` is not a struct of the contract"),
            ("#[repr(C)]\npub struct LogApi", "pub struct LogApi", "lacks #[repr(C)]"),
            ("/// A table.", "type Alias = u32;\n/// A table.", "type Alias"),
        ] {
            let errors = errors(old, new);
            assert!(errors.contains(expected), "{old:?} -> {new:?}: {errors:?} lacks {expected:?}");
        }
    }

    #[test]
    fn wide_numbers_stay_aligned_on_i686_too() {
        let text = "/// A.\n#[repr(C)]\npub struct A {\n    /// P.\n    pub p: *const u8,\n    /// W.\n    pub w: u64,\n}\n";
        let error = Model::from_sources(&[("view".to_owned(), text.to_owned())]).unwrap_err().to_string();
        assert!(error.contains("A::w: 4 bytes of hidden padding before it on 32-bit"), "{error}");
    }
}
