//! From Rust source to the model. Whatever could not be said in C is refused here.

use std::collections::HashMap;

use anyhow::{Context, Result, anyhow, bail, ensure};
use syn::spanned::Spanned;

use super::{Constant, Field, Function, Module, Parameter, Struct, Tags, Type, Value};

/// Reads one file.
pub fn module(name: &str, text: &str) -> Result<Module> {
    let file = syn::parse_file(text)?;
    let mut reader = Reader::default();
    let mut module =
        Module { name: name.to_owned(), doc: doc(&file.attrs), constants: Vec::new(), structs: Vec::new() };
    for item in &file.items {
        match item {
            syn::Item::Const(item) if is_public(&item.vis) => {
                let constant = reader.constant(item).with_context(|| format!("const {}", item.ident))?;
                module.constants.push(constant);
            }
            syn::Item::Struct(item) if is_public(&item.vis) => {
                module
                    .structs
                    .push(reader.structure(item).with_context(|| format!("struct {}", item.ident))?);
            }
            syn::Item::Type(item) => bail!(
                "type {}: an alias hides a function pointer from the C header (`Option<Alias>` becomes an incomplete \
                 struct); write the type out",
                item.ident
            ),
            syn::Item::Enum(item) if is_public(&item.vis) => bail!(
                "enum {}: unknown values must be legal across the ABI; use constants of a fixed-width integer",
                item.ident
            ),
            _ => {}
        }
    }
    Ok(module)
}

/// Numbers read so far, for array lengths that name one.
#[derive(Default)]
struct Reader {
    numbers: HashMap<String, i128>,
}

impl Reader {
    fn constant(&mut self, item: &syn::ItemConst) -> Result<Constant> {
        let name = item.ident.to_string();
        let value = match item.expr.as_ref() {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::CStr(text), .. }) => {
                Value::Text(text.value().to_str()?.to_owned())
            }
            syn::Expr::Unary(syn::ExprUnary { op: syn::UnOp::Deref(_), expr, .. }) => match expr.as_ref() {
                syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::ByteStr(bytes), .. }) => {
                    Value::Bytes(bytes.value())
                }
                _ => bail!("not a byte string"),
            },
            expr => Value::Number(self.number(expr)?),
        };
        if let Value::Number(number) = value {
            self.numbers.insert(name.clone(), number);
        }
        Ok(Constant { name, doc: doc(&item.attrs), value })
    }

    fn number(&self, expr: &syn::Expr) -> Result<i128> {
        match expr {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(int), .. }) => Ok(int.base10_parse()?),
            syn::Expr::Path(path) => {
                let words: Vec<_> = path.path.segments.iter().map(|s| s.ident.to_string()).collect();
                match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
                    ["u8", "MAX"] => Ok(u8::MAX.into()),
                    ["u16", "MAX"] => Ok(u16::MAX.into()),
                    ["u32", "MAX"] => Ok(u32::MAX.into()),
                    ["u64", "MAX"] => Ok(u64::MAX.into()),
                    [name] => {
                        self.numbers.get(name).copied().ok_or_else(|| anyhow!("{name} is not declared above"))
                    }
                    _ => bail!("{} is not a number that a header can hold", words.join("::")),
                }
            }
            _ => bail!("write a plain number: C gets it as a macro"),
        }
    }

    fn structure(&self, item: &syn::ItemStruct) -> Result<Struct> {
        let repr_c = item
            .attrs
            .iter()
            .any(|a| a.path().is_ident("repr") && a.parse_args::<syn::Ident>().is_ok_and(|i| i == "C"));
        ensure!(repr_c, "lacks #[repr(C)]");
        let mut fields = Vec::new();
        for field in &item.fields {
            let name = field.ident.as_ref().context("a tuple struct has no member names for C")?.to_string();
            let kind = self.kind(&field.ty).with_context(|| format!("member {name}"))?;
            let doc = doc(&field.attrs);
            let tags = Tags::read(&doc);
            fields.push(Field { name, doc, kind, line: field.span().start().line, tags });
        }
        Ok(Struct { name: item.ident.to_string(), doc: doc(&item.attrs), fields })
    }

    fn kind(&self, kind: &syn::Type) -> Result<Type> {
        match kind {
            syn::Type::Ptr(pointer) => Ok(Type::Pointer {
                mutable: pointer.mutability.is_some(),
                to: Box::new(self.kind(&pointer.elem)?),
            }),
            syn::Type::Array(array) => Ok(Type::Array {
                of: Box::new(self.kind(&array.elem)?),
                length: usize::try_from(self.number(&array.len)?)?,
            }),
            syn::Type::BareFn(function) => Ok(Type::Function(self.function(function, false)?)),
            syn::Type::Path(path) => self.path(path),
            _ => bail!("this type has no words in C"),
        }
    }

    fn path(&self, path: &syn::TypePath) -> Result<Type> {
        let last = path.path.segments.last().context("an empty path")?;
        if last.ident == "Option" {
            let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else {
                bail!("Option of what?")
            };
            return match arguments.args.first() {
                Some(syn::GenericArgument::Type(syn::Type::BareFn(function))) => {
                    Ok(Type::Function(self.function(function, true)?))
                }
                _ => bail!(
                    "Option of anything but a function pointer that is written out becomes an incomplete struct in C"
                ),
            };
        }
        ensure!(last.arguments.is_empty(), "generic types have no words in C");
        Ok(match last.ident.to_string().as_str() {
            "usize" => Type::Size,
            "isize" => Type::Word,
            "c_char" => Type::Char,
            "c_void" => Type::Void,
            name @ ("u8" | "u16" | "u32" | "u64" | "i8" | "i16" | "i32" | "i64") => {
                Type::Number(name.to_owned())
            }
            "bool" | "char" | "u128" | "i128" | "f32" | "f64" => {
                bail!("`{}` does not cross: use an integer of fixed width", last.ident)
            }
            name => Type::Named(name.to_owned()),
        })
    }

    fn function(&self, function: &syn::TypeBareFn, nullable: bool) -> Result<Function> {
        let abi = function.abi.as_ref().and_then(|abi| abi.name.as_ref()).map(syn::LitStr::value);
        ensure!(
            abi.as_deref() == Some("C") && function.unsafety.is_some(),
            "write `unsafe extern \"C\" fn`: nothing else crosses"
        );
        ensure!(function.variadic.is_none(), "varargs cannot be called from other languages");
        let mut parameters = Vec::new();
        for (index, input) in function.inputs.iter().enumerate() {
            let (name, _) =
                input.name.as_ref().with_context(|| format!("parameter {} has no name", index + 1))?;
            let kind = self.kind(&input.ty).with_context(|| format!("parameter {name}"))?;
            parameters.push(Parameter { name: name.to_string(), kind });
        }
        let result = match &function.output {
            syn::ReturnType::Default => None,
            syn::ReturnType::Type(_, kind) => Some(Box::new(self.kind(kind)?)),
        };
        Ok(Function { nullable, parameters, result })
    }
}

/// The text of a doc comment, without the space that follows `///`.
pub fn doc(attributes: &[syn::Attribute]) -> String {
    let mut lines = Vec::new();
    for attribute in attributes.iter().filter(|a| a.path().is_ident("doc")) {
        if let syn::Meta::NameValue(syn::MetaNameValue {
            value: syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }),
            ..
        }) = &attribute.meta
        {
            let text = text.value();
            lines.push(text.strip_prefix(' ').unwrap_or(&text).to_owned());
        }
    }
    lines.join("\n")
}

fn is_public(visibility: &syn::Visibility) -> bool {
    matches!(visibility, syn::Visibility::Public(_))
}
