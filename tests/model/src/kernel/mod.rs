//! The real kernel, driven through its C tables by the same plans.

mod call;
mod entry;
mod host;
mod side;
mod work;

pub(crate) use host::on_kernel;
