//! Passes seen from outside: functions in, better functions out, that do the same.
use std::string::String;
use std::string::ToString;

use ferlance_abi::Arch as Isa;

use super::*;
use crate::arch::x86::X86;
use crate::arch::{Constraints, PregSet, RegFile};
use crate::frame::FrameShape;
use crate::nir::text::parse;
use crate::nir::{Inst, Op, Overflow, Term, Width};
use crate::target::Target;

/// A machine as passes see it. Of its registers they ask how many there are.
struct Fake {
    target: Target,
    real: X86,
    /// Are indices in addresses free?
    indexed: bool,
    /// Greatest immediate operand.
    greatest: i64,
}

impl Arch for Fake {
    fn target(&self) -> &Target {
        &self.target
    }
    fn regs(&self) -> &RegFile {
        self.real.regs()
    }
    fn frame_shape(&self) -> &FrameShape {
        unreachable!("passes do not ask for the frame")
    }
    fn has(&self, op: Op) -> bool {
        !matches!(op, Op::DivFloor | Op::ModFloor)
    }
    fn fits(&self, _: Op, imm: i64) -> bool {
        (-self.greatest..=self.greatest).contains(&imm)
    }
    fn fits_checked(&self, _: Overflow, imm: i64) -> bool {
        (-self.greatest..=self.greatest).contains(&imm)
    }
    fn address(&self, _: Width, index: Option<u8>, offset: i64) -> bool {
        match index {
            Some(shift) => self.indexed && shift <= 2 && offset == 0,
            None => (0..=self.greatest).contains(&offset),
        }
    }
    fn is_cheap(&self, imm: i64) -> bool {
        (0..=self.greatest).contains(&imm)
    }
    fn constraints(&self, _: &Func, _: &Inst) -> Constraints {
        Constraints::NONE
    }
    fn term_constraints(&self, _: &Func, _: &Term) -> Constraints {
        Constraints::NONE
    }
    fn call_clobbers(&self) -> PregSet {
        PregSet::EMPTY
    }
}

fn fake(isa: Isa, indexed: bool) -> Fake {
    Fake {
        target: Target::stock(isa, 0),
        real: X86::new(Target::stock(Isa::X64, 0)).unwrap(),
        indexed,
        greatest: if indexed { 4095 } else { 31 },
    }
}

/// What `pass` makes of a function.
fn after(text: &str, pass: impl FnOnce(&mut Func)) -> String {
    let mut func = parse(text).unwrap_or_else(|error| panic!("{error:?}"));
    verify(&func, 4).unwrap();
    pass(&mut func);
    verify(&func, 4).unwrap_or_else(|error| panic!("{error}\n{func}"));
    func.to_string()
}

#[test]
fn constants_fold_and_comparisons_become_branches() {
    let text = after(
        "func q0 words 2
        b0(v0: word, v1: word):
          v2: word = const 5
          v3: word = add v2, v0
          v4: word = add v3, 7
          v5: word = cmp.lt v4, v1
          branch ne v5, 0 then b1 else b2
        b1:
          v6: word = mul v4, 8
          return v6
        b2:
          v7: word = sub v1, v1
          return v7",
        |func| {
            fold::fold(func, &fake(Isa::Armv7m, true)).unwrap();
            clean(func, 4).unwrap();
        },
    );
    assert_eq!(
        text,
        "func q0 words 2
b0(v0: word, v1: word):
  v4: word = add v0, 12
  branch lt v4, v1 then b1 else b2
b1:
  v6: word = shl v4, 3
  return v6
b2:
  v7: word = const 0
  return v7
"
    );
}

#[test]
fn a_tag_is_tested_once() {
    let text = after(
        "func q0 words 1
        b0(v0: word):
          branch test_zero v0, 1 then b1 else b2
        b1 cold:
          unreachable
        b2:
          branch test_zero v0, 1 then b1 else b3
        b3:
          branch test_non_zero v0, 1 then b4 else b1
        b4:
          return v0",
        |func| {
            gvn::gvn(func, &fake(Isa::Armv7m, true)).unwrap();
            clean(func, 4).unwrap();
        },
    );
    assert_eq!(
        text,
        "func q0 words 1
b0(v0: word):
  branch test_zero v0, 1 then b1 else b2
b1 cold:
  unreachable
b2:
  return v0
"
    );
}

/// `for i in range(n): s += p[i]`, as viper lowers it.
const SUM: &str = "func q0 words 2
b0(v0: word, v1: word):
  v2: word = const 0
  v3: word = const 0
  jump b1(v2, v3)
b1(v4: word, v5: word):
  branch lt v4, v1 then b2 else b3
b2:
  v6: word = load.u32 v0 + v4 << 2
  v7: word = add v5, v6
  v8: word = add v4, 1
  jump b1(v8, v7)
b3:
  return v5
";

#[test]
fn a_loop_ends_in_its_test() {
    let text = after(SUM, |func| {
        optimise(func, &fake(Isa::Armv7m, true)).unwrap();
    });
    assert_eq!(
        text,
        "func q0 words 2
b0(v0: word, v1: word):
  v2: word = const 0
  v3: word = const 0
  jump b2(v2, v3)
b1:
  v6: word = load.u32 v0 + v4 << 2
  v7: word = add v5, v6
  v8: word = add v4, 1
  jump b2(v8, v7)
b2(v4: word, v5: word):
  branch lt v4, v1 then b1 else b3
b3:
  return v5
"
    );
}

#[test]
fn pointers_walk_where_an_index_costs() {
    let text = after(SUM, |func| {
        optimise(func, &fake(Isa::Rv32imc, false)).unwrap();
    });
    // The pointer's end takes the place of the counter.
    let (before, inside) = text.split_once("b1:").unwrap();
    assert!(before.contains("shl"), "{text}");
    assert!(
        inside.contains("load.u32 v") && !inside.contains("shl"),
        "{text}"
    );
    assert!(
        !inside.contains("<<") && inside.contains("branch ne"),
        "{text}"
    );
    assert_eq!(inside.matches("= add").count(), 2, "{text}");
}

#[test]
fn what_does_not_fit_is_made_before_the_loop() {
    let text = after(
        "func q0 words 2
        b0(v0: word, v1: word):
          jump b1(v0)
        b1(v2: word):
          v3: word = xor v2, 305419896
          v4: word = sub v3, 1
          branch ne v4, v1 then b1(v4) else b2
        b2:
          return v4",
        |func| {
            optimise(func, &fake(Isa::Armv7m, true)).unwrap();
        },
    );
    let loop_at = text.find("b1(").unwrap();
    assert!(text.find("const 305419896").unwrap() < loop_at, "{text}");
}
