//! Functions with all kinds of values. A variable's first letter is its kind: `i` int, `x` float, `s` str, `l` list,
//! `o` anything; now and then one holds something else, or nothing.
//!
//! Every program ends soon and stays small: loops have few rounds, products are taken modulo something, texts and lists
//! are cut.

mod expr;

use super::crowd::Crowd;
use super::tree::{Expr, Kind, Program, Stmt};
use crate::nir::random::Dice;
use expr::{any, any_constant, cond, float, index, int, int_constant, list, string};

const INTS: [&str; 4] = ["i0", "i1", "i2", "i3"];
const FLOATS: [&str; 2] = ["x0", "x1"];
const STRS: [&str; 2] = ["s0", "s1"];
const LISTS: [&str; 2] = ["l0", "l1"];
const ANYS: [&str; 2] = ["o0", "o1"];

/// The parameters of functions, by number.
const PARAMETERS: [&str; 4] = [
    "i0, o0",
    "i0, i1, x0=2.5, *o1",
    "i0, l0, *, s0='xyz', o0=None",
    "i0, s0='pq', **o1",
];

struct Scope {
    depends_on_machine: bool,
    crowd: Crowd,
    /// Loops around.
    loops: usize,
    /// Numbers of the functions that may be called.
    functions: Vec<usize>,
    generator: bool,
    /// Names used for nested functions and counters.
    fresh: usize,
}

pub(super) fn program(dice: &mut Dice) -> Program {
    let depends_on_machine = dice.one_in(4);
    let mut body = vec![Stmt::line("g = 7", Vec::new())];
    let mut callable = Vec::new();
    let count = 1 + dice.below(3);
    for number in 0..count {
        let shape = dice.below(PARAMETERS.len());
        let generator = dice.one_in(6);
        let scope = Scope {
            depends_on_machine,
            crowd: Crowd::new(dice),
            loops: 0,
            functions: callable.clone(),
            generator,
            fresh: 0,
        };
        body.push(function(dice, number, shape, scope));
        for _ in 0..2 {
            let call = call(dice, number, shape);
            let call = if generator {
                Expr::of(Kind::Any, "take($)", vec![call])
            } else {
                call
            };
            let call = Stmt::line("log($)", vec![call]);
            body.push(Stmt::attempt(vec![call], "log(type(e).__name__, e)"));
        }
        if shape == 0 && !generator {
            callable.push(number);
        }
    }
    body.push(Stmt::line("log(g)", Vec::new()));
    Program {
        emit: "native",
        depends_on_machine,
        body,
    }
}

/// A call with arguments that mostly fit.
fn call(dice: &mut Dice, number: usize, shape: usize) -> Expr {
    let int = |dice: &mut Dice| Expr::new(Kind::Int, int_constant(dice));
    let any = |dice: &mut Dice| any_constant(dice);
    let (form, parts) = match (shape, dice.below(8)) {
        (_, 0) => (
            "$, $, $, $",
            vec![int(dice), any(dice), any(dice), any(dice)],
        ),
        (0, 1) => ("o0=$, i0=$", vec![any(dice), int(dice)]),
        (0, _) => ("$, $", vec![int(dice), any(dice)]),
        (1, 1..=3) => ("$, $", vec![int(dice), int(dice)]),
        (1, _) => ("$, $, 0.5, *[1, 2]", vec![int(dice), int(dice)]),
        (2, 1..=4) => ("$, [3, 1, 2]", vec![int(dice)]),
        (2, _) => ("$, [$, 5], o0=$", vec![int(dice), int(dice), any(dice)]),
        (_, 1..=4) => ("$", vec![int(dice)]),
        _ => ("$, extra=$", vec![int(dice), any(dice)]),
    };
    Expr::of(Kind::Any, &format!("f{number}({form})"), parts)
}

fn function(dice: &mut Dice, number: usize, shape: usize, mut scope: Scope) -> Stmt {
    let mut body = Vec::new();
    if dice.one_in(3) {
        body.push(Stmt::line("global g", Vec::new()));
    }
    scope.crowd.bind(dice, "i0", &mut body);
    // What parameters leave out. Without these lines, locals are not bound.
    if !dice.one_in(8) {
        for (name, value) in [
            ("i1", "3"),
            ("i2", "-1"),
            ("i3", "1073741823"),
            ("x0", "0.5"),
            ("x1", "-2.0"),
            ("s0", "'abc'"),
            ("s1", "''"),
            ("l0", "[1, 2, 3]"),
            ("l1", "[]"),
            ("o0", "None"),
            ("o1", "(4, 5)"),
        ] {
            if !PARAMETERS[shape].contains(name) {
                body.push(Stmt::line(&format!("{name} = {value}"), Vec::new()));
            }
        }
    }
    let count = 2 + dice.below(6);
    block(dice, &mut scope, count, 3, &mut body);
    scope.crowd.log(&mut body);
    if scope.generator {
        body.push(Stmt::line("yield $", vec![any(dice, &scope, 1)]));
    } else {
        body.push(Stmt::line(
            "return i0, i1, i2, i3, x0, s0, l0, o0",
            Vec::new(),
        ));
    }
    let header = format!("@micropython.EMIT\ndef f{number}({}):", PARAMETERS[shape]);
    Stmt::block(Expr::new(Kind::Any, header), body)
}

fn block(dice: &mut Dice, scope: &mut Scope, count: usize, depth: usize, out: &mut Vec<Stmt>) {
    for _ in 0..count {
        stmt(dice, scope, depth, out);
    }
}

fn nested(dice: &mut Dice, scope: &mut Scope, depth: usize) -> Vec<Stmt> {
    let mut body = Vec::new();
    let count = 1 + dice.below(3);
    block(dice, scope, count, depth.saturating_sub(1), &mut body);
    body
}

fn in_loop(dice: &mut Dice, scope: &mut Scope, depth: usize) -> Vec<Stmt> {
    scope.loops += 1;
    let body = nested(dice, scope, depth);
    scope.loops -= 1;
    body
}

fn stmt(dice: &mut Dice, scope: &mut Scope, depth: usize, out: &mut Vec<Stmt>) {
    let i = INTS[dice.below(4)];
    let l = LISTS[dice.below(2)];
    let o = ANYS[dice.below(2)];
    let simple = if depth == 0 { 24 } else { 36 };
    let one = match dice.below(simple) {
        0..=3 => Stmt::line(&format!("{i} = $"), vec![int(dice, scope, 3)]),
        4 | 5 => {
            let op = ["+", "-", "+", "&", "|", "^", "//", "%", ">>"][dice.below(9)];
            let value = if op == ">>" {
                Expr::of(Kind::Int, "($ & 15)", vec![int(dice, scope, 1)])
            } else {
                int(dice, scope, 2)
            };
            Stmt::line(&format!("{i} {op}= $"), vec![value])
        }
        6 => Stmt::line(
            &format!("{} = $", FLOATS[dice.below(2)]),
            vec![float(dice, scope, 2)],
        ),
        7 => Stmt::line(
            &format!("{} = $", STRS[dice.below(2)]),
            vec![string(dice, scope, 2)],
        ),
        8 => Stmt::line(&format!("{l} = $"), vec![list(dice, scope, 2)]),
        9 => Stmt::line(&format!("{o} = $"), vec![any(dice, scope, 2)]),
        10 => Stmt::line(
            &format!("{l}[$] = $"),
            vec![index(dice, scope, 1), any(dice, scope, 1)],
        ),
        11 => match dice.below(4) {
            0 => Stmt::line(&format!("{l}.append($)"), vec![int(dice, scope, 1)]),
            1 => Stmt::line(&format!("del {l}[$]"), vec![index(dice, scope, 1)]),
            2 => Stmt::line(&format!("{i} = {l}.pop()"), Vec::new()),
            _ => Stmt::line(&format!("{l}.reverse()"), Vec::new()),
        },
        12 => Stmt::line("log($)", vec![any(dice, scope, 2)]),
        13 => match dice.below(4) {
            0 => Stmt::line(&format!("{i}, {o} = {o}, $"), vec![int(dice, scope, 1)]),
            1 => Stmt::line(&format!("{i}, *{l} = $"), vec![list(dice, scope, 1)]),
            2 => scope.crowd.exchange(dice, &INTS, 7),
            _ => Stmt::line(
                "i2, (i3, o0) = $, ($, i2)",
                vec![int(dice, scope, 1), int(dice, scope, 1)],
            ),
        },
        14 => Stmt::line("g = $", vec![int(dice, scope, 1)]),
        15 if dice.one_in(3) => Stmt::line(&format!("del {i}"), Vec::new()),
        16 if dice.one_in(2) => Stmt::line("assert $", vec![cond(dice, scope, 1)]),
        17 if dice.one_in(2) => {
            let error = ["ValueError(3)", "KeyError('k')", "StopIteration(5)"][dice.below(3)];
            guarded(dice, scope, &format!("raise {error}"))
        }
        18 if scope.loops > 0 => {
            let jump = ["break", "continue"][dice.below(2)];
            guarded(dice, scope, jump)
        }
        19 if !scope.generator && dice.one_in(2) => {
            let value = any(dice, scope, 1);
            Stmt::block(
                Expr::line("if $:", vec![cond(dice, scope, 1)]),
                vec![Stmt::line("return $", vec![value])],
            )
        }
        20 if scope.generator => match dice.below(3) {
            0 => Stmt::line(&format!("{i} = yield $"), vec![any(dice, scope, 1)]),
            1 => Stmt::line("yield from $", vec![list(dice, scope, 1)]),
            _ => Stmt::line("yield $", vec![int(dice, scope, 1)]),
        },
        21 => Stmt::line("o0 = C($)", vec![int(dice, scope, 1)]),
        22 => Stmt::line("C.total = o0", Vec::new()),
        23 if !scope.functions.is_empty() && scope.loops < 2 => {
            let number = scope.functions[dice.below(scope.functions.len())];
            Stmt::line(
                &format!("{o} = f{number}($, $)"),
                vec![int(dice, scope, 1), any(dice, scope, 1)],
            )
        }
        24..=26 => {
            let mut clauses = vec![(
                Expr::line("if $:", vec![cond(dice, scope, 2)]),
                nested(dice, scope, depth),
            )];
            if dice.one_in(3) {
                clauses.push((
                    Expr::line("elif $:", vec![cond(dice, scope, 1)]),
                    nested(dice, scope, depth),
                ));
            }
            if dice.one_in(2) {
                clauses.push((Expr::line("else:", Vec::new()), nested(dice, scope, depth)));
            }
            Stmt { clauses }
        }
        27..=29 if scope.loops < 3 => {
            let over = match dice.below(6) {
                0 => Expr::new(Kind::Any, format!("range({})", dice.below(6))),
                1 => Expr::of(Kind::Any, "range($ & 7)", vec![int(dice, scope, 1)]),
                2 => Expr::new(Kind::Any, "range(5, -3, -2)"),
                3 => list(dice, scope, 1),
                4 => Expr::of(Kind::Any, "enumerate($)", vec![string(dice, scope, 1)]),
                _ => Expr::of(Kind::Any, "range($ & 3, 9, 3)", vec![int(dice, scope, 1)]),
            };
            let var = [i, i, o][dice.below(3)];
            // Lists that the body makes longer would have no end.
            let over = Expr::of(Kind::Any, "few($)", vec![over]);
            let over = if dice.one_in(2) {
                over
            } else {
                Expr::new(Kind::Any, format!("range({})", 1 + dice.below(6)))
            };
            let mut clauses = vec![(
                Expr::line(&format!("for {var} in $:"), vec![over]),
                in_loop(dice, scope, depth),
            )];
            if dice.one_in(5) {
                clauses.push((Expr::line("else:", Vec::new()), nested(dice, scope, depth)));
            }
            Stmt { clauses }
        }
        30 if scope.loops < 3 => {
            scope.fresh += 1;
            let counter = format!("n{}", scope.fresh);
            let condition = cond(dice, scope, 1);
            let mut body = vec![Stmt::line(&format!("{counter} += 1"), Vec::new())];
            body.extend(in_loop(dice, scope, depth));
            let rounds = 1 + dice.below(6);
            out.push(Stmt::line(&format!("{counter} = 0"), Vec::new()));
            Stmt::block(
                Expr::line(
                    &format!("while {counter} < {rounds} and $:"),
                    vec![condition],
                ),
                body,
            )
        }
        31 | 32 => {
            let mut clauses = vec![(Expr::line("try:", Vec::new()), nested(dice, scope, depth))];
            let shape = dice.below(4);
            if shape != 0 {
                let caught = [
                    "except ValueError:",
                    "except (TypeError, ZeroDivisionError) as e:",
                    "except Exception as e:",
                    "except:",
                ][dice.below(4)];
                clauses.push((Expr::line(caught, Vec::new()), nested(dice, scope, depth)));
                if shape == 2 {
                    clauses.push((Expr::line("else:", Vec::new()), nested(dice, scope, depth)));
                }
            }
            if shape == 0 || shape == 3 {
                clauses.push((
                    Expr::line("finally:", Vec::new()),
                    nested(dice, scope, depth),
                ));
            }
            Stmt { clauses }
        }
        33 => Stmt::block(
            Expr::line("with C($) as o1:", vec![int(dice, scope, 1)]),
            nested(dice, scope, depth),
        ),
        34 => {
            scope.fresh += 1;
            let name = format!("h{}", scope.fresh);
            let captured = INTS[dice.below(4)];
            let mut body = Vec::new();
            if dice.one_in(2) {
                body.push(Stmt::line(&format!("nonlocal {captured}"), Vec::new()));
                body.push(Stmt::line(
                    &format!("{captured} = (a + {captured}) % 65537"),
                    Vec::new(),
                ));
            }
            body.push(Stmt::line(&format!("return a, {captured}"), Vec::new()));
            out.push(Stmt::block(
                Expr::line(&format!("def {name}(a):"), Vec::new()),
                body,
            ));
            Stmt::line(&format!("{o} = {name}($)"), vec![int(dice, scope, 1)])
        }
        _ => Stmt::line(&format!("{i} = $"), vec![int(dice, scope, 4)]),
    };
    out.push(one);
}

fn guarded(dice: &mut Dice, scope: &Scope, line: &str) -> Stmt {
    Stmt::block(
        Expr::line("if $:", vec![cond(dice, scope, 1)]),
        vec![Stmt::line(line, Vec::new())],
    )
}
