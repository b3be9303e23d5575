//! The error of a call, which becomes an exception of JavaScript.

use napi::sys;
use pintle_host::Error;
use pintle_host::abi::status;

use crate::environment::Environment;
use crate::value::{self, Reference};

/// Why a call throws.
pub(crate) enum Failure {
    /// The host said no, or an argument is of no use.
    Refused(Box<Error>),
    /// A callback of the application threw this.
    Thrown(Box<Reference>),
    /// JavaScript has an exception under way already.
    Pending,
}

impl Failure {
    /// An argument that cannot be meant.
    pub(crate) fn argument(text: impl Into<String>) -> Self {
        Error { code: status::E_ARGUMENT, plugin: None, text: text.into() }.into()
    }

    /// Makes it JavaScript's exception.
    pub(crate) fn throw(self, env: sys::napi_env) {
        match self {
            Self::Refused(error) => Environment::of(env).throw(&error),
            Self::Thrown(thrown) => {
                let value = value::first(env, thrown.value());
                // SAFETY: the environment is the caller's, and nothing is pending in it.
                unsafe { sys::napi_throw(env, value) };
            }
            Self::Pending => {}
        }
    }
}

impl From<Error> for Failure {
    #[cold]
    fn from(error: Error) -> Self {
        Self::Refused(Box::new(error))
    }
}

/// A conversion that failed: the value is not of the type that is wanted.
impl From<napi::Error> for Failure {
    fn from(error: napi::Error) -> Self {
        if error.status == napi::Status::PendingException {
            return Self::Pending;
        }
        Self::argument(error.reason.clone())
    }
}
