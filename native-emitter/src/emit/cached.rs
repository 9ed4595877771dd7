//! Lookups of names by cells: what `lower::cached` asks for, in place, and calls where that fails, behind everything else.
//!
//! ```text
//! attribute  object: a pointer? its class one whose instances have what they have in a map?
//! both       the map: has it so many entries? is the name where the cell says? its value, or a new one there
//! global     if that fails: has the map as many entries as when the name was none of them, and all else
//!            as then? the cell's value
//! ```
//!
//! Until a value is found nothing is written but the registers that the instruction has for itself, so that every check
//! may give up.
use ferlance_abi::{Qstr, layout, obj_word};
use ferlance_asm::Label;
use ferlance_collections::OutOfMemory;

use super::Writer;
use crate::arch::{Emit, MAX_TEMPS, Operands, Place, PregSet, Temps};
use crate::lower::POINTER_BITS;
use crate::nir::{Cond, Inst, Op, Site, Type, Width};
use crate::regalloc::moves::Move;

/// A call that a lookup may need.
#[derive(Debug)]
pub(super) struct Aside {
    inst: Inst,
    places: Places,
    /// Registers that the call must leave alone.
    kept: PregSet,
    /// Where it begins, and where it goes on.
    labels: [Label; 2],
    line: u32,
}

#[derive(Debug, Clone, Copy)]
struct Places {
    dst: Place,
    base: Place,
    cells: Place,
    value: Place,
    position: Place,
    table: Place,
    temps: Temps,
}

type Done<T = ()> = Result<T, OutOfMemory>;

impl<A: Emit> Writer<'_, A> {
    /// The lookup.
    pub(super) fn cached(&mut self, inst: &Inst, site: Site, name: Qstr) -> Done {
        let extra = self.extra();
        let kept = extra.map_or(PregSet::EMPTY, |extra| extra.kept);
        let operands = self.operands([inst.dst, inst.a, inst.b, inst.c], 0);
        let args = self.e.func.items(inst.args);
        let mut words = args.iter().map(|arg| self.e.place(*arg));
        let places = Places {
            dst: operands.dst,
            base: operands.a,
            cells: operands.b,
            value: operands.c,
            position: words.next().unwrap_or(Place::None),
            table: words.next().unwrap_or(Place::None),
            temps: operands.temps,
        };
        let labels = [self.e.buffer.new_label()?, self.e.buffer.new_label()?];
        self.lookup(inst, site, name, &places, labels[0])?;
        self.e.buffer.bind(labels[1]);
        self.e.flags = None;
        self.e.stored = None;
        self.asides.push(Aside {
            inst: *inst,
            places,
            kept,
            labels,
            line: self.line,
        })
    }

    fn lookup(&mut self, inst: &Inst, site: Site, name: Qstr, at: &Places, other: Label) -> Done {
        let word = self.e.frame.word as i64;
        let [t, u, spare] = temps(at);
        let base = at.base;
        let map = match site {
            Site::Global => layout::DICT_MAP as i64 * word,
            Site::Load | Site::Store => layout::INSTANCE_MAP as i64 * word,
        };
        if site == Site::Store {
            let late = layout::POSITION_LATE_BYTES as i64;
            let position = self.in_register(at.position, t)?;
            self.load(Width::U32, t, position, late)?;
            self.leave_if(Cond::Ne, t, 0, u, other)?;
        }
        if site != Site::Global {
            let flag = match site {
                Site::Store => layout::type_flags::STORES_OWN,
                _ => layout::type_flags::OWN_ATTRS,
            };
            let flags = layout::TYPE_FLAGS_BYTES_AFTER_BASE as i64 + word;
            self.leave_if(Cond::TestNonZero, base, POINTER_BITS, t, other)?;
            self.load(Width::Word, t, base, 0)?;
            self.load(Width::U16, t, t, flags)?;
            self.leave_if(Cond::TestZero, t, flag.into(), u, other)?;
        }
        let used = map + layout::MAP_USED as i64 * word;
        self.load(Width::Word, t, base, used)?;
        self.load_cell(u, inst, at, layout::CELL_LIMIT)?;
        self.leave_if_words(Cond::Below, t, u, other)?;
        let table = map + layout::MAP_TABLE as i64 * word;
        self.load(Width::Word, t, base, table)?;
        self.load_cell(u, inst, at, layout::CELL_OFFSET)?;
        self.add(t, t, u)?;
        self.load(Width::Word, u, t, 0)?;
        let wanted = obj_word::qstr(name.number()) as i64;
        self.leave_if(Cond::Ne, u, wanted, spare, other)?;
        match (site, at.dst) {
            (Site::Store, _) => {
                let operands = Operands {
                    a: t,
                    c: at.value,
                    ..nothing()
                };
                let store = Inst {
                    imm: word,
                    ..Inst::new(Op::Store(Width::Word, 0))
                };
                self.arch.inst(&mut self.e, &store, &operands)
            }
            (_, Place::None) => Ok(()),
            (_, dst) => self.load(Width::Word, dst, t, word),
        }
    }

    /// The calls.
    pub(super) fn asides(&mut self) -> Done {
        for aside in core::mem::take(&mut self.asides) {
            self.aside(&aside)?;
        }
        Ok(())
    }

    fn aside(&mut self, aside: &Aside) -> Done {
        let Aside { inst, places, .. } = aside;
        let Op::Cached(site, _) = inst.op else {
            return Ok(());
        };
        let [t, u, _] = temps(places);
        self.e.buffer.bind(aside.labels[0]);
        self.e.flags = None;
        self.e.stored = None;
        self.mark_line(aside.line)?;
        self.plain = (self.e.buffer.offset(), self.e.buffer.site_count());
        if site == Site::Global {
            self.builtin(inst, places, aside.labels[1])?;
        }
        for preg in aside.kept.iter() {
            self.arch.keep(&mut self.e, preg, false)?;
        }
        if places.position != Place::None {
            let position = self.in_register(places.position, t)?;
            self.tell_at(position, inst.cell_line(), u)?;
        }
        // The cell's address.
        self.add_constant(t, places.cells, inst.cell_offset())?;
        let args = [
            (places.base, Type::Obj),
            (t, Type::Word),
            (places.value, Type::Obj),
        ];
        let args = match site {
            Site::Global => &args[1..2],
            Site::Load => &args[..2],
            Site::Store => &args[..],
        };
        self.moves.clear();
        for (at, (src, ty)) in args.iter().enumerate() {
            let dst = self.argument(at);
            let (src, ty) = (*src, *ty);
            self.moves.push(Move { dst, src, ty })?;
        }
        let table = Some(places.table).filter(|table| *table != Place::None);
        self.invoke(Op::Call(site.fun()), 0, table)?;
        let result = Place::Reg(self.arch.regs().result);
        if site != Site::Store && places.dst != result && places.dst != Place::None {
            self.move_(places.dst, result, Type::Obj)?;
        }
        for preg in aside.kept.iter() {
            self.arch.keep(&mut self.e, preg, true)?;
        }
        self.arch.jump(&mut self.e, aside.labels[1])
    }

    /// A name that is no global: goes to `done` with what the cell knows if all is as it was.
    fn builtin(&mut self, inst: &Inst, at: &Places, done: Label) -> Done {
        let word = self.e.frame.word as i64;
        let [t, u, _] = temps(at);
        let ask = self.e.buffer.new_label()?;
        let used = (layout::DICT_MAP + layout::MAP_USED) as i64 * word;
        self.load(Width::Word, t, at.base, used)?;
        self.load_cell(u, inst, at, layout::CELL_OFFSET)?;
        self.leave_if_words(Cond::Ne, t, u, ask)?;
        let position = self.in_register(at.position, t)?;
        let names = layout::position_names_bytes(word as usize) as i64;
        self.load(Width::Word, t, position, names)?;
        self.load_cell(u, inst, at, layout::CELL_LIMIT)?;
        self.leave_if_words(Cond::Ne, t, u, ask)?;
        if at.dst != Place::None {
            let found = cell_word(inst, layout::CELL_FOUND, word);
            // The result may be where the cells' address is.
            let into = match self.arch.address(Width::Word, None, found) {
                true => at.dst,
                false => t,
            };
            self.load(Width::Word, into, at.cells, found)?;
            if into != at.dst {
                self.move_(at.dst, into, Type::Obj)?;
            }
        }
        self.arch.jump(&mut self.e, done)?;
        self.e.buffer.bind(ask);
        Ok(())
    }

    // Instructions on places.

    /// A value that may be in memory, in a register: `room` if it has none.
    fn in_register(&mut self, place: Place, room: Place) -> Done<Place> {
        if let Place::Reg(_) = place {
            return Ok(place);
        }
        self.arch.move_(&mut self.e, room, place, Type::Word)?;
        Ok(room)
    }

    /// `dst = memory[base + offset]`; only of an address that the machine has no room for `dst` may not be `base`.
    fn load(&mut self, width: Width, dst: Place, base: Place, offset: i64) -> Done {
        let mut inst = Inst {
            imm: offset,
            ..Inst::new(Op::Load(width, 0))
        };
        let mut operands = Operands {
            dst,
            a: base,
            ..nothing()
        };
        if !self.arch.address(width, None, offset) {
            self.add_constant(dst, base, offset)?;
            operands.a = dst;
            inst.imm = 0;
        }
        self.arch.inst(&mut self.e, &inst, &operands)
    }

    /// `dst` is a word of the instruction's cell.
    fn load_cell(&mut self, dst: Place, inst: &Inst, at: &Places, index: usize) -> Done {
        let offset = cell_word(inst, index, self.e.frame.word as i64);
        self.load(Width::Word, dst, at.cells, offset)
    }

    fn add(&mut self, dst: Place, a: Place, b: Place) -> Done {
        let operands = Operands {
            dst,
            a,
            b,
            ..nothing()
        };
        self.arch.inst(&mut self.e, &Inst::new(Op::Add), &operands)
    }

    /// `dst = a + imm`; `dst` is not `a`.
    fn add_constant(&mut self, dst: Place, a: Place, imm: i64) -> Done {
        if self.arch.fits(Op::Add, imm) {
            return self.add(dst, a, Place::Const(imm));
        }
        let constant = Place::Const(imm);
        self.arch.move_(&mut self.e, dst, constant, Type::Word)?;
        self.add(dst, dst, a)
    }

    /// Goes to `other` if a word compares so with a constant, for which there is room in a register.
    fn leave_if(&mut self, cond: Cond, a: Place, imm: i64, room: Place, other: Label) -> Done {
        let mut b = Place::Const(imm);
        if !self.arch.fits(Op::Cmp(cond), imm) {
            self.arch.move_(&mut self.e, room, b, Type::Word)?;
            b = room;
        }
        let temps = [room.reg(), None, None];
        let operands = Operands {
            a,
            b,
            temps,
            ..nothing()
        };
        self.arch.branch(&mut self.e, cond, &operands, other)
    }

    fn leave_if_words(&mut self, cond: Cond, a: Place, b: Place, other: Label) -> Done {
        let operands = Operands { a, b, ..nothing() };
        self.arch.branch(&mut self.e, cond, &operands, other)
    }
}

/// The registers of the instruction; what it has not asked for it does not use.
fn temps(at: &Places) -> [Place; MAX_TEMPS] {
    at.temps.map(|temp| temp.map_or(Place::None, Place::Reg))
}

/// Byte offset from the cells of a word of the instruction's cell.
fn cell_word(inst: &Inst, index: usize, word: i64) -> i64 {
    inst.cell_offset() + layout::CELL_HEAD_BYTES as i64 + index as i64 * word
}

const fn nothing() -> Operands {
    Operands {
        dst: Place::None,
        a: Place::None,
        b: Place::None,
        c: Place::None,
        temps: [None; MAX_TEMPS],
    }
}
