//! Containers that report running out of memory instead of aborting.
#![no_std]
#![forbid(unsafe_code)]
extern crate alloc;
