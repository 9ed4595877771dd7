//! Instructions that no hot loop is made of: they stay out of the loop's way.

use ferlance_bytecode::op::opcode;

use super::code::Code;
use super::frame::{Block, Frame, Slot};
use super::operands::operand_macros;
use super::{build, names};
use crate::call::counts;
use crate::exc;
use crate::obj::cell::Cell;
use crate::obj::ptr::Ptr;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

/// Executes one instruction, whose opcode is read; answers where instructions and the stack go on.
///
/// # Safety
/// As in the loop: the code is verified, `fp` is the running frame, `ip` and `sp` are where it stands.
#[inline(never)]
pub(super) unsafe fn step(
    rt: &mut Runtime,
    fp: *mut Frame,
    code: Ptr<Code>,
    op: u8,
    mut ip: *const u8,
    mut sp: *mut Slot,
) -> R<(*const u8, *mut Slot)> {
    // SAFETY: the caller's.
    unsafe {
        let base = (*fp).base;
        operand_macros!($ ip sp code);
        macro_rules! tri {
            ($e:expr) => {
                $e?
            };
        }
        match op {
            opcode::LOAD_SUPER_METHOD => {
                let name = name!();
                let (fun, this) = tri!(crate::obj::super_type::load_method(
                    rt,
                    peek!(1),
                    peek!(0),
                    name
                ));
                sp = sp.sub(1);
                sp.sub(2).write(Some(fun));
                sp.sub(1).write(this);
            }
            opcode::STORE_GLOBAL => {
                let name = name!();
                let value = pop!();
                let globals = (*fp).globals;
                tri!(globals.map.set_name(rt, name, value));
            }
            opcode::DELETE_NAME => {
                let name = name!();
                tri!(names::delete_name(rt, (*fp).globals, name));
            }
            opcode::DELETE_GLOBAL => {
                let name = name!();
                tri!(names::delete_global(rt, (*fp).globals, name));
            }
            opcode::IMPORT_NAME => {
                let name = name!();
                let (fromlist, level) = (peek!(0), peek!(1));
                sp = sp.sub(1);
                set_top!(tri!(crate::import::import_name(rt, name, fromlist, level)));
            }
            opcode::IMPORT_FROM => {
                let name = name!();
                let module = peek!(0);
                push!(tri!(crate::import::import_from(rt, module, name)));
            }
            opcode::IMPORT_STAR => {
                let module = pop!();
                tri!(crate::import::import_star(rt, module));
            }
            opcode::MAKE_FUNCTION => {
                let child = code.child(uint!());
                push!(tri!(build::function(rt, (*fp).context, child, None, None)));
            }
            opcode::MAKE_FUNCTION_DEFARGS => {
                let child = code.child(uint!());
                let (defs, kwdefs) = (*sp.sub(2), *sp.sub(1));
                sp = sp.sub(1);
                set_top!(tri!(build::function(
                    rt,
                    (*fp).context,
                    child,
                    defs,
                    kwdefs
                )));
            }
            opcode::MAKE_CLOSURE => {
                let child = code.child(uint!());
                let cells = *ip as usize;
                ip = ip.add(1);
                let at = sp.sub(cells);
                let closure = tri!(build::closure(
                    rt,
                    (*fp).context,
                    child,
                    None,
                    None,
                    at,
                    cells
                ));
                sp = at;
                push!(closure);
            }
            opcode::MAKE_CLOSURE_DEFARGS => {
                let child = code.child(uint!());
                let cells = *ip as usize;
                ip = ip.add(1);
                let at = sp.sub(cells);
                let (defs, kwdefs) = (*at.sub(2), *at.sub(1));
                let closure = tri!(build::closure(
                    rt,
                    (*fp).context,
                    child,
                    defs,
                    kwdefs,
                    at,
                    cells
                ));
                sp = at.sub(2);
                push!(closure);
            }
            opcode::DELETE_FAST => {
                let local = uint!();
                if (*base.add(local)).is_none() {
                    names::unbound_local(rt);
                    return Err(rt.raised());
                }
                *base.add(local) = None;
            }
            opcode::DELETE_DEREF => {
                let cell = (*base.add(uint!())).and_then(Obj::cast::<Cell>);
                match cell {
                    Some(cell) if cell.value.get().is_some() => cell.value.set(None),
                    _ => {
                        names::unbound_local(rt);
                        return Err(rt.raised());
                    }
                }
            }
            opcode::BUILD_MAP => {
                let n = uint!();
                push!(tri!(build::dict(rt, n)));
            }
            opcode::BUILD_SET => {
                let n = uint!();
                let at = sp.sub(n);
                let set = tri!(build::set(rt, at, n));
                sp = at;
                push!(set);
            }
            opcode::UNPACK_EX => {
                let n = uint!();
                let (left, right) = counts(n);
                let seq = pop!();
                tri!(build::unpack_ex(rt, seq, left, right, sp));
                sp = sp.add(left + right + 1);
            }
            opcode::LOAD_BUILD_CLASS => push!(tri!(names::build_class(rt))),
            opcode::STORE_MAP => {
                let (key, value, dict) = (peek!(0), peek!(1), peek!(2));
                sp = sp.sub(2);
                tri!(build::store_map(rt, dict, key, value));
            }
            opcode::SETUP_WITH => {
                let offset = unsigned_offset!();
                let handler = ip.add(offset).offset_from(code.bytes) as usize;
                let manager = peek!(0);
                let (exit, this) = tri!(rt.load_method(manager, ferlance_abi::qstr!("__exit__")));
                set_top!(exit);
                sp.write(this);
                let entered = tri!(rt.call_method(manager, ferlance_abi::qstr!("__enter__"), &[]));
                sp = sp.add(1);
                let depth = sp.offset_from(base) as usize;
                (*fp).blocks.write(Block::new(handler, depth, true));
                (*fp).blocks = (*fp).blocks.add(1);
                push!(entered);
            }
            _ => return Err(rt.raise_msg(&exc::NOT_IMPLEMENTED_ERROR, "opcode")),
        }
        Ok((ip, sp))
    }
}
