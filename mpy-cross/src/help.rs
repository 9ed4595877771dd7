//! Texts: version, usage, help, completions.

use std::fmt::Write;

use crate::args::{OPTIONS, OptionRow, Shell};

/// The line of `--version`. Build tools look for `mpy v6.3` in it.
pub(crate) const VERSION: &str = "MicroPython v1.29.0 on 2026-11-21; mpy-cross emitting mpy v6.3";

/// The usage text, as stock prints it for a command line that it does not understand.
pub(crate) fn usage(program: &str) -> String {
    format!(
        "\
usage: {program} [<opts>] [-X <implopt>] [--] <input filename>
Options:
--version : show version information
-o : output file for compiled bytecode (defaults to input filename with .mpy extension, or stdout if input is stdin)
-s : source filename to embed in the compiled bytecode (defaults to input file)
-v : verbose (trace various operations); can be multiple
-O[N] : apply bytecode optimizations of level N

Target specific options:
-msmall-int-bits=number : set the maximum bits used to encode a small-int
-march=<arch> : set architecture for native emitter;
                x86, x64, armv6, armv6m, armv7m, armv7em, armv7emsp,
                armv7emdp, xtensa, xtensawin, rv32imc, rv64imc, host, debug
-march-flags=<flags> : set architecture-specific flags (can be either a dec/hex/bin value or a comma-separated flags string)
                       supported flags for rv32imc: zba, zcmp

Implementation specific options:
  emit={{bytecode,native,viper}} -- set the default code emitter
  heapsize=<n> -- set the heap size for the GC (default 2097152)
  source-lines    -- include source line numbers (default)
  no-source-lines -- exclude source line numbers
"
    )
}

/// The text of `--help`.
pub(crate) fn help(program: &str) -> String {
    let mut text = format!(
        "\
Compile Python source to a MicroPython .mpy file.

Usage: {program} [OPTIONS] [--] FILE
       {program} [OPTIONS] --each [--] FILE...

FILE is the source; - is standard input. The output is FILE with its last two characters
replaced by `mpy`, or standard output for standard input.

Options:
"
    );
    for OptionRow {
        name,
        value,
        help,
        choices,
    } in OPTIONS
    {
        let option = format!("{name}{value}");
        // Strings take any text.
        let _ = writeln!(text, "  {option:<24} {help}");
        if *name == "-march" {
            for line in choices.chunks(7) {
                let _ = writeln!(text, "  {:<24}   {}", "", line.join(", "));
            }
        }
    }
    text.push_str(
        "  -X native=small          Native code small rather than fast.
  -X native=pieces         Native functions compiled piece by piece, which takes little memory.
  -X viper=sound           Viper functions check indices of pointers.
  -X viper=stock           Viper and native take what the stock compiler takes, no more.
  -X source-lines          Keep line numbers for tracebacks (default).
  -X no-source-lines       Drop them; every traceback line is then 1.
  -X heapsize=N            Accepted, without effect: memory grows as needed.

Examples:
",
    );
    let _ = write!(
        text,
        "  {program} main.py                         main.mpy, for every target
  {program} -O3 -s boot.py -o out/boot.mpy src/boot.py
                                            no asserts, no line numbers, short name in tracebacks
  {program} -march=armv6m blink.py          allow @micropython.native and viper for a Cortex-M0
  {program} --lines -march=rv32imc job.py    job.mpy, and job.mpy.lines for tracebacks under Ferlance
  {program} -msmall-int-bits=63 big.py      for a 64-bit runtime only
  {program} - < gen.py > gen.mpy            as a filter
  {program} --each -march=armv7m *.py       a whole folder, on all processors

Exit status: 0 if all files were written, 1 otherwise.
"
    );
    text
}

/// A script that completes this command's options.
pub(crate) fn completions(shell: Shell) -> String {
    match shell {
        Shell::Bash => bash(),
        Shell::Zsh => zsh(),
        Shell::Fish => fish(),
    }
}

/// Everything that can be typed as one word: options with their choices.
fn words() -> Vec<String> {
    let mut words = Vec::new();
    for row in OPTIONS {
        match row.value.chars().next() {
            Some('=') if row.choices.is_empty() => words.push(format!("{}=", row.name)),
            Some('=') => words.extend(row.choices.iter().map(|c| format!("{}={c}", row.name))),
            Some('[') => {
                words.push(row.name.to_owned());
                words.extend(row.choices.iter().map(|c| format!("{}{c}", row.name)));
            }
            _ => words.push(row.name.to_owned()),
        }
    }
    words
}

fn x_choices() -> String {
    let row = OPTIONS.iter().find(|row| row.name == "-X");
    row.map_or(String::new(), |row| row.choices.join(" "))
}

fn bash() -> String {
    format!(
        "\
_mpy_cross() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}}
    COMP_WORDBREAKS=${{COMP_WORDBREAKS//=}}
    case $before in
        -X) COMPREPLY=($(compgen -W '{}' -- \"$word\")); return ;;
        -o|-s) COMPREPLY=($(compgen -f -- \"$word\")); return ;;
    esac
    case $word in
        -*) COMPREPLY=($(compgen -W '{}' -- \"$word\")) ;;
        *) COMPREPLY=($(compgen -d -- \"$word\") $(compgen -f -X '!*.py' -- \"$word\")) ;;
    esac
}}
complete -o filenames -F _mpy_cross mpy-cross
",
        x_choices(),
        words().join(" ")
    )
}

fn zsh() -> String {
    let mut text = String::from("#compdef mpy-cross\n_arguments -s \\\n");
    for OptionRow {
        name,
        value,
        help,
        choices,
    } in OPTIONS
    {
        let help = help.replace(['[', ']', ':', '\''], " ");
        let line = match value.chars().next() {
            Some('=') => format!("'{name}=-[{help}]:value:({})'", choices.join(" ")),
            Some('[') => format!("'{name}-[{help}]::level:({})'", choices.join(" ")),
            Some(' ') if *name == "-X" => format!("'*-X[{help}]:option:({})'", choices.join(" ")),
            Some(' ') => format!("'{name}[{help}]:path:_files'"),
            _ => format!("'{name}[{help}]'"),
        };
        let _ = writeln!(text, "  {line} \\");
    }
    text.push_str("  '*:source:_files -g \"*.py\"'\n");
    text
}

fn fish() -> String {
    let mut text = String::from("complete -c mpy-cross -k -xa '(__fish_complete_suffix .py)'\n");
    for word in words() {
        let row = OPTIONS.iter().rev().find(|row| word.starts_with(row.name));
        let help = row.map_or("", |row| row.help).replace('\'', "");
        let _ = writeln!(text, "complete -c mpy-cross -a '{word}' -d '{help}'");
    }
    let _ = writeln!(text, "complete -c mpy-cross -o X -xa '{}'", x_choices());
    let _ = writeln!(text, "complete -c mpy-cross -o o -rF");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_and_completions_name_every_option() {
        for row in OPTIONS {
            assert!(help("mpy-cross").contains(row.name), "{}", row.name);
            if row.name == "-X" {
                // The first of several is what goes without saying.
                for choice in row
                    .choices
                    .iter()
                    .filter(|choice| **choice != "native=fast")
                {
                    let (option, value) = choice.split_once('=').unwrap_or((choice, ""));
                    let is_told = help("mpy-cross")
                        .lines()
                        .any(|line| line.contains(&format!("-X {option}")) && line.contains(value));
                    assert!(is_told, "{choice}");
                }
            }
            for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
                let text = completions(shell);
                let name = row.name.trim_start_matches('-');
                assert!(text.contains(name), "{shell:?}: {name}");
            }
        }
    }
}
