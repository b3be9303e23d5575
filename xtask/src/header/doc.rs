//! From a Rust comment to a C comment: C names for Rust paths, lines filled anew.

use crate::model::{Model, Type, c_name, c_type};

/// The widest line of a header, in characters.
pub const WIDTH: usize = 100;
/// What a line of code in a comment begins with.
const INDENT: &str = "    ";

/// A C comment at `indent` spaces, with its line end; on one line if it fits.
pub fn comment(model: &Model, doc: &str, indent: usize) -> String {
    let pad = " ".repeat(indent);
    let text = clean(model, doc);
    let lines = fill(&text, WIDTH - indent - 3);
    match &lines[..] {
        [] => String::new(),
        [line] if line.chars().count() + indent + 7 <= WIDTH => format!("{pad}/** {line} */\n"),
        _ => {
            let body: String =
                lines.iter().map(|line| format!("{pad} * {line}").trim_end().to_owned() + "\n").collect();
            format!("{pad}/**\n{body}{pad} */\n")
        }
    }
}

/// The text without Rust's markup, its names in C.
pub fn clean(model: &Model, doc: &str) -> String {
    // What a Rust caller must see to is a matter of course in C. A heading says what the paragraph below it says again.
    let doc = doc.split("# Safety").next().unwrap_or_default().trim_end();
    let doc: Vec<_> = doc.lines().filter(|line| !line.starts_with("# ")).collect();
    let doc = doc
        .join("\n")
        .replace("\n\n\n", "\n\n")
        .replace("\\[", "[")
        .replace("\\]", "]")
        .replace("**", "")
        .replace('–', "-");
    let mut out = String::new();
    for (index, part) in doc.split("```").enumerate() {
        if index % 2 == 0 {
            out += &spans(model, part);
        } else {
            // A block of code stands as it is; the first line names its language.
            out.extend(part.lines().skip(1).map(|line| format!("{INDENT}{line}\n")));
        }
    }
    out
}

/// Code spans and links of a text without blocks of code.
fn spans(model: &Model, text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('`') {
        let Some((code, after)) = after.split_once('`') else { break };
        let link = before.ends_with('[') && after.starts_with(']');
        out += if link { &before[..before.len() - 1] } else { before };
        out += &word(model, code);
        rest = if link { without_target(&after[1..]) } else { after };
    }
    out + rest
}

/// What follows a link's text, without the link's target.
fn without_target(text: &str) -> &str {
    text.strip_prefix('(').and_then(|target| target.split_once(')')).map_or(text, |(_, rest)| rest)
}

/// A code span in C: names that C knows stand bare, others keep their ticks.
fn word(model: &Model, code: &str) -> String {
    let constant = |name: &str| model.constants().any(|constant| constant.name == name);
    if code == "covers!" {
        return "PINTLE_HAS".to_owned();
    }
    if code.starts_with('[') || code.starts_with("PINTLE_") {
        return code.to_owned();
    }
    let code = code.strip_prefix("crate::").unwrap_or(code);
    if constant(code) || code == "FINGERPRINT" {
        return c_name(code);
    }
    if constant(&format!("FLAG_{code}")) {
        return c_name(&format!("FLAG_{code}"));
    }
    if code.ends_with('_') && model.constants().any(|constant| constant.name.starts_with(code)) {
        return format!("{}*", c_name(code));
    }
    if let Some((item, member)) = code.split_once("::").filter(|(item, _)| model.find(item).is_some()) {
        return format!("{}.{member}", c_type(item));
    }
    if model.find(code).is_some() {
        return c_type(code);
    }
    call(model, code).unwrap_or_else(|| format!("`{code}`"))
}

/// The function behind `session->send`.
fn call(model: &Model, code: &str) -> Option<String> {
    let (noun, slot) = code.split_once("->")?;
    let table = model.tables().find(|table| table.table_name() == noun)?;
    let field = table.fields.iter().find(|field| field.name == slot)?;
    matches!(field.kind, Type::Function(_)).then(|| function(noun, slot))
}

/// The C function that calls a slot.
pub fn function(noun: &str, slot: &str) -> String {
    if noun == "api" { format!("pintle_{slot}") } else { format!("pintle_{noun}_{slot}") }
}

/// Fills paragraphs; a line that begins a table or is indented stays alone.
pub fn fill(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (index, paragraph) in text.split("\n\n").enumerate() {
        if index > 0 {
            lines.push(String::new());
        }
        if paragraph.starts_with(INDENT) {
            lines.extend(paragraph.lines().map(str::to_owned));
            continue;
        }
        let mut line = String::new();
        for word in words(paragraph) {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line += &word;
        }
        if !line.is_empty() {
            lines.push(line);
        }
    }
    lines
}

/// The words of a paragraph; a tag such as `[thread: any]` is one word.
fn words(paragraph: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in paragraph.split_whitespace() {
        match words.last_mut() {
            Some(last) if last.starts_with('[') && last.ends_with(':') => {
                last.push(' ');
                last.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
    }
    words
}
