//! The loop over a region's instructions.
//!
//! Registers are words of the frame. Where an instruction reads an object there is one: locals are tested at the
//! entry, nothing in a region unbinds one, and the verifier holds for words of the stack. As in the bytecode, null may
//! be the self of a method and a value to be stored, which then means deletion.

use ferlance_bytecode::op::opcode;

use super::ins::{Ins, Op};
use super::{Left, Region};
use crate::call::Args;
use crate::interp::build;
use crate::interp::code::Code;
use crate::interp::frame::{Frame, Slot};
use crate::interp::{arith, iter, names};
use crate::obj::array::Array;
use crate::obj::builtin_fun::{self, BuiltinFun};
use crate::obj::bytearray::ByteArray;
use crate::obj::cell::Cell;
use crate::obj::generator::Generator;
use crate::obj::list::List;
use crate::obj::ptr::Ptr;
use crate::obj::slice;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

/// Runs a region from its entry until it is left.
///
/// # Safety
/// The running frame is `fp`, of the code that the region was made for; its `ip` is at the region's entry, and the
/// region is ready.
#[inline(never)]
pub(in crate::interp) unsafe fn run(
    rt: &mut Runtime,
    fp: *mut Frame,
    code: Ptr<Code>,
    region: &Region,
) -> Left {
    // SAFETY: see the module header; the translator keeps registers within the frame and jumps within the region.
    unsafe {
        let regs: *mut usize = (*fp).base.cast();
        let mut pc: *const Ins = region.code.add(region.entry);
        // Jumps taken since the entry.
        let mut jumps = 0u32;

        macro_rules! reg {
            ($n:expr) => {
                *regs.add($n as usize)
            };
        }
        macro_rules! obj {
            ($n:expr) => {
                Obj::from_raw(reg!($n)).unwrap_unchecked()
            };
        }
        loop {
            let ins = &*pc;
            pc = pc.add(1);
            macro_rules! fail {
                () => {{
                    let i = core::ptr::from_ref(ins).offset_from(region.code) as usize;
                    return Left {
                        ip: code.bytes.add(*region.offsets.add(i) as usize + 1),
                        sp: core::ptr::null_mut(),
                        raised: true,
                    };
                }};
            }
            macro_rules! tri {
                ($e:expr) => {
                    match $e {
                        Ok(value) => value,
                        Err(_) => fail!(),
                    }
                };
            }
            macro_rules! must {
                ($e:expr) => {
                    if !$e {
                        fail!()
                    }
                };
            }
            macro_rules! leave {
                ($offset:expr, $end:expr) => {
                    return Left {
                        ip: code.bytes.add($offset as usize),
                        sp: regs.add($end as usize).cast(),
                        raised: false,
                    }
                };
            }
            // Leaves for the bytecode of this very instruction.
            macro_rules! leave_here {
                ($end:expr) => {{
                    let i = core::ptr::from_ref(ins).offset_from(region.code) as usize;
                    leave!(*region.offsets.add(i), $end)
                }};
            }
            macro_rules! jump {
                ($from:expr) => {{
                    pc = $from.offset(ins.imm as isize);
                    jumps = jumps.wrapping_add(1);
                    if rt.pending.any() {
                        tri!(crate::interp::run_pending(rt));
                    }
                }};
            }
            // An operator on two registers; the result of small ints, or nothing.
            macro_rules! binary {
                (|$a:ident, $b:ident| $fast:expr) => {{
                    let ($a, $b) = (reg!(ins.b), reg!(ins.c));
                    if $a & $b & 1 != 0
                        && let Some(value) = $fast
                    {
                        reg!(ins.a) = value;
                    } else {
                        must!(slow_binary(rt, regs, ins, $a, $b, ins.imm as u8));
                    }
                }};
            }
            // An operator on a register and a constant small int.
            macro_rules! binary_k {
                (|$a:ident, $b:ident| $fast:expr) => {{
                    let ($a, $b) = (reg!(ins.b), ins.imm as isize as usize);
                    if $a & 1 != 0
                        && let Some(value) = $fast
                    {
                        reg!(ins.a) = value;
                    } else {
                        must!(slow_binary(rt, regs, ins, $a, $b, ins.c));
                    }
                }};
            }
            macro_rules! compare {
                ($op:tt) => {{
                    let (a, b) = (reg!(ins.a), reg!(ins.b));
                    let hit = if a & b & 1 != 0 {
                        (a as isize) $op (b as isize)
                    } else {
                        tri!(slow_compare(rt, ins.c, a, b))
                    };
                    if hit {
                        jump!(pc);
                    }
                }};
            }
            macro_rules! compare_k {
                ($op:tt) => {{
                    let (a, b) = (reg!(ins.a), *pc.cast::<u64>() as usize);
                    let hit = if a & 1 != 0 {
                        (a as isize) $op (b as isize)
                    } else {
                        tri!(slow_compare(rt, ins.c, a, b))
                    };
                    let from = pc;
                    pc = pc.add(1);
                    if hit {
                        jump!(from);
                    }
                }};
            }
            macro_rules! count {
                ($limit:expr) => {{
                    let (at, limit): (usize, usize) = (reg!(ins.b), $limit);
                    let next = (at as isize).wrapping_add(2);
                    if at & limit & 1 != 0 && next > at as isize {
                        reg!(ins.b) = next as usize;
                        if next < limit as isize {
                            reg!(ins.a) = next as usize;
                            true
                        } else {
                            false
                        }
                    } else {
                        tri!(slow_count(rt, regs, ins, limit))
                    }
                }};
            }
            // An item of a structure of one type, else of whatever it is.
            macro_rules! item {
                ($ty:ty, |$seq:ident, $i:ident| $fast:expr) => {{
                    let (seq, index) = (obj!(ins.b), reg!(ins.c));
                    if index & 1 != 0
                        && let Some($seq) = seq.cast::<$ty>()
                        && let $i = (index as isize >> 1) as usize
                        && let Some(value) = $fast
                    {
                        reg!(ins.a) = Obj::raw(value);
                    } else {
                        must!(slow_item(rt, regs, ins));
                    }
                }};
            }
            macro_rules! set_item {
                ($ty:ty, |$seq:ident, $i:ident, $value:ident| $fast:expr) => {{
                    let (seq, index) = (obj!(ins.a), reg!(ins.b));
                    if index & 1 != 0
                        && let Some($value) = Obj::from_raw(reg!(ins.c))
                        && let Some($seq) = seq.cast::<$ty>()
                        && let $i = (index as isize >> 1) as usize
                        && $fast
                    {
                    } else {
                        must!(slow_set_item(rt, regs, ins));
                    }
                }};
            }

            match ins.op {
                Op::Move => reg!(ins.a) = reg!(ins.b),
                Op::Word => reg!(ins.a) = ins.imm as isize as usize,
                Op::Wide => {
                    reg!(ins.a) = *pc.cast::<u64>() as usize;
                    pc = pc.add(1);
                }
                Op::Const => reg!(ins.a) = (*code.consts.add(ins.imm as usize)).raw(),

                Op::Add => binary!(|a, b| checked((a as isize).overflowing_add(b as isize - 1))),
                Op::Sub => binary!(|a, b| checked((a as isize).overflowing_sub(b as isize - 1))),
                Op::Mul => binary!(|a, b| multiply(a, b)),
                Op::And => binary!(|a, b| Some(a & b)),
                Op::Or => binary!(|a, b| Some(a | b)),
                Op::Xor => binary!(|a, b| Some(a ^ b | 1)),
                Op::Shr => binary!(|a, b| shift_right(a, b)),
                Op::Shl => binary!(|a, b| shift_left(a, b)),
                Op::Div => binary!(|a, b| divide(a, b)),
                Op::Mod => binary!(|a, b| remainder(a, b)),
                Op::AddK => binary_k!(|a, b| checked((a as isize).overflowing_add(b as isize - 1))),
                Op::SubK => binary_k!(|a, b| checked((a as isize).overflowing_sub(b as isize - 1))),
                Op::MulK => binary_k!(|a, b| multiply(a, b)),
                Op::AndK => binary_k!(|a, b| Some(a & b)),
                Op::OrK => binary_k!(|a, b| Some(a | b)),
                Op::XorK => binary_k!(|a, b| Some(a ^ b | 1)),
                Op::ShrK => binary_k!(|a, b| Some(((a as isize) >> ((b >> 1) & 63)) as usize | 1)),
                Op::ShlK => binary_k!(|a, b| shift_left(a, b)),
                Op::DivK => binary_k!(|a, b| divide(a, b)),
                Op::ModK => binary_k!(|a, b| remainder(a, b)),
                Op::Binary => {
                    must!(slow_binary(
                        rt,
                        regs,
                        ins,
                        reg!(ins.b),
                        reg!(ins.c),
                        ins.imm as u8
                    ));
                }
                Op::BinaryK => {
                    let rhs = ins.imm as isize as usize;
                    must!(slow_binary(rt, regs, ins, reg!(ins.b), rhs, ins.c));
                }
                Op::Is => reg!(ins.a) = Obj::bool(reg!(ins.b) == reg!(ins.c)).raw(),
                Op::Unary => {
                    reg!(ins.a) = tri!(arith::unary(rt, ins.imm as u8, obj!(ins.b))).raw();
                }

                Op::JumpLt => compare!(<),
                Op::JumpGt => compare!(>),
                Op::JumpEq => compare!(==),
                Op::JumpLe => compare!(<=),
                Op::JumpGe => compare!(>=),
                Op::JumpNe => compare!(!=),
                Op::JumpLtK => compare_k!(<),
                Op::JumpGtK => compare_k!(>),
                Op::JumpEqK => compare_k!(==),
                Op::JumpLeK => compare_k!(<=),
                Op::JumpGeK => compare_k!(>=),
                Op::JumpNeK => compare_k!(!=),
                Op::Jump => jump!(pc),
                Op::JumpTrue => {
                    if tri!(truth(rt, obj!(ins.a))) {
                        jump!(pc);
                    }
                }
                Op::JumpFalse => {
                    if !tri!(truth(rt, obj!(ins.a))) {
                        jump!(pc);
                    }
                }
                Op::Count => {
                    if count!(reg!(ins.c)) {
                        jump!(pc);
                    }
                }
                Op::CountK => {
                    let hit = count!(*pc.cast::<u64>() as usize);
                    let from = pc;
                    pc = pc.add(1);
                    if hit {
                        jump!(from);
                    }
                }

                Op::Item | Op::ItemAny => must!(slow_item(rt, regs, ins)),
                Op::ItemList => item!(List, |list, i| list.item(i)),
                Op::ItemBytes => {
                    item!(ByteArray, |data, i| data
                        .byte(i)
                        .map(|b| Obj::int(b.into())))
                }
                Op::ItemI32 => item!(Array, |array, i| array.i32_item(i)),
                Op::ItemU32 => item!(Array, |array, i| array.u32_item(i)),
                Op::SetItem | Op::SetItemAny => must!(slow_set_item(rt, regs, ins)),
                Op::SetItemList => set_item!(List, |list, i, value| list.set(i, value)),
                Op::SetItemBytes => set_item!(ByteArray, |data, i, value| value.is_small()
                    && data.set(i, value.small_value() as u8)),
                Op::SetItemI32 => set_item!(Array, |array, i, value| value.is_small()
                    && array.set_32_bit_item(i, value.small_value())),

                Op::Global => {
                    let cache = &mut *code.caches.add(ins.imm as usize);
                    let map = &(*fp).globals.get().map;
                    let found = match map.cached(cache.slot as usize, Obj::qstr(cache.name)) {
                        Some(value) => value,
                        None if names::is_builtin_hit(rt, map, cache) => {
                            Obj::from_raw(cache.value).unwrap_unchecked()
                        }
                        None => tri!(names::load_global_cached(rt, (*fp).globals, cache)),
                    };
                    reg!(ins.a) = found.raw();
                }
                Op::Attr => {
                    let cache = &mut *code.caches.add(ins.imm as usize);
                    let value = match names::attr_hit(rt, obj!(ins.b), cache) {
                        names::Hit::Value(value) => value,
                        names::Hit::Getter(getter) => {
                            tri!(rt.call(getter.obj(), &[obj!(ins.b)]))
                        }
                        names::Hit::NativeGetter(getter) => {
                            tri!(rt.call(getter, &[obj!(ins.b)]))
                        }
                        names::Hit::Miss => {
                            tri!(names::load_attr_cached(rt, obj!(ins.b), cache))
                        }
                    };
                    reg!(ins.a) = value.raw();
                }
                Op::SetAttr => {
                    let cache = &mut *code.caches.add(ins.imm as usize);
                    let (to, value) = (obj!(ins.a), Obj::from_raw(reg!(ins.b)));
                    if !names::store_hit(rt, to, cache, value) {
                        tri!(names::store_attr_cached(rt, to, cache, value));
                    }
                }
                Op::Method => {
                    let cache = &mut *code.caches.add(ins.imm as usize);
                    let from = obj!(ins.b);
                    let (fun, this) = match names::method_hit(rt, from, cache) {
                        Some(fun) => (fun, Some(from)),
                        None => tri!(names::load_method_cached(rt, from, cache)),
                    };
                    reg!(ins.a) = fun.raw();
                    reg!(ins.a + 1) = this.map_or(0, Obj::raw);
                }
                Op::Deref => {
                    let cell = Obj::from_raw(reg!(ins.b)).and_then(Obj::cast::<Cell>);
                    match cell.and_then(|cell| cell.value.get()) {
                        Some(value) => reg!(ins.a) = value.raw(),
                        None => {
                            names::unbound_local(rt);
                            fail!()
                        }
                    }
                }
                Op::SetDeref => {
                    if let Some(cell) = Obj::from_raw(reg!(ins.a)).and_then(Obj::cast::<Cell>) {
                        cell.value.set(Some(obj!(ins.b)));
                    }
                }

                Op::IterStart => {
                    let slots: *mut Slot = regs.add(ins.a as usize).cast();
                    tri!(iter::start(rt, obj!(ins.b), slots));
                }
                Op::ForIter => {
                    let slots: *mut Slot = regs.add(ins.b as usize).cast();
                    let item = match iter::fast_next(rt, slots) {
                        iter::Fast::Item(item) => Some(item),
                        iter::Fast::End => None,
                        iter::Fast::Slow => {
                            let it = (*slots.add(1)).unwrap_unchecked();
                            if it.is::<Generator>() {
                                // Its frame runs in the loop of the bytecode.
                                super::retire(code, region);
                                leave_here!(ins.c);
                            }
                            tri!(rt.next(it))
                        }
                    };
                    match item {
                        Some(item) => reg!(ins.a) = item.raw(),
                        None => pc = pc.offset(ins.imm as isize),
                    }
                }
                Op::Unpack => {
                    let to = regs.add(ins.b as usize).cast();
                    tri!(build::unpack(rt, obj!(ins.a), ins.imm as usize, to));
                }
                Op::Tuple => {
                    let at = regs.add(ins.a as usize).cast();
                    reg!(ins.a) = tri!(build::tuple(rt, at, ins.imm as usize)).raw();
                }
                Op::List => {
                    let at = regs.add(ins.a as usize).cast();
                    reg!(ins.a) = tri!(build::list(rt, at, ins.imm as usize)).raw();
                }
                Op::Slice => {
                    let step = if ins.imm == 3 {
                        obj!(ins.a + 2)
                    } else {
                        Obj::NONE
                    };
                    let made = slice::new(rt, obj!(ins.a), obj!(ins.a + 1), step);
                    reg!(ins.a) = tri!(made).raw();
                }
                Op::Append => tri!(build::list_append(rt, obj!(ins.a), obj!(ins.b))),
                Op::Call | Op::CallMethod => {
                    let n = ins.imm as usize;
                    let (n_pos, n_kw) = (n & 0xff, n >> 8 & 0xff);
                    let Some(fun) = obj!(ins.a).cast::<BuiltinFun>() else {
                        region.left_early(code, ins, jumps);
                        leave_here!(ins.b);
                    };
                    let at: *mut Slot = regs.add(ins.a as usize).cast();
                    let (first, n_pos) = if ins.op == Op::Call {
                        (at.add(1), n_pos)
                    } else if (*at.add(1)).is_some() {
                        (at.add(1), n_pos + 1)
                    } else {
                        (at.add(2), n_pos)
                    };
                    let args = Args::new(build::objects(first, n_pos + 2 * n_kw), n_pos);
                    reg!(ins.a) = tri!(builtin_fun::invoke(rt, fun.get(), args)).raw();
                }
                Op::Exit => leave!(ins.imm, ins.a),
                Op::ExitEarly => {
                    region.left_early(code, ins, jumps);
                    leave!(ins.imm, ins.a)
                }
            }
        }
    }
}

#[cfg_attr(not(feature = "small"), inline(always))]
fn checked((value, over): (isize, bool)) -> Option<usize> {
    (!over).then_some(value as usize)
}

#[cfg_attr(not(feature = "small"), inline(always))]
fn multiply(a: usize, b: usize) -> Option<usize> {
    let (product, over) = ((a - 1) as isize).overflowing_mul(b as isize >> 1);
    (!over).then_some(product as usize | 1)
}

#[cfg_attr(not(feature = "small"), inline(always))]
fn shift_right(a: usize, b: usize) -> Option<usize> {
    let by = b >> 1;
    (by < usize::BITS as usize).then(|| ((a as isize) >> by) as usize | 1)
}

#[cfg_attr(not(feature = "small"), inline(always))]
fn shift_left(a: usize, b: usize) -> Option<usize> {
    let (value, by) = ((a - 1) as isize, b >> 1);
    (by < usize::BITS as usize - 1 && (value << by) >> by == value)
        .then(|| (value << by) as usize | 1)
}

/// For operands that are not negative, truncation and flooring agree.
#[cfg_attr(not(feature = "small"), inline(always))]
fn divide(a: usize, b: usize) -> Option<usize> {
    ((a | b) as isize >= 0 && b > 1).then(|| (((a >> 1) / (b >> 1)) << 1) | 1)
}

#[cfg_attr(not(feature = "small"), inline(always))]
fn remainder(a: usize, b: usize) -> Option<usize> {
    ((a | b) as isize >= 0 && b > 1).then(|| (((a >> 1) % (b >> 1)) << 1) | 1)
}

#[cfg_attr(not(feature = "small"), inline(always))]
fn truth(rt: &mut Runtime, value: Obj) -> R<bool> {
    match value {
        Obj::TRUE => Ok(true),
        Obj::FALSE => Ok(false),
        value => match value.as_small() {
            Some(value) => Ok(value != 0),
            None => rt.is_true(value),
        },
    }
}

/// An operator once small ints are ruled out; whether it went well.
///
/// # Safety
/// `lhs` and `rhs` are bits of objects, `regs` are the frame's words.
#[inline(never)]
unsafe fn slow_binary(
    rt: &mut Runtime,
    regs: *mut usize,
    ins: &Ins,
    lhs: usize,
    rhs: usize,
    byte: u8,
) -> bool {
    use ferlance_abi::ops::BinaryOp as B;
    const ADD: u8 = opcode::BINARY_OP + B::Add.number();
    const IADD: u8 = opcode::BINARY_OP + B::InplaceAdd.number();
    const SUB: u8 = opcode::BINARY_OP + B::Subtract.number();
    const ISUB: u8 = opcode::BINARY_OP + B::InplaceSubtract.number();
    // SAFETY: the caller's.
    unsafe {
        let (lhs, rhs) = (
            Obj::from_raw(lhs).unwrap_unchecked(),
            Obj::from_raw(rhs).unwrap_unchecked(),
        );
        let value = match byte {
            ADD | IADD => arith::add(rt, byte, lhs, rhs),
            SUB | ISUB => arith::sub(rt, byte, lhs, rhs),
            _ => arith::binary(rt, byte, lhs, rhs),
        };
        match value {
            Ok(value) => {
                *regs.add(ins.a as usize) = value.raw();
                true
            }
            Err(_) => false,
        }
    }
}

/// A comparison once small ints are ruled out: whether its jump is taken.
///
/// # Safety
/// `lhs` and `rhs` are bits of objects.
#[inline(never)]
unsafe fn slow_compare(rt: &mut Runtime, how: u8, lhs: usize, rhs: usize) -> R<bool> {
    // SAFETY: the caller's.
    let (lhs, rhs) = unsafe {
        (
            Obj::from_raw(lhs).unwrap_unchecked(),
            Obj::from_raw(rhs).unwrap_unchecked(),
        )
    };
    let hit = arith::compare(rt, how & 7, lhs, rhs)?;
    Ok(hit == (how & crate::interp::quick::SENSE != 0))
}

/// The end of a counted loop whose counter is no small int any more, or whose limit is none.
///
/// # Safety
/// As [`slow_binary`].
#[cold]
#[inline(never)]
unsafe fn slow_count(rt: &mut Runtime, regs: *mut usize, ins: &Ins, limit: usize) -> R<bool> {
    use ferlance_abi::ops::BinaryOp as B;
    // SAFETY: the caller's.
    unsafe {
        let counter = regs.add(ins.b as usize);
        let (at, limit) = (
            Obj::from_raw(*counter).unwrap_unchecked(),
            Obj::from_raw(limit).unwrap_unchecked(),
        );
        let op = opcode::BINARY_OP + B::InplaceAdd.number();
        let next = match arith::add_small(at, Obj::int(1)) {
            Some(next) => next,
            None => arith::add(rt, op, at, Obj::int(1))?,
        };
        *counter = next.raw();
        let hit = arith::compare(rt, B::Less.number(), next, limit)?;
        if hit {
            *regs.add(ins.a as usize) = next.raw();
        }
        Ok(hit)
    }
}

/// Replaces an instruction's operation by one for the operand at hand.
///
/// # Safety
/// The instruction is one of a region's.
unsafe fn become_(ins: &Ins, op: Op) {
    // SAFETY: the caller's; nothing holds a reference to the field.
    unsafe { (&raw const ins.op).cast_mut().write_volatile(op) };
}

/// Any item; the instruction becomes the one for such an object.
///
/// # Safety
/// As [`slow_binary`].
#[inline(never)]
unsafe fn slow_item(rt: &mut Runtime, regs: *mut usize, ins: &Ins) -> bool {
    // SAFETY: the caller's.
    unsafe {
        let (seq, index) = (
            Obj::from_raw(*regs.add(ins.b as usize)).unwrap_unchecked(),
            Obj::from_raw(*regs.add(ins.c as usize)).unwrap_unchecked(),
        );
        if seq.is::<List>() {
            become_(ins, Op::ItemList);
            if let Some(value) = arith::list_item(seq, index) {
                *regs.add(ins.a as usize) = value.raw();
                return true;
            }
        } else if ins.op != Op::ItemAny {
            let op = if seq.is::<ByteArray>() {
                Op::ItemBytes
            } else {
                match seq.cast::<Array>().map(|array| array.code()) {
                    Some(b'i') => Op::ItemI32,
                    Some(b'I') => Op::ItemU32,
                    _ => Op::ItemAny,
                }
            };
            become_(ins, op);
        }
        match arith::item(rt, seq, index) {
            Ok(value) => {
                *regs.add(ins.a as usize) = value.raw();
                true
            }
            Err(_) => false,
        }
    }
}

/// Stores any item; the instruction becomes the one for such an object.
///
/// # Safety
/// As [`slow_binary`].
#[inline(never)]
unsafe fn slow_set_item(rt: &mut Runtime, regs: *mut usize, ins: &Ins) -> bool {
    // SAFETY: the caller's.
    unsafe {
        let (seq, index) = (
            Obj::from_raw(*regs.add(ins.a as usize)).unwrap_unchecked(),
            Obj::from_raw(*regs.add(ins.b as usize)).unwrap_unchecked(),
        );
        let Some(value) = Obj::from_raw(*regs.add(ins.c as usize)) else {
            return rt.del_item(seq, index).is_ok();
        };
        if seq.is::<List>() {
            become_(ins, Op::SetItemList);
            if arith::set_list_item(seq, index, value) {
                return true;
            }
        } else if ins.op != Op::SetItemAny {
            let op = if seq.is::<ByteArray>() {
                Op::SetItemBytes
            } else {
                match seq.cast::<Array>().map(|array| array.code()) {
                    Some(b'i' | b'I') => Op::SetItemI32,
                    _ => Op::SetItemAny,
                }
            };
            become_(ins, op);
        }
        arith::set_item(rt, seq, index, value).is_ok()
    }
}
