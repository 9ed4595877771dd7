//! The `ferlance` program.
fn main() {}
