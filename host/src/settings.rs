//! The settings that a plugin declares in its descriptor. The grammar stands with the descriptor in `abi-core`; this is
//! the only reader of it.

mod reader;

use std::fmt::{self, Display};

pub use reader::parse;

/// One setting of a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Setting {
    /// Its name, by which a configuration sets it.
    pub name: String,
    /// The type of its values.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub kind: Kind,
    /// Whether a configuration must set it.
    pub required: bool,
    /// The value if a configuration does not have the setting; `None`: the plugin decides.
    pub default: Option<Value>,
    /// One sentence.
    pub description: String,
}

/// The type of a setting. A range includes both its ends.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(tag = "type", rename_all = "snake_case"))]
pub enum Kind {
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Int {
        /// The least that is allowed.
        least: Option<i64>,
        /// The most that is allowed.
        most: Option<i64>,
    },
    /// A number.
    Number {
        /// The least that is allowed.
        least: Option<f64>,
        /// The most that is allowed.
        most: Option<f64>,
    },
    /// Any text.
    Text,
    /// One of these words.
    Choice {
        /// The words.
        words: Vec<String>,
    },
    /// Any number of texts.
    Texts,
    /// A type that this host does not know: the plugin was built for a later minor version. The description is the rest
    /// of its line.
    Unknown {
        /// The word that names it.
        word: String,
    },
}

// Numbers are read from decimals: none of them is NaN.
impl Eq for Kind {}

/// A value of a setting.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(untagged))]
pub enum Value {
    /// Of `bool`.
    Bool(bool),
    /// Of `int`.
    Int(i64),
    /// Of `number`.
    Number(f64),
    /// Of `text` and `choice`.
    Text(String),
    /// Of `texts`.
    Texts(Vec<String>),
}

impl Eq for Value {}

impl Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn range<T: Display>(
            f: &mut fmt::Formatter<'_>,
            name: &str,
            least: Option<T>,
            most: Option<T>,
        ) -> fmt::Result {
            let end = |end: Option<T>| end.map_or_else(String::new, |end| end.to_string());
            match (least, most) {
                (None, None) => f.write_str(name),
                (least, most) => write!(f, "{name} {}..{}", end(least), end(most)),
            }
        }
        match self {
            Self::Bool => f.write_str("bool"),
            Self::Int { least, most } => range(f, "int", *least, *most),
            Self::Number { least, most } => range(f, "number", *least, *most),
            Self::Text => f.write_str("text"),
            Self::Choice { words } => write!(f, "choice {}", words.join("|")),
            Self::Texts => f.write_str("texts"),
            Self::Unknown { word } => f.write_str(word),
        }
    }
}

/// As the grammar writes it.
impl Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Number(value) => write!(f, "{value}"),
            Self::Text(text) => f.write_str(&quoted(text)),
            Self::Texts(texts) => {
                f.write_str(&texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(","))
            }
        }
    }
}

/// A text as the grammar writes it.
fn quoted(text: &str) -> String {
    if !text.is_empty() && !text.contains([' ', ',', '"']) {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Why settings that a plugin declares cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The line, from 1.
    pub line: usize,
    /// The character in it, from 1.
    pub column: usize,
    /// What is wrong there, and what is expected there.
    pub what: String,
}

impl Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(line: &str) -> Setting {
        let mut settings = parse(line, false).unwrap_or_else(|mistake| panic!("{line}: {mistake}"));
        assert_eq!(settings.len(), 1, "{line}");
        settings.remove(0)
    }

    #[test]
    fn nothing_declares_nothing() {
        assert_eq!(parse("", false), Ok(Vec::new()));
    }

    #[test]
    fn every_type_is_read_and_written_as_it_was() {
        let kinds = [
            ("bool", Kind::Bool),
            ("int", Kind::Int { least: None, most: None }),
            ("int 1..65535", Kind::Int { least: Some(1), most: Some(65535) }),
            ("int -5..", Kind::Int { least: Some(-5), most: None }),
            ("number ..0.5", Kind::Number { least: None, most: Some(0.5) }),
            ("number", Kind::Number { least: None, most: None }),
            ("text", Kind::Text),
            ("choice a|b|c", Kind::Choice { words: ["a", "b", "c"].map(str::to_owned).to_vec() }),
            ("texts", Kind::Texts),
        ];
        for (text, kind) in kinds {
            let setting = one(&format!("some-name_2 {text} What it is, with = and ! and 1..2 in it."));
            assert_eq!(
                (&setting.name[..], setting.required, &setting.default),
                ("some-name_2", false, &None)
            );
            assert_eq!((&setting.kind, &setting.kind.to_string()[..]), (&kind, text));
            assert_eq!(setting.description, "What it is, with = and ! and 1..2 in it.");
            assert!(one(&format!("a {text} ! It")).required);
        }
    }

    #[test]
    fn defaults_have_the_type_of_their_setting() {
        let texts = |texts: &[&str]| Value::Texts(texts.iter().map(|text| (*text).to_owned()).collect());
        let defaults = [
            ("bool =true", Value::Bool(true)),
            ("int =-7", Value::Int(-7)),
            ("int 1..3 =3", Value::Int(3)),
            ("number 0..1 =0.25", Value::Number(0.25)),
            ("text =/var/lib", Value::Text("/var/lib".to_owned())),
            (r#"text ="""#, Value::Text(String::new())),
            (r#"text ="a \"b\" \\, é""#, Value::Text(r#"a "b" \, é"#.to_owned())),
            ("choice fast|safe =safe", Value::Text("safe".to_owned())),
            ("texts =", texts(&[])),
            (r#"texts =.git,"a b","""#, texts(&[".git", "a b", ""])),
        ];
        for (text, value) in defaults {
            let setting = one(&format!("a {text} It"));
            assert_eq!(setting.default.as_ref(), Some(&value), "{text}");
            assert!(text.ends_with(&format!("={value}")), "{text} is written as {value}");
            assert_eq!((setting.required, &setting.description[..]), (false, "It"), "{text}");
        }
    }

    #[test]
    fn a_mistake_is_found_where_it_is() {
        let mistakes = [
            ("a bool It\n\nb bool It", (2, 1), "remove empty lines"),
            ("a bool It\n\n", (2, 1), "remove empty lines"),
            (" a bool It", (1, 1), "spaces"),
            ("Port int It", (1, 1), "\"Port\" is no name"),
            ("a.b int It", (1, 1), "is no name"),
            ("a", (1, 2), "the type is missing"),
            ("a flag It", (1, 3), "\"flag\" is no type; use bool, int"),
            ("a  int It", (1, 3), "one space"),
            ("a int", (1, 6), "a sentence that says what it is for is missing"),
            ("a int ", (1, 7), "is missing"),
            ("a int 1..2", (1, 11), "is missing"),
            ("a int =1", (1, 9), "is missing"),
            ("a int 1...2 It", (1, 7), "no end of a range"),
            ("a int 1..x It", (1, 7), "\"x\" is no end of a range"),
            ("a int 3..2 It", (1, 7), "range is empty"),
            ("a int 1..2 =3 It", (1, 13), "\"3\" is no value of int 1..2"),
            ("a int =+1 It", (1, 8), "\"+1\" is no value of int"),
            ("a int =99999999999999999999 It", (1, 8), "is no value of int"),
            ("a number =.5 It", (1, 11), "is no value of number"),
            ("a number =nan It", (1, 11), "is no value of number"),
            ("a bool =yes It", (1, 9), "\"yes\" is no value of bool"),
            ("a choice It", (1, 10), "no list of choices; write it as fast|safe"),
            ("a choice x||y It", (1, 10), "no list of choices"),
            ("a choice x|y|x It", (1, 10), "\"x\" is twice"),
            ("a choice x|y =z It", (1, 15), "\"z\" is no value of choice x|y"),
            ("a text = It", (1, 9), "a text should stand here"),
            ("a text =\"x It", (1, 9), "has no end"),
            ("a text =\"é\\n\" It", (1, 11), "may follow a backslash"),
            ("a text =x,y It", (1, 10), "a space should stand here"),
            ("a texts =x,, It", (1, 12), "a text should stand here"),
            ("a bool Tab\there", (1, 11), "control character '\\t'"),
            ("a bool It\nb int It\na text It", (3, 1), "a is declared in line 1 already"),
        ];
        for (text, place, words) in mistakes {
            let mistake = parse(text, false).expect_err(text);
            assert_eq!((mistake.line, mistake.column), place, "{text:?}: {mistake}");
            assert!(mistake.what.contains(words), "{text:?}: {mistake}");
        }
    }

    #[test]
    fn a_type_of_a_later_version_is_no_mistake_in_a_newer_plugin() {
        let text = "wait duration 1s..1h =5s How long it waits\nloud bool =true It";
        let settings = parse(text, true).unwrap();
        assert_eq!(settings[0].kind, Kind::Unknown { word: "duration".to_owned() });
        assert_eq!(settings[0].description, "1s..1h =5s How long it waits");
        assert_eq!(settings[1].default, Some(Value::Bool(true)));
        assert!(parse(text, false).unwrap_err().what.contains("\"duration\" is no type"));
    }
}
