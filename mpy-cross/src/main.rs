//! The `mpy-cross` command.
fn main() {}
