#! agree: cpython upstream
# A small spreadsheet: formulas with cells, ranges and functions, recalculated in the order they depend on each
# other, errors shown in the cells that have them.
#
#   ferlance examples/spreadsheet.py

SHEET = {
    "A1": "Sensor", "B1": "Reads", "C1": "Mean", "D1": "Energy mJ", "E1": "Share %",
    "A2": "thermo", "B2": "1440", "C2": "21.5", "D2": "=B2*C2/7", "E2": "=100*D2/D6",
    "A3": "hygro", "B3": "720", "C3": "48.25", "D3": "=B3*C3/7", "E3": "=100*D3/D6",
    "A4": "baro", "B4": "=B3/2", "C4": "10.5", "D4": "=B4*C4/7", "E4": "=100*D4/D6",
    "A5": "wind", "B5": "=sum(B2:B4)", "C5": "=(C2+C3)/2-1", "D5": "=B5*C5/7", "E5": "=100*D5/D6",
    "A6": "total", "B6": "=sum(B2:B5)", "C6": "=max(C2:C5)", "D6": "=sum(D2:D5)", "E6": "=sum(E2:E5)",
    "A8": "wrong", "B8": "=B9+1", "C8": "=1/(B2-1440)", "D8": "=B2+)", "E8": "=A2*2", "B9": "=B8",
}

FUNCTIONS = {"sum": sum, "min": min, "max": max, "count": len}


class CellError(Exception):
    pass


def tokens(text):
    """Numbers, names and signs of a formula."""
    at = 0
    while at < len(text):
        c = text[at]
        start = at
        if c.isdigit():
            while at < len(text) and (text[at].isdigit() or text[at] == "."):
                at += 1
            yield "number", float(text[start:at])
        elif c.isalpha():
            while at < len(text) and (text[at].isalpha() or text[at].isdigit()):
                at += 1
            yield "name", text[start:at]
        else:
            at += 1
            if c != " ":
                yield c, c
    while True:
        yield "end", ""


class Formula:
    """Parse and evaluate in one go; cells are asked from the sheet."""

    def __init__(self, sheet, text):
        self.sheet = sheet
        self.tokens = tokens(text)
        self.advance()

    def advance(self):
        self.kind, self.value = next(self.tokens)

    def expect(self, kind):
        if self.kind != kind:
            raise CellError("#SYNTAX")
        value = self.value
        self.advance()
        return value

    def evaluate(self):
        result = self.sum()
        self.expect("end")
        return result

    def sum(self):
        value = self.product()
        while self.kind in ("+", "-"):
            sign = self.expect(self.kind)
            right = self.product()
            value = value + right if sign == "+" else value - right
        return value

    def product(self):
        value = self.atom()
        while self.kind in ("*", "/"):
            sign = self.expect(self.kind)
            right = self.atom()
            if sign == "/" and right == 0:
                raise CellError("#DIV/0")
            value = value * right if sign == "*" else value / right
        return value

    def atom(self):
        if self.kind == "number":
            return self.expect("number")
        if self.kind == "-":
            self.advance()
            return -self.atom()
        if self.kind == "(":
            self.advance()
            value = self.sum()
            self.expect(")")
            return value
        name = self.expect("name")
        if name in FUNCTIONS:
            self.expect("(")
            first = self.expect("name")
            self.expect(":")
            last = self.expect("name")
            self.expect(")")
            return FUNCTIONS[name]([self.sheet.number(cell) for cell in self.cells(first, last)])
        return self.sheet.number(name)

    def cells(self, first, last):
        for column in range(ord(first[0]), ord(last[0]) + 1):
            for row in range(int(first[1:]), int(last[1:]) + 1):
                yield chr(column) + str(row)


class Sheet:
    def __init__(self, cells):
        self.cells = cells
        self.values = {}
        self.busy = []
        self.order = []

    def value(self, cell):
        if cell not in self.values:
            if cell in self.busy:
                raise CellError("#CYCLE")
            self.busy.append(cell)
            try:
                self.values[cell] = self.calculate(self.cells.get(cell, ""))
            except CellError as error:
                self.values[cell] = error
            finally:
                self.busy.pop()
            self.order.append(cell)
        value = self.values[cell]
        if isinstance(value, CellError):
            raise value
        return value

    def calculate(self, text):
        if text.startswith("="):
            return Formula(self, text[1:]).evaluate()
        try:
            return float(text)
        except ValueError:
            return text

    def number(self, cell):
        value = self.value(cell)
        if isinstance(value, str):
            raise CellError("#VALUE")
        return value

    def shown(self, cell):
        try:
            value = self.value(cell)
        except CellError as error:
            return error.args[0]
        return value if isinstance(value, str) else "%.2f" % value


def main():
    sheet = Sheet(SHEET)
    rows = sorted({int(cell[1:]) for cell in SHEET})
    for row in rows:
        print("%d |" % row, " ".join("%10s" % sheet.shown(column + str(row)) for column in "ABCDE"))
    formulas = [cell for cell in sheet.order if SHEET.get(cell, "").startswith("=")]
    print("%d cells, %d formulas, calculated in the order %s" % (len(SHEET), len(formulas), " ".join(formulas)))
    SHEET["B3"] = "1440"
    before, after = sheet.number("D6"), Sheet(SHEET).number("D6")
    print("twice the hygro readings: %.2f -> %.2f mJ (%+.1f %%)" % (before, after, 100 * (after / before - 1)))


main()
