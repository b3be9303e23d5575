//! `abi/1.0.json`: what the ABI is, in the tree, so that every change to it is a deliberate one.

mod compare;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::header::fingerprint;
use crate::model::{Model, Struct, Type, Value, Width, c_name, c_type};

/// The committed snapshot, below the repository's root.
const PATH: &str = "abi/1.0.json";

/// Everything that a plugin or host in binary form relies on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// `major.minor`.
    pub abi: String,
    /// The fingerprint by target: `64 little` and so on.
    pub fingerprints: BTreeMap<String, String>,
    /// C name and value.
    pub constants: Vec<Constant>,
    /// In the order of the headers.
    pub structs: Vec<Layout>,
}

/// A constant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constant {
    /// Its C name.
    pub name: String,
    /// Its value; bytes in hexadecimal.
    pub value: String,
}

/// A struct.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// Its C name.
    pub name: String,
    /// Its size, in bytes.
    pub size: Pair,
    /// In memory order.
    pub members: Vec<Member>,
}

/// A member of a struct.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Its C type; a function without the names of its parameters.
    #[serde(rename = "type")]
    pub kind: String,
    /// Bytes from the struct's first.
    pub offset: Pair,
    /// Its size, in bytes.
    pub size: Pair,
    /// Its tags, as they stand in its comment; empty if it is not a slot or callback.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tags: String,
}

/// A number with 64-bit and with 32-bit pointers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair(pub usize, pub usize);

/// Writes the snapshot; with `check` compares it; with `against` sees that nothing of that file was taken back.
pub fn run(root: &Path, check: bool, against: Option<&Path>) -> Result<()> {
    let now = Snapshot::of(&Model::load(root)?);
    if let Some(file) = against {
        let breaches = compare::breaches(&Snapshot::read(file)?, &now);
        if breaches.is_empty() {
            println!("everything in {} still holds", file.display());
            return Ok(());
        }
        bail!(
            "the ABI may only grow at its ends, but since {}:\n  {}",
            file.display(),
            breaches.join("\n  ")
        );
    }
    let path = root.join(PATH);
    let text = now.text()?;
    let present = std::fs::read_to_string(&path).unwrap_or_default();
    if present == text {
        return Ok(());
    }
    if check {
        bail!(
            "the ABI is not what {PATH} says:\n{}\nIf that is meant, run `cargo xtask snapshot` and commit the result",
            compare::lines(&present, &text)
        );
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    println!("wrote {PATH}");
    Ok(())
}

impl Snapshot {
    /// The snapshot of a contract.
    pub fn of(model: &Model) -> Self {
        let minor = model.number("ABI_MINOR").unwrap_or_default();
        let major = model.number("ABI_MAJOR").unwrap_or_default();
        let fingerprints = fingerprint::TARGETS.map(|target| {
            let order = if target.big { "big" } else { "little" };
            let name = format!("{} {order}", target.width.pointer() * 8);
            (name, format!("{:016x}", fingerprint::of(model, target)))
        });
        Self {
            abi: format!("{major}.{minor}"),
            fingerprints: fingerprints.into(),
            constants: model
                .constants()
                .map(|constant| Constant { name: c_name(&constant.name), value: value(&constant.value) })
                .collect(),
            structs: model.structs().map(|item| layout(model, item)).collect(),
        }
    }

    fn read(path: &Path) -> Result<Self> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{} is not a snapshot", path.display()))
    }

    /// One line for each constant and member, so that a difference is a line.
    fn text(&self) -> Result<String> {
        let mut out = format!("{{\n  \"abi\": {},\n", json(&self.abi)?);
        out += &format!("  \"fingerprints\": {},\n", json(&self.fingerprints)?);
        let constants = self.constants.iter().map(json).collect::<Result<Vec<_>>>()?;
        out += &format!("  \"constants\": [\n    {}\n  ],\n  \"structs\": [", constants.join(",\n    "));
        for (index, item) in self.structs.iter().enumerate() {
            let members = item.members.iter().map(json).collect::<Result<Vec<_>>>()?;
            out += if index > 0 { ",\n    {" } else { "\n    {" };
            out += &format!("\"name\": {}, \"size\": {}, ", json(&item.name)?, json(&item.size)?);
            out += &format!("\"members\": [\n      {}\n    ]}}", members.join(",\n      "));
        }
        Ok(out + "\n  ]\n}\n")
    }
}

fn json<T: Serialize>(value: &T) -> Result<String> {
    Ok(serde_json::to_string(value)?)
}

fn value(value: &Value) -> String {
    match value {
        Value::Number(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

fn layout(model: &Model, item: &Struct) -> Layout {
    let wide = model.layout(item, Width::Bits64);
    let narrow = model.layout(item, Width::Bits32);
    let places = wide.members.iter().zip(&narrow.members);
    let members = item.fields.iter().zip(places).map(|(field, (wide, narrow))| Member {
        name: field.name.clone(),
        kind: match &field.kind {
            Type::Function(function) => function.signature(),
            kind => kind.c(""),
        },
        offset: Pair(wide.0, narrow.0),
        size: Pair(wide.1, narrow.1),
        tags: field.tags.line(),
    });
    Layout { name: c_type(&item.name), size: Pair(wide.size, narrow.size), members: members.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_reads_back() {
        let source = "/// A.\n#[repr(C)]\npub struct Text {\n    /// D.\n    pub data: *const c_char,\n    /// L.\n    \
                      pub length: usize,\n}\n/// N.\npub const N: u32 = 7;\n";
        let model = Model::from_sources(&[("view".to_owned(), source.to_owned())]).unwrap();
        let snapshot = Snapshot::of(&model);
        assert_eq!(serde_json::from_str::<Snapshot>(&snapshot.text().unwrap()).unwrap(), snapshot);
        assert_eq!(snapshot.structs[0].members[1].offset, Pair(8, 4));
        assert_eq!(snapshot.constants[0], Constant { name: "PINTLE_N".into(), value: "7".into() });
    }

    #[test]
    fn drift_is_shown_line_by_line() {
        let copy = tempfile::tempdir().unwrap();
        let folder = copy.path().join("abi-core/src");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("status.rs"), "/// One.\npub const E_ONE: i32 = 1;\n").unwrap();
        run(copy.path(), false, None).unwrap();
        run(copy.path(), true, None).unwrap();
        let frozen = copy.path().join("frozen.json");
        std::fs::copy(copy.path().join(PATH), &frozen).unwrap();

        std::fs::write(folder.join("status.rs"), "/// One.\npub const E_ONE: i32 = 2;\n").unwrap();
        let error = run(copy.path(), true, None).unwrap_err().to_string();
        assert!(error.contains("- {\"name\":\"PINTLE_E_ONE\",\"value\":\"1\"}"), "{error}");
        assert!(error.contains("+ {\"name\":\"PINTLE_E_ONE\",\"value\":\"2\"}"), "{error}");
        let error = run(copy.path(), false, Some(&frozen)).unwrap_err().to_string();
        assert!(error.contains("PINTLE_E_ONE was 1 and is 2"), "{error}");
    }
}
