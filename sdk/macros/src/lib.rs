//! The attribute `pintle_sdk::plugin`, which is documented there.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Error, Expr, Ident, ImplItem, ImplItemFn, ItemImpl, Lit, Path, Result, Token};

/// What the attribute takes, in the order in which `pintle_sdk::__plugin!` takes it.
const KEYS: [&str; 13] = [
    "name",
    "id",
    "version",
    "vendor",
    "description",
    "licence",
    "url",
    "needs",
    "offers",
    "services",
    "settings",
    "abi_minor_least",
    "flags",
];

/// Callbacks that every table has.
const ALWAYS: [&str; 3] = ["create", "request_stop", "destroy"];

/// Exports the type whose `impl Plugin` this stands on; see `pintle_sdk::plugin`.
#[proc_macro_attribute]
pub fn plugin(arguments: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let item_as_written = TokenStream::from(item.clone());
    let expand = || expand(syn::parse(arguments)?, syn::parse(item)?);
    // The item stays, so that a mistake in the arguments is the only error.
    expand()
        .unwrap_or_else(|error| {
            let error = error.into_compile_error();
            quote!(#item_as_written #error)
        })
        .into()
}

/// `key = value, …`
struct Arguments(Vec<(Ident, Expr)>);

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let argument = |input: ParseStream<'_>| -> Result<(Ident, Expr)> {
            let key = input.parse()?;
            input.parse::<Token![=]>()?;
            Ok((key, input.parse()?))
        };
        let all = Punctuated::<_, Token![,]>::parse_terminated_with(input, argument)?;
        let mut known: Vec<(Ident, Expr)> = Vec::new();
        for (key, value) in all {
            if !KEYS.iter().any(|name| key == name) {
                return Err(Error::new(
                    key.span(),
                    format!("there is no `{key}`; there are {}", KEYS.join(", ")),
                ));
            }
            if known.iter().any(|(other, _)| *other == key) {
                return Err(Error::new(key.span(), format!("`{key}` stands here twice")));
            }
            known.push((key, value));
        }
        Ok(Self(known))
    }
}

impl Arguments {
    fn get(&self, key: &str) -> Option<&Expr> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    fn need(&self, key: &str) -> Result<&Expr> {
        let text = format!("the plugin has no `{key}`; write `{key} = \"…\"`");
        self.get(key).ok_or_else(|| Error::new(proc_macro2::Span::call_site(), text))
    }
}

fn expand(arguments: Arguments, mut item: ItemImpl) -> Result<TokenStream> {
    let is_plugin = |path: &Path| path.segments.last().is_some_and(|last| last.ident == "Plugin");
    if !item.trait_.as_ref().is_some_and(|(_, path, _)| is_plugin(path)) {
        return Err(Error::new(item.self_ty.span(), "this attribute stands on `impl Plugin for …`"));
    }
    let (methods, slow) = take_slow(&mut item);
    let slow = (!slow.is_empty()).then(|| {
        let of = &item.self_ty;
        quote!(impl ::pintle_sdk::SlowService for #of { #(#slow)* })
    });
    let name = name(arguments.need("name")?)?;
    arguments.need("id")?;
    let mut values = TokenStream::new();
    for key in KEYS.iter().filter(|key| **key != "name") {
        let Some(value) = arguments.get(key) else { continue };
        let key = Ident::new(key, value.span());
        let value = if key == "services" { services(value)? } else { value.to_token_stream() };
        values.extend(quote!(#key: #value,));
    }
    let of = &item.self_ty;
    Ok(quote! {
        #item
        #slow
        ::pintle_sdk::__plugin! { type: #of, name: #name, #values on: [#(#methods),*], }
    })
}

/// The names of the callbacks that are not in every table, each behind its conditions; and what belongs to `SlowService`,
/// which is taken out.
fn take_slow(item: &mut ItemImpl) -> (Vec<TokenStream>, Vec<ImplItemFn>) {
    let (mut names, mut slow, mut rest) = (Vec::new(), Vec::new(), Vec::new());
    for member in std::mem::take(&mut item.items) {
        if let ImplItem::Fn(method) = &member
            && ALWAYS.iter().all(|name| method.sig.ident != name)
        {
            let conditions =
                method.attrs.iter().filter(|attribute: &&Attribute| attribute.path().is_ident("cfg"));
            let name = &method.sig.ident;
            names.push(quote!(#(#conditions)* #name));
        }
        match member {
            ImplItem::Fn(method) if method.sig.ident == "slow_request" => slow.push(method),
            other => rest.push(other),
        }
    }
    item.items = rest;
    (names, slow)
}

/// The plugin's name as an identifier, for it is a part of a symbol's name.
fn name(value: &Expr) -> Result<Ident> {
    let wanted = "the name is a text of letters, digits and underscores, such as \"my_plugin\"";
    match value {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => syn::parse_str::<Ident>(&text.value())
                .map_err(|_| Error::new(text.span(), wanted))
                .map(|mut name| {
                    name.set_span(text.span());
                    name
                }),
            other => Err(Error::new(other.span(), wanted)),
        },
        other => Err(Error::new(other.span(), wanted)),
    }
}

/// `[A, (B, [SLOW])]` as `[(A, []), (B, [SLOW])]`.
fn services(value: &Expr) -> Result<TokenStream> {
    let wanted = "services are a list of ids, such as `[SERVICE]`, or `[(SERVICE, [SLOW])]` with the ids of its slow requests";
    let Expr::Array(list) = value else { return Err(Error::new(value.span(), wanted)) };
    let one = |value: &Expr| match value {
        Expr::Tuple(pair) => match (pair.elems.first(), pair.elems.last()) {
            (Some(id), Some(Expr::Array(slow))) if pair.elems.len() == 2 => Ok(quote!((#id, #slow))),
            _ => Err(Error::new(pair.span(), wanted)),
        },
        id => Ok(quote!((#id, []))),
    };
    let all = list.elems.iter().map(one).collect::<Result<Vec<_>>>()?;
    Ok(quote!([#(#all),*]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const IMPL: &str =
        "impl Plugin for Demo { fn create() {} fn message_in(&self) {} fn slow_request(&self) {} }";

    fn made(arguments: &str, item: &str) -> Result<String> {
        expand(syn::parse_str(arguments)?, syn::parse_str(item)?).map(|tokens| tokens.to_string())
    }

    fn refused(arguments: &str, item: &str) -> String {
        made(arguments, item).unwrap_err().to_string()
    }

    #[test]
    fn what_is_implemented_is_in_the_table() {
        let made =
            made("flags = [UNLOAD_SAFE], id = \"a.b\", services = [A, (B, [C])], name = \"demo\"", IMPL);
        let made = made.unwrap().replace(' ', "");
        assert!(made.contains("impl::pintle_sdk::SlowServiceforDemo{fnslow_request"), "{made}");
        let table = "{type:Demo,name:demo,id:\"a.b\",services:[(A,[]),(B,[C])],flags:[UNLOAD_SAFE],on:[message_in,slow_request],}";
        assert!(made.contains(table), "{made}");
    }

    #[test]
    fn a_condition_on_a_method_is_one_on_its_entry() {
        let item = "impl Plugin for Demo { #[cfg(unix)] #[inline] fn message_out(&self) {} }";
        let made = made("id = \"a\", name = \"demo\"", item).unwrap().replace(' ', "");
        assert!(made.contains("on:[#[cfg(unix)]message_out]"), "{made}");
    }

    #[test]
    fn mistakes_are_named() {
        assert!(
            refused("name = \"demo\", license = \"MIT\"", IMPL)
                .starts_with("there is no `license`; there are name, id")
        );
        assert_eq!(refused("id = \"a\", id = \"b\"", IMPL), "`id` stands here twice");
        assert!(refused("name = \"demo\"", IMPL).contains("no `id`"));
        assert!(refused("id = \"a\"", IMPL).contains("no `name`"));
        assert!(
            refused("id = \"a\", name = \"my-plugin\"", IMPL).starts_with("the name is a text of letters")
        );
        assert!(
            refused("id = \"a\", name = \"demo\", services = \"1\"", IMPL).starts_with("services are a list")
        );
        assert!(refused("id = \"a\", name = \"demo\"", "impl Demo {}").contains("`impl Plugin for"));
        assert!(
            refused("id = \"a\", name = \"demo\"", "impl Other for Demo {}").contains("`impl Plugin for")
        );
    }
}
