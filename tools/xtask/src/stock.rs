//! What stock MicroPython (unix port, 1.29) costs for the programs of `benches/py`: instructions under callgrind,
//! start-up taken off, with `N / 10 + 1` as argument. Counts do not depend on the machine's load, and the binary
//! is not to be had as a package, so they were taken once and stand here.

/// One program.
pub(crate) struct Anchor {
    /// File name without `.py`.
    pub name: &'static str,
    /// Instructions, bytecode.
    pub bytecode: f64,
    /// Its native emitter, as a ratio to bytecode.
    pub native: f64,
}

/// All programs.
pub(crate) const ANCHORS: [Anchor; 17] = [
    anchor("async_pingpong", 2.889e8, 0.87),
    anchor("class_sim", 1.612e8, 0.82),
    anchor("crc32_table", 1.625e8, 0.66),
    anchor("event_bus", 1.349e8, 0.82),
    anchor("fir_filter", 1.624e8, 0.67),
    anchor("gc_churn", 2.149e8, 0.85),
    anchor("gen_pipeline", 1.431e8, 0.89),
    anchor("grid_search", 3.417e8, 0.99),
    anchor("json_module", 2.387e8, 0.96),
    anchor("json_pure", 1.830e8, 0.91),
    anchor("log_format", 2.778e8, 0.94),
    anchor("proto_parse", 1.692e8, 0.79),
    anchor("rsa_bigint", 2.573e8, 1.00),
    anchor("sensor_fusion", 2.072e8, 0.90),
    anchor("sort_records", 1.862e8, 0.81),
    anchor("state_machine", 1.561e8, 0.84),
    anchor("text_scan", 2.670e8, 0.93),
];

const fn anchor(name: &'static str, bytecode: f64, native: f64) -> Anchor {
    Anchor {
        name,
        bytecode,
        native,
    }
}

/// The anchor of a program.
pub(crate) fn find(name: &str) -> Option<&'static Anchor> {
    ANCHORS.iter().find(|anchor| anchor.name == name)
}

/// Instructions of `micropython -c pass`: the complete unix port, and the one without ffi, btree and ssl.
pub(crate) const STARTUP: [(&str, u64); 2] =
    [("complete", 368_425), ("without ffi, btree, ssl", 313_572)];

/// Peak resident set of `micropython -c pass`, bytes.
pub(crate) const RESIDENT: u64 = 2_204 * 1024;

/// Smallest `-X heapsize` of the unix port that runs the script in `benches/small_heap`.
pub(crate) const SMALLEST_HEAP: [(&str, u64); 2] = [("hello", 2_864), ("classes", 6_352)];

/// Lines per second of the stock cross compiler, by lines of the source.
pub(crate) const MPY_CROSS_LINES: [(u64, u64); 2] = [(5_000, 83_000), (100_000, 4_700)];

/// A kernel of `benches/kernels` with `@micropython.native` in stock firmware, compiled by stock `mpy-cross`: thousands of
/// instructions of the kernel alone, QEMU's count.
pub(crate) struct NativeKernel {
    /// File name without `_plain.py`.
    pub name: &'static str,
    /// On Cortex-M3.
    armv7m: u32,
    /// On RV32.
    rv32imc: u32,
}

impl NativeKernel {
    /// By the name of the architecture.
    pub(crate) fn on(&self, march: &str) -> Option<f64> {
        match march {
            "armv7m" => Some(f64::from(self.armv7m)),
            "rv32imc" => Some(f64::from(self.rv32imc)),
            _ => None,
        }
    }
}

/// All kernels.
pub(crate) const NATIVE_KERNELS: [NativeKernel; 5] = [
    native_kernel("sieve", 9_433, 14_063),
    native_kernel("crc32", 19_987, 22_517),
    native_kernel("fir", 3_323, 4_998),
    native_kernel("mandel", 8_358, 13_395),
    native_kernel("matmul", 4_008, 6_140),
];

const fn native_kernel(name: &'static str, armv7m: u32, rv32imc: u32) -> NativeKernel {
    NativeKernel {
        name,
        armv7m,
        rv32imc,
    }
}
