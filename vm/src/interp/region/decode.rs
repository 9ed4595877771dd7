//! What instructions of the loader's private copy do, as steps on a stack: fused groups come apart again.

use ferlance_abi::ops::BinaryOp;
use ferlance_bytecode::op::{
    Format, LOAD_FAST_MULTI, SMALL_INT_MULTI, STORE_FAST_MULTI, has_extra_byte, long_form, opcode,
};

use crate::interp::code::Code;
use crate::interp::quick;
use crate::obj::word::Obj;

/// One step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// Push a local.
    Local(usize),
    /// Push an object, given by its bits.
    Word(usize),
    /// Push a constant of the module.
    Const(usize),
    /// Pop into a local.
    Store(usize),
    Dup,
    DupTwo,
    RotTwo,
    RotThree,
    Pop,
    /// The operator's byte.
    Binary(u8),
    /// The operator's byte.
    Unary(u8),
    Subscr,
    SetSubscr,
    /// Number of the cache, here and in the following.
    Global(usize),
    Attr(usize),
    SetAttr(usize),
    Method(usize),
    Deref(usize),
    SetDeref(usize),
    Jump(usize),
    /// Pop; jump if it is as said.
    JumpIf(bool, usize),
    /// Jump if the top is as said, else pop it.
    JumpIfOrPop(bool, usize),
    /// Comparison and sense as in [`quick::COMPARE_JUMP`].
    CompareJump(u8, usize),
    /// End of a counted loop; no limit = below the counter on the stack.
    Count {
        step: isize,
        more: bool,
        limit: Option<usize>,
        to: usize,
    },
    IterStart,
    ForIter(usize),
    Call(usize),
    CallMethod(usize),
    Tuple(usize),
    List(usize),
    Slice(usize),
    Unpack(usize),
    /// Append to a list so many words below the top.
    Append(usize),
    /// Left to the loop.
    Other,
}

/// The steps of one instruction or group.
pub(super) struct Steps {
    steps: [Step; 4],
    n: usize,
    /// Offset behind it.
    pub(super) next: usize,
}

impl Steps {
    pub(super) fn as_slice(&self) -> &[Step] {
        self.steps.get(..self.n).unwrap_or(&[])
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn uint(&mut self) -> Option<usize> {
        let mut value = 0usize;
        loop {
            let byte = self.byte()?;
            value = value.checked_mul(128)? | usize::from(byte & 0x7f);
            if byte < 0x80 {
                return Some(value);
            }
        }
    }

    fn sint(&mut self) -> Option<isize> {
        let mut byte = self.byte()?;
        let mut value = ((byte << 1) as i8 >> 1) as isize;
        while byte & 0x80 != 0 {
            byte = self.byte()?;
            value = value << 7 | isize::from(byte & 0x7f);
        }
        Some(value)
    }

    /// The target of a jump in both directions.
    fn signed(&mut self) -> Option<usize> {
        let low = isize::from(self.byte()?);
        let offset = if low < 0x80 {
            low - 64
        } else {
            (low & 0x7f | isize::from(self.byte()?) << 7) - 16384
        };
        self.at.checked_add_signed(offset)
    }

    /// The target of a forward jump.
    fn unsigned(&mut self) -> Option<usize> {
        let mut offset = usize::from(self.byte()?);
        if offset >= 0x80 {
            offset = offset & 0x7f | usize::from(self.byte()?) << 7;
        }
        self.at.checked_add(offset)
    }
}

fn small(number: u8) -> Step {
    Step::Word(Obj::int(isize::from(number) - 16).raw())
}

/// The instruction at `at` of a code's bytes. `None`: malformed, or beyond what a region holds.
pub(super) fn decode(code: &Code, bytes: &[u8], at: usize) -> Option<Steps> {
    let mut r = Reader { bytes, at };
    let byte = match r.byte()? {
        quick::ENTER_REGION => super::Region::find(code, at)?.op(),
        byte => byte,
    };
    let mut steps = [Step::Other; 4];
    let mut n = 0;
    macro_rules! give {
        ($($step:expr),+) => {{
            $(steps[n] = $step; n += 1;)+
        }};
    }
    let pair = |both: u8| {
        (
            Step::Local(usize::from(both >> 4)),
            Step::Local(usize::from(both & 15)),
        )
    };
    match byte {
        quick::LOAD_GLOBAL => give!(Step::Global(r.byte()?.into())),
        quick::LOAD_ATTR => give!(Step::Attr(r.byte()?.into())),
        quick::LOAD_METHOD => give!(Step::Method(r.byte()?.into())),
        quick::STORE_ATTR => give!(Step::SetAttr(r.byte()?.into())),
        quick::LOCALS => {
            let (a, b) = pair(r.byte()?);
            give!(a, b);
        }
        quick::LOCALS_BINARY => {
            let (a, b) = pair(r.byte()?);
            give!(a, b, Step::Binary(r.byte()?));
        }
        quick::LOCAL_INT_BINARY => {
            let word = u16::from_le_bytes([r.byte()?, r.byte()?]);
            give!(
                Step::Local((word & 15).into()),
                small((word >> 4 & 63) as u8),
                Step::Binary(opcode::BINARY_OP + (word >> 10) as u8)
            );
        }
        quick::LOCAL_ATTR => give!(Step::Local(r.byte()?.into()), Step::Attr(r.byte()?.into())),
        quick::LOCAL_METHOD => give!(
            Step::Local(r.byte()?.into()),
            Step::Method(r.byte()?.into())
        ),
        quick::LOCAL_STORE_ATTR => give!(
            Step::Local(r.byte()?.into()),
            Step::SetAttr(r.byte()?.into())
        ),
        quick::LOCALS_SUBSCR | quick::LOCALS_STORE_SUBSCR => {
            let (a, b) = pair(r.byte()?);
            r.byte()?;
            let last = if byte == quick::LOCALS_SUBSCR {
                Step::Subscr
            } else {
                Step::SetSubscr
            };
            give!(a, b, last);
        }
        quick::COMPARE_JUMP => give!(Step::CompareJump(r.byte()?, r.signed()?)),
        quick::LOCALS_COMPARE_JUMP => {
            let (a, b) = pair(r.byte()?);
            let how = r.byte()?;
            r.byte()?;
            give!(a, b, Step::CompareJump(how, r.signed()?));
        }
        quick::LOCAL_INT_COMPARE_JUMP => {
            let (a, k, how) = (r.byte()?, r.byte()?, r.byte()?);
            give!(
                Step::Local(a.into()),
                small(k),
                Step::CompareJump(how, r.signed()?)
            );
        }
        quick::COUNT_TO_TOP | quick::COUNT_TO_INT | quick::COUNT_TO_CONST => {
            let step = isize::from(r.byte()?) - 16;
            r.byte()?;
            let limit = match byte {
                quick::COUNT_TO_TOP => {
                    r.byte()?;
                    None
                }
                quick::COUNT_TO_INT => {
                    let small = r.byte()?.checked_sub(SMALL_INT_MULTI)?;
                    Some(Obj::int(isize::from(small) - 16).raw())
                }
                _ => {
                    r.byte()?;
                    Some(Obj::small(r.sint()?)?.raw())
                }
            };
            let more = r.byte()? != opcode::BINARY_OP;
            r.byte()?;
            let to = r.signed()?;
            give!(Step::Count {
                step,
                more,
                limit,
                to
            });
        }
        quick::CONST_BINARY => {
            let value = Obj::small(r.sint()?)?;
            give!(Step::Word(value.raw()), Step::Binary(r.byte()?));
        }
        quick::DUP_STORE => give!(Step::Dup, Step::Store(r.byte()?.into())),
        quick::STORE_LOAD => {
            let both = r.byte()?;
            give!(
                Step::Store((both >> 4).into()),
                Step::Local((both & 15).into())
            );
        }
        quick::RETURN_LOCAL => {
            r.byte()?;
            give!(Step::Other);
        }
        _ => {
            let step = plain(byte, code, &mut r)?;
            give!(step);
        }
    }
    Some(Steps {
        steps,
        n,
        next: r.at,
    })
}

/// An instruction as files contain it.
fn plain(byte: u8, code: &Code, r: &mut Reader<'_>) -> Option<Step> {
    let long = long_form(byte);
    Some(match long {
        opcode::LOAD_FAST if byte != long => Step::Local((byte - LOAD_FAST_MULTI).into()),
        opcode::STORE_FAST if byte != long => Step::Store((byte - STORE_FAST_MULTI).into()),
        opcode::LOAD_CONST_SMALL_INT if byte != long => small(byte - SMALL_INT_MULTI),
        opcode::LOAD_FAST => Step::Local(r.uint()?),
        opcode::STORE_FAST => Step::Store(r.uint()?),
        opcode::LOAD_CONST_SMALL_INT => match Obj::small(r.sint()?) {
            Some(value) => Step::Word(value.raw()),
            None => Step::Other,
        },
        opcode::LOAD_CONST_STRING => {
            let index = r.uint()?;
            // SAFETY: the verifier checked the index, and the table lives as long as the code.
            Step::Word(Obj::qstr(unsafe { *code.names.add(index) }).raw())
        }
        opcode::LOAD_CONST_OBJ => Step::Const(r.uint()?),
        opcode::LOAD_CONST_FALSE => Step::Word(Obj::FALSE.raw()),
        opcode::LOAD_CONST_NONE => Step::Word(Obj::NONE.raw()),
        opcode::LOAD_CONST_TRUE => Step::Word(Obj::TRUE.raw()),
        opcode::LOAD_DEREF => Step::Deref(r.uint()?),
        opcode::STORE_DEREF => Step::SetDeref(r.uint()?),
        opcode::DUP_TOP => Step::Dup,
        opcode::DUP_TOP_TWO => Step::DupTwo,
        opcode::POP_TOP => Step::Pop,
        opcode::ROT_TWO => Step::RotTwo,
        opcode::ROT_THREE => Step::RotThree,
        opcode::LOAD_SUBSCR => Step::Subscr,
        opcode::STORE_SUBSCR => Step::SetSubscr,
        opcode::UNARY_OP => Step::Unary(byte),
        opcode::BINARY_OP if byte - opcode::BINARY_OP == BinaryOp::ExceptionMatch.number() => {
            Step::Other
        }
        opcode::BINARY_OP => Step::Binary(byte),
        opcode::JUMP => Step::Jump(r.signed()?),
        opcode::POP_JUMP_IF_TRUE => Step::JumpIf(true, r.signed()?),
        opcode::POP_JUMP_IF_FALSE => Step::JumpIf(false, r.signed()?),
        opcode::JUMP_IF_TRUE_OR_POP => Step::JumpIfOrPop(true, r.unsigned()?),
        opcode::JUMP_IF_FALSE_OR_POP => Step::JumpIfOrPop(false, r.unsigned()?),
        opcode::GET_ITER_STACK => Step::IterStart,
        opcode::FOR_ITER => Step::ForIter(r.unsigned()?),
        opcode::CALL_FUNCTION => Step::Call(r.uint()?),
        opcode::CALL_METHOD => Step::CallMethod(r.uint()?),
        opcode::BUILD_TUPLE => Step::Tuple(r.uint()?),
        opcode::BUILD_LIST => Step::List(r.uint()?),
        opcode::BUILD_SLICE => Step::Slice(r.uint()?),
        opcode::UNPACK_SEQUENCE => Step::Unpack(r.uint()?),
        opcode::STORE_COMP => match r.uint()? {
            n if n & 3 == 0 => Step::Append(n >> 2),
            _ => Step::Other,
        },
        _ => {
            match Format::of(byte) {
                Format::None => {}
                Format::Qstr | Format::Uint => {
                    r.uint()?;
                }
                Format::Sint => {
                    r.sint()?;
                }
                Format::SignedOffset => {
                    r.signed()?;
                }
                Format::UnsignedOffset => {
                    r.unsigned()?;
                }
            }
            if has_extra_byte(byte) {
                r.byte()?;
            }
            Step::Other
        }
    })
}
