//! Lowering, seen from outside: source in, NIR out.
use std::string::{String, ToString};
use std::vec::Vec;
use std::{fs, path::Path};

use ferlance_abi::code_kind::CodeKind;
use ferlance_abi::{Arch, qstr};
use ferlance_frontend::hir::ScopeId;
use ferlance_frontend::lower::{Lower, Options};
use ferlance_frontend::parser::{ParseOptions, parse};

use super::*;
use crate::nir::verify;

/// All functions of a program, the module body first, as `each` makes them.
pub(crate) fn for_each_function(
    source: &[u8],
    target: &Target,
    mut each: impl FnMut(&Code, Lowered, &mut Tables<'_>),
) {
    let mut pool = Pool::new();
    let Ok(ast) = parse(source, &mut pool, &ParseOptions::default()) else {
        return;
    };
    let options = Options {
        emit: CodeKind::Native,
        native: true,
        ..Options::default()
    };
    let Ok(mut lower) = Lower::new(&ast, &mut pool, qstr!("main"), &options) else {
        return;
    };
    if lower.resolve().is_err() {
        return;
    }
    let mut next = Some(ScopeId::MODULE);
    while let Some(scope) = next {
        let mut code = Code::new();
        if lower.lower_scope(scope, &mut code).is_err() {
            return;
        }
        let (pool, names, consts) = lower.pool_and_tables();
        let mut tables = Tables {
            pool,
            names,
            consts,
        };
        let lowered = super::lower(&code, target, &mut tables, super::Hints::default())
            .unwrap_or_else(|error| {
                let text = ferlance_bytecode::text::Display { code: &code, pool };
                panic!("{error}: {text}")
            });
        each(&code, lowered, &mut tables);
        next = lower.scopes().after(scope);
    }
}

fn checked(func: &Func, word: u32) -> String {
    let text = func.to_string();
    if let Err(error) = verify(func, word) {
        panic!("{error}\n{text}");
    }
    text
}

/// The functions of a program but for the module body.
fn lowered(source: &str, target: &Target) -> Vec<String> {
    let mut texts = Vec::new();
    for_each_function(source.as_bytes(), target, |_, lowered, _| {
        texts.push(checked(&lowered.func, target.word()));
    });
    texts.remove(0);
    texts
}

fn small() -> Target {
    Target {
        small: true,
        ..Target::stock(Arch::Armv7m, 0)
    }
}

#[test]
fn arguments_are_bound_by_the_runtime_and_locals_are_values() {
    let texts = lowered("def f(a, b):\n c = a - b\n return c * a\n", &small());
    let names: Vec<&str> = texts[0].lines().skip(3).collect();
    assert_eq!(
        names.join("\n"),
        "b0(v0: obj, v1: word, v2: word, v3: word):
  v4: word = const 3
  slot_store s1 = v0
  slot_store s1 + 12 = v4
  v5: word = slot_addr s1
  call setup_code_state_native(v5, v1, v2, v3)
  v6: obj = slot_load s1 + 28
  v7: obj = slot_load s1 + 24
  v8: obj = const 0
  line 2
  v9: word = const 28
  v10: obj = call binary_op(v9, v6, v7)
  line 3
  v11: word = const 29
  v12: obj = call binary_op(v11, v10, v6)
  return v12"
    );
}

#[test]
fn a_loop_over_a_range_of_small_ints_checks_nothing_of_its_counter() {
    let source = "def f(n):\n for i in range(n): pass\n";
    let texts = lowered(source, &Target::stock(Arch::Armv7m, 0));
    // The one test before the loop, and those of the copy for everything else.
    let hot: Vec<&str> = texts[0]
        .split("\nb")
        .filter(|block| !block.lines().next().unwrap().contains("cold"))
        .collect();
    let adds = hot.iter().filter(|block| block.contains("= add v")).count();
    assert_eq!(adds, 1, "{}", texts[0]);
    assert!(texts[0].contains("branch lt"), "{}", texts[0]);
}

/// The blocks that are not rare, of code for the runtime of this process.
fn hot_blocks(source: &str) -> Vec<String> {
    let target = Target {
        host: Host::Ferlance,
        ..Target::stock(Arch::X64, 0)
    };
    let text = lowered(source, &target).remove(0);
    let blocks = text.split("\nb").map(String::from);
    let is_hot = |block: &String| !block.lines().next().unwrap().contains("cold");
    blocks.filter(is_hot).collect()
}

#[test]
#[cfg(target_pointer_width = "64")]
fn a_loop_over_floats_makes_no_objects() {
    let source = "def f(n, x):\n y = 0.5\n for i in range(n):\n  y = y * x + i / 3\n return y\n";
    let hot = hot_blocks(source);
    let having = |what: &str| hot.iter().filter(|block| block.contains(what)).count();
    assert_eq!(having("= fmul"), 1, "{hot:?}");
    assert_eq!(having("= float_of_int"), 2, "{hot:?}");
    // The result, behind the loop.
    assert_eq!(having("call obj_new_float_from_d"), 1, "{hot:?}");
    assert_eq!(having("call binary_op"), 0, "{hot:?}");
}

#[test]
#[cfg(target_pointer_width = "64")]
fn what_a_loop_makes_of_small_ints_is_known_to_be_one() {
    let source = "def f(n):\n x = 1\n while x < 1000:\n  x = x * 3 + 1 & 4095\n return x\n";
    let hot = hot_blocks(source);
    let tests = hot
        .iter()
        .filter(|block| block.contains("branch test"))
        .count();
    assert_eq!(tests, 0, "{hot:?}");
}

#[test]
fn all_programs_of_the_test_suite_give_well_formed_functions() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests");
    let mut count = 0;
    for folder in ["lang", "crash"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|ext| ext != "py") {
                continue;
            }
            let source = fs::read(&path).unwrap();
            for target in [Target::stock(Arch::X64, 0), small()] {
                for_each_function(&source, &target, |_, mut lowered, tables| {
                    checked(&lowered.func, target.word());
                    lower_env(&mut lowered.func, &target, tables).unwrap();
                    checked(&lowered.func, target.word());
                    count += 1;
                });
            }
        }
    }
    assert!(count > 1000, "{count}");
}
