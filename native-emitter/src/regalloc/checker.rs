//! Does every use read its value? Follows all ways through an allocated function and keeps account of which value each
//! register and spill slot holds, independently of how the allocator came to its result.
//!
//! Where ways meet a place holds a value only if it does on all of them. What does not agree is not an error until it
//! is read. It also holds the allocation against what the machine asked for.
use ferlance_collections::{IndexVec, OutOfMemory, TryVec};

use super::intervals::{Numbers, asked, asked_at_end};
use super::{Allocation, Extra, NO_TEMPS};
use crate::arch::{Arch, Constraints, Place, PregSet, Use};
use crate::nir::{Block, Edge, Func, Op, Term, Vreg};

/// What is wrong with an allocation. Always our own fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsound {
    /// The place of `wanted` holds something else when instruction `at` of the block reads it.
    Reads {
        /// Where; one past the last instruction is the end of the block.
        at: (Block, usize),
        /// What should be there.
        wanted: Vreg,
        /// What is.
        found: Option<Vreg>,
    },
    /// A value is in a place that the instruction does not take.
    Place {
        /// Where.
        at: (Block, usize),
        /// Which.
        vreg: Vreg,
    },
    /// The result, a register of the instruction's own and an operand that must survive are not apart.
    Overlap {
        /// Where.
        at: (Block, usize),
    },
    /// No memory to check.
    OutOfMemory,
}

impl From<OutOfMemory> for Unsound {
    fn from(_: OutOfMemory) -> Unsound {
        Unsound::OutOfMemory
    }
}

/// By place, registers first: the value that is there.
type State = TryVec<Option<Vreg>>;

struct Checker<'a> {
    func: &'a Func,
    arch: &'a dyn Arch,
    allocation: &'a Allocation,
    numbers: Numbers,
    /// By block: what is where at its start; `None` for blocks not seen yet.
    at_start: IndexVec<Block, Option<State>>,
    /// By word of the spill area: does more than one value use it?
    shared: TryVec<bool>,
    todo: TryVec<Block>,
}

/// Checks an allocation. `func` is as the allocator left it.
pub fn check(func: &Func, arch: &dyn Arch, allocation: &Allocation) -> Result<(), Unsound> {
    let spills = allocation.spill_words as usize;
    let mut owners: TryVec<u32> = TryVec::filled(0, spills)?;
    for place in &allocation.places {
        if let Place::Spill(word) = place {
            owners[*word as usize] += 1;
        }
    }
    let mut checker = Checker {
        func,
        arch,
        allocation,
        numbers: Numbers::new(func, &allocation.order)?,
        at_start: IndexVec::new(),
        shared: TryVec::from_items(owners.iter().map(|count| *count > 1))?,
        todo: TryVec::new(),
    };
    for _ in func.blocks.indices() {
        checker.at_start.push(None)?;
    }
    let entry = Block::from_index(0);
    let mut state: State = TryVec::filled(None, 64 + spills)?;
    for param in func.items(func.blocks[entry].params) {
        if let Some(at) = slot(allocation.places[*param]) {
            state[at] = Some(*param);
        }
    }
    checker.at_start[entry] = Some(state);
    checker.todo.push(entry)?;
    while let Some(block) = checker.todo.pop() {
        checker.block(block)?;
    }
    Ok(())
}

/// The index of a place in a state.
fn slot(place: Place) -> Option<usize> {
    match place {
        Place::Reg(preg) => Some(preg.index()),
        Place::Spill(word) => Some(64 + word as usize),
        _ => None,
    }
}

impl Checker<'_> {
    fn block(&mut self, block: Block) -> Result<(), Unsound> {
        let Some(Some(start)) = self.at_start.get(block) else {
            return Ok(());
        };
        let mut state = start.try_clone()?;
        let func = self.func;
        let data = &func.blocks[block];
        for (at, inst) in data.insts.iter().enumerate() {
            let place = (block, at);
            let number = self.numbers.inst(block, at);
            for arg in func.items(inst.args) {
                self.read(&state, *arg, place)?;
            }
            if inst.op.is_call() {
                if let Some(table) = inst.a {
                    self.read(&state, table, place)?;
                }
                self.call(&mut state, number);
                self.write(&mut state, inst.dst);
                continue;
            }
            let asks = asked(self.arch, func, inst);
            if inst.op == Op::Copy {
                if let Some(a) = inst.a {
                    self.read(&state, a, place)?;
                }
            } else {
                let operands = [(inst.a, asks.a), (inst.b, asks.b), (inst.c, asks.c)];
                match inst.op {
                    // Its own registers are free before the result is written.
                    Op::Cached(..) => {
                        self.step(&mut state, &operands, None, &asks, number, place)?;
                        self.call(&mut state, number);
                    }
                    _ => self.step(&mut state, &operands, inst.dst, &asks, number, place)?,
                }
            }
            self.write(&mut state, inst.dst);
        }
        let place = (block, data.insts.len());
        let number = self.numbers.end(func, block);
        let asks = asked_at_end(self.arch, func, &data.term);
        match data.term {
            Term::Return { a } => self.read(&state, a, place)?,
            Term::NlrPush { table, .. } => {
                if let Some(table) = table {
                    self.read(&state, table, place)?;
                }
                self.call(&mut state, number);
            }
            Term::Jump(edge) => return self.jump(state, edge, place),
            _ => {
                let mut operands = data.term.operands();
                let operands = [(operands.next(), asks.a), (operands.next(), asks.b)];
                let dst = data.term.def();
                self.step(&mut state, &operands, dst, &asks, number, place)?;
            }
        }
        // On overflow the result's place has been written too, with something that nobody may read.
        if let Some(at) = data
            .term
            .def()
            .and_then(|dst| slot(self.allocation.places[dst]))
        {
            state[at] = None;
        }
        for (at, to) in func.successors(block).enumerate() {
            let mut state = state.try_clone()?;
            if at == 0 {
                self.write(&mut state, data.term.def());
            }
            if at == 1 && matches!(data.term, Term::NlrPush { .. }) {
                // Slots are as they were when the exception was raised.
                for (word, shared) in self.shared.iter().enumerate() {
                    if *shared {
                        state[64 + word] = None;
                    }
                }
            }
            self.meet(to, &state)?;
        }
        Ok(())
    }

    fn extra(&self, number: u32) -> Extra {
        let extras = &self.allocation.extras;
        let at = extras.binary_search_by_key(&number, |extra| extra.at);
        at.map_or(
            Extra {
                at: number,
                temps: NO_TEMPS,
                kept: PregSet::EMPTY,
            },
            |at| extras[at],
        )
    }

    fn read(&self, state: &State, vreg: Vreg, at: (Block, usize)) -> Result<(), Unsound> {
        match self.allocation.places[vreg] {
            Place::Const(_) | Place::In(_) => Ok(()),
            place => match slot(place) {
                Some(index) if state[index] == Some(vreg) => Ok(()),
                found => Err(Unsound::Reads {
                    at,
                    wanted: vreg,
                    found: found.and_then(|index| state[index]),
                }),
            },
        }
    }

    fn write(&self, state: &mut State, dst: Option<Vreg>) {
        if let Some(dst) = dst
            && let Some(at) = slot(self.allocation.places[dst])
        {
            state[at] = Some(dst);
        }
    }

    fn call(&self, state: &mut State, number: u32) {
        let kept = self.extra(number).kept;
        for preg in self.arch.call_clobbers().difference(kept).iter() {
            state[preg.index()] = None;
        }
    }

    /// Everything of an instruction but its result.
    fn step(
        &self,
        state: &mut State,
        operands: &[(Option<Vreg>, Use)],
        dst: Option<Vreg>,
        asks: &Constraints,
        number: u32,
        at: (Block, usize),
    ) -> Result<(), Unsound> {
        let places = &self.allocation.places;
        let mut apart = PregSet::EMPTY;
        let mut read = PregSet::EMPTY;
        let mut in_memory = 0;
        for (vreg, asks) in operands {
            let Some(vreg) = *vreg else { continue };
            self.read(state, vreg, at)?;
            let allowed = match places[vreg] {
                Place::Reg(preg) => {
                    read.insert(preg);
                    if asks.late {
                        apart.insert(preg);
                    }
                    asks.regs.contains(preg)
                }
                Place::Const(_) => asks.constant,
                _ => {
                    in_memory += 1;
                    asks.memory && in_memory == 1
                }
            };
            if !allowed {
                return Err(Unsound::Place { at, vreg });
            }
        }
        let mut temps = PregSet::EMPTY;
        let extra = self.extra(number);
        for temp in extra.temps.into_iter().flatten() {
            if temps.contains(temp) || read.contains(temp) || !asks.temp_regs.contains(temp) {
                return Err(Unsound::Overlap { at });
            }
            temps.insert(temp);
        }
        if temps.len() != u32::from(asks.temps) {
            return Err(Unsound::Overlap { at });
        }
        let written = asks.busy.union(temps);
        if let Some(dst) = dst {
            match places[dst] {
                Place::Reg(preg) if !asks.dst.contains(preg) => {
                    return Err(Unsound::Place { at, vreg: dst });
                }
                Place::Reg(preg) if apart.contains(preg) || written.contains(preg) => {
                    return Err(Unsound::Overlap { at });
                }
                Place::Spill(_) => return Err(Unsound::Place { at, vreg: dst }),
                _ => {}
            }
        }
        if !apart.intersection(written.union(asks.clobbers)).is_empty() {
            return Err(Unsound::Overlap { at });
        }
        for preg in written.union(asks.clobbers).iter() {
            state[preg.index()] = None;
        }
        Ok(())
    }

    fn jump(&mut self, mut state: State, edge: Edge, at: (Block, usize)) -> Result<(), Unsound> {
        let func = self.func;
        for arg in func.items(edge.args) {
            self.read(&state, *arg, at)?;
        }
        for param in func.items(func.blocks[edge.block].params) {
            self.write(&mut state, Some(*param));
        }
        self.meet(edge.block, &state)
    }

    fn meet(&mut self, to: Block, state: &State) -> Result<(), Unsound> {
        let changed = match &mut self.at_start[to] {
            Some(known) => {
                let mut changed = false;
                for (known, new) in known.iter_mut().zip(state) {
                    if known.is_some() && known != new {
                        *known = None;
                        changed = true;
                    }
                }
                changed
            }
            start => {
                *start = Some(state.try_clone()?);
                true
            }
        };
        if changed {
            self.todo.push(to)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::x86::X86;
    use crate::nir::Effort;
    use crate::nir::text::parse;
    use crate::opt::legalise::legalise;
    use crate::regalloc::allocate;
    use crate::target::Target;
    use ferlance_abi::Arch as Name;

    const LOOP: &str = "func q0 words 3
        b0(v0: word, v1: word, v2: word):
          v3: word = const 0
          jump b1(v3, v1)
        b1(v4: word, v5: word):
          v6: word = load.word v0 + v5 << 3
          v7: word = shl v6, v2
          v8: word = call native_to_obj via v0(v7, v5)
          v9: word = add v4, v8
          v10: word = sub v5, 1
          branch ne v10, 0 then b1(v9, v10) else b2
        b2:
          return v9";

    /// Whatever two values trade places, somebody reads the wrong one, unless the values never meet.
    #[test]
    fn no_value_can_be_put_into_the_place_of_another() {
        let arch = X86::new(Target::stock(Name::X64, 0)).unwrap();
        let mut func = parse(LOOP).unwrap();
        legalise(&mut func, &arch).unwrap();
        let mut allocation = allocate(&mut func, &arch).unwrap();
        assert_eq!(check(&func, &arch, &allocation), Ok(()));
        let vregs: std::vec::Vec<Vreg> = func.vregs.indices().collect();
        let mut caught = 0;
        for one in &vregs {
            for two in &vregs {
                let (old, new) = (allocation.places[*one], allocation.places[*two]);
                if old == new || old.reg().is_none() || new.reg().is_none() {
                    continue;
                }
                allocation.places[*one] = new;
                caught += u32::from(check(&func, &arch, &allocation).is_err());
                allocation.places[*one] = old;
            }
        }
        // The table, the shift count and the counter are alive all through: nobody can take their places.
        assert!(caught >= 20, "{caught}");
    }

    /// More values over calls than registers that calls leave alone, some of them checked sums and addresses.
    #[test]
    fn who_is_in_a_hurry_takes_what_registers_are_left() {
        let mut text =
            std::string::String::from("func q0 words 2\nslot s0 2\nb0(v0: word, v1: word):\n");
        let n = 12;
        for at in 0..n {
            text += &std::format!("v{}: word = load.word v1 + {}\n", 10 + at, 8 * at);
        }
        text += "v2: word = slot_addr s0\n";
        text += "checked add v3: word = v10, v11 fits b1 over b2\nb1:\n";
        text += "v4: word = call native_to_obj via v0(v2, v3)\n";
        text += "v5: obj = cached.global q9 v1, v2 48 line 3 (v1, v0)\n";
        text += "tell v1, 7\nv6: word = load.word v2 + v4 << 3\nstore.word v2 + v3 << 3 = v6\n";
        for at in 0..n {
            text += &std::format!("v{}: word = add v{}, v{}\n", 30 + at, 10 + at, 4 + at % 3);
            text += &std::format!(
                "v{}: word = call native_to_obj via v0(v{}, v3)\n",
                50 + at,
                30 + at
            );
            text += &std::format!("store.word v1 + {} = v{}\n", 8 * at, 50 + at);
        }
        text += "return v3\nb2:\nreturn v10\n";
        let arch = X86::new(Target::stock(Name::X64, 0)).unwrap();
        for effort in [Effort::Full, Effort::Little] {
            let mut func = parse(&text).unwrap();
            func.effort = effort;
            legalise(&mut func, &arch).unwrap();
            let allocation = allocate(&mut func, &arch).unwrap();
            assert!(allocation.spill_words > 5, "{}", allocation.spill_words);
            assert_eq!(
                check(&func, &arch, &allocation),
                Ok(()),
                "{effort:?} {func}"
            );
        }
    }

    #[test]
    fn what_a_loop_carries_stays_in_its_register() {
        let arch = X86::new(Target::stock(Name::X64, 0)).unwrap();
        let mut func = parse(LOOP).unwrap();
        let allocation = allocate(&mut func, &arch).unwrap();
        let place = |at| allocation.places[Vreg::from_index(at)];
        assert_eq!((place(4), place(5)), (place(9), place(10)));
        assert_eq!(allocation.spill_words, 0);
    }
}
