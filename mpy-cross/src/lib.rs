//! What the commands share with other programs: showing and checking `.mpy` files, showing errors in their lines.
#![forbid(unsafe_code)]

pub mod dump;
pub mod listing;
pub mod machine;
pub mod render;
