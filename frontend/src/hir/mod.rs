//! Scopes: what names mean, before a single instruction is made.
//!
//! ```text
//! scope.rs       the list of scopes, breadth-first, and the names each knows
//! resolve.rs     kinds of names: assignments, global, nonlocal, free variables; slot numbers
//! annotation.rs  annotated types and emitter decorators
//! ```
//!
//! Scopes and their names are found by a first walk over the tree, the same code (`lower/`) that makes
//! instructions in a second walk, so that the two cannot disagree about order.

pub mod annotation;
pub mod resolve;
pub mod scope;

pub use scope::{Body, Name, NameKind, Scope, ScopeId, ScopeKind, Scopes};
