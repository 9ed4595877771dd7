//! Registers, constants, and words between registers and the frame.
use ferlance_asm::row;
use ferlance_asm_thumb::encode::is_constant;
use ferlance_asm_thumb::fixup::Branch;
use ferlance_asm_thumb::{Inst as Word, Reg, TABLES, emit, t16, t32};

use super::Thumb;
use crate::arch::{Emitted, Place, Preg};
use crate::emit::Emitter;

pub(super) type E<'a> = Emitter<'a, Branch>;

/// Bytes that one operation takes at most, with all that it may do on the way.
const LONGEST_OP: u32 = 80;

/// A core register.
pub(super) fn int(preg: Preg) -> Reg {
    Reg::new(preg.number())
}

/// The core register of a place that the allocator made one.
pub(super) fn reg(place: Place) -> Reg {
    debug_assert!(
        matches!(place, Place::Reg(preg) if !preg.is_float()),
        "{place:?}"
    );
    place.reg().map_or(Reg::R0, int)
}

/// Do 16-bit instructions reach all of these?
pub(super) fn low(regs: &[Reg]) -> bool {
    regs.iter().all(|reg| reg.is_low())
}

/// The list of one register.
pub(super) fn one(reg: Reg) -> ferlance_asm::RegSet {
    ferlance_asm::RegSet(1 << reg.number())
}

/// Adds `offset` in steps that an 8-bit constant holds.
pub(super) fn while_adding(mut offset: i32, mut add: impl FnMut(i32) -> Emitted) -> Emitted {
    while offset > 0 {
        let step = offset.min(255);
        offset -= step;
        add(step)?;
    }
    Ok(())
}

impl Thumb {
    #[inline]
    pub(super) fn put(&self, e: &mut E<'_>, inst: Word) -> Emitted {
        debug_assert!(
            row::find(&TABLES, inst.0, self.features).is_some(),
            "{inst:?}"
        );
        emit(&mut e.buffer, inst)
    }

    /// Notes that the flags are now those of `reg`'s value.
    pub(super) fn flags_of(&self, e: &E<'_>, reg: Reg) {
        self.flags.set(Some((e.buffer.offset(), reg)));
    }

    /// Are the flags those of `reg`'s value, whichever way control came here?
    pub(super) fn has_flags(&self, e: &E<'_>, reg: Reg) -> bool {
        self.flags.get() == Some((e.buffer.offset(), reg)) && !e.buffer.is_target_here()
    }

    /// Places literals in the way of control if that cannot wait.
    pub(super) fn pool(&self, e: &mut E<'_>) -> Emitted {
        if e.buffer.pool_is_due(LONGEST_OP) {
            let over = e.buffer.new_label()?;
            e.buffer.fixup(Branch::b(self.features), over)?;
            e.buffer.place_pool()?;
            e.buffer.bind(over);
        }
        Ok(())
    }

    /// Places literals where control does not come by, if they will not wait much longer.
    pub(super) fn after_jump(&self, e: &mut E<'_>) -> Emitted {
        if e.buffer.pool_is_due(400) {
            e.buffer.place_pool()?;
        }
        Ok(())
    }

    pub(super) fn copy(&self, e: &mut E<'_>, rd: Reg, rm: Reg) -> Emitted {
        match rd == rm {
            true => Ok(()),
            false => self.put(e, t16::mov_hi(rd, rm)),
        }
    }

    /// `rd = value`.
    pub(super) fn constant(&self, e: &mut E<'_>, rd: Reg, value: u32) -> Emitted {
        let signed = value as i32;
        if rd.is_low() && value < 256 {
            return self.put(e, t16::mov_ri(rd, signed));
        }
        if self.is_v7() {
            if is_constant(signed) {
                return self.put(e, t32::mov_w_ri(rd, signed));
            }
            if is_constant(!signed) {
                return self.put(e, t32::mvn_w_ri(rd, !signed));
            }
            if value < 0x1_0000 {
                return self.put(e, t32::movw(rd, signed));
            }
        } else if rd.is_low() {
            if !value < 256 {
                self.put(e, t16::mov_ri(rd, !signed))?;
                return self.put(e, t16::mvn_rr(rd, rd));
            }
            if value < 511 {
                self.put(e, t16::mov_ri(rd, 255))?;
                return self.put(e, t16::add_ri(rd, signed - 255));
            }
            let zeros = value.trailing_zeros();
            if value >> zeros < 256 {
                self.put(e, t16::mov_ri(rd, (value >> zeros) as i32))?;
                return self.put(e, t16::lsl_rri(rd, rd, zeros as i32));
            }
        } else {
            self.put(e, t16::push(one(Reg::R7)))?;
            self.constant(e, Reg::R7, value)?;
            self.put(e, t16::mov_hi(rd, Reg::R7))?;
            return self.put(e, t16::pop(one(Reg::R7)));
        }
        e.buffer.literal(Branch::ldr(rd, self.features), value)?;
        Ok(())
    }

    /// `rd = sp + offset`.
    pub(super) fn sp_address(&self, e: &mut E<'_>, rd: Reg, offset: i32) -> Emitted {
        if rd.is_low() && offset % 4 == 0 && (0..=1020).contains(&offset) {
            return self.put(e, t16::add_r_sp_i(rd, (), offset));
        }
        if self.is_v7() && (0..4096).contains(&offset) {
            return self.put(e, t32::addw(rd, Reg::SP, offset));
        }
        self.constant(e, rd, offset as u32)?;
        self.put(e, t16::add_hi(rd, Reg::SP))
    }

    /// `rd = memory[sp + offset]`.
    pub(super) fn load_sp(&self, e: &mut E<'_>, rd: Reg, offset: i32) -> Emitted {
        if rd.is_low() && (0..=1020).contains(&offset) {
            return self.put(e, t16::ldr_sp(rd, (), offset));
        }
        if self.is_v7() && (0..4096).contains(&offset) {
            return self.put(e, t32::ldr_w_ri(rd, Reg::SP, offset));
        }
        if !self.is_v7() && !rd.is_low() {
            self.put(e, t16::push(one(Reg::R7)))?;
            self.load_sp(e, Reg::R7, offset + 4)?;
            self.put(e, t16::mov_hi(rd, Reg::R7))?;
            return self.put(e, t16::pop(one(Reg::R7)));
        }
        self.sp_address(e, rd, offset)?;
        self.put(
            e,
            if rd.is_low() {
                t16::ldr_ri(rd, rd, 0)
            } else {
                t32::ldr_w_ri(rd, rd, 0)
            },
        )
    }

    /// `memory[sp + offset] = rs`.
    pub(super) fn store_sp(&self, e: &mut E<'_>, rs: Reg, offset: i32) -> Emitted {
        if rs.is_low() && (0..=1020).contains(&offset) {
            return self.put(e, t16::str_sp(rs, (), offset));
        }
        if self.is_v7() {
            if (0..4096).contains(&offset) {
                return self.put(e, t32::str_w_ri(rs, Reg::SP, offset));
            }
            // With a frame that large the prologue saves `lr`.
            let at = if rs == Reg::R12 { Reg::LR } else { Reg::R12 };
            self.sp_address(e, at, offset)?;
            return self.put(e, t32::str_w_ri(rs, at, 0));
        }
        let temp = if rs == Reg::R7 { Reg::R6 } else { Reg::R7 };
        self.put(e, t16::push(one(temp)))?;
        if rs.is_low() {
            self.sp_address(e, temp, offset + 4)?;
            self.put(e, t16::str_ri(rs, temp, 0))?;
        } else {
            self.put(e, t16::mov_hi(temp, rs))?;
            self.store_sp(e, temp, offset + 4)?;
        }
        self.put(e, t16::pop(one(temp)))
    }

    /// The sp offset of a place in memory.
    pub(super) fn offset_of(&self, e: &E<'_>, place: Place) -> Option<i32> {
        match place {
            Place::Spill(word) => Some(e.frame.spill(word)),
            Place::In(word) => Some(e.frame.incoming(word)),
            Place::Out(word) => Some(e.frame.outgoing(word)),
            Place::None | Place::Reg(_) | Place::Const(_) => None,
        }
    }

    /// `rd =` a word from anywhere.
    pub(super) fn load_place(&self, e: &mut E<'_>, rd: Reg, place: Place) -> Emitted {
        match (place, self.offset_of(e, place)) {
            (_, Some(offset)) => self.load_sp(e, rd, offset),
            (Place::Const(value), _) => self.constant(e, rd, value as u32),
            (Place::Reg(preg), _) => self.copy(e, rd, int(preg)),
            _ => Ok(()),
        }
    }

    /// `rd = memory[base + offset]`, for the fun table.
    pub(super) fn load_far_word(&self, e: &mut E<'_>, rd: Reg, base: Reg, offset: i32) -> Emitted {
        if low(&[rd, base]) && offset <= 124 {
            return self.put(e, t16::ldr_ri(rd, base, offset));
        }
        if self.is_v7() {
            return self.put(e, t32::ldr_w_ri(rd, base, offset));
        }
        // `rd` may be the base, or has to become it: then the offset has no register.
        if rd == base || !base.is_low() {
            self.copy(e, rd, base)?;
            while_adding(offset, |step| self.put(e, t16::add_ri(rd, step)))?;
            return self.put(e, t16::ldr_ri(rd, rd, 0));
        }
        self.constant(e, rd, offset as u32)?;
        self.put(e, t16::ldr_rr(rd, base, rd))
    }

    pub(super) fn move_int(&self, e: &mut E<'_>, dst: Place, src: Place) -> Emitted {
        if let Place::Reg(preg) = dst {
            return self.load_place(e, int(preg), src);
        }
        let Some(to) = self.offset_of(e, dst) else {
            return Ok(());
        };
        if let Place::Reg(preg) = src {
            return self.store_sp(e, int(preg), to);
        }
        if self.is_v7() {
            self.load_place(e, Reg::R12, src)?;
            return self.store_sp(e, Reg::R12, to);
        }
        self.put(e, t16::push(one(Reg::R7)))?;
        match self.offset_of(e, src) {
            Some(from) => self.load_sp(e, Reg::R7, from + 4)?,
            None => self.load_place(e, Reg::R7, src)?,
        }
        self.store_sp(e, Reg::R7, to + 4)?;
        self.put(e, t16::pop(one(Reg::R7)))
    }
}
