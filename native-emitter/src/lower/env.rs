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
use crate::nir::{Block, Entry, Func, Inst, Op, Term, Type, Vreg, Width};
use crate::target::Target;

/// Gives each op of the environment its table.
pub fn lower_env(
    func: &mut Func,
    target: &Target,
    tables: &mut Tables<'_>,
) -> Result<(), OutOfMemory> {
    let word = i64::from(target.word());
    let entry = Block::from_index(0);
    let params = TryVec::from_slice(func.items(func.blocks[entry].params))?;
    let mut made = TryVec::new();
    let mut load = |func: &mut Func, ty, base: Vreg, offset: i64| {
        let dst = func.vreg(ty)?;
        made.push(Inst {
            dst: Some(dst),
            a: Some(base),
            imm: offset,
            ..Inst::new(Op::Load(Width::Word, 0))
        })?;
        Ok::<Vreg, OutOfMemory>(dst)
    };
    let fun = match (func.entry, params.first()) {
        (Entry::Function, Some(fun)) => *fun,
        (Entry::Resume, Some(state)) => load(
            func,
            Type::Obj,
            *state,
            layout::CODE_STATE_FUN as i64 * word,
        )?,
        // What a direct entry is given first: the function object of its caller, or of any of the module.
        (Entry::Words(_), Some(fun)) => *fun,
        _ => return Ok(()),
    };
    let context = load(func, Type::Word, fun, layout::FUN_BC_CONTEXT as i64 * word)?;
    let children = load(
        func,
        Type::Word,
        fun,
        layout::FUN_BC_CHILD_TABLE as i64 * word,
    )?;
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

    let mut blocks = core::mem::take(&mut func.blocks);
    for block in blocks.iter_mut() {
        for inst in block.insts.iter_mut() {
            match inst.op {
                Op::Call(_) | Op::FunTableWord => inst.a = Some(fun_table),
                Op::ConstObj => inst.a = Some(objects),
                Op::QstrObj(name) => {
                    let text = Bytes::copied(tables.pool.text(name))?;
                    let at = tables.consts.index_of(Const::Str(text))?;
                    inst.op = Op::ConstObj;
                    inst.imm = i64::from(at.0);
                    inst.a = Some(objects);
                }
                Op::QstrNumber(name) => {
                    inst.imm = i64::from(tables.names.index_of(name)?);
                    inst.a = Some(names);
                }
                Op::Child => inst.a = Some(children),
                Op::Context => {
                    inst.op = Op::Copy;
                    inst.a = Some(context);
                }
                _ => {}
            }
        }
        if let Term::NlrPush { table, .. } = &mut block.term {
            *table = Some(fun_table);
        }
    }
    func.blocks = blocks;
    for (at, inst) in made.iter().enumerate() {
        func.blocks[entry].insts.insert(at, *inst)?;
    }
    Ok(())
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
