//! Encodings of x86-64 and of 32-bit x86: integer instructions and SSE2 arithmetic, as many as the back end uses.
//!
//! Both are the same bytes as long as nothing needs the REX prefix, which 32-bit code has not: no 64-bit operands, no
//! registers from 8 on, no bytes of registers from 4 on. `push`, `pop`, `call` and `jmp` are of words in both.
//!
//! Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2.
//!
//! ```text
//!  66/F2/F3   REX 0100WRXB   0F   opcode   ModRM mm.rrr.bbb   SIB ss.xxx.bbb   disp8/32   imm8/32/64
//!  prefix     size, high     map           register,          scale, index,
//!             registers                    operand or base    base
//! ```
#![no_std]
#![forbid(unsafe_code)]
#[cfg(test)]
extern crate std;

pub mod encode;
pub mod fixup;
pub mod inst;
pub mod reg;

pub use encode::{Bytes, Mem, Rm, Size};
pub use fixup::Jump;
pub use inst::Opcode;
pub use reg::{Cond, Reg, Xmm};
