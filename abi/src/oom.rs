//! The error of everything that grows.

/// There is no memory for what was asked; nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfMemory;
