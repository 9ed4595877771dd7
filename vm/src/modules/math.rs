//! `math`: functions of floats. The functions themselves come from libm.

pub use libm::{atan2, cos, exp, floor, hypot, log as ln, pow, sin};
