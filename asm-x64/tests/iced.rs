//! Every row is read back by an independent decoder, with all registers and addressing modes.
use ferlance_asm::CodeBuffer;
use ferlance_asm_x64::encode::{self, Bytes, CDQ, CQO, Mem, RET, Rm, Size, UD2};
use ferlance_asm_x64::inst::{self, Kind, Opcode};
use ferlance_asm_x64::{Cond, Jump, Reg, Xmm};
use iced_x86::{Decoder, DecoderOptions, Instruction, OpKind, Register};

fn decode(bits: u32, bytes: &[u8]) -> Instruction {
    let mut decoder = Decoder::with_ip(bits, bytes, 0, DecoderOptions::NONE);
    let inst = decoder.decode();
    assert_eq!(inst.len(), bytes.len(), "{bytes:02x?} is {inst}");
    inst
}

fn general(number: u8, bytes: u32) -> Register {
    let base = match bytes {
        1 => Register::AL,
        2 => Register::AX,
        4 => Register::EAX,
        _ => Register::RAX,
    };
    if bytes == 1 && number >= 4 {
        // al, cl, dl, bl, ah, ch, dh, bh, spl …
        return Register::SPL + u32::from(number - 4);
    }
    base + u32::from(number)
}

fn vector(number: u8) -> Register {
    Register::XMM0 + u32::from(number)
}

/// The size of memory operands and registers in the other operand, and whether those are vector registers.
fn other(bits: u32, kind: Kind, size: u32) -> (u32, bool) {
    match kind {
        Kind::RmReg8 | Kind::RegRm8 | Kind::Rm8 | Kind::Rm8Imm8 => (1, false),
        Kind::RegRm16 => (2, false),
        Kind::RegRm32 => (4, false),
        Kind::RmWord => (bits / 8, false),
        Kind::XmmRm64 | Kind::Rm64Xmm => (8, true),
        Kind::XmmRm32 | Kind::Rm32Xmm => (4, true),
        Kind::XmmXmm => (16, true),
        Kind::RegXmm => (size, true),
        _ => (size, false),
    }
}

/// The register operand of the register field: `None` if a digit stands there.
fn field(op: Opcode, reg: u8, size: u32) -> Option<Register> {
    match op.kind {
        _ if op.digit < 8 => None,
        Kind::RmReg8 => Some(general(reg, 1)),
        Kind::XmmRm64
        | Kind::XmmRm32
        | Kind::XmmXmm
        | Kind::Rm64Xmm
        | Kind::Rm32Xmm
        | Kind::XmmReg
        | Kind::RmXmm => Some(vector(reg)),
        _ => Some(general(reg, size)),
    }
}

fn check(bits: u32, op: Opcode, name: &str, size: Size, reg: u8, rm: Rm, bytes: &Bytes) {
    let inst = decode(bits, bytes);
    let found = format!("{:?}", inst.mnemonic()).to_lowercase();
    assert_eq!(found, name, "{inst}");
    let size_bytes = match size {
        Size::W => 2,
        Size::D => 4,
        Size::Q => 8,
    };
    let second = matches!(
        op.kind,
        Kind::RmReg | Kind::RmReg8 | Kind::Rm64Xmm | Kind::Rm32Xmm | Kind::RmXmm
    ) || op.digit < 8;
    let (field_at, rm_at) = if second { (1, 0) } else { (0, 1) };
    if let Some(wanted) = field(op, reg, size_bytes) {
        assert_eq!(inst.op_register(field_at), wanted, "{inst}");
    }
    let (rm_bytes, is_vector) = other(bits, op.kind, size_bytes);
    match rm {
        Rm::Reg(number) => {
            let wanted = if is_vector {
                vector(number)
            } else {
                general(number, rm_bytes)
            };
            assert_eq!(inst.op_register(rm_at), wanted, "{inst}");
        }
        Rm::Mem(mem) => {
            assert_eq!(inst.op_kind(rm_at), OpKind::Memory, "{inst}");
            let base = mem
                .base
                .map_or(Register::None, |base| general(base.number(), bits / 8));
            assert_eq!(inst.memory_base(), base, "{inst}");
            let (index, scale) = mem.index.map_or((Register::None, 1), |(index, scale)| {
                (general(index.number(), bits / 8), 1 << scale)
            });
            assert_eq!(inst.memory_index(), index, "{inst}");
            if mem.index.is_some() {
                assert_eq!(inst.memory_index_scale(), scale, "{inst}");
            }
            let disp = inst.memory_displacement64();
            let disp = match bits {
                32 => i64::from(disp as i32),
                _ => disp as i64,
            };
            assert_eq!(disp, i64::from(mem.disp), "{inst}");
            if op.name != "lea" {
                let bytes = inst.memory_size().size();
                assert_eq!(bytes, rm_bytes as usize, "{inst}");
            }
        }
    }
}

/// How many registers there are.
fn count(bits: u32) -> u8 {
    if bits == 32 { 8 } else { 16 }
}

fn memories(bits: u32) -> Vec<Mem> {
    let mut all = Vec::new();
    for disp in [0, 1, -128, 127, 128, -129, i32::MAX, i32::MIN] {
        for base in 0..count(bits) {
            all.push(Mem::base(Reg::new(base), disp));
            for index in (0..count(bits)).filter(|index| *index != 4) {
                all.push(Mem {
                    base: Some(Reg::new(base)),
                    index: Some((Reg::new(index), (base ^ index) & 3)),
                    disp,
                });
            }
        }
        all.push(Mem {
            base: None,
            index: Some((Reg::new(count(bits) - 3), 3)),
            disp,
        });
    }
    all
}

fn each(bits: u32, op: Opcode, name: &str, sizes: &[Size]) {
    let immediate = |kind| match kind {
        Kind::RmImm8 | Kind::Rm8Imm8 | Kind::RegRmImm8 => Some(vec![0, 1, -1, 127, -128]),
        Kind::RmImm32 | Kind::RegRmImm32 => Some(vec![0, 1, -1, 1000, i32::MAX, i32::MIN]),
        _ => None,
    };
    let only_memory = op.name == "lea";
    let only_registers = matches!(op.kind, Kind::XmmXmm | Kind::RegXmm);
    let fields: Vec<u8> = if op.digit < 8 {
        vec![0]
    } else {
        (0..count(bits)).collect()
    };
    let memories = memories(bits);
    for size in sizes {
        let one = |reg: u8, rm: Rm| match immediate(op.kind) {
            None => check(
                bits,
                op,
                name,
                *size,
                reg,
                rm,
                &encode::rm(*size, op, reg, rm),
            ),
            Some(values) => {
                for value in values {
                    let bytes = encode::rm_imm(*size, op, reg, rm, value);
                    check(bits, op, name, *size, reg, rm, &bytes);
                    let inst = decode(bits, &bytes);
                    let found = inst.immediate(inst.op_count() - 1) as i64;
                    let mask = match (op.kind, *size) {
                        (Kind::Rm8Imm8, _) => 0xff,
                        (_, Size::W) => 0xffff,
                        (_, Size::D) => 0xffff_ffff,
                        (_, Size::Q) => -1,
                    };
                    let shift = matches!(op.kind, Kind::RmImm8) && op.byte == 0xc1;
                    let mask = if shift { 0xff } else { mask };
                    assert_eq!(found & mask, i64::from(value) & mask, "{inst}");
                }
            }
        };
        // Bytes of further registers need the prefix of 64-bit code.
        let bytes = matches!(
            op.kind,
            Kind::RmReg8 | Kind::RegRm8 | Kind::Rm8 | Kind::Rm8Imm8
        );
        let registers = if bits == 32 && bytes { 4 } else { count(bits) };
        for reg in &fields {
            if bits == 32 && *reg >= 4 && op.kind == Kind::RmReg8 {
                continue;
            }
            if !only_memory {
                for number in 0..registers {
                    one(*reg, Rm::Reg(number));
                }
            }
            if !only_registers {
                let step = if op.digit < 8 { 1 } else { 7 };
                for mem in memories.iter().skip(usize::from(*reg) % step).step_by(step) {
                    one(*reg, Rm::Mem(*mem));
                }
            }
        }
    }
}

#[test]
fn every_row_reads_back_as_what_it_says() {
    rows_read_back(64, &[Size::W, Size::D, Size::Q]);
}

#[test]
fn in_32_bit_code_too() {
    rows_read_back(32, &[Size::W, Size::D]);
}

fn rows_read_back(bits: u32, all: &[Size]) {
    for op in inst::ALL {
        if bits == 32 && (op.name == "movsxd" || op.name == "movq") {
            continue;
        }
        let sizes: &[Size] = match op.kind {
            Kind::XmmRm64 | Kind::XmmRm32 | Kind::XmmXmm | Kind::Rm64Xmm | Kind::Rm32Xmm => {
                &[Size::D]
            }
            Kind::RmReg8 | Kind::Rm8 | Kind::Rm8Imm8 | Kind::RmWord => &[Size::D],
            Kind::RegRm32 => &[Size::Q],
            Kind::XmmReg | Kind::RmXmm if op.name == "movq" => &[Size::Q],
            Kind::XmmReg | Kind::RegXmm => &[Size::D, Size::Q],
            Kind::RegRm16 => &[Size::D, Size::Q],
            _ => all,
        };
        let sizes: Vec<Size> = sizes
            .iter()
            .copied()
            .filter(|size| all.contains(size))
            .collect();
        each(bits, *op, op.name, &sizes);
    }
    for cond in Cond::ALL {
        let name = match cond {
            Cond::O => "o",
            Cond::NO => "no",
            Cond::B => "b",
            Cond::AE => "ae",
            Cond::E => "e",
            Cond::NE => "ne",
            Cond::BE => "be",
            Cond::A => "a",
            Cond::S => "s",
            Cond::NS => "ns",
            Cond::P => "p",
            Cond::NP => "np",
            Cond::L => "l",
            Cond::GE => "ge",
            Cond::LE => "le",
            Cond::G => "g",
        };
        each(bits, inst::setcc(cond), &format!("set{name}"), &[Size::D]);
        each(bits, inst::cmovcc(cond), &format!("cmov{name}"), &all[1..]);
        let (at, text) = jump(bits, Jump::when(cond), 0);
        assert_eq!((at, text), (2, format!("j{name} short 2")));
        let (at, text) = jump(bits, Jump::when(cond), 128);
        assert_eq!(
            (at, text),
            (
                6,
                format!("j{name} near ptr {:0>1$}h", 86, bits as usize / 4)
            )
        );
    }
}

/// The length and text of a jump over so many bytes.
fn jump(bits: u32, jump: Jump, over: u32) -> (usize, String) {
    let mut buffer = CodeBuffer::new();
    let end = buffer.new_label().unwrap();
    buffer.fixup(jump, end).unwrap();
    buffer.put_zeros(over).unwrap();
    buffer.bind(end);
    let code = buffer.finish().unwrap();
    let inst = Decoder::with_ip(bits, &code.bytes, 0, DecoderOptions::NONE).decode();
    (inst.len(), inst.to_string())
}

#[test]
fn jumps_lengthen_exactly_at_their_limits() {
    assert_eq!(jump(64, Jump::ALWAYS, 127).0, 2);
    assert_eq!(jump(64, Jump::ALWAYS, 128).0, 5);
    let mut buffer = CodeBuffer::new();
    let start = buffer.here().unwrap();
    buffer.put_zeros(126).unwrap();
    buffer.fixup(Jump::ALWAYS, start).unwrap();
    buffer.fixup(Jump::ALWAYS, start).unwrap();
    let code = buffer.finish().unwrap();
    assert_eq!(code.bytes[126..128], [0xeb, 0x80]);
    assert_eq!(code.bytes[128..], [0xe9, 0x7b, 0xff, 0xff, 0xff]);
    assert_eq!(jump(64, Jump::CALL, 0), (5, "call 5".into()));
    let lea = jump(64, Jump::lea(Reg::R9), 16);
    assert_eq!(lea, (7, "lea r9,[17h]".into()));
}

#[test]
fn what_has_no_operands_reads_back() {
    let text = |bytes: &Bytes| decode(64, bytes).to_string();
    assert_eq!(text(&RET), "ret");
    assert_eq!(text(&UD2), "ud2");
    assert_eq!(text(&CDQ), "cdq");
    assert_eq!(text(&CQO), "cqo");
    for number in 0..16 {
        let reg = Reg::new(number);
        let name = format!("{:?}", general(number, 8)).to_lowercase();
        assert_eq!(text(&encode::push(reg)), format!("push {name}"));
        assert_eq!(text(&encode::pop(reg)), format!("pop {name}"));
        let inst = decode(64, &encode::mov_imm64(reg, i64::MIN + 5));
        assert_eq!(inst.op0_register(), general(number, 8));
        assert_eq!(inst.immediate64() as i64, i64::MIN + 5);
        let inst = decode(64, &encode::mov_imm32(reg, 0xffff_fff5));
        assert_eq!(inst.op0_register(), general(number, 4));
        assert_eq!(inst.immediate32(), 0xffff_fff5);
    }
    for number in 0..8 {
        let reg = Reg::new(number);
        let name = format!("{:?}", general(number, 4)).to_lowercase();
        let narrow = |bytes: &Bytes| decode(32, bytes).to_string();
        assert_eq!(narrow(&encode::push(reg)), format!("push {name}"));
        assert_eq!(narrow(&encode::pop(reg)), format!("pop {name}"));
    }
    assert_eq!(Xmm::new(15).number(), 15);
}
