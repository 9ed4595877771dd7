//! What can be done to any object: operators, attributes, items, iteration, calls, printing.
//!
//! All of these are methods of [`crate::Runtime`], grouped here by subject. Each dispatches through the
//! type's vtable; fast paths for the commonest types live in the interpreter.

mod attr;
mod call;
mod compare;
mod item;
mod iter;
mod operator;
mod print;
