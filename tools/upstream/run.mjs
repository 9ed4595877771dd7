// Run one program under the released WebAssembly build of MicroPython, as its unix program would:
//
//   node run.mjs [--heap BYTES] FILE [ARG...]
//
// Standard output is the program's, byte for byte; an uncaught exception goes to standard error and the exit
// code is 1; `sys.exit(n)` gives n.
import { readFileSync, writeSync } from "node:fs";
import { loadMicroPython } from "@micropython/micropython-webassembly-pyscript/micropython.mjs";

const args = process.argv.slice(2);
let heapsize = 64 << 20;
if (args[0] === "--heap") {
    heapsize = Number(args[1]);
    args.splice(0, 2);
}
const source = readFileSync(args[0], "utf8");
const pending = [];
let size = 0;

function flush() {
    let bytes = Buffer.concat(pending);
    while (bytes.length) {
        try {
            bytes = bytes.subarray(writeSync(1, bytes));
        } catch (error) {
            if (error.code !== "EAGAIN") throw error;
        }
    }
    pending.length = 0;
    size = 0;
}

function write(data) {
    const bytes = Buffer.from(data);
    pending.push(bytes);
    size += bytes.length;
    if (size > 65536) flush();
}

const mp = await loadMicroPython({ heapsize, pystack: 16384, stdout: write, stderr: write, linebuffer: false });
// A JSON list of strings is a Python list of strings.
mp.runPython(`__import__("sys").argv.extend(${JSON.stringify(args)})`);
let code = 0;
try {
    mp.runPython(source);
} catch (error) {
    const exit = /SystemExit: ?(.*)/.exec(error.message ?? "");
    if (exit && error.type === "SystemExit") {
        code = exit[1] === "" || exit[1] === "None" ? 0 : Number.parseInt(exit[1], 10) || 1;
    } else {
        process.stderr.write(`${error.message ?? error}\n`);
        code = 1;
    }
}
flush();
process.exit(code);
