//! What the commands share with other programs: showing and checking `.mpy` files.
#![forbid(unsafe_code)]

pub mod dump;
pub mod listing;
pub mod machine;
