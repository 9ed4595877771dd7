//! A function as text.

use core::fmt::{self, Write};

use super::{CONDS, OVERFLOWS, PLAIN, SITES, TYPES, WIDTHS, name_in};
use crate::nir::shape::Shape;
use crate::nir::{Edge, Entry, Func, Inst, List, Op, Term, Vreg};

impl fmt::Display for Func {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "func q{} ", self.name.number())?;
        match self.entry {
            Entry::Function => writeln!(f, "function")?,
            Entry::Resume => writeln!(f, "resume")?,
            Entry::Words(n) => writeln!(f, "words {n}")?,
        }
        for (slot, data) in self.slots.iter_enumerated() {
            writeln!(f, "slot s{} {}", slot.index(), data.words)?;
        }
        for (block, data) in self.blocks.iter_enumerated() {
            write!(f, "b{}", block.index())?;
            for (at, param) in self.items(data.params).iter().enumerate() {
                f.write_str(if at == 0 { "(" } else { ", " })?;
                self.write_def(f, *param)?;
            }
            if data.params.len > 0 {
                f.write_char(')')?;
            }
            writeln!(f, "{}:", if data.cold { " cold" } else { "" })?;
            for inst in &data.insts {
                self.write_inst(f, inst)?;
            }
            self.write_term(f, &data.term)?;
        }
        Ok(())
    }
}

impl Func {
    fn write_def(&self, f: &mut fmt::Formatter<'_>, vreg: Vreg) -> fmt::Result {
        write!(f, "v{}: {}", vreg.index(), name_in(TYPES, self.ty(vreg)))
    }

    fn write_list(&self, f: &mut fmt::Formatter<'_>, list: List) -> fmt::Result {
        for (at, item) in self.items(list).iter().enumerate() {
            write!(f, "{}v{}", if at == 0 { "" } else { ", " }, item.index())?;
        }
        Ok(())
    }

    fn write_edge(&self, f: &mut fmt::Formatter<'_>, edge: Edge) -> fmt::Result {
        write!(f, "b{}", edge.block.index())?;
        if edge.args.len > 0 {
            f.write_char('(')?;
            self.write_list(f, edge.args)?;
            f.write_char(')')?;
        }
        Ok(())
    }

    fn write_inst(&self, f: &mut fmt::Formatter<'_>, inst: &Inst) -> fmt::Result {
        f.write_str("  ")?;
        if let Some(dst) = inst.dst {
            self.write_def(f, dst)?;
            f.write_str(" = ")?;
        }
        match inst.op {
            Op::Extend(width) => write!(f, "extend.{}", name_in(WIDTHS, width))?,
            Op::Load(width, _) => write!(f, "load.{}", name_in(WIDTHS, width))?,
            Op::Store(width, _) => write!(f, "store.{}", name_in(WIDTHS, width))?,
            Op::Cmp(cond) => write!(f, "cmp.{}", name_in(CONDS, cond))?,
            Op::FCmp(cond) => write!(f, "fcmp.{}", name_in(CONDS, cond))?,
            Op::SlotAddr(slot) => write!(f, "slot_addr s{}", slot.index())?,
            Op::SlotLoad(slot) => write!(f, "slot_load s{}", slot.index())?,
            Op::SlotStore(slot) => write!(f, "slot_store s{}", slot.index())?,
            Op::QstrNumber(name) => write!(f, "qstr_number q{}", name.number())?,
            Op::QstrObj(name) => write!(f, "qstr_obj q{}", name.number())?,
            Op::Cached(site, name) => {
                let site = name_in(SITES, site);
                write!(f, "cached.{site} q{}", name.number())?;
            }
            Op::Call(fun) => write!(f, "call {}", fun.name())?,
            op => f.write_str(name_in(PLAIN, op))?,
        }
        let (a, b) = (inst.a, inst.b);
        match inst.op.shape() {
            Shape::Number | Shape::Mark => write!(f, " {}", inst.imm)?,
            Shape::Nothing => {}
            Shape::Unary => write!(f, " {}", Reg(a))?,
            Shape::UnaryImm | Shape::Tell => write!(f, " {}, {}", Reg(a), inst.imm)?,
            Shape::Binary => write!(f, " {}, {}", Reg(a), RegOrImm(b, inst.imm))?,
            Shape::FloatBinary => write!(f, " {}, {}", Reg(a), Reg(b))?,
            Shape::Shifted => write!(f, " {}, {}, {}", Reg(a), Reg(b), inst.imm)?,
            Shape::Select => write!(f, " {}, {}, {}", Reg(a), Reg(b), Reg(inst.c))?,
            Shape::Load | Shape::Store => {
                write!(f, " {}", Reg(a))?;
                if b.is_some() {
                    write!(f, " + {}", Reg(b))?;
                }
                if let Op::Load(_, shift @ 1..) | Op::Store(_, shift @ 1..) = inst.op
                    && b.is_some()
                {
                    write!(f, " << {shift}")?;
                }
                write_offset(f, inst.imm)?;
                if inst.c.is_some() {
                    write!(f, " = {}", Reg(inst.c))?;
                }
            }
            Shape::Slot => write_offset(f, inst.imm)?,
            Shape::SlotStore => {
                write_offset(f, inst.imm)?;
                write!(f, " = {}", Reg(inst.c))?;
            }
            Shape::Cached => {
                let (cell, line) = (inst.cell_offset(), inst.cell_line());
                write!(f, " {}, {} {cell} line {line} (", Reg(a), Reg(b))?;
                self.write_list(f, inst.args)?;
                f.write_char(')')?;
                if inst.c.is_some() {
                    write!(f, " = {}", Reg(inst.c))?;
                }
            }
            Shape::Call => {
                if inst.op == Op::CallDirect {
                    write!(f, " {}", inst.imm)?;
                }
                write_table(f, a)?;
                f.write_char('(')?;
                self.write_list(f, inst.args)?;
                f.write_char(')')?;
            }
        }
        f.write_char('\n')
    }

    fn write_term(&self, f: &mut fmt::Formatter<'_>, term: &Term) -> fmt::Result {
        f.write_str("  ")?;
        match *term {
            Term::Open => f.write_str("open")?,
            Term::Jump(to) => {
                f.write_str("jump ")?;
                self.write_edge(f, to)?;
            }
            Term::Branch {
                cond,
                a,
                b,
                imm,
                then,
                other,
            } => {
                let cond = name_in(CONDS, cond);
                write!(f, "branch {cond} {}, {}", Reg(Some(a)), RegOrImm(b, imm))?;
                self.write_two(f, "then", then, "else", other)?;
            }
            Term::FBranch {
                cond,
                a,
                b,
                then,
                other,
            } => {
                let cond = name_in(CONDS, cond);
                write!(f, "fbranch {cond} {}, {}", Reg(Some(a)), Reg(Some(b)))?;
                self.write_two(f, "then", then, "else", other)?;
            }
            Term::Checked {
                op,
                dst,
                a,
                b,
                imm,
                fits,
                over,
            } => {
                write!(f, "checked {} ", name_in(OVERFLOWS, op))?;
                self.write_def(f, dst)?;
                write!(f, " = {}, {}", Reg(Some(a)), RegOrImm(b, imm))?;
                self.write_two(f, "fits", fits, "over", over)?;
            }
            Term::NlrPush {
                table,
                slot,
                normal,
                caught,
            } => {
                write!(f, "nlr_push s{}", slot.index())?;
                write_table(f, table)?;
                self.write_two(f, "normal", normal, "caught", caught)?;
            }
            Term::Switch { a, start, len } => {
                write!(f, "switch {}", Reg(Some(a)))?;
                let start = start as usize;
                for target in self.targets.get(start..start + len as usize).unwrap_or(&[]) {
                    write!(f, " b{}", target.index())?;
                }
            }
            Term::Return { a } => write!(f, "return {}", Reg(Some(a)))?,
            Term::Leave(label) => write!(f, "leave {label}")?,
            Term::Unreachable => f.write_str("unreachable")?,
        }
        f.write_char('\n')
    }

    fn write_two(
        &self,
        f: &mut fmt::Formatter<'_>,
        one: &str,
        to: Edge,
        two: &str,
        or: Edge,
    ) -> fmt::Result {
        write!(f, " {one} ")?;
        self.write_edge(f, to)?;
        write!(f, " {two} ")?;
        self.write_edge(f, or)
    }
}

fn write_table(f: &mut fmt::Formatter<'_>, table: Option<Vreg>) -> fmt::Result {
    match table {
        Some(table) => write!(f, " via v{}", table.index()),
        None => Ok(()),
    }
}

fn write_offset(f: &mut fmt::Formatter<'_>, imm: i64) -> fmt::Result {
    match imm {
        0 => Ok(()),
        1.. => write!(f, " + {imm}"),
        _ => write!(f, " - {}", imm.unsigned_abs()),
    }
}

struct Reg(Option<Vreg>);

impl fmt::Display for Reg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(vreg) => write!(f, "v{}", vreg.index()),
            None => f.write_char('?'),
        }
    }
}

struct RegOrImm(Option<Vreg>, i64);

impl fmt::Display for RegOrImm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(vreg) => write!(f, "v{}", vreg.index()),
            None => write!(f, "{}", self.1),
        }
    }
}
