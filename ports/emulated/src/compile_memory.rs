//! `-X compile-memory FILE`: compiles as the runtime would, and tells the bytes that it took from the allocator.
//!
//! ```text
//! front end   the most before the last function became machine code
//! held        what it still held then: tree, names, symbolic code
//! emitter     the most from then on, less that
//! ```

use core::fmt::Write;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use ferlance_abi::Arch;
use ferlance_abi::qstr::Pool;
use ferlance_compiler::target::Host;
use ferlance_compiler::{Options, Target, compile};

use crate::args::Invocation;
use crate::{linux, memory};

static FRONT_END: AtomicUsize = AtomicUsize::new(0);
static HELD: AtomicUsize = AtomicUsize::new(0);

/// The emitter begins.
fn note() {
    let (in_use, peak) = memory::in_use();
    HELD.store(in_use, Relaxed);
    FRONT_END.store(peak.max(FRONT_END.load(Relaxed)), Relaxed);
    memory::reset_peak();
}

/// Compiles `source`; the program's exit code.
pub(crate) fn tell(invocation: &Invocation, source: &[u8]) -> u8 {
    let (before, _) = memory::in_use();
    memory::reset_peak();
    let mut pool = Pool::new();
    let options = Options {
        small_int_bits: (usize::BITS - 1) as u8,
        optimise: invocation.opt_level,
        for_file: false,
        emit: invocation.emit,
        arch: invocation.arch,
        arch_flags: invocation.arch_flags,
        target: (invocation.arch != Arch::None).then(|| Target {
            host: Host::Ferlance,
            small: invocation.native_small,
            ..Target::stock(invocation.arch, invocation.arch_flags as u8)
        }),
        native_pieces: invocation.native_pieces,
        before_machine_code: Some(note),
        ..Options::default()
    };
    let mut line = Line([0; 80], 0);
    let made: usize = match compile(source, &mut pool, &options) {
        Ok(module) => module.codes.iter().map(|code| code.bytes.len()).sum(),
        Err(diag) => {
            let _ = writeln!(line, "line {}: {}", diag.line, diag.code.text());
            let _ = linux::write_all(linux::STDERR, line.bytes());
            return 1;
        }
    };
    let (held, front_end) = (HELD.load(Relaxed), FRONT_END.load(Relaxed));
    let (_, peak) = memory::in_use();
    let _ = writeln!(
        line,
        "front end {} held {} emitter {} made {made}",
        front_end.saturating_sub(before),
        held.saturating_sub(before),
        peak.saturating_sub(held),
    );
    u8::from(linux::write_all(linux::STDOUT, line.bytes()).is_err())
}

/// A line of text on the stack: what is printed is not counted.
struct Line([u8; 80], usize);

impl Line {
    fn bytes(&self) -> &[u8] {
        &self.0[..self.1]
    }
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        let room = self.0.get_mut(self.1..self.1 + text.len());
        room.ok_or(core::fmt::Error)?
            .copy_from_slice(text.as_bytes());
        self.1 += text.len();
        Ok(())
    }
}
