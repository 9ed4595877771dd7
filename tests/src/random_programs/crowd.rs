//! More locals than a machine has registers, and statements that exchange what locals hold.

use super::tree::Stmt;
use crate::nir::random::Dice;

/// Most locals of a crowd.
const MOST: usize = 12;

/// Locals `c0`, `c1`, … that live from the beginning of a function to its end.
pub(super) struct Crowd {
    names: Vec<String>,
}

impl Crowd {
    /// Mostly none.
    pub(super) fn new(dice: &mut Dice) -> Self {
        let count = match dice.one_in(3) {
            true => 1 + dice.below(MOST),
            false => 0,
        };
        Self {
            names: (0..count).map(|at| format!("c{at}")).collect(),
        }
    }

    /// Gives each a number, or what that local holds.
    pub(super) fn bind(&self, dice: &mut Dice, local: &str, out: &mut Vec<Stmt>) {
        for (at, name) in self.names.iter().enumerate() {
            let value = match dice.below(3) {
                0 => local.to_owned(),
                _ => (at * 3 + 1).to_string(),
            };
            out.push(Stmt::line(&format!("{name} = {value}"), Vec::new()));
        }
    }

    /// What they hold is part of the answer.
    pub(super) fn log(&self, out: &mut Vec<Stmt>) {
        if !self.names.is_empty() {
            let line = format!("log({})", self.names.join(", "));
            out.push(Stmt::line(&line, Vec::new()));
        }
    }

    /// At most so many of these locals and of the crowd, each with the value of another one.
    pub(super) fn exchange(&self, dice: &mut Dice, locals: &[&str], most: usize) -> Stmt {
        let mut to = locals.to_vec();
        to.extend(self.names.iter().map(String::as_str));
        shuffle(dice, &mut to);
        to.truncate(2 + dice.below(most - 1));
        let mut from = to.clone();
        shuffle(dice, &mut from);
        let line = format!("{} = {}", to.join(", "), from.join(", "));
        Stmt::line(&line, Vec::new())
    }
}

fn shuffle(dice: &mut Dice, names: &mut [&str]) {
    for at in (1..names.len()).rev() {
        names.swap(at, dice.below(at + 1));
    }
}
