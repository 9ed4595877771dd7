//! Where tables come from: makes the environment of a function explicit.
//!
//! Afterwards each op that needs the fun table, the name table, the object table, the children or the context has the
//! address of that table as operand `a`. Addresses are loaded in the entry block; those that nobody needs are dropped
//! with other dead code. The ops stay what they are, so that passes see that they never change; [`expand_env`] makes
//! loads of them at the very end.
use ferlance_abi::layout;
use ferlance_bytecode::bytes::Bytes;
use ferlance_bytecode::module::Const;
use ferlance_collections::{OutOfMemory, TryVec};

use super::Tables;
use crate::analysis::{Cfg, Dominators};
use crate::nir::{Block, Entry, Func, Inst, Op, Slot, Term, Type, Vreg, Width};
use crate::target::Target;

/// Gives each op of the environment its table.
pub fn lower_env(
    func: &mut Func,
    target: &Target,
    tables: &mut Tables<'_>,
) -> Result<(), OutOfMemory> {
    let mut made = TryVec::new();
    let Some(env) = from_params(func, target, tables, &mut made)? else {
        return Ok(());
    };
    env.give(func, tables, &made)
}

/// Words that pieces of a function find their tables by.
pub(super) const HOME_WORDS: u32 = 4;

/// [`lower_env`] for a piece of a function: the first one puts addresses into `home`, from where the others take them.
pub(super) fn lower_env_of_piece(
    func: &mut Func,
    target: &Target,
    tables: &mut Tables<'_>,
    home: Slot,
) -> Result<(), OutOfMemory> {
    let word = i64::from(target.word());
    let mut made = TryVec::new();
    if let Some(env) = from_params(func, target, tables, &mut made)? {
        let words = [env.fun, env.objects, env.names, env.fun_table];
        for (at, value) in words.into_iter().enumerate() {
            made.push(Inst {
                c: Some(value),
                imm: at as i64 * word,
                ..Inst::new(Op::SlotStore(home))
            })?;
        }
        return env.give(func, tables, &made);
    }
    let mut words = [Type::Obj, Type::Word, Type::Word, Type::Word]
        .into_iter()
        .enumerate();
    let mut next = || -> Result<Vreg, OutOfMemory> {
        let (at, ty) = words.next().ok_or(OutOfMemory)?;
        let dst = func.vreg(ty)?;
        made.push(Inst {
            dst: Some(dst),
            imm: at as i64 * word,
            ..Inst::new(Op::SlotLoad(home))
        })?;
        Ok(dst)
    };
    let (fun, objects, names, fun_table) = (next()?, next()?, next()?, next()?);
    let context = load(func, &mut made, Type::Word, fun, context_at(word))?;
    let children = load(func, &mut made, Type::Word, fun, children_at(word))?;
    let env = Env {
        fun,
        context,
        children,
        names,
        objects,
        fun_table,
    };
    env.give(func, tables, &made)
}

/// Addresses of tables.
struct Env {
    fun: Vreg,
    context: Vreg,
    children: Vreg,
    names: Vreg,
    objects: Vreg,
    fun_table: Vreg,
}

const fn context_at(word: i64) -> i64 {
    layout::FUN_BC_CONTEXT as i64 * word
}

const fn children_at(word: i64) -> i64 {
    layout::FUN_BC_CHILD_TABLE as i64 * word
}

fn load(
    func: &mut Func,
    made: &mut TryVec<Inst>,
    ty: Type,
    base: Vreg,
    offset: i64,
) -> Result<Vreg, OutOfMemory> {
    let dst = func.vreg(ty)?;
    made.push(Inst {
        dst: Some(dst),
        a: Some(base),
        imm: offset,
        ..Inst::new(Op::Load(Width::Word, 0))
    })?;
    Ok(dst)
}

/// What the function finds by what it is called with, if it is.
fn from_params(
    func: &mut Func,
    target: &Target,
    tables: &mut Tables<'_>,
    made: &mut TryVec<Inst>,
) -> Result<Option<Env>, OutOfMemory> {
    let word = i64::from(target.word());
    let entry = Block::from_index(0);
    let first = func.items(func.blocks[entry].params).first().copied();
    let mut load = |func: &mut Func, ty, base, offset| load(func, made, ty, base, offset);
    let fun = match (func.entry, first) {
        (Entry::Function, Some(fun)) => fun,
        (Entry::Resume, Some(state)) => {
            load(func, Type::Obj, state, layout::CODE_STATE_FUN as i64 * word)?
        }
        // What a direct entry is given first: the function object of its caller, or of any of the module.
        (Entry::Words(_), Some(fun)) => fun,
        _ => return Ok(None),
    };
    let context = load(func, Type::Word, fun, context_at(word))?;
    let children = load(func, Type::Word, fun, children_at(word))?;
    let names = load(
        func,
        Type::Word,
        context,
        layout::CONTEXT_QSTR_TABLE as i64 * word,
    )?;
    let objects = load(
        func,
        Type::Word,
        context,
        layout::CONTEXT_OBJ_TABLE as i64 * word,
    )?;
    let fun_table_at = tables.consts.index_of(Const::FunTable)?;
    let fun_table = load(func, Type::Word, objects, i64::from(fun_table_at.0) * word)?;
    Ok(Some(Env {
        fun,
        context,
        children,
        names,
        objects,
        fun_table,
    }))
}

impl Env {
    /// Gives each op its table; the entry begins with `made`.
    fn give(
        &self,
        func: &mut Func,
        tables: &mut Tables<'_>,
        made: &[Inst],
    ) -> Result<(), OutOfMemory> {
        let mut blocks = core::mem::take(&mut func.blocks);
        for block in blocks.iter_mut() {
            for inst in block.insts.iter_mut() {
                match inst.op {
                    Op::Call(_) | Op::FunTableWord => inst.a = Some(self.fun_table),
                    Op::Cached(..) => {
                        let position = func.items(inst.args).first().copied();
                        let position = position.unwrap_or(self.fun_table);
                        inst.args = func.list(&[position, self.fun_table])?;
                    }
                    Op::ConstObj => inst.a = Some(self.objects),
                    Op::QstrObj(name) => {
                        let text = Bytes::copied(tables.pool.text(name))?;
                        let at = tables.consts.index_of(Const::Str(text))?;
                        inst.op = Op::ConstObj;
                        inst.imm = i64::from(at.0);
                        inst.a = Some(self.objects);
                    }
                    Op::QstrNumber(name) => {
                        inst.imm = i64::from(tables.names.index_of(name)?);
                        inst.a = Some(self.names);
                    }
                    Op::Child => inst.a = Some(self.children),
                    Op::Context => {
                        inst.op = Op::Copy;
                        inst.a = Some(self.context);
                    }
                    _ => {}
                }
            }
            if let Term::NlrPush { table, .. } = &mut block.term {
                *table = Some(self.fun_table);
            }
        }
        func.blocks = blocks;
        place(func, made)
    }
}

/// Puts the loads into the entry block; in a function that is called directly, those that only rarely run code wants
/// there. (Others look in such code at least whether the arguments are as many as they should be.)
fn place(func: &mut Func, made: &[Inst]) -> Result<(), OutOfMemory> {
    let dominators = match func.entry {
        Entry::Words(_) => Some(Dominators::new(&Cfg::new(func)?)?),
        _ => None,
    };
    // What a load is made from is placed after it, and so before it.
    for inst in made.iter().rev() {
        let mut home = Block::from_index(0);
        if let (Some(dominators), Some(dst)) = (&dominators, inst.dst) {
            home = home_of(func, dominators, dst).unwrap_or(home);
        }
        func.blocks[home].insts.insert(0, *inst)?;
    }
    Ok(())
}

/// The rarely run block that is on every way to a use of the value, if there is one.
fn home_of(func: &Func, dominators: &Dominators, value: Vreg) -> Option<Block> {
    let uses = |block: &Block| {
        let data = &func.blocks[*block];
        let is = |vreg: Vreg| vreg == value;
        let among = |args| func.items(args).contains(&value);
        let mut insts = data.insts.iter();
        insts.any(|inst| inst.operands().any(is) || among(inst.args))
            || data.term.operands().any(is)
            || data.term.edges().any(|edge| among(edge.args))
    };
    let mut home: Option<Block> = None;
    for block in func.blocks.indices().filter(uses) {
        let mut at = home.unwrap_or(block);
        while !dominators.dominates(at, block) {
            at = dominators.parent(at)?;
        }
        home = Some(at);
    }
    home.filter(|home| func.blocks[*home].cold)
}

/// Makes loads of the ops that read tables.
pub fn expand_env(func: &mut Func, target: &Target) {
    let word = i64::from(target.word());
    for block in func.blocks.iter_mut() {
        for inst in block.insts.iter_mut() {
            if inst.a.is_none() {
                continue;
            }
            match inst.op {
                Op::FunTableWord | Op::ConstObj | Op::Child => {
                    inst.op = Op::Load(Width::Word, 0);
                    inst.imm *= word;
                }
                Op::QstrNumber(_) => {
                    inst.op = Op::Load(Width::U16, 0);
                    inst.imm *= 2;
                }
                _ => {}
            }
        }
    }
}
