//! The loop.
//!
//! One `match` over the opcode byte in one function; instruction pointer, stack pointer, locals and frame are
//! local raw pointers. What makes them sound is the verifier (`bytecode::verify`): operands are in range, the
//! stack neither under- nor overflows, jumps land on instructions, iterators and blocks nest. Slow paths are
//! functions of their own. Python-to-Python calls and generators push a frame and stay in the loop.
//!
//! An exception leaves the inner loop (`break 'run`) with `ip` anywhere inside or just behind the instruction
//! at fault: handlers and lines are looked up for `ip - 1`, which lies in that instruction.

use ferlance_bytecode::op::{
    LOAD_FAST_MULTI, SMALL_INT_MULTI, STORE_FAST_MULTI, UNWIND_DROPS_LOOP, opcode,
};

use super::arms::{
    ADD, AND, ANY_BINARY, ARM, DIV, EQ, EXC_MATCH, GE, GT, IADD, IS, ISUB, LE, LT, MOD, MUL, NE,
    OR, SHL, SHR, SUB, XOR,
};
use super::code::Code;
use super::control::control_macros;
use super::frame::{Block, Frame, Return, Slot};
use super::operands::operand_macros;
use super::values::value_macros;
use super::{arith, build, enter, except, iter, names, quick, region, resume, seldom};
use crate::call::counts;
use crate::config;
use crate::exc;
use crate::obj::cell::Cell;
use crate::obj::generator::Generator;
use crate::obj::ptr::Ptr;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

/// Runs the innermost frame until it returns (or, for a generator resumed from Rust, yields). `inject` is raised
/// at the place where the frame goes on.
#[inline(never)]
#[allow(
    unused_assignments,
    reason = "a frame is loaded whole, even where it is left at once"
)]
pub(crate) fn run(rt: &mut Runtime, mut inject: Option<Obj>) -> R<Obj> {
    // SAFETY: see the module header. `fp` is the innermost frame record, `base` its words,
    // `sp` the next free one, `ip` inside `code.bytes`. Frame records do not move. Every word below `sp`
    // that an instruction takes as an object was pushed as one; null words are tested where the verifier
    // leaves them possible (locals, cells, absent self, absent defaults).
    unsafe {
        let mut fp: *mut Frame = rt.interp.frame_at(rt.interp.depth - 1);
        let mut code: Ptr<Code> = (*fp).code;
        let mut ip: *const u8 = (*fp).ip;
        let mut sp: *mut Slot = (*fp).sp;
        let mut base: *mut Slot = (*fp).base;

        macro_rules! load_frame {
            () => {
                fp = rt.interp.frame_at(rt.interp.depth - 1);
                code = (*fp).code;
                ip = (*fp).ip;
                sp = (*fp).sp;
                base = (*fp).base;
            };
        }
        operand_macros!($ ip sp code);

        // Traceback entries are left out for exceptions that are raised again.
        let mut no_trace = false;
        'outer: loop {
            'run: {
                control_macros!($ 'run rt fp code ip sp base);
                value_macros!($ 'run rt fp code ip sp base);

                if let Some(exc) = inject.take() {
                    rt.raise_obj(exc);
                    ip = ip.add(1);
                    break 'run;
                }
                loop {
                    let op = *ip;
                    ip = ip.add(1);
                    match ARM[op as usize] {
                        LOAD_FAST_MULTI => match *base.add((op - LOAD_FAST_MULTI) as usize) {
                            Some(value) => push!(value),
                            None => unbound!(),
                        },
                        STORE_FAST_MULTI => {
                            sp = sp.sub(1);
                            *base.add((op - STORE_FAST_MULTI) as usize) = *sp;
                        }
                        SMALL_INT_MULTI => {
                            push!(Obj::int(op as isize - (SMALL_INT_MULTI as isize + 16)));
                        }

                        quick::LOAD_GLOBAL if config::QUICKEN => {
                            let cache = &mut *code.caches.add(*ip as usize);
                            ip = ip.add(1);
                            let map = &(*fp).globals.get().map;
                            let found = match map.cached(cache.slot as usize, Obj::qstr(cache.name))
                            {
                                Some(value) => value,
                                None if names::is_builtin_hit(rt, map, cache) => {
                                    Obj::from_raw(cache.value).unwrap_unchecked()
                                }
                                None => tri!(names::load_global_cached(rt, (*fp).globals, cache)),
                            };
                            push!(found);
                        }
                        quick::LOAD_ATTR if config::QUICKEN => {
                            let cache = &mut *code.caches.add(*ip as usize);
                            ip = ip.add(1);
                            let obj = peek!(0);
                            sp = sp.sub(1);
                            load_attr!(obj, cache);
                        }
                        quick::LOAD_METHOD if config::QUICKEN => {
                            let cache = &mut *code.caches.add(*ip as usize);
                            ip = ip.add(1);
                            let obj = peek!(0);
                            let (fun, this) = method!(obj, cache);
                            set_top!(fun);
                            sp.write(this);
                            sp = sp.add(1);
                        }
                        quick::STORE_ATTR if config::QUICKEN => {
                            let cache = &mut *code.caches.add(*ip as usize);
                            ip = ip.add(1);
                            let obj = peek!(0);
                            let value = *sp.sub(2);
                            sp = sp.sub(2);
                            if !names::store_hit(rt, obj, cache, value) {
                                tri!(names::store_attr_cached(rt, obj, cache, value));
                            }
                        }

                        quick::LOCALS if config::QUICKEN => {
                            let both = *ip;
                            ip = ip.add(1);
                            let (a, b) = locals!(both);
                            push!(a);
                            push!(b);
                        }
                        quick::LOCALS_BINARY if config::QUICKEN => {
                            let both = *ip;
                            let op = *ip.add(1);
                            ip = ip.add(2);
                            let (a, b) = locals!(both);
                            binary!(op, a, b);
                        }
                        quick::LOCAL_INT_BINARY if config::QUICKEN => {
                            let word = u16::from_le_bytes([*ip, *ip.add(1)]);
                            ip = ip.add(2);
                            let Some(a) = *base.add((word & 15) as usize) else {
                                unbound!()
                            };
                            let b = Obj::int((word >> 4 & 63) as isize - 16);
                            let op = opcode::BINARY_OP + (word >> 10) as u8;
                            binary!(op, a, b);
                        }
                        quick::LOCAL_ATTR if config::QUICKEN => {
                            let Some(obj) = *base.add(*ip as usize) else {
                                unbound!()
                            };
                            let cache = &mut *code.caches.add(*ip.add(1) as usize);
                            ip = ip.add(2);
                            load_attr!(obj, cache);
                        }
                        quick::LOCAL_METHOD if config::QUICKEN => {
                            let Some(obj) = *base.add(*ip as usize) else {
                                unbound!()
                            };
                            let cache = &mut *code.caches.add(*ip.add(1) as usize);
                            ip = ip.add(2);
                            let (fun, this) = method!(obj, cache);
                            push!(fun);
                            sp.write(this);
                            sp = sp.add(1);
                        }
                        quick::LOCAL_STORE_ATTR if config::QUICKEN => {
                            let Some(obj) = *base.add(*ip as usize) else {
                                unbound!()
                            };
                            let cache = &mut *code.caches.add(*ip.add(1) as usize);
                            ip = ip.add(2);
                            sp = sp.sub(1);
                            let value = *sp;
                            if !names::store_hit(rt, obj, cache, value) {
                                tri!(names::store_attr_cached(rt, obj, cache, value));
                            }
                        }
                        quick::LOCALS_SUBSCR if config::QUICKEN => {
                            let both = *ip;
                            ip = ip.add(2);
                            let (obj, index) = locals!(both);
                            put!(item!(obj, index));
                        }
                        quick::LOCALS_STORE_SUBSCR if config::QUICKEN => {
                            let both = *ip;
                            ip = ip.add(2);
                            let (obj, index) = locals!(both);
                            sp = sp.sub(1);
                            store_item!(obj, index, *sp);
                        }
                        quick::COMPARE_JUMP if config::QUICKEN => {
                            let from = ip.sub(1);
                            let how = *ip;
                            ip = ip.add(1);
                            let (b, a) = (peek!(0), peek!(1));
                            sp = sp.sub(2);
                            compare_jump!(from, how, a, b);
                        }
                        quick::LOCALS_COMPARE_JUMP if config::QUICKEN => {
                            let from = ip.sub(1);
                            let (both, how) = (*ip, *ip.add(1));
                            ip = ip.add(3);
                            let (a, b) = locals!(both);
                            compare_jump!(from, how, a, b);
                        }
                        quick::LOCAL_INT_COMPARE_JUMP if config::QUICKEN => {
                            let from = ip.sub(1);
                            let (a, k, how) = (*ip, *ip.add(1), *ip.add(2));
                            ip = ip.add(3);
                            let Some(a) = *base.add(a as usize) else {
                                unbound!()
                            };
                            compare_jump!(from, how, a, Obj::int(k as isize - 16));
                        }
                        quick::COUNT_TO_TOP if config::QUICKEN => {
                            let from = ip.sub(1);
                            let step = Obj::int(*ip as isize - 16);
                            let more = *ip.add(3) - LT;
                            ip = ip.add(5);
                            let limit = peek!(1);
                            count!(from, step, more, limit);
                        }
                        quick::COUNT_TO_INT if config::QUICKEN => {
                            let from = ip.sub(1);
                            let step = Obj::int(*ip as isize - 16);
                            let limit =
                                Obj::int(*ip.add(2) as isize - (SMALL_INT_MULTI as isize + 16));
                            let more = *ip.add(3) - LT;
                            ip = ip.add(5);
                            count!(from, step, more, limit);
                        }
                        quick::COUNT_TO_CONST if config::QUICKEN => {
                            let from = ip.sub(1);
                            let step = Obj::int(*ip as isize - 16);
                            ip = ip.add(3);
                            let limit = sint!();
                            let more = *ip - LT;
                            ip = ip.add(2);
                            // A limit beyond small ints is beyond every counter that is one.
                            let limit = Obj::small(limit).unwrap_or(Obj::int(if limit < 0 {
                                crate::obj::word::SMALL_MIN
                            } else {
                                crate::obj::word::SMALL_MAX
                            }));
                            count!(from, step, more, limit);
                        }
                        quick::CONST_BINARY if config::QUICKEN => {
                            let value = sint!();
                            let op = *ip;
                            ip = ip.add(1);
                            let lhs = peek!(0);
                            let rhs = match Obj::small(value) {
                                Some(value) => value,
                                None => tri!(crate::obj::int::from_i64(rt, value as i64)),
                            };
                            sp = sp.sub(1);
                            binary!(op, lhs, rhs);
                        }
                        quick::DUP_STORE if config::QUICKEN => {
                            let local = *ip as usize;
                            ip = ip.add(1);
                            *base.add(local) = *sp.sub(1);
                        }
                        quick::RETURN_LOCAL if config::QUICKEN => {
                            let Some(value) = *base.add(*ip as usize) else {
                                unbound!()
                            };
                            ip = ip.add(1);
                            return_value!(value);
                        }
                        quick::STORE_LOAD if config::QUICKEN => {
                            let both = *ip;
                            ip = ip.add(1);
                            *base.add((both >> 4) as usize) = *sp.sub(1);
                            match *base.add((both & 15) as usize) {
                                Some(value) => set_top!(value),
                                None => unbound!(),
                            }
                        }

                        quick::ENTER_REGION if config::QUICKEN => {
                            ip = ip.sub(1);
                            let at = ip.offset_from(code.bytes) as usize;
                            let Some(region) = region::Region::find(&code, at) else {
                                break 'run;
                            };
                            if region.may_enter(&code, base, sp) {
                                (*fp).ip = ip;
                                (*fp).sp = sp;
                                let left = region::run(rt, fp, code, region);
                                ip = left.ip;
                                if left.raised {
                                    break 'run;
                                }
                                sp = left.sp;
                            } else {
                                region::retire(code, region);
                            }
                        }

                        opcode::LOAD_CONST_STRING => push!(Obj::qstr(name!())),
                        opcode::LOAD_NAME => {
                            let name = name!();
                            push!(tri!(names::load_name(rt, (*fp).globals, name)));
                        }
                        opcode::LOAD_GLOBAL => {
                            let name = name!();
                            push!(tri!(names::load_global(rt, (*fp).globals, name)));
                        }
                        opcode::LOAD_ATTR => {
                            let name = name!();
                            let obj = peek!(0);
                            set_top!(tri!(rt.load_attr(obj, name)));
                        }
                        opcode::LOAD_METHOD => {
                            let name = name!();
                            let obj = peek!(0);
                            let (fun, this) = tri!(rt.load_method(obj, name));
                            set_top!(fun);
                            sp.write(this);
                            sp = sp.add(1);
                        }
                        opcode::STORE_NAME => {
                            let name = name!();
                            let value = pop!();
                            tri!(names::store_name(rt, (*fp).globals, name, value));
                        }
                        opcode::STORE_ATTR => {
                            let name = name!();
                            let obj = peek!(0);
                            let value = *sp.sub(2);
                            sp = sp.sub(2);
                            tri!(rt.store_attr(obj, name, value));
                        }

                        opcode::LOAD_CONST_SMALL_INT => {
                            let value = sint!();
                            push!(match Obj::small(value) {
                                Some(value) => value,
                                None => tri!(crate::obj::int::from_i64(rt, value as i64)),
                            });
                        }
                        opcode::LOAD_CONST_OBJ => push!(*code.consts.add(uint!())),
                        opcode::LOAD_FAST => match *base.add(uint!()) {
                            Some(value) => push!(value),
                            None => unbound!(),
                        },
                        opcode::LOAD_DEREF => {
                            let cell = (*base.add(uint!())).and_then(Obj::cast::<Cell>);
                            match cell.and_then(|cell| cell.value.get()) {
                                Some(value) => push!(value),
                                None => unbound!(),
                            }
                        }
                        opcode::STORE_FAST => {
                            let local = uint!();
                            sp = sp.sub(1);
                            *base.add(local) = *sp;
                        }
                        opcode::STORE_DEREF => {
                            let cell = (*base.add(uint!())).and_then(Obj::cast::<Cell>);
                            let value = pop!();
                            if let Some(cell) = cell {
                                cell.value.set(Some(value));
                            }
                        }

                        opcode::BUILD_TUPLE => {
                            let n = uint!();
                            let at = sp.sub(n);
                            let tuple = tri!(build::tuple(rt, at, n));
                            sp = at;
                            push!(tuple);
                        }
                        opcode::BUILD_LIST => {
                            let n = uint!();
                            let at = sp.sub(n);
                            let list = tri!(build::list(rt, at, n));
                            sp = at;
                            push!(list);
                        }
                        opcode::BUILD_SLICE => {
                            let step = if uint!() == 3 { pop!() } else { Obj::NONE };
                            let (stop, start) = (peek!(0), peek!(1));
                            sp = sp.sub(1);
                            set_top!(tri!(crate::obj::slice::new(rt, start, stop, step)));
                        }
                        opcode::STORE_COMP => {
                            let n = uint!();
                            let target = peek!(n >> 2);
                            match n & 3 {
                                0 => {
                                    let item = pop!();
                                    tri!(build::list_append(rt, target, item));
                                }
                                1 => {
                                    let (key, value) = (peek!(0), peek!(1));
                                    sp = sp.sub(2);
                                    tri!(build::store_map(rt, target, key, value));
                                }
                                _ => {
                                    let item = pop!();
                                    tri!(build::set_add(rt, target, item));
                                }
                            }
                        }
                        opcode::UNPACK_SEQUENCE => {
                            let n = uint!();
                            let seq = pop!();
                            tri!(build::unpack(rt, seq, n, sp));
                            sp = sp.add(n);
                        }

                        opcode::CALL_FUNCTION => {
                            let n = uint!();
                            let (n_pos, n_kw) = counts(n);
                            let args = sp.sub(n_pos + 2 * n_kw);
                            let ret = args.sub(1);
                            let fun = (*ret).unwrap_unchecked();
                            (*fp).sp = sp;
                            called!(enter::call(rt, fun, args, n_pos, n_kw, ret), ret);
                        }
                        opcode::CALL_METHOD => {
                            let n = uint!();
                            let (n_pos, n_kw) = counts(n);
                            let args = sp.sub(n_pos + 2 * n_kw);
                            let ret = args.sub(2);
                            let fun = (*ret).unwrap_unchecked();
                            (*fp).sp = sp;
                            let has_self = usize::from((*args.sub(1)).is_some());
                            called!(
                                enter::call(
                                    rt,
                                    fun,
                                    args.sub(has_self),
                                    n_pos + has_self,
                                    n_kw,
                                    ret
                                ),
                                ret
                            );
                        }
                        opcode::CALL_FUNCTION_VAR_KW => {
                            let n = uint!();
                            let (n_pos, n_kw) = counts(n);
                            let ret = sp.sub(n_pos + 2 * n_kw + 2);
                            (*fp).sp = sp;
                            called!(
                                enter::call_star(rt, ret, false, n_pos, n_kw, sp).map(Some),
                                ret
                            );
                        }
                        opcode::CALL_METHOD_VAR_KW => {
                            let n = uint!();
                            let (n_pos, n_kw) = counts(n);
                            let ret = sp.sub(n_pos + 2 * n_kw + 3);
                            (*fp).sp = sp;
                            called!(
                                enter::call_star(rt, ret, true, n_pos, n_kw, sp).map(Some),
                                ret
                            );
                        }

                        opcode::JUMP => {
                            let from = ip.sub(1);
                            let offset = signed_offset!();
                            ip = ip.offset(offset);
                            heat!(from, offset);
                            poll!();
                        }
                        opcode::POP_JUMP_IF_TRUE => truth_jump!(true),
                        opcode::POP_JUMP_IF_FALSE => truth_jump!(false),
                        opcode::JUMP_IF_TRUE_OR_POP => {
                            let offset = unsigned_offset!();
                            if tri!(rt.is_true(peek!(0))) {
                                ip = ip.add(offset);
                            } else {
                                sp = sp.sub(1);
                            }
                        }
                        opcode::JUMP_IF_FALSE_OR_POP => {
                            let offset = unsigned_offset!();
                            if tri!(rt.is_true(peek!(0))) {
                                sp = sp.sub(1);
                            } else {
                                ip = ip.add(offset);
                            }
                        }
                        opcode::UNWIND_JUMP => {
                            let offset = signed_offset!();
                            let to = ip.offset(offset);
                            let extra = *ip;
                            let at = except::Leaving::Jump {
                                to: to.offset_from(code.bytes) as usize,
                                blocks: (extra & 0x7f) as usize,
                                drop_loop: extra & UNWIND_DROPS_LOOP != 0,
                            };
                            (ip, sp) = except::leave(&mut *fp, ip, sp, at);
                            poll!();
                        }

                        opcode::SETUP_EXCEPT | opcode::SETUP_FINALLY => {
                            let offset = unsigned_offset!();
                            let handler = ip.add(offset).offset_from(code.bytes) as usize;
                            let depth = sp.offset_from(base) as usize;
                            (*fp).blocks.write(Block::new(
                                handler,
                                depth,
                                op == opcode::SETUP_FINALLY,
                            ));
                            (*fp).blocks = (*fp).blocks.add(1);
                        }
                        opcode::WITH_CLEANUP => {
                            sp = tri!(except::with_cleanup(rt, sp));
                        }
                        opcode::POP_EXCEPT_JUMP => {
                            let offset = unsigned_offset!();
                            (*fp).blocks = (*fp).blocks.sub(1);
                            ip = ip.add(offset);
                        }
                        opcode::END_FINALLY => {
                            (*fp).blocks = (*fp).blocks.sub(1);
                            let state = pop!();
                            if let Some(marker) = state.as_small() {
                                let data = pop!();
                                if marker < 0 {
                                    let at = except::leave(
                                        &mut *fp,
                                        ip,
                                        sp,
                                        except::Leaving::Return(data),
                                    );
                                    if at.0.is_null() {
                                        do_return!(data);
                                    } else {
                                        (ip, sp) = at;
                                    }
                                } else {
                                    let at = except::Leaving::Jump {
                                        to: data.small_value() as usize,
                                        blocks: (marker & 0x7f) as usize,
                                        drop_loop: marker & 0x80 != 0,
                                    };
                                    (ip, sp) = except::leave(&mut *fp, ip, sp, at);
                                }
                            } else if !state.is_none() {
                                rt.raise_obj(state);
                                no_trace = true;
                                break 'run;
                            }
                        }
                        opcode::RAISE_LAST => {
                            match except::being_handled(&*fp) {
                                Some(exc) => {
                                    rt.raise_obj(exc);
                                    no_trace = true;
                                }
                                None => {
                                    rt.raise_msg(
                                        &exc::RUNTIME_ERROR,
                                        "no active exception to reraise",
                                    );
                                }
                            }
                            break 'run;
                        }
                        opcode::RAISE_OBJ => {
                            let what = pop!();
                            except::raise(rt, what);
                            break 'run;
                        }
                        opcode::RAISE_FROM => {
                            let cause = pop!();
                            let what = pop!();
                            tri!(except::warn_cause(rt, cause));
                            except::raise(rt, what);
                            break 'run;
                        }

                        opcode::GET_ITER => {
                            let obj = peek!(0);
                            set_top!(tri!(rt.get_iter(obj)));
                        }
                        opcode::GET_ITER_STACK => {
                            let obj = peek!(0);
                            tri!(iter::start(rt, obj, sp.sub(1)));
                            sp = sp.add(3);
                        }
                        opcode::FOR_ITER => {
                            let slots = sp.sub(4);
                            let item = match iter::fast_next(rt, slots) {
                                iter::Fast::Item(item) => Some(item),
                                iter::Fast::End => None,
                                iter::Fast::Slow => {
                                    let it = (*slots.add(1)).unwrap_unchecked();
                                    match it.cast::<Generator>() {
                                        Some(generator) => {
                                            (*fp).ip = ip;
                                            (*fp).sp = sp;
                                            match tri!(resume::enter(
                                                rt,
                                                generator,
                                                Obj::NONE,
                                                Return::ForIter
                                            )) {
                                                resume::Entered::Frame => {
                                                    load_frame!();
                                                    continue;
                                                }
                                                resume::Entered::Done(_) => None,
                                                resume::Entered::Yielded(item) => Some(item),
                                            }
                                        }
                                        None => tri!(rt.next(it)),
                                    }
                                }
                            };
                            let offset = unsigned_offset!();
                            match item {
                                Some(item) => push!(item),
                                None => {
                                    sp = slots;
                                    ip = ip.add(offset);
                                }
                            }
                        }

                        opcode::LOAD_CONST_FALSE => push!(Obj::FALSE),
                        opcode::LOAD_CONST_NONE => push!(Obj::NONE),
                        opcode::LOAD_CONST_TRUE => push!(Obj::TRUE),
                        opcode::LOAD_NULL => {
                            sp.write(None);
                            sp = sp.add(1);
                        }
                        opcode::LOAD_SUBSCR => {
                            let (index, obj) = (peek!(0), peek!(1));
                            sp = sp.sub(1);
                            set_top!(item!(obj, index));
                        }
                        opcode::STORE_SUBSCR => {
                            let (index, obj, value) = (peek!(0), peek!(1), *sp.sub(3));
                            sp = sp.sub(3);
                            store_item!(obj, index, value);
                        }
                        opcode::DUP_TOP => {
                            let value = *sp.sub(1);
                            sp.write(value);
                            sp = sp.add(1);
                        }
                        opcode::DUP_TOP_TWO => {
                            sp.write(*sp.sub(2));
                            sp.add(1).write(*sp.sub(1));
                            sp = sp.add(2);
                        }
                        opcode::POP_TOP => sp = sp.sub(1),
                        opcode::ROT_TWO => {
                            core::ptr::swap(sp.sub(1), sp.sub(2));
                        }
                        opcode::ROT_THREE => {
                            let top = *sp.sub(1);
                            *sp.sub(1) = *sp.sub(2);
                            *sp.sub(2) = *sp.sub(3);
                            *sp.sub(3) = top;
                        }

                        opcode::RETURN_VALUE => {
                            let value = pop!();
                            return_value!(value);
                        }
                        opcode::YIELD_VALUE => {
                            let value = peek!(0);
                            (*fp).ip = ip;
                            (*fp).sp = sp;
                            do_yield!(value);
                        }
                        opcode::YIELD_FROM => {
                            let sent = pop!();
                            let it = peek!(0);
                            // Suspends at this instruction again as long as `it` yields.
                            let again = ip.sub(1);
                            if let Some(generator) = it.cast::<Generator>() {
                                (*fp).ip = ip;
                                (*fp).sp = sp;
                                match tri!(resume::enter(rt, generator, sent, Return::Delegate)) {
                                    resume::Entered::Frame => {
                                        load_frame!();
                                    }
                                    resume::Entered::Done(value) => set_top!(value),
                                    resume::Entered::Yielded(value) => {
                                        push!(value);
                                        (*fp).ip = again;
                                        (*fp).sp = sp;
                                        do_yield!(value);
                                    }
                                }
                            } else {
                                match tri!(resume::step_foreign(rt, it, sent)) {
                                    resume::Step::Yield(value) => {
                                        push!(value);
                                        (*fp).ip = again;
                                        (*fp).sp = sp;
                                        do_yield!(value);
                                    }
                                    resume::Step::Done(value) => set_top!(value),
                                }
                            }
                        }

                        LT => compare!(<, LT),
                        GT => compare!(>, GT),
                        LE => compare!(<=, LE),
                        GE => compare!(>=, GE),
                        EQ => compare!(==, EQ),
                        NE => compare!(!=, NE),
                        IS => {
                            let (rhs, lhs) = (peek!(0), peek!(1));
                            sp = sp.sub(1);
                            set_top!(Obj::bool(lhs == rhs));
                        }
                        ADD | IADD => {
                            let (rhs, lhs) = (peek!(0), peek!(1));
                            sp = sp.sub(1);
                            sp = sp.sub(1);
                            let value = match arith::add_small(lhs, rhs) {
                                Some(value) => value,
                                None => tri!(arith::add(rt, op, lhs, rhs)),
                            };
                            put!(value);
                        }
                        SUB | ISUB => {
                            let (rhs, lhs) = (peek!(0), peek!(1));
                            sp = sp.sub(1);
                            sp = sp.sub(1);
                            let value = match arith::sub_small(lhs, rhs) {
                                Some(value) => value,
                                None => tri!(arith::sub(rt, op, lhs, rhs)),
                            };
                            put!(value);
                        }
                        EXC_MATCH => {
                            let (what, exc) = (peek!(0), peek!(1));
                            sp = sp.sub(1);
                            // `async with` tells an exception from an interrupted jump this way: whatever
                            // `BaseException` is bound to, the answer decides how many words are on the stack.
                            let hit = if except::in_finally(&*fp, ip) {
                                Obj::bool(exc::is_instance(exc, &exc::BASE_EXCEPTION))
                            } else {
                                tri!(arith::binary(rt, op, exc, what))
                            };
                            set_top!(hit);
                        }
                        AND | OR | XOR | MUL | SHR | SHL | MOD | DIV => {
                            let (rhs, lhs) = (peek!(0), peek!(1));
                            sp = sp.sub(2);
                            binary!(op, lhs, rhs);
                        }
                        ANY_BINARY => {
                            let (rhs, lhs) = (peek!(0), peek!(1));
                            sp = sp.sub(2);
                            put!(tri!(arith::binary(rt, op, lhs, rhs)));
                        }
                        opcode::UNARY_OP => {
                            let arg = peek!(0);
                            set_top!(tri!(arith::unary(rt, op, arg)));
                        }
                        _ => (ip, sp) = tri!(seldom::step(rt, fp, code, op, ip, sp)),
                    }
                }
            }

            // An exception: find its handler, leaving frames that have none.
            loop {
                // The innermost frame may be the caller of one that was pushed and failed before it ran.
                let exc = rt.exception().unwrap_or(Obj::NONE);
                if !no_trace {
                    except::trace(rt, exc, code, ip);
                }
                no_trace = false;
                if let Some((handler, depth)) = except::find_handler(&mut *fp, ip, exc) {
                    rt.clear_exception();
                    ip = code.bytes.add(handler);
                    sp = base.add(depth);
                    push!(exc);
                    continue 'outer;
                }
                let kind = (*fp).ret_kind;
                if let Some(generator) = resume::generator_of(&*fp) {
                    resume::fail(rt, generator);
                }
                rt.interp.depth -= 1;
                match kind {
                    Return::ToRust | Return::GeneratorToRust => return Err(rt.raised()),
                    Return::Value | Return::Init | Return::ForIter | Return::Delegate => {
                        load_frame!();
                    }
                }
            }
        }
    }
}
