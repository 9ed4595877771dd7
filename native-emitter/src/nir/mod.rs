//! NIR: what lowering makes and the back ends take.
//!
//! Blocks with parameters instead of phi functions; each virtual register is defined once. It names runtime
//! functions by their row of the fun table and never a machine register.
//!
//! **Exceptions.** A call that raises leaves the function or lands at the second return of the newest
//! [`Term::NlrPush`]. Only values from before that push are there in its `caught` block, so SSA form itself says
//! what may be used; whatever changes after the push and is wanted in a handler lives in a frame slot.
pub mod builder;
pub mod func;
pub mod inst;
pub mod shape;
pub mod text;
pub mod types;
pub mod verify;

pub use builder::{Builder, Home, Kept, Operand, Var};
pub use func::{BlockData, Effort, Func, Slot, SlotData, VregData};
pub use inst::{Alu, Edge, Inst, List, Op, Overflow, Shift, Site, Term};
pub use shape::Shape;
pub use types::{Block, Cond, Entry, Type, Vreg, Width};
pub use verify::verify;
