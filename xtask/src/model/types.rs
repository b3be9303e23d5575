//! The types that may cross, and their words in C and Rust.

/// A type of the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// `u8` … `i64`: its Rust name.
    Number(String),
    /// `usize`.
    Size,
    /// `isize`: a number or handle as wide as a pointer.
    Word,
    /// `c_char`.
    Char,
    /// `c_void`, behind a pointer.
    Void,
    /// `*const T` or `*mut T`.
    Pointer {
        /// Whether the pointee may be written.
        mutable: bool,
        /// What it points to.
        to: Box<Type>,
    },
    /// `[T; length]`.
    Array {
        /// What it holds.
        of: Box<Type>,
        /// How many.
        length: usize,
    },
    /// A struct of the contract, by its Rust name.
    Named(String),
    /// A function pointer.
    Function(Function),
}

/// A function pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Whether it may be NULL.
    pub nullable: bool,
    /// In order.
    pub parameters: Vec<Parameter>,
    /// What it returns, if anything.
    pub result: Option<Box<Type>>,
}

/// A parameter of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: Type,
}

impl Type {
    /// The C declaration of `name` with this type; an empty name gives the bare type.
    pub fn c(&self, name: &str) -> String {
        let spaced = |word: &str| if name.is_empty() { word.to_owned() } else { format!("{word} {name}") };
        match self {
            Self::Number(number) => spaced(&c_number(number)),
            Self::Size => spaced("size_t"),
            Self::Word => spaced("intptr_t"),
            Self::Char => spaced("char"),
            Self::Void => spaced("void"),
            Self::Named(item) => spaced(&c_type(item)),
            Self::Array { of, length } => of.c(&format!("{name}[{length}]")),
            Self::Pointer { mutable, to } => match (mutable, to.as_ref()) {
                (false, Self::Pointer { .. }) => to.c(&format!("const *{name}")),
                (false, _) => format!("const {}", to.c(&format!("*{name}"))),
                (true, _) => to.c(&format!("*{name}")),
            },
            Self::Function(function) => {
                let declarator = format!("(*{name})({})", function.c_parameters(true));
                function.result.as_ref().map_or_else(|| format!("void {declarator}"), |t| t.c(&declarator))
            }
        }
    }

    /// The type in Rust.
    pub fn rust(&self) -> String {
        match self {
            Self::Number(name) | Self::Named(name) => name.clone(),
            Self::Size => "usize".to_owned(),
            Self::Word => "isize".to_owned(),
            Self::Char => "c_char".to_owned(),
            Self::Void => "c_void".to_owned(),
            Self::Array { of, length } => format!("[{}; {length}]", of.rust()),
            Self::Pointer { mutable, to } => {
                format!("*{} {}", if *mutable { "mut" } else { "const" }, to.rust())
            }
            Self::Function(function) => {
                let result =
                    function.result.as_ref().map_or_else(String::new, |t| format!(" -> {}", t.rust()));
                let text = format!("unsafe extern \"C\" fn({}){result}", function.rust_parameters());
                if function.nullable { format!("Option<{text}>") } else { text }
            }
        }
    }
}

impl Function {
    /// The parameters in C, with or without their names.
    pub fn c_parameters(&self, names: bool) -> String {
        let words: Vec<_> =
            self.parameters.iter().map(|p| p.kind.c(if names { &p.name } else { "" })).collect();
        if words.is_empty() { "void".to_owned() } else { words.join(", ") }
    }

    /// The parameters in Rust.
    pub fn rust_parameters(&self) -> String {
        let words: Vec<_> =
            self.parameters.iter().map(|p| format!("{}: {}", p.name, p.kind.rust())).collect();
        words.join(", ")
    }

    /// The names of the parameters, as a call passes them on.
    pub fn arguments(&self) -> String {
        self.parameters.iter().map(|p| p.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// The C signature without names: what must never change.
    pub fn signature(&self) -> String {
        let result = self.result.as_ref().map_or_else(|| "void".to_owned(), |t| t.c(""));
        format!("{result}({})", self.c_parameters(false))
    }
}

/// `E_STALE` in C.
pub fn c_name(constant: &str) -> String {
    format!("PINTLE_{constant}")
}

/// `SessionApi` in C.
pub fn c_type(item: &str) -> String {
    format!("pintle_{}_t", snake(item))
}

/// `SessionApi` to `session_api`.
pub fn snake(name: &str) -> String {
    let mut text = String::new();
    for (index, letter) in name.chars().enumerate() {
        if letter.is_ascii_uppercase() && index > 0 {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

fn c_number(name: &str) -> String {
    let (sign, bits) = name.split_at(1);
    format!("{}int{bits}_t", if sign == "u" { "u" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pointer(mutable: bool, to: Type) -> Type {
        Type::Pointer { mutable, to: Box::new(to) }
    }

    #[test]
    fn declarations_read_like_c() {
        assert_eq!(pointer(false, Type::Char).c("text"), "const char *text");
        assert_eq!(pointer(true, pointer(false, Type::Void)).c("out"), "const void **out");
        assert_eq!(pointer(false, pointer(true, Type::Void)).c("p"), "void *const *p");
        assert_eq!(
            Type::Array { of: Box::new(Type::Number("u8".into())), length: 4 }.c("ip"),
            "uint8_t ip[4]"
        );
        let run = Type::Function(Function {
            nullable: true,
            parameters: vec![Parameter { name: "n".into(), kind: Type::Number("i64".into()) }],
            result: Some(Box::new(Type::Number("i32".into()))),
        });
        assert_eq!(run.c("run"), "int32_t (*run)(int64_t n)");
        assert_eq!(run.rust(), "Option<unsafe extern \"C\" fn(n: i64) -> i32>");
    }

    #[test]
    fn names_become_c_names() {
        assert_eq!(c_type("RequestInfo"), "pintle_request_info_t");
        assert_eq!(c_name("E_STALE"), "PINTLE_E_STALE");
    }
}
