//! The dialects of a host, and which of them a file is of.

use std::path::Path;
use std::sync::Arc;

use object::read::elf::FileHeader;
use object::{Endianness, ReadRef};
use pintle_abi_core::status;

use crate::descriptor::Descriptor;
use crate::dialect::{Claim, Dialect, Exports};
use crate::elf::{Elf, Look};
use crate::error::Error;
use crate::loadable;
use crate::native::Native;
use crate::refusal::Refusal;

/// Dialects, in the order in which they look at a file. The first is this contract's own: a file that it claims is not
/// looked at by another, so a library can be a plugin of both. Two others that claim the same file refuse it.
#[derive(Clone)]
pub struct Dialects(Vec<Arc<dyn Dialect>>);

impl Default for Dialects {
    /// Only this contract's own.
    fn default() -> Self {
        Self(vec![Arc::new(Native)])
    }
}

impl Dialects {
    /// These, and one more behind them.
    #[must_use]
    pub fn with(mut self, dialect: impl Dialect) -> Self {
        self.0.push(Arc::new(dialect));
        self
    }

    /// Finds a dialect without a name, or with the name of another.
    pub(crate) fn check(&self) -> Result<(), Error> {
        for (at, name) in self.0.iter().map(|dialect| dialect.name()).enumerate() {
            let fault = if name.is_empty() {
                "it has no name"
            } else if self.0[..at].iter().any(|other| other.name() == name) {
                "there are two of this name"
            } else {
                continue;
            };
            return Err(Error::new(status::E_ARGUMENT, format!("the dialect \"{name}\": {fault}")));
        }
        Ok(())
    }

    /// Whether a dialect is the first of all, and so needs no other's opinion.
    pub(crate) fn leads(dialect: &dyn Dialect) -> bool {
        dialect.name() == Native.name()
    }

    /// Whether there are others than this contract's own.
    pub(crate) fn has_others(&self) -> bool {
        self.0.len() > 1
    }

    /// The claim to a file, and whose it is.
    ///
    /// # Errors
    /// No dialect claims it, or two do.
    pub(crate) fn claim(&self, exports: &Exports<'_>) -> Result<(&Arc<dyn Dialect>, Claim), Refusal> {
        let mut claimed = self.0.iter().filter_map(|dialect| Some((dialect, dialect.look(exports)?)));
        let Some((first, claim)) = claimed.next() else {
            return Err(Refusal::NotAPlugin("pintle_descriptor and pintle_entry"));
        };
        if !Self::leads(&**first)
            && let Some((second, _)) = claimed.next()
        {
            let (first, second) = (first.name().to_owned(), second.name().to_owned());
            return Err(Refusal::TwoDialects { first, second });
        }
        Ok((first, anchored(&**first, exports, claim)))
    }
}

/// Without its anchor, the library would not be found in memory.
fn anchored(dialect: &dyn Dialect, exports: &Exports<'_>, claim: Claim) -> Claim {
    match claim {
        Claim::Accepted(descriptor) if !exports.has(dialect.anchor()) => Claim::Refused {
            refusal: Refusal::Dialect {
                dialect: dialect.name().to_owned(),
                code: status::E_NO_ENTRY,
                reason: format!("it does not export {}", dialect.anchor()),
                cure: "Let no version script or visibility option hide it.",
            },
            descriptor: Some(descriptor),
        },
        claim => claim,
    }
}

/// Finds out which dialect a file is of, if the system's loader may map it.
pub(crate) struct Recognise<'l> {
    pub(crate) dialects: &'l Dialects,
    pub(crate) path: &'l Path,
}

/// What a file was recognised as.
pub(crate) struct Recognised {
    pub(crate) dialect: Arc<dyn Dialect>,
    pub(crate) descriptor: Descriptor,
}

impl Look for Recognise<'_> {
    type Output = Recognised;
    fn look<'data, H: FileHeader<Endian = Endianness>, R: ReadRef<'data>>(
        self,
        elf: Elf<'data, H, R>,
    ) -> Result<Recognised, Refusal> {
        let symbols = elf.symbols()?;
        loadable::check(&elf, &symbols)?;
        let exports = Exports { path: self.path, symbols: &symbols, section: elf.descriptor() };
        let (dialect, claim) = self.dialects.claim(&exports)?;
        Ok(Recognised { dialect: dialect.clone(), descriptor: claim.accepted()? })
    }
}
