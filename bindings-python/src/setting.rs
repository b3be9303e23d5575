//! The settings that a plugin declares.

use pintle_host::settings::{Kind, Value};
use pyo3::prelude::*;

/// A value as Python has it.
#[derive(Clone, IntoPyObject, IntoPyObjectRef)]
enum Given {
    Bool(bool),
    Int(i64),
    Number(f64),
    Text(String),
    Texts(Vec<String>),
}

impl From<Value> for Given {
    fn from(value: Value) -> Self {
        match value {
            Value::Bool(value) => Self::Bool(value),
            Value::Int(value) => Self::Int(value),
            Value::Number(value) => Self::Number(value),
            Value::Text(value) => Self::Text(value),
            Value::Texts(value) => Self::Texts(value),
        }
    }
}

/// One setting that a plugin declares.
#[pyclass(frozen, get_all, module = "pintle")]
#[derive(Clone)]
pub(crate) struct Setting {
    /// The name of the setting in a configuration.
    name: String,
    /// Its type: `bool`, `int`, `number`, `text`, `choice`, `texts`, or a word that this host does not know.
    r#type: String,
    /// The least value of an int or a number; None if there is no bound.
    least: Option<Given>,
    /// The greatest value of an int or a number; None if there is no bound.
    most: Option<Given>,
    /// The values that a choice can have.
    words: Vec<String>,
    /// Whether a configuration must have the setting.
    required: bool,
    /// The value that applies if a configuration does not have the setting; None if the plugin decides.
    default: Option<Given>,
    /// One sentence.
    description: String,
}

impl Setting {
    pub(crate) fn of(setting: pintle_host::settings::Setting) -> Self {
        let (mut least, mut most, mut words) = (None, None, Vec::new());
        let name = match setting.kind {
            Kind::Bool => "bool".to_owned(),
            Kind::Int { least: low, most: high } => {
                (least, most) = (low.map(Given::Int), high.map(Given::Int));
                "int".to_owned()
            }
            Kind::Number { least: low, most: high } => {
                (least, most) = (low.map(Given::Number), high.map(Given::Number));
                "number".to_owned()
            }
            Kind::Text => "text".to_owned(),
            Kind::Choice { words: list } => {
                words = list;
                "choice".to_owned()
            }
            Kind::Texts => "texts".to_owned(),
            Kind::Unknown { word } => word,
        };
        Self {
            name: setting.name,
            r#type: name,
            least,
            most,
            words,
            required: setting.required,
            default: setting.default.map(Given::from),
            description: setting.description,
        }
    }
}

#[pymethods]
impl Setting {
    fn __repr__(&self) -> String {
        format!("<pintle.Setting {}: {}>", self.name, self.r#type)
    }
}
