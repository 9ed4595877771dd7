//! Bytes back to ops.
//!
//! Decoded ops have byte offsets (from the first instruction) as labels and real names; object, child and slot
//! operands are as in the bytes. Ranges of slots, children and objects are not checked here: `verify` does that.
use ferlance_abi::{BinaryOp, Qstr, UnaryOp};

use crate::op::{
    CallArgs, Child, Comp, ConstId, Label, Local, Op, SMALL_INT_MULTI, SMALL_INT_MULTI_FIRST,
    SmallInt, Unpack, opcode,
};
use crate::stream::Stream;

/// Why instruction bytes could not be decoded. Always the bytes' fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecodeError {
    /// The bytes end inside the instruction at this offset.
    Truncated {
        /// Offset of the instruction.
        at: u32,
    },
    /// No such opcode.
    Opcode {
        /// Offset of the instruction.
        at: u32,
    },
    /// An operand is larger than any that means something.
    Operand {
        /// Offset of the instruction.
        at: u32,
    },
    /// An index outside the qstr table.
    Name {
        /// Offset of the instruction.
        at: u32,
    },
    /// A jump to before the first instruction.
    Jump {
        /// Offset of the instruction.
        at: u32,
    },
}

/// A decoded instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instr {
    /// Its offset from the first instruction.
    pub offset: u32,
    /// The offset of the next one.
    pub next: u32,
    /// The op, with offsets as labels.
    pub op: Op,
    /// The value of a small int too wide for the op's operand, else 0.
    pub wide: i64,
}

impl Instr {
    /// The value of a small int operand of this instruction.
    #[inline]
    pub fn int_value(&self, operand: SmallInt) -> i64 {
        operand.value(&[self.wide])
    }
}

/// Decodes instructions one after the other.
#[derive(Debug, Clone)]
pub struct Decoder<'a> {
    code: &'a [u8],
    names: &'a [Qstr],
    at: usize,
}

impl<'a> Decoder<'a> {
    /// From the first of the instructions in `code`; `names` is the module's qstr table.
    pub const fn new(code: &'a [u8], names: &'a [Qstr]) -> Decoder<'a> {
        Decoder { code, names, at: 0 }
    }

    /// As [`Decoder::new`], from the instruction at `offset`.
    pub const fn starting_at(code: &'a [u8], names: &'a [Qstr], offset: u32) -> Decoder<'a> {
        Decoder {
            code,
            names,
            at: offset as usize,
        }
    }
}

impl Iterator for Decoder<'_> {
    type Item = Result<Instr, DecodeError>;

    #[inline]
    fn next(&mut self) -> Option<Result<Instr, DecodeError>> {
        if self.at >= self.code.len() {
            return None;
        }
        let mut stream = Stream::new(self.code, self.at);
        let result = decode(&mut stream, self.names);
        // After an error there is no telling where the next instruction begins.
        self.at = if result.is_ok() {
            stream.offset()
        } else {
            self.code.len()
        };
        Some(result)
    }
}

/// Decodes the instruction that `stream` stands at.
pub fn decode(stream: &mut Stream<'_>, names: &[Qstr]) -> Result<Instr, DecodeError> {
    let at = stream.offset() as u32;
    let mut wide = 0;
    match decode_op(stream, names, &mut wide) {
        Ok(op) => Ok(Instr {
            offset: at,
            next: stream.offset() as u32,
            op,
            wide,
        }),
        Err(Failure::End) => Err(DecodeError::Truncated { at }),
        Err(Failure::Opcode) => Err(DecodeError::Opcode { at }),
        Err(Failure::Operand) => Err(DecodeError::Operand { at }),
        Err(Failure::Name) => Err(DecodeError::Name { at }),
        Err(Failure::Jump) => Err(DecodeError::Jump { at }),
    }
}

enum Failure {
    End,
    Opcode,
    Operand,
    Name,
    Jump,
}

fn decode_op(stream: &mut Stream<'_>, names: &[Qstr], wide: &mut i64) -> Result<Op, Failure> {
    let byte = stream.byte().map_err(|_| Failure::End)?;
    let value = byte & 15;
    match byte {
        0x70..=0xaf => {
            let value = (byte - SMALL_INT_MULTI) as i64 + SMALL_INT_MULTI_FIRST as i64;
            return Ok(Op::LoadConstSmallInt(
                SmallInt::inline(value).ok_or(Failure::Operand)?,
            ));
        }
        0xb0..=0xbf => return Ok(Op::LoadFast(Local(value as u32))),
        0xc0..=0xcf => return Ok(Op::StoreFast(Local(value as u32))),
        0xd0..=0xd3 => {
            let op = UnaryOp::from_bytecode(byte - opcode::UNARY_OP).ok_or(Failure::Opcode)?;
            return Ok(Op::Unary(op));
        }
        0xd7..=0xf9 => {
            let op = BinaryOp::from_bytecode(byte - opcode::BINARY_OP).ok_or(Failure::Opcode)?;
            return Ok(Op::Binary(op));
        }
        _ => {}
    }
    Ok(match byte {
        opcode::LOAD_CONST_STRING => Op::LoadConstString(name(stream, names)?),
        opcode::LOAD_NAME => Op::LoadName(name(stream, names)?),
        opcode::LOAD_GLOBAL => Op::LoadGlobal(name(stream, names)?),
        opcode::LOAD_ATTR => Op::LoadAttr(name(stream, names)?),
        opcode::LOAD_METHOD => Op::LoadMethod(name(stream, names)?),
        opcode::LOAD_SUPER_METHOD => Op::LoadSuperMethod(name(stream, names)?),
        opcode::STORE_NAME => Op::StoreName(name(stream, names)?),
        opcode::STORE_GLOBAL => Op::StoreGlobal(name(stream, names)?),
        opcode::STORE_ATTR => Op::StoreAttr(name(stream, names)?),
        opcode::DELETE_NAME => Op::DeleteName(name(stream, names)?),
        opcode::DELETE_GLOBAL => Op::DeleteGlobal(name(stream, names)?),
        opcode::IMPORT_NAME => Op::ImportName(name(stream, names)?),
        opcode::IMPORT_FROM => Op::ImportFrom(name(stream, names)?),
        opcode::MAKE_CLOSURE => Op::MakeClosure(Child(uint(stream)?), extra(stream)?),
        opcode::MAKE_CLOSURE_DEFARGS => {
            Op::MakeClosureDefargs(Child(uint(stream)?), extra(stream)?)
        }
        opcode::LOAD_CONST_SMALL_INT => {
            let value = stream.sint().map_err(|_| Failure::End)?;
            Op::LoadConstSmallInt(match SmallInt::inline(value) {
                Some(operand) => operand,
                None => {
                    *wide = value;
                    SmallInt::wide(0)
                }
            })
        }
        opcode::LOAD_CONST_OBJ => Op::LoadConstObj(ConstId(uint(stream)?)),
        opcode::LOAD_FAST => Op::LoadFast(Local(uint(stream)?)),
        opcode::LOAD_DEREF => Op::LoadDeref(Local(uint(stream)?)),
        opcode::STORE_FAST => Op::StoreFast(Local(uint(stream)?)),
        opcode::STORE_DEREF => Op::StoreDeref(Local(uint(stream)?)),
        opcode::DELETE_FAST => Op::DeleteFast(Local(uint(stream)?)),
        opcode::DELETE_DEREF => Op::DeleteDeref(Local(uint(stream)?)),
        opcode::BUILD_TUPLE => Op::BuildTuple(uint(stream)?),
        opcode::BUILD_LIST => Op::BuildList(uint(stream)?),
        opcode::BUILD_MAP => Op::BuildMap(uint(stream)?),
        opcode::BUILD_SET => Op::BuildSet(uint(stream)?),
        opcode::BUILD_SLICE => Op::BuildSlice(uint(stream)?),
        opcode::STORE_COMP => Op::StoreComp(Comp(uint(stream)?)),
        opcode::UNPACK_SEQUENCE => Op::UnpackSequence(uint(stream)?),
        opcode::UNPACK_EX => Op::UnpackEx(Unpack(uint(stream)?)),
        opcode::MAKE_FUNCTION => Op::MakeFunction(Child(uint(stream)?)),
        opcode::MAKE_FUNCTION_DEFARGS => Op::MakeFunctionDefargs(Child(uint(stream)?)),
        opcode::CALL_FUNCTION => Op::CallFunction(CallArgs(uint(stream)?)),
        opcode::CALL_FUNCTION_VAR_KW => Op::CallFunctionVarKw(CallArgs(uint(stream)?)),
        opcode::CALL_METHOD => Op::CallMethod(CallArgs(uint(stream)?)),
        opcode::CALL_METHOD_VAR_KW => Op::CallMethodVarKw(CallArgs(uint(stream)?)),
        opcode::UNWIND_JUMP => Op::UnwindJump(signed(stream)?, extra(stream)?),
        opcode::JUMP => Op::Jump(signed(stream)?),
        opcode::POP_JUMP_IF_TRUE => Op::PopJumpIfTrue(signed(stream)?),
        opcode::POP_JUMP_IF_FALSE => Op::PopJumpIfFalse(signed(stream)?),
        opcode::JUMP_IF_TRUE_OR_POP => Op::JumpIfTrueOrPop(unsigned(stream)?),
        opcode::JUMP_IF_FALSE_OR_POP => Op::JumpIfFalseOrPop(unsigned(stream)?),
        opcode::SETUP_WITH => Op::SetupWith(unsigned(stream)?),
        opcode::SETUP_EXCEPT => Op::SetupExcept(unsigned(stream)?),
        opcode::SETUP_FINALLY => Op::SetupFinally(unsigned(stream)?),
        opcode::POP_EXCEPT_JUMP => Op::PopExceptJump(unsigned(stream)?),
        opcode::FOR_ITER => Op::ForIter(unsigned(stream)?),
        opcode::LOAD_CONST_FALSE => Op::LoadConstFalse,
        opcode::LOAD_CONST_NONE => Op::LoadConstNone,
        opcode::LOAD_CONST_TRUE => Op::LoadConstTrue,
        opcode::LOAD_NULL => Op::LoadNull,
        opcode::LOAD_BUILD_CLASS => Op::LoadBuildClass,
        opcode::LOAD_SUBSCR => Op::LoadSubscr,
        opcode::STORE_SUBSCR => Op::StoreSubscr,
        opcode::DUP_TOP => Op::DupTop,
        opcode::DUP_TOP_TWO => Op::DupTopTwo,
        opcode::POP_TOP => Op::PopTop,
        opcode::ROT_TWO => Op::RotTwo,
        opcode::ROT_THREE => Op::RotThree,
        opcode::WITH_CLEANUP => Op::WithCleanup,
        opcode::END_FINALLY => Op::EndFinally,
        opcode::GET_ITER => Op::GetIter,
        opcode::GET_ITER_STACK => Op::GetIterStack,
        opcode::STORE_MAP => Op::StoreMap,
        opcode::RETURN_VALUE => Op::ReturnValue,
        opcode::RAISE_LAST => Op::RaiseLast,
        opcode::RAISE_OBJ => Op::RaiseObj,
        opcode::RAISE_FROM => Op::RaiseFrom,
        opcode::YIELD_VALUE => Op::YieldValue,
        opcode::YIELD_FROM => Op::YieldFrom,
        opcode::IMPORT_STAR => Op::ImportStar,
        _ => return Err(Failure::Opcode),
    })
}

#[inline]
fn uint(stream: &mut Stream<'_>) -> Result<u32, Failure> {
    let value = stream.uint().map_err(|_| Failure::End)?;
    u32::try_from(value).map_err(|_| Failure::Operand)
}

#[inline]
fn extra(stream: &mut Stream<'_>) -> Result<u8, Failure> {
    stream.byte().map_err(|_| Failure::End)
}

#[inline]
fn name(stream: &mut Stream<'_>, names: &[Qstr]) -> Result<Qstr, Failure> {
    let index = uint(stream)?;
    names.get(index as usize).copied().ok_or(Failure::Name)
}

#[inline]
fn signed(stream: &mut Stream<'_>) -> Result<Label, Failure> {
    let distance = stream.signed_offset().map_err(|_| Failure::End)?;
    // For UNWIND_JUMP this is the place of its extra byte: that is what its offset counts from.
    let from = stream.offset() as i64;
    u32::try_from(from + distance as i64)
        .map(Label)
        .map_err(|_| Failure::Jump)
}

#[inline]
fn unsigned(stream: &mut Stream<'_>) -> Result<Label, Failure> {
    let distance = stream.unsigned_offset().map_err(|_| Failure::End)?;
    u32::try_from(stream.offset() as i64 + distance as i64)
        .map(Label)
        .map_err(|_| Failure::Jump)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferlance_abi::qstr;

    #[test]
    fn labels_are_offsets_from_the_first_instruction() {
        let code = [0x59, 0x42, 64 - 3, 0x40, 64 - 5, 0x81, 0x4b, 0x02];
        let ops: [Op; 4] =
            core::array::from_fn(|i| Decoder::new(&code, &[]).nth(i).unwrap().unwrap().op);
        assert_eq!(
            ops,
            [
                Op::PopTop,
                Op::Jump(Label(0)),
                Op::UnwindJump(Label(0), 0x81),
                Op::ForIter(Label(10))
            ]
        );
    }

    #[test]
    fn names_come_from_the_table() {
        let names = [qstr!("append")];
        let mut decoder = Decoder::new(&[0x11, 0, 0x11, 1], &names);
        assert_eq!(
            decoder.next().unwrap().unwrap().op,
            Op::LoadName(qstr!("append"))
        );
        assert_eq!(decoder.next(), Some(Err(DecodeError::Name { at: 2 })));
        assert_eq!(decoder.next(), None);
    }

    #[test]
    fn wide_small_ints_are_kept_beside_the_op() {
        let code = [0x22, 0x81, 0x80, 0x80, 0x80, 0x80, 0x00];
        let instr = Decoder::new(&code, &[]).next().unwrap().unwrap();
        let Op::LoadConstSmallInt(operand) = instr.op else {
            panic!("{instr:?}")
        };
        assert_eq!(instr.int_value(operand), 1 << 35);
    }

    #[test]
    fn unassigned_and_cut_instructions_are_refused() {
        let error = |code: &[u8]| Decoder::new(code, &[]).next().unwrap().unwrap_err();
        assert_eq!(error(&[0x0f]), DecodeError::Opcode { at: 0 });
        assert_eq!(error(&[0xd5]), DecodeError::Opcode { at: 0 });
        assert_eq!(error(&[0x24, 0x80]), DecodeError::Truncated { at: 0 });
        assert_eq!(error(&[0x20, 0]), DecodeError::Truncated { at: 0 });
        assert_eq!(error(&[0x42, 0]), DecodeError::Jump { at: 0 });
        assert_eq!(
            error(&[0x24, 0x90, 0x80, 0x80, 0x80, 0x00]),
            DecodeError::Operand { at: 0 }
        );
    }
}
