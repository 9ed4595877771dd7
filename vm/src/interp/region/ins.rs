//! Instructions of a region: eight bytes each, operands are words of the frame.

/// What an instruction does. `r[n]` is word `n` of the frame, `i` the immediate, `w` the word behind the instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum Op {
    /// `r[a] = r[b]`
    Move,
    /// `r[a] = i`, an object's bits.
    Word,
    /// `r[a] = w`
    Wide,
    /// `r[a] = constants[i]`
    Const,
    /// `r[a] = r[b] + r[c]`; `i` is the operator's byte, here and in the following.
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `&`
    And,
    /// `|`
    Or,
    /// `^`
    Xor,
    /// `>>`
    Shr,
    /// `<<`
    Shl,
    /// `//`
    Div,
    /// `%`
    Mod,
    /// `r[a] = r[b] + i`; `c` is the operator's byte, `i` an object's bits, here and in the following.
    AddK,
    /// `-`
    SubK,
    /// `*`
    MulK,
    /// `&`
    AndK,
    /// `|`
    OrK,
    /// `^`
    XorK,
    /// `>>` by 0 to 61
    ShrK,
    /// `<<` by 0 to 61
    ShlK,
    /// `//` by a positive int
    DivK,
    /// `%` by a positive int
    ModK,
    /// Any operator; operands as in `Add`.
    Binary,
    /// Any operator; operands as in `AddK`.
    BinaryK,
    /// `r[a] = r[b] is r[c]`
    Is,
    /// `r[a] =` operator byte `i` of `r[b]`
    Unary,
    /// Jumps by `i` if `r[a] < r[b]`; `c` is the comparison as compiled, with its sense, here and in the following.
    JumpLt,
    /// `>`
    JumpGt,
    /// `==`
    JumpEq,
    /// `<=`
    JumpLe,
    /// `>=`
    JumpGe,
    /// `!=`
    JumpNe,
    /// Jumps by `i` if `r[a] < w`, as above.
    JumpLtK,
    /// `>`
    JumpGtK,
    /// `==`
    JumpEqK,
    /// `<=`
    JumpLeK,
    /// `>=`
    JumpGeK,
    /// `!=`
    JumpNeK,
    /// Jumps by `i`.
    Jump,
    /// Jumps by `i` if `r[a]` is true.
    JumpTrue,
    /// Jumps by `i` if `r[a]` is false.
    JumpFalse,
    /// `r[b] += 1`; jumps by `i` with `r[a] = r[b]` if `r[b] < r[c]`.
    Count,
    /// The same with the limit `w`.
    CountK,
    /// `r[a] = r[b][r[c]]`; becomes one of the following.
    Item,
    /// Of a list.
    ItemList,
    /// Of a bytearray.
    ItemBytes,
    /// Of an array of signed 32-bit items.
    ItemI32,
    /// Of an array of unsigned 32-bit items.
    ItemU32,
    /// Of anything.
    ItemAny,
    /// `r[a][r[b]] = r[c]`; becomes one of the following.
    SetItem,
    /// Of a list.
    SetItemList,
    /// Of a bytearray.
    SetItemBytes,
    /// Of an array of 32-bit items.
    SetItemI32,
    /// Of anything.
    SetItemAny,
    /// `r[a]` = the global of cache `i`.
    Global,
    /// `r[a] = r[b].` name of cache `i`
    Attr,
    /// `r[a].` name of cache `i` `= r[b]`
    SetAttr,
    /// `r[a], r[a + 1] =` function and self of `r[b].` name of cache `i`
    Method,
    /// `r[a]` = value of the cell `r[b]`
    Deref,
    /// Value of the cell `r[a]` `= r[b]`
    SetDeref,
    /// `r[a]` to `r[a + 3]` = loop iterator of `r[b]`
    IterStart,
    /// `r[a]` = next item of the loop iterator at `r[b]`; at its end jumps by `i`. The stack ends at `c`.
    ForIter,
    /// `r[b] …` = the `i` items of `r[a]`, the last one first.
    Unpack,
    /// `r[a]` = tuple of `r[a]` and `i - 1` words behind it
    Tuple,
    /// The same, a list.
    List,
    /// `r[a]` = slice of `i` words there
    Slice,
    /// Appends `r[b]` to the list `r[a]`.
    Append,
    /// Calls the function `r[a]` with argument counts `i`, if it is a built-in; else leaves. The stack ends at `b`.
    Call,
    /// The same for function and self.
    CallMethod,
    /// Leaves: the loop goes on at offset `i`. The stack ends at `a`.
    Exit,
    /// The same from within the loop.
    ExitEarly,
}

/// An instruction.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub(super) struct Ins {
    pub(super) op: Op,
    pub(super) a: u8,
    pub(super) b: u8,
    pub(super) c: u8,
    pub(super) imm: i32,
}

const _: () = assert!(size_of::<Ins>() == 8);

impl Ins {
    /// The instruction as a word of code.
    pub(super) fn word(self) -> u64 {
        let [i0, i1, i2, i3] = self.imm.to_ne_bytes();
        u64::from_ne_bytes([self.op as u8, self.a, self.b, self.c, i0, i1, i2, i3])
    }
}

/// The forms of the operators that have them: operator number, its plain twin's, registers, constant.
pub(super) fn arithmetic(number: u8) -> Option<(Op, Op)> {
    use ferlance_abi::ops::BinaryOp as B;
    let is = |a: B, b: B| number == a.number() || number == b.number();
    Some(if is(B::Add, B::InplaceAdd) {
        (Op::Add, Op::AddK)
    } else if is(B::Subtract, B::InplaceSubtract) {
        (Op::Sub, Op::SubK)
    } else if is(B::Multiply, B::InplaceMultiply) {
        (Op::Mul, Op::MulK)
    } else if is(B::And, B::InplaceAnd) {
        (Op::And, Op::AndK)
    } else if is(B::Or, B::InplaceOr) {
        (Op::Or, Op::OrK)
    } else if is(B::Xor, B::InplaceXor) {
        (Op::Xor, Op::XorK)
    } else if is(B::ShiftRight, B::InplaceShiftRight) {
        (Op::Shr, Op::ShrK)
    } else if is(B::ShiftLeft, B::InplaceShiftLeft) {
        (Op::Shl, Op::ShlK)
    } else if is(B::FloorDivide, B::InplaceFloorDivide) {
        (Op::Div, Op::DivK)
    } else if is(B::Modulo, B::InplaceModulo) {
        (Op::Mod, Op::ModK)
    } else {
        return None;
    })
}

/// The jump for comparison `number` (as `BINARY_OP` counts) that is to hold or not: registers, constant.
pub(super) fn jump(number: u8, sense: bool) -> (Op, Op) {
    let effective = match (number, sense) {
        (n, true) => n,
        (0, false) => 4,
        (1, false) => 3,
        (2, false) => 5,
        (3, false) => 1,
        (4, false) => 0,
        (_, false) => 2,
    };
    match effective {
        0 => (Op::JumpLt, Op::JumpLtK),
        1 => (Op::JumpGt, Op::JumpGtK),
        2 => (Op::JumpEq, Op::JumpEqK),
        3 => (Op::JumpLe, Op::JumpLeK),
        4 => (Op::JumpGe, Op::JumpGeK),
        _ => (Op::JumpNe, Op::JumpNeK),
    }
}
