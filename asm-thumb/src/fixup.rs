//! Branches, literal loads and address loads: forms, ranges, and how they lengthen.
//!
//! | form | bytes | from the instruction's first byte |
//! | --- | --- | --- |
//! | `b<c>.n` | 2 | -252 … 258 |
//! | `b.n` | 2 | -2044 … 2050 |
//! | `cbz`, `cbnz` | 2 | 4 … 130 |
//! | `b<c>.w` | 4 | ±1 MiB |
//! | `b.w`, `bl` | 4 | ±16 MiB |
//! | inverted `b<c>.n` over `b.n` | 4 | -2042 … 2052 |
//! | inverted `b<c>.n` over `bl` | 6 | ±16 MiB |
//! | inverted `cbz` over `b.n`, `b.w` | 4, 6 | as these |
//! | `ldr.n`, `adr.n` | 2 | 0 … 1020 from the word |
//! | `ldr.w`, `adr.w` | 4 | ±4095 from the word |
//! | `vldr`, `ldrd` | 4 | ±1020 from the word |

use ferlance_asm::fixup::write_le;
use ferlance_asm::row::Slot;
use ferlance_asm::{Fixup, Reach};

use crate::encode::{
    Class, To8, To11, To20, To24, ToCbz, ToWord8, ToWord8Wide, ToWord12, ToWordDown, ToWordUp,
};
use crate::inst::{Features, Inst, V7M};
use crate::reg::{Cond, DReg, Reg, SReg};
use crate::{t16, t32, vfp};

/// What a form does about a target that is too far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `b<c>.n`, and its longer sisters.
    Cond8(Far),
    Cond20,
    /// Inverted `b<c>.n` over `b.n` or `bl`.
    CondOver11(Far),
    CondOverBl,
    B11(Far),
    B24,
    Cbz(Far),
    CbzOver11,
    CbzOver24,
    /// `ldr rt, label` or `adr rd, label`.
    Word8(Far),
    /// `ldr.w` and its kin, whose bits hold the sign at 23.
    Word12,
    /// `adr.w`, which is an addition or a subtraction.
    Adr12,
    /// `vldr`, `ldrd`.
    Word8Wide,
}

/// How a branch may lengthen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Far {
    /// It may not.
    Refuse,
    /// Into the 32-bit form of Armv7-M.
    Wide,
    /// Armv6-M: into a branch over a longer one, `bl` at last, which spoils `lr`.
    Hop,
}

/// An instruction with a target: its bits without the target, and its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Branch {
    bits: u32,
    form: Form,
}

impl Far {
    const fn of(features: Features) -> Far {
        if features & V7M != 0 {
            Far::Wide
        } else {
            Far::Hop
        }
    }
}

impl Branch {
    /// `b`, as short as it can be. Without Armv7-M a far one is `bl`: `lr` must not be live.
    pub fn b(features: Features) -> Branch {
        Branch {
            bits: t16::b_n(0).0,
            form: Form::B11(Far::of(features)),
        }
    }

    /// `b<c>`, as short as it can be. Without Armv7-M a far one hops over `bl`: `lr` must not be live.
    pub fn b_cond(cond: Cond, features: Features) -> Branch {
        Branch {
            bits: t16::b_cond_n(cond, 0).0,
            form: Form::Cond8(Far::of(features)),
        }
    }

    /// `cbz rn` or, if `nonzero`, `cbnz rn`, for a low register; as short as it can be. Armv7-M.
    /// Reaches forwards only as long as it is short.
    pub fn cbz(nonzero: bool, rn: Reg) -> Branch {
        let inst = if nonzero {
            t16::cbnz(rn, 0)
        } else {
            t16::cbz(rn, 0)
        };
        Branch {
            bits: inst.0,
            form: Form::Cbz(Far::Wide),
        }
    }

    /// `bl`.
    pub fn bl() -> Branch {
        Branch {
            bits: t32::bl(0).0 & !To24::KIND.bits(),
            form: Form::B24,
        }
    }

    /// `ldr rt, label`, as short as it can be.
    pub fn ldr(rt: Reg, features: Features) -> Branch {
        let wide = features & V7M != 0;
        if !rt.is_low() && wide {
            return Branch {
                bits: t32::ldr_w_literal(rt, 0).0 & !ToWord12::KIND.bits(),
                form: Form::Word12,
            };
        }
        Branch {
            bits: t16::ldr_literal(rt, 0).0,
            form: Form::Word8(if wide { Far::Wide } else { Far::Refuse }),
        }
    }

    /// `adr rd, label`, as short as it can be.
    pub fn adr(rd: Reg, features: Features) -> Branch {
        let wide = features & V7M != 0;
        if !rd.is_low() && wide {
            return Branch {
                bits: t32::adr_w_up(rd, 0).0,
                form: Form::Adr12,
            };
        }
        Branch {
            bits: t16::adr(rd, 0).0,
            form: Form::Word8(if wide { Far::Wide } else { Far::Refuse }),
        }
    }

    /// `vldr sd, label`.
    pub fn vldr_s(d: SReg) -> Branch {
        Branch {
            bits: vfp::vldr_s_literal(d, 0).0 & !ToWord8Wide::KIND.bits(),
            form: Form::Word8Wide,
        }
    }

    /// `vldr dd, label`.
    pub fn vldr_d(d: DReg) -> Branch {
        Branch {
            bits: vfp::vldr_d_literal(d, 0).0 & !ToWord8Wide::KIND.bits(),
            form: Form::Word8Wide,
        }
    }

    /// The fixup of a row whose operand of this class and these bits is a place. `bits` is the
    /// instruction without it. It lengthens only if `relax` says for which core.
    pub(crate) fn of_row(
        bits: u32,
        class: Class,
        field: u32,
        relax: Option<Features>,
    ) -> Option<Branch> {
        let far = relax.map_or(Far::Refuse, Far::of);
        let wide_only = if far == Far::Hop { Far::Refuse } else { far };
        let form = match (class, field) {
            (Class::Label, f) if f == To8::KIND.bits() => Form::Cond8(far),
            (Class::Label, f) if f == To11::KIND.bits() => Form::B11(far),
            (Class::Label, f) if f == ToCbz::KIND.bits() => Form::Cbz(wide_only),
            (Class::Label, f) if f == To20::KIND.bits() && bits & 0x1000 == 0 => Form::Cond20,
            (Class::Label, f) if f == To24::KIND.bits() => Form::B24,
            (Class::LabelWord, f) if f == ToWord8::KIND.bits() && bits >> 16 == 0 => {
                Form::Word8(wide_only)
            }
            (Class::LabelWord, f) if f == ToWord12::KIND.bits() => Form::Word12,
            (Class::LabelWord, f) if f == ToWordUp::KIND.bits() => Form::Adr12,
            (Class::LabelWord, f) if f == ToWord8Wide::KIND.bits() => Form::Word8Wide,
            _ => return None,
        };
        Some(Branch { bits, form })
    }

    fn is_adr(self) -> bool {
        self.bits & 0xf800 == 0xa000
    }
}

/// The distance that encodings count: from the instruction plus 4.
fn from_pc(at: u32, target: u32) -> i32 {
    target.wrapping_sub(at.wrapping_add(4)) as i32
}

/// The distance that literal loads count: from the instruction plus 4, rounded down to a word.
fn from_word(at: u32, target: u32) -> i32 {
    target.wrapping_sub(at.wrapping_add(4) & !3) as i32
}

impl Fixup for Branch {
    fn size(self) -> u32 {
        match self.form {
            Form::Cond8(_) | Form::B11(_) | Form::Cbz(_) | Form::Word8(_) => 2,
            Form::Cond20 | Form::B24 | Form::CondOver11(_) | Form::CbzOver11 => 4,
            Form::Word12 | Form::Adr12 | Form::Word8Wide => 4,
            Form::CondOverBl | Form::CbzOver24 => 6,
        }
    }

    fn reach(self) -> Reach {
        let (back, ahead) = match self.form {
            Form::Cond8(_) => (-252, 258),
            Form::B11(_) => (-2044, 2050),
            Form::Cbz(_) => (4, 130),
            Form::CondOver11(_) | Form::CbzOver11 => (-2042, 2052),
            Form::Cond20 => (-(1 << 20) + 4, (1 << 20) + 2),
            Form::B24 => (-(1 << 24) + 4, (1 << 24) + 2),
            Form::CondOverBl | Form::CbzOver24 => (-(1 << 24) + 6, (1 << 24) + 4),
            // The rounding may take two bytes off.
            Form::Word8(_) => (2, 1022),
            Form::Word12 | Form::Adr12 => (-4091, 4097),
            Form::Word8Wide => (-1016, 1022),
        };
        Reach { back, ahead }
    }

    fn fits(self, at: u32, target: u32) -> bool {
        let word = from_word(at, target);
        match self.form {
            Form::Word8(_) => ToWord8::KIND.encode(word).is_some(),
            Form::Word12 | Form::Adr12 => ToWord12::KIND.encode(word).is_some(),
            Form::Word8Wide => ToWord8Wide::KIND.encode(word).is_some(),
            _ => {
                let distance = i64::from(target) - i64::from(at);
                distance & 1 == 0 && self.reach().holds(distance)
            }
        }
    }

    fn widen(self) -> Option<Self> {
        let (bits, form) = match self.form {
            Form::Cond8(Far::Wide) => {
                let cond = self.bits >> 8 & 15;
                (0xf000_8000 | cond << 22, Form::Cond20)
            }
            Form::Cond8(Far::Hop) => (self.bits, Form::CondOver11(Far::Hop)),
            Form::CondOver11(Far::Hop) => (self.bits, Form::CondOverBl),
            Form::B11(Far::Wide) => (0xf000_9000, Form::B24),
            Form::B11(Far::Hop) => (0xf000_d000, Form::B24),
            Form::Cbz(Far::Wide) => (self.bits, Form::CbzOver11),
            Form::CbzOver11 => (self.bits, Form::CbzOver24),
            Form::Word8(Far::Wide) => {
                let register = self.bits >> 8 & 7;
                if self.is_adr() {
                    (0xf20f_0000 | register << 8, Form::Adr12)
                } else {
                    (0xf85f_0000 | register << 12, Form::Word12)
                }
            }
            _ => return None,
        };
        Some(Branch { bits, form })
    }

    fn patch(self, at: u32, target: u32, out: &mut [u8]) {
        let to = from_pc(at, target);
        let word = from_word(at, target);
        let bits = self.bits;
        let inst = match self.form {
            Form::Cond8(_) => bits | To8::KIND.put(to),
            Form::B11(_) => bits | To11::KIND.put(to),
            Form::Cbz(_) => bits | ToCbz::KIND.put(to),
            Form::Cond20 => bits | To20::KIND.put(to),
            Form::B24 => bits | To24::KIND.put(to),
            Form::Word8(_) => bits | ToWord8::KIND.put(word),
            Form::Word12 => bits | ToWord12::KIND.put(word),
            Form::Word8Wide => bits | ToWord8Wide::KIND.put(word),
            Form::Adr12 if word < 0 => bits | 0x00a0_0000 | ToWordDown::KIND.put(word),
            Form::Adr12 => bits | ToWordUp::KIND.put(word),
            // A branch on the opposite condition over the next instruction, then that one.
            Form::CondOver11(_) | Form::CondOverBl | Form::CbzOver11 | Form::CbzOver24 => {
                let (inverted, narrow) = match self.form {
                    Form::CondOver11(_) => (bits ^ 0x100, true),
                    Form::CondOverBl => (bits ^ 0x100, false),
                    Form::CbzOver11 => (bits ^ 0x800, true),
                    _ => (bits ^ 0x800, false),
                };
                // Over 2 bytes the distance from the instruction plus 4 is 0, over 4 it is 2.
                let skip = match (narrow, bits & 0xf000 == 0xb000) {
                    (true, _) => 0,
                    (false, true) => ToCbz::KIND.put(2),
                    (false, false) => To8::KIND.put(2),
                };
                let jump = match self.form {
                    Form::CondOverBl => 0xf000_d000 | To24::KIND.put(to - 2),
                    Form::CbzOver24 => 0xf000_9000 | To24::KIND.put(to - 2),
                    _ => 0xe000 | To11::KIND.put(to - 2),
                };
                let (first, rest) = out.split_at_mut(2);
                write_le(first, inverted | skip);
                write_le(rest, Inst(jump).to_memory());
                return;
            }
        };
        write_le(out, Inst(inst).to_memory());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inst::V6M;
    use ferlance_asm::CodeBuffer;
    use std::format;
    use std::string::String;
    use std::vec::Vec;

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
        assert_eq!(ahead(Branch::b(V7M), 2048), "ffe3");
        assert_eq!(ahead(Branch::b(V7M), 2050), "00f001bc");
        assert_eq!(back(Branch::b(V7M), 2044), "00e4");
        assert_eq!(back(Branch::b(V7M), 2046), "fff7ffbb");
        assert_eq!(ahead(Branch::b_cond(Cond::Eq, V7M), 256), "7fd0");
        assert_eq!(ahead(Branch::b_cond(Cond::Eq, V7M), 258), "00f08180");
        assert_eq!(back(Branch::b_cond(Cond::Ne, V7M), 252), "80d1");
        assert_eq!(back(Branch::b_cond(Cond::Ne, V7M), 254), "7ff47faf");
    }

    #[test]
    fn without_thumb_2_far_branches_hop() {
        assert_eq!(ahead(Branch::b_cond(Cond::Eq, V6M), 256), "7fd0");
        assert_eq!(ahead(Branch::b_cond(Cond::Eq, V6M), 258), "00d180e0");
        assert_eq!(ahead(Branch::b_cond(Cond::Eq, V6M), 3000), "01d100f0dcfd");
        assert_eq!(ahead(Branch::b(V6M), 2050), "00f001fc");
    }

    #[test]
    fn compare_and_branch_turns_round() {
        assert_eq!(ahead(Branch::cbz(false, Reg::R3), 2), "03b1");
        assert_eq!(ahead(Branch::cbz(false, Reg::R3), 128), "fbb3");
        assert_eq!(ahead(Branch::cbz(false, Reg::R3), 130), "03b940e0");
        assert_eq!(back(Branch::cbz(true, Reg::R0), 4), "00b1fbe7");
        assert_eq!(ahead(Branch::cbz(true, Reg::R0), 3000), "08b100f0dcbd");
    }

    #[test]
    fn literal_loads_count_from_the_word() {
        let mut buffer = CodeBuffer::new();
        buffer
            .literal(Branch::ldr(Reg::R1, V7M), 0x1234_5678)
            .unwrap();
        buffer
            .literal(Branch::ldr(Reg::R2, V7M), 0x1234_5678)
            .unwrap();
        buffer.literal(Branch::ldr(Reg::R8, V7M), 7).unwrap();
        buffer.literal(Branch::vldr_s(SReg::new(5)), 7).unwrap();
        let code: Vec<u8> = buffer.finish().unwrap().bytes.to_vec();
        assert_eq!(hex(&code), "0249024adff80880dfed012a7856341207000000");
    }

    #[test]
    fn a_literal_out_of_reach_is_loaded_wide() {
        assert_eq!(ahead(Branch::ldr(Reg::R0, V7M), 1022), "ff48");
        assert_eq!(ahead(Branch::ldr(Reg::R0, V7M), 1024), "dff80004");
        assert_eq!(back(Branch::adr(Reg::R0, V7M), 4), "aff20800");
    }
}
