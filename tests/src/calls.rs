//! Programs made of vectors: each prints a line for each call.

use std::fmt::Write as _;
use std::fs;

use serde_json::Value;

use crate::workspace;

/// A program, and what it has to print.
#[derive(Debug, Default)]
pub struct Calls {
    /// The text.
    pub program: String,
    /// Its output.
    pub expected: String,
    /// How many calls it makes.
    pub count: usize,
}

/// Where ours is meant to differ from stock: a default value is used, a deleted local is unbound; what stock encodes
/// wrongly.
const DIFFERS: [(&str, &str); 3] = [
    ("vrun-0237", "7"),
    (
        "vrun-0276",
        "NameError: local variable referenced before assignment",
    ),
    // `c_and` with registers that stock encodes wrongly.
    ("asmrun-108", "15"),
];

const DRIVER: &str = "\
def load(source):
    global ns, failed
    ns, failed = {}, None
    try: exec(source, ns)
    except Exception as e: failed = e
def show(i, ns, call):
    if failed is not None:
        print(i, type(failed).__name__ + ':', failed)
        return
    try:
        print(i, repr(eval(call, ns)))
    except Exception as e:
        print(i, type(e).__name__ + ':', e)
";

/// A string of JSON, which is one of Python.
pub fn python_string(text: &str) -> String {
    Value::from(text).to_string()
}

/// The records of a file of vectors.
pub fn records(file: &str) -> Vec<Value> {
    let path = workspace::root().join("tests/vectors").join(file);
    let text = fs::read(path).expect("the vectors are there");
    serde_json::from_slice(&text).expect("the vectors are JSON")
}

/// The calls of `viper/runtime.json`, with the outcomes that the first of `keys` has which a record has.
pub fn viper(keys: &[&str]) -> Calls {
    made(&records("viper/runtime.json"), |record| {
        keys.iter().find_map(|key| record.get(*key))
    })
}

/// The calls of `inlineasm/runtime.json` for processors of these names.
pub fn inline_asm(cpus: &[&str]) -> Calls {
    made(&records("inlineasm/runtime.json"), |record| {
        let cpu = record["cpu"].as_str().unwrap_or("");
        cpus.contains(&cpu).then_some(record)
    })
}

fn made<'a>(records: &'a [Value], outcome: impl Fn(&'a Value) -> Option<&'a Value>) -> Calls {
    let mut calls = Calls {
        program: DRIVER.to_owned(),
        ..Calls::default()
    };
    let mut last = "";
    for record in records {
        let text = |value: &'a Value, name: &str| value[name].as_str().unwrap_or("");
        let (id, source) = (text(record, "id"), text(record, "source"));
        let Some(outcome) = outcome(record) else {
            continue;
        };
        if source != last {
            last = source;
            let _ = writeln!(calls.program, "load({})", python_string(source));
        }
        let call = python_string(text(record, "call"));
        let _ = writeln!(calls.program, "show('{id}', ns, {call})");
        let stock = match outcome["value"].as_str() {
            Some(value) => value.to_owned(),
            None => format!(
                "{}: {}",
                text(outcome, "exception"),
                text(outcome, "message")
            ),
        };
        let ours = DIFFERS.iter().find(|(differs, _)| *differs == id);
        let ours = ours.map_or(stock.as_str(), |(_, value)| value);
        let _ = writeln!(calls.expected, "{id} {ours}");
        calls.count += 1;
    }
    calls
}

/// How each kernel is called. The names of casts that bytecode lacks are given to it.
const KERNEL_CALLS: &str = r#"
def crc_table():
    t = array.array('I', range(256))
    for i in range(256):
        c = i
        for j in range(8):
            c = (c >> 1) ^ 0xedb88320 if c & 1 else c >> 1
        t[i] = c
    return t
class O: pass
def attr(f):
    o = O()
    o.x = 1
    f(o, 50)
    return o.x
def words(n): return array.array('I', [(i * 2654435761) & 0xffffff for i in range(n)])
def matmul(f):
    c = array.array('I', bytes(4 * 36))
    f(array.array('I', range(36)), array.array('I', range(36, 72)), c, 6)
    return list(c)
CALLS = {
    'k01': lambda f: f(1000),
    'k02_8': lambda f: f(bytes(range(200)), 200),
    'k02_16': lambda f: f(array.array('H', range(300)), 300),
    'k02_32': lambda f: f(words(100), 100),
    'k03': lambda f: f(0x12345678),
    'k04': lambda f: f(b'123456789', 9, crc_table(), 0xffffffff),
    'k05': lambda f: f(12),
    'k05v': lambda f: f(12),
    'k06': lambda f: f(100),
    'k07': lambda f: f([5, 6, 1 << 70, 7]),
    'k08': attr,
    'k09': lambda f: f(40),
    'k10': lambda f: [f(x * 300, y * 300, 60) for x in range(-9, 4) for y in range(-5, 5)],
    'k11': lambda f: f(bytearray(2000), 2000),
    'k12': matmul,
}
"#;

const KERNEL_DRIVER: &str = r#"
same = 0
for source in SOURCES:
    typed = 'viper' in source
    answers = {}
    for emit in ['bytecode', 'native', 'viper']:
        if emit == 'viper' and not typed: continue
        text = source.replace('micropython.viper', 'micropython.' + emit)
        if emit != 'viper': text = text.replace('micropython.native', 'micropython.' + emit)
        ns = {'uint': int, 'ptr8': lambda p: p}
        exec(text, ns)
        for name, call in CALLS.items():
            if name in ns:
                answers.setdefault(name, {})[emit] = call(ns[name])
    for name, by in answers.items():
        first = by['bytecode']
        for emit, answer in by.items():
            # A word is what a typed function has; bytecode has as many bits as it takes.
            if emit == 'viper' and isinstance(answer, int): answer, first = answer & WORD, first & WORD
            if answer != first: print(name, emit, answer, first)
            else: same += 1
print(same)
"#;

/// Every kernel of `vectors/kernels` as bytecode, native and viper code; the number of answers that agree.
pub fn kernels(word_bits: u32) -> Calls {
    let folder = workspace::root().join("tests/vectors/kernels");
    let files = workspace::files(&folder, &|path| workspace::has_extension(path, "py"));
    let files = files.expect("the kernels are readable");
    let mask = u64::MAX >> (64 - word_bits);
    let mut program = format!("import array\nWORD = {mask}\n{KERNEL_CALLS}\nSOURCES = [\n");
    for file in &files {
        let text = fs::read_to_string(file).expect("the kernels are readable");
        let _ = writeln!(program, "  {},", python_string(&text));
    }
    program.push_str("]\n");
    program.push_str(KERNEL_DRIVER);
    Calls {
        program,
        expected: "41\n".to_owned(),
        count: 41,
    }
}
