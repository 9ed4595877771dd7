//! Branches, jumps, calls and literal loads: forms, ranges, and how they lengthen.
//!
//! | form | bytes | from the instruction's first byte |
//! | --- | --- | --- |
//! | `beqz.n`, `bnez.n` | 2 | 4 … 67 |
//! | branches on two operands | 3 | -124 … 131 |
//! | branches on zero | 3 | -2044 … 2051 |
//! | `j` | 3 | ±128 KiB |
//! | inverted branch over `j` | 6 | ±128 KiB |
//! | `call0` and its kin | 3 | ±512 KiB, to a word |
//! | `l32r` | 3 | -256 KiB … -1, to a word |
//! | `loop` and its kin | 3 | 4 … 259 |

use ferlance_asm::fixup::write_le;
use ferlance_asm::row::Slot;
use ferlance_asm::{Fixup, Reach};

use crate::base::{beqz, bnez, call0, j, l32r};
use crate::density;
use crate::encode::{Class, To6, To8, To12, To18, ToCall, ToEnd, ToLiteral};
use crate::inst::{DENSITY, Features, Inst};
use crate::reg::Reg;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `beqz.n`, `bnez.n`; may become the 3-byte branch.
    Narrow,
    NarrowExact,
    /// A branch on two operands; may be turned round over `j`.
    Two,
    TwoExact,
    /// A branch on zero; may be turned round over `j`.
    Zero,
    ZeroExact,
    /// The inverse of the branch in the bits, over `j`.
    Over,
    Jump,
    Call,
    Literal,
    /// A literal load as stock wants it: standing at a word itself.
    LiteralAtWord,
    Loop,
}

/// An instruction with a target: its bits without the target, and its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Branch {
    bits: u32,
    form: Form,
}

impl Branch {
    /// A branch, made with distance 0 by one of the branch functions; as short as it can be.
    /// `beqz` and `bnez` may become their narrow forms, which reach forwards only.
    pub fn conditional(inst: Inst, features: Features) -> Branch {
        let bits = inst.0;
        let register = Reg::new((bits >> 8 & 15) as u8);
        let narrow = match bits & 0xff {
            0x16 if features & DENSITY != 0 => Some(density::beqz_n(register, 0)),
            0x56 if features & DENSITY != 0 => Some(density::bnez_n(register, 0)),
            _ => None,
        };
        if let Some(inst) = narrow {
            return Branch {
                bits: inst.0,
                form: Form::Narrow,
            };
        }
        let form = if bits & 0x3f == 0x16 {
            Form::Zero
        } else {
            Form::Two
        };
        Branch { bits, form }
    }

    /// The inverse of a branch over `j`: always 6 bytes.
    pub fn inverted_over_jump(inst: Inst) -> Branch {
        Branch {
            bits: inst.0,
            form: Form::Over,
        }
    }

    /// `j`.
    pub fn j() -> Branch {
        Branch {
            bits: j(0).0,
            form: Form::Jump,
        }
    }

    /// `call0`, or with `window` 1 to 3 `call4` to `call12`.
    pub fn call(window: u8) -> Branch {
        Branch {
            bits: call0(0).0 | u32::from(window & 3) << 4,
            form: Form::Call,
        }
    }

    /// `l32r rt`.
    pub fn l32r(rt: Reg) -> Branch {
        Branch {
            bits: l32r(rt, -4).0 & !ToLiteral::KIND.bits(),
            form: Form::Literal,
        }
    }

    /// `l32r rt` that must itself stand at a word, as stock demands.
    pub(crate) fn l32r_at_word(rt: Reg) -> Branch {
        Branch {
            form: Form::LiteralAtWord,
            ..Branch::l32r(rt)
        }
    }

    /// `loop`, `loopnez` or `loopgtz`, made with distance 0, to the loop's end.
    pub fn loop_to(inst: Inst) -> Branch {
        Branch {
            bits: inst.0,
            form: Form::Loop,
        }
    }

    /// The fixup of a row whose operand of this class and these bits is a place.
    pub(crate) fn of_row(bits: u32, class: Class, field: u32, relax: bool) -> Option<Branch> {
        let form = match (class, field) {
            (Class::LabelCall, _) => Form::Call,
            (Class::LabelLiteral, _) => Form::Literal,
            (Class::Label, f) if f == To6::KIND.bits() && relax => Form::Narrow,
            (Class::Label, f) if f == To6::KIND.bits() => Form::NarrowExact,
            (Class::Label, f) if f == To12::KIND.bits() && relax => Form::Zero,
            (Class::Label, f) if f == To12::KIND.bits() => Form::ZeroExact,
            (Class::Label, f) if f == To18::KIND.bits() => Form::Jump,
            // The ends of loops have the same field as branches, and another opcode.
            (Class::Label, f) if f == ToEnd::KIND.bits() && bits & 0x80ff == 0x8076 => Form::Loop,
            (Class::Label, f) if f == To8::KIND.bits() && relax => Form::Two,
            (Class::Label, f) if f == To8::KIND.bits() => Form::TwoExact,
            _ => return None,
        };
        Some(Branch { bits, form })
    }

    /// The branch that is taken exactly when this one is not.
    fn inverted(self) -> u32 {
        match self.bits & 0xff {
            byte if byte & 15 == 7 => self.bits ^ 0x8000,
            // bf and bt.
            0x76 => self.bits ^ 0x1000,
            _ => self.bits ^ 0x40,
        }
    }

    fn is_zero_branch(self) -> bool {
        self.bits & 0x3f == 0x16
    }
}

fn from_pc(at: u32, target: u32) -> i32 {
    target.wrapping_sub(at.wrapping_add(4)) as i32
}

fn from_call(at: u32, target: u32) -> i32 {
    target.wrapping_sub((at & !3).wrapping_add(4)) as i32
}

fn from_literal(at: u32, target: u32) -> i32 {
    target.wrapping_sub(at.wrapping_add(3) & !3) as i32
}

impl Fixup for Branch {
    fn size(self) -> u32 {
        match self.form {
            Form::Narrow | Form::NarrowExact => 2,
            Form::Over => 6,
            _ => 3,
        }
    }

    fn reach(self) -> Reach {
        let (back, ahead) = match self.form {
            Form::Narrow | Form::NarrowExact => (4, 67),
            Form::Two | Form::TwoExact => (-124, 131),
            Form::Zero | Form::ZeroExact => (-2044, 2051),
            Form::Over => (-131_065, 131_078),
            Form::Jump => (-131_068, 131_075),
            Form::Call => (-524_284, 524_285),
            Form::Literal | Form::LiteralAtWord => (-262_141, -1),
            Form::Loop => (4, 259),
        };
        Reach { back, ahead }
    }

    fn fits(self, at: u32, target: u32) -> bool {
        match self.form {
            Form::Call => ToCall::KIND.encode(from_call(at, target)).is_some(),
            Form::LiteralAtWord if at & 3 != 0 => false,
            Form::Literal | Form::LiteralAtWord => {
                ToLiteral::KIND.encode(from_literal(at, target)).is_some()
            }
            _ => self.reach().holds(i64::from(target) - i64::from(at)),
        }
    }

    fn widen(self) -> Option<Self> {
        let (bits, form) = match self.form {
            Form::Narrow => {
                let register = Reg::new((self.bits >> 8 & 15) as u8);
                let wide = match self.bits & 0xf0 {
                    0x80 => beqz(register, 0),
                    _ => bnez(register, 0),
                };
                (wide.0, Form::Zero)
            }
            Form::Two | Form::Zero => (self.bits, Form::Over),
            _ => return None,
        };
        Some(Branch { bits, form })
    }

    fn patch(self, at: u32, target: u32, out: &mut [u8]) {
        let to = from_pc(at, target);
        let bits = self.bits;
        let word = match self.form {
            Form::Narrow | Form::NarrowExact => bits | To6::KIND.put(to),
            Form::Two | Form::TwoExact => bits | To8::KIND.put(to),
            Form::Zero | Form::ZeroExact => bits | To12::KIND.put(to),
            Form::Jump => bits | To18::KIND.put(to),
            Form::Loop => bits | ToEnd::KIND.put(to),
            Form::Call => bits | ToCall::KIND.put(from_call(at, target)),
            Form::Literal | Form::LiteralAtWord => {
                bits | ToLiteral::KIND.put(from_literal(at, target))
            }
            Form::Over => {
                // Over three bytes more, which is 2 from the instruction plus 4.
                let over = if self.is_zero_branch() {
                    To12::KIND.put(2)
                } else {
                    To8::KIND.put(2)
                };
                let (first, rest) = out.split_at_mut(3);
                write_le(first, self.inverted() | over);
                write_le(rest, j(to - 3).0);
                return;
            }
        };
        write_le(out, word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{beq, beqi, bf, loop_};
    use crate::reg::BReg;
    use ferlance_asm::CodeBuffer;
    use std::format;
    use std::string::String;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }

    /// The bytes of `branch` over `gap` zero bytes.
    fn ahead(branch: Branch, gap: u32) -> String {
        let mut buffer = CodeBuffer::new();
        let end = buffer.new_label().unwrap();
        buffer.fixup(branch, end).unwrap();
        buffer.put_zeros(gap).unwrap();
        buffer.bind(end);
        let code = buffer.finish().unwrap().bytes.to_vec();
        hex(&code[..code.len() - gap as usize])
    }

    /// The bytes of `branch` back over `gap` zero bytes.
    fn back(branch: Branch, gap: u32) -> String {
        let mut buffer = CodeBuffer::new();
        let start = buffer.here().unwrap();
        buffer.put_zeros(gap).unwrap();
        buffer.fixup(branch, start).unwrap();
        let code = buffer.finish().unwrap().bytes.to_vec();
        hex(&code[gap as usize..])
    }

    #[test]
    fn branches_lengthen_exactly_at_their_limits() {
        let zero = Branch::conditional(beqz(Reg::A2, 0), DENSITY);
        assert_eq!(ahead(zero, 2), "8c02");
        assert_eq!(ahead(zero, 65), "bcf2");
        assert_eq!(ahead(zero, 66), "161204");
        assert_eq!(ahead(zero, 2048), "16f27f");
        assert_eq!(ahead(zero, 2049), "562200060002");
        let two = Branch::conditional(beq(Reg::A2, Reg::A3, 0), DENSITY);
        assert_eq!(ahead(two, 128), "37127f");
        assert_eq!(ahead(two, 129), "379202062000");
        assert_eq!(back(two, 124), "371280");
        assert_eq!(back(two, 125), "37920206dfff");
    }

    #[test]
    fn inverses_are_opposites() {
        let over = |inst| ahead(Branch::inverted_over_jump(inst), 0);
        assert_eq!(over(beqi(Reg::A2, 10, 0)), "669202c6ffff");
        assert_eq!(over(bf(BReg::new(3), 0)), "761302c6ffff");
    }

    #[test]
    fn loops_end_within_256_bytes() {
        let start = Branch::loop_to(loop_(Reg::A4, 0));
        assert_eq!(ahead(start, 256), "7684ff");
    }

    #[test]
    fn literals_in_front_are_reached_from_anywhere() {
        let mut buffer = CodeBuffer::with_front_pool(Branch::j()).unwrap();
        buffer.put(0xf03d, 2).unwrap();
        buffer
            .front_literal(Branch::l32r(Reg::A2), 0x1234_5678, true)
            .unwrap();
        buffer
            .front_literal(Branch::l32r(Reg::A3), 0x1234_5678, true)
            .unwrap();
        let code = buffer.finish().unwrap().bytes.to_vec();
        assert_eq!(hex(&code), "06010000785634123df021feff31fdff");
    }
}
