//! Calls: the arguments as they lie on the value stack, and the one way to call anything.

mod args;
mod named;

pub use args::Args;
pub(crate) use args::counts;
pub use named::named;

/// `TypeError: argument should be a 'T' not a 'U'`: a method was called with a wrong self.
#[cold]
pub fn wrong_self(
    rt: &mut crate::Runtime,
    wanted: &'static crate::obj::ty::Type,
    got: crate::obj::word::Obj,
) -> crate::Raised {
    let (wanted, got) = (rt.name_str(wanted.name()), rt.type_name(got));
    rt.type_error_fmt(format_args!(
        "argument should be a '{wanted}' not a '{got}'"
    ))
}
