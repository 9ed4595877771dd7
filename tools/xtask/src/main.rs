//! Every CI job as one verb.
fn main() {}
