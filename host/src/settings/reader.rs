//! Reading the text that declares settings, line by line.

use super::{Kind, Mistake, Setting, Value};

/// Reads the settings that a descriptor declares. `newer`: the plugin was built for a later minor version than this
/// host's, so a type that is not known here is no mistake.
///
/// # Errors
/// The first mistake.
pub fn parse(text: &str, newer: bool) -> Result<Vec<Setting>, Mistake> {
    let mut settings: Vec<Setting> = Vec::new();
    if text.is_empty() {
        return Ok(settings);
    }
    for (index, line) in text.strip_suffix('\n').unwrap_or(text).split('\n').enumerate() {
        let mut reader = Reader { line, at: 0 };
        let read = reader.setting(newer).and_then(|setting| {
            match settings.iter().position(|other| other.name == setting.name) {
                None => Ok(setting),
                Some(first) => Err(Wrong {
                    at: 0,
                    what: format!(
                        "the setting {} is declared in line {} already; give it another name",
                        setting.name,
                        first + 1
                    ),
                }),
            }
        });
        match read {
            Ok(setting) => settings.push(setting),
            Err(Wrong { at, what }) => {
                let column = line[..at].chars().count() + 1;
                return Err(Mistake { line: index + 1, column, what });
            }
        }
    }
    Ok(settings)
}

/// What is wrong at a byte of a line.
struct Wrong {
    at: usize,
    what: String,
}

/// A line, and how far it was read.
struct Reader<'a> {
    line: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.line[self.at..]
    }

    /// The word that begins here; nothing at the end of the line.
    fn peek(&self) -> &'a str {
        self.rest().split(' ').next().unwrap_or_default()
    }

    fn wrong<T>(&self, what: impl Into<String>) -> Result<T, Wrong> {
        Err(Wrong { at: self.at, what: what.into() })
    }

    /// Goes on behind `length` bytes and the space that must follow; `missing` is what stands behind it.
    fn pass(&mut self, length: usize, missing: &str) -> Result<(), Wrong> {
        self.at += length;
        if self.rest().is_empty() {
            return self.wrong(format!("{missing} is missing"));
        }
        match self.rest().strip_prefix(' ') {
            None => self.wrong(format!("a space should stand here, and behind it {missing}")),
            Some("") => {
                self.at += 1;
                self.wrong(format!("{missing} is missing"))
            }
            Some(more) => {
                self.at += 1;
                if more.starts_with(' ') {
                    self.wrong("one space is enough; remove this one")
                } else {
                    Ok(())
                }
            }
        }
    }

    fn setting(&mut self, newer: bool) -> Result<Setting, Wrong> {
        if let Some((at, c)) = self.line.char_indices().find(|(_, c)| c.is_control()) {
            return Err(Wrong { at, what: format!("the control character {c:?} has no place in a setting") });
        }
        let name = self.peek();
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
        if name.is_empty() {
            return self.wrong(
                "a setting should begin here, with its name; remove empty lines and spaces before it",
            );
        }
        if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(is_name) {
            return self.wrong(format!(
                "{name:?} is no name; use a small letter, and behind it small letters, digits, _ and -"
            ));
        }
        self.pass(name.len(), "the type")?;
        let kind = self.kind(newer)?;
        let (mut required, mut default) = (false, None);
        if matches!(kind, Kind::Unknown { .. }) {
            // Its line has a form of its own.
        } else if self.peek() == "!" {
            required = true;
            self.pass(1, SENTENCE)?;
        } else if self.rest().starts_with('=') {
            self.at += 1;
            default = Some(self.value(&kind)?);
            self.pass(0, SENTENCE)?;
        }
        let description = self.rest().to_owned();
        Ok(Setting { name: name.to_owned(), kind, required, default, description })
    }

    /// Reads a type with its range or choices, and the space behind it.
    fn kind(&mut self, newer: bool) -> Result<Kind, Wrong> {
        let word = self.peek();
        let known = ["bool", "int", "number", "text", "choice", "texts"].contains(&word);
        if !known && !newer {
            return self.wrong(format!("{word:?} is no type; use bool, int, number, text, choice or texts"));
        }
        self.pass(word.len(), if word == "choice" { "the list of its words" } else { SENTENCE })?;
        match word {
            "bool" => Ok(Kind::Bool),
            "int" => {
                let (least, most) = self.range(int)?;
                Ok(Kind::Int { least, most })
            }
            "number" => {
                let (least, most) = self.range(number)?;
                Ok(Kind::Number { least, most })
            }
            "text" => Ok(Kind::Text),
            "choice" => self.words(),
            "texts" => Ok(Kind::Texts),
            _ => Ok(Kind::Unknown { word: word.to_owned() }),
        }
    }

    /// A range, if one stands here, and the space behind it.
    fn range<T: PartialOrd + Copy>(
        &mut self,
        read: fn(&str) -> Option<T>,
    ) -> Result<(Option<T>, Option<T>), Wrong> {
        let word = self.peek();
        // A default can have two dots in it only where it is wrong, which its reader says.
        let Some((low, high)) = word.split_once("..").filter(|_| !word.starts_with('=')) else {
            return Ok((None, None));
        };
        let end = |text: &str| match read(text) {
            _ if text.is_empty() => Ok(None),
            None => self.wrong(format!("{text:?} is no end of a range; write it as 1..10, 1.. or ..10")),
            end => Ok(end),
        };
        let (least, most) = (end(low)?, end(high)?);
        if let (Some(least), Some(most)) = (least, most)
            && least > most
        {
            return self.wrong("the range is empty; its least value stands before the dots");
        }
        self.pass(word.len(), SENTENCE)?;
        Ok((least, most))
    }

    /// The words of a choice, and the space behind them.
    fn words(&mut self) -> Result<Kind, Wrong> {
        let list = self.peek();
        let words: Vec<String> = list.split('|').map(str::to_owned).collect();
        let is_double = |at: usize| words[..at].contains(&words[at]);
        if words.len() < 2 || words.iter().any(|word| word.is_empty() || word.contains([',', '"'])) {
            return self.wrong(format!("{list:?} is no list of choices; write it as fast|safe"));
        }
        if let Some(at) = (0..words.len()).find(|at| is_double(*at)) {
            return self.wrong(format!("{:?} is twice in the list of choices; remove one", words[at]));
        }
        self.pass(list.len(), SENTENCE)?;
        Ok(Kind::Choice { words })
    }

    /// A value of this kind.
    fn value(&mut self, kind: &Kind) -> Result<Value, Wrong> {
        let begin = self.at;
        let value = match kind {
            Kind::Texts => self.texts().map(Value::Texts)?,
            Kind::Text => self.text().map(Value::Text)?,
            _ => {
                let word = self.peek();
                self.at += word.len();
                read(kind, word).ok_or_else(|| Wrong {
                    at: begin,
                    what: format!("the default {word:?} is no value of {kind}"),
                })?
            }
        };
        Ok(value)
    }

    fn texts(&mut self) -> Result<Vec<String>, Wrong> {
        let mut texts = Vec::new();
        if self.rest().is_empty() || self.rest().starts_with(' ') {
            return Ok(texts);
        }
        loop {
            texts.push(self.text()?);
            if !self.rest().starts_with(',') {
                return Ok(texts);
            }
            self.at += 1;
        }
    }

    /// A text, bare or in quotation marks.
    fn text(&mut self) -> Result<String, Wrong> {
        let begin = self.at;
        let Some(inner) = self.rest().strip_prefix('"') else {
            let length = self.rest().find([' ', ',', '"']).unwrap_or(self.rest().len());
            if length == 0 {
                return self.wrong("a text should stand here; write an empty one as \"\"");
            }
            let text = &self.rest()[..length];
            self.at += length;
            return Ok(text.to_owned());
        };
        let mut text = String::new();
        let mut characters = inner.char_indices();
        while let Some((at, c)) = characters.next() {
            match c {
                '"' => {
                    self.at = begin + 1 + at + 1;
                    return Ok(text);
                }
                '\\' => match characters.next() {
                    Some((_, c @ ('"' | '\\'))) => text.push(c),
                    _ => {
                        let what = "only \\\" and \\\\ may follow a backslash in quotation marks".to_owned();
                        return Err(Wrong { at: begin + 1 + at, what });
                    }
                },
                c => text.push(c),
            }
        }
        self.wrong("the text that begins here has no end; close its quotation mark")
    }
}

/// What every setting ends with.
const SENTENCE: &str = "a sentence that says what it is for";

/// A word as a value of this kind, if it is one.
fn read(kind: &Kind, word: &str) -> Option<Value> {
    fn within<T: PartialOrd>(value: &T, least: &Option<T>, most: &Option<T>) -> bool {
        least.as_ref().is_none_or(|least| value >= least) && most.as_ref().is_none_or(|most| value <= most)
    }
    match kind {
        Kind::Bool => word.parse().ok().map(Value::Bool),
        Kind::Int { least, most } => int(word).filter(|value| within(value, least, most)).map(Value::Int),
        Kind::Number { least, most } => {
            number(word).filter(|value| within(value, least, most)).map(Value::Number)
        }
        Kind::Choice { words } => {
            words.iter().find(|other| *other == word).map(|word| Value::Text(word.clone()))
        }
        Kind::Text | Kind::Texts | Kind::Unknown { .. } => None,
    }
}

fn int(word: &str) -> Option<i64> {
    let digits = word.strip_prefix('-').unwrap_or(word);
    if digits.starts_with(|c: char| c.is_ascii_digit()) { word.parse().ok() } else { None }
}

fn number(word: &str) -> Option<f64> {
    let unsigned = word.strip_prefix('-').unwrap_or(word);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if is_digits(whole) && is_digits(fraction) {
        word.parse().ok().filter(|number: &f64| number.is_finite())
    } else {
        None
    }
}
