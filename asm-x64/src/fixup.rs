//! Jumps, calls and addresses of labels: forms, ranges, and how they lengthen.
//!
//! | form | bytes | reach |
//! | --- | --- | --- |
//! | `jmp`, `jCC` | 2 | -126 … 129 |
//! | `jmp` | 5 | ±2 GiB |
//! | `jCC` | 6 | ±2 GiB |
//! | `call` | 5 | ±2 GiB |
//! | `lea reg, [rip + …]` | 7 | ±2 GiB |
use ferlance_asm::{Fixup, Reach};

use crate::reg::{Cond, Reg};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Short(u8),
    Near,
    NearIf(u8),
    Call,
    Lea(u8),
}

/// An instruction with a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Jump(Form);

impl Jump {
    /// `jmp`, as short as it can be.
    pub const ALWAYS: Jump = Jump(Form::Short(0xeb));
    /// `call`.
    pub const CALL: Jump = Jump(Form::Call);

    /// `jCC`, as short as it can be.
    pub const fn when(cond: Cond) -> Jump {
        Jump(Form::Short(0x70 | cond as u8))
    }

    /// `lea reg, [rip + …]`: the label's address.
    pub const fn lea(reg: Reg) -> Jump {
        Jump(Form::Lea(reg.number()))
    }
}

impl Fixup for Jump {
    fn size(self) -> u32 {
        match self.0 {
            Form::Short(_) => 2,
            Form::Near | Form::Call => 5,
            Form::NearIf(_) => 6,
            Form::Lea(_) => 7,
        }
    }

    fn reach(self) -> Reach {
        let (back, ahead) = match self.0 {
            Form::Short(_) => (-126, 129),
            _ => (i32::MIN / 2, i32::MAX / 2),
        };
        Reach { back, ahead }
    }

    fn widen(self) -> Option<Self> {
        match self.0 {
            Form::Short(0xeb) => Some(Jump(Form::Near)),
            Form::Short(byte) => Some(Jump(Form::NearIf(byte ^ 0x70 ^ 0x80))),
            _ => None,
        }
    }

    fn patch(self, at: u32, target: u32, out: &mut [u8]) {
        let distance = target.wrapping_sub(at).wrapping_sub(self.size());
        let mut put = |opcode: &[u8], count: usize| {
            let bytes = opcode.iter().copied();
            let distance = distance.to_le_bytes().into_iter().take(count);
            for (slot, byte) in out.iter_mut().zip(bytes.chain(distance)) {
                *slot = byte;
            }
        };
        match self.0 {
            Form::Short(byte) => put(&[byte], 1),
            Form::Near => put(&[0xe9], 4),
            Form::Call => put(&[0xe8], 4),
            Form::NearIf(byte) => put(&[0x0f, byte], 4),
            Form::Lea(reg) => put(&[0x48 | reg >> 3 << 2, 0x8d, 5 | (reg & 7) << 3], 4),
        }
    }
}
