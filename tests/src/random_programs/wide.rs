//! Loops over ints of 32 bits without a sign: checksums and the like, whose numbers are no small ints on 32-bit boards.
//!
//! `w` is mostly such an int, `s` mostly a small one, `a` a container of some kind, `o` a parameter of any. Now and then each turns
//! out to be something else.

use super::crowd::Crowd;
use super::tree::{Expr, Kind, Program, Stmt};
use crate::nir::random::Dice;

const WIDE: [&str; 4] = ["w0", "w1", "w2", "w3"];
const SMALL: [&str; 3] = ["s0", "s1", "s2"];
const CONSTANTS: [&str; 8] = [
    "0xFFFFFFFF",
    "0xEDB88320",
    "0x80000000",
    "0x40000000",
    "0x3FFFFFFF",
    "0x7FFFFFFF",
    "0x9E3779B9",
    "0x100000000",
];
/// Arguments.
const VALUES: [&str; 24] = [
    "0",
    "1",
    "-1",
    "255",
    "0x3FFFFFFF",
    "0x40000000",
    "0x7FFFFFFF",
    "0x80000000",
    "0xFFFFFFFF",
    "0x100000000",
    "0x123456789",
    "0x89ABCDEF",
    "0xC0000001",
    "-0x40000000",
    "-0x40000001",
    "-0x80000000",
    "-0xFFFFFFFF",
    "1 << 70",
    "-(1 << 70)",
    "True",
    "1.5",
    "None",
    "C(3)",
    "'s'",
];

struct Scope {
    crowd: Crowd,
    loops: usize,
    fresh: usize,
}

pub(super) fn program(dice: &mut Dice) -> Program {
    let mut body = Vec::new();
    for number in 0..2 {
        body.push(function(dice, number));
        for _ in 0..4 {
            let mut args: Vec<Expr> = (0..3).map(|_| value(dice)).collect();
            args.push(Expr::new(Kind::Any, format!("A[{}]", dice.below(9))));
            let call = Stmt::line(&format!("log(f{number}($, $, $, $))"), args);
            body.push(Stmt::attempt(vec![call], "log(type(e).__name__)"));
        }
    }
    Program {
        emit: "native",
        depends_on_machine: false,
        body,
    }
}

/// Mostly an int of 32 bits.
fn value(dice: &mut Dice) -> Expr {
    let most = if dice.one_in(3) { VALUES.len() } else { 13 };
    Expr::new(Kind::Any, VALUES[dice.below(most)])
}

fn constant(dice: &mut Dice) -> &'static str {
    let most = if dice.one_in(8) { CONSTANTS.len() } else { 7 };
    CONSTANTS[dice.below(most)]
}

fn function(dice: &mut Dice, number: usize) -> Stmt {
    let mut scope = Scope {
        crowd: Crowd::new(dice),
        loops: 0,
        fresh: 0,
    };
    let mut body = Vec::new();
    scope.crowd.bind(dice, "w0", &mut body);
    // Parameters are w0, s0, o and a; some of the others are missing now and then.
    for name in &WIDE[1..] {
        if !dice.one_in(20) {
            let value = match dice.below(4) {
                0 => format!("w0 ^ {}", constant(dice)),
                1 => ["0", "1", "0x3FFFFFFE"][dice.below(3)].to_owned(),
                _ => constant(dice).to_owned(),
            };
            body.push(Stmt::line(&format!("{name} = {value}"), Vec::new()));
        }
    }
    for name in &SMALL[1..] {
        if !dice.one_in(20) {
            let value = ["0", "3", "-2", "0x3FFFFFFF"][dice.below(4)];
            body.push(Stmt::line(&format!("{name} = {value}"), Vec::new()));
        }
    }
    for _ in 0..1 + dice.below(2) {
        a_loop(dice, &mut scope, &mut body);
    }
    scope.crowd.log(&mut body);
    body.push(Stmt::line(
        "return w0, w1, w2, w3, s0, s1, s2, o",
        Vec::new(),
    ));
    let head = format!("@micropython.EMIT\ndef f{number}(w0, s0, o, a):");
    Stmt::block(Expr::line(&head, Vec::new()), body)
}

fn a_loop(dice: &mut Dice, scope: &mut Scope, out: &mut Vec<Stmt>) {
    scope.loops += 1;
    let mut body = Vec::new();
    let rounds = 1 + dice.below(6);
    let header = match dice.below(5) {
        0 | 1 => {
            let form = format!("for {} in range({rounds}):", small_name(dice));
            Expr::line(&form, Vec::new())
        }
        2 => Expr::line(&format!("for {} in few(a):", wide_name(dice)), Vec::new()),
        3 => Expr::line(
            &format!("for {} in b'\\x00\\x7f\\xff':", small_name(dice)),
            Vec::new(),
        ),
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
    out.push(Stmt::block(header, body));
    scope.loops -= 1;
}

fn wide_name(dice: &mut Dice) -> &'static str {
    WIDE[dice.below(4)]
}

fn small_name(dice: &mut Dice) -> &'static str {
    SMALL[dice.below(3)]
}

fn statement(dice: &mut Dice, scope: &mut Scope, depth: usize, out: &mut Vec<Stmt>) {
    let (w, s) = (wide_name(dice), small_name(dice));
    let choices = if depth == 0 { 15 } else { 19 };
    let one = match dice.below(choices) {
        0..=4 => Stmt::line(&format!("{w} = $"), vec![wide(dice, 3)]),
        5..=7 => {
            let op = ["^", "&", "|"][dice.below(3)];
            Stmt::line(&format!("{w} {op}= $"), vec![wide(dice, 1)])
        }
        8 => Stmt::line(&format!("{w} >>= {}", dice.below(34)), Vec::new()),
        9 => Stmt::line(&format!("{s} = $"), vec![small(dice, 2)]),
        10 => Stmt::line(&format!("{w} = {}", constant(dice)), Vec::new()),
        11 => Stmt::line(&format!("log({w}, {s})"), Vec::new()),
        12 => match dice.below(10) {
            0 => Stmt::line(&format!("{w} = o"), Vec::new()),
            1 => Stmt::line(&format!("del {w}"), Vec::new()),
            2 => Stmt::line("o = $", vec![wide(dice, 1)]),
            3 => Stmt::line(&format!("{w} = $"), vec![value(dice)]),
            4 => Stmt::line("w0, w1 = w1, $", vec![wide(dice, 1)]),
            5 => Stmt::line("a[$ & 1] = $", vec![small(dice, 1), wide(dice, 1)]),
            6 | 7 => Stmt::line("log($, $)", vec![condition(dice), wide(dice, 1)]),
            _ => scope.crowd.exchange(dice, &WIDE, 7),
        },
        13 => {
            let then = ["break", "continue", "return w0, s0, o"][dice.below(3)];
            Stmt::block(
                Expr::line("if $:", vec![condition(dice)]),
                vec![Stmt::line(then, Vec::new())],
            )
        }
        14 => {
            // A shift by more would fill the memory of a board.
            let by = ["+ $", "- $", "* $", "<< ($ & 31)"][dice.below(4)];
            Stmt::line(
                &format!("{w} = ({w} {by}) & {}", constant(dice)),
                vec![small(dice, 1)],
            )
        }
        15 | 16 => {
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
        _ if scope.loops < 3 => return a_loop(dice, scope, out),
        _ => Stmt::line(&format!("{w} = $"), vec![wide(dice, 2)]),
    };
    out.push(one);
}

fn wide(dice: &mut Dice, depth: usize) -> Expr {
    if depth == 0 || dice.one_in(4) {
        return match dice.below(6) {
            0 => Expr::new(Kind::Int, constant(dice)),
            1 => Expr::new(Kind::Int, small_name(dice)),
            2 => Expr::of(Kind::Int, "a[$ & 1]", vec![small(dice, 1)]),
            _ => Expr::new(Kind::Int, wide_name(dice)),
        };
    }
    let down = depth - 1;
    let by = dice.below(33);
    let (form, parts) = match dice.below(14) {
        0..=3 => ("($ ^ $)", vec![wide(dice, down), wide(dice, down)]),
        4 => ("($ | $)", vec![wide(dice, down), wide(dice, down)]),
        5 | 6 => ("($ & $)", vec![wide(dice, down), wide(dice, down)]),
        7 | 8 => {
            let count = Expr::new(Kind::Int, by.to_string());
            ("($ >> $)", vec![wide(dice, down), count])
        }
        9 => ("($ >> ($ & 31))", vec![wide(dice, down), small(dice, 1)]),
        10 => (
            "a[$ & 1]",
            vec![if dice.one_in(2) {
                wide(dice, down)
            } else {
                small(dice, down)
            }],
        ),
        11 => (
            "($ if $ else $)",
            vec![wide(dice, down), condition(dice), wide(dice, down)],
        ),
        12 => (
            ["($ and $)", "($ or $)", "($ - $)", "($ + $)"][dice.below(4)],
            vec![wide(dice, down), wide(dice, down)],
        ),
        _ => (
            [
                "(($ + $) & 0xFFFFFFFF)",
                "(($ * $) & 0xFFFFFFFF)",
                "(($ * $ + 12345) & 0x7FFFFFFF)",
                "(($ << 13 ^ $) & 0xFFFFFFFF)",
            ][dice.below(4)],
            vec![wide(dice, down), wide(dice, down)],
        ),
    };
    Expr::of(Kind::Int, form, parts)
}

fn small(dice: &mut Dice, depth: usize) -> Expr {
    if depth == 0 || dice.one_in(3) {
        return Expr::new(
            Kind::Int,
            match dice.below(4) {
                0 => ["0", "1", "-3", "255"][dice.below(4)],
                _ => small_name(dice),
            },
        );
    }
    let down = depth - 1;
    match dice.below(6) {
        0 => Expr::of(
            Kind::Int,
            "($ + $)",
            vec![small(dice, down), small(dice, down)],
        ),
        1 => Expr::of(Kind::Int, "($ % 7)", vec![small(dice, down)]),
        2 => Expr::of(Kind::Int, "($ >> 2)", vec![small(dice, down)]),
        3 => Expr::of(Kind::Int, "(~$ & 0xFFFF)", vec![wide(dice, down)]),
        _ => Expr::of(Kind::Int, "($ & 0xFF)", vec![wide(dice, down)]),
    }
}

fn condition(dice: &mut Dice) -> Expr {
    let op = ["<", "<=", ">", ">=", "==", "!=", "is", "is not"][dice.below(8)];
    // Whether two ints are one object is nobody's promise, but those of one name are.
    if op.starts_with("is") {
        let name = wide_name(dice);
        return Expr::new(Kind::Cond, format!("{name} {op} {name}"));
    }
    let form = format!("$ {op} $");
    match dice.below(6) {
        0..=2 => Expr::of(Kind::Cond, &form, vec![wide(dice, 1), wide(dice, 1)]),
        3 => Expr::of(Kind::Cond, &form, vec![wide(dice, 1), small(dice, 1)]),
        4 => Expr::of(Kind::Cond, "not $", vec![wide(dice, 1)]),
        _ => Expr::of(Kind::Cond, "$ & 1", vec![wide(dice, 1)]),
    }
}
