//! The least that a board has: a console that is one register, a clock that is another.

use core::ptr::{with_exposed_provenance, with_exposed_provenance_mut};

use ferlance_vm::hal::{Clock, Console, Errno, Hal, StackBounds};

pub(crate) struct Board;

const DATA: usize = 0x4000_4000;
const TICKS: usize = 0x4000_8000;

impl Hal for Board {
    fn console(&mut self) -> &mut dyn Console {
        self
    }
    fn clock(&mut self) -> &mut dyn Clock {
        self
    }
    fn stack_bounds(&self) -> StackBounds {
        StackBounds {
            low: 0x2000_0000,
            high: 0x2000_2000,
        }
    }
}

impl Console for Board {
    fn write_out(&mut self, bytes: &[u8]) -> Result<(), Errno> {
        for &byte in bytes {
            // SAFETY: nothing runs this program.
            unsafe { with_exposed_provenance_mut::<u8>(DATA).write_volatile(byte) };
        }
        Ok(())
    }
    fn write_err(&mut self, bytes: &[u8]) -> Result<(), Errno> {
        self.write_out(bytes)
    }
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Errno> {
        // SAFETY: as above.
        into.fill(unsafe { with_exposed_provenance::<u8>(DATA).read_volatile() });
        Ok(into.len())
    }
}

impl Clock for Board {
    fn ticks_us(&mut self) -> u64 {
        // SAFETY: as above.
        u64::from(unsafe { with_exposed_provenance::<u32>(TICKS).read_volatile() })
    }
    fn epoch_ns(&mut self) -> u64 {
        self.ticks_us() * 1000
    }
    fn sleep_us(&mut self, us: u64) {
        let end = self.ticks_us() + us;
        while self.ticks_us() < end {}
    }
}
