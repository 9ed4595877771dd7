//! Functions of machine words. The reference does the same arithmetic with Python's numbers and wraps each result: `W`
//! to the signed word, `U` to the unsigned one.

use super::crowd::Crowd;
use super::tree::{Expr, Kind, Program, Stmt, Text};
use crate::nir::random::Dice;

const VARS: [&str; 4] = ["i0", "i1", "i2", "i3"];
const UVARS: [&str; 2] = ["u0", "u1"];

struct Scope {
    crowd: Crowd,
    /// Variables of the loops around.
    names: Vec<String>,
    /// Loops around.
    loops: usize,
    /// Functions that may be called.
    functions: usize,
}

pub(super) fn program(dice: &mut Dice) -> Program {
    let mut body = Vec::new();
    let functions = 1 + dice.below(2);
    for i in 0..functions {
        body.push(function(dice, i));
    }
    for i in 0..functions {
        for _ in 0..3 {
            let args = vec![argument(dice), argument(dice)];
            let call = vec![
                Stmt::line("b = bytearray(range(7, 250, 15))", Vec::new()),
                Stmt::line(&format!("log(int(f{i}($, $, b) or 0), b)"), args),
            ];
            body.push(Stmt::attempt(call, "log(type(e).__name__)"));
        }
    }
    Program {
        emit: "viper",
        depends_on_machine: true,
        body,
    }
}

fn argument(dice: &mut Dice) -> Expr {
    Expr::new(Kind::Int, number(dice))
}

/// Small ints of all word sizes.
fn number(dice: &mut Dice) -> String {
    let near = dice.below(5) as i64 - 2;
    let value = match dice.below(5) {
        0 => near,
        1 => dice.below(256) as i64,
        2 => (1 << dice.below(29)) + near,
        3 => -(1 << dice.below(29)) + near,
        _ => (dice.draw() as i64) >> 36,
    };
    if value < 0 {
        format!("({value})")
    } else {
        value.to_string()
    }
}

fn function(dice: &mut Dice, number: usize) -> Stmt {
    let mut body = vec![
        Stmt::line("i2 = $", vec![constant(dice)]),
        Stmt::line("i3 = $", vec![constant(dice)]),
        Stmt::line("u0 = uint(7)", Vec::new()),
        Stmt::line("u1 = uint(250)", Vec::new()),
    ];
    let mut scope = Scope {
        crowd: Crowd::new(dice),
        names: Vec::new(),
        loops: 0,
        functions: number,
    };
    scope.crowd.bind(dice, "i0", &mut body);
    let count = 2 + dice.below(5);
    block(dice, &mut scope, count, 3, &mut body);
    scope.crowd.log(&mut body);
    body.push(Stmt::line("return $", vec![word(dice, &scope, 2)]));
    let start = format!("@micropython.EMIT\ndef f{number}");
    let header = Expr::either(
        format!("{start}(i0: int, i1: int, p: ptr8) -> int:"),
        format!("{start}(i0, i1, p):"),
    );
    Stmt::block(header, body)
}

fn constant(dice: &mut Dice) -> Expr {
    Expr::new(Kind::Word, number(dice))
}

fn block(dice: &mut Dice, scope: &mut Scope, count: usize, depth: usize, out: &mut Vec<Stmt>) {
    for _ in 0..count {
        out.push(stmt(dice, scope, depth));
    }
}

fn nested(dice: &mut Dice, scope: &mut Scope, depth: usize) -> Vec<Stmt> {
    let mut body = Vec::new();
    let count = 1 + dice.below(3);
    block(dice, scope, count, depth.saturating_sub(1), &mut body);
    body
}

fn stmt(dice: &mut Dice, scope: &mut Scope, depth: usize) -> Stmt {
    let var = VARS[dice.below(VARS.len())];
    let uvar = UVARS[dice.below(UVARS.len())];
    match dice.below(if depth == 0 { 7 } else { 11 }) {
        0 | 1 => Stmt::line(&format!("{var} = $"), vec![word(dice, scope, 3)]),
        2 => Stmt::line(&format!("{uvar} = $"), vec![uword(dice, scope, 2)]),
        3 => {
            // `x op= y` is `x = x op y`; the reference has to wrap.
            let op = ["+", "-", "*", "&", "|", "^"][dice.below(6)];
            let value = word(dice, scope, 2);
            let both = Expr::of(Kind::Word, &format!("{var} {op} ($)"), vec![value]);
            Stmt::line(
                &format!("{var} = $"),
                vec![both.only(Text::Reference, "W(", ")")],
            )
        }
        4 => Stmt::line(
            "p[$] = $",
            vec![
                index(dice, scope),
                // The low byte is stored.
                word(dice, scope, 2).only(Text::Reference, "(", ") & 255"),
            ],
        ),
        5 if scope.loops > 0 => Stmt::block(
            Expr::line("if $:", vec![cond(dice, scope, 1)]),
            vec![Stmt::line(
                if dice.one_in(2) { "break" } else { "continue" },
                Vec::new(),
            )],
        ),
        6 if dice.one_in(3) => Stmt::block(
            Expr::line("if $:", vec![cond(dice, scope, 1)]),
            vec![Stmt::line("return $", vec![word(dice, scope, 2)])],
        ),
        5 => Stmt::line(&format!("{var} = $"), vec![word(dice, scope, 4)]),
        6 => scope.crowd.exchange(dice, &VARS, 3),
        7 | 8 => {
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
                clauses.push((Expr::new(Kind::Any, "else:"), nested(dice, scope, depth)));
            }
            Stmt { clauses }
        }
        9 if scope.loops < 3 => {
            let counter = format!("k{}", scope.loops);
            scope.names.push(counter.clone());
            scope.loops += 1;
            let body = nested(dice, scope, depth);
            scope.loops -= 1;
            scope.names.pop();
            let low = dice.below(5) as i64 - 2;
            let high = low + dice.below(7) as i64 - 1;
            let range = match dice.below(4) {
                0 => format!("range({})", dice.below(6)),
                1 => format!("range({low}, {high})"),
                2 => format!("range({high}, {low}, -1)"),
                _ => format!("range({low}, {}, {})", low + 9, 1 + dice.below(4)),
            };
            Stmt::block(
                Expr::new(Kind::Any, format!("for {counter} in {range}:")),
                body,
            )
        }
        _ if scope.loops < 3 => {
            // At most so many rounds, whatever the body does.
            let counter = format!("w{}", scope.loops);
            scope.names.push(counter.clone());
            scope.loops += 1;
            let mut body = vec![Stmt::line(&format!("{counter} += 1"), Vec::new())];
            body.extend(nested(dice, scope, depth));
            scope.loops -= 1;
            scope.names.pop();
            let header = format!("while {counter} < {} and $:", 1 + dice.below(6));
            let cond = cond(dice, scope, 1);
            let looped = Stmt::block(Expr::line(&header, vec![cond]), body);
            Stmt {
                clauses: vec![
                    (Expr::new(Kind::Any, format!("{counter} = 0")), Vec::new()),
                    looped.clauses.into_iter().next().expect("it has one"),
                ],
            }
        }
        _ => Stmt::line(&format!("{var} = $"), vec![word(dice, scope, 3)]),
    }
}

/// Two operands, of which one is no constant: the compiler would fold what may be no small int, and that is an object.
fn operands(dice: &mut Dice, scope: &Scope, depths: [usize; 2]) -> Vec<Expr> {
    let mut parts = depths.map(|depth| word(dice, scope, depth));
    if parts.iter().all(Expr::is_number) {
        parts[dice.below(2)] = Expr::new(Kind::Word, VARS[dice.below(4)]);
    }
    parts.into()
}

/// An index into the 17 bytes.
fn index(dice: &mut Dice, scope: &Scope) -> Expr {
    match dice.below(3) {
        0 => Expr::new(Kind::Word, dice.below(16).to_string()),
        _ => Expr::of(Kind::Word, "$ & 15", vec![word(dice, scope, 1)]),
    }
}

fn word(dice: &mut Dice, scope: &Scope, depth: usize) -> Expr {
    if depth == 0 || dice.one_in(5) {
        return match dice.below(4) {
            0 => constant(dice),
            1 if !scope.names.is_empty() => Expr::new(
                Kind::Word,
                scope.names[dice.below(scope.names.len())].clone(),
            ),
            _ => Expr::new(Kind::Word, VARS[dice.below(4)]),
        };
    }
    let down = depth - 1;
    let wrapped = |expr: Expr| expr.only(Text::Reference, "W(", ")");
    match dice.below(14) {
        0..=3 => {
            let op = ["+", "-", "*", "-"][dice.below(4)];
            let parts = operands(dice, scope, [down, down]);
            wrapped(Expr::of(Kind::Word, &format!("($ {op} $)"), parts))
        }
        4 | 5 => {
            let op = ["&", "|", "^"][dice.below(3)];
            let parts = vec![word(dice, scope, down), word(dice, scope, down)];
            Expr::of(Kind::Word, &format!("($ {op} $)"), parts)
        }
        6 => {
            let parts = operands(dice, scope, [down, 1]);
            wrapped(Expr::of(Kind::Word, "($ << ($ & 15))", parts))
        }
        7 => {
            let parts = vec![word(dice, scope, down), word(dice, scope, 1)];
            Expr::of(Kind::Word, "($ >> ($ & 31))", parts)
        }
        8 => {
            let op = ["//", "%"][dice.below(2)];
            let mut parts = vec![word(dice, scope, down)];
            parts.push(if dice.one_in(2) {
                Expr::of(Kind::Word, "($ | 1)", vec![word(dice, scope, down)])
            } else {
                constant(dice)
            });
            wrapped(Expr::of(Kind::Word, &format!("($ {op} $)"), parts))
        }
        9 => {
            let op = ["-", "~"][dice.below(2)];
            wrapped(Expr::of(
                Kind::Word,
                &format!("({op}$)"),
                vec![word(dice, scope, down)],
            ))
        }
        10 => Expr::of(Kind::Word, "int(p[$])", vec![index(dice, scope)]),
        11 => {
            let parts = vec![
                word(dice, scope, down),
                cond(dice, scope, 1),
                word(dice, scope, down),
            ];
            Expr::of(Kind::Word, "($ if $ else $)", parts)
        }
        12 if scope.functions > 0 && scope.loops == 0 => {
            let parts = vec![word(dice, scope, 1), word(dice, scope, 1)];
            // A call of a global: the argument becomes an object, and must fit where it is a small int only.
            Expr::of(Kind::Word, "int(f0($ & 65535, $ & 65535, b))", parts).only(
                Text::Reference,
                "W(",
                ")",
            )
        }
        _ => Expr::of(Kind::Word, "int($)", vec![uword(dice, scope, down)]).only(
            Text::Reference,
            "W(",
            ")",
        ),
    }
}

fn uword(dice: &mut Dice, scope: &Scope, depth: usize) -> Expr {
    if depth == 0 || dice.one_in(4) {
        return match dice.below(3) {
            0 => Expr::new(Kind::UWord, format!("uint({})", dice.below(1 << 20))),
            1 => Expr::new(Kind::UWord, UVARS[dice.below(2)]),
            _ => {
                let var = Expr::new(Kind::Word, VARS[dice.below(4)]);
                Expr::of(Kind::UWord, "uint($)", vec![var])
            }
        };
    }
    let down = depth - 1;
    let wrapped = |expr: Expr| expr.only(Text::Reference, "U(", ")");
    let u = |dice: &mut Dice, depth: usize| match dice.below(2) {
        0 if depth > 0 => uword(dice, scope, depth),
        _ => Expr::of(
            Kind::UWord,
            "uint($)",
            vec![word(dice, scope, depth.min(1))],
        )
        .only(Text::Reference, "U(", ")"),
    };
    match dice.below(6) {
        0 | 1 => {
            let op = ["+", "-", "*"][dice.below(3)];
            let parts = vec![u(dice, down), u(dice, down)];
            wrapped(Expr::of(Kind::UWord, &format!("($ {op} $)"), parts))
        }
        2 | 3 => {
            let op = ["&", "|", "^"][dice.below(3)];
            let parts = vec![u(dice, down), u(dice, down)];
            Expr::of(Kind::UWord, &format!("($ {op} $)"), parts)
        }
        4 => {
            let parts = vec![u(dice, down)];
            let shift = dice.below(31);
            Expr::of(Kind::UWord, &format!("($ >> {shift})"), parts)
        }
        _ => {
            let parts = vec![u(dice, down)];
            let shift = dice.below(31);
            wrapped(Expr::of(Kind::UWord, &format!("($ << {shift})"), parts))
        }
    }
}

fn cond(dice: &mut Dice, scope: &Scope, depth: usize) -> Expr {
    let op = ["<", "<=", ">", ">=", "==", "!="][dice.below(6)];
    if depth > 0 && dice.one_in(4) {
        let parts = vec![cond(dice, scope, depth - 1), cond(dice, scope, depth - 1)];
        let form = ["$ and $", "$ or $"][dice.below(2)];
        return Expr::of(Kind::Cond, &format!("({form})"), parts);
    }
    match dice.below(8) {
        0 => Expr::of(Kind::Cond, "(not $)", vec![word(dice, scope, depth)]),
        1 => {
            let parts = vec![uword(dice, scope, depth), uword(dice, scope, depth)];
            Expr::of(Kind::Cond, &format!("($ {op} $)"), parts)
        }
        _ => {
            let parts = vec![word(dice, scope, depth), word(dice, scope, depth)];
            Expr::of(Kind::Cond, &format!("($ {op} $)"), parts)
        }
    }
}
