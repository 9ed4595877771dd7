//! The interpreter: frames on one contiguous value stack, and the loop.
//!
//! [`run::run`] is the loop. Everything it does that is not a few instructions long lives in the files beside
//! it, by subject: the arms of its `match` ([`arms`]), steps that many of them share ([`operands`], [`values`],
//! [`control`]), calls ([`enter`]), generators ([`resume`]), exceptions ([`except`]), names and attributes
//! with their inline caches ([`names`]), building ([`build`]), loops ([`iter`]), operators ([`arith`]), instructions that
//! are seldom hot ([`seldom`]), loops that are very hot ([`region`]).

pub(crate) mod arith;
mod arms;
pub(crate) mod bind;
pub(crate) mod build;
mod changes;
pub mod code;
mod control;
mod enter;
mod except;
pub mod frame;
pub(crate) mod iter;
pub(crate) mod names;
mod operands;
pub mod quick;
pub(crate) mod region;
pub(crate) mod resume;
mod run;
mod seldom;
mod values;

pub use build::function;
pub(crate) use build::function_of_type;
pub(crate) use build::sequence_items;
#[cfg(feature = "native")]
pub(crate) use enter::{Spread, call_star_by_list, init_returned};
pub use enter::{call_closure, call_fun, call_generator_fun, call_module_body};
pub use frame::Interp;

use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

/// Runs what waits between two bytecodes: the keyboard interrupt, then one scheduled callback.
#[cold]
pub fn run_pending(rt: &mut Runtime) -> R<()> {
    if rt.pending.take_interrupt() {
        return Err(rt.raise(&crate::exc::KEYBOARD_INTERRUPT, &[]));
    }
    if let Some((fun, arg)) = rt.pending.next_callback()
        && let Err(raised) = rt.call(fun, &[arg])
    {
        // An exception in a callback is shown, not passed to whatever happened to be running.
        let exc = rt.take_exception(raised);
        let _ = crate::exc::traceback::print(rt, exc, &mut crate::text::print::Stdout);
    }
    Ok(())
}

/// The exception that the innermost handler handles (`sys.exc_info`).
pub fn exception_being_handled(rt: &Runtime) -> Option<Obj> {
    crate::native::being_handled(rt)
}

pub(crate) use except::{handled_between, warn_cause};

/// The exception object of a value that `raise` was given; see [`except::instance`].
pub fn exception_instance(rt: &mut Runtime, what: Obj) -> R<Obj> {
    except::instance(rt, what)
}
