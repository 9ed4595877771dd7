//! Expressions of each kind.

use super::super::tree::{Expr, Kind};
use super::{ANYS, FLOATS, INTS, LISTS, STRS, Scope};
use crate::nir::random::Dice;

pub(super) fn int_constant(dice: &mut Dice) -> String {
    let near = dice.below(5) as i64 - 2;
    let value = match dice.below(6) {
        0 => near,
        1 => dice.below(200) as i64 - 100,
        // The edges of small ints of both word sizes.
        2 => (1 << 30) + near,
        3 => -(1 << 30) + near,
        4 => (1 << 62) + near,
        _ => -(1 << 62) + near,
    };
    if value < 0 {
        format!("({value})")
    } else {
        value.to_string()
    }
}

pub(super) fn any_constant(dice: &mut Dice) -> Expr {
    let text = [
        "None",
        "True",
        "3",
        "-7",
        "1.5",
        "'str'",
        "b'by'",
        "(1, 2)",
        "[4, 5, 6]",
        "{}",
        "''",
        "1 << 70",
    ][dice.below(12)];
    Expr::new(Kind::Any, text)
}

pub(super) fn int(dice: &mut Dice, scope: &Scope, depth: usize) -> Expr {
    if depth == 0 || dice.one_in(5) {
        return Expr::new(
            Kind::Int,
            match dice.below(3) {
                0 => int_constant(dice),
                _ => INTS[dice.below(4)].to_owned(),
            },
        );
    }
    let down = depth - 1;
    let (form, parts) = match dice.below(24) {
        0..=3 => (
            "($ + $)",
            vec![int(dice, scope, down), int(dice, scope, down)],
        ),
        4..=6 => (
            "($ - $)",
            vec![int(dice, scope, down), int(dice, scope, down)],
        ),
        7 => (
            "(($ * $) % 1000003)",
            vec![int(dice, scope, down), int(dice, scope, down)],
        ),
        8 => (
            "(($ * $) & 0x7fffffffffffffff)",
            vec![int(dice, scope, down), int(dice, scope, down)],
        ),
        9 => (
            "($ // $)",
            vec![int(dice, scope, down), int(dice, scope, down)],
        ),
        10 => (
            "($ % $)",
            vec![int(dice, scope, down), int(dice, scope, down)],
        ),
        11 => (
            "($ & $)",
            vec![int(dice, scope, down), int(dice, scope, down)],
        ),
        12 => (
            "($ | $)",
            vec![int(dice, scope, down), int(dice, scope, down)],
        ),
        13 => (
            "($ ^ $)",
            vec![int(dice, scope, down), int(dice, scope, down)],
        ),
        14 => (
            ["(-$)", "(~$)", "(+$)", "abs($)"][dice.below(4)],
            vec![int(dice, scope, down)],
        ),
        15 => (
            "(($ << ($ & 31)) & 0xffffffffffff)",
            vec![int(dice, scope, down), int(dice, scope, 1)],
        ),
        16 => (
            "($ >> ($ & 63))",
            vec![int(dice, scope, down), int(dice, scope, 1)],
        ),
        17 => (
            "($ if $ else $)",
            vec![
                int(dice, scope, down),
                cond(dice, scope, 1),
                int(dice, scope, down),
            ],
        ),
        18 => (
            "len($)",
            vec![if dice.one_in(2) {
                list(dice, scope, down)
            } else {
                string(dice, scope, down)
            }],
        ),
        19 => ("l0[$]", vec![index(dice, scope, down)]),
        20 => (
            ["min($, $)", "max($, $)"][dice.below(2)],
            vec![int(dice, scope, down), int(dice, scope, down)],
        ),
        21 => ("C($).x", vec![int(dice, scope, down)]),
        22 => ("B[$ & 7]", vec![int(dice, scope, down)]),
        _ => ("int($)", vec![float(dice, scope, down)]),
    };
    Expr::of(Kind::Int, form, parts)
}

/// An index; how one that does not fit a word is refused depends on the machine.
pub(super) fn index(dice: &mut Dice, scope: &Scope, depth: usize) -> Expr {
    let any = int(dice, scope, depth);
    match scope.depends_on_machine {
        true => any,
        false => Expr::of(Kind::Int, "($ % 9 - 4)", vec![any]),
    }
}

pub(super) fn float(dice: &mut Dice, scope: &Scope, depth: usize) -> Expr {
    if depth == 0 || dice.one_in(4) {
        return match dice.below(3) {
            0 => Expr::new(Kind::Float, ["0.5", "1e30", "-3.25", "0.0"][dice.below(4)]),
            _ => Expr::new(Kind::Float, FLOATS[dice.below(2)]),
        };
    }
    let down = depth - 1;
    let (form, parts) = match dice.below(8) {
        0 => (
            "($ + $)",
            vec![float(dice, scope, down), float(dice, scope, down)],
        ),
        1 => (
            "($ - $)",
            vec![float(dice, scope, down), int(dice, scope, down)],
        ),
        2 => (
            "($ * $)",
            vec![float(dice, scope, down), float(dice, scope, down)],
        ),
        3 => (
            "($ / $)",
            vec![int(dice, scope, down), float(dice, scope, down)],
        ),
        4 => ("(-$)", vec![float(dice, scope, down)]),
        5 => (
            "($ if $ else $)",
            vec![
                float(dice, scope, down),
                cond(dice, scope, 1),
                float(dice, scope, down),
            ],
        ),
        6 => ("abs($)", vec![float(dice, scope, down)]),
        _ => ("float($)", vec![int(dice, scope, down)]),
    };
    Expr::of(Kind::Float, form, parts)
}

pub(super) fn string(dice: &mut Dice, scope: &Scope, depth: usize) -> Expr {
    if depth == 0 || dice.one_in(4) {
        return match dice.below(3) {
            0 => Expr::new(Kind::Str, ["'hello'", "'é€'", "''"][dice.below(3)]),
            _ => Expr::new(Kind::Str, STRS[dice.below(2)]),
        };
    }
    let down = depth - 1;
    let (form, parts) = match dice.below(6) {
        0 => (
            "($ + $)[:30]",
            vec![string(dice, scope, down), string(dice, scope, down)],
        ),
        1 => ("str($)[:30]", vec![any(dice, scope, down)]),
        2 => (
            "f'{$}-{i0}'[:30]",
            vec![Expr::new(Kind::Int, INTS[dice.below(4)])],
        ),
        3 => (
            "$[$:$]",
            vec![
                string(dice, scope, down),
                index(dice, scope, 0),
                index(dice, scope, 0),
            ],
        ),
        4 => ("$.upper()", vec![string(dice, scope, down)]),
        _ => ("'%s,' % ($,)", vec![int(dice, scope, down)]),
    };
    Expr::of(Kind::Str, form, parts)
}

pub(super) fn list(dice: &mut Dice, scope: &Scope, depth: usize) -> Expr {
    if depth == 0 || dice.one_in(4) {
        return Expr::new(Kind::List, LISTS[dice.below(2)]);
    }
    let down = depth - 1;
    let (form, parts) = match dice.below(7) {
        0 => (
            "[$, $]",
            vec![int(dice, scope, down), any(dice, scope, down)],
        ),
        1 => (
            "($ + $)[:12]",
            vec![list(dice, scope, down), list(dice, scope, down)],
        ),
        2 => (
            "$[$:]",
            vec![list(dice, scope, down), index(dice, scope, 0)],
        ),
        3 => ("list(range($ & 7))", vec![int(dice, scope, down)]),
        4 => (
            "[k + $ for k in range(4) if k != $]",
            vec![int(dice, scope, 0), int(dice, scope, 0)],
        ),
        5 => (
            "sorted([$, $, 2])",
            vec![int(dice, scope, down), int(dice, scope, down)],
        ),
        _ => ("$[::-1]", vec![list(dice, scope, down)]),
    };
    Expr::of(Kind::List, form, parts)
}

pub(super) fn any(dice: &mut Dice, scope: &Scope, depth: usize) -> Expr {
    if depth == 0 {
        return match dice.below(2) {
            0 => any_constant(dice),
            _ => Expr::new(Kind::Any, ANYS[dice.below(2)]),
        };
    }
    let down = depth - 1;
    let (form, parts) = match dice.below(12) {
        0..=2 => ("$", vec![int(dice, scope, down)]),
        3 => ("$", vec![float(dice, scope, down)]),
        4 => ("$", vec![string(dice, scope, down)]),
        5 => ("$", vec![list(dice, scope, down)]),
        6 => (
            "($, $)",
            vec![any(dice, scope, down), any(dice, scope, down)],
        ),
        7 => (
            "($ and $)",
            vec![any(dice, scope, down), any(dice, scope, down)],
        ),
        8 => (
            "($ or $)",
            vec![any(dice, scope, down), any(dice, scope, down)],
        ),
        // Operands of any types: an error, or an answer.
        9 => (
            "cut($ + $)",
            vec![any(dice, scope, down), any(dice, scope, 0)],
        ),
        10 => ("{$: $}", vec![any_constant(dice), any(dice, scope, down)]),
        _ => ("(g, $)", vec![any(dice, scope, down)]),
    };
    Expr::of(Kind::Any, form, parts)
}

pub(super) fn cond(dice: &mut Dice, scope: &Scope, depth: usize) -> Expr {
    let op = ["<", "<=", ">", ">=", "==", "!="][dice.below(6)];
    let down = depth.saturating_sub(1);
    let (form, parts) = match dice.below(if depth == 0 { 6 } else { 12 }) {
        0..=4 => (
            format!("($ {op} $)"),
            vec![int(dice, scope, down), int(dice, scope, down)],
        ),
        5 => ("(not $)".to_owned(), vec![any(dice, scope, down)]),
        6 => (
            format!("($ {op} $ {op} $)"),
            vec![
                int(dice, scope, down),
                int(dice, scope, down),
                int(dice, scope, down),
            ],
        ),
        7 => (
            "($ and $)".to_owned(),
            vec![cond(dice, scope, down), cond(dice, scope, down)],
        ),
        8 => (
            "($ or $)".to_owned(),
            vec![cond(dice, scope, down), cond(dice, scope, down)],
        ),
        9 => (
            "($ in $)".to_owned(),
            vec![int(dice, scope, down), list(dice, scope, down)],
        ),
        10 => ("($ is None)".to_owned(), vec![any(dice, scope, down)]),
        _ => (
            format!("($ {op} $)"),
            vec![float(dice, scope, down), int(dice, scope, down)],
        ),
    };
    Expr::of(Kind::Cond, &form, parts)
}
