//! Opcodes of the loop that no file contains: the loader's private copy of the bytes uses them.
//!
//! Two rewrites happen there, neither of which changes the length of anything, so that offsets, lines, jumps and
//! handlers stay as they are:
//!
//! - *Caching*: a lookup by name becomes the same lookup through an inline cache, whose number takes the place of the
//!   name's.
//! - *Fusing*: a group of instructions that often stand together becomes one. A group is only fused when nothing
//!   jumps into it and all of it belongs to one source line; its operands are packed into its own bytes.

use ferlance_bytecode::op::{LOAD_FAST_MULTI, SMALL_INT_MULTI, STORE_FAST_MULTI, opcode};

/// `LOAD_GLOBAL` with the number of its cache as operand.
pub const LOAD_GLOBAL: u8 = 0x01;
/// `LOAD_ATTR` with the number of its cache as operand.
pub const LOAD_ATTR: u8 = 0x02;
/// `LOAD_METHOD` with the number of its cache as operand.
pub const LOAD_METHOD: u8 = 0x03;
/// `STORE_ATTR` with the number of its cache as operand.
pub const STORE_ATTR: u8 = 0x04;

/// `LOAD_FAST a; LOAD_FAST b`: one byte `a << 4 | b`.
pub const LOCALS: u8 = 0x05;
/// `LOAD_FAST a; LOAD_FAST b; BINARY_OP`: `a << 4 | b`, the operator's byte.
pub const LOCALS_BINARY: u8 = 0x06;
/// `LOAD_FAST a; small int k; BINARY_OP`: `a | k << 4 | operator << 10` in two bytes, low first; k counts from −16.
pub const LOCAL_INT_BINARY: u8 = 0x07;
/// `LOAD_FAST a; LOAD_ATTR`: `a`, cache.
pub const LOCAL_ATTR: u8 = 0x08;
/// `LOAD_FAST a; LOAD_METHOD`: `a`, cache.
pub const LOCAL_METHOD: u8 = 0x09;
/// `LOAD_FAST a; STORE_ATTR`: `a`, cache.
pub const LOCAL_STORE_ATTR: u8 = 0x0a;
/// `LOAD_FAST a; LOAD_FAST b; LOAD_SUBSCR`: `a << 4 | b`, one byte unused.
pub const LOCALS_SUBSCR: u8 = 0x0b;
/// `LOAD_FAST a; LOAD_FAST b; STORE_SUBSCR`: `a << 4 | b`, one byte unused.
pub const LOCALS_STORE_SUBSCR: u8 = 0x0c;
/// A comparison, then `POP_JUMP_IF_TRUE` or `POP_JUMP_IF_FALSE`: the comparison's byte with bit 0 of [`SENSE`] in
/// its top bit, then the jump's operand.
pub const COMPARE_JUMP: u8 = 0x0d;
/// `LOAD_FAST a; LOAD_FAST b`, comparison, jump: `a << 4 | b`, comparison and sense, one byte unused, the operand.
pub const LOCALS_COMPARE_JUMP: u8 = 0x0e;
/// `LOAD_FAST a; small int k`, comparison, jump: `a`, `k`, comparison and sense, the operand.
pub const LOCAL_INT_COMPARE_JUMP: u8 = 0x0f;
/// `small int s; +=` at the end of a counted loop whose limit is on the stack: `s`. What follows stays as it is,
/// since the loop is entered there: `DUP_TOP_TWO; ROT_TWO; < or >; jump if true`.
pub const COUNT_TO_TOP: u8 = 0x1d;
/// The same with a limit of one byte: `DUP_TOP; small int b; < or >; jump if true` follow.
pub const COUNT_TO_INT: u8 = 0x1e;
/// The same with a limit in the long form.
pub const COUNT_TO_CONST: u8 = 0x3a;
/// A small int in the long form, then an operator: the int, the operator's byte.
pub const CONST_BINARY: u8 = 0x3b;
/// `DUP_TOP; STORE_FAST a`: `a`.
pub const DUP_STORE: u8 = 0x1f;
/// `LOAD_FAST a; RETURN_VALUE`: `a`.
pub const RETURN_LOCAL: u8 = 0x38;
/// `STORE_FAST a; LOAD_FAST b`: `a << 4 | b`.
pub const STORE_LOAD: u8 = 0x39;

/// Stands where a hot loop jumps back, in place of its opcode: goes on in the loop's [`super::region`].
pub const ENTER_REGION: u8 = 0x3c;

/// Bit in the byte of a fused comparison: jump if true.
pub const SENSE: u8 = 0x80;

/// The cached form of an opcode.
pub fn cached_form(op: u8) -> Option<u8> {
    match op {
        opcode::LOAD_GLOBAL => Some(LOAD_GLOBAL),
        opcode::LOAD_ATTR => Some(LOAD_ATTR),
        opcode::LOAD_METHOD => Some(LOAD_METHOD),
        opcode::STORE_ATTR => Some(STORE_ATTR),
        _ => None,
    }
}

fn local(byte: u8) -> Option<u8> {
    (LOAD_FAST_MULTI..LOAD_FAST_MULTI + 16)
        .contains(&byte)
        .then(|| byte - LOAD_FAST_MULTI)
}

fn stored_local(byte: u8) -> Option<u8> {
    (STORE_FAST_MULTI..STORE_FAST_MULTI + 16)
        .contains(&byte)
        .then(|| byte - STORE_FAST_MULTI)
}

fn small(byte: u8) -> Option<u8> {
    (SMALL_INT_MULTI..SMALL_INT_MULTI + 64)
        .contains(&byte)
        .then(|| byte - SMALL_INT_MULTI)
}

/// The number of a comparison by order or equality.
fn comparison(byte: u8) -> Option<u8> {
    byte.checked_sub(opcode::BINARY_OP)
        .filter(|number| *number <= 5)
}

/// The number of an arithmetic operator.
fn operator(byte: u8) -> Option<u8> {
    byte.checked_sub(opcode::BINARY_OP)
        .filter(|number| (9..=34).contains(number))
}

fn sense(byte: u8) -> Option<u8> {
    match byte {
        opcode::POP_JUMP_IF_TRUE => Some(SENSE),
        opcode::POP_JUMP_IF_FALSE => Some(0),
        _ => None,
    }
}

/// Fuses the group that begins at `at`, if one does. `bytes` are the private copy (with caching done), `starts` says
/// where instructions begin, `joined(from, to)` whether `from..to` may be fused. Answers the group's length, at most
/// up to the jump operand.
pub fn fuse(bytes: &mut [u8], at: usize, joined: impl Fn(usize, usize) -> bool) -> Option<usize> {
    if let Some(len) = fuse_long(bytes, at, &joined) {
        return Some(len);
    }
    let byte = |i: usize| bytes.get(at + i).copied().unwrap_or(0);
    let group = [byte(0), byte(1), byte(2), byte(3), byte(4), byte(5)];
    let (packed, len): ([u8; 6], usize) = fused(group)?;
    if !joined(at, at + len) {
        // A shorter group may still do: two locals are the beginning of most long ones.
        if let (Some(a), Some(b)) = (local(group[0]), local(group[1]))
            && len > 2
            && joined(at, at + 2)
        {
            bytes[at] = LOCALS;
            bytes[at + 1] = a << 4 | b;
            return Some(2);
        }
        return None;
    }
    bytes[at..at + len].copy_from_slice(&packed[..len]);
    Some(len)
}

/// Groups with a small int in its long form, which keeps its place.
fn fuse_long(bytes: &mut [u8], at: usize, joined: impl Fn(usize, usize) -> bool) -> Option<usize> {
    let byte = |i: usize| bytes.get(at + i).copied().unwrap_or(0);
    let int_len = |from: usize| {
        (from..from + 10)
            .find(|i| byte(*i) & 0x80 == 0)
            .map(|last| last + 1 - from)
    };
    if byte(0) == opcode::LOAD_CONST_SMALL_INT {
        let len = 1 + int_len(1)? + 1;
        operator(byte(len - 1))?;
        if !joined(at, at + len) {
            return None;
        }
        bytes[at] = CONST_BINARY;
        return Some(len);
    }
    let s = small(byte(0))?;
    if byte(1) != INPLACE_ADD || !joined(at, at + 2) {
        return None;
    }
    let (form, len) = match (byte(2), byte(3)) {
        (opcode::DUP_TOP_TWO, opcode::ROT_TWO) => (COUNT_TO_TOP, 6),
        (opcode::DUP_TOP, opcode::LOAD_CONST_SMALL_INT) => (COUNT_TO_CONST, 6 + int_len(4)?),
        (opcode::DUP_TOP, b) if small(b).is_some() => (COUNT_TO_INT, 6),
        _ => return None,
    };
    comparison(byte(len - 2)).filter(|cmp| *cmp <= 1)?;
    if byte(len - 1) != opcode::POP_JUMP_IF_TRUE {
        return None;
    }
    bytes[at] = form;
    bytes[at + 1] = s;
    Some(len)
}

const INPLACE_ADD: u8 = opcode::BINARY_OP + 14;

fn fused(g: [u8; 6]) -> Option<([u8; 6], usize)> {
    if let Some(a) = local(g[0]) {
        if let Some(b) = local(g[1]) {
            let both = a << 4 | b;
            if let (Some(cmp), Some(sense)) = (comparison(g[2]), sense(g[3])) {
                return Some(([LOCALS_COMPARE_JUMP, both, cmp | sense, 0, 0, 0], 4));
            }
            if operator(g[2]).is_some() {
                return Some(([LOCALS_BINARY, both, g[2], 0, 0, 0], 3));
            }
            return Some(match g[2] {
                opcode::LOAD_SUBSCR => ([LOCALS_SUBSCR, both, 0, 0, 0, 0], 3),
                opcode::STORE_SUBSCR => ([LOCALS_STORE_SUBSCR, both, 0, 0, 0, 0], 3),
                // The second local may be the beginning of something better.
                _ if fused([g[1], g[2], g[3], g[4], g[5], 0]).is_some_and(|(_, len)| len > 2) => {
                    return None;
                }
                _ => ([LOCALS, both, 0, 0, 0, 0], 2),
            });
        }
        if let Some(k) = small(g[1]) {
            if let (Some(cmp), Some(sense)) = (comparison(g[2]), sense(g[3])) {
                return Some(([LOCAL_INT_COMPARE_JUMP, a, k, cmp | sense, 0, 0], 4));
            }
            let number = operator(g[2])?;
            let word = u16::from(a) | u16::from(k) << 4 | u16::from(number) << 10;
            let [low, high] = word.to_le_bytes();
            return Some(([LOCAL_INT_BINARY, low, high, 0, 0, 0], 3));
        }
        return match g[1] {
            LOAD_ATTR => Some(([LOCAL_ATTR, a, g[2], 0, 0, 0], 3)),
            LOAD_METHOD => Some(([LOCAL_METHOD, a, g[2], 0, 0, 0], 3)),
            STORE_ATTR => Some(([LOCAL_STORE_ATTR, a, g[2], 0, 0, 0], 3)),
            opcode::RETURN_VALUE => Some(([RETURN_LOCAL, a, 0, 0, 0, 0], 2)),
            _ => None,
        };
    }
    if let (Some(a), Some(b)) = (stored_local(g[0]), local(g[1])) {
        return Some(([STORE_LOAD, a << 4 | b, 0, 0, 0, 0], 2));
    }
    if g[0] == opcode::DUP_TOP
        && let Some(a) = stored_local(g[1])
    {
        return Some(([DUP_STORE, a, 0, 0, 0, 0], 2));
    }
    if let (Some(cmp), Some(sense)) = (comparison(g[0]), sense(g[1])) {
        return Some(([COMPARE_JUMP, cmp | sense, 0, 0, 0, 0], 2));
    }
    None
}
