//! Loops over numbers: floats and ints that mix, meet their limits, and now and then turn out to be something else.
//!
//! `x` is mostly a float, `i` mostly an int, `o` a parameter of any kind. What a loop has done so far is in `log`, so
//! that an exception in the middle of it hides nothing.

use super::crowd::Crowd;
use super::tree::{Expr, Kind, Program, Stmt};
use crate::nir::random::Dice;

const FLOATS: [&str; 4] = ["x0", "x1", "x2", "x3"];
const INTS: [&str; 4] = ["i0", "i1", "i2", "i3"];
/// Arguments: numbers of all sizes, and some that are none.
const VALUES: [&str; 22] = [
    "0",
    "1",
    "-1",
    "7",
    "0.5",
    "-0.0",
    "0.0",
    "1e300",
    "-2.5",
    "float('inf')",
    "float('nan')",
    "(1 << 62) - 1",
    "-(1 << 62)",
    "1073741823",
    "-1073741824",
    "9007199254740993",
    "1 << 70",
    "True",
    "None",
    "{}",
    "C(3)",
    "2j",
];
const FLOAT_VALUES: [&str; 8] = [
    "0.5", "-1.5", "0.0", "-0.0", "1e300", "3.25", "-1e-300", "2.0",
];

/// What stands around a statement.
struct Scope {
    crowd: Crowd,
    loops: usize,
    fresh: usize,
}

pub(super) fn program(dice: &mut Dice) -> Program {
    let mut body = Vec::new();
    for number in 0..2 {
        body.push(function(dice, number));
        for _ in 0..3 {
            let args = (0..3).map(|_| any(dice)).collect();
            let call = Stmt::line(&format!("log(f{number}($, $, $))"), args);
            body.push(Stmt::attempt(vec![call], "log(type(e).__name__, e)"));
        }
    }
    Program {
        emit: "native",
        depends_on_machine: false,
        body,
    }
}

fn any(dice: &mut Dice) -> Expr {
    Expr::new(Kind::Any, VALUES[dice.below(VALUES.len())])
}

fn function(dice: &mut Dice, number: usize) -> Stmt {
    let mut scope = Scope {
        crowd: Crowd::new(dice),
        loops: 0,
        fresh: 0,
    };
    let mut body = Vec::new();
    scope.crowd.bind(dice, "x0", &mut body);
    // Parameters are x0, i0 and o; some of the others are missing now and then.
    for name in &FLOATS[1..] {
        if !dice.one_in(12) {
            let value = FLOAT_VALUES[dice.below(FLOAT_VALUES.len())];
            body.push(Stmt::line(&format!("{name} = {value}"), Vec::new()));
        }
    }
    for name in &INTS[1..] {
        if !dice.one_in(12) {
            let value = ["0", "1", "-5", "1073741820", "(1 << 62) - 3"][dice.below(5)];
            body.push(Stmt::line(&format!("{name} = {value}"), Vec::new()));
        }
    }
    for _ in 0..1 + dice.below(2) {
        a_loop(dice, &mut scope, &mut body);
    }
    if dice.one_in(4) {
        let whole = std::mem::take(&mut body);
        body.push(Stmt {
            clauses: vec![
                (Expr::line("try:", Vec::new()), whole),
                (
                    Expr::line("except (TypeError, ZeroDivisionError):", Vec::new()),
                    vec![Stmt::line("log('caught', x0, i0)", Vec::new())],
                ),
            ],
        });
    }
    scope.crowd.log(&mut body);
    body.push(Stmt::line(
        "return x0, x1, x2, x3, i0, i1, i2, i3, o",
        Vec::new(),
    ));
    Stmt::block(
        Expr::line(
            &format!("@micropython.EMIT\ndef f{number}(x0, i0, o):"),
            Vec::new(),
        ),
        body,
    )
}

fn a_loop(dice: &mut Dice, scope: &mut Scope, out: &mut Vec<Stmt>) {
    scope.loops += 1;
    let mut body = Vec::new();
    let rounds = 1 + dice.below(6);
    let header = match dice.below(5) {
        0 | 1 => Expr::line(
            &format!("for {} in range({rounds}):", name(dice, &INTS)),
            Vec::new(),
        ),
        2 => {
            let (from, step) = (dice.below(9), [1, 2, -1, -3][dice.below(4)]);
            let to = from as i64 + step * rounds as i64;
            let form = format!("for {} in range({from}, {to}, {step}):", name(dice, &INTS));
            Expr::line(&form, Vec::new())
        }
        3 => {
            let items = (0..rounds).map(|_| any(dice)).collect();
            let places = vec!["$"; rounds].join(", ");
            let to = if dice.one_in(2) { "i3" } else { "x3" };
            Expr::line(&format!("for {to} in [{places}]:"), items)
        }
        _ => {
            scope.fresh += 1;
            let counter = format!("n{}", scope.fresh);
            out.push(Stmt::line(&format!("{counter} = 0"), Vec::new()));
            body.push(Stmt::line(&format!("{counter} += 1"), Vec::new()));
            let form = format!("while {counter} < {rounds} and $:");
            Expr::line(&form, vec![condition(dice)])
        }
    };
    for _ in 0..2 + dice.below(4) {
        statement(dice, scope, 2, &mut body);
    }
    let mut clauses = vec![(header, body)];
    if dice.one_in(6) {
        let mut rest = Vec::new();
        statement(dice, scope, 0, &mut rest);
        clauses.push((Expr::line("else:", Vec::new()), rest));
    }
    out.push(Stmt { clauses });
    scope.loops -= 1;
}

fn name(dice: &mut Dice, names: &[&'static str; 4]) -> &'static str {
    names[dice.below(4)]
}

fn statement(dice: &mut Dice, scope: &mut Scope, depth: usize, out: &mut Vec<Stmt>) {
    let (x, i) = (name(dice, &FLOATS), name(dice, &INTS));
    let choices = if depth == 0 { 14 } else { 19 };
    let one = match dice.below(choices) {
        0..=3 => Stmt::line(&format!("{x} = $"), vec![float(dice, 3)]),
        4 | 5 => {
            let op = ["+", "-", "*", "/"][dice.below(4)];
            Stmt::line(&format!("{x} {op}= $"), vec![float(dice, 1)])
        }
        6 | 7 => Stmt::line(&format!("{i} = $"), vec![int(dice, 3)]),
        8 => {
            let op = ["+", "-", "&", "|", "^"][dice.below(5)];
            Stmt::line(&format!("{i} {op}= $"), vec![int(dice, 1)])
        }
        9 if dice.one_in(2) => {
            let among = if dice.one_in(2) { &FLOATS } else { &INTS };
            scope.crowd.exchange(dice, among, 7)
        }
        9 => {
            let form = ["x0, x1 = x1, $", "x2, i2 = $, i2", "x1 = x3 = $"][dice.below(3)];
            Stmt::line(form, vec![float(dice, 1)])
        }
        10 => Stmt::line(&format!("log({x}, {i})"), Vec::new()),
        11 => Stmt::line("log($, $)", vec![condition(dice), int(dice, 1)]),
        12 => match dice.below(4) {
            0 => Stmt::line(&format!("{x} = o"), Vec::new()),
            1 => Stmt::line(&format!("{i} = o"), Vec::new()),
            2 => Stmt::line(&format!("del {x}"), Vec::new()),
            _ => Stmt::line("o = $", vec![float(dice, 1)]),
        },
        13 => {
            let then = ["break", "continue", "return x0, i0, o"][dice.below(3)];
            Stmt::block(
                Expr::line("if $:", vec![condition(dice)]),
                vec![Stmt::line(then, Vec::new())],
            )
        }
        14 | 15 => {
            let mut then = Vec::new();
            statement(dice, scope, depth - 1, &mut then);
            let mut clauses = vec![(Expr::line("if $:", vec![condition(dice)]), then)];
            if dice.one_in(2) {
                let mut other = Vec::new();
                statement(dice, scope, depth - 1, &mut other);
                clauses.push((Expr::line("else:", Vec::new()), other));
            }
            Stmt { clauses }
        }
        16 | 17 if scope.loops < 3 => return a_loop(dice, scope, out),
        _ => Stmt::line(&format!("{x} = abs($)"), vec![float(dice, 1)]),
    };
    out.push(one);
}

fn float(dice: &mut Dice, depth: usize) -> Expr {
    if depth == 0 || dice.one_in(4) {
        return Expr::new(
            Kind::Float,
            match dice.below(6) {
                0 => FLOAT_VALUES[dice.below(FLOAT_VALUES.len())],
                1 => name(dice, &INTS),
                _ => name(dice, &FLOATS),
            },
        );
    }
    let down = depth - 1;
    let (form, parts) = match dice.below(12) {
        0..=2 => ("($ + $)", vec![float(dice, down), float(dice, down)]),
        3 => ("($ - $)", vec![float(dice, down), int(dice, down)]),
        4 | 5 => ("($ * $)", vec![float(dice, down), float(dice, down)]),
        6 => ("($ / $)", vec![int(dice, down), float(dice, down)]),
        7 => ("($ / $)", vec![float(dice, down), int(dice, down)]),
        8 => (["(-$)", "(+$)"][dice.below(2)], vec![float(dice, down)]),
        9 => (
            "($ if $ else $)",
            vec![float(dice, down), condition(dice), float(dice, down)],
        ),
        10 => (
            ["($ % $)", "($ // $)", "($ and $)", "($ or $)"][dice.below(4)],
            vec![float(dice, down), float(dice, down)],
        ),
        _ => ("($ * 0.5 + $)", vec![float(dice, down), int(dice, down)]),
    };
    Expr::of(Kind::Float, form, parts)
}

fn int(dice: &mut Dice, depth: usize) -> Expr {
    if depth == 0 || dice.one_in(4) {
        return Expr::new(
            Kind::Int,
            match dice.below(4) {
                0 => ["0", "1", "-3", "15", "(1 << 61)"][dice.below(5)],
                _ => name(dice, &INTS),
            },
        );
    }
    let down = depth - 1;
    let form = [
        "($ + $)",
        "($ - $)",
        "(($ * $) % 1000003)",
        "($ // $)",
        "($ % $)",
        "($ & $)",
        "($ | $)",
        "($ ^ $)",
        "($ << ($ & 7))",
        "($ >> ($ & 15))",
        "(-$)",
        "(~$)",
    ][dice.below(12)];
    let parts = form.matches('$').map(|_| int(dice, down)).collect();
    Expr::of(Kind::Int, form, parts)
}

fn condition(dice: &mut Dice) -> Expr {
    let op = ["<", "<=", ">", ">=", "==", "!="][dice.below(6)];
    let form = format!("$ {op} $");
    match dice.below(8) {
        0..=2 => Expr::of(Kind::Cond, &form, vec![float(dice, 1), float(dice, 1)]),
        3 | 4 => Expr::of(Kind::Cond, &form, vec![float(dice, 1), int(dice, 1)]),
        5 => Expr::of(Kind::Cond, &form, vec![int(dice, 1), int(dice, 1)]),
        6 => Expr::of(Kind::Cond, "not $", vec![float(dice, 1)]),
        _ => Expr::new(Kind::Cond, name(dice, &FLOATS)),
    }
}
