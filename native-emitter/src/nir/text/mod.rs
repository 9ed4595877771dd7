//! NIR as text, both ways: for listings and for tests that say what they mean.
//!
//! ```text
//! func q12 words 2
//! slot s0 3
//! b0(v0: word, v1: word):
//!   v2: word = add v0, 4
//!   v3: word = load.u8 v2 + v1 << 2 + 8
//!   store.word v2 - 8 = v3
//!   v4: word = slot_load s0 + 8
//!   slot_store s0 = v4
//!   v5: obj = call binary_op(v0, v2, v3)
//!   branch lt v3, 5 then b1(v3) else b2
//! b1(v6: word):
//!   checked add v7: word = v6, 1 fits b2 over b3
//! b2 cold:
//!   return v0
//! b3:
//!   unreachable
//! ```
//!
//! Names are numbers of qstrs, since NIR does not own the pool. Blank lines and what follows `;` are ignored.

mod parse;
mod write;

use crate::nir::{Alu, Cond, Op, Overflow, Shift, Site, Type, Width};

pub use parse::{ParseError, parse};

/// Ops without anything inside, by name.
const PLAIN: &[(&str, Op)] = &[
    ("const", Op::Const),
    ("copy", Op::Copy),
    ("add", Op::Add),
    ("sub", Op::Sub),
    ("revsub", Op::RevSub),
    ("mul", Op::Mul),
    ("and", Op::And),
    ("or", Op::Or),
    ("xor", Op::Xor),
    ("andnot", Op::AndNot),
    ("shl", Op::Shl),
    ("shr", Op::Shr),
    ("sar", Op::Sar),
    ("not", Op::Not),
    ("div_floor", Op::DivFloor),
    ("mod_floor", Op::ModFloor),
    ("div_unsigned", Op::DivUnsigned),
    ("mod_unsigned", Op::ModUnsigned),
    ("select", Op::Select),
    ("mul_add", Op::MulAdd),
    ("add_shl", Op::Shifted(Alu::Add, Shift::Shl)),
    ("add_shr", Op::Shifted(Alu::Add, Shift::Shr)),
    ("add_sar", Op::Shifted(Alu::Add, Shift::Sar)),
    ("sub_shl", Op::Shifted(Alu::Sub, Shift::Shl)),
    ("sub_shr", Op::Shifted(Alu::Sub, Shift::Shr)),
    ("sub_sar", Op::Shifted(Alu::Sub, Shift::Sar)),
    ("and_shl", Op::Shifted(Alu::And, Shift::Shl)),
    ("and_shr", Op::Shifted(Alu::And, Shift::Shr)),
    ("and_sar", Op::Shifted(Alu::And, Shift::Sar)),
    ("or_shl", Op::Shifted(Alu::Or, Shift::Shl)),
    ("or_shr", Op::Shifted(Alu::Or, Shift::Shr)),
    ("or_sar", Op::Shifted(Alu::Or, Shift::Sar)),
    ("xor_shl", Op::Shifted(Alu::Xor, Shift::Shl)),
    ("xor_shr", Op::Shifted(Alu::Xor, Shift::Shr)),
    ("xor_sar", Op::Shifted(Alu::Xor, Shift::Sar)),
    ("andnot_shl", Op::Shifted(Alu::AndNot, Shift::Shl)),
    ("andnot_shr", Op::Shifted(Alu::AndNot, Shift::Shr)),
    ("andnot_sar", Op::Shifted(Alu::AndNot, Shift::Sar)),
    ("fun_table_word", Op::FunTableWord),
    ("const_obj", Op::ConstObj),
    ("child", Op::Child),
    ("context", Op::Context),
    ("call_direct", Op::CallDirect),
    ("fadd", Op::FAdd),
    ("fsub", Op::FSub),
    ("fmul", Op::FMul),
    ("fdiv", Op::FDiv),
    ("fneg", Op::FNeg),
    ("fabs", Op::FAbs),
    ("fsqrt", Op::FSqrt),
    ("fconst", Op::FConst),
    ("float_of_int", Op::FloatOfInt),
    ("int_of_float", Op::IntOfFloat),
    ("fconvert", Op::FConvert),
    ("line", Op::Line),
    ("tell", Op::Tell),
];

const SITES: &[(&str, Site)] = &[
    ("global", Site::Global),
    ("load", Site::Load),
    ("store", Site::Store),
];

const WIDTHS: &[(&str, Width)] = &[
    ("u8", Width::U8),
    ("i8", Width::I8),
    ("u16", Width::U16),
    ("i16", Width::I16),
    ("u32", Width::U32),
    ("i32", Width::I32),
    ("word", Width::Word),
    ("f32", Width::F32),
    ("f64", Width::F64),
];

const CONDS: &[(&str, Cond)] = &[
    ("eq", Cond::Eq),
    ("ne", Cond::Ne),
    ("lt", Cond::Lt),
    ("le", Cond::Le),
    ("gt", Cond::Gt),
    ("ge", Cond::Ge),
    ("below", Cond::Below),
    ("below_eq", Cond::BelowEq),
    ("above", Cond::Above),
    ("above_eq", Cond::AboveEq),
    ("test_zero", Cond::TestZero),
    ("test_non_zero", Cond::TestNonZero),
];

const TYPES: &[(&str, Type)] = &[
    ("obj", Type::Obj),
    ("word", Type::Word),
    ("f32", Type::F32),
    ("f64", Type::F64),
];

const OVERFLOWS: &[(&str, Overflow)] = &[
    ("add", Overflow::Add),
    ("sub", Overflow::Sub),
    ("mul", Overflow::Mul),
];

fn name_in<T: PartialEq>(table: &[(&'static str, T)], item: T) -> &'static str {
    table
        .iter()
        .find(|(_, known)| *known == item)
        .map_or("?", |(name, _)| name)
}

fn item_in<T: Copy>(table: &[(&'static str, T)], name: &str) -> Option<T> {
    table
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, item)| *item)
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    const ALL: &str = "\
func q12 words 2
slot s0 3
b0(v0: word, v1: word):
  line 7
  v2: word = add v0, -4
  v3: word = load.u8 v2 + v1 << 2 + 8
  store.word v2 - 8 = v3
  v4: obj = slot_load s0 + 8
  slot_store s0 = v4
  v5: word = slot_addr s0
  v8: word = qstr_number q3
  v9: word = cmp.lt v3, v8
  v10: word = select v9, v3, v8
  v11: obj = call binary_op(v0, v4, v4)
  call nlr_pop()
  v12: f64 = fconst 4607182418800017408
  v13: f64 = fadd v12, v12
  v14: word = revsub v3, 5
  v15: word = call_direct 2(v14, v0)
  v16: word = extend.i16 v15
  tell v1, 7
  v18: obj = cached.load q5 v4, v0 48 line 7 (v1)
  cached.store q6 v4, v0 96 line 7 (v1, v2) = v18
  branch lt v3, 5 then b1(v3, v4) else b2
b1(v6: word, v17: obj):
  checked add v7: word = v6, 1 fits b2 over b3
b2 cold:
  nlr_push s0 normal b3 caught b4
b3:
  fbranch ne v12, v13 then b4 else b5
b4:
  switch v0 b1 b5
b5:
  return v0
b6:
  unreachable
b7:
  jump b0(v1, v2)
";

    #[test]
    fn text_leads_back_to_itself() {
        assert_eq!(parse(ALL).unwrap().to_string(), ALL);
    }

    #[test]
    fn wrong_lines_are_named() {
        for bad in [
            "func q1 words 0\nb0:\n  v1 = add",
            "func q1 words 0\nb0:\n  frobnicate v1",
            "func q1 words 0\nb0:\n  return v1 v2",
            "func q1 words 0\nb0:\n  v1: word = add v999999999, 1",
        ] {
            assert_eq!(
                parse(bad).unwrap_err(),
                ParseError::Line { line: 3 },
                "{bad}"
            );
        }
        assert_eq!(
            parse("  return v1").unwrap_err(),
            ParseError::Line { line: 1 }
        );
    }
}
