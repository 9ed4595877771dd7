//! Branches, jumps and addresses: forms, ranges, and how they lengthen.
//!
//! | form | bytes | reach |
//! | --- | --- | --- |
//! | `c.beqz`, `c.bnez` | 2 | -256 … 254 |
//! | `c.j`, `c.jal` | 2 | -2048 … 2046 |
//! | `beq` and its kin | 4 | ±4 KiB |
//! | `jal` | 4 | ±1 MiB |
//! | inverted branch over `jal` | 8 | ±1 MiB |
//! | `auipc` with `addi`, a load or `jalr` | 8 | ±2 GiB |

use ferlance_asm::fixup::write_le;
use ferlance_asm::row::Slot;
use ferlance_asm::{Fixup, Reach};

use crate::base;
use crate::compressed;
use crate::encode::{CTo8, CTo11, Class, Off12, To12, To20};
use crate::inst::{C, Features, Inst, RV32};
use crate::reg::Reg;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `c.beqz`, `c.bnez`; may become the 4-byte branch.
    CBranch,
    CBranchExact,
    /// `c.j`, `c.jal`; may become `jal`.
    CJump,
    CJumpExact,
    /// A 4-byte branch; may become an inverted one over `jal`.
    Branch,
    BranchExact,
    /// The inverted branch over `jal`. The bits are the branch's, not inverted yet.
    BranchOver,
    Jump,
    /// `auipc` and the instruction of the bits, which takes the low part in bits 31-20 and names
    /// the upper part's register in bits 19-15.
    Pair,
}

/// An instruction with a target: its bits without the target, and its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Branch {
    bits: u32,
    form: Form,
}

impl Branch {
    /// `beq`, `bne`, `blt`, `bge`, `bltu` or `bgeu`, made with distance 0; as short as it can be.
    /// A comparison of one of eight registers with `zero` may be compressed.
    pub fn conditional(inst: Inst, features: Features) -> Branch {
        let (rs1, rs2) = (inst.0 >> 15 & 31, inst.0 >> 20 & 31);
        // `beq` and `bne` have the same meaning either way round.
        let only = match (rs1, rs2) {
            (only, 0) | (0, only) => only as u8,
            _ => 0,
        };
        if features & C != 0 && (8..16).contains(&only) {
            let bits = match inst.0 >> 12 & 7 {
                0 => compressed::c_beqz(Reg::new(only), 0).0,
                1 => compressed::c_bnez(Reg::new(only), 0).0,
                _ => 0,
            };
            if bits != 0 {
                let form = Form::CBranch;
                return Branch { bits, form };
            }
        }
        Branch {
            bits: inst.0,
            form: Form::Branch,
        }
    }

    /// `j`, as short as it can be.
    pub fn j(features: Features) -> Branch {
        if features & C != 0 {
            return Branch {
                bits: compressed::c_j(0).0,
                form: Form::CJump,
            };
        }
        Branch::jal(Reg::ZERO, features)
    }

    /// `jal rd`, as short as it can be.
    pub fn jal(rd: Reg, features: Features) -> Branch {
        if rd == Reg::RA && features & (C | RV32) == C | RV32 {
            return Branch {
                bits: compressed::c_jal(0).0,
                form: Form::CJump,
            };
        }
        Branch {
            bits: base::jal(rd, 0).0,
            form: Form::Jump,
        }
    }

    /// The address of a label in `rd`: `auipc` and `addi`.
    pub fn la(rd: Reg) -> Branch {
        Branch {
            bits: base::addi(rd, rd, 0).0,
            form: Form::Pair,
        }
    }

    /// `auipc` into the base of `load`, which has offset 0 and then takes the low part.
    pub fn load(load: Inst) -> Branch {
        Branch {
            bits: load.0,
            form: Form::Pair,
        }
    }

    /// A call at any distance: `auipc` into `link` and `jalr`.
    pub fn call(link: Reg) -> Branch {
        Branch {
            bits: base::jalr(link, link, 0).0,
            form: Form::Pair,
        }
    }

    /// The fixup of a row whose operand of these bits is a place. It lengthens only with `relax`.
    pub(crate) fn of_row(bits: u32, class: Class, field: u32, relax: bool) -> Option<Branch> {
        if class != Class::Label {
            return None;
        }
        let form = match field {
            f if f == CTo8::KIND.bits() && relax => Form::CBranch,
            f if f == CTo8::KIND.bits() => Form::CBranchExact,
            f if f == CTo11::KIND.bits() && relax => Form::CJump,
            f if f == CTo11::KIND.bits() => Form::CJumpExact,
            f if f == To12::KIND.bits() && relax => Form::Branch,
            f if f == To12::KIND.bits() => Form::BranchExact,
            f if f == To20::KIND.bits() => Form::Jump,
            _ => return None,
        };
        Some(Branch { bits, form })
    }

    /// The 4-byte branch that a compressed one stands for.
    fn expanded(self) -> u32 {
        let register = Reg::new((self.bits >> 7 & 7) as u8 + 8);
        if self.bits & 0xe000 == 0xc000 {
            base::beqz(register, 0).0
        } else {
            base::bnez(register, 0).0
        }
    }
}

/// Splits a distance into what `auipc` adds and the signed rest.
pub(crate) const fn split(value: i32) -> (u32, i32) {
    let upper = (value as u32).wrapping_add(0x800) >> 12;
    (upper, (value as u32).wrapping_sub(upper << 12) as i32)
}

impl Fixup for Branch {
    fn size(self) -> u32 {
        match self.form {
            Form::CBranch | Form::CBranchExact | Form::CJump | Form::CJumpExact => 2,
            Form::Branch | Form::BranchExact | Form::Jump => 4,
            Form::BranchOver | Form::Pair => 8,
        }
    }

    fn reach(self) -> Reach {
        let (back, ahead) = match self.form {
            Form::CBranch | Form::CBranchExact => (-256, 254),
            Form::CJump | Form::CJumpExact => (-2048, 2046),
            Form::Branch | Form::BranchExact => (-4096, 4094),
            Form::Jump => (-(1 << 20), (1 << 20) - 2),
            Form::BranchOver => (-(1 << 20) + 4, (1 << 20) + 2),
            Form::Pair => (i32::MIN / 2, i32::MAX / 2),
        };
        Reach { back, ahead }
    }

    fn fits(self, at: u32, target: u32) -> bool {
        let distance = i64::from(target) - i64::from(at);
        let odd = self.form != Form::Pair && distance & 1 != 0;
        !odd && self.reach().holds(distance)
    }

    fn widen(self) -> Option<Self> {
        let (bits, form) = match self.form {
            Form::CBranch => (self.expanded(), Form::Branch),
            Form::Branch => (self.bits, Form::BranchOver),
            Form::CJump => {
                let link = if self.bits & 0x8000 == 0 {
                    Reg::RA
                } else {
                    Reg::ZERO
                };
                (base::jal(link, 0).0, Form::Jump)
            }
            _ => return None,
        };
        Some(Branch { bits, form })
    }

    fn patch(self, at: u32, target: u32, out: &mut [u8]) {
        let to = target.wrapping_sub(at) as i32;
        let bits = self.bits;
        match self.form {
            Form::CBranch | Form::CBranchExact => write_le(out, bits | CTo8::KIND.put(to)),
            Form::CJump | Form::CJumpExact => write_le(out, bits | CTo11::KIND.put(to)),
            Form::Branch | Form::BranchExact => write_le(out, bits | To12::KIND.put(to)),
            Form::Jump => write_le(out, bits | To20::KIND.put(to)),
            Form::BranchOver => {
                let (first, rest) = out.split_at_mut(4);
                // The lowest bit of the function tells a branch from its opposite.
                write_le(first, bits ^ 1 << 12 | To12::KIND.put(8));
                write_le(rest, base::j(to.wrapping_sub(4)).0);
            }
            Form::Pair => {
                let (upper, low) = split(to);
                let register = Reg::new((bits >> 15 & 31) as u8);
                let (first, rest) = out.split_at_mut(4);
                write_le(first, base::auipc(register, upper as i32 & 0xf_ffff).0);
                write_le(rest, bits | Off12::KIND.put(low));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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

    #[test]
    fn branches_lengthen_exactly_at_their_limits() {
        let beqz = Branch::conditional(base::beqz(Reg::A0, 0), C | RV32);
        assert_eq!(ahead(beqz, 252), "7dcd");
        assert_eq!(ahead(beqz, 254), "63010510");
        assert_eq!(ahead(beqz, 4090), "e30f057e");
        assert_eq!(ahead(beqz, 4092), "631405006f100000");
        let jump = Branch::j(C | RV32);
        assert_eq!(ahead(jump, 2044), "fdaf");
        assert_eq!(ahead(jump, 2046), "6f003000");
    }

    #[test]
    fn only_what_has_a_short_form_is_short() {
        let blt = Branch::conditional(base::blt(Reg::A0, Reg::A1, 0), C | RV32);
        assert_eq!(ahead(blt, 4), "6344b500");
        let beq = Branch::conditional(base::beq(Reg::ZERO, Reg::A5, 0), C | RV32);
        assert_eq!(ahead(beq, 4), "99c3");
        let t0 = Branch::conditional(base::bnez(Reg::T0, 0), C | RV32);
        assert_eq!(ahead(t0, 4), "63940200");
        assert_eq!(ahead(Branch::j(RV32), 4), "6f008000");
        assert_eq!(ahead(Branch::jal(Reg::RA, C | RV32), 4), "1920");
    }

    #[test]
    fn addresses_are_split_with_their_sign() {
        assert_eq!(split(0x1800), (2, -0x800));
        assert_eq!(split(0x17ff), (1, 0x7ff));
        assert_eq!(split(-1), (0, -1));
        assert_eq!(ahead(Branch::la(Reg::A1), 0x7f8), "9715000093850580");
        assert_eq!(
            ahead(Branch::load(base::lw(Reg::A1, 0, Reg::A1)), 4),
            "9705000083a5c500"
        );
    }
}
