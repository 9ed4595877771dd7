//! What stock tools accept, and what they say about the rest.
//!
//! All operands of an instruction are looked at, and the last mistake is the one reported. Which
//! of two forms is meant, register or constant, goes by whether the last operand is a bare name.
//! Where stock emits wrong bytes we emit the manual's or refuse: `vcmp`, `push` and `pop` of one
//! high register, `movw(pc, …)`, misaligned `ldrex`.

use ferlance_asm::inline::{Dialect, Operand, Statement};
use ferlance_asm::{Message, RegSet};

use crate::encode::Class;
use crate::fixup::Branch;
use crate::inline::Assembler;
use crate::inst::{FP, Features, Inst, V7M};
use crate::reg::{Cond, Reg, SReg};
use crate::{t16, t32, vfp};

/// Assembles one instruction, or says why not.
pub(crate) fn instruction<'a>(
    assembler: &mut Assembler<'a, '_>,
    statement: &Statement<'a>,
) -> Result<(), Message<'a>> {
    let operands = assembler.operands(statement.operands);
    let mut stock = Stock {
        assembler,
        op: statement.op,
        error: None,
    };
    let made = match *operands {
        [] => stock.no_operands(),
        [one] => stock.one(one)?,
        [first, second] => stock.two(first, second),
        [first, second, third] => stock.three(first, second, third),
        _ => None,
    };
    let error = stock.error;
    let Some(made) = made else {
        return Err(Message::Unsupported {
            arch: "Thumb",
            op: statement.op,
            count: operands.len() as u32,
        });
    };
    if let Some(message) = error {
        return Err(message);
    }
    match made {
        Made::Inst(inst) => assembler.emit(inst),
        Made::Two(first, second) => {
            assembler.emit(first)?;
            assembler.emit(second)
        }
        Made::Done => Ok(()),
    }
}

/// What an operation came to.
enum Made {
    Inst(Inst),
    Two(Inst, Inst),
    /// It is in the buffer already.
    Done,
}

struct Stock<'s, 'a, 'b> {
    assembler: &'s mut Assembler<'a, 'b>,
    op: &'a str,
    error: Option<Message<'a>>,
}

/// An address operand: base, then offset.
type Address<'a> = (Operand<'a>, Operand<'a>);

impl<'a> Stock<'_, 'a, '_> {
    fn has(&self, features: Features) -> bool {
        features & !self.assembler.features == 0
    }

    fn fail<T>(&mut self, message: Message<'a>, value: T) -> T {
        self.error = Some(message);
        value
    }

    // Operands.

    fn register_up_to(&mut self, operand: Operand<'a>, last: u8) -> Reg {
        let op = self.op;
        // `ip` is no name of stock's.
        let register = match operand {
            Operand::Name("ip") => None,
            Operand::Name(name) => Reg::from_name(name),
            _ => None,
        };
        match register {
            None => self.fail(Message::ExpectsRegister { op }, Reg::R0),
            Some(register) if register.number() > last => {
                let register = last;
                self.fail(Message::AtMost { op, register }, Reg::R0)
            }
            Some(register) => register,
        }
    }

    fn low(&mut self, operand: Operand<'a>) -> Reg {
        self.register_up_to(operand, 7)
    }

    fn any(&mut self, operand: Operand<'a>) -> Reg {
        self.register_up_to(operand, 15)
    }

    fn fpu(&mut self, operand: Operand<'a>) -> SReg {
        let op = self.op;
        let digits = match operand {
            Operand::Name(name) => name.strip_prefix('s').unwrap_or(""),
            _ => "",
        };
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return self.fail(Message::ExpectsFpuRegister { op }, SReg::new(0));
        }
        // Leading zeros count for nothing; a number too long to parse is too big.
        match digits.trim_start_matches('0').parse::<u8>() {
            Ok(number @ 0..=31) => SReg::new(number),
            Err(_) if digits.bytes().all(|byte| byte == b'0') => SReg::new(0),
            _ => self.fail(Message::AtMost { op, register: 31 }, SReg::new(0)),
        }
    }

    fn integer(&mut self, operand: Operand<'a>) -> u32 {
        match operand {
            Operand::Int(value) => value as u32,
            _ => self.fail(Message::ExpectsInteger { op: self.op }, 0),
        }
    }

    fn masked(&mut self, operand: Operand<'a>, mask: u32) -> i32 {
        let op = self.op;
        let value = self.integer(operand);
        if value & !mask != 0 {
            return self.fail(Message::DoesNotFit { op, value, mask }, 0);
        }
        value as i32
    }

    fn address(&mut self, operand: Operand<'a>) -> Option<Address<'a>> {
        let Operand::List(parts) = operand else {
            return None;
        };
        match *self.assembler.operands(parts) {
            [base, offset] => Some((base, offset)),
            _ => None,
        }
    }

    fn list(&mut self, operand: Operand<'a>) -> RegSet {
        let op = self.op;
        let none = Message::ExpectsRegisterList { op };
        let Operand::Set(parts) = operand else {
            return self.fail(none, RegSet(1));
        };
        let parts = self.assembler.operands(parts);
        // A lone element that is no name does not look like a list at all.
        if !matches!(parts, [Operand::Name(_)] | [_, _, ..]) {
            return self.fail(none, RegSet(1));
        }
        let mut set = RegSet::EMPTY;
        for &part in parts {
            set.insert(self.any(part).number());
        }
        set
    }

    fn label(&mut self, operand: Operand<'a>) -> Option<&'a str> {
        match operand {
            Operand::Name(name) => Some(name),
            _ => self.fail(Message::ExpectsLabel { op: self.op }, None),
        }
    }

    // Operations by their number of operands.

    fn no_operands(&mut self) -> Option<Made> {
        match self.op {
            "nop" => Some(Made::Inst(t16::nop())),
            "wfi" => Some(Made::Inst(t16::wfi())),
            _ => None,
        }
    }

    fn one(&mut self, operand: Operand<'a>) -> Result<Option<Made>, Message<'a>> {
        let inst = match self.op {
            "bx" => t16::bx(self.any(operand)),
            "cpsid" | "cpsie" if self.other_masks(operand) => return Ok(None),
            "cpsid" => t16::cpsid(2),
            "cpsie" => t16::cpsie(2),
            "push" | "pop" => {
                let list = self.list(operand);
                return Ok(self.push_pop(list).map(Made::Inst));
            }
            op => {
                if let Some(pattern) = op.strip_prefix("it") {
                    return Ok(self.it(pattern, operand).map(Made::Inst));
                }
                let Some((row, relaxed)) = self.branch() else {
                    return Ok(None);
                };
                if let Some(name) = self.label(operand) {
                    let full = self.assembler.assembly.dialect() == Dialect::Full;
                    let form = if full && self.has(V7M) { relaxed } else { row };
                    self.assembler.assembly.fixup(form, name)?;
                }
                return Ok(Some(Made::Done));
            }
        };
        Ok(Some(Made::Inst(inst)))
    }

    /// Whether the full dialect gives the operand of `cpsid` another meaning than stock, which
    /// ignores it.
    fn other_masks(&self, operand: Operand<'a>) -> bool {
        self.assembler.assembly.dialect() == Dialect::Full
            && matches!(operand, Operand::Name("f" | "if_"))
    }

    /// The branch that the operation is: as stock has it, and as it may grow.
    fn branch(&mut self) -> Option<(Branch, Branch)> {
        let exact =
            |inst: Inst, class, bits: u32| Branch::of_row(inst.0 & !bits, class, bits, None);
        let (class, features) = (Class::Label, self.assembler.features);
        let narrow = |cond| {
            let form = exact(t16::b_cond_n(cond, 0), class, 0xff)?;
            Some((form, Branch::b_cond(cond, features)))
        };
        match self.op {
            "b" => Some((exact(t16::b_n(0), class, 0x7ff)?, Branch::b(features))),
            "bl" => Some((Branch::bl(), Branch::bl())),
            op => {
                let (name, width) = op.strip_prefix('b')?.split_at_checked(2)?;
                let cond = Cond::from_name(name)?;
                match width {
                    "" => narrow(cond),
                    "_n" => narrow(cond).map(|(form, _)| (form, form)),
                    "_w" if self.has(V7M) => {
                        let inst = t32::b_cond_w(cond, 0);
                        let form = exact(inst, class, 0x043f_2fff)?;
                        Some((form, form))
                    }
                    _ => None,
                }
            }
        }
    }

    fn push_pop(&mut self, list: RegSet) -> Option<Inst> {
        let push = self.op == "push";
        let narrow = RegSet(0xff | if push { 1 << 14 } else { 1 << 15 });
        if list.difference(narrow).is_empty() {
            return Some(if push {
                t16::push(list)
            } else {
                t16::pop(list)
            });
        }
        if !self.has(V7M) {
            return None;
        }
        Some(match (push, list.len(), list.first()) {
            (true, 1, Some(one @ (8..=12 | 14))) => t32::push_one(Reg::new(one)),
            (false, 1, Some(one @ (8..=12 | 14))) => t32::pop_one(Reg::new(one)),
            // Stock takes lists with sp, and others that the manual calls unpredictable.
            (true, ..) => Inst(0xe92d_0000 | list.0),
            (false, ..) => Inst(0xe8bd_0000 | list.0),
        })
    }

    /// `it`, `itt`, `ite`, …: the pattern's letters stand for the mask's bits from bit 3 down, and
    /// a one ends them.
    fn it(&mut self, pattern: &str, operand: Operand<'a>) -> Option<Inst> {
        if !self.has(V7M) || pattern.len() > 3 {
            return None;
        }
        let Operand::Name(name) = operand else {
            return None;
        };
        let cond = Cond::from_name(name)?;
        let mut mask = 8 >> pattern.len();
        for (index, letter) in pattern.bytes().enumerate() {
            let bit = match letter {
                b't' => cond as i32 & 1,
                b'e' => !(cond as i32) & 1,
                _ => return None,
            };
            mask |= bit << (3 - index);
        }
        Some(t16::it(cond, mask))
    }

    fn two(&mut self, first: Operand<'a>, second: Operand<'a>) -> Option<Made> {
        let named = matches!(second, Operand::Name(_));
        if self.op.starts_with('v') {
            return self.two_fpu(first, second).map(Made::Inst);
        }
        if let Some(form) = two_low(self.op)
            && named
        {
            let rd = self.low(first);
            let rm = self.low(second);
            return Some(Made::Inst(form(rd, rm)));
        }
        if let Some(form) = low_imm8(self.op)
            && !named
        {
            let rd = self.low(first);
            let imm = self.masked(second, 0xff);
            return Some(Made::Inst(form(rd, imm)));
        }
        let inst = match self.op {
            "mov" if named => {
                let rd = self.any(first);
                t16::mov_hi(rd, self.any(second))
            }
            "ldr" | "str" | "ldrb" | "strb" | "ldrh" | "strh" => {
                let (base, offset) = self.address(second)?;
                let rt = self.low(first);
                let rn = self.low(base);
                match self.op {
                    "ldr" => t16::ldr_ri(rt, rn, self.masked(offset, 0x7c)),
                    "str" => t16::str_ri(rt, rn, self.masked(offset, 0x7c)),
                    "ldrb" => t16::ldrb_ri(rt, rn, self.masked(offset, 0x1f)),
                    "strb" => t16::strb_ri(rt, rn, self.masked(offset, 0x1f)),
                    "ldrh" => t16::ldrh_ri(rt, rn, self.masked(offset, 0x3e)),
                    _ => t16::strh_ri(rt, rn, self.masked(offset, 0x3e)),
                }
            }
            _ if !self.has(V7M) => return None,
            "movw" | "movt" if !named => {
                let rd = self.register_up_to(first, 14);
                let imm = self.masked(second, 0xffff);
                if self.op == "movw" {
                    t32::movw(rd, imm)
                } else {
                    t32::movt(rd, imm)
                }
            }
            "movwt" if !named => {
                let rd = self.register_up_to(first, 14);
                let value = self.integer(second);
                let (low, high) = (value as i32 & 0xffff, (value >> 16) as i32);
                return Some(Made::Two(t32::movw(rd, low), t32::movt(rd, high)));
            }
            "clz" | "rbit" if named => {
                let rd = self.usable(first);
                let rm = self.usable(second);
                if self.op == "clz" {
                    t32::clz(rd, rm)
                } else {
                    t32::rbit(rd, rm)
                }
            }
            "mrs" if named => {
                let rd = self.register_up_to(first, 12);
                let special = match second {
                    Operand::Name("IPSR") => 5,
                    Operand::Name("BASEPRI") => 17,
                    _ => self.fail(Message::ExpectsSpecialRegister { op: self.op }, 5),
                };
                t32::mrs(rd, special)
            }
            "ldrex" if !named => {
                let rt = self.usable(first);
                let (rn, offset) = self.exclusive_address(second);
                t32::ldrex(rt, rn, offset)
            }
            _ => return None,
        };
        Some(Made::Inst(inst))
    }

    /// A register of a 32-bit instruction; `sp` and `pc`, which the manual forbids there, are refused.
    fn usable(&mut self, operand: Operand<'a>) -> Reg {
        let op = self.op;
        match self.any(operand) {
            Reg::SP => self.fail(Message::AtMost { op, register: 12 }, Reg::R0),
            Reg::PC => self.fail(Message::AtMost { op, register: 14 }, Reg::R0),
            register => register,
        }
    }

    /// The address of `ldrex` and `strex`. Stock's mask lets odd offsets through and rounds them.
    fn exclusive_address(&mut self, operand: Operand<'a>) -> (Reg, i32) {
        let op = self.op;
        let Some((base, offset)) = self.address(operand) else {
            return self.fail(Message::ExpectsAddress { op }, (Reg::R0, 0));
        };
        let rn = self.register_up_to(base, 14);
        let offset = self.masked(offset, 0xff);
        if offset & 3 != 0 {
            let (value, mask) = (offset as u32, 0xfc);
            return self.fail(Message::DoesNotFit { op, value, mask }, (rn, 0));
        }
        (rn, offset)
    }

    fn two_fpu(&mut self, first: Operand<'a>, second: Operand<'a>) -> Option<Inst> {
        if !self.has(FP) {
            return None;
        }
        let form: fn(SReg, SReg) -> Inst = match self.op {
            "vcmp" => vfp::vcmp_s,
            "vsqrt" => vfp::vsqrt_s,
            "vneg" => vfp::vneg_s,
            "vcvt_f32_s32" => vfp::vcvt_f32_s32,
            "vcvt_s32_f32" => vfp::vcvt_s32_f32,
            "vmrs" => {
                if second != Operand::Name("FPSCR") {
                    return None;
                }
                if first == Operand::Name("APSR_nzcv") {
                    return Some(vfp::vmrs_flags((), ()));
                }
                return match self.any(first) {
                    // The same bits.
                    Reg::PC => Some(vfp::vmrs_flags((), ())),
                    Reg::SP => {
                        let (op, register) = (self.op, 12);
                        Some(self.fail(Message::AtMost { op, register }, vfp::vmrs_flags((), ())))
                    }
                    rt => Some(vfp::vmrs(rt, ())),
                };
            }
            "vmov" => {
                // The first letter decides, so `lr` and other aliases are read as FPU registers.
                let to_core = matches!(first, Operand::Name(name) if name.starts_with('r'));
                return Some(if to_core {
                    let rt = self.register_up_to(first, 14);
                    vfp::vmov_r_s(rt, self.fpu(second))
                } else {
                    let sn = self.fpu(first);
                    vfp::vmov_s_r(sn, self.register_up_to(second, 14))
                });
            }
            "vldr" | "vstr" => {
                let op = self.op;
                let d = self.fpu(first);
                let Some((base, offset)) = self.address(second) else {
                    return self.fail(Message::ExpectsAddress { op }, Some(t16::nop()));
                };
                let rn = self.low(base);
                let offset = self.masked(offset, 0x3fc);
                return Some(if op == "vldr" {
                    vfp::vldr_s(d, rn, offset)
                } else {
                    vfp::vstr_s(d, rn, offset)
                });
            }
            _ => return None,
        };
        let d = self.fpu(first);
        let m = self.fpu(second);
        Some(form(d, m))
    }

    fn three(
        &mut self,
        first: Operand<'a>,
        second: Operand<'a>,
        third: Operand<'a>,
    ) -> Option<Made> {
        let named = matches!(third, Operand::Name(_));
        let inst = match self.op {
            "lsl" | "lsr" | "asr" => {
                let rd = self.low(first);
                let rm = self.low(second);
                let imm = self.masked(third, 0x1f);
                // A zero stands in the bits as it is, and means 32 to the processor.
                let right = if imm == 0 { 32 } else { imm };
                match self.op {
                    "lsl" => t16::lsl_rri(rd, rm, imm),
                    "lsr" => t16::lsr_rri(rd, rm, right),
                    _ => t16::asr_rri(rd, rm, right),
                }
            }
            "add" | "sub" => {
                let add = self.op == "add";
                let rd = self.low(first);
                let rn = self.low(second);
                if named {
                    let rm = self.low(third);
                    if add {
                        t16::add_rrr(rd, rn, rm)
                    } else {
                        t16::sub_rrr(rd, rn, rm)
                    }
                } else {
                    let imm = self.masked(third, 7);
                    if add {
                        t16::add_rri3(rd, rn, imm)
                    } else {
                        t16::sub_rri3(rd, rn, imm)
                    }
                }
            }
            "sdiv" | "udiv" if self.has(V7M) => {
                let rd = self.usable(first);
                let rn = self.usable(second);
                let rm = self.usable(third);
                if self.op == "sdiv" {
                    t32::sdiv(rd, rn, rm)
                } else {
                    t32::udiv(rd, rn, rm)
                }
            }
            "strex" if self.has(V7M) => {
                let rd = self.usable(first);
                let rt = self.usable(second);
                let (rn, offset) = self.exclusive_address(third);
                t32::strex(rd, rt, rn, offset)
            }
            "vadd" | "vsub" | "vmul" | "vdiv" if self.has(FP) => {
                let d = self.fpu(first);
                let n = self.fpu(second);
                let m = self.fpu(third);
                match self.op {
                    "vadd" => vfp::vadd_s(d, n, m),
                    "vsub" => vfp::vsub_s(d, n, m),
                    "vmul" => vfp::vmul_s(d, n, m),
                    _ => vfp::vdiv_s(d, n, m),
                }
            }
            _ => return None,
        };
        Some(Made::Inst(inst))
    }
}

/// Operations on two low registers.
fn two_low(op: &str) -> Option<fn(Reg, Reg) -> Inst> {
    Some(match op {
        "and_" => t16::and_rr,
        "eor" => t16::eor_rr,
        "lsl" => t16::lsl_rr,
        "lsr" => t16::lsr_rr,
        "asr" => t16::asr_rr,
        "adc" => t16::adc_rr,
        "sbc" => t16::sbc_rr,
        "ror" => t16::ror_rr,
        "tst" => t16::tst_rr,
        "neg" => t16::neg_rr,
        "cmp" => t16::cmp_rr,
        "cmn" => t16::cmn_rr,
        "orr" => t16::orr_rr,
        "mul" => t16::mul_rr,
        "bic" => t16::bic_rr,
        "mvn" => t16::mvn_rr,
        _ => return None,
    })
}

/// Operations on a low register and a byte.
fn low_imm8(op: &str) -> Option<fn(Reg, i32) -> Inst> {
    Some(match op {
        "mov" => t16::mov_ri,
        "cmp" => t16::cmp_ri,
        "add" => t16::add_ri,
        "sub" => t16::sub_ri,
        _ => return None,
    })
}
