//! Big integers and float text against CPython, where `python3` is on the machine (else nothing is compared).
//!
//! One process answers all questions: a line of operation and operands goes in, a line of text comes out.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use ferlance_num::{
    BigInt, BigRef, ByteOrder, FloatForm, FloatFormat, NumError, ParsedInt, parse_float, parse_int,
    repr, write_float,
};

const ANSWERS: &str = r#"
import sys
try: sys.set_int_max_str_digits(0)
except AttributeError: pass
def number(text): return int(text, 16)
def answer(op, args):
    if op == 'repr': return repr(float.fromhex(args[0]))
    if op == 'format': return args[0] % float.fromhex(args[1])
    if op == 'float': return float(args[0]).hex()
    if op == 'str': return str(number(args[0]))
    if op == 'int': return hex(int(args[0]))
    a = number(args[0])
    if op == 'tofloat':
        try: return float(a).hex()
        except OverflowError: return '-inf' if a < 0 else 'inf'
    if op == 'bytes': return a.to_bytes(a.bit_length() // 8 + 1, 'little', signed=True).hex()
    b = number(args[1])
    if op == '+': return hex(a + b)
    if op == '-': return hex(a - b)
    if op == '*': return hex(a * b)
    if op == '&': return hex(a & b)
    if op == '|': return hex(a | b)
    if op == '^': return hex(a ^ b)
    if op == '<<': return hex(a << b)
    if op == '>>': return hex(a >> b)
    if op == '**': return hex(a ** b)
    if op == 'divmod': return '%#x %#x' % divmod(a, b)
    if op == '/': return (a / b).hex()
    if op == 'pow': return hex(pow(a, b, number(args[2])))
for line in sys.stdin:
    op, *args = line.split()
    print(answer(op, args))
"#;

/// What Python answers to each question, or `None` without Python.
fn ask_python(questions: &str) -> Option<String> {
    let mut python = Command::new("python3")
        .args(["-c", ANSWERS])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let mut stdin = python.stdin.take().unwrap();
    let questions = questions.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(questions.as_bytes()));
    let output = python.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success());
    Some(String::from_utf8(output.stdout).unwrap())
}

struct Random(u64);

impl Random {
    fn word(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.word() >> 16) as usize % limit
    }

    fn big(&mut self, bits: usize) -> BigInt {
        let bytes: Vec<u8> = (0..bits.div_ceil(8))
            .map(|_| match self.below(6) {
                0 => 0,
                1 => 0xff,
                _ => self.word() as u8,
            })
            .collect();
        BigInt::from_bytes(&bytes, ByteOrder::Little, true).unwrap()
    }
}

fn hex(value: BigRef<'_>) -> String {
    let digits = String::from_utf8(value.abs().to_text(16).unwrap().into_vec()).unwrap();
    format!("{}0x{digits}", if value.is_negative() { "-" } else { "" })
}

/// As Python's `float.hex`.
fn hex_float(value: f64) -> String {
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let (bits, magnitude) = (value.to_bits(), value.abs());
    if magnitude == 0.0 {
        return format!("{sign}0x0.0p+0");
    }
    if !value.is_finite() {
        return format!("{sign}inf");
    }
    let exponent = (bits >> 52 & 0x7ff) as i64;
    let fraction = bits & ((1 << 52) - 1);
    let (lead, exponent) = if exponent == 0 {
        (0, -1022)
    } else {
        (1, exponent - 1023)
    };
    format!("{sign}0x{lead}.{fraction:013x}p{exponent:+}")
}

#[derive(Default)]
struct Exchange {
    questions: String,
    ours: Vec<String>,
}

impl Exchange {
    fn ask(&mut self, question: &str, ours: String) {
        writeln!(self.questions, "{question}").unwrap();
        self.ours.push(ours);
    }

    fn ask_two(&mut self, op: &str, a: &BigInt, b: &BigInt, ours: Result<BigInt, NumError>) {
        let question = format!("{op} {} {}", hex(a.as_ref()), hex(b.as_ref()));
        self.ask(&question, hex(ours.unwrap().as_ref()));
    }

    fn compare(self) {
        let Some(theirs) = ask_python(&self.questions) else {
            return;
        };
        let mut count = 0;
        for ((question, theirs), ours) in self.questions.lines().zip(theirs.lines()).zip(&self.ours)
        {
            let shown = question.get(..200).unwrap_or(question);
            assert!(
                ours == theirs,
                "{shown}\n  ours {ours:.200}\ntheirs {theirs:.200}"
            );
            count += 1;
        }
        assert_eq!(count, self.ours.len());
    }
}

#[test]
fn big_integers_agree_with_python() {
    let mut random = Random(0x1234_5678_9abc_def1);
    let mut exchange = Exchange::default();
    for round in 0..1500 {
        let size = [130, 130, 700, 3000, 20_000][round % 5];
        let (a_bits, b_bits) = (random.below(size), random.below(size));
        let (a, b) = (random.big(a_bits), random.big(b_bits));
        let (x, y) = (a.as_ref(), b.as_ref());
        exchange.ask_two("+", &a, &b, x.try_add(y));
        exchange.ask_two("-", &a, &b, x.try_sub(y));
        exchange.ask_two("*", &a, &b, x.try_mul(y));
        exchange.ask_two("&", &a, &b, x.try_and(y));
        exchange.ask_two("|", &a, &b, x.try_or(y));
        exchange.ask_two("^", &a, &b, x.try_xor(y));
        let by = BigInt::from_i64(random.below(size) as i64).unwrap();
        exchange.ask_two("<<", &a, &by, x.try_shl(by.as_ref()));
        exchange.ask_two(">>", &a, &by, x.try_shr(by.as_ref()));
        if !y.is_zero() {
            let (q, r) = x.try_divmod(y).unwrap();
            let question = format!("divmod {} {}", hex(x), hex(y));
            exchange.ask(
                &question,
                format!("{} {}", hex(q.as_ref()), hex(r.as_ref())),
            );
            let quotient = x.true_div(y).unwrap();
            if quotient.is_finite() {
                exchange.ask(&format!("/ {} {}", hex(x), hex(y)), hex_float(quotient));
            }
        }
        let decimal = String::from_utf8(x.to_text(10).unwrap().into_vec()).unwrap();
        exchange.ask(&format!("str {}", hex(x)), decimal.clone());
        let back = match parse_int(decimal.as_bytes(), 10).unwrap() {
            ParsedInt::Small(value) => BigInt::from_i64(value).unwrap(),
            ParsedInt::Big(value) => value,
        };
        exchange.ask(&format!("int {decimal}"), hex(back.as_ref()));
        exchange.ask(
            &format!("tofloat {}", hex(x)),
            match x.to_f64() {
                f64::INFINITY => "inf".into(),
                f64::NEG_INFINITY => "-inf".into(),
                value => hex_float(value),
            },
        );
        let mut bytes = vec![0; x.bit_length() / 8 + 1];
        x.to_bytes(&mut bytes, ByteOrder::Little, true).unwrap();
        let bytes: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        exchange.ask(&format!("bytes {}", hex(x)), bytes);
        if size <= 3000 {
            let exponent =
                BigInt::from_i64(random.below(if size < 1000 { 40 } else { 6 }) as i64).unwrap();
            exchange.ask_two("**", &a, &exponent, x.try_pow(exponent.as_ref()));
        }
        if size <= 700 && !y.is_zero() {
            let exponent = random.big(random.0 as usize % 200);
            let power = x.try_pow_mod(exponent.as_ref().abs(), y).unwrap();
            let question = format!("pow {} {} {}", hex(x), hex(exponent.as_ref().abs()), hex(y));
            exchange.ask(&question, hex(power.as_ref()));
        }
    }
    for bits in [200_000, 330_000] {
        let (a, b) = (random.big(2 * bits), random.big(bits));
        let question = format!("divmod {} {}", hex(a.as_ref()), hex(b.as_ref()));
        let (q, r) = a.as_ref().try_divmod(b.as_ref()).unwrap();
        exchange.ask(
            &question,
            format!("{} {}", hex(q.as_ref()), hex(r.as_ref())),
        );
        exchange.ask_two("*", &a, &b, a.as_ref().try_mul(b.as_ref()));
        exchange.ask_two("*", &b, &b, b.as_ref().try_mul(b.as_ref()));
        let decimal = String::from_utf8(b.as_ref().to_text(10).unwrap().into_vec()).unwrap();
        exchange.ask(&format!("str {}", hex(b.as_ref())), decimal);
    }
    exchange.compare();
}

#[test]
fn float_text_agrees_with_python() {
    let mut random = Random(0xfedc_ba98_7654_3211);
    let mut exchange = Exchange::default();
    for round in 0..6000 {
        let value = match round % 4 {
            0 => f64::from_bits(random.word()),
            1 => {
                (random.word() >> random.below(60)) as f64
                    / [1.0, 2.0, 8.0, 1000.0, 64e6][random.below(5)]
            }
            2 => random.below(100_000) as f64 * 10f64.powi(random.below(40) as i32 - 25),
            _ => (random.below(4000) as f64 + 0.5) * 0.125,
        };
        if !value.is_finite() {
            continue;
        }
        let given = hex_float(value);
        let text = repr(value);
        // Half way between two texts of 17 digits, Python takes the even one; we and upstream go up.
        if value.fract() == 0.0 || value.abs() < 2f64.powi(40) {
            exchange.ask(&format!("repr {given}"), text.to_string());
        }
        exchange.ask(
            &format!("float {text}"),
            hex_float(parse_float(text.as_bytes()).unwrap()),
        );
        let form = [FloatForm::Exponent, FloatForm::Fixed, FloatForm::General][random.below(3)];
        let longest = [4, 20, 60, 400][random.below(4)];
        let format = FloatFormat {
            precision: random.below(longest),
            alternate: random.below(2) == 0,
            upper: random.below(2) == 0,
            ..FloatFormat::new(form)
        };
        let mut out = ferlance_collections::TryVec::new();
        write_float(value, &format, &mut out).unwrap();
        let letter = match (form, format.upper) {
            (FloatForm::Exponent, false) => 'e',
            (FloatForm::Exponent, true) => 'E',
            (FloatForm::Fixed, _) => 'f',
            (FloatForm::General, false) => 'g',
            (FloatForm::General, true) => 'G',
        };
        let flag = if format.alternate { "#" } else { "" };
        let question = format!("format %{flag}.{}{letter} {given}", format.precision);
        exchange.ask(&question, String::from_utf8(out.into_vec()).unwrap());
    }
    exchange.compare();
}
