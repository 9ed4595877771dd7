//! Loaded code of one function.

/// Code of one function, ready to run.
#[repr(C)]
pub struct Code {
    head: usize,
}
