//! Runner and oracles for the tests that cross crates.
